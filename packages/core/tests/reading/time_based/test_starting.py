"""The first load: in bounded time, with the fallback file as a last resort."""

from __future__ import annotations

import json
import math
import os
import stat
import threading
import time

import attrs
import pytest

from confstore import TimeBasedConfigStore
from confstore.errors import (
    AccessDeniedError,
    CorruptStoreError,
    SchemaError,
    StaleConfigError,
    StoreUnavailableError,
)
from confstore.files import replaced_file

DOWN = StoreUnavailableError("prod", "no route")


@pytest.fixture
def path(tmp_path):
    """Where the last good snapshot is kept."""
    return tmp_path / "folder" / "last.json"


@pytest.fixture
def saved(store, path, open_config):
    """A fallback file that was saved at the clock's beginning."""
    open_config(store, fallback=path).close()
    return path


def start(clock, make):
    """Start a config in a thread of its own; what it became is in the list that is returned."""
    outcome = []

    def run():
        try:
            outcome.append(make())
        except BaseException as error:
            outcome.append(error)

    clock.start(threading.Thread(target=run, daemon=True))
    clock.advance()
    return outcome


def refused(clock, make):
    """The error of a start after the 30 s in which it tries."""
    outcome = start(clock, make)
    clock.advance(29.9)
    assert outcome == []
    clock.advance(0.1)
    return outcome[0]


def test_tries_again_while_unavailable(store, clock, open_config):
    """A store that is unavailable for a moment delays the start and does not prevent it."""
    store.fail(DOWN)
    outcome = start(clock, lambda: open_config(store))
    clock.advance(0.5 + 1)
    assert outcome == []
    store.fail(None)
    clock.advance(2)
    assert outcome[0].db["port"] == 27017
    assert outcome[0].status.consecutive_failures == 0
    assert outcome[0].status.age == 0.0


def test_last_error_when_the_time_is_up(store, clock, open_config):
    """When the time is up, the last error is raised."""
    store.fail(DOWN)
    outcome = start(clock, lambda: open_config(store, startup_timeout=10))
    clock.advance(9.9)
    assert outcome == []
    clock.advance(0.1)
    assert outcome == [DOWN]
    reads = len(store.reads)
    clock.advance(600)
    assert len(store.reads) == reads


def test_no_answer_at_all(store, clock, open_config):
    """A store that never answers does not hang the constructor."""
    gate = clock.event()
    store.before_read = gate.wait
    outcome = start(clock, lambda: open_config(store, startup_timeout=10))
    clock.advance(10)
    assert isinstance(outcome[0], StoreUnavailableError)
    assert "no answer within 10 s" in str(outcome[0])
    gate.set()
    clock.advance()


def said(caplog):
    return [record.getMessage() for record in caplog.records]


def test_first_failure_is_logged(store, clock, open_config, caplog):
    """Whoever waits for the start sees at once what it waits for, and how long; once."""
    store.fail(DOWN)
    outcome = start(clock, lambda: open_config(store, startup_timeout=20))
    reason = "StoreUnavailableError: store 'prod' is unavailable: no route"
    text = f"store 'prod': the first load failed, and is tried again for 20 s: {reason}"
    assert said(caplog) == [text]
    record = caplog.records[0]
    assert (record.levelname, record.store) == ("WARNING", "prod")
    assert vars(record)["error.type"] == "StoreUnavailableError"
    clock.advance(20)
    assert (outcome, said(caplog)) == ([DOWN], [text])


def test_no_answer_yet_is_logged(store, clock, open_config, caplog):
    """A store that hangs is named after 5 s, with its place; a quick start says nothing."""
    gate = clock.event()
    store.before_read = gate.wait
    outcome = start(clock, lambda: open_config(store, startup_timeout=30))
    clock.advance(4.9)
    assert said(caplog) == []
    clock.advance(0.1)
    text = f"store 'prod': no answer for 5 s, waiting up to 25 s more: {store!r}"
    assert said(caplog) == [text]
    gate.set()
    clock.advance()
    assert outcome[0].db["port"] == 27017
    assert said(caplog) == [text]


