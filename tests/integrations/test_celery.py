"""Celery: one snapshot a task, in the processes of a real prefork pool."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from kombu.transport import filesystem

from confstore import TimeBasedConfigStore, open_store
from confstore.errors import StaleConfigError
from confstore.integrations.celery import snapshot
from confstore.testing import FakeClock
from confstore_memory import MemoryStore
from serving import running

TASKS = """
import os
from pathlib import Path

from celery import Celery

from confstore import TimeBasedConfigStore, open_store
from confstore.integrations.celery import snapshot

app = Celery("tasks")
app.config_from_object("settings")

store = open_store()
loaded_by = os.getpid()
config = TimeBasedConfigStore(store, update_interval=0.2)


def current_limit():
    return snapshot(config)["uploads"]["limit"]


@app.task
def limit():
    return [os.getpid(), loaded_by, current_limit()]


@app.task(bind=True, max_retries=1)
def change(self, limit):
    if self.request.retries:
        # Now and then it runs in the other process, which has not looked at the file yet.
        config.reload()
        return self.request.headers["seen"] + [current_limit()]
    before = current_limit()
    store.set("uploads", {"limit": limit})
    config.reload()
    # A task that is called directly is part of this one.
    seen = [before, current_limit(), globals()["limit"]()[2], config.uploads["limit"]]
    raise self.retry(countdown=0, headers={"seen": seen})
"""

SETTINGS = """
import time
import uuid
from pathlib import Path

from kombu.transport import filesystem
from kombu.utils.json import dumps


def put(channel, queue, payload, **_):
    # kombu's own shows a message to its reader before it has written it.
    folder = Path(channel.data_folder_out)
    part = folder / str(uuid.uuid4())
    part.write_text(dumps(payload))
    part.rename(folder / f"{{time.monotonic_ns()}}_{{part.name}}.{{queue}}.msg")


filesystem.Channel._put = put

broker_url = "filesystem://"
broker_transport_options = {{
    "data_folder_in": "{folder}/queue",
    "data_folder_out": "{folder}/queue",
    "control_folder": "{folder}/control",
    "polling_interval": 0.02,
}}
result_backend = "file://{folder}/results"
worker_hijack_root_logger = False
broker_connection_retry_on_startup = True
worker_enable_remote_control = False
worker_send_task_events = False
enable_utc = True
"""

PROCESSES = 2
TIMEOUT_S = 60


@pytest.mark.slow("starts a Celery worker with a prefork pool")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="Celery's prefork pool needs fork")
def test_prefork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process of the pool sees a change live; a task sees no refresh in its middle."""
    for name in ("queue", "control", "results"):
        (tmp_path / name).mkdir()
    settings = SETTINGS.format(folder=tmp_path)
    (tmp_path / "settings.py").write_text(settings)
    (tmp_path / "tasks.py").write_text(TASKS)
    client = Celery("client")
    configured: dict[str, Any] = {}
    # It is put back after the test.
    monkeypatch.setattr(filesystem.Channel, "_put", vars(filesystem.Channel)["_put"])
    exec(settings, configured)
    client.config_from_object(SimpleNamespace(**configured))

    def run(name: str, *arguments: object) -> Any:
        return client.send_task(f"tasks.{name}", arguments).get(TIMEOUT_S, interval=0.02)

    url = f"file:{tmp_path / 'options.json'}"
    arguments = ["-A", "tasks", "worker", "--pool", "prefork", "--concurrency", str(PROCESSES)]
    arguments += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "warning"]
    with open_store(url) as store:
        store.set("uploads", {"limit": 1})
        with running(tmp_path, "celery", *arguments, CONFSTORE_URL=url):

            def wait_until_all_see(limit: int) -> None:
                seen: dict[int, int] = {}
                for _ in range(1_000):
                    process, loaded_by, seen_there = run("limit")
                    assert process != loaded_by, "it ran in a fork of who loaded"
                    seen[process] = seen_there
                    if list(seen.values()) == [limit] * PROCESSES:
                        return
                raise AssertionError(seen)

            wait_until_all_see(1)
            store.set("uploads", {"limit": 2})
            wait_until_all_see(2)
            assert run("change", 3) == [2, 2, 2, 3, 3]
            wait_until_all_see(3)
    client.close()


@pytest.fixture
def app() -> Iterator[Celery]:
    with Celery("test", set_as_current=True) as app:
        yield app


def test_outside_of_a_task(
    config: TimeBasedConfigStore[Any], store: MemoryStore, app: Celery
) -> None:
    """Where no task runs it is the newest snapshot, also in a task that is only called."""
    assert snapshot(config) is config.current

    @app.task
    def change() -> bool:
        store.set("uploads", {"limit": 2})
        config.reload()
        return snapshot(config) is config.current

    assert change()


def test_two_configs(config: TimeBasedConfigStore[Any], store: MemoryStore, app: Celery) -> None:
    """A task that is run here has a snapshot of each config that it reads, until it ends."""
    with TimeBasedConfigStore(store) as other:

        @app.task
        def change() -> list[Any]:
            snapshot(config)
            store.set("uploads", {"limit": 2})
            config.reload()
            other.reload()
            return [snapshot(each)["uploads"]["limit"] for each in (config, other)]

        assert change.apply().get() == [1, 2]
        assert change.apply().get() == [2, 2]


def test_stale(
    config: TimeBasedConfigStore[Any], store: MemoryStore, clock: FakeClock, app: Celery
) -> None:
    """A task whose config is too old fails where it reads."""
    store.fail()
    clock.advance(2000)

    @app.task
    def read() -> Any:
        return snapshot(config)

    with pytest.raises(StaleConfigError):
        read.apply().get()
