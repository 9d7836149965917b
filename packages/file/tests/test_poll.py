"""What `poll` says is new."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from confstore_file import FileStore

from .conftest import WallClock, written_at


def test_first(file: Path) -> None:
    """The first answer is the whole store."""
    file.write_text('{"db": {"port": 1}, "cache": {}}')
    poll = FileStore(file).poll()
    assert poll.is_full
    assert poll.changed == {"db": {"port": 1}, "cache": {}}


def test_nothing(file: Path) -> None:
    """Nothing is new in a file that is the same, whether it is young or old."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    checkpoint = store.poll().checkpoint
    for _ in range(3):
        poll = store.poll(checkpoint)
        assert (dict(poll.changed), poll.removed, poll.is_full) == ({}, frozenset(), False)
        checkpoint = poll.checkpoint


def test_rewritten_without_a_change(file: Path) -> None:
    """A file that was only saved again, or laid out anew, has nothing new."""
    file.write_text('{"db": {"port": 1}}')
    store = FileStore(file)
    checkpoint = store.poll().checkpoint
    file.write_text('{\n "db": {"port": 1.0}}\n')
    poll = store.poll(checkpoint)
    assert (dict(poll.changed), poll.removed, poll.is_full) == ({}, frozenset(), False)


def test_edit(file: Path) -> None:
    """What an edit changed, added and removed is told, and nothing else."""
    file.write_text('{"db": {"port": 1}, "cache": {"on": true}, "old": {}}')
    store = FileStore(file)
    checkpoint = store.poll().checkpoint
    file.write_text('{"db": {"port": 2}, "cache": {"on": true}, "new": {}}')
    poll = store.poll(checkpoint)
    assert poll.changed == {"db": {"port": 2}, "new": {}}
    assert poll.removed == {"old"}
    assert not poll.is_full


def test_type_strict(file: Path) -> None:
    """`1` is not `true`, wherever it stands."""
    file.write_text('{"a": {"on": [1]}, "b": {"on": 0}}')
    store = FileStore(file)
    checkpoint = store.poll().checkpoint
    file.write_text('{"a": {"on": [true]}, "b": {"on": false}}')
    assert store.poll(checkpoint).changed.keys() == {"a", "b"}


def test_removed_and_made_again(file: Path) -> None:
    """An option that is removed and made again between two polls has the values of the last."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    checkpoint = store.poll().checkpoint
    store.delete("db")
    store.set("db", {"port": 2})
    poll = store.poll(checkpoint)
    assert (poll.changed, poll.removed) == ({"db": {"port": 2}}, frozenset())


def test_older_checkpoint(file: Path) -> None:
    """A checkpoint stays good, however many polls of others came between."""
    store = FileStore(file)
    store.set("a", {"key": 1})
    checkpoint = store.poll().checkpoint
    for number in range(3):
        store.set("b", {"key": number})
        store.poll()
    assert store.poll(checkpoint).changed == {"b": {"key": 2}}


def test_checkpoint_of_an_absent_file(file: Path) -> None:
    """An absent file has a checkpoint like any empty store."""
    store = FileStore(file)
    checkpoint = store.poll().checkpoint
    assert not store.poll(checkpoint).is_full
    store.set("db", {"port": 1})
    poll = store.poll(checkpoint)
    assert (dict(poll.changed), poll.is_full) == ({"db": {"port": 1}}, False)


def test_foreign_checkpoint(file: Path) -> None:
    """A checkpoint of another store, of another object, or of none, gets a full answer."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    neighbour = FileStore(file.with_name("test.json"))
    neighbour.set("db", {"port": 1})
    for checkpoint in (
        neighbour.poll().checkpoint,
        FileStore(file).poll().checkpoint,
        None,
        0,
        "garbage",
        object(),
    ):
        poll = store.poll(checkpoint)
        assert poll.is_full
        assert poll.changed == {"db": {"port": 1}}


def test_checkpoint_of_another_process(file: Path) -> None:
    """A checkpoint cannot be kept for another process."""
    store = FileStore(file)
    with pytest.raises(TypeError):
        pickle.dumps(store.poll().checkpoint)


def test_read_only(file: Path) -> None:
    """What `poll` gives is the store's own, and nobody can change it."""
    file.write_text('{"db": {"hosts": ["a", {"b": 1}], "tags": {"$set": ["x"]}}}')
    changed = FileStore(file).poll().changed
    hosts = changed["db"]["hosts"]
    assert isinstance(hosts, list)
    for change in (
        lambda: changed.update({}),
        lambda: changed["db"].clear(),
        lambda: hosts.append("b"),
        lambda: hosts[1].clear(),
    ):
        with pytest.raises((TypeError, AttributeError)):
            change()


def test_nothing_is_kept_twice(file: Path, now: WallClock) -> None:
    """What an edit left alone is the same object before and after."""
    written_at(file, '{"a": {"key": [1]}, "b": {"key": [1]}}', now() - 10)
    store = FileStore(file, wall_clock=now)
    before = store.poll().changed
    written_at(file, '{"a": {"key": [1]}, "b": {"key": [2]}}', now() - 5)
    after = store.poll().changed
    assert after["a"] is before["a"]
    assert after["b"] is not before["b"]
