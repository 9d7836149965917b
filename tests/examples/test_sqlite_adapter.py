"""The adapter of `examples/sqlite_adapter`, as confstore finds it when it is installed."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import threading
import tomllib
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

import confstore_sqlite
from confstore import (
    LocalKeys,
    PollableStore,
    SealedStore,
    Store,
    TimeBasedConfigStore,
    ability,
    open_config,
    open_store,
)
from confstore.errors import StoreNotFoundError
from confstore.testing import assert_keeps_secrets
from confstore_sqlite import SQLiteStore
from effort import at_length
from examples import service
from forked import fork, fork_in_c

PROJECT = Path(confstore_sqlite.__file__).with_name("pyproject.toml")
has_fork = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A URL of the scheme that the project's metadata register, as an installation does."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    folder = tmp_path / "site-packages" / "confstore_sqlite-0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    lines = [f"[{group}]\n" for group in project["entry-points"]]
    for entries in project["entry-points"].values():
        lines += [f"{scheme} = {target}\n" for scheme, target in entries.items()]
    (folder / "entry_points.txt").write_text("".join(lines))
    monkeypatch.syspath_prepend(folder.parent)
    return f"sqlite:{tmp_path}/config.db?store=prod"


def test_by_its_url(url: str) -> None:
    """`open_store` finds it, and a service reads it without a change of code."""
    with pytest.raises(StoreNotFoundError):
        open_store(url)
    with closing(open_store(url, purpose="create")) as store:
        store.set("db", {"host": "db.test"})
        store.set("uploads", {"limit": 1})
        store.set("secret-key", {"secret-key": "key"})
        with open_config(url, schema=service.Settings) as config:
            assert service.UploadService(config).database() == "db.test:27017"
            store.update("db", {"port": 1})
            config.reload()
            assert service.UploadService(config).database() == "db.test:1"
            assert config.status.last_error is None


def test_secrets(tmp_path: Path) -> None:
    """Sealed, it shows no plaintext, and stores of one name in two files have two contexts."""

    @contextmanager
    def opened() -> Generator[Store]:
        with SQLiteStore(tmp_path / "config.db", "prod") as store:
            for option in list(dict(store.items())):
                store.delete(option)
            yield SealedStore(store, LocalKeys.generate())

    assert_keeps_secrets(opened)
    stores = [SQLiteStore(tmp_path / name, "prod") for name in ("a.db", "b.db")]
    contexts = [SealedStore(store, LocalKeys.generate()).context for store in stores]
    assert contexts == ["a.db/prod", "b.db/prod"]
    for store in stores:
        store.close()


@has_fork
@pytest.mark.slow("forks children while threads write to disk")
def test_fork_while_threads_write(tmp_path: Path) -> None:
    """No child inherits a lock, and no write of parent or children is lost."""
    # SQLite's waiting is not fair: a child may have to wait for long.
    with SQLiteStore(tmp_path / "config.db", "prod", timeout=60) as store:
        store.set("db", {})
        is_over = threading.Event()
        written = [0, 0]

        def write(thread: int) -> None:
            while not is_over.is_set():
                store.update(f"thread {thread}", {"count": written[thread] + 1})
                written[thread] += 1

        def answer() -> int:
            key = f"child {os.getpid()}"
            store.update("db", {key: 1})
            assert set(store.poll().changed) >= {"db"}
            return int(store.get("db")[key])

        threads = [threading.Thread(target=write, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        children = at_length(20, short=5)
        try:
            answers = [fork(answer).join() for _ in range(children)]
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        assert answers == ["1"] * children
        assert len(store.get("db")) == children
        for number, count in enumerate(written):
            assert count == 0 or store.get(f"thread {number}") == {"count": count}


@has_fork
@pytest.mark.parametrize("by", [None, pytest.param(fork_in_c, id="in C")])
def test_config_in_a_child(tmp_path: Path, by: Callable[[], int] | None) -> None:
    """A config of the parent goes on in the child, with a connection of the child's own."""
    with SQLiteStore(tmp_path / "config.db", "prod") as store:
        store.set("db", {"port": 1})
        with TimeBasedConfigStore(store, background=False) as config:

            def answer() -> object:
                with patch("sqlite3.connect", wraps=sqlite3.connect) as connect:
                    store.update("db", {"port": 2})
                connect.assert_called_once()
                config.reload()
                return config.db["port"]

            assert fork(answer, by).join() == "2"
            config.reload()
            assert config.db == {"port": 2}


def test_abilities(tmp_path: Path) -> None:
    """It polls; a look suits it every second."""
    with SQLiteStore(tmp_path / "config.db", "prod") as store:
        assert ability(store, PollableStore) is store
        assert store.update_interval_hint() == 1.0


# -- the page about it -------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "adapters.md"


def test_page_has_the_whole_adapter() -> None:
    """After a change of the adapter or its project, copy it into the page."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"```python\n{Path(confstore_sqlite.__file__).read_text(encoding='utf-8')}```\n" in page
    project = PROJECT.read_text(encoding="utf-8").partition("\n[tool.pytest")[0]
    assert f"```toml\n{project}```\n" in page


@pytest.mark.slow("starts five programs")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_session_of_the_page(url: str, tmp_path: Path) -> None:
    """The commands print what stands below them."""
    from sessions import as_recorded, environment_of_a_session, printed, steps_of

    block = re.findall(r"```console\n(\$ .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    (_, _), *steps = steps_of(block.replace("/home/ada/", f"{tmp_path}/"))
    path = [str(Path(confstore_sqlite.__file__).parent), str(tmp_path / "site-packages")]
    env = environment_of_a_session() | {"PYTHONPATH": os.pathsep.join(path)}
    env["CONFSTORE_URL"] = url
    for command, expected in steps:
        assert printed(command, tmp_path, env) == as_recorded(expected), command
