"""People who edit the options of a journaled file by hand."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

import pytest

from confstore import Change, Commit, diff, history, reconcile, state_at
from confstore.errors import (
    CorruptStoreError,
    StoreUnavailableError,
    VersionConflictError,
)
from confstore_file import FileStore

from .conftest import OnSync, assert_agree, options


def test_edit_is_seen_at_once(store: FileStore, file: Path) -> None:
    """A hand edit is what reads and polls show, at once, and no commit."""
    store.set("db", {"port": 1})
    checkpoint = store.poll().checkpoint
    file.write_text('{"db": {"port": 2}, "new": {}}')
    assert store.get("db") == {"port": 2}
    assert store.poll(checkpoint).changed == {"db": {"port": 2}, "new": {}}
    assert options(file) == {"db": {"port": 2}, "new": {}}
    assert store.version() == 1


def test_edit_shows_in_a_diff(store: FileStore, file: Path) -> None:
    """The difference between the journal's last state and the options is the hand edit."""
    store.set("db", {"port": 1})
    file.write_text('{"db": {"port": 2}, "new": {}}')
    differences = list(diff(state_at(store, store.version()), store))
    assert [(one.option, one.key, one.kind) for one in differences] == [
        ("db", "port", "changed"),
        ("new", None, "added"),
    ]


def test_edit_is_reconciled(store: FileStore, file: Path) -> None:
    """`reconcile` commits a hand edit, with its deletions."""
    store.set("db", {"port": 1})
    store.set("old", {})
    file.write_text('{"db": {"port": 2}}')
    commit = reconcile(store, author="me")
    assert commit is not None
    assert commit.changes == (Change("db", {"port": 2}), Change("old", None))
    assert_agree(file)
    assert reconcile(store) is None


def test_edit_of_the_form(store: FileStore, file: Path) -> None:
    """Who only formats the file anew has changed nothing."""
    store.set("db", {"port": 1})
    file.write_text('{ "db":{"port":1} }')
    assert reconcile(store) is None
    store.set("cache", {})
    assert_agree(file)


def test_commit_upon_an_edit(store: FileStore, file: Path) -> None:
    """A commit keeps what was edited before, and does not commit it."""
    store.set("db", {"port": 1})
    file.write_text('{"db": {"port": 1}, "edited": {"by": "hand"}}')
    commit = store.commit([Change("db", {"port": 2})])
    assert commit.changes == (Change("db", {"port": 2}),)
    assert options(file) == {"db": {"port": 2}, "edited": {"by": "hand"}}
    assert state_at(store, 2) == {"db": {"port": 2}}


def test_edit_back_to_what_was_before(store: FileStore, file: Path) -> None:
    """Who puts the file of before the last commit back has edited it: it is not rolled forward."""
    store.set("db", {"port": 1})
    before = file.read_bytes()
    store.set("db", {"port": 2})
    file.write_bytes(before)
    assert store.get("db") == {"port": 1}
    assert options(file) == {"db": {"port": 1}}
    FileStore(file).set("cache", {})
    assert options(file) == {"db": {"port": 1}, "cache": {}}
    assert FileStore(file).version() == 3


def test_edit_between_line_and_replacement(
    store: FileStore, file: Path, journal: Path, at_line: OnSync
) -> None:
    """An edit that meets a commit keeps what the commit does not touch, and is no part of it."""
    store.set("db", {"port": 1})
    edits = ['{"db": {"port": -1}, "edited": {"by": "hand"}}']
    at_line(lambda: edits and file.write_text(edits.pop()))
    commit = store.commit([Change("db", {"port": 2}), Change("new", {})])
    assert commit == store.commits()[-1] == FileStore(file).commits()[-1]
    assert options(file) == {"db": {"port": 2}, "edited": {"by": "hand"}, "new": {}}
    (difference,) = diff(state_at(store, 2), store)
    assert (difference.option, difference.kind) == ("edited", "added")
    assert set(os.listdir(file.parent)) == {file.name, journal.name, ".prod.json.lock"}


def test_edit_that_breaks_the_file_between_line_and_replacement(
    store: FileStore, file: Path, at_line: OnSync
) -> None:
    """An edit that is broken is not overwritten; the commit is in the journal."""
    store.set("db", {"port": 1})
    before = file.read_text()
    at_line(lambda: file.write_text("{"))
    with pytest.raises(CorruptStoreError):
        store.set("db", {"port": 2})
    assert file.read_text() == "{"
    assert store.version() == 2
    # Its editor had only emptied it, and now saves what it had: nobody has edited anything.
    file.write_text(before)
    assert options(file) == {"db": {"port": 2}}
    assert_agree(file)


def test_edited_all_the_time_after_the_line(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch, at_line: OnSync
) -> None:
    """A commit that cannot be put into the file for all the edits says so, and harms none."""
    store.set("db", {"port": 1})
    ports = iter(range(1_000))

    def edit() -> None:
        file.write_text(f'{{"db": {{"port": {next(ports)}}}}}')

    def edit_for_ever() -> None:
        edit()
        fsync = os.fsync

        def syncing(descriptor: int) -> None:
            fsync(descriptor)
            edit()

        monkeypatch.setattr(os, "fsync", syncing)

    at_line(edit_for_ever)
    with pytest.raises(StoreUnavailableError, match="was edited 20 times"):
        store.set("db", {"port": -1})
    assert store.get("db") == {"port": 20}


def test_reconcile_leaves_the_file_alone(store: FileStore, file: Path) -> None:
    """`reconcile` writes the journal, and not one byte of the options."""
    store.set("db", {"port": 1})
    file.write_text('{ "db":{"port":2} }')
    reconcile(store)
    assert file.read_text() == '{ "db":{"port":2} }'
    assert_agree(file, store)


def test_reconcile_keeps_an_edit_made_meanwhile(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit between the look and the commit stays, and is what the journal is told."""
    store.set("db", {"port": 1})
    file.write_text('{"db": {"port": 2}}')
    commit = store.commit
    edits = ['{"db": {"port": 3}, "new": {}}']

    def edit_first(*changes: Any, **how: Any) -> Commit:
        if edits:
            file.write_text(edits.pop())
        return commit(*changes, **how)

    monkeypatch.setattr(store, "commit", edit_first)
    reconcile(store)
    assert options(file) == {"db": {"port": 3}, "new": {}}
    assert history(store, "db")[-1].changes == (Change("db", {"port": 3}),)


def test_edit_right_before_the_line(
    store: FileStore, file: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is read again right before the line is written: an edit there is refused."""
    store.set("db", {"port": 1})
    file.write_text('{"db": {"port": 2}}')
    uuid4 = uuid.uuid4

    def edit_first() -> uuid.UUID:
        file.write_text('{"db": {"port": 3}}')
        return uuid4()

    # A commit gets its id after the options were compared.
    monkeypatch.setattr(uuid, "uuid4", edit_first)
    with pytest.raises(VersionConflictError):
        store.commit([Change("db", {"port": 2})], journal_only=True)
    assert len(journal.read_text().splitlines()) == 2


def test_commit_to_the_journal_of_an_absent_file(store: FileStore, file: Path) -> None:
    """An option that never was can be recorded as absent, and no file is made."""
    commit = store.commit([Change("db", None)], journal_only=True)
    assert store.commits() == [commit]
    assert not file.exists()