@pytest.mark.parametrize("timeout", [1, 5])
def test_a_short_start_has_no_time_to_say_more(store, clock, open_config, caplog, timeout):
    """Where the time is up, the error says it."""
    gate = clock.event()
    store.before_read = gate.wait
    outcome = start(clock, lambda: open_config(store, startup_timeout=timeout))
    clock.advance(timeout)
    assert f"no answer within {timeout} s" in str(outcome[0])
    assert said(caplog) == []
    gate.set()
    clock.advance()


def test_failure_before_an_unusable_fallback_is_logged(store, clock, open_config, path, caplog):
    """The start goes on trying, and says why, after the reason that the file does not help."""
    store.fail(DOWN)
    start(clock, lambda: open_config(store, fallback=path, startup_timeout=20))
    unusable, failed = said(caplog)
    assert "cannot start from the fallback file" in unusable
    assert "the first load failed, and is tried again for 20 s" in failed
    clock.advance(20)


def test_no_answer_by_the_machines_clock(store):
    """The time is real with the machine's own clock."""
    may_go_on = threading.Event()
    store.before_read = lambda: may_go_on.wait(60)
    started_s = time.monotonic()
    with pytest.raises(StoreUnavailableError, match="no answer"):
        TimeBasedConfigStore(store, startup_timeout=0.05)
    assert time.monotonic() - started_s < 10
    may_go_on.set()


@pytest.mark.parametrize(
    "error", [AccessDeniedError("prod", "GetItem"), ZeroDivisionError(), SystemExit(3)]
)
def test_other_errors_at_once(store, open_config, error):
    """An error that trying again does not mend is raised at once."""
    store.fail(error)
    with pytest.raises(type(error)):
        open_config(store)
    assert len(store.reads) == 1


def test_garbage(store, open_config):
    """A store that answers with garbage gives no config."""
    store.poll = lambda checkpoint, *, consistent: None
    with pytest.raises(AttributeError):
        open_config(store)


def test_text_of_a_config_that_did_not_start(store, open_config):
    """A debugger can show a config whose constructor raised."""
    configs = []

    class Kept(TimeBasedConfigStore):
        def __init__(self, *arguments, **options):
            configs.append(self)
            super().__init__(*arguments, **options)

    store.fail(OSError())
    with pytest.raises(OSError, match=r"^$"):
        open_config(store, cls=Kept)
    assert repr(configs[0]) == "<Kept of store 'prod': 0 options, version 0>"


def test_saves_the_snapshot(store, open_config, path, clock):
    """With a fallback the snapshot is saved at the start, with its store and its time in UTC."""
    open_config(store, fallback=path)
    content = json.loads(path.read_bytes())
    assert content["store"] == "prod"
    assert content["saved_at"] == "2030-01-01T00:00:00+00:00"
    assert content["options"] == store.options


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_reads_it(saved):
    """The file may hold secrets: its mode is 0600."""
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_leaves_no_other_file(saved):
    """Saving leaves no temporary file."""
    assert [one.name for one in saved.parent.iterdir()] == ["last.json"]


def test_relative_path(store, clock, open_config, tmp_path, monkeypatch):
    """A relative path means the working folder of the start, also when that changes later."""
    monkeypatch.chdir(tmp_path)
    config = open_config(store, fallback="last.json")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.set("db", {"host": "new"})
    config.reload()
    assert "new" in (tmp_path / "last.json").read_text()


def test_saves_changes(store, clock, open_config, path):
    """A refresh that changed something is saved."""
    open_config(store, fallback=path)
    store.set("db", {"host": "elsewhere"})
    clock.advance(30)
    content = json.loads(path.read_bytes())
    assert content["options"]["db"] == {"host": "elsewhere"}
    assert content["saved_at"] == "2030-01-01T00:00:30+00:00"


def test_saves_the_time(store, clock, open_config, path):
    """An unchanged snapshot is saved again for its time, no more than once a minute."""
    open_config(store, 10, fallback=path)
    clock.advance(59)
    assert json.loads(path.read_bytes())["saved_at"] == "2030-01-01T00:00:00+00:00"
    clock.advance(10)
    assert json.loads(path.read_bytes())["saved_at"] == "2030-01-01T00:01:05+00:00"


