"""A client of ours: the wire alone, or mounted in a client of botocore."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import attrs

from confstore_dynamodb._connections.credentials import role_of
from confstore_dynamodb._connections.early_parsing import EarlyReader, active_reader, listen
from confstore_dynamodb._connections.given import endpoint_shown

if TYPE_CHECKING:
    from confstore_dynamodb._connections.alone import AloneClient

__all__ = ["OwnClient", "OwnSettings"]


@attrs.frozen
class OwnSettings:
    """
    The settings of a client of ours; the environment says what these do not.

    Attributes:
        profile: The profile of the AWS configuration.
        region: The region.
        endpoint_url: Where DynamoDB is, if not at AWS.
        client: The way that is asked for: `botocore`, `alone`, or None for the fastest.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = attrs.field(default=None, repr=False)
    client: str | None = None


class OwnClient:
    """
    A client of ours: alone if it can, else mounted in a client of botocore; see `Client`.

    It is alone in AWS Lambda, where the import of botocore counts, and where that was asked for. As
    soon as somebody has imported botocore, it is mounted: a tracer or moto may look at it there.
    """

    def __init__(self, settings: OwnSettings) -> None:
        """Make one; it raises what botocore raises of settings."""
        self._settings = settings
        self._reason = ""
        self._alone: AloneClient | None = None
        self._mounted: _Mounted | None = None
        if settings.client == "alone" or (
            settings.client is None and "AWS_LAMBDA_FUNCTION_NAME" in os.environ
        ):
            self._alone = self._made_alone()
        if self._alone is None:
            self._mounted = _Mounted(settings)

    def _made_alone(self) -> AloneClient | None:
        if "botocore" in sys.modules:
            self._reason = "botocore is imported already"
            return None
        if self._settings.profile:
            self._reason = "a profile is given"
            return None
        from confstore_dynamodb._connections.alone import AloneClient
        from confstore_dynamodb._connections.environment import NotSaidError, settings_of

        region, url = self._settings.region, self._settings.endpoint_url
        try:
            return AloneClient(settings_of(os.environ, region, url))
        except NotSaidError as error:
            self._reason = str(error)
            return None

    def _present(self) -> AloneClient | _Mounted:
        """The client that makes the next call."""
        if self._mounted is not None:
            return self._mounted
        alone = self._alone
        if alone is not None:
            if "botocore" not in sys.modules and alone.is_understood:
                return alone
            alone.close()
            self._reason = "botocore was imported"
            if not alone.is_understood:
                self._reason = "two replies were not DynamoDB's own"
                self._settings = attrs.evolve(self._settings, client="botocore")
        # Two threads that come at once make two, and one of them is forgotten.
        mounted = self._mounted = _Mounted(self._settings)
        return mounted

    @property
    def endpoint(self) -> str:
        """The URL and the region to which it sends requests."""
        client = self._mounted or self._alone
        # One of them was made at the start.
        return "" if client is None else client.endpoint

    @property
    def role(self) -> str:
        """The ARN of the role that it assumes; empty if it is not known."""
        mounted = self._mounted
        return "" if mounted is None else role_of(mounted.api)

    @property
    def way(self) -> str:
        """How requests are sent, and why."""
        mounted = self._mounted
        if mounted is None:
            return "by our own wire, without botocore"
        return f"{mounted.way}; not alone: {self._reason}" if self._reason else mounted.way

    def call(
        self, method: str, parameters: dict[str, Any], reader: EarlyReader | None
    ) -> dict[str, Any]:
        """See `Client`."""
        return self._present().call(method, parameters, reader)

    def close(self) -> None:
        """Close the connections."""
        for client in (self._alone, self._mounted):
            if client is not None:
                client.close()

    def after_fork(self) -> None:
        """
        Make a client of botocore anew in a forked child.

        The old one may have locks that threads of the parent held, and botocore has no public way
        to renew them. The wire looks at process ids by itself.
        """
        if self._mounted is not None:
            _inherited.append(self._mounted)
            self._mounted = _Mounted(self._settings)


class _Mounted:
    """
    A client of botocore by a session of ours, with the wire mounted in it.

    Attributes:
        api: The client.
    """

    def __init__(self, settings: OwnSettings) -> None:
        # Without boto3: importing both takes longer, and its client is botocore's.
        import botocore.session

        from confstore_dynamodb._connections.listeners import ListeningEmitter
        from confstore_dynamodb._connections.mounted import Mount

        emitter = ListeningEmitter()
        session = botocore.session.Session(profile=settings.profile, event_hooks=emitter)
        self.api: Any = session.create_client(
            "dynamodb",
            region_name=settings.region,
            endpoint_url=settings.endpoint_url,
            config=client_config(),
        )
        listen(self.api)
        self._listeners = emitter.listeners
        self._mount = None if settings.client == "botocore" else Mount(self.api, session, emitter)

    @property
    def endpoint(self) -> str:
        """See `Client`."""
        return endpoint_shown(self.api)

    @property
    def way(self) -> str:
        """See `Client`."""
        if self._mount is None:
            return "by botocore"
        reason = self._mount.reason_against()
        return f"by botocore: {reason}" if reason else "by our own wire, mounted in botocore"

    def call(
        self, method: str, parameters: dict[str, Any], reader: EarlyReader | None
    ) -> dict[str, Any]:
        """See `Client`."""
        token = active_reader.set(None if self._listeners.hear_replies else reader)
        try:
            reply: dict[str, Any] = getattr(self.api, method)(**parameters)
        finally:
            active_reader.reset(token)
        return reply

    def close(self) -> None:
        """Close the connections."""
        if self._mount is not None:
            self._mount.close()
        self.api.close()


# The child keeps the inherited clients for ever: collecting one takes its pools' locks, which a
# thread of the parent may have held.
_inherited: list[Any] = []


def client_config() -> Any:
    """
    The settings of a botocore client that is made here.

    A dead endpoint costs seconds; with botocore's own defaults it costs ten minutes. Botocore does
    not validate the parameters: they are checked already, and that would cost a twentieth of a
    read.
    """
    from botocore.config import Config

    return Config(
        connect_timeout=1,
        read_timeout=2,
        tcp_keepalive=True,
        retries={"mode": "standard", "total_max_attempts": 3},
        parameter_validation=False,
    )
