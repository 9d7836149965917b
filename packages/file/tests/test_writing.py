"""How the file is replaced: mode, links, order of events, and edits at the same moment."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from confstore.errors import OptionNotFoundError, StoreUnavailableError
from confstore_file import FileStore


@pytest.fixture
def at_sync(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Does something in the midst of each write: when the new file is written, not yet in place."""
    fsync = os.fsync

    def install(action: Callable[[], object]) -> None:
        def syncing(descriptor: int) -> None:
            fsync(descriptor)
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                action()

        monkeypatch.setattr(os, "fsync", syncing)

    return install


def files_of(folder: Path) -> set[str]:
    return set(os.listdir(folder)) - {".prod.json.lock"}


def test_edit_between_read_and_write(
    file: Path, at_sync: Callable[[Callable[[], object]], None]
) -> None:
    """An edit by hand in the midst of a write is not lost, and neither is the write."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    edits = ['{"db": {"port": 2, "by": "hand"}, "new": {}}']
    at_sync(lambda: edits and file.write_text(edits.pop()))
    store.update("db", {"host": "localhost"})
    assert dict(FileStore(file).items()) == {
        "db": {"port": 2, "by": "hand", "host": "localhost"},
        "new": {},
    }
    assert files_of(file.parent) == {"prod.json"}


def test_created_between_read_and_write(
    file: Path, at_sync: Callable[[Callable[[], object]], None]
) -> None:
    """A file that somebody creates in the midst of our first write is not overwritten."""
    edits = ['{"db": {"port": 2}}']
    at_sync(lambda: edits and file.write_text(edits.pop()))
    FileStore(file).set("cache", {})
    assert dict(FileStore(file).items()) == {"db": {"port": 2}, "cache": {}}


def test_deleted_between_read_and_write(
    file: Path, at_sync: Callable[[Callable[[], object]], None]
) -> None:
    """An option that an edit removes while we delete it is not there any more."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    at_sync(lambda: file.write_text("{}"))
    with pytest.raises(OptionNotFoundError):
        store.delete("db")
    assert file.read_text() == "{}"


def test_emptied_between_read_and_write(
    file: Path, at_sync: Callable[[Callable[[], object]], None]
) -> None:
    """A file that an editor empties in the midst of a write is left to the editor."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    at_sync(lambda: file.write_text(""))
    with pytest.raises(StoreUnavailableError, match="an editor may be saving it"):
        store.set("db", {"port": 2})
    assert file.read_text() == ""
    assert files_of(file.parent) == {"prod.json"}


def test_edited_all_the_time(file: Path, at_sync: Callable[[Callable[[], object]], None]) -> None:
    """A write that is overtaken by one edit after the other gives up, and harms none."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    ports = iter(range(1_000))
    at_sync(lambda: file.write_text(f'{{"db": {{"port": {next(ports)}}}}}'))
    with pytest.raises(StoreUnavailableError, match="was edited 20 times"):
        store.set("db", {"port": -1})
    assert store.get("db") == {"port": 19}
    assert files_of(file.parent) == {"prod.json"}


