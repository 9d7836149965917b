"""
The wire: calls of DynamoDB over connections of our own.

It signs, sends, reads and retries by functions that do no input or output; only the pools do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from confstore_dynamodb._connections.pool import Pool, TrustStore
from confstore_dynamodb._connections.replies import Reply, check
from confstore_dynamodb._connections.requests import Endpoint
from confstore_dynamodb._connections.retries import Attempts, RetryQuota, clock_offset_s
from confstore_dynamodb._connections.wire_errors import UnintelligibleReplyError, WireError

__all__ = ["MAX_POOLS", "Prepare", "Wire"]

Prepare = Callable[[float, int], "bytes | Reply"]
"""
Given the time, in seconds since the epoch, and the number of the attempt: the request as it
travels, or the reply of somebody who has one ready.
"""

MAX_POOLS = 4
"""Endpoints: a client has one, or a few where credentials of several accounts come in turn."""

_MAX_UNINTELLIGIBLE = 2


class _Connections:
    """What belongs to one process: the pools, by URL, and the retry quota."""

    def __init__(self, trust: TrustStore) -> None:
        self.quota = RetryQuota()
        self._trust = trust
        self._pools: dict[str, Pool] = {}

    def pool(self, endpoint: Endpoint) -> Pool:
        """The pool of an endpoint; the one that was made first makes room."""
        pool = self._pools.get(endpoint.url)
        if pool is None:
            # No lock, which a child could inherit: of two threads that come at once one wins.
            pool = self._pools.setdefault(endpoint.url, Pool(endpoint, self._trust))
            for url in list(self._pools)[:-MAX_POOLS]:
                with suppress(KeyError):
                    self._pools.pop(url).close()
        return pool

    def close(self) -> None:
        """Close what is idle."""
        for pool in list(self._pools.values()):
            pool.close()


class Wire:
    """
    Calls of one client, from many threads at once.

    Attributes:
        unintelligible: How many replies were none of DynamoDB's.
        trust: Whom TLS trusts.
    """

    def __init__(
        self,
        ca_file: str | None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Make one that trusts a bundle of certificates; None for botocore's choice."""
        self.unintelligible = 0
        self.trust = TrustStore(ca_file)
        self._sleep = sleep
        self._wall_clock = wall_clock
        # Seconds that the server's clock is ahead of ours.
        self._offset_s = 0.0
        self._by_process: dict[int, _Connections] = {}

    @property
    def is_understood(self) -> bool:
        """False after two replies that were none of DynamoDB's: something here needs botocore."""
        return self.unintelligible < _MAX_UNINTELLIGIBLE

    def call(self, endpoint: Endpoint, prepare: Prepare) -> tuple[Reply, dict[str, Any]]:
        """
        Make a call, in up to three attempts.

        Returns:
            DynamoDB's reply, good or bad, and what botocore says of retries in `ResponseMetadata`.

        Raises:
            WireError: The last attempt had no usable reply.
        """
        connections = self._of_this_process()
        pool, attempts = connections.pool(endpoint), Attempts(connections.quota)
        while True:
            prepared = prepare(self.now_s(), attempts.number)
            try:
                if isinstance(prepared, Reply):
                    reply = prepared
                    self.check(reply, endpoint, is_from_wire=False)
                else:
                    reply = pool.exchange(prepared)
                    self.check(reply, endpoint)
            except WireError as error:
                wait_s = self.wait_after_failure_s(error, attempts)
                if wait_s is None:
                    raise
            else:
                wait_s = self.wait_after_reply_s(reply, endpoint, attempts)
                if wait_s is None:
                    return reply, attempts.metadata
            if wait_s:
                self._sleep(wait_s)

    # -- parts of a call, for whoever makes it otherwise -------------------------------------------

    @property
    def quota(self) -> RetryQuota:
        """What the calls of this client and process may spend on retries."""
        return self._of_this_process().quota

    def now_s(self) -> float:
        """The time by the server's clock, in seconds since the epoch."""
        return self._wall_clock() + self._offset_s

    @staticmethod
    def check(reply: Reply, endpoint: Endpoint, *, is_from_wire: bool = True) -> None:
        """
        Check a reply by its checksum.

        Raises:
            UnintelligibleReplyError: It is wrong, or missing.
        """
        check(reply, endpoint, is_required=is_from_wire and endpoint.is_aws)

    def wait_after_failure_s(self, error: WireError, attempts: Attempts) -> float | None:
        """Seconds until the next attempt after a failure; None if there is none."""
        if isinstance(error, UnintelligibleReplyError):
            # An addition that another thread undoes costs nothing but time.
            self.unintelligible += 1
        return attempts.wait_after_failure_s(error)

    def wait_after_reply_s(
        self, reply: Reply, endpoint: Endpoint, attempts: Attempts
    ) -> float | None:
        """Seconds until the next attempt after a reply; None if that is the reply of the call."""
        wait_s = attempts.wait_after_reply_s(reply)
        if wait_s is None and self._corrects_clock(reply, endpoint, attempts):
            return 0.0
        return wait_s

    def _corrects_clock(self, reply: Reply, endpoint: Endpoint, attempts: Attempts) -> bool:
        """True if the request was refused for its time, and shall be signed for the right one."""
        if reply.status < 400:
            return False
        offset_s = clock_offset_s(reply, endpoint, self._wall_clock())
        if offset_s is None or not attempts.may_correct_clock():
            return False
        self._offset_s = offset_s
        return True

    def _of_this_process(self) -> _Connections:
        """The connections; a child of a fork forgets its parent's, which goes on with them."""
        pid = os.getpid()
        connections = self._by_process.get(pid)
        if connections is None:
            connections = self._by_process.setdefault(pid, _Connections(self.trust))
            for other in [known for known in self._by_process if known != pid]:
                # It closes the child's copies, and tells the other side nothing.
                self._by_process.pop(other).close()
        return connections

    def close(self) -> None:
        """Close the connections."""
        self._of_this_process().close()
