"""What a store in a file says of itself."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import filelock
import pytest

from confstore import Finding, diagnose
from confstore.errors import StoreClosedError
from confstore.testing import CANARY
from confstore_file import FileStore

from .test_os_errors import failing, unprivileged


@pytest.fixture
def store(file: Path) -> FileStore:
    """A store with one option, which holds the canary, and a file that is for its owner only."""
    store = FileStore(file)
    store.set("db", {"host": CANARY})
    file.chmod(0o600)
    # What this imports, a child that is not root may not be permitted to read.
    list(store.diagnose())
    return store


@pytest.fixture
def lock(file: Path) -> Path:
    """Where the lock of the store's file is."""
    return file.with_name(".prod.json.lock")


def found(store: FileStore, check: str) -> Finding:
    """The only finding of a check, by a store that is opened anew; no finding shows a value."""
    findings = list(store.diagnose())
    assert CANARY not in repr(findings)
    (finding,) = (finding for finding in findings if finding.check == check)
    return finding


def contents(folder: Path) -> Iterator[tuple[str, bytes, int]]:
    """Every file of a folder, its content and when it was written; of a lock, only its content."""
    for path in sorted(folder.iterdir()):
        # Whoever takes a lock opens its file for writing.
        is_lock = path.name.endswith(".lock")
        yield path.name, path.read_bytes(), 0 if is_lock else path.stat().st_mtime_ns


def test_healthy(store: FileStore, file: Path) -> None:
    """Everything is well, nothing is advised, and the files stay as they are."""
    store.enable_journal()
    before = list(contents(file.parent))
    findings = list(FileStore(file).diagnose())
    assert [(one.check, one.is_ok, one.advice) for one in findings] == [
        ("file", True, ""),
        ("folder", True, ""),
        ("lock", True, ""),
        ("options", True, ""),
        ("journal", True, ""),
        ("drift", True, ""),
    ]
    assert findings[0].text == f"{file} can be read; {len(before[2][1])} bytes, mode 0600"
    assert findings[1].text == f"files can be made in {file.parent}"
    assert findings[2].text == "no writer holds it"
    assert CANARY not in repr(findings)
    assert list(contents(file.parent)) == before


def test_without_a_file(file: Path) -> None:
    """A store that nobody has written to is empty, and stays without files."""
    findings = list(diagnose(f"file:{file}?optional"))
    assert [(one.check, one.is_ok) for one in findings] == [
        ("file", True),
        ("folder", True),
        ("lock", True),
        ("journal", True),
    ]
    assert findings[0].text == f"{file} does not exist: the store is empty"
    assert "write an option" in findings[0].advice
    assert list(file.parent.iterdir()) == []


def test_without_a_file_that_must_be_there(file: Path) -> None:
    """A reader gets an error, and so the file is a problem, once."""
    findings = list(diagnose(f"file:{file}"))
    assert [(one.check, one.is_ok) for one in findings] == [
        ("file", False),
        ("folder", True),
        ("lock", True),
    ]
    absent = f"store 'prod' does not exist: the file '{file}' is not there; "
    assert findings[0].text == absent + "correct its path, or make the file"
    assert "`confstore init`" in findings[0].advice
    assert list(file.parent.iterdir()) == []


def test_without_a_folder(file: Path) -> None:
    """A folder that the first write makes is none that is missing."""
    store = FileStore(file.parent / "a" / "b" / "prod.json")
    finding = found(store, "folder")
    assert finding.is_ok
    assert finding.text == f"{file.parent}/a/b does not exist, and can be made in {file.parent}"


def test_file_is_gone_and_its_journal_is_not(store: FileStore, file: Path) -> None:
    """Such a store is not empty."""
    store.enable_journal()
    file.unlink()
    finding = found(FileStore(file), "file")
    assert finding.is_ok is False
    assert "is gone, and its journal is not: put it back" in finding.text


def test_journal_without_commits(file: Path) -> None:
    """A journaled store without a file and without commits is an empty one."""
    store = FileStore(file)
    store.enable_journal()
    finding = found(store, "file")
    assert finding.is_ok
    assert "the store is empty" in finding.text


def test_file_for_everybody(store: FileStore, file: Path) -> None:
    """A file that others may open is noted, for it may hold secrets."""
    file.chmod(0o644)
    finding = found(store, "file")
    assert finding.is_ok
    assert finding.text.endswith("mode 0644")
    assert finding.advice.startswith(f"chmod 600 {file}, if it holds secrets")


def test_link(store: FileStore, file: Path) -> None:
    """A link is shown with what it leads to."""
    link = file.with_name("link.json")
    link.symlink_to(file)
    assert found(FileStore(link), "file").text.startswith(f"{link}, which is {file}, can be read")


