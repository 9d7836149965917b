"""Who may read a journal: it holds all old values."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from confstore.errors import (
    AccessDeniedError,
)
from confstore_file import FileStore

from .conftest import OnSync


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_mode(file: Path, journal: Path, mode: int) -> None:
    """Whoever may read the options may read the journal; its owner appends to it."""
    file.write_text('{"db": {}}')
    file.chmod(mode)
    store = FileStore(file)
    store.enable_journal()
    assert mode_of(journal) == mode | 0o200
    store.set("db", {"password": "secret"})
    assert (mode_of(file), mode_of(journal)) == (mode, mode | 0o200)


def test_mode_of_a_file_that_was_closed_later(
    store: FileStore, file: Path, journal: Path, at_line: OnSync
) -> None:
    """Who closes the options file to others has closed the journal with the next commit's line."""
    store.set("db", {"port": 1})
    file.chmod(0o600)
    modes: list[int] = []
    at_line(lambda: modes.append(mode_of(journal)))
    store.set("db", {"password": "secret"})
    assert modes == [0o600]


def test_mode_that_is_narrower(store: FileStore, journal: Path) -> None:
    """A journal that was closed by hand is not opened again."""
    store.set("db", {"port": 1})
    journal.chmod(0o600)
    store.set("db", {"port": 2})
    assert mode_of(journal) == 0o600


def test_mode_before_there_are_options(store: FileStore, file: Path, journal: Path) -> None:
    """The first options' mode counts, also if the journal was made for more people."""
    assert mode_of(journal) & 0o044
    old = os.umask(0o077)
    try:
        store.set("db", {"password": "secret"})
    finally:
        os.umask(old)
    assert (mode_of(file), mode_of(journal)) == (0o600, 0o600)


def test_mode_that_cannot_be_narrowed(
    store: FileStore, file: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No secret is written into a journal that stays open to more people than its options."""
    store.set("db", {"port": 1})
    before = file.read_bytes(), journal.read_bytes()
    file.chmod(0o600)
    fchmod = os.fchmod

    def refused(descriptor: int, mode: int) -> None:
        if os.path.samestat(os.fstat(descriptor), os.stat(journal)):
            raise PermissionError(errno.EPERM, "Operation not permitted")
        fchmod(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", refused)
    with pytest.raises(AccessDeniedError):
        store.set("db", {"password": "secret"})
    assert (file.read_bytes(), journal.read_bytes()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_owner(file: Path, journal: Path) -> None:
    """A journal that root enables belongs to the owner of the options."""
    file.write_text("{}")
    os.chown(file, 12_345, 23_456)
    FileStore(file).enable_journal()
    status = journal.stat()
    assert (status.st_uid, status.st_gid) == (12_345, 23_456)
