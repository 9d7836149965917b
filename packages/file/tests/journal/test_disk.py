"""A disk that is full, a line that cannot be synced, options that cannot be replaced."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from confstore import Change, Commit, diff, state_at
from confstore.errors import (
    StoreUnavailableError,
)
from confstore.testing import CANARY
from confstore_file import FileStore

from ..conftest import WallClock, written_at
from .conftest import assert_agree, options


@contextmanager
def files_up_to(size_b: int) -> Iterator[None]:
    """No file may become larger: as on a disk that is full, a write ends in the midst of it."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_b, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def test_disk_that_is_full(store: FileStore, file: Path, journal: Path) -> None:
    """Of a line that does not fit nothing is left, and the commit is not made."""
    store.set("db", {"port": 1})
    before = file.read_bytes(), journal.read_bytes()
    names = set(os.listdir(file.parent))
    with files_up_to(len(before[1]) + 100), pytest.raises(StoreUnavailableError):
        store.set("db", {"port": 2})
    assert (file.read_bytes(), journal.read_bytes()) == before
    assert set(os.listdir(file.parent)) == names
    store.set("db", {"port": 2})
    assert store.version() == 2
    assert_agree(file)


def test_line_that_was_seen_and_failed(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch, now: WallClock
) -> None:
    """Who saw a line whose syncing failed then sees the line that has come in its place."""
    reader = FileStore(file)
    store.set("db", {"port": 1})
    journal = file.with_name("prod.journal.jsonl")
    fsync = os.fsync
    seen: list[Commit] = []

    def failing(descriptor: int) -> None:
        if os.path.samestat(os.fstat(descriptor), os.stat(journal)):
            seen.extend(reader.commits(1))
            raise OSError(errno.EIO, "Input/output error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StoreUnavailableError):
        store.set("db", {"port": 2})
    monkeypatch.undo()
    commit = store.commit([Change("db", {"port": 3})])
    assert [one.version for one in seen] == [2]
    assert reader.commits(1) == [commit]
    assert reader.get("db") == {"port": 3}


def refuse(*_: object) -> None:
    raise OSError(errno.EIO, f"Input/output error of {CANARY}")


def test_replacement_that_fails(
    store: FileStore,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A commit whose line is written is made: it succeeds, is read, and is put in place later."""
    store.set("db", {"port": 1})
    checkpoint = store.poll().checkpoint
    before = file.read_bytes()
    monkeypatch.setattr(os, "replace", refuse)
    assert store.commit([Change("db", {"port": 2}), Change("new", {})]).version == 2
    assert file.read_bytes() == before
    for reader in (store, FileStore(file)):
        assert dict(reader.items()) == {"db": {"port": 2}, "new": {}}
    assert set(store.poll(checkpoint).changed) == {"db", "new"}
    assert_agree(file)
    (message,) = caplog.messages
    assert message == (
        f"store 'prod': version 2 is in the journal, and {file} will follow with the next write: "
        "replacing it failed: Input/output error"
    )
    with pytest.raises(StoreUnavailableError):
        store.set("db", {"port": 3})
    assert store.version() == 2
    monkeypatch.undo()
    store.set("cache", {})
    assert options(file) == {"db": {"port": 2}, "new": {}, "cache": {}}
    assert store.version() == 3
    assert_agree(file)


def test_unnumbered_failure_of_a_replacement(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error without a number is told by its type alone."""

    def refuse(*_: object) -> None:
        raise OSError(CANARY)

    monkeypatch.setattr(os, "replace", refuse)
    store.set("db", {"port": 1})
    assert caplog.messages[-1].endswith("replacing it failed: OSError")
    fields = vars(caplog.records[-1])
    assert (fields["version"], fields["error.type"]) == (store.version(), "OSError")
    assert store.get("db") == {"port": 1}


def test_polls_of_a_commit_that_waits(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is new when a commit that was read already is put in its place."""
    store.set("db", {"port": 1})
    monkeypatch.setattr(os, "replace", refuse)
    store.set("db", {"port": 2})
    checkpoint = store.poll().checkpoint
    assert store.poll(checkpoint).changed == {}
    monkeypatch.undo()
    store.set("cache", {})
    assert set(store.poll(checkpoint).changed) == {"cache"}


def test_edit_after_a_replacement_that_failed(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who edits the old file has edited it: what waits beside it is not put in its place."""
    store.set("db", {"port": 1})
    monkeypatch.setattr(os, "replace", refuse)
    store.set("db", {"port": 2})
    monkeypatch.undo()
    file.write_text('{"db": {"port": 1}, "edited": {}}')
    store.set("cache", {})
    assert options(file) == {"db": {"port": 1}, "edited": {}, "cache": {}}
    assert [one.option for one in diff(state_at(store, 3), store)] == ["db", "edited"]


def test_edit_right_before_a_commit_is_put_in_its_place(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is it if the edit comes at that very moment."""
    store.set("db", {"port": 1})
    monkeypatch.setattr(os, "replace", refuse)
    store.set("db", {"port": 2})
    monkeypatch.undo()
    edits = ['{"edited": {}}']
    fsync = os.fsync

    def edit(descriptor: int) -> None:
        fsync(descriptor)
        if edits:
            file.write_text(edits.pop())

    monkeypatch.setattr(os, "fsync", edit)
    store.set("cache", {})
    assert options(file) == {"edited": {}, "cache": {}}


def test_read_while_a_commit_is_put_in_its_place(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads the old file, and looks for the new one when it has moved, finds it there."""
    store.set("db", {"port": 1})
    old = file.read_bytes()
    store.set("db", {"port": 2})
    new = file.read_bytes()
    file.write_bytes(old)
    os_open = open

    def opening(path: Any, *arguments: Any, **options: Any) -> Any:
        if str(path).endswith(".tmp"):
            file.write_bytes(new)
        return os_open(path, *arguments, **options)

    monkeypatch.setattr("builtins.open", opening)
    assert options(file) == {"db": {"port": 2}}


def test_read_beside_very_busy_writers(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is overtaken time and again has read the file as it was a moment ago."""
    texts = []
    for port in range(30):
        store.set("db", {"port": port})
        texts.append(file.read_bytes())
    lines = file.with_name("prod.journal.jsonl").read_bytes().splitlines(keepends=True)
    journal = file.with_name("prod.journal.jsonl")
    written = 2

    def write() -> None:
        nonlocal written
        journal.write_bytes(b"".join(lines[: written + 2]))
        file.write_bytes(texts[written - 1])
        written += 1

    write()
    os_open = open

    def opening(path: Any, *arguments: Any, **options: Any) -> Any:
        if str(path).endswith(".tmp"):
            write()
        return os_open(path, *arguments, **options)

    monkeypatch.setattr("builtins.open", opening)
    assert FileStore(file).get("db") == {"port": 21}


def test_commit_is_seen_by_who_had_read_before(
    file: Path, monkeypatch: pytest.MonkeyPatch, now: WallClock
) -> None:
    """Who had read a file without a journal sees a commit that is not in its place yet."""
    written_at(file, '{"db": {"port": 1}}', now() - 10)
    reader = FileStore(file, wall_clock=now)
    assert reader.get("db") == {"port": 1}
    store = FileStore(file)
    store.enable_journal()
    monkeypatch.setattr(os, "replace", refuse)
    store.set("db", {"port": 2})
    assert reader.get("db") == {"port": 2}


def test_first_commit_is_seen_by_who_had_read_before(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does who had found no file."""
    reader = FileStore(file)
    assert list(reader.items()) == []
    store = FileStore(file)
    store.enable_journal()
    monkeypatch.setattr(os, "replace", refuse)
    store.set("db", {"port": 1})
    assert reader.get("db") == {"port": 1}