def test_every_value_survives(scripted_store, open_config, path):
    """Types that JSON lacks come back as they were."""
    from decimal import Decimal

    values = {
        "bytes": b"\x00\xff",
        "set": frozenset({1, 2}),
        "decimal": Decimal("0.1234567890123456789"),
        "list": [None, True, {"$set": 1}],
        "large": 10**37,
        "ünïcode": "\u2028",
    }
    open_config(scripted_store({"a/b\\c": values}), fallback=path).close()
    down = scripted_store()
    down.fail(DOWN)
    assert open_config(down, fallback=path)["a/b\\c"] == values


@pytest.mark.parametrize("error", [DOWN, AccessDeniedError("prod", "no"), ZeroDivisionError()])
@pytest.mark.parametrize("options", [{}, {"background": False}])
def test_starts_from_the_fallback(store, clock, open_config, saved, caplog, error, options):
    """After any failed first load the config starts from the file, at once, and says so."""
    clock.advance(90)
    store.fail(error)
    store.options = {}
    config = open_config(store, fallback=saved, **options)
    assert config.db["port"] == 27017
    status = config.status
    assert (status.is_fallback, status.age, status.version) == (True, 90.0, 1)
    assert status.loaded_at.isoformat() == "2030-01-01T00:00:00+00:00"
    assert status.consecutive_failures == 1
    assert type(error).__name__ in status.last_error
    assert "started from a fallback file of 90 s ago" in caplog.text


def test_no_answer_and_a_fallback(store, clock, open_config, saved):
    """A store that never answers delays the start by `startup_timeout` and no more."""
    gate = clock.event()
    store.before_read = gate.wait
    outcome = start(clock, lambda: open_config(store, fallback=saved, startup_timeout=10))
    clock.advance(10)
    assert outcome[0].status.is_fallback
    gate.set()
    clock.advance()


@pytest.mark.parametrize("options", [{}, {"background": False}])
def test_leaves_the_fallback_soon(store, clock, open_config, saved, options):
    """A config that started from the file tries the store soon, and then is like any other."""
    store.fail(DOWN)
    config = open_config(store, fallback=saved, **options)
    store.fail(None)
    store.set("db", {"host": "elsewhere"})
    clock.advance(3)
    assert config.db == {"host": "elsewhere"}
    assert not config.status.is_fallback
    assert config.status.consecutive_failures == 0


def test_unchanged_since_the_fallback(store, clock, open_config, saved):
    """A store that still holds what was saved ends the fallback, too."""
    store.fail(DOWN)
    config = open_config(store, fallback=saved)
    store.fail(None)
    clock.advance(3)
    assert not config.status.is_fallback
    assert config.status.version == 1


def test_age_of_the_fallback_counts(store, clock, open_config, saved):
    """A snapshot that was saved long ago is stale."""
    from confstore.errors import StaleConfigError

    clock.advance(1000)
    store.fail(DOWN)
    config = open_config(store, fallback=saved, max_stale=900)
    with pytest.raises(StaleConfigError):
        config.db  # noqa: B018 (reading is what is tested)


@pytest.mark.parametrize("ahead_s", [61, 86_400])
def test_saved_in_the_future(ahead_s, clock, store, open_config, saved, caplog):
    """A file saved before the clock was set back is of unknown age, which no max_stale allows."""
    clock.shift(-ahead_s)
    store.fail(DOWN)
    config = open_config(store, fallback=saved, max_stale=100)
    assert config.status.age == math.inf
    assert "of unknown age" in caplog.text
    with pytest.raises(StaleConfigError, match="at an unknown time"):
        _ = config.db


def test_saved_by_a_clock_that_differs_a_little(clock, store, open_config, saved):
    """A file saved seconds ahead of this machine's clock counts as new, and then grows old."""
    clock.shift(-30)
    store.fail(DOWN)
    config = open_config(store, fallback=saved, max_stale=100)
    assert config.status.age == 0.0
    clock.advance(90)
    assert config.status.age == 90.0


def test_patience_with_a_fallback(store, clock, open_config, path):
    """Without a usable file a start tries at the same moments as without `fallback`."""
    path.parent.mkdir()
    path.write_text("{}")
    moments = []
    for options in ({}, {"fallback": path}):
        began_s = clock.monotonic()
        tries = []
        moments.append(tries)

        def down(began_s=began_s, tries=tries):
            tries.append(clock.monotonic() - began_s)
            raise DOWN.with_traceback(None)

        store.before_read = down
        assert refused(clock, lambda options=options: open_config(store, **options)) is DOWN
    assert moments[0] == moments[1]
    assert len(moments[0]) > 4


