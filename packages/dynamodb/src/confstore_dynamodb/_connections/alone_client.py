"""
The wire alone: a client of ours without botocore.

To import botocore takes longer than anything else that a small program has to do.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from confstore_dynamodb._connections.calls import Call, caller_of
from confstore_dynamodb._connections.early_parsing import EarlyReader
from confstore_dynamodb._connections.environment import EnvironmentSettings, key_of
from confstore_dynamodb._connections.requests import Endpoint, message
from confstore_dynamodb._connections.signing import Key, Signer
from confstore_dynamodb._connections.wire import Wire

__all__ = ["AloneClient"]


class AloneClient:
    """
    A client whose settings the environment says; see `Client`.

    Attributes:
        caller: Who makes the calls.
        signer: Signs the requests.
        wire: Makes the calls.
    """

    def __init__(self, settings: EnvironmentSettings) -> None:
        self._endpoint = settings.endpoint
        self._region = settings.region
        self.caller = caller_of(os.environ)
        self.signer = Signer(settings.region)
        self.wire = Wire(settings.ca_file)

    @property
    def endpoint(self) -> str:
        """The URL and the region to which it sends requests."""
        return f"{self._endpoint.url}, region {self._region}"

    @property
    def role(self) -> str:
        """The role that it assumes: none."""
        return ""

    @property
    def way(self) -> str:
        """How requests are sent."""
        return "by our own wire, without botocore"

    def may_go_on(self) -> bool:
        """True as long as nobody else uses botocore, and it is not needed."""
        return "botocore" not in sys.modules and self.is_understood

    @property
    def is_understood(self) -> bool:
        """False if botocore should make the calls from now on."""
        return self.wire.is_understood

    def call(
        self, method: str, parameters: dict[str, Any], reader: EarlyReader | None
    ) -> dict[str, Any]:
        """See `Client`."""
        call = Call(method, parameters, reader, self.caller)

        def prepared(now_s: float, number: int) -> bytes:
            # Read each time: a program may renew its credentials in its environment.
            key, host = self.key(), self._endpoint.host_header
            headers = self.signer.sign(key, host, call.headers(number), call.body, now_s)
            return message(headers, call.body)

        return call.response(*self.wire.call(self._endpoint, prepared))

    def close(self) -> None:
        """Close the connections."""
        self.wire.close()

    # -- for calls on a loop -----------------------------------------------------------------------

    @property
    def on_loop(self) -> AloneClient | None:
        """Itself, as long as it may go on."""
        return self if self.may_go_on() else None

    def key(self) -> Key:
        """The credentials of the environment."""
        return key_of(os.environ)

    def ready_key(self) -> Key:
        """The same: they are there without a wait."""
        return key_of(os.environ)

    def endpoint_for(self, _: Key) -> Endpoint:
        """The only endpoint."""
        return self._endpoint

    def announced(
        self,
        _operation: str,
        _endpoint: Endpoint,
        headers: dict[str, str],
        body: bytes,
        *,
        is_first: bool,  # noqa: ARG002 (nobody hears of it)
    ) -> bytes:
        """The request as it travels."""
        return message(headers, body)
