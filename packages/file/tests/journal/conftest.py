"""A journaled file for the tests of the journal."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confstore import state_at
from confstore_file import FileStore

OnSync = Callable[[Callable[[], object]], None]


@pytest.fixture
def store(file: Path) -> FileStore:
    """A journaled store, which was empty when its journal was enabled."""
    store = FileStore(file)
    store.enable_journal()
    return store


@pytest.fixture
def journal(file: Path) -> Path:
    """Where the journal of the store's file is to be."""
    return file.with_name("prod.journal.jsonl")


@pytest.fixture
def at_line(journal: Path, monkeypatch: pytest.MonkeyPatch) -> OnSync:
    """Does something when a commit's line was written and synced; the options file is the old."""
    fsync = os.fsync

    def install(action: Callable[[], object]) -> None:
        def syncing(descriptor: int) -> None:
            fsync(descriptor)
            if os.path.samestat(os.fstat(descriptor), os.stat(journal)):
                action()

        monkeypatch.setattr(os, "fsync", syncing)

    return install


def options(file: Path) -> dict[str, Any]:
    """What somebody reads who comes anew."""
    return dict(FileStore(file).items())


def assert_agree(file: Path, *readers: FileStore) -> None:
    """Every reader finds that the options are those of the journal's last commit."""
    for reader in (FileStore(file), *readers):
        assert state_at(reader, reader.version()) == dict(reader.items())
