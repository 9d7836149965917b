"""When a file is read again, and what its absence means."""

from __future__ import annotations

import builtins
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from confstore.errors import BackendError, CorruptStoreError, StoreUnavailableError
from confstore_file import FileStore

from .conftest import WallClock, written_at

ONE = '{"db": {"port": 1}}'
TWO = '{"db": {"port": 2}}'


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The path of each file that is opened."""
    paths: list[str] = []
    open_file = builtins.open

    def recording(path: Any, *args: Any, **options: Any) -> Any:
        paths.append(os.fspath(path))
        return open_file(path, *args, **options)

    monkeypatch.setattr(builtins, "open", recording)
    return paths


def test_unchanged(file: Path, now: WallClock, openings: list[str]) -> None:
    """A file that is two seconds old is read once."""
    written_at(file, ONE, now() - 2)
    store = FileStore(file, wall_clock=now)
    openings.clear()
    for _ in range(3):
        assert store.get("db") == {"port": 1}
    assert openings == [str(file)]


def test_young(file: Path, now: WallClock, openings: list[str]) -> None:
    """A younger file may change and keep its times: it is read again, until it is old enough."""
    written_at(file, ONE, now() - 1.9)
    store = FileStore(file, wall_clock=now)
    openings.clear()
    store.get("db")
    store.get("db")
    assert len(openings) == 2
    now.now_s += 0.2
    store.get("db")
    store.get("db")
    assert len(openings) == 3


def test_young_and_the_same(file: Path, now: WallClock) -> None:
    """A young file that is read again and found the same is not parsed again."""
    written_at(file, ONE, now())
    store = FileStore(file, wall_clock=now)
    first = store.poll().changed["db"]
    assert store.poll().changed["db"] is first


def test_from_the_future(file: Path, now: WallClock) -> None:
    """A file with a time that is still to come is read each time."""
    written_at(file, ONE, now() + 1_000)
    store = FileStore(file, wall_clock=now)
    store.get("db")
    written_at(file, TWO, now() + 1_000)
    assert store.get("db") == {"port": 2}


def test_edit_with_the_old_time(file: Path, now: WallClock) -> None:
    """An edit that puts back the time of modification is seen all the same."""
    written_at(file, ONE, now() - 100)
    store = FileStore(file, wall_clock=now)
    store.get("db")
    other = file.with_name("other")
    written_at(other, TWO, now() - 100)
    other.replace(file)
    assert store.get("db") == {"port": 2}


def test_edit_in_place_with_the_old_time(file: Path, now: WallClock) -> None:
    """Such an edit of equal size, in the same file, shows by the time of the status change."""
    written_at(file, ONE, now() - 100)
    store = FileStore(file, wall_clock=now)
    store.get("db")
    before = file.stat()
    # The clock of the file system has steps of some milliseconds.
    while file.stat().st_ctime_ns == before.st_ctime_ns:
        written_at(file, TWO, now() - 100)
    after = file.stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    )
    assert store.get("db") == {"port": 2}


def test_edit_shows_at_once(file: Path) -> None:
    """An edit by hand is seen by the next read."""
    store = FileStore(file)
    for port in range(20):
        file.write_text(f'{{"db": {{"port": {port}}}}}')
        assert store.get("db") == {"port": port}


def test_absent(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that does not exist is an empty store, and one warning."""
    store = FileStore(file)
    assert list(store.items()) == []
    assert store.poll().changed == {}
    assert caplog.record_tuples == [
        (
            "confstore",
            logging.WARNING,
            f"store 'prod' is empty until something is written: {file} does not exist",
        )
    ]
    assert vars(caplog.records[0])["store"] == "prod"