def test_first_start_with_a_fallback(store, clock, open_config, path):
    """A store that comes back within `startup_timeout` is started from, and the file is saved."""
    store.fail(DOWN)
    outcome = start(clock, lambda: open_config(store, fallback=path))
    clock.advance(0.5 + 1)
    assert outcome == []
    store.fail(None)
    clock.advance(2)
    assert outcome[0].db["port"] == 27017
    assert not outcome[0].status.is_fallback
    assert path.exists()


def test_late_first_try_without_a_usable_file(store, clock, open_config, path):
    """A first try that takes all of the time leaves none to be patient in."""
    gate = clock.event()
    store.before_read = gate.wait
    outcome = start(clock, lambda: open_config(store, fallback=path, startup_timeout=10))
    clock.advance(10)
    assert "no answer within 10 s" in str(outcome[0])
    gate.set()
    clock.advance()


def test_later_try_gives_no_answer(store, clock, open_config, path):
    """A later try that never answers ends in time, with the error of the one before."""
    gate = clock.event()
    store.fail(DOWN)
    down = store.before_read

    def first_down_then_silent():
        store.before_read = gate.wait
        down()

    store.before_read = first_down_then_silent
    outcome = start(clock, lambda: open_config(store, fallback=path, startup_timeout=10))
    clock.advance(9.9)
    assert outcome == []
    clock.advance(0.1)
    assert outcome == [DOWN]
    gate.set()
    clock.advance()


def test_no_file_and_no_permission(store, open_config, path):
    """An error that trying again does not mend is raised at once, also with `fallback`."""
    store.fail(AccessDeniedError("prod", "GetItem"))
    with pytest.raises(AccessDeniedError):
        open_config(store, fallback=path)
    assert len(store.reads) == 1


def test_no_file_yet(store, clock, open_config, path, caplog):
    """The first start of all has no file: the store's own error is raised."""
    store.fail(DOWN)
    assert refused(clock, lambda: open_config(store, fallback=path)) is DOWN
    assert "cannot start from the fallback file: FileNotFoundError" in caplog.text


