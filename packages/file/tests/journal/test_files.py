"""Journals that are torn, corrupt or gone, and options that are."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confstore import Change, rollback
from confstore.errors import (
    AccessDeniedError,
    BackendError,
    CorruptStoreError,
    StoreUnavailableError,
)
from confstore.testing import CANARY, assert_keeps_values
from confstore_file import FileStore

from .conftest import assert_agree, options

TORN = {
    "half": lambda line: line[: len(line) // 2],
    "all but its end": lambda line: line[:-1],
    "a byte": lambda line: line[:1],
    "NUL bytes": lambda line: b"\0" * len(line),
    "its first block is missing": lambda line: b"\0" * 50 + line[50:],
    "half of a character": lambda line: line[: line.index("é".encode()) + 1],
}


@pytest.mark.parametrize("tear", TORN.values(), ids=TORN)
def test_torn_line(
    tear: Callable[[bytes], bytes], store: FileStore, file: Path, journal: Path
) -> None:
    """Half of a last line is no commit; the next writer cuts it off."""
    store.set("db", {"port": 1})
    sound = journal.read_bytes()
    options_then = file.read_bytes()
    store.set("db", {"name": "é"})
    line = journal.read_bytes()[len(sound) :]
    journal.write_bytes(sound + tear(line))
    file.write_bytes(options_then)
    for reader in (FileStore(file), store):
        assert reader.version() == 1
        assert reader.get("db") == {"port": 1}
    FileStore(file).set("db", {"port": 2})
    assert journal.read_bytes().startswith(sound)
    assert journal.read_bytes().count(b"\n") == 3
    assert [commit.version for commit in store.commits()] == [1, 2]
    assert_agree(file)


def test_journal_is_cut_while_it_is_read(store: FileStore, file: Path, journal: Path) -> None:
    """A corrupt journal is read a second time: a writer may have cut off a torn line meanwhile."""
    store.set("db", {"port": 1})
    sound = journal.read_bytes()
    store.set("db", {"port": 2})
    whole = journal.read_bytes()
    line = whole[len(sound) :]
    # The first block with a torn line in it, and the next one with the writer's own line.
    journal.write_bytes(sound + line[:40] + b"\n" + line)
    looks: list[float] = []

    def now() -> float:
        looks.append(time.time())
        if len(looks) == 2:
            journal.write_bytes(whole)
        return looks[-1]

    assert FileStore(file, wall_clock=now).version() == 2
    assert len(looks) == 2


def altered(**fields: Any) -> Callable[[bytes], bytes]:
    """A line with other fields; None leaves one out."""

    def alter(line: bytes) -> bytes:
        content = {**json.loads(line), **fields}
        return json.dumps(
            {key: value for key, value in content.items() if value is not ...}
        ).encode()

    return alter


CORRUPT: dict[str, Callable[[bytes], bytes]] = {
    "no JSON": lambda line: line[:-1],
    "a NUL": lambda line: b"\0" + line,
    "not UTF-8": lambda line: line.replace(b"db", b"d\xff"),
    "empty": lambda line: b"",
    "an array": lambda line: b"[]",
    "a text": lambda line: b'"x"',
    "a number": lambda line: b"1",
    "deep": lambda line: b"[" * 100_000,
    "sets in sets": altered(
        changes=json.loads(
            '[{"option": "db", "action": "set", "values": {"a": '
            + '{"$set":[' * 300
            + "1"
            + "]}" * 300
            + "}}]"
        )
    ),
    "missing": lambda line: b"\n".join([]),
    "version": altered(version=3),
    "version of another type": altered(version="2"),
    "Boolean version": altered(version=True),
    "no id": altered(id=...),
    "id": altered(id=1),
    "another predecessor": altered(previous="0" * 32),
    "no time": altered(at="yesterday"),
    "time without a zone": altered(at="2026-01-01T00:00:00"),
    "author": altered(by=1),
    "comment": altered(comment=None),
    "changes": altered(changes={}),
    "a change": altered(changes=[1]),
    "no option": altered(changes=[{"option": "", "action": "delete"}]),
    "action": altered(changes=[{"option": "db", "action": "touch"}]),
    "no values": altered(changes=[{"option": "db", "action": "set"}]),
    "value": altered(
        changes=[{"option": "db", "action": "set", "values": {"a": {"$bytes": CANARY}}}]
    ),
    "NaN": altered(changes=[{"option": "db", "action": "set", "values": {"a": float("nan")}}]),
    "digest": altered(sha256=...),
    "digest before": altered(sha256_before=1),
}


@pytest.mark.parametrize("corrupt", CORRUPT.values(), ids=CORRUPT)
def test_corrupt_line(
    corrupt: Callable[[bytes], bytes],
    store: FileStore,
    file: Path,
    journal: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A line that is no commit is told by its number, stands in every way, and is left alone."""
    for number in range(3):
        store.commit([Change("db", {"number": number, "password": CANARY})], comment=CANARY)
    lines = journal.read_bytes().split(b"\n")
    lines[2] = corrupt(lines[2])
    journal.write_bytes(b"\n".join(lines))
    before = file.read_bytes(), journal.read_bytes()
    for reader in (FileStore(file), store):
        for call in (
            lambda: reader.get("db"),  # noqa: B023 (called at once)
            lambda: list(reader.items()),  # noqa: B023
            reader.poll,
            reader.version,
            reader.commits,
            reader.enable_journal,
            reader.is_journaled,
            lambda: reader.set("db", {}),  # noqa: B023
            lambda: reader.commit([Change("db", {})]),  # noqa: B023
        ):
            with pytest.raises(CorruptStoreError) as caught:
                call()
            assert str(caught.value).startswith("prod.journal.jsonl:3:1: ")
            assert_keeps_values(caught.value)
    assert (file.read_bytes(), journal.read_bytes()) == before
    assert CANARY not in caplog.text


