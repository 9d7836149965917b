"""Django: settings from a store, a live config, and one snapshot a request, by its test client."""

from __future__ import annotations

import asyncio
import linecache
import sys
import threading
import time
import types
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from confstore import TimeBasedConfigStore, health
from confstore.errors import OptionNotFoundError, StaleConfigError
from confstore.integrations.django import live_config, load_settings
from confstore.testing import FakeClock
from confstore_memory import MemoryStore
from forked import fork

STORES: list[MemoryStore] = []


def change(request: Any) -> JsonResponse:
    before = request.config["uploads"]["limit"]
    STORES[-1].set("uploads", {"limit": before + 1})
    live_config.reload()
    after = request.config["uploads"]["limit"]
    return JsonResponse([before, after, live_config.uploads["limit"]], safe=False)


async def change_async(request: Any) -> JsonResponse:
    return await asyncio.to_thread(change, request)


def probe(request: HttpRequest) -> JsonResponse:
    return JsonResponse("live", safe=False)


@pytest.fixture(autouse=True)
def _django() -> Iterator[None]:
    urls: Any = types.ModuleType("urls_of_this_test")
    urls.urlpatterns = [path("", change), path("async", change_async), path("live", probe)]
    sys.modules[urls.__name__] = urls
    if not settings.configured:
        settings.configure()
        django.setup()
    with override_settings(
        ROOT_URLCONF=urls.__name__,
        ALLOWED_HOSTS=["testserver"],
        MIDDLEWARE=["confstore.integrations.django.config_middleware"],
    ):
        yield
    del sys.modules[urls.__name__]


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    STORES.append(MemoryStore("prod", {"uploads": {"limit": 1}}))
    yield STORES[-1]
    STORES.pop()


@pytest.fixture
def config(store: MemoryStore, clock: FakeClock) -> Iterator[TimeBasedConfigStore[Any]]:
    opened = TimeBasedConfigStore(store, clock=clock, max_stale=1000)
    with opened as config, override_settings(CONFSTORE=config):
        yield config


def test_requests(config: TimeBasedConfigStore[Any]) -> None:
    """A request sees no refresh in its middle, the next one does; so in asynchronous views."""
    assert Client().get("/").json() == [1, 1, 2]
    assert Client().get("/").json() == [2, 2, 3]
    assert asyncio.run(AsyncClient().get("/async")).json() == [3, 3, 4]


def test_live_config(config: TimeBasedConfigStore[Any], store: MemoryStore) -> None:
    """It reads as the config does, a change shows at once, and no read asks the store."""
    assert live_config.uploads["limit"] == live_config["uploads"]["limit"] == 1
    store.set("uploads", {"limit": 2})
    store.set("keys", {"key": 1})
    config.reload()
    store.fail()
    assert live_config.uploads["limit"] == 2
    assert live_config.current is config.current
    assert live_config.get("absent", default=None) is None
    assert "uploads" in live_config
    assert "absent" not in live_config
    assert list(live_config) == ["uploads", "keys"]
    assert len(live_config) == 2
    assert live_config["keys"] == {"key": 1}
    assert bool(live_config)
    assert repr(live_config) == "<the live config of settings.CONFSTORE>"
    assert health(live_config).is_ready
    with pytest.raises(AttributeError, match="absent"):
        _ = live_config.absent


def test_opens_once_when_it_is_read(store: MemoryStore) -> None:
    """A function opens the config at the first read, once for all threads."""
    opened: list[TimeBasedConfigStore[Any]] = []
    everybody = threading.Barrier(4)

    def open_config() -> TimeBasedConfigStore[Any]:
        opened.append(TimeBasedConfigStore(store))
        return opened[-1]

    def read() -> None:
        everybody.wait(60)
        assert live_config.uploads["limit"] == 1

    with override_settings(CONFSTORE=open_config):
        assert opened == []
        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == 1
        assert fork(lambda: live_config.uploads["limit"]).join() == "1"
    opened[0].close()


def test_thread_that_comes_while_it_opens(store: MemoryStore) -> None:
    """A thread that finds the config about to be opened waits for it, and opens none."""
    opened: list[TimeBasedConfigStore[Any]] = []

    def open_config() -> TimeBasedConfigStore[Any]:
        second.start()
        while not _waits_for_the_lock(second):
            time.sleep(0)
        opened.append(TimeBasedConfigStore(store))
        return opened[-1]

    second = threading.Thread(target=lambda: live_config.uploads)
    with override_settings(CONFSTORE=open_config):
        assert live_config.uploads["limit"] == 1
        second.join()
    assert len(opened) == 1
    opened[0].close()


def _waits_for_the_lock(thread: threading.Thread) -> bool:
    """True if a thread has seen that nothing is open, and cannot go on before another ends."""
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001  # it is documented
    if frame is None or frame.f_code.co_name != "_config":
        return False
    return "with self._lock" in linecache.getline(frame.f_code.co_filename, frame.f_lineno)


def test_fork_while_it_opens(store: MemoryStore) -> None:
    """A child that is forked while a thread opens the config opens its own."""
    opening, go_on = threading.Event(), threading.Event()

    def open_config() -> TimeBasedConfigStore[Any]:
        if threading.current_thread() is thread:
            opening.set()
            go_on.wait(60)
        return TimeBasedConfigStore(store)

    thread = threading.Thread(target=lambda: live_config.uploads)
    with override_settings(CONFSTORE=open_config):
        thread.start()
        assert opening.wait(60)
        assert fork(lambda: live_config.uploads["limit"]).join() == "1"
        go_on.set()
        thread.join()
        live_config.close()


@pytest.mark.parametrize("wrong", [None, "memory:prod", lambda: None, MemoryStore("prod")])
def test_wrong_settings(wrong: Any) -> None:
    """A setting that gives no config is told."""
    told = pytest.raises(ImproperlyConfigured, match=r"settings\.CONFSTORE is a TimeBased")
    with override_settings(CONFSTORE=wrong), told:
        _ = live_config.uploads


def test_stale(config: TimeBasedConfigStore[Any], store: MemoryStore, clock: FakeClock) -> None:
    """Only a request that reads a config that is too old fails."""
    store.fail()
    clock.advance(2000)
    assert Client().get("/live").json() == "live"
    with pytest.raises(StaleConfigError):
        Client().get("/")


def test_load_settings(config: TimeBasedConfigStore[Any], store: MemoryStore) -> None:
    """The keys of an option are settings, with plain values, which Django may change."""
    store.set("django", {"DEBUG": False, "ALLOWED_HOSTS": ["a.example"], "SECRET_KEY": "s3cret"})
    config.reload()
    loaded = load_settings(config, "django")
    assert loaded == {"DEBUG": False, "ALLOWED_HOSTS": ["a.example"], "SECRET_KEY": "s3cret"}
    loaded["ALLOWED_HOSTS"].append("b.example")
    assert load_settings(config, "django")["ALLOWED_HOSTS"] == ["a.example"]


def test_settings_that_django_would_ignore(
    config: TimeBasedConfigStore[Any], store: MemoryStore
) -> None:
    """A key that is no setting's name is an error without its value, and so is no option."""
    with pytest.raises(OptionNotFoundError):
        load_settings(config, "django")
    for key in ("secret_key", "SECRET-KEY", "1"):
        store.set("django", {key: "s3cret"})
        config.reload()
        with pytest.raises(ImproperlyConfigured, match=f"option 'django', key '{key}'") as caught:
            load_settings(config, "django")
        assert "s3cret" not in str(caught.value)
