"""Flask: one snapshot a request, as `g.config`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from confstore import TimeBasedConfigStore

__all__ = ["init_app"]


def init_app(app: Flask, config: TimeBasedConfigStore[Any]) -> None:
    """
    Make `flask.g.config` the snapshot of each request, and of each other application context.

    It is what `config.current` is when it is first read there: a refresh meanwhile is for later
    requests. A request that does not read it costs nothing. If the config has `max_stale`, that
    read raises `StaleConfigError`, for which an application may register a handler. The config
    itself is `app.extensions["confstore"]`.

    Args:
        app: The application.
        config: The config; whoever opened it closes it.

    Raises:
        RuntimeError: The application has got a config already.
    """
    if "confstore" in app.extensions:
        message = f"the application {app.name!r} has got a config already: call init_app once"
        raise RuntimeError(message)
    app.extensions["confstore"] = config
    base = app.app_ctx_globals_class

    class GlobalsWithConfig(base):  # type: ignore[misc, valid-type]  # the class that the application has
        # Not a cached_property, whose lock all threads share before Python 3.12.
        def __getattr__(self, name: str) -> Any:
            if name != "config":
                return super().__getattr__(name)
            snapshot = self.__dict__[name] = config.current
            return snapshot

    app.app_ctx_globals_class = GlobalsWithConfig