HEADERS = {
    "empty": lambda text: b"",
    "no end": lambda text: text.split(b"\n")[0],
    "no JSON": lambda text: b"#" + text,
    "an array": lambda text: b"[1]" + text,
    "another version": lambda text: text.replace(b'"journal":1', b'"journal":2'),
    "baseline": lambda text: text.replace(b'"baseline":1', b'"baseline":"1"'),
    "fewer than the baseline": lambda text: text.replace(b'"baseline":1', b'"baseline":3'),
    "deep": lambda text: b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("corrupt", HEADERS.values(), ids=HEADERS)
def test_corrupt_header(corrupt: Callable[[bytes], bytes], file: Path, journal: Path) -> None:
    """So is what is no journal at all."""
    file.write_text('{"db": {}}')
    store = FileStore(file)
    store.enable_journal()
    store.set("db", {"port": 1})
    journal.write_bytes(corrupt(journal.read_bytes()))
    before = file.read_bytes(), journal.read_bytes()
    with pytest.raises(CorruptStoreError, match=r"^prod\.journal\.jsonl:1:1: "):
        FileStore(file).set("db", {"port": 2})
    assert (file.read_bytes(), journal.read_bytes()) == before


def test_caller_at_the_limit_of_recursion(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller who himself stands too deep gets Python's own error: the journal is sound."""
    store.set("db", {"port": 1})
    loads = json.loads

    def too_deep(text: str | bytes, **arguments: Any) -> Any:
        if b"version" in (text if isinstance(text, bytes) else b""):
            raise RecursionError
        return loads(text, **arguments)

    monkeypatch.setattr(json, "loads", too_deep)
    with pytest.raises(RecursionError):
        FileStore(file).version()


def test_journal_is_no_file(file: Path, journal: Path) -> None:
    """A folder in the journal's place is no journal: it is refused, and the options are read."""
    file.write_text('{"db": {}}')
    journal.mkdir()
    with pytest.raises(BackendError, match="reading the journal of"):
        FileStore(file).version()
    assert FileStore(file).get("db") == {}


def test_journal_that_is_gone(store: FileStore, file: Path, journal: Path) -> None:
    """Without the journal that was there, reading goes on, and writing does not."""
    store.set("db", {"port": 1})
    aside = journal.rename(journal.with_name("aside"))
    assert store.get("db") == {"port": 1}
    file.write_text('{"db": {"port": 2}}')
    assert store.get("db") == {"port": 2}
    for call in (
        store.version,
        store.commits,
        store.is_journaled,
        lambda: store.set("db", {}),
        lambda: store.commit([Change("db", {})]),
    ):
        with pytest.raises(StoreUnavailableError, match="was there and is gone"):
            call()
    assert file.read_text() == '{"db": {"port": 2}}'
    aside.rename(journal)
    store.set("db", {"port": 3})
    assert store.version() == 2


def test_journal_that_is_enabled_again(store: FileStore, file: Path, journal: Path) -> None:
    """A journal that was removed for good can be begun anew."""
    first = store.commit([Change("db", {"port": 1})])
    journal.unlink()
    FileStore(file).enable_journal()
    assert store.version() == 1
    assert store.commits()[0].id != first.id
    journal.unlink()
    store.enable_journal()
    store.set("db", {"port": 2})
    assert store.version() == 2


def test_journal_that_is_removed_for_good(store: FileStore, file: Path, journal: Path) -> None:
    """Who opens the store anew has a store without a journal."""
    store.set("db", {"port": 1})
    journal.unlink()
    anew = FileStore(file)
    anew.set("db", {"port": 2})
    assert not anew.is_journaled()


def test_journal_that_vanishes_in_the_midst_of_a_write(
    store: FileStore, file: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that has no journal any more is not made."""
    store.set("db", {"port": 1})
    fsync = os.fsync

    def remove(descriptor: int) -> None:
        fsync(descriptor)
        journal.unlink(missing_ok=True)

    monkeypatch.setattr(os, "fsync", remove)
    with pytest.raises(StoreUnavailableError, match="was there and is gone"):
        store.set("db", {"port": 2})
    monkeypatch.undo()
    assert options(file) == {"db": {"port": 1}}


def test_journal_that_grows_in_the_midst_of_a_write(
    store: FileStore, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of somebody who takes no lock is not cut off."""
    store.set("db", {"port": 1})
    commit = store.commits()[0]
    line = altered(version=2, id="f" * 32, previous=commit.id)(journal.read_bytes().split(b"\n")[1])
    lines = [line + b"\n"]
    fsync = os.fsync

    def grow(descriptor: int) -> None:
        fsync(descriptor)
        if lines:
            with journal.open("ab") as file:
                file.write(lines.pop())

    monkeypatch.setattr(os, "fsync", grow)
    store.set("db", {"port": 2})
    assert [commit.version for commit in store.commits()] == [1, 2, 3]
    assert store.commits()[1].id == "f" * 32


def test_options_that_are_gone(store: FileStore, file: Path, journal: Path) -> None:
    """Where the journal tells of options, their file's absence is no empty store."""
    store.set("db", {"port": 1})
    store.set("db", {"port": 2})
    file.unlink()
    anew = FileStore(file)
    for call in (
        lambda: anew.get("db"),
        anew.items,
        anew.poll,
        lambda: anew.set("db", {}),
        lambda: anew.commit([Change("db", {})]),
    ):
        with pytest.raises(StoreUnavailableError):
            call()
    assert not file.exists()
    assert anew.version() == 2
    with pytest.raises(StoreUnavailableError, match="is gone, and its journal is not"):
        anew.get("db")
    file.write_text("{}")
    assert rollback(anew, 2) is not None
    assert options(file) == {"db": {"port": 2}}


def test_options_that_vanish_right_before_a_write(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is it if they vanish after a first look at them by somebody who has not read them."""
    store.set("db", {"port": 1})
    anew = FileStore(file)
    os_open = os.open

    def opening(path: Any, *arguments: Any, **options: Any) -> int:
        # The lock file is opened after the first look.
        file.unlink(missing_ok=True)
        return os_open(path, *arguments, **options)

    monkeypatch.setattr(os, "open", opening)
    with pytest.raises(StoreUnavailableError):
        anew.set("db", {"port": 2})
    assert not file.exists()


def test_journal_that_may_not_be_read(
    store: FileStore, file: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may read the options only reads the options, and does not write."""
    store.set("db", {"port": 1})
    os_open = open

    def opening(path: Any, *arguments: Any, **options: Any) -> Any:
        if os.fspath(path) == os.fspath(journal):
            raise PermissionError(errno.EACCES, "Permission denied")
        return os_open(path, *arguments, **options)

    monkeypatch.setattr("builtins.open", opening)
    reader = FileStore(file)
    assert reader.get("db") == {"port": 1}
    for call in (reader.version, lambda: reader.set("db", {"port": 2})):
        with pytest.raises(AccessDeniedError):
            call()
    assert reader.get("db") == {"port": 1}
