"""The journal of a file: how it is enabled, what is committed, and what reading costs."""

from __future__ import annotations

import json
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from confstore import Change, history, reconcile, rollback, state_at
from confstore.errors import (
    CorruptStoreError,
    InvalidCommitError,
    InvalidNameError,
    InvalidValueError,
    NotJournaledError,
    OptionNotFoundError,
    StoreClosedError,
    VersionConflictError,
)
from confstore.testing import CANARY
from confstore_file import FileStore

from ..conftest import WallClock, passes_in_child, written_at
from .conftest import assert_agree, options

# -- enabling ------------------------------------------------------------------------------------


def test_absent_store(file: Path, journal: Path) -> None:
    """A journal can be there before its store."""
    store = FileStore(file)
    store.enable_journal()
    assert (store.version(), store.baseline(), store.commits()) == (0, 0, [])
    assert journal.exists()
    assert not file.exists()


def test_absent_folder(folder: Path) -> None:
    """The folder is made, as for any write."""
    store = FileStore(folder / "etc" / "prod.json")
    store.enable_journal()
    assert store.is_journaled()


def test_empty_store(file: Path) -> None:
    """A store without options has no first commit."""
    file.write_text("{}")
    store = FileStore(file)
    store.enable_journal()
    assert (store.version(), store.baseline()) == (0, 0)


def test_baseline(file: Path) -> None:
    """What there is becomes the first commit, and the file stays as it was formatted."""
    file.write_text('{"db": {"port": 1}, "cache": {}}')
    store = FileStore(file)
    store.enable_journal()
    (commit,) = store.commits()
    assert commit.changes == (Change("db", {"port": 1}), Change("cache", {}))
    assert (commit.version, commit.comment, store.baseline()) == (1, "baseline", 1)
    assert file.read_text() == '{"db": {"port": 1}, "cache": {}}'


def test_baseline_of_many(file: Path) -> None:
    """More options than a commit holds are several first commits."""
    file.write_text(json.dumps({str(number): {} for number in range(250)}))
    store = FileStore(file)
    store.enable_journal()
    assert [len(commit.changes) for commit in store.commits()] == [99, 99, 52]
    assert store.baseline() == 3
    assert len(state_at(store, 3)) == 250


def test_enabled_twice(store: FileStore, journal: Path) -> None:
    """To enable it again changes nothing."""
    store.set("db", {"port": 1})
    before = journal.read_bytes()
    store.enable_journal()
    assert journal.read_bytes() == before


def test_enabled_by_two_processes(file: Path) -> None:
    """Of two who enable it at once, one does, and the other uses it."""
    file.write_text('{"db": {"port": 1}}')

    def enable(mine: str) -> bool:
        store = FileStore(file)
        store.enable_journal()
        store.set(mine, {})
        return True

    children = [passes_in_child(lambda mine=mine: enable(mine)) for mine in ("left", "right")]
    assert [passed() for passed in children] == [True, True]
    store = FileStore(file)
    assert (store.version(), store.baseline()) == (3, 1)


def test_enabled_by_another(file: Path, now: WallClock) -> None:
    """Who had read the file before commits from then on, too."""
    written_at(file, "{}", now() - 10)
    store = FileStore(file, wall_clock=now)
    assert not list(store.items())
    assert not store.is_journaled()
    FileStore(file).enable_journal()
    store.set("db", {"port": 1})
    assert store.version() == 1


@pytest.mark.parametrize("content", ["", '{"db": 1}'], ids=["empty", "broken"])
def test_corrupt_store(file: Path, journal: Path, content: str) -> None:
    """What is no store gets no journal."""
    file.write_text(content)
    with pytest.raises(CorruptStoreError):
        FileStore(file).enable_journal()
    assert not journal.exists()


def test_option_that_no_commit_holds(file: Path, journal: Path) -> None:
    """An option that is too large in a journal keeps the journal from being enabled."""
    deep: Any = '"' * 380_000
    for _ in range(31):
        deep = [deep]
    FileStore(file).set("db", {"deep": deep})
    with pytest.raises(InvalidCommitError):
        FileStore(file).enable_journal()
    assert not journal.exists()


