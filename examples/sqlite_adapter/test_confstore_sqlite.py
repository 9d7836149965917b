"""The contract of all stores on SQLite, and what is SQLite's own."""

from __future__ import annotations

import multiprocessing
import sqlite3
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from confstore.errors import (
    AccessDeniedError,
    CorruptStoreError,
    InvalidURLError,
    StoreNotFoundError,
    StoreUnavailableError,
)
from confstore.testing import CANARY, StoreContract, assert_keeps_values
from confstore_sqlite import SQLiteStore, open_url


class SQLiteContract(StoreContract):
    durable = True  # what was written outlives the last handle

    def begin(self) -> None:
        folder = self.resources.enter_context(tempfile.TemporaryDirectory())
        self.path = Path(folder, "config.db")

    @contextmanager
    def open_store(self, name: str) -> Generator[SQLiteStore]:
        with SQLiteStore(self.path, name) as store:
            yield store


TestContract = pytest.mark.slow("it writes to disk a thousand times")(SQLiteContract.TestCase)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.db"


@pytest.fixture
def store(path: Path) -> Iterator[SQLiteStore]:
    with SQLiteStore(path, "prod", timeout=0) as store:
        store.set("db", {"port": 1})
        yield store


def execute(path: Path, statement: str, *parameters: object) -> None:
    """What somebody else does to the file."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, parameters)


def test_purpose(path: Path) -> None:
    """Only "create" makes the file; "write" looks for it at once, "read" at its first read."""
    url = f"sqlite:{path}?store=prod"
    with pytest.raises(StoreNotFoundError):
        open_url(url, purpose="write")
    with open_url(url, purpose="read") as reader:
        with pytest.raises(StoreNotFoundError):
            reader.get("db")
        assert not path.exists()
        open_url(url, purpose="create").close()
        assert list(reader.items()) == []
    with open_url(url, purpose="write") as writer:
        writer.set("db", {"port": 1})


def test_poll_sees_other_connections(path: Path, store: SQLiteStore) -> None:
    """An edit by hand is a change, and after it there is nothing new."""
    seen = store.poll()
    execute(path, "INSERT INTO confstore VALUES ('prod', 'new', '{\"a\": 1}')")
    poll = store.poll(seen.checkpoint)
    assert (dict(poll.changed), poll.is_full) == ({"new": {"a": 1}}, False)
    assert store.poll(poll.checkpoint).checkpoint is poll.checkpoint


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a file that is open")
def test_replaced_file(path: Path, store: SQLiteStore) -> None:
    """A backup that takes the file's place is read and written; without one there is no store."""
    checkpoint = store.poll().checkpoint
    backup = path.with_name("backup.db")
    with SQLiteStore(backup, "prod") as other:
        other.set("db", {"port": 2})
    backup.replace(path)
    assert store.poll(checkpoint).changed == {"db": {"port": 2}}
    store.set("cache", {})
    assert dict(store.items()) == {"cache": {}, "db": {"port": 2}}
    path.unlink()
    for _ in range(2):
        with pytest.raises(StoreNotFoundError):
            store.set("db", {"port": 3})
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_fork(store: SQLiteStore) -> None:
    """A forked child has a connection of its own; both see what the other writes."""
    checkpoint = store.poll().checkpoint
    child = multiprocessing.get_context("fork").Process(target=store.update, args=("db", {"a": 2}))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert store.poll(checkpoint).changed == {"db": {"port": 1, "a": 2}}


def test_locked_file(path: Path, store: SQLiteStore) -> None:
    """A writer that does not end is an outage, which may pass."""
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailableError, match="locked"):
            store.get("db")
    assert store.get("db") == {"port": 1}


@pytest.mark.parametrize(
    "document", [f'{{"password": {CANARY}}}', f'["{CANARY}"]', CANARY.encode() + b"\xff", 5]
)
def test_broken_row(path: Path, store: SQLiteStore, document: object) -> None:
    """The error names file, store and option, and shows no value."""
    execute(path, "UPDATE confstore SET document = ?", document)
    with pytest.raises(CorruptStoreError, match="store 'prod', option 'db':1:") as caught:
        store.get("db")
    assert_keeps_values(caught.value)


def test_name_that_is_no_text(path: Path, store: SQLiteStore) -> None:
    """SQLite keeps any bytes as a text; the error shows the name as far as it can be read."""
    execute(path, "INSERT INTO confstore VALUES ('prod', CAST(x'6162ff' AS TEXT), '{}')")
    with pytest.raises(CorruptStoreError, match="option 'ab\ufffd': its name is not UTF-8"):
        store.items()


def test_file_of_another_encoding(path: Path) -> None:
    """SQLite converts; what is written can be read."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA encoding = 'UTF-16'")
        connection.execute("CREATE TABLE other (a)")
    with SQLiteStore(path, "prod") as store:
        store.set("größe", {"einheit": "µm"})
        assert dict(store.items()) == {"größe": {"einheit": "µm"}}


def test_what_is_no_database(tmp_path: Path, path: Path) -> None:
    """Another file is broken, and a folder is refused."""
    path.write_text("This is a text, and not a database.")
    with pytest.raises(CorruptStoreError, match="not a database"):
        SQLiteStore(path, "prod")
    with pytest.raises(AccessDeniedError):
        SQLiteStore(tmp_path, "prod")


@pytest.mark.parametrize(
    "url", ["sqlite:?store=a", "sqlite:a.db", "sqlite://host/a.db?store=a", "sqlite:a%00?store=a"]
)
def test_wrong_url(url: str) -> None:
    """The error has the form of the URL."""
    with pytest.raises(InvalidURLError, match=r"is sqlite:PATH\?store=NAME"):
        open_url(url)
