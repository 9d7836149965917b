"""Who may read, write and believe the files of a store, as users who are not root see it."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from confstore.errors import AccessDeniedError, BackendError
from confstore.testing import CANARY
from confstore_file import FileStore

from .conftest import WallClock, passes_in_child, written_at

OWNER, MEMBER, STRANGER = 2_001, 2_002, 2_003
TEAM, OTHERS = 3_001, 3_002

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as other users"
)


def as_user(uid: int, gid: int, groups: list[int], check: Callable[[], object]) -> bool:
    """Whether a check passes in a child of another user; real ids stay, so that it can report."""

    def work() -> object:
        os.setgroups(groups)
        os.setegid(gid)
        os.seteuid(uid)
        try:
            return check()
        finally:
            os.seteuid(0)
            os.setegid(0)

    return passes_in_child(work)()


def facts(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)


def changed(file: Path) -> bool:
    FileStore(file).set("db", {"password": CANARY})
    return True


@pytest.fixture
def team_file(file: Path) -> Path:
    """A file of a team, in a folder of that team."""
    os.chown(file.parent, OWNER, TEAM)
    file.parent.chmod(0o775)
    file.write_text('{"db": {"port": 1}}')
    os.chown(file, OWNER, TEAM)
    file.chmod(0o640)
    return file


@needs_root
@pytest.mark.parametrize("is_journaled", [False, True])
def test_group_of_the_writer(team_file: Path, is_journaled: bool) -> None:
    """A member whose first group is another leaves file, journal and lock the team's."""
    if is_journaled:
        FileStore(team_file).enable_journal()
        team_file.with_name("prod.journal.jsonl").chmod(0o660)
        team_file.chmod(0o660)
    mode = 0o660 if is_journaled else 0o640
    assert as_user(MEMBER, OTHERS, [TEAM], lambda: changed(team_file))
    assert facts(team_file) == (MEMBER, TEAM, mode)
    assert facts(team_file.with_name(".prod.json.lock"))[1:] == (TEAM, 0o660)
    if is_journaled:
        assert facts(team_file.with_name("prod.journal.jsonl"))[1:] == (TEAM, 0o660)


@needs_root
@pytest.mark.parametrize(("before", "after"), [(0o640, 0o600), (0o644, 0o644), (0o604, 0o600)])
def test_group_that_cannot_be_kept(file: Path, before: int, after: int) -> None:
    """No group gains what it had not, and neither do the others."""
    file.parent.chmod(0o777)
    file.write_text("{}")
    os.chown(file, OWNER, TEAM)
    file.chmod(before)
    assert as_user(OWNER, OTHERS, [], lambda: changed(file))
    assert facts(file) == (OWNER, OTHERS, after)


@needs_root
def test_journal_follows_the_group(file: Path) -> None:
    """A journal of another group is closed to that group with the next commit."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    store.enable_journal()
    os.chown(file.with_name("prod.journal.jsonl"), 0, OTHERS)
    os.chown(file, 0, TEAM)
    file.chmod(0o640)
    store.set("db", {"port": 2})
    assert facts(file.with_name("prod.journal.jsonl")) == (0, TEAM, 0o640)


@needs_root
def test_lock_after_root(file: Path) -> None:
    """A user can write after root has written to his file."""
    os.chown(file.parent, OWNER, TEAM)
    file.write_text("{}")
    os.chown(file, OWNER, TEAM)
    changed(file)
    assert facts(file.with_name(".prod.json.lock")) == (OWNER, TEAM, 0o600)
    assert as_user(OWNER, TEAM, [], lambda: changed(file))


@needs_root
def test_lock_in_the_folder_of_a_group(file: Path) -> None:
    """Each member of a group can write in its folder, whoever wrote first."""
    os.chown(file.parent, 0, TEAM)
    file.parent.chmod(0o2775)
    for user in (OWNER, MEMBER):
        assert as_user(user, user, [TEAM], lambda: changed(file))


@needs_root
def test_lock_in_a_folder_for_everybody(file: Path) -> None:
    """Where everybody may replace the file, everybody may lock it; not in a sticky folder."""
    file.parent.chmod(0o777)
    changed(file)
    lock = file.with_name(".prod.json.lock")
    changed(file)
    assert facts(lock)[2] == 0o666
    file.parent.chmod(0o1777)
    changed(file)
    assert facts(lock)[2] == 0o600
    file.chmod(0o666)
    changed(file)
    assert facts(lock)[2] == 0o666
    file.parent.chmod(0o777)
    file.chmod(0o600)
    changed(file)
    assert facts(lock)[2] == 0o600


@needs_root
def test_lock_of_a_group_of_which_one_is_no_member(file: Path) -> None:
    """Such a lock is its owner's alone."""
    file.parent.chmod(0o777)
    file.write_text("{}")
    os.chown(file, OWNER, TEAM)
    file.chmod(0o660)
    assert as_user(OWNER, OTHERS, [], lambda: changed(file))
    assert facts(file.with_name(".prod.json.lock")) == (OWNER, OTHERS, 0o600)


