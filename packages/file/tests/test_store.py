"""What a file store holds, and what its file looks like."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from confstore.errors import InvalidNameError, OptionNotFoundError, StoreClosedError
from confstore_file import FileStore

EVERY_TYPE = {
    "null": None,
    "yes": True,
    "port": 27017,
    "ratio": 0.25,
    "exact": Decimal("0.12345678901234567890123"),
    "name": "Zürich ☃",
    "secret": b"\x00\xff",
    "list": [1, ["two"]],
    "dict": {"$set": "a user's own"},
    "texts": {"b", "a"},
    "numbers": {2, 1.5},
}

AS_TEXT = """\
{
  "db": {
    "null": null,
    "yes": true,
    "port": 27017,
    "ratio": 0.25,
    "exact": {
      "$decimal": "0.12345678901234567890123"
    },
    "name": "Zürich ☃",
    "secret": {
      "$bytes": "AP8="
    },
    "list": [
      1,
      [
        "two"
      ]
    ],
    "dict": {
      "$dict": {
        "$set": "a user's own"
      }
    },
    "texts": {
      "$set": [
        "a",
        "b"
      ]
    },
    "numbers": {
      "$set": [
        1.5,
        2
      ]
    }
  }
}
"""


def test_text(file: Path) -> None:
    """The file is JSON to be read by people: indented, UTF-8, with a final newline."""
    FileStore(file).set("db", EVERY_TYPE)
    assert file.read_bytes().decode() == AS_TEXT


def test_read_back(file: Path) -> None:
    """What another process wrote is read as it was written, each value in its type."""
    file.write_text(AS_TEXT)
    values = FileStore(file).get("db")
    assert values == EVERY_TYPE
    assert {key: type(value) for key, value in values.items()} == {
        key: type(value) for key, value in EVERY_TYPE.items()
    }


def test_order(file: Path) -> None:
    """An option that is set again keeps its place; a new one is the last."""
    store = FileStore(file)
    for option in ("b", "c", "a"):
        store.set(option, {"key": 1})
    store.set("b", {"key": 2})
    store.update("c", {"key": 2})
    store.set("0", {"key": 1})
    assert [option for option, _ in store.items()] == ["b", "c", "a", "0"]
    assert [option for option, _ in FileStore(file).items()] == ["b", "c", "a", "0"]


def test_order_of_keys(file: Path) -> None:
    """A key that is updated keeps its place; a new one is the last."""
    store = FileStore(file)
    store.set("db", {"b": 1, "c": 1, "a": 1})
    store.update("db", {"d": 2, "b": 2}, remove=["c"])
    assert list(FileStore(file).get("db")) == ["b", "a", "d"]


def test_last_option_deleted(file: Path) -> None:
    """A store without options is a file with an empty object, which is no absent file."""
    store = FileStore(file)
    store.set("db", {"host": "localhost"})
    store.delete("db")
    assert file.read_text() == "{}\n"
    assert list(store.items()) == []
    store.set("db", {"host": "localhost"})
    assert store.get("db") == {"host": "localhost"}


def test_delete_in_absent_folder(file: Path) -> None:
    """Deleting what is not there creates no folder."""
    store = FileStore(file.parent / "config" / "prod.json")
    with pytest.raises(OptionNotFoundError):
        store.delete("db")
    assert not (file.parent / "config").exists()


def test_folder_created(file: Path) -> None:
    """The first write creates the folders above the file."""
    path = file.parent / "etc" / "app" / "prod.json"
    FileStore(path).set("db", {"host": "localhost"})
    assert FileStore(path).get("db") == {"host": "localhost"}


def test_folder_created_by_another(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that another process creates at the same moment is as good as ours."""
    mkdir = os.mkdir

    def late(path: str) -> None:
        monkeypatch.setattr(os, "mkdir", mkdir)
        mkdir(path)
        raise FileExistsError

    monkeypatch.setattr(os, "mkdir", late)
    path = file.parent / "config" / "prod.json"
    FileStore(path).set("db", {"host": "localhost"})
    assert path.exists()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("config/prod.json", "prod"),
        ("prod", "prod"),
        ("prod.test.json", "prod.test"),
        ("settings.conf", "settings.conf"),
        ("Größe.json", "Größe"),
        (Path("config", "prod.json"), "prod"),
    ],
)
def test_name(path: str | Path, name: str) -> None:
    """A store is named like its file, without `.json`."""
    assert FileStore(path).name == name


@pytest.mark.parametrize(
    "path", ["", ".json", "config/", ".", "..", "config/..", "a\0b.json", "\udcff.json"]
)
def test_no_name(path: str) -> None:
    """A path that names no file is refused when the store is opened."""
    with pytest.raises(InvalidNameError):
        FileStore(path)


def test_path_of_bytes() -> None:
    """A path in bytes is refused: the name of a store is text."""
    with pytest.raises(TypeError):
        FileStore(b"prod.json")


@pytest.mark.parametrize("timeout", [-1.0, float("inf"), float("nan")])
def test_lock_timeout(timeout: float) -> None:
    """A write never waits for ever."""
    with pytest.raises(ValueError, match="lock_timeout"):
        FileStore("prod.json", lock_timeout=timeout)


def test_working_directory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is that of the working directory in which the store was opened."""
    monkeypatch.chdir(file.parent)
    store = FileStore("prod.json")
    monkeypatch.chdir("/")
    store.set("db", {"host": "localhost"})
    assert file.exists()


def test_closed(file: Path) -> None:
    """A closed store refuses every call, and closing it again does nothing."""
    store = FileStore(file)
    store.close()
    store.close()
    for call in (
        lambda: store.get("db"),
        lambda: store.items(),
        lambda: store.poll(),
        lambda: store.set("db", {}),
        lambda: store.update("db", {}),
        lambda: store.delete("db"),
    ):
        with pytest.raises(StoreClosedError):
            call()
    assert not file.exists()


def test_items_of_one_moment(file: Path) -> None:
    """What `items` began to give, it gives to the end, whatever is written meanwhile."""
    store = FileStore(file)
    store.set("a", {"key": 1})
    store.set("b", {"key": 1})
    items = store.items()
    assert next(items) == ("a", {"key": 1})
    store.set("b", {"key": 2})
    assert list(items) == [("b", {"key": 1})]
