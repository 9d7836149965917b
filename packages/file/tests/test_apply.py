"""Many changes as one write."""

from __future__ import annotations

from pathlib import Path

import pytest

from confstore import Change
from confstore.errors import (
    InvalidCommitError,
    InvalidNameError,
    InvalidValueError,
    StoreClosedError,
)
from confstore_file import FileStore


def test_sets_and_deletes(file: Path) -> None:
    """However many; a delete of what is not there is no error, the last of several counts."""
    store = FileStore(file)
    store.set("old", {"a": 1})
    many = {f"option-{number}": {"a": number} for number in range(150)}
    changes = [Change(option, values) for option, values in many.items()]
    changes += [Change("old", None), Change("none", None)]
    store.apply([Change("option-0", {"a": 9.0, "b": ()}), *changes])
    assert dict(store.items()) == many
    store.apply([Change("old", {"a": 1}), Change("old", {"a": 2})])
    assert FileStore(file).get("old") == {"a": 2}


def test_input_is_copied(file: Path) -> None:
    """What the caller changes afterwards is not in the store."""
    store = FileStore(file)
    inside = [1]
    store.apply([Change("db", {"a": inside})])
    inside.append(2)
    assert store.get("db") == {"a": [1]}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (Change("", {}), InvalidNameError),
        (Change("", None), InvalidNameError),
        (Change("bad", {"a": float("nan")}), InvalidValueError),
    ],
)
def test_all_or_none(file: Path, change: Change, error: type[Exception]) -> None:
    """One that is refused leaves the file as it was."""
    store = FileStore(file)
    store.set("db", {"a": 1})
    before = file.read_bytes()
    with pytest.raises(error):
        store.apply([Change("db", {"a": 2}), change])
    assert file.read_bytes() == before


def test_nothing_is_no_write(file: Path) -> None:
    """Not even a file is made."""
    FileStore(file).apply([])
    assert not file.exists()


def test_journal(file: Path) -> None:
    """There it is one commit, with its limits."""
    store = FileStore(file)
    store.enable_journal()
    store.apply([Change("db", {"a": 1}), Change("none", None)])
    assert [len(commit.changes) for commit in store.commits()] == [2]
    with pytest.raises(InvalidCommitError, match="1 to 99 changes, this one 100"):
        store.apply([Change(f"option-{number}", {}) for number in range(100)])
    assert store.version() == 1


def test_closed(file: Path) -> None:
    """As every other call."""
    store = FileStore(file)
    store.close()
    with pytest.raises(StoreClosedError):
        store.apply([Change("db", {})])
