"""Writers of a journaled file that die: at every step of a write, and at any moment."""

from __future__ import annotations

import json
import os
import random
import resource
import select
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from confstore import Change, diff, state_at
from confstore_file import FileStore
from effort import at_length

from .conftest import assert_agree, options

Act = Callable[[FileStore], object]

OLD = {"db": {"port": 1}, "cache": {"size": 10}}
NEW = {"db": {"port": 2}, "limits": {"requests": 100}}
CHANGES = [Change("db", {"port": 2}), Change("cache", None), Change("limits", {"requests": 100})]

STEPS = ["fsync", "fsync", "fsync", "replace", "fsync"]
"""Of a commit: the new file, its name, the journal's line; the new file's place, its new name."""
LINE = 3  # after which the commit is made


def dies(file: Path, act: Act, step: int, *, is_before: bool) -> bool:
    """
    Let a forked child write, and kill it at a step.

    Args:
        file: The store.
        act: What it writes.
        step: The call that it dies at: syncs and replacements are counted, from 1.
        is_before: Whether it dies before that call, or right after it.

    Returns:
        Whether there was that step.
    """
    child = os.fork()
    if child == 0:
        steps = 0

        def counting(call: Callable[..., Any]) -> Callable[..., Any]:
            def counted(*arguments: Any) -> None:
                nonlocal steps
                steps += 1
                if steps == step and is_before:
                    os._exit(9)
                call(*arguments)
                if steps == step:
                    os._exit(9)

            return counted

        code = 1
        try:
            store = FileStore(file)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(os, "fsync", counting(os.fsync))
                patch.setattr(os, "replace", counting(os.replace))
                act(store)
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, 9}
    return code == 9


DEATHS = [(step, is_before) for step in range(1, 100) for is_before in (True, False)]
"""More than there are in any write."""


def begin(file: Path, content: dict[str, Any] | None) -> FileStore:
    """A journaled store in a folder that was empty, as somebody has read it before the crash."""
    for path in file.parent.iterdir():
        path.unlink()
    if content is not None:
        file.write_text(json.dumps(content))
    store = FileStore(file)
    store.enable_journal()
    list(store.items())
    store.version()
    return store


