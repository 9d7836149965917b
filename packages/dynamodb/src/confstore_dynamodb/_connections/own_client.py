"""A client of ours: the wire alone, or mounted in a client of botocore."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from confstore_dynamodb._connections.early_parsing import EarlyReader, active_reader, listen
from confstore_dynamodb._connections.given_client import endpoint_shown
from confstore_dynamodb._connections.refusals.refused_credentials import role_of

if TYPE_CHECKING:
    from confstore_dynamodb._connections.alone_client import AloneClient
    from confstore_dynamodb._connections.on_loop.client import LoopClient, Source

__all__ = ["OwnClient", "OwnSettings"]


class OwnSettings(NamedTuple):
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
    endpoint_url: str | None = None
    client: str | None = None

    def __repr__(self) -> str:
        # The URL may hold a password.
        return f"<OwnSettings of profile {self.profile!r}, region {self.region!r}>"


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
        self._on_loop: LoopClient | None = None
        may_be_alone = settings.client == "alone" or (
            settings.client is None and "AWS_LAMBDA_FUNCTION_NAME" in os.environ
        )
        alone = self._made_alone() if may_be_alone else None
        self._present: AloneClient | _Mounted = alone or _Mounted(settings)

    def _made_alone(self) -> AloneClient | None:
        if "botocore" in sys.modules:
            self._reason = "botocore is imported already"
            return None
        if self._settings.profile:
            self._reason = "a profile is given"
            return None
        from confstore_dynamodb._connections.alone_client import AloneClient
        from confstore_dynamodb._connections.environment import NotSaidError, settings_of

        region, url = self._settings.region, self._settings.endpoint_url
        try:
            return AloneClient(settings_of(os.environ, region, url))
        except NotSaidError as error:
            self._reason = str(error)
            return None

    def _leave_alone(self, alone: AloneClient) -> _Mounted:
        """Mount it, for a reason that came up since it was made."""
        self._reason = "botocore was imported"
        if not alone.is_understood:
            self._reason = "two replies were not DynamoDB's own"
            self._settings = self._settings._replace(client="botocore")
        # Two threads that come at once make two, and one of them is forgotten.
        self._present = mounted = _Mounted(self._settings)
        alone.close()
        return mounted

    @property
    def endpoint(self) -> str:
        """The URL and the region to which it sends requests."""
        return self._present.endpoint

    @property
    def role(self) -> str:
        """The ARN of the role that it assumes; empty if it is not known."""
        return self._present.role

    @property
    def way(self) -> str:
        """How requests are sent, and why."""
        way = self._present.way
        return f"{way}; not alone: {self._reason}" if self._reason else way

    def call(
        self, method: str, parameters: dict[str, Any], reader: EarlyReader | None
    ) -> dict[str, Any]:
        """See `Client`."""
        present = self._present
        if not (isinstance(present, _Mounted) or present.may_go_on()):
            present = self._leave_alone(present)
        return present.call(method, parameters, reader)

    def on_loop(self) -> LoopClient | None:
        """See `Client`."""
        source, client = self._present.on_loop, self._on_loop
        if source is None:
            return None
        if client is None or client.source is not source:
            # Not at the top: it imports asyncio.
            from confstore_dynamodb._connections.on_loop.client import LoopClient

            # Two threads that come at once make two, and one of them is forgotten.
            self._on_loop = client = LoopClient(source)
        return client

    def close(self) -> None:
        """Close the connections."""
        self._present.close()
        if self._on_loop is not None:
            self._on_loop.close()

    def after_fork(self) -> None:
        """
        Make a client of botocore anew in a forked child.

        The old one may have locks that threads of the parent held, and botocore has no public way
        to renew them. The wire looks at process ids by itself.
        """
        if isinstance(self._present, _Mounted):
            _inherited.extend([self._present, self._on_loop])
            self._present = _Mounted(self._settings)


class _Mounted:
    """
    A client of botocore by a session of ours, with the wire mounted in it.

    Attributes:
        api: The client.
    """

    def __init__(self, settings: OwnSettings) -> None:
        # Without boto3: importing both takes longer, and its client is botocore's.
        import botocore
        import botocore.session

        from confstore_dynamodb._connections.calls import caller_of
        from confstore_dynamodb._connections.listeners import ListeningEmitter
        from confstore_dynamodb._connections.mounted_wire import Mount
        from confstore_dynamodb._connections.refreshing_credentials import bound_credentials
        from confstore_dynamodb._connections.services import find_services_singly

        emitter = ListeningEmitter()
        session = botocore.session.Session(profile=settings.profile, event_hooks=emitter)
        if settings.region is not None:
            # Also for the services that give credentials.
            session.set_config_variable("region", settings.region)
        find_services_singly(session)
        bound_credentials(session)
        caller = caller_of(os.environ, session.get_config_variable("user_agent_appid"))
        self.api: Any = session.create_client(
            "dynamodb",
            region_name=settings.region,
            endpoint_url=settings.endpoint_url,
            config=client_config(f"{caller.user_agent} Botocore/{botocore.__version__}"),
        )
        listen(self.api)
        self._listeners = emitter.listeners
        self._mount = (
            None if settings.client == "botocore" else Mount(self.api, session, emitter, caller)
        )

    @property
    def endpoint(self) -> str:
        """See `Client`."""
        return endpoint_shown(self.api)

    @property
    def role(self) -> str:
        """See `Client`."""
        return role_of(self.api)

    @property
    def on_loop(self) -> Source | None:
        """The wire, if it makes the calls and nobody listens."""
        return None if self._mount is None else self._mount.on_loop

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


def client_config(user_agent: str | None = None) -> Any:
    """
    The settings of a botocore client that is made here.

    A dead endpoint costs seconds; with botocore's own defaults it costs ten minutes. Botocore does
    not validate the parameters: they are checked already, and that would cost a twentieth of a
    read.

    Args:
        user_agent: The header `User-Agent`. Botocore's own is made for each request, which takes as
            long.
    """
    from botocore.config import Config

    return Config(
        user_agent=user_agent,
        connect_timeout=1,
        read_timeout=2,
        tcp_keepalive=True,
        retries={"mode": "standard", "total_max_attempts": 3},
        parameter_validation=False,
    )
