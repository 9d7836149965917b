"""Starlette and FastAPI: a config as long as the application lives, and one snapshot a request."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

# Not for type checkers alone: FastAPI evaluates the annotations of a dependency.
from starlette.requests import HTTPConnection

from confstore.errors import StaleConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from confstore import TimeBasedConfigStore

__all__ = ["ConfigMiddleware", "config_lifespan", "snapshot"]

_LIVE = "live_config"
_SNAPSHOT = "config"


def config_lifespan(
    open_config: Callable[[], TimeBasedConfigStore[Any]],
) -> Callable[[Any], AbstractAsyncContextManager[dict[str, Any]]]:
    """
    Make the `lifespan` of an application, which opens a config and closes it at the end.

    It opens in a thread: the first load may wait for the backend, and the loop must not. The config
    is `request.state.live_config`. A lifespan of your own enters `config_lifespan(...)(app)` with
    `async with`, and yields its state with yours.

    Args:
        open_config: Called without arguments when the application starts.
    """

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
        config = await run_in_threadpool(open_config)
        try:
            yield {_LIVE: config}
        finally:
            await run_in_threadpool(config.close)

    return lifespan


class ConfigMiddleware:
    """
    Gives each request and each websocket one snapshot, as `request.state.config`.

    It is what `config.current` was when the request came: a refresh meanwhile is for later ones.
    While a config with `max_stale` refuses reads, the attribute is missing, so that routes which
    do not need it still answer, and the dependency `snapshot` raises `StaleConfigError`.
    """

    def __init__(self, app: ASGIApp, config: TimeBasedConfigStore[Any] | None = None) -> None:
        """
        Wrap an ASGI application.

        Args:
            app: The application; Starlette and FastAPI pass it themselves.
            config: The config; None takes that of `config_lifespan`.
        """
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with its snapshot in its state."""
        if scope["type"] in {"http", "websocket"}:
            state = scope.setdefault("state", {})
            if self._config is not None:
                state[_LIVE] = self._config
            with contextlib.suppress(StaleConfigError):
                _hold(state)
        await self._app(scope, receive, send)


async def snapshot(connection: HTTPConnection) -> Any:
    """
    Give the snapshot of this request; a dependency of FastAPI, which needs no middleware.

    Use: `Annotated[Settings, Depends(snapshot)]`.

    Raises:
        StaleConfigError: The config has `max_stale`, and its snapshot is older.
        RuntimeError: The application has no config.
    """
    return _hold(connection.scope.setdefault("state", {}))


def _hold(state: MutableMapping[str, Any]) -> Any:
    if _SNAPSHOT not in state:
        if _LIVE not in state:
            message = (
                "the application has no config: pass lifespan=config_lifespan(...) to it and let "
                "the server run its lifespan, or pass config=... to ConfigMiddleware"
            )
            raise RuntimeError(message)
        state[_SNAPSHOT] = state[_LIVE].current
    return state[_SNAPSHOT]