def test_folder_instead_of_a_file(file: Path) -> None:
    """A folder is no file."""
    file.mkdir()
    finding = found(FileStore(file), "file")
    assert (finding.is_ok, finding.text) == (False, f"{file} is not a file")


def test_broken_file(store: FileStore, file: Path) -> None:
    """What is wrong with the JSON is said with its line and column."""
    file.write_text(f'{{\n  "db": {{"password": "{CANARY}"\n}}')
    finding = found(store, "options")
    assert finding.is_ok is False
    assert "prod.json:3:2: the text ends too early" in finding.text
    assert finding.advice


def test_unreadable_file(store: FileStore, file: Path) -> None:
    """A file of somebody else is refused, with whom to permit."""
    file.chmod(0o000)

    def check() -> bool:
        finding = found(store, "file")
        assert finding.is_ok is False
        assert finding.text == f"{file} cannot be read: Permission denied"
        assert finding.advice.startswith(f"let user {os.geteuid()} read it")
        return True

    assert unprivileged(check)


def test_folder_that_may_not_be_written(store: FileStore, file: Path) -> None:
    """Reading goes on, and writing does not."""
    file.chmod(0o644)
    file.parent.chmod(0o555)

    def check() -> bool:
        assert found(store, "options").is_ok
        finding = found(store, "folder")
        assert finding.is_ok is False
        assert finding.text == f"no file can be made in {file.parent}: Permission denied"
        assert f"let user {os.geteuid()} write to it" in finding.advice
        return True

    assert unprivileged(check)


@pytest.mark.parametrize(
    ("code", "is_ok"), [(errno.ENOSPC, None), (errno.EROFS, False), (0, False)]
)
def test_disk_that_cannot_be_written(
    store: FileStore, code: int, is_ok: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk passes, a read-only one does not."""
    monkeypatch.setattr(os, "fsync", failing(code))
    finding = found(store, "folder")
    assert finding.is_ok is is_ok
    assert (os.strerror(code) if code else "OSError") in finding.text


def test_lock_that_is_held(store: FileStore, lock: Path) -> None:
    """A writer at work is no fault, unless it is always at work."""
    with filelock.FileLock(lock):
        finding = found(store, "lock")
    assert finding.is_ok
    assert finding.text == f"a writer holds {lock} at this moment"
    assert finding.advice == f"if that lasts, find it: fuser {lock}"


def test_lock_of_somebody_else(store: FileStore, lock: Path) -> None:
    """A lock file that cannot be opened keeps every writer of this user away."""
    lock.chmod(0o000)

    def check() -> bool:
        finding = found(store, "lock")
        assert finding.is_ok is False
        assert f"locking {lock} failed" in finding.text
        assert f"let user {os.geteuid()} write to {lock}" in finding.advice
        return True

    assert unprivileged(check)


def test_leftover(store: FileStore, file: Path) -> None:
    """What a writer left that died is named, and needs nobody's help."""
    file.with_name(".prod.json.tmp").write_text("{")
    finding = found(store, "leftover")
    assert finding.is_ok
    assert not finding.advice
    assert str(file.with_name(".prod.json.tmp")) in finding.text


def test_leftover_that_cannot_be_opened(store: FileStore, file: Path) -> None:
    """What stands in the place of a temporary file is unknown where it cannot be opened."""
    file.with_name(".prod.json.tmp").symlink_to(".prod.json.tmp")
    finding = found(store, "leftover")
    assert finding.is_ok is None
    assert "cannot be read" in finding.text


def test_broken_journal(store: FileStore, file: Path) -> None:
    """A journal that holds no commits is named with its line; nothing is said of a drift."""
    store.enable_journal()
    with open(file.with_name("prod.journal.jsonl"), "a") as journal:
        journal.write(f'{{"password": "{CANARY}"}}\n')
    finding = found(store, "journal")
    assert finding.is_ok is False
    assert "prod.journal.jsonl:3:1" in finding.text
    assert "drift" not in {one.check for one in store.diagnose()}


def test_edit_by_hand(store: FileStore, file: Path) -> None:
    """What was edited since the last commit is named."""
    store.enable_journal()
    file.write_text(f'{{"db": {{"password": "{CANARY}!"}}, "new": {{}}}}')
    finding = found(store, "drift")
    assert finding.is_ok is False
    assert finding.text == "2 options written without the journal: 'db', 'new'"


def test_closed(store: FileStore) -> None:
    """A closed store is asked in vain."""
    store.close()
    with pytest.raises(StoreClosedError):
        store.diagnose()