def test_stores_of_similar_names(folder: Path) -> None:
    """`prod` and `prod.json` are two stores, with two journals."""
    one, other = FileStore(folder / "prod"), FileStore(folder / "prod.json")
    one.enable_journal()
    assert not other.is_journaled()
    other.enable_journal()
    one.set("db", {"port": 1})
    assert (one.version(), other.version()) == (1, 0)


def test_symbolic_link(file: Path) -> None:
    """The journal is beside the file that a link leads to: there is one, whatever the link."""
    target = file.parent / "there" / "real.json"
    target.parent.mkdir()
    target.write_text("{}")
    file.symlink_to("there/real.json")
    store = FileStore(file)
    store.enable_journal()
    store.set("db", {"port": 1})
    assert sorted(os.listdir(target.parent)) == [
        ".real.json.lock",
        "real.journal.jsonl",
        "real.json",
    ]
    assert FileStore(target).version() == 1
    assert file.is_symlink()


def test_without_a_journal(file: Path) -> None:
    """Versions and commits are those of a journal."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    assert not store.is_journaled()
    for call in (
        store.version,
        store.commits,
        store.baseline,
        lambda: store.commit([Change("db", None)]),
        lambda: history(store),
        lambda: state_at(store, 0),
        lambda: rollback(store, 0),
        lambda: reconcile(store),
    ):
        with pytest.raises(NotJournaledError):
            call()
    assert options(file) == {"db": {"port": 1}}


def test_closed(store: FileStore) -> None:
    """A closed store answers nothing more."""
    store.close()
    for call in (
        store.version,
        store.commits,
        store.enable_journal,
        store.is_journaled,
        store.baseline,
        lambda: store.commit([Change("db", {})]),
    ):
        with pytest.raises(StoreClosedError):
            call()


# -- committing ----------------------------------------------------------------------------------

DEEP_LIST: Any = "bottom"
DEEP_DICT: Any = "bottom"
for _ in range(31):
    DEEP_LIST = [DEEP_LIST]
    DEEP_DICT = {"$x": DEEP_DICT}

VALUES: dict[str, Any] = {
    "nothing": {},
    "null": {"a": None, "b": True, "c": False},
    "lists": {"deep": DEEP_LIST},
    "dicts": {"deep": DEEP_DICT},
    "bytes": {"a": b"", "b": bytes(range(256))},
    "sets": {"a": {"x", "é"}, "b": {b"\0", b"\n"}, "c": {1, 2.5, Decimal("0." + "1" * 38)}},
    "numbers": {
        "long": int("9" * 38),
        "short": -int("9" * 38),
        "exact": Decimal("1." + "1" * 37),
        "large": 9.9e125,
        "small": 1e-130,
        "decimal": Decimal("1.0000000000000000000000000000000000001E+100"),
    },
    "text": {"a\nb": "\n\r\0\u2028\x85😀", "tag": {"$set": ["x"]}},
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_values(values: dict[str, Any], store: FileStore, file: Path) -> None:
    """A commit is read as it was written, by whoever reads it first."""
    commit = store.commit([Change("db", values)], author="é\n", comment='"\0"')
    assert commit.changes[0].values == values
    assert FileStore(file).commits() == [commit] == store.commits()
    assert state_at(FileStore(file), 1) == {"db": values}
    assert_agree(file)


def test_commit(store: FileStore) -> None:
    """A commit says what, who, why, when, and what it follows."""
    first = store.commit([Change("db", {"port": 1}), Change("cache", {})])
    second = store.commit([Change("cache", None)], author="me", comment="not needed")
    assert (first.version, first.previous, first.author, first.comment) == (1, None, None, "")
    assert (second.version, second.previous) == (2, first.id)
    assert (second.author, second.comment) == ("me", "not needed")
    assert second.changes == (Change("cache", None),)
    assert first.at.utcoffset() == timedelta(0)
    assert first.at <= second.at
    assert dict(store.items()) == {"db": {"port": 1}}


def test_times_are_in_utc(store: FileStore, journal: Path) -> None:
    """A line whose time is written for another zone is the same commit."""
    commit = store.commit([Change("db", {})])
    line = journal.read_text().replace(commit.at.isoformat(), "2026-01-01T02:00:00+02:00")
    journal.write_text(line)
    (read,) = store.commits()
    assert read.at.isoformat() == "2026-01-01T00:00:00+00:00"


def test_writes_are_commits(store: FileStore) -> None:
    """Each write is a commit of one change, with the whole new values."""
    store.set("db", {"port": 1, "host": "a"})
    store.update("db", {"port": 2}, remove=["host"])
    store.delete("db")
    assert [commit.changes for commit in store.commits()] == [
        (Change("db", {"port": 1, "host": "a"}),),
        (Change("db", {"port": 2}),),
        (Change("db", None),),
    ]


def test_commits_since(store: FileStore) -> None:
    """Only what follows a version is given; after the last, nothing."""
    commits = [store.commit([Change("db", {"port": number})]) for number in range(3)]
    assert store.commits(1) == commits[1:]
    assert store.commits(3) == store.commits(9) == []
    assert store.commits(-5) == commits


def test_delete_of_an_absent_option(store: FileStore) -> None:
    """A commit may delete what is not there; `delete` may not."""
    assert store.commit([Change("db", None)]).version == 1
    with pytest.raises(OptionNotFoundError):
        store.delete("db")
    assert store.version() == 1


def test_commit_that_changes_nothing(store: FileStore, file: Path) -> None:
    """A commit of what is there already is a commit."""
    store.set("db", {"port": 1})
    store.set("db", {"port": 1})
    assert store.version() == 2
    assert_agree(file)


def test_if_version(store: FileStore) -> None:
    """A commit is refused if one of its options was committed since the version."""
    store.set("db", {"port": 1})
    store.set("cache", {})
    assert store.commit([Change("db", {"port": 2})], if_version=1).version == 3
    with pytest.raises(VersionConflictError) as caught:
        store.commit([Change("db", {"port": 3}), Change("new", {})], if_version=1)
    assert caught.value.args == ("prod", 1, 3, ("db",))
    assert dict(store.items()) == {"db": {"port": 2}, "cache": {}}


HUGE = {f"{number}": {"text": "x" * 100_000} for number in range(5)}
REJECTED: dict[str, tuple[list[Change], dict[str, Any], type[Exception]]] = {
    "none": ([], {}, InvalidCommitError),
    "100": ([Change(str(number), {}) for number in range(100)], {}, InvalidCommitError),
    "twice": ([Change("db", {}), Change("db", None)], {}, InvalidCommitError),
    "large": ([Change(*one) for one in HUGE.items()], {}, InvalidCommitError),
    "comment": ([Change("db", {})], {"comment": "x" * 2_001}, InvalidCommitError),
    "author": ([Change("db", {})], {"author": "\ud800"}, InvalidCommitError),
    "name": ([Change("cache", {}), Change("", {})], {}, InvalidNameError),
    "value": ([Change("cache", {}), Change("db", {"a": float("nan")})], {}, InvalidValueError),
}


@pytest.mark.parametrize(("changes", "remarks", "error"), REJECTED.values(), ids=REJECTED)
def test_rejected(
    changes: list[Change],
    remarks: dict[str, Any],
    error: type[Exception],
    store: FileStore,
    file: Path,
    journal: Path,
) -> None:
    """What not every backend could commit is refused, and nothing is written."""
    store.set("db", {"port": 1})
    before = file.read_bytes(), journal.read_bytes()
    with pytest.raises(error):
        store.commit(changes, **remarks)
    assert (file.read_bytes(), journal.read_bytes()) == before


def test_99_changes(store: FileStore, file: Path) -> None:
    """As many changes as one commit may have."""
    store.commit([Change(str(number), {"a": number}) for number in range(99)])
    assert len(options(file)) == 99
    assert_agree(file)


def test_update_that_outgrows_the_limit(store: FileStore, file: Path, journal: Path) -> None:
    """An update that makes an option too large writes nothing."""
    store.set("db", {"a": "x" * 300_000})
    before = file.read_bytes(), journal.read_bytes()
    with pytest.raises(InvalidValueError):
        store.update("db", {"b": "x" * 300_000})
    assert (file.read_bytes(), journal.read_bytes()) == before


def test_two_processes(file: Path, store: FileStore) -> None:
    """Commits of two processes have consecutive versions, and none is lost."""

    def write(mine: str) -> bool:
        store = FileStore(file)
        for number in range(50):
            store.update("shared", {f"{mine} {number}": True})
        return True

    children = [passes_in_child(lambda mine=mine: write(mine)) for mine in ("left", "right")]
    assert [passed() for passed in children] == [True, True]
    assert [commit.version for commit in store.commits()] == list(range(1, 101))
    assert len(store.get("shared")) == 100
    assert_agree(file)


def test_link_that_moves_to_a_store_without_a_journal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit is not made where it would be none."""
    link, old, new = folder / "prod.json", folder / "old.json", folder / "new.json"
    new.write_text("{}")
    FileStore(old).enable_journal()
    FileStore(old).set("db", {"port": 1})
    link.symlink_to(old)
    fsync = os.fsync

    def move(descriptor: int) -> None:
        fsync(descriptor)
        link.unlink()
        link.symlink_to(new)

    monkeypatch.setattr(os, "fsync", move)
    with pytest.raises(NotJournaledError):
        FileStore(link).commit([Change("db", {"port": 2})])
    monkeypatch.undo()
    assert (options(old), options(new)) == ({"db": {"port": 1}}, {})
    assert FileStore(old).version() == 1


