"""Django: settings from a store, a live config, and one snapshot a request."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from copy import deepcopy
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from confstore import TimeBasedConfigStore
from confstore.adapter import call_after_fork

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from confstore import Config

__all__ = ["config_middleware", "live_config", "load_settings"]


def load_settings(config: Config, option: str) -> dict[str, Any]:
    """
    Read Django's own settings, which are fixed when the process starts, from one option.

    Use, in `settings.py`: `globals().update(load_settings(config, "django"))`.

    Args:
        config: A config of any strategy.
        option: The option whose keys are names of settings, in capital letters.

    Returns:
        Name to value; plain lists and dicts, which Django and its applications may change.

    Raises:
        OptionNotFoundError: There is no such option.
        ImproperlyConfigured: A key is no name of a setting.
    """
    values = config.get(option)
    for key in values:
        # Django ignores the others, without a word.
        if not (key.isidentifier() and key.isupper()):
            message = f"option {option!r}, key {key!r}: a setting is named in capital letters"
            raise ImproperlyConfigured(message)
    return deepcopy(dict(values))


class _LiveConfig:
    """The config of `settings.CONFSTORE`, opened when it is first read."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._opened: tuple[object, TimeBasedConfigStore[Any]] | None = None
        call_after_fork(self._after_fork)

    def _after_fork(self) -> None:
        self._lock = threading.RLock()

    def _config(self) -> TimeBasedConfigStore[Any]:
        source = getattr(settings, "CONFSTORE", None)
        opened = self._opened
        # override_settings gives another source.
        if opened is not None and opened[0] is source:
            return opened[1]
        with self._lock:
            if self._opened is None or self._opened[0] is not source:
                self._opened = source, _open(source)
            return self._opened[1]

    # As Django's own lazy objects do: for `isinstance`, and so for `health`, it is a config.
    @property  # type: ignore[misc]  # of the type of a class
    def __class__(self) -> type[Any]:
        return TimeBasedConfigStore

    def __getattr__(self, name: str) -> Any:
        return getattr(self._config(), name)

    def __getitem__(self, option: str) -> dict[str, Any]:
        return self._config()[option]

    def __contains__(self, option: object) -> bool:
        return option in self._config()

    def __iter__(self) -> Iterator[str]:
        return iter(self._config())

    def __len__(self) -> int:
        return len(self._config())

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "<the live config of settings.CONFSTORE>"


def _open(source: object) -> TimeBasedConfigStore[Any]:
    config = source
    if callable(source) and not isinstance(source, TimeBasedConfigStore):
        config = source()
    if not isinstance(config, TimeBasedConfigStore):
        message = (
            "settings.CONFSTORE is a TimeBasedConfigStore, or a function that opens one, not "
            f"{type(config).__name__}"
        )
        raise ImproperlyConfigured(message)
    return config


live_config = cast("TimeBasedConfigStore[Any]", _LiveConfig())
"""
The config of `settings.CONFSTORE` (a config, or a function that opens one), always up to date.

Importing it opens nothing, so commands that need no configuration run without a backend. It opens
when it is first read; a read costs no query.
"""


@sync_and_async_middleware
def config_middleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """
    Give each request one snapshot, as `request.config`.

    It is what `live_config.current` is when the request first reads it: a refresh meanwhile is for
    later requests.
    """

    def hold(request: HttpRequest) -> HttpRequest:
        request.config = SimpleLazyObject(lambda: live_config.current)  # type: ignore[attr-defined]  # our addition
        return request

    async def respond_async(request: HttpRequest) -> HttpResponseBase:
        return cast("HttpResponseBase", await get_response(hold(request)))

    def respond(request: HttpRequest) -> HttpResponseBase:
        return cast("HttpResponseBase", get_response(hold(request)))

    return respond_async if iscoroutinefunction(get_response) else respond
