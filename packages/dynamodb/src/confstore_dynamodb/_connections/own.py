"""A client of ours, with the wire mounted in a client of botocore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from confstore_dynamodb._connections.early_parsing import EarlyReader, active_reader, listen
from confstore_dynamodb._connections.given import endpoint_shown

if TYPE_CHECKING:
    from confstore_dynamodb._connections.listeners import Listeners
    from confstore_dynamodb._connections.mounted import Mount

__all__ = ["OwnClient", "OwnSettings"]


@attrs.frozen
class OwnSettings:
    """
    The settings of a client of ours; the environment says what these do not.

    Attributes:
        profile: The profile of the AWS configuration.
        region: The region.
        endpoint_url: Where DynamoDB is, if not at AWS.
        client: The way that was asked for: `botocore`, or None for the fastest.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = attrs.field(default=None, repr=False)
    client: str | None = None


class OwnClient:
    """A client of ours; its session is ours, too, and so are its events."""

    def __init__(self, settings: OwnSettings) -> None:
        self._settings = settings
        self._api: Any = None
        self._mount: Mount | None = None
        self._listeners: Listeners | None = None
        self._make()

    def _make(self) -> None:
        # Without boto3: importing both takes longer, and its client is botocore's.
        import botocore.session

        from confstore_dynamodb._connections.listeners import ListeningEmitter
        from confstore_dynamodb._connections.mounted import Mount

        emitter = ListeningEmitter()
        session = botocore.session.Session(profile=self._settings.profile, event_hooks=emitter)
        self._api = session.create_client(
            "dynamodb",
            region_name=self._settings.region,
            endpoint_url=self._settings.endpoint_url,
            config=client_config(),
        )
        listen(self._api)
        self._listeners = emitter.listeners
        if self._settings.client != "botocore":
            self._mount = Mount(self._api, session, emitter)

    @property
    def endpoint(self) -> str:
        """The URL and the region to which it sends requests."""
        return endpoint_shown(self._api)

    @property
    def role(self) -> str:
        """The ARN of the role that it assumes; empty if it is not known."""
        from confstore_dynamodb._connections.credentials import role_of

        return role_of(self._api)

    @property
    def way(self) -> str:
        """How requests are sent, and why."""
        if self._mount is None:
            return "by botocore, as client=botocore asks"
        reason = self._mount.reason_against()
        if reason:
            return f"by botocore: {reason}"
        return "by our own wire, mounted in botocore"

    def call(
        self, operation: str, parameters: dict[str, Any], reader: EarlyReader | None
    ) -> dict[str, Any]:
        """See `Client`."""
        assert self._listeners is not None  # noqa: S101 (for the type checker)
        token = active_reader.set(None if self._listeners.hear_replies else reader)
        try:
            reply: dict[str, Any] = getattr(self._api, operation)(**parameters)
        finally:
            active_reader.reset(token)
        return reply

    def close(self) -> None:
        """Close the connections."""
        if self._mount is not None:
            self._mount.close()
        self._api.close()

    def after_fork(self) -> None:
        """
        Make it anew in a forked child.

        The old one may have locks that threads of the parent held, and botocore has no public way
        to renew them.
        """
        _inherited.append((self._api, self._mount))
        self._make()


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