@needs_root
def test_lock_with_another_name(file: Path) -> None:
    """A file that was linked into the lock's place is neither given away nor emptied."""
    file.write_text("{}")
    os.chown(file, OWNER, TEAM)
    victim = file.with_name("victim")
    victim.write_text("untouched")
    victim.chmod(0o600)
    os.link(victim, file.with_name(".prod.json.lock"))
    with pytest.raises(
        BackendError, match=r"prod\.json\.lock is a hard link to another file: remove"
    ):
        changed(file)
    assert (facts(victim), victim.read_text(), file.read_text()) == (
        (0, 0, 0o600),
        "untouched",
        "{}",
    )


@needs_root
def test_advice_names_what_is_missing(file: Path) -> None:
    """The folder, the file, the lock or the way there: whichever is closed to this user."""
    changed(file)
    lock = file.with_name(".prod.json.lock")

    def refused(call: Callable[[], object]) -> str:
        texts: list[str] = []
        path = file.with_name("advice")
        path.touch(mode=0o666)
        path.chmod(0o666)

        def check() -> bool:
            with pytest.raises(AccessDeniedError) as caught:
                call()
            texts.append(str(caught.value))
            with open(path, "w") as out:
                out.write(texts[0])
            return True

        with open(path, "w"):
            pass
        file.parent.chmod(file.parent.stat().st_mode | 0o001)
        assert as_user(STRANGER, OTHERS, [], check)
        return path.read_text()

    def write() -> object:
        return FileStore(file).set("db", {})

    assert f"read {lock}, which belongs to user 0" in refused(write)
    lock.unlink()
    assert f"user {STRANGER} write to the folder {file.parent}" in refused(write)
    file.chmod(0o600)
    assert f"read {file}, which belongs to user 0" in refused(lambda: FileStore(file).get("db"))


def planted(file: Path, text: bytes) -> None:
    """A journal and a temporary file which say that a commit has changed the options to a text."""
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    values = json.loads(text)["db"]
    commit = {
        "version": 1,
        "id": "a" * 32,
        "previous": None,
        "at": "2026-01-01T00:00:00+00:00",
        "by": None,
        "comment": "",
        "changes": [{"option": "db", "action": "set", "values": values}],
        "sha256_before": before,
        "sha256": hashlib.sha256(text).hexdigest(),
    }
    lines = [json.dumps({"journal": 1, "baseline": 0}), json.dumps(commit)]
    file.with_name("prod.journal.jsonl").write_text("\n".join(lines) + "\n")
    file.with_name(".prod.json.tmp").write_bytes(text)


@pytest.fixture
def sticky_file(file: Path) -> Path:
    """A file in a folder like /tmp."""
    file.parent.chmod(0o1777)
    file.write_text('{"db": {"host": "right"}}')
    file.chmod(0o644)
    return file


EVIL = b'{"db": {"host": "wrong"}}'


@needs_root
@pytest.mark.parametrize("reader", [0, STRANGER])
def test_planted_journal(sticky_file: Path, reader: int, caplog: pytest.LogCaptureFixture) -> None:
    """A journal of somebody who could not write the options is not believed; doctor says so."""
    planted(sticky_file, EVIL)
    for name in ("prod.journal.jsonl", ".prod.json.tmp"):
        os.chown(sticky_file.with_name(name), MEMBER, OTHERS)
    store = FileStore(sticky_file)
    assert as_user(reader, OTHERS, [], lambda: store.get("db") == {"host": "right"})
    assert store.get("db") == store.get("db") == {"host": "right"}
    assert len(caplog.records) == 1
    with pytest.raises(BackendError, match=f"it belongs to user {MEMBER}"):
        store.set("db", {})
    faults = {one.check for one in store.diagnose() if one.is_ok is False}
    assert {"journal", "leftover"} <= faults


@needs_root
def test_planted_temporary_file(sticky_file: Path) -> None:
    """A temporary file of a stranger never becomes the options file."""
    planted(sticky_file, EVIL)
    os.chown(sticky_file.with_name(".prod.json.tmp"), MEMBER, OTHERS)
    FileStore(sticky_file).set("cache", {})
    assert FileStore(sticky_file).get("db") == {"host": "right"}
    assert facts(sticky_file)[0] == 0


@pytest.mark.parametrize("mode", [0o646, 0o664])
def test_journal_that_others_may_write(file: Path, mode: int) -> None:
    """A journal is not believed that more people may write than the options, in any folder."""
    file.write_text('{"db": {"host": "right"}}')
    file.chmod(0o644)
    planted(file, EVIL)
    file.with_name("prod.journal.jsonl").chmod(mode)
    store = FileStore(file)
    assert store.get("db") == {"host": "right"}
    with pytest.raises(BackendError, match="others may write it"):
        store.version()