# -- costs ---------------------------------------------------------------------------------------


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the calls of the system that look at files, as they are made."""
    calls: list[str] = []
    for module, name in ((os, "stat"), (os, "lstat"), (os, "readlink"), (None, "open")):
        owner: Any = __import__("builtins") if module is None else module
        real = getattr(owner, name)

        def counting(*arguments: Any, real: Any = real, name: str = name, **options: Any) -> Any:
            calls.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, counting)
    return calls


def test_unchanged_read_without_a_journal(
    file: Path, now: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read an unchanged file that has no journal is one look at it."""
    written_at(file, '{"db": {"port": 1}}', now() - 10)
    store = FileStore(file, wall_clock=now)
    store.get("db")
    calls = counted(monkeypatch)
    assert store.get("db") == {"port": 1}
    assert calls == ["stat"]


def test_unchanged_read_with_a_journal(
    store: FileStore, file: Path, journal: Path, now: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a journal, to read unchanged files is one look at each."""
    store.set("db", {"port": 1})
    for path in (file, journal):
        os.utime(path, (now() - 10, now() - 10))
    reader = FileStore(file, wall_clock=now)
    reader.get("db")
    calls = counted(monkeypatch)
    assert reader.get("db") == {"port": 1}
    assert calls == ["stat", "stat"]


def test_order_of_events(store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next options are durable before the line that promises them, and that before them."""
    store.set("db", {"port": 1})
    journal = file.with_name("prod.journal.jsonl")
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def recording_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        is_journal = os.path.samestat(status, journal.stat())
        kind = "folder" if stat.S_ISDIR(status.st_mode) else "journal" if is_journal else "file"
        events.append(f"sync {kind}")
        fsync(descriptor)

    def recording_replace(source: str, target: str) -> None:
        events.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(os, "replace", recording_replace)
    store.set("db", {"port": 2})
    assert events == ["sync file", "sync folder", "sync journal", "replace", "sync folder"]


def test_secrets_stay_in_the_files(
    store: FileStore, journal: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a commit's text nor a log shows a value."""
    commit = store.commit([Change("db", {"password": CANARY})])
    assert CANARY not in repr(commit) + repr(store) + repr(store.poll()) + caplog.text
    assert CANARY in journal.read_text()


def test_read_overtaken_by_two_commits(store: FileStore, file: Path) -> None:
    """A reader of options that two commits have replaced meanwhile reads them again."""
    store.set("db", {"port": 1})
    events = iter([pass_by, lambda: [store.set("db", {"port": port}) for port in (2, 3)]])

    def wall_clock() -> float:
        # It looks at the clock before it opens the options, and before the journal.
        next(events, pass_by)()
        return time.time()

    assert FileStore(file, wall_clock=wall_clock).get("db") == {"port": 3}


def pass_by() -> None:
    """Nothing happens."""


def test_threads(store: FileStore, file: Path) -> None:
    """Threads commit through one object, or through two, and read beside each other."""
    other = FileStore(file)

    def write(number: int) -> None:
        mine = store if number % 2 else other
        for round_number in range(25):
            mine.update("shared", {f"{number} {round_number}": True})
            version = mine.version()
            assert len(mine.get("shared")) >= version

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert [commit.version for commit in other.commits()] == list(range(1, 101))
    assert_agree(file)