def test_order_of_events(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is durable before it gets its name, and the name before the write returns."""
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def recording_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        events.append("sync folder" if is_folder else "sync file")
        fsync(descriptor)

    def recording_replace(source: str, target: str) -> None:
        events.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(os, "replace", recording_replace)
    FileStore(file).set("db", {"port": 1})
    assert events == ["sync file", "replace", "sync folder"]
    events.clear()
    FileStore(file.parent / "etc" / "prod.json").set("db", {"port": 1})
    assert events == ["sync folder", "sync file", "replace", "sync folder"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_mode(file: Path, mode: int) -> None:
    """A file keeps its mode."""
    file.write_text("{}")
    file.chmod(mode)
    FileStore(file).set("db", {"password": "secret"})
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_mode_of_a_new_file(file: Path) -> None:
    """A new file has the mode that the process gives to its files."""
    old = os.umask(0o027)
    try:
        FileStore(file).set("db", {"password": "secret"})
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_never_more_open(file: Path, at_sync: Callable[[Callable[[], object]], None]) -> None:
    """Not even the temporary file is open to more people than the old file."""
    file.write_text("{}")
    file.chmod(0o600)
    modes: list[int] = []
    at_sync(
        lambda: modes.extend(
            stat.S_IMODE(path.stat().st_mode) for path in file.parent.glob(".*.tmp")
        )
    )
    FileStore(file).set("db", {"password": "secret"})
    assert modes == [0o600]


def test_never_made_more_open(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file is private from the moment it is made, before it gets the old mode."""
    file.write_text("{}")
    file.chmod(0o600)
    make, modes = os.open, []

    def making(path: str, flags: int, mode: int = 0o777, **options: Any) -> int:
        descriptor = make(path, flags, mode, **options)
        if str(path).endswith(".tmp"):
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    monkeypatch.setattr(os, "open", making)
    old = os.umask(0)
    try:
        FileStore(file).set("db", {"password": "secret"})
    finally:
        os.umask(old)
    assert modes == [0o600]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_owner(file: Path) -> None:
    """A file keeps its owner and its group when root writes it."""
    file.write_text("{}")
    os.chown(file, 12_345, 23_456)
    FileStore(file).set("db", {"port": 1})
    status = file.stat()
    assert (status.st_uid, status.st_gid) == (12_345, 23_456)


def test_owner_that_cannot_be_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write the folder may write a file of another owner; it becomes his own."""
    file.write_text("{}")
    fstat = os.fstat

    def foreign(descriptor: int) -> object:
        status = fstat(descriptor)
        facts = {name: getattr(status, name) for name in dir(status) if name.startswith("st_")}
        return SimpleNamespace(**{**facts, "st_uid": status.st_uid + 1})

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fstat", foreign)
    monkeypatch.setattr(os, "fchown", refused)
    store = FileStore(file)
    store.set("db", {"port": 1})
    assert store.get("db") == {"port": 1}


def test_symbolic_link(file: Path) -> None:
    """A link stays; the file that it leads to is replaced, with the lock beside that."""
    target = file.parent / "there" / "real.json"
    target.parent.mkdir()
    target.write_text('{"db": {"port": 1}}')
    file.symlink_to("there/real.json")
    store = FileStore(file)
    store.set("cache", {})
    assert file.is_symlink()
    assert dict(FileStore(target).items()) == {"db": {"port": 1}, "cache": {}}
    assert sorted(os.listdir(target.parent)) == [".real.json.lock", "real.json"]
    assert sorted(os.listdir(file.parent)) == ["prod.json", "there"]


def test_symbolic_link_to_nothing(file: Path) -> None:
    """A link to a file that does not exist leads to an empty store, and the file is created."""
    target = file.parent / "there" / "real.json"
    file.symlink_to(target)
    store = FileStore(file)
    assert list(store.items()) == []
    store.set("db", {"port": 1})
    assert file.is_symlink()
    assert FileStore(target).get("db") == {"port": 1}


def test_link_that_moves(file: Path, at_sync: Callable[[Callable[[], object]], None]) -> None:
    """A link that is put onto another file in the midst of a write takes the write with it."""
    old, new = file.parent / "old.json", file.parent / "new.json"
    old.write_text('{"db": {"port": 1}}')
    new.write_text('{"db": {"port": 1}}')
    file.symlink_to(old)

    def move() -> None:
        if file.resolve() == old:
            file.unlink()
            file.symlink_to(new)

    store = FileStore(file)
    at_sync(move)
    store.set("cache", {})
    assert old.read_text() == '{"db": {"port": 1}}'
    assert dict(FileStore(new).items()) == {"db": {"port": 1}, "cache": {}}


def test_leftover_of_a_dead_writer(file: Path) -> None:
    """The temporary file of a writer that died is replaced, and then gone."""
    leftover = file.with_name(".prod.json.tmp")
    leftover.write_text("half a fi")
    FileStore(file).set("db", {"port": 1})
    assert files_of(file.parent) == {"prod.json"}


def test_link_in_place_of_the_temporary_file(file: Path) -> None:
    """A link that somebody put there is not followed."""
    victim = file.with_name("victim")
    victim.write_text("untouched")
    file.with_name(".prod.json.tmp").symlink_to(victim)
    FileStore(file).set("db", {"port": 1})
    assert victim.read_text() == "untouched"
    assert not file.is_symlink()