def test_steps(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps of a commit are those that these tests take it to have."""
    store = begin(file, OLD)
    steps: list[str] = []
    for name in ("fsync", "replace"):
        call = getattr(os, name)

        def counting(*arguments: Any, name: str = name, call: Any = call) -> None:
            steps.append(name)
            call(*arguments)

        monkeypatch.setattr(os, name, counting)
    store.commit(CHANGES)
    assert steps == STEPS


COMMITS: dict[str, tuple[dict[str, Any] | None, Act, dict[str, Any]]] = {
    "of several changes": (OLD, lambda store: store.commit(CHANGES), NEW),
    "the first": (None, lambda store: store.set("db", {"port": 1}), {"db": {"port": 1}}),
    "the first options": ({}, lambda store: store.set("db", {"port": 1}), {"db": {"port": 1}}),
    "of nothing new": (OLD, lambda store: store.set("db", {"port": 1}), OLD),
    "the last option": ({"db": {}}, lambda store: store.delete("db"), {}),
}


@pytest.mark.parametrize("at", range(1, 2 * len(STEPS) + 1))
@pytest.mark.parametrize(("old", "act", "new"), COMMITS.values(), ids=COMMITS)
def test_commit(
    old: dict[str, Any] | None, act: Act, new: dict[str, Any], at: int, file: Path
) -> None:
    """Options and journal agree whenever its writer died; with its line, a commit is made."""
    reader = begin(file, old)
    before = reader.version()
    step, is_before = (at + 1) // 2, at % 2 == 1
    assert dies(file, act, step, is_before=is_before)
    assert_agree(file, reader)
    # A line that is not synced yet is there when its writer is killed, not its machine.
    is_made = step >= LINE
    assert reader.version() == FileStore(file).version() == before + is_made
    assert options(file) == (new if is_made else old or {})
    FileStore(file).set("later", {})
    assert_agree(file, reader)
    assert options(file) == {**(new if is_made else old or {}), "later": {}}
    assert json.loads(file.read_text()) == options(file)
    assert not file.with_name(".prod.json.tmp").exists()


@pytest.mark.parametrize("at", range(1, 2 * len(STEPS) + 1))
def test_commit_upon_an_edit(at: int, file: Path) -> None:
    """A commit that follows a hand edit is not lost, and neither is the edit."""
    reader = begin(file, OLD)
    file.write_text('{"db": {"port": 1}, "edited": {}}')
    step, is_before = (at + 1) // 2, at % 2 == 1
    assert dies(file, lambda store: store.set("db", {"port": 2}), step, is_before=is_before)
    port = 2 if step >= LINE else 1
    for store in (FileStore(file), reader):
        assert dict(store.items()) == {"db": {"port": port}, "edited": {}}
        assert state_at(store, store.version()) == {**OLD, "db": {"port": port}}
    FileStore(file).set("later", {})
    assert options(file) == {"db": {"port": port}, "edited": {}, "later": {}}


def test_edit_upon_a_crash(file: Path) -> None:
    """A hand edit of the old file, whose writer had died, stays as it is, and shows as an edit."""
    begin(file, OLD)
    assert dies(file, lambda store: store.commit(CHANGES), LINE, is_before=False)
    file.write_text('{"db": {"port": 1}, "edited": {}}')
    assert options(file) == {"db": {"port": 1}, "edited": {}}
    store = FileStore(file)
    store.set("later", {})
    assert options(file) == {"db": {"port": 1}, "edited": {}, "later": {}}
    assert [one.option for one in diff(state_at(store, store.version()), store)] == [
        "db",
        "edited",
        "limits",
    ]


def test_next_writer(file: Path) -> None:
    """The writer that puts a dead one's commit in its place may die at each step, too."""
    act: Act = lambda store: store.set("later", {})  # noqa: E731 (of one line)
    for step, is_before in DEATHS:
        reader = begin(file, OLD)
        assert dies(file, lambda store: store.commit(CHANGES), LINE, is_before=False)
        has_died = dies(file, act, step, is_before=is_before)
        assert_agree(file, reader)
        assert options(file) in (NEW, {**NEW, "later": {}})
        FileStore(file).set("last", {})
        assert_agree(file, reader)
        if not has_died:
            break
    assert step == 1 + 2 + len(STEPS) + 1  # the dead one's line, and its options' places
    assert options(file) == {**NEW, "later": {}, "last": {}}


def test_dead_writer_s_line_is_durable_before_its_options(file: Path) -> None:
    """A line that was not synced is synced before its options are put in their place."""
    begin(file, OLD)
    assert dies(file, lambda store: store.commit(CHANGES), LINE, is_before=True)
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def recording(descriptor: int) -> None:
        name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
        events.append(name)
        fsync(descriptor)

    def recording_replace(source: str, target: str) -> None:
        events.append("replace")
        replace(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", recording)
        patch.setattr(os, "replace", recording_replace)
        FileStore(file).set("later", {})
    assert events[:3] == ["prod.journal.jsonl", "replace", file.parent.name]


def test_enabling(file: Path) -> None:
    """A journal is there as a whole, or not at all."""
    seen = set()
    for step, is_before in DEATHS:
        for path in file.parent.iterdir():
            path.unlink()
        file.write_text(json.dumps(OLD))
        has_died = dies(file, FileStore.enable_journal, step, is_before=is_before)
        assert options(file) == OLD
        store = FileStore(file)
        seen.add(store.is_journaled())
        store.enable_journal()
        assert (store.version(), store.baseline()) == (1, 1)
        assert_agree(file)
        assert not file.with_name(".prod.journal.jsonl.tmp").exists()
        if not has_died:
            break
    assert seen == {True, False}


def test_in_the_midst_of_a_line(file: Path) -> None:
    """A writer that is killed by the system within a line has not committed."""
    begin(file, OLD)
    FileStore(file).set("long", {"text": "é" * 1_000})
    FileStore(file).delete("long")
    journal = file.with_name("prod.journal.jsonl")
    version, size_b = FileStore(file).version(), journal.stat().st_size
    for more_b in (1, 100, 1_001, 1_002):
        child = os.fork()
        if child == 0:
            # Python ignores it: a write that is too long would fail instead.
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (size_b + more_b, size_b + more_b))
            try:
                FileStore(file).set("db", {"text": "é" * 1_000})
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGXFSZ
        assert journal.stat().st_size == size_b + more_b
        assert FileStore(file).version() == version
        assert options(file) == OLD
    FileStore(file).set("db", {"text": "é"})
    assert FileStore(file).version() == version + 1
    assert_agree(file)


# -- killed at any moment ------------------------------------------------------------------------

PROCESSES = 4
COMMITS_EACH = at_length(250, short=100)
KILLED_AFTER = 25  # acknowledged commits, of whomever


@attrs.define
class Writer:
    """A process that commits until it is killed; each commit that was acknowledged is told."""

    file: Path
    seed: int
    process: int = 0
    progress: int = -1
    acknowledged: list[tuple[int, str]] = attrs.Factory(list)
    _rest: bytes = b""

    def start(self) -> None:
        self.progress, told = os.pipe()
        self.process = os.fork()
        if self.process:
            os.close(told)
            return
        code = 1
        try:
            self._write(told)
            code = 0
        finally:
            os._exit(code)

    def _write(self, told: int) -> None:
        chance = random.Random(f"{self.seed} {len(self.acknowledged)}")
        store = FileStore(self.file, lock_timeout=60)
        for number in range(len(self.acknowledged), COMMITS_EACH):
            changes = [
                Change(
                    f"option {option}",
                    chance.choice(
                        [
                            None,
                            {
                                "by": self.seed,
                                "number": number,
                                "text": "é" * chance.randint(0, 99),
                            },
                        ]
                    ),
                )
                for option in chance.sample(range(20), chance.randint(1, 5))
            ]
            commit = store.commit(changes, author=str(self.seed))
            os.write(told, f"{commit.version} {commit.id}\n".encode())

    def listen(self) -> bool:
        """Note what the process tells; whether it may tell more."""
        told = os.read(self.progress, 65_536)
        *lines, self._rest = (self._rest + told).split(b"\n")
        for line in lines:
            version, id = line.decode().split()
            self.acknowledged.append((int(version), id))
        return bool(told)

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        while self.listen():
            pass
        self.end()

    def end(self) -> int:
        os.close(self.progress)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


@pytest.mark.slow("4 processes of up to 250 commits, with 40 kills")
def test_killed_at_any_moment(file: Path) -> None:
    """Of 4 processes that commit at once, one is killed every so often: nothing is lost."""
    reader = FileStore(file)
    reader.enable_journal()
    chance = random.Random(20_140_601)
    writers = [Writer(file, seed) for seed in range(PROCESSES)]
    for writer in writers:
        writer.start()
    running = list(writers)
    kills = 0
    last_version = 0
    while running:
        ready = select.select([writer.progress for writer in running], [], [])[0]
        for writer in [writer for writer in running if writer.progress in ready]:
            if not writer.listen():
                assert writer.end() == 0
                running.remove(writer)
        if sum(len(writer.acknowledged) for writer in writers) >= (kills + 1) * KILLED_AFTER:
            kills += 1
            if running:
                victim = chance.choice(running)
                victim.kill()
                victim.start()
        # Who reads beside them never sees a version vanish.
        version = reader.version()
        assert version >= last_version
        last_version = version
        list(reader.items())
    commits = FileStore(file).commits()
    assert [commit.version for commit in commits] == list(range(1, len(commits) + 1))
    assert reader.commits() == commits
    replayed: dict[str, Any] = {}
    for commit in commits:
        for change in commit.changes:
            if change.values is None:
                replayed.pop(change.option, None)
            else:
                replayed[change.option] = change.values
    assert json.loads(file.read_text()) == options(file) == replayed
    acknowledged = [one for writer in writers for one in writer.acknowledged]
    assert len(acknowledged) == PROCESSES * COMMITS_EACH
    assert set(acknowledged) <= {(commit.version, commit.id) for commit in commits}
    # Fewer than one each time: of commits that are told of at once, one kill.
    assert kills >= PROCESSES * COMMITS_EACH // KILLED_AFTER // 2
