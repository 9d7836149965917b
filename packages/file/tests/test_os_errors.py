"""What the operating system refuses, as an error of confstore; the old file is intact."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confstore.errors import (
    AccessDeniedError,
    BackendError,
    ConfigStoreError,
    StoreUnavailableError,
)
from confstore.testing import CANARY, assert_keeps_values
from confstore_file import FileStore

from .conftest import passes_in_child

NOBODY = 65_534


def failing(code: int) -> Callable[..., None]:
    """A call of the operating system that fails."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


FAILURES = [
    ("fsync", errno.ENOSPC, StoreUnavailableError, "No space left on device"),
    ("fsync", errno.EDQUOT, StoreUnavailableError, "quota"),
    ("fsync", errno.EIO, StoreUnavailableError, "Input/output error"),
    ("replace", errno.EIO, StoreUnavailableError, "Input/output error"),
    ("replace", errno.EROFS, BackendError, "Read-only file system"),
    ("replace", errno.EPERM, AccessDeniedError, "needs the file, writing also the folder"),
    ("fchmod", errno.EINVAL, BackendError, "Invalid argument"),
    ("open", errno.EACCES, AccessDeniedError, "reading .*/prod.json failed"),
    ("open", errno.EROFS, BackendError, "Read-only file system"),
    ("open", errno.EMFILE, StoreUnavailableError, "open files"),
]