BROKEN = {
    "no JSON": "{",
    "no UTF-8": b"\xff\xfe\xff",
    "another shape": "[]",
    "another format": '{"confstore-fallback": 2}',
    "another store": '{"confstore-fallback": 1, "store": "test"}',
    "no time": '{"confstore-fallback": 1, "store": "prod", "options": {}}',
    "no date": '{"confstore-fallback": 1, "store": "prod", "saved_at": "soon", "options": {}}',
    "no zone": (
        '{"confstore-fallback": 1, "store": "prod", "saved_at": "2030-01-01T00:00:00", '
        '"options": {}}'
    ),
    "no options": (
        '{"confstore-fallback": 1, "store": "prod", "saved_at": "2030-01-01T00:00:00+00:00", '
        '"options": []}'
    ),
    "no option name": (
        '{"confstore-fallback": 1, "store": "prod", "saved_at": "2030-01-01T00:00:00+00:00", '
        '"options": {"": {}}}'
    ),
    "no values": (
        '{"confstore-fallback": 1, "store": "prod", "saved_at": "2030-01-01T00:00:00+00:00", '
        '"options": {"db": {"key": NaN}}}'
    ),
    "too deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken_file(store, clock, open_config, path, caplog, content):
    """A file that is no fallback of this store is never started from; the log says why."""
    path.parent.mkdir()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    store.fail(DOWN)
    assert refused(clock, lambda: open_config(store, fallback=path)) is DOWN
    assert f"cannot start from the fallback file: {CorruptStoreError.__name__}" in caplog.text


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_fallback_that_others_may_write(store, clock, open_config, saved, caplog, mode):
    """Nobody starts from a file that somebody else may have written; the log says what to do."""
    saved.chmod(mode)
    store.fail(DOWN)
    assert refused(clock, lambda: open_config(store, fallback=saved)) is DOWN
    assert f"is not believed, others may write it (mode {mode:04o})" in caplog.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_fallback_of_somebody_else(store, clock, open_config, saved, caplog):
    """Nobody starts from a file of another user."""
    os.chown(saved, 12_345, 12_345)
    store.fail(DOWN)
    assert refused(clock, lambda: open_config(store, fallback=saved)) is DOWN
    assert "it belongs to user 12345" in caplog.text


def test_fifo_in_place_of_the_fallback(store, clock, open_config, path, caplog):
    """A FIFO is no fallback file, and a start does not wait for it."""
    path.parent.mkdir()
    os.mkfifo(path)
    store.fail(DOWN)
    assert refused(clock, lambda: open_config(store, fallback=path)) is DOWN
    assert "is not a file" in caplog.text


def test_fallback_does_not_fit_the_schema(store, clock, open_config, saved, caplog):
    """A saved snapshot that does not fit is not started from."""

    @attrs.frozen
    class Database:
        host: int

    store.fail(DOWN)
    make = lambda: open_config(store, fallback=saved, schema={"db": Database})  # noqa: E731 (short)
    assert refused(clock, make) is DOWN
    assert "cannot start from the fallback file: SchemaError" in caplog.text


def test_store_does_not_fit_the_schema(store, open_config, path):
    """A store whose options do not fit any more is started from the last that did."""

    @attrs.frozen
    class Database:
        host: str
        port: int

    open_config(store, fallback=path, schema={"db": Database}).close()
    store.set("db", {"host": "elsewhere"})
    config = open_config(store, fallback=path, schema={"db": Database})
    assert config.db == Database("localhost", 27017)
    assert "option 'db', key port: is missing" in config.status.last_error
    with pytest.raises(SchemaError):
        open_config(store, schema={"db": Database})


def test_file_cannot_be_written(store, clock, open_config, tmp_path, caplog):
    """A folder that cannot be written harms nothing, and is logged once."""
    (tmp_path / "file").write_text("in the way")
    config = open_config(store, fallback=tmp_path / "file" / "last.json")
    clock.advance(600)
    assert config.status.consecutive_failures == 0
    assert [record.getMessage() for record in caplog.records] == [
        "store 'prod': the fallback file could not be written: FileExistsError"
    ]


def test_file_can_be_written_again(store, clock, open_config, tmp_path):
    """A file that could not be written is written as soon as that is possible."""
    (tmp_path / "file").write_text("in the way")
    open_config(store, fallback=tmp_path / "file" / "last.json")
    (tmp_path / "file").unlink()
    clock.advance(30)
    assert (tmp_path / "file" / "last.json").exists()


def test_full_disk(store, clock, open_config, path, monkeypatch, caplog):
    """A write that fails in the middle leaves the old file and no other."""

    def full(*_):
        raise OSError(28, "No space left on device")

    open_config(store, fallback=path)
    old = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    store.set("db", {"host": "elsewhere"})
    clock.advance(30)
    assert path.read_bytes() == old
    assert [one.name for one in path.parent.iterdir()] == ["last.json"]
    assert "could not be written: OSError" in caplog.text


def test_values_that_no_file_holds(scripted_store, open_config, path, caplog):
    """A store that gives what is no value harms its fallback and nothing else."""
    store = scripted_store({"db": {"odd": object()}})
    config = open_config(store, fallback=path)
    assert "odd" in config.db
    assert "could not be written: TypeError" in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_process_that_ended_while_it_saved(store, open_config, path):
    """What a killed process left of its fallback file is removed at the next start."""
    path.parent.mkdir()
    child = os.fork()
    if child == 0:
        with replaced_file(path) as file:
            file.write("a password")
            file.flush()
            os._exit(0)
    os.waitpid(child, 0)
    assert len(os.listdir(path.parent)) == 1
    open_config(store, fallback=path)
    assert os.listdir(path.parent) == [path.name]


def test_save_that_is_under_way(store, open_config, path):
    """Another process that is saving just now is left alone."""
    path.parent.mkdir()
    with replaced_file(path):
        open_config(store, fallback=path)
        assert len(os.listdir(path.parent)) == 2
    assert path.read_bytes() == b""


def test_what_only_looks_like_a_leftover(store, open_config, path):
    """Other files, and links in the place of temporary ones, stay."""
    path.parent.mkdir()
    (path.parent / ".other.tmp").touch()
    (path.parent / f".{path.name}.link.tmp").symlink_to(path.parent / ".other.tmp")
    open_config(store, fallback=path)
    assert len(os.listdir(path.parent)) == 3
