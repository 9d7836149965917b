"""Several commits in one write of the file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from confstore import BulkJournaledStore, Change, Plan, ability, history, state_at
from confstore.errors import (
    CorruptStoreError,
    InvalidCommitError,
    InvalidNameError,
    NotJournaledError,
    StoreClosedError,
    VersionConflictError,
)
from confstore_file import FileStore

from .conftest import OnSync, assert_agree, options
from .test_crashes import begin, dies

BATCHES = [
    [Change("db", {"port": 2}), Change("cache", None)],
    [Change("limits", {"requests": 100})],
    [Change("db", {"port": 3})],
]
OLD = {"db": {"port": 1}, "cache": {"size": 10}}
NEW = {"db": {"port": 3}, "limits": {"requests": 100}}

STEPS = 6
"""Of a write of several commits: one more than of one, the sync of all lines but the last."""
LINE = 4  # after which all commits are made


def test_a_commit_of_each_batch(store: FileStore, file: Path) -> None:
    """In their order, with one author and comment; each is a version of its own."""
    commits = store.commit_all(BATCHES, author="ada", comment="import")
    assert [commit.version for commit in commits] == [1, 2, 3]
    assert list(history(store)) == commits
    assert [(commit.author, commit.comment) for commit in commits] == [("ada", "import")] * 3
    assert [list(commit.changes) for commit in commits] == BATCHES
    assert commits[1].previous == commits[0].id
    assert options(file) == NEW
    assert state_at(store, 1) == {"db": {"port": 2}}
    assert_agree(file, store)
    assert json.loads(file.read_text()) == NEW


def test_it_is_an_ability(store: FileStore) -> None:
    """It is found like every other one."""
    assert ability(store, BulkJournaledStore) is store


def test_no_batches(store: FileStore) -> None:
    """They make no commit."""
    assert store.commit_all([]) == []
    assert store.version() == 0


def test_next_commit_follows(store: FileStore, file: Path, journal: Path) -> None:
    """Whoever reads or writes later sees ordinary commits."""
    store.commit_all(BATCHES)
    other = FileStore(file)
    assert other.commit([Change("later", {})]).version == 4
    assert [commit.version for commit in store.commit_all(BATCHES[1:])] == [5, 6]
    assert [commit.version for commit in FileStore(file).commits(2)] == [3, 4, 5, 6]
    assert_agree(file, store, other)
    assert len(journal.read_bytes().splitlines()) == 7


def test_poll_sees_all_or_none(store: FileStore, file: Path, at_line: OnSync) -> None:
    """Nobody sees some of the commits: not while their lines are written, and not from a poll."""
    store.commit([Change(option, values) for option, values in OLD.items()])
    reader, seen = FileStore(file), []
    at_line(lambda: seen.append((reader.version(), dict(reader.items()))))
    store.commit_all(BATCHES)
    assert seen == [(1, OLD), (4, NEW)]


def test_invalid_batch_refuses_all(store: FileStore, file: Path) -> None:
    """Nothing is written if one of the commits cannot be."""
    for bad, error in (
        ([Change("", {})], InvalidNameError),
        ([], InvalidCommitError),
        ([Change("a", {}), Change("a", {})], InvalidCommitError),
    ):
        with pytest.raises(error):
            store.commit_all([*BATCHES, bad])
    assert store.version() == 0
    assert options(file) == {}


def test_conflict_refuses_all(store: FileStore) -> None:
    """The options of all batches count."""
    store.set("limits", {"requests": 1})
    with pytest.raises(VersionConflictError) as caught:
        store.commit_all(BATCHES, if_version=0)
    assert caught.value.options == ("limits",)
    assert store.version() == 1
    store.set("other", {})
    assert store.commit_all(BATCHES, if_version=1)[-1].version == 5


def test_without_a_journal(file: Path) -> None:
    """There is nothing to commit to."""
    store = FileStore(file)
    with pytest.raises(NotJournaledError):
        store.commit_all(BATCHES)
    store.close()
    with pytest.raises(StoreClosedError):
        store.commit_all(BATCHES)


@pytest.mark.parametrize("at", range(1, 2 * STEPS + 1))
def test_death_of_the_writer(at: int, file: Path) -> None:
    """Whenever it dies, there are all commits or none, and the next writer goes on from there."""
    reader = begin(file, OLD)
    before = reader.version()
    step, is_before = (at + 1) // 2, at % 2 == 1
    assert dies(file, lambda store: store.commit_all(BATCHES), step, is_before=is_before)
    assert_agree(file, reader)
    is_made = step >= LINE
    assert reader.version() == FileStore(file).version() == before + 3 * is_made
    assert options(file) == (NEW if is_made else OLD)
    FileStore(file).set("later", {})
    assert_agree(file, reader)
    assert options(file) == {**(NEW if is_made else OLD), "later": {}}
    assert json.loads(file.read_text()) == options(file)


def test_there_are_no_further_steps(file: Path) -> None:
    """The deaths above are all there are."""
    begin(file, OLD)
    act: Callable[[FileStore], object] = lambda store: store.commit_all(BATCHES)  # noqa: E731
    assert not dies(file, act, STEPS + 1, is_before=True)


def lines_of(store: FileStore, journal: Path) -> tuple[bytes, bytes]:
    """The journal before the commits, and their lines."""
    store.commit([Change(option, values) for option, values in OLD.items()])
    before = journal.read_bytes()
    store.commit_all(BATCHES)
    return before, journal.read_bytes()[len(before) :]


def put(journal: Path, content: bytes) -> None:
    """Replace the journal, as no writer does: the old bytes are not there to be extended."""
    part = journal.with_name("part")
    part.write_bytes(content)
    part.replace(journal)


def test_torn_anywhere(store: FileStore, file: Path, journal: Path) -> None:
    """Wherever the lines end, none of the commits is made before the last line is whole."""
    before, lines = lines_of(store, journal)
    for end in range(len(lines)):
        put(journal, before + lines[:end])
        assert FileStore(file).version() == 1
    put(journal, before + lines)
    assert FileStore(file).version() == 4


@pytest.mark.parametrize("begin_b", [0, 50, 200, 400, 600])
def test_missing_blocks(store: FileStore, file: Path, journal: Path, begin_b: int) -> None:
    """After a loss of power, NULs can stand anywhere in the lines that were not synced."""
    before, lines = lines_of(store, journal)
    synced = lines[: lines.rstrip(b"\n").rfind(b"\n") + 1]
    torn = synced[:begin_b] + b"\0" * 120 + synced[begin_b + 120 :]
    put(journal, before + torn)
    file.write_text(json.dumps(OLD))
    assert FileStore(file).version() == 1
    assert FileStore(file).commit([Change("a", {})]).version == 2
    assert journal.read_bytes().startswith(before)
    assert b"\0" not in journal.read_bytes()
    assert FileStore(file).version() == 2


@pytest.mark.parametrize("missing", [0, 1])
def test_line_that_is_gone(store: FileStore, file: Path, journal: Path, missing: int) -> None:
    """The last line without those before it is no torn write: somebody has removed one."""
    before, lines = lines_of(store, journal)
    kept = lines.splitlines(keepends=True)
    del kept[missing]
    put(journal, before + b"".join(kept))
    with pytest.raises(CorruptStoreError):
        FileStore(file).version()


def test_count_that_is_not_right(store: FileStore, file: Path, journal: Path) -> None:
    """The lines of a write count down to the last one."""
    before, lines = lines_of(store, journal)
    put(journal, before + lines.replace(b'{"more":1,', b'{"more":2,'))
    with pytest.raises(CorruptStoreError, match="does not follow those of the same write"):
        FileStore(file).version()


def test_edit_at_the_same_moment(store: FileStore, file: Path, at_line: OnSync) -> None:
    """An edit while the lines are written stays, except where the commits change it."""
    store.commit([Change(option, values) for option, values in OLD.items()])
    at_line(lambda: file.write_text('{"db": {"port": 9}, "cache": {}, "edited": {}}'))
    assert [commit.version for commit in store.commit_all(BATCHES)] == [2, 3, 4]
    assert options(file) == {**NEW, "edited": {}}


def test_plan_makes_its_commits_at_once(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan of more options than one commit holds replaces the file once."""
    replaced: list[str] = []
    replace = os.replace

    def counting(source: str, target: str) -> None:
        replaced.append(os.path.basename(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", counting)
    new = {f"option {number}": {"a": number} for number in range(500)}
    commits = list(Plan(0, {}, new).commits(store, author="ada"))
    assert [len(commit.changes) for commit in commits] == [99, 99, 99, 99, 99, 5]
    assert replaced == ["prod.json"]
    assert options(file) == new