@needs_root
def test_journal_of_another_group_that_may_write(file: Path) -> None:
    """The group that may write the journal is the one that may write the options."""
    file.write_text('{"db": {"host": "right"}}')
    file.chmod(0o664)
    planted(file, EVIL)
    journal = file.with_name("prod.journal.jsonl")
    journal.chmod(0o664)
    assert FileStore(file).get("db") == {"host": "wrong"}
    os.chown(journal, 0, OTHERS)
    assert FileStore(file).get("db") == {"host": "right"}


@pytest.mark.parametrize("name", ["prod.json", "prod.journal.jsonl", ".prod.json.lock"])
def test_fifo(file: Path, name: str) -> None:
    """A FIFO in the place of a file waits for nobody: it is refused."""
    if name != file.name:
        file.write_text('{"db": {"port": 1}}')
    os.mkfifo(file.with_name(name))
    refused = threading.Event()

    def write() -> None:
        with pytest.raises(BackendError, match="is not a file"):
            FileStore(file).set("db", {})
        refused.set()

    threading.Thread(target=write, daemon=True).start()
    assert refused.wait(30)


@pytest.mark.parametrize(
    "kind", [stat.S_IFIFO, stat.S_IFSOCK, pytest.param(stat.S_IFCHR, marks=needs_root)]
)
def test_no_file_in_place_of_the_journal(file: Path, kind: int) -> None:
    """What is no file is no journal: the options are read without it, and doctor says so."""
    file.write_text('{"db": {"port": 1}}')
    # The first device of no driver.
    os.mknod(file.with_name("prod.journal.jsonl"), 0o600 | kind, os.makedev(511, 0))
    store = FileStore(file)
    assert store.get("db") == {"port": 1}
    (finding,) = (one for one in store.diagnose() if one.check == "journal")
    assert (finding.is_ok, "is not a file" in finding.text) == (False, True)


def test_fifo_in_place_of_the_temporary_file(file: Path) -> None:
    """A FIFO there is no content, for doctor neither; the next writer removes it."""
    file.write_text('{"db": {"host": "right"}}')
    planted(file, EVIL)
    temporary = file.with_name(".prod.json.tmp")
    temporary.unlink()
    os.mkfifo(temporary)
    store = FileStore(file)
    assert store.get("db") == {"host": "right"}
    (finding,) = (one for one in store.diagnose() if one.check == "leftover")
    assert finding.is_ok is False
    store.set("db", {"host": "new"})
    assert not temporary.exists()


def test_broken_file_is_not_parsed_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault of an unchanged file or journal is told again without opening it."""
    now = WallClock(1_700_000_000.0)
    journal = file.with_name("prod.journal.jsonl")
    written_at(file, "{}", 1_000_000_000)
    written_at(journal, "broken\n", 1_000_000_000)
    store = FileStore(file, wall_clock=now)
    texts = []
    opened: list[str] = []
    make = os.open

    def opening(path: str, *arguments: int, **options: int) -> int:
        opened.append(os.path.basename(path))
        return make(path, *arguments, **options)

    for name in (journal.name, file.name):
        for _ in range(2):
            with pytest.raises(Exception, match=name) as caught:
                store.get("db")
            texts.append(str(caught.value))
            monkeypatch.setattr(os, "open", opening)
        assert opened.count(name) == 0
        monkeypatch.undo()
        written_at(file, "{", 1_000_000_001)
    assert texts[0] == texts[1]
    assert texts[2] == texts[3]


@pytest.fixture
def mounted(file: Path) -> Iterator[Path]:
    """A single file that is mounted into a folder, as Docker does."""
    host, inside = file.with_name("host.json"), file.with_name("pr od.json")
    for path in (host, inside):
        path.write_text('{"db": {"port": 1}}')
    if subprocess.run(["mount", "--bind", host, inside], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    yield inside
    subprocess.run(["umount", inside], check=True)


@pytest.mark.parametrize("is_journaled", [False, True])
def test_mounted_file(mounted: Path, is_journaled: bool) -> None:
    """It cannot be replaced: a write is refused before anything is written, and doctor sees it."""
    store = FileStore(mounted)
    if is_journaled:
        store.enable_journal()
    with pytest.raises(BackendError, match=r"mount of a single file.*mount its folder"):
        store.set("db", {"port": 2})
    assert store.get("db") == {"port": 1}
    if is_journaled:
        assert store.version() == 1
    assert any(one.check == "mount" and one.is_ok is False for one in store.diagnose())


def test_endless_patience(file: Path) -> None:
    """A time to wait that no thread can wait for is for ever."""
    store = FileStore(file, lock_timeout=1e12)
    store.set("db", {"port": 1})
    assert store.get("db") == {"port": 1}