def test_absent_and_written(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever creates the file needs no warning that it does not exist."""
    FileStore(file).set("db", {"port": 1})
    assert caplog.records == []


def test_created_later(file: Path) -> None:
    """A file that appears is read."""
    store = FileStore(file)
    assert list(store.items()) == []
    file.write_text(ONE)
    assert store.get("db") == {"port": 1}


def test_gone(file: Path) -> None:
    """A file that was there and is gone is an outage, not an empty store; then it is back."""
    file.write_text(ONE)
    store = FileStore(file)
    store.get("db")
    file.unlink()
    for call in (lambda: store.get("db"), store.items, store.poll):
        with pytest.raises(StoreUnavailableError, match="was there and is gone"):
            call()
    file.write_text(TWO)
    assert store.get("db") == {"port": 2}


def test_write_when_gone(file: Path) -> None:
    """A write does not put one option where an editor is about to put them all."""
    file.write_text(ONE)
    store = FileStore(file)
    store.get("db")
    file.unlink()
    with pytest.raises(StoreUnavailableError, match="was there and is gone"):
        store.set("cache", {"port": 2})
    assert not file.exists()


def test_created_right_after_the_look(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another thread creates right after one found it absent is not gone."""
    store = FileStore(file)
    stat = os.stat

    def overtaken(path: object, **options: Any) -> os.stat_result:
        monkeypatch.setattr(os, "stat", stat)
        try:
            return stat(path, **options)
        except FileNotFoundError:
            store.set("db", {"port": 1})
            raise

    monkeypatch.setattr(os, "stat", overtaken)
    assert list(store.items()) == []
    assert store.get("db") == {"port": 1}


def test_gone_after_own_write(file: Path) -> None:
    """A file that the store itself wrote was seen."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    file.unlink()
    with pytest.raises(StoreUnavailableError):
        store.get("db")


def test_gone_when_broken(file: Path) -> None:
    """A file that was there but broken was seen, too."""
    file.write_text("{")
    store = FileStore(file)
    with pytest.raises(CorruptStoreError):
        store.get("db")
    file.unlink()
    with pytest.raises(StoreUnavailableError):
        store.get("db")


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf"])
def test_emptied(file: Path, content: bytes) -> None:
    """A file that had options and is empty is being saved: neither read nor overwritten."""
    file.write_text(ONE)
    store = FileStore(file)
    store.get("db")
    file.write_bytes(content)
    with pytest.raises(StoreUnavailableError, match="is empty: an editor may be saving it"):
        store.get("db")
    with pytest.raises(StoreUnavailableError):
        store.set("db", {"port": 2})
    assert file.read_bytes() == content


def test_always_empty(file: Path) -> None:
    """An empty file in which nothing was seen is broken: nobody knows what it should hold."""
    file.touch()
    store = FileStore(file)
    for call in (lambda: store.get("db"), lambda: store.set("db", {})):
        with pytest.raises(CorruptStoreError) as caught:
            call()
        assert str(caught.value) == (
            "prod.json:1:1: the file is empty; a store without options is {}"
        )
    assert file.read_bytes() == b""


def test_taken_away_between_two_looks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that an editor takes away while we open it is one that is gone."""
    file.write_text(ONE)
    store = FileStore(file)
    store.get("db")

    def absent(*args: Any, **options: Any) -> Any:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(builtins, "open", absent)
    with pytest.raises(StoreUnavailableError, match="is gone"):
        store.get("db")


def test_changed_while_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is written in place while it is read is read again as a whole."""
    file.write_text(ONE)
    store = FileStore(file)
    fstat = os.fstat

    def edited_meanwhile(descriptor: int) -> os.stat_result:
        status = fstat(descriptor)
        monkeypatch.setattr(os, "fstat", fstat)
        file.write_text(TWO + " ")
        return status

    monkeypatch.setattr(os, "fstat", edited_meanwhile)
    assert store.get("db") == {"port": 2}


def test_changing_all_the_time(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that never holds still while it is read is unavailable."""
    file.write_text(ONE)
    store = FileStore(file)
    fstat = os.fstat

    def edited_meanwhile(descriptor: int) -> os.stat_result:
        status = fstat(descriptor)
        with file.open("a") as appended:
            appended.write(" ")
        return status

    monkeypatch.setattr(os, "fstat", edited_meanwhile)
    with pytest.raises(StoreUnavailableError, match="changes faster than it can be read"):
        store.get("db")


def test_folder_in_its_place(file: Path) -> None:
    """A folder with the name of the file is not taken for a file."""
    file.mkdir()
    with pytest.raises(BackendError, match="is not a file"):
        FileStore(file).get("db")


def test_pipe_in_its_place(file: Path) -> None:
    """A named pipe is refused at once; reading it would wait for ever."""
    os.mkfifo(file)
    with pytest.raises(BackendError, match="is not a file"):
        FileStore(file).get("db")


def test_byte_order_mark_and_line_ends(file: Path) -> None:
    """What editors of other systems save is read; a write brings back the plain form."""
    file.write_bytes(b'\xef\xbb\xbf{\r\n  "db": {"port": 1}\r\n}\r\n')
    store = FileStore(file)
    assert store.get("db") == {"port": 1}
    store.set("db", {"port": 2})
    assert file.read_bytes() == b'{\n  "db": {\n    "port": 2\n  }\n}\n'


def test_read_only_file(file: Path) -> None:
    """Reading creates nothing beside the file."""
    file.write_text(ONE)
    FileStore(file).poll()
    assert os.listdir(file.parent) == ["prod.json"]
