"""
Retries as in botocore's standard mode, without input or output.

What botocore sends again is sent again, as often and after the same waits; a retry quota keeps a
client from loading a service that is down. Two things differ: a server that cannot prove who it is
is not asked again, and a clock that is wrong is allowed for, once a call.

Source: botocore 1.44, `retries/standard.py` and `retries/quota.py`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

from confstore_dynamodb._connections.replies import Reply, error_of
from confstore_dynamodb._connections.requests import Endpoint
from confstore_dynamodb._connections.wire_errors import WireError

__all__ = ["MAX_ATTEMPTS", "Attempts", "RetryQuota", "clock_offset_s"]

MAX_ATTEMPTS = 3
"""Attempts of a call. With botocore's own four a dead endpoint would cost two seconds more."""

_THROTTLED_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_TRANSIENT_CODES = frozenset(
    {
        "ReplicatedWriteConflictException",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
_TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})
_THROTTLED_STATUS = 429

_QUOTA = 500
_COST = 14
_THROTTLED_COST = 5
_REWARD = 1

_FIRST_WAIT_S = 0.025
_THROTTLED_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 20.0
_MAX_EXTRA_WAIT_S = 5.0

# Source: AWS, "Troubleshooting Signature Version 4": a signature is good for five minutes. Less
# than one can be the time that the request took.
_MIN_OFFSET_S = 60
_TIME_CODES = frozenset({"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"})
_TIME_TEXTS = ("Signature expired", "Signature not yet current")


class RetryQuota:
    """What all calls of one client may spend on retries; successes refill it."""

    def __init__(self) -> None:
        self._left = _QUOTA
        self._lock = threading.Lock()

    def acquire(self, amount: int) -> bool:
        """Spend an amount, if it is there."""
        with self._lock:
            if amount > self._left:
                return False
            self._left -= amount
            return True

    def release(self, amount: int) -> None:
        """Refill."""
        # A success that follows successes takes no lock.
        if self._left < _QUOTA:
            with self._lock:
                self._left = min(_QUOTA, self._left + amount)


class Attempts:
    """
    The attempts of one call.

    Attributes:
        number: The number of the present attempt, from 1.
        metadata: What botocore says of retries in `ResponseMetadata`.
    """

    def __init__(self, quota: RetryQuota, *, jitter: Callable[[], float] = random.random) -> None:
        self.number = 1
        self._quota = quota
        self._jitter = jitter
        self._spent = 0
        self._is_corrected = False
        self._metadata: dict[str, Any] = {}

    @property
    def metadata(self) -> dict[str, Any]:
        """What botocore says of retries in `ResponseMetadata`."""
        return {**self._metadata, "RetryAttempts": self.number - 1}

    def wait_after_failure_s(self, error: WireError) -> float | None:
        """Seconds until the next attempt after a failure; None if there is none."""
        return self._wait_s(_FIRST_WAIT_S, _COST, None) if error.is_retryable else None

    def wait_after_reply_s(self, reply: Reply) -> float | None:
        """Seconds until the next attempt after a reply; None if that is the reply of the call."""
        if reply.status < 300:
            self._quota.release(self._spent or _REWARD)
            return None
        code, _ = error_of(reply)
        if code in _THROTTLED_CODES or reply.status == _THROTTLED_STATUS:
            return self._wait_s(_THROTTLED_FIRST_WAIT_S, _THROTTLED_COST, reply)
        if code in _TRANSIENT_CODES or reply.status in _TRANSIENT_STATUSES:
            return self._wait_s(_FIRST_WAIT_S, _COST, reply)
        return None

    def may_correct_clock(self) -> bool:
        """True once a call: it may be tried again, at once, with the server's time."""
        if self._is_corrected or self.number >= MAX_ATTEMPTS:
            return False
        self._is_corrected = True
        self.number += 1
        return True

    def _wait_s(self, first_s: float, cost: int, reply: Reply | None) -> float | None:
        if self.number >= MAX_ATTEMPTS:
            self._metadata["MaxAttemptsReached"] = True
            return None
        if not self._quota.acquire(cost):
            self._metadata["RetryQuotaReached"] = True
            return None
        self._spent = cost
        wait_s = self._jitter() * min(_LONGEST_WAIT_S, first_s * 2.0 ** (self.number - 1))
        self.number += 1
        asked = "" if reply is None else reply.headers.get("x-amz-retry-after", "")
        if asked.isascii() and asked.isdigit():
            # In milliseconds.
            wait_s = max(wait_s, min(int(asked) / 1000, wait_s + _MAX_EXTRA_WAIT_S))
        return wait_s


def clock_offset_s(reply: Reply, endpoint: Endpoint, now_s: float) -> float | None:
    """
    How far the server's clock is ahead of ours, in seconds, if it refuses a request for its time.

    Only a server is believed that proved who it is, or is on this machine: somebody between could
    otherwise have requests signed for another time, and send them then.

    Args:
        reply: The reply.
        endpoint: Where it comes from.
        now_s: Seconds since the epoch by this machine's clock.
    """
    if not endpoint.is_trusted or not 400 <= reply.status < 500:
        return None
    code, text = error_of(reply)
    is_of_time = code in _TIME_CODES or (
        code == "InvalidSignatureException" and text.startswith(_TIME_TEXTS)
    )
    if not is_of_time:
        return None
    # Not at the top: it is a tenth of what an AWS Lambda imports for its first read.
    from email.utils import parsedate_to_datetime

    try:
        offset_s = parsedate_to_datetime(reply.headers.get("date", "")).timestamp() - now_s
    except (TypeError, ValueError):
        return None
    return offset_s if abs(offset_s) >= _MIN_OFFSET_S else None