@pytest.mark.parametrize(("call", "code", "kind", "reason"), FAILURES)
def test_failed_write(
    call: str,
    code: int,
    kind: type[ConfigStoreError],
    reason: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A write that fails says why, leaves the old file and nothing else, and can be repeated."""
    store = FileStore(file)
    store.set("db", {"password": CANARY})
    before = file.read_bytes()
    monkeypatch.setattr(os, call, failing(code))
    with pytest.raises(kind, match=reason) as caught:
        store.set("db", {"password": CANARY * 2})
    monkeypatch.undo()
    assert str(file.parent) in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    assert_keeps_values(caught.value)
    assert file.read_bytes() == before
    assert set(os.listdir(file.parent)) == {"prod.json", ".prod.json.lock"}
    assert store.get("db") == {"password": CANARY}
    store.set("db", {"port": 1})
    assert store.get("db") == {"port": 1}


def test_full_disk(file: Path) -> None:
    """A disk that is full in the midst of the file loses nothing."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    before = file.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores SIGXFSZ, so that the system refuses what goes beyond.
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))
    try:
        with pytest.raises(StoreUnavailableError, match="File too large"):
            store.set("big", {"text": "x" * 100_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == before
    assert set(os.listdir(file.parent)) == {"prod.json", ".prod.json.lock"}


def test_folder_that_cannot_be_synced(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system does not know how to sync a folder, a write goes on without."""
    fsync = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    FileStore(file).set("db", {"port": 1})
    assert FileStore(file).get("db") == {"port": 1}


def test_folder_that_fails_to_sync(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that may not survive a loss of power is not said to have succeeded."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    fsync = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    with pytest.raises(StoreUnavailableError):
        store.set("db", {"port": 2})
    assert store.get("db") == {"port": 2}


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE])
def test_failed_read(code: int, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that fails is an outage, never an empty store."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    for call in (lambda: store.get("db"), store.items, store.poll):
        with monkeypatch.context() as patched:
            patched.setattr(os, "fstat", failing(code))
            with pytest.raises(StoreUnavailableError, match=f"reading {file} failed"):
                call()


def test_without_a_number(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that has no number is named by its type."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("something")

    file.write_text("{}")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", fail)
        with pytest.raises(BackendError, match="failed: OSError"):
            FileStore(file).get("db")


def test_file_in_place_of_the_folder(file: Path) -> None:
    """A path through a file says so, for reading and for writing."""
    file.write_text("{}")
    store = FileStore(file / "deeper" / "prod.json")
    for call in (lambda: store.get("db"), lambda: store.set("db", {})):
        with pytest.raises(BackendError, match="Not a directory"):
            call()


def test_endless_links(file: Path) -> None:
    """A link to itself is an error, not an absent file."""
    file.symlink_to(file)
    with pytest.raises(BackendError, match="symbolic links"):
        FileStore(file).get("db")


def test_name_too_long(file: Path) -> None:
    """A name that the file system cannot have is refused by it."""
    store = FileStore(file.with_name("n" * 300))
    with pytest.raises(BackendError, match="File name too long"):
        store.set("db", {})


def unprivileged(check: Callable[[], object]) -> bool:
    """Whether a check passes in a child that is not root."""

    def as_nobody() -> object:
        if os.geteuid() != 0:
            return check()
        os.seteuid(NOBODY)
        try:
            return check()
        finally:
            # Only root can write down there what was measured of this child.
            os.seteuid(0)

    return passes_in_child(as_nobody)()


def denied(call: Callable[[], object]) -> bool:
    """Whether a call is refused for lack of permission."""
    try:
        call()
    except AccessDeniedError:
        return True
    return False


def test_read_only_folder(file: Path) -> None:
    """In a folder that may not be written, reads go on and writes are refused."""
    file.write_text('{"db": {"port": 1}}')
    file.parent.chmod(0o555)
    store = FileStore(file)
    assert unprivileged(lambda: store.get("db") == {"port": 1})
    assert unprivileged(lambda: denied(lambda: store.set("db", {"port": 2})))
    assert unprivileged(lambda: denied(lambda: store.update("db", {"port": 2})))
    assert unprivileged(lambda: denied(lambda: store.delete("db")))
    file.parent.chmod(0o755)
    assert os.listdir(file.parent) == ["prod.json"]
    assert file.read_text() == '{"db": {"port": 1}}'


def test_unreadable_file(file: Path) -> None:
    """A file that may not be read is refused, not empty."""
    file.write_text('{"db": {"port": 1}}')
    file.chmod(0o000)
    store = FileStore(file)
    assert unprivileged(lambda: denied(lambda: store.get("db")))
    assert unprivileged(lambda: denied(store.items))


@pytest.mark.parametrize(
    ("permitted", "mode", "advice"),
    [
        (0, 0o755, "enter the folder"),
        (os.X_OK, 0o755, r"read .*/prod\.json, which belongs to user"),
        (os.X_OK | os.R_OK, 0o755, r"write to .*/prod\.json, and to the folder"),
        (os.X_OK | os.R_OK | os.W_OK, 0o1777, "is sticky, so only user"),
    ],
)
def test_advice_names_what_is_missing(
    permitted: int, mode: int, advice: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error for a denied file says what to permit, of the file or of its folder."""
    store = FileStore(file)
    store.set("db", {})
    file.parent.chmod(mode)
    look = os.stat

    def deny(path: str, *args: Any, **kwargs: Any) -> os.stat_result:
        if str(path) == str(file):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
        return look(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", deny)
    monkeypatch.setattr(os, "access", lambda _, wish, **__: bool(wish & permitted))
    with pytest.raises(AccessDeniedError, match=advice):
        store.get("db")


def test_denied_without_a_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the operating system that names no file still says what a write needs."""
    store = FileStore(file)
    monkeypatch.setattr(os, "fsync", failing(errno.EPERM))
    with pytest.raises(AccessDeniedError, match="reading needs the file, writing also the folder"):
        store.set("db", {})


def test_journal_that_cannot_be_opened(file: Path) -> None:
    """A journal that the operating system cannot open is an error that names it."""
    store = FileStore(file)
    store.set("db", {})
    file.with_name("prod.journal.jsonl").symlink_to("prod.journal.jsonl")
    with pytest.raises(ConfigStoreError, match=r"reading the journal of .*prod\.json failed"):
        store.get("db")
