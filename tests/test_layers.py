"""Layers: what is merged, what is asked when, and what a failing layer does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from confstore import (
    Environment,
    LayeredStore,
    Poll,
    Store,
    TimeBasedConfigStore,
    ability,
    open_store,
)
from confstore.errors import (
    CorruptStoreError,
    OptionNotFoundError,
    ReadOnlyStoreError,
    StoreClosedError,
    StoreUnavailableError,
)
from confstore.testing import FakeClock
from confstore_file import FileStore
from confstore_memory import MemoryStore


class HintedStore(MemoryStore):
    """Memory that wants to be asked now and then, and counts how often it is."""

    def __init__(self, hint_s: float, options: Any = None, name: str = "prod") -> None:
        super().__init__(name, options)
        self.hint_s = hint_s
        self.polls: list[bool] = []

    def update_interval_hint(self) -> float:
        return self.hint_s

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        self.polls.append(consistent)
        return super().poll(checkpoint, consistent=consistent)


class PlainStore:
    """A store with nothing but the methods of every store."""

    name = "plain"

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        self.closes = 0

    def get(self, option: str, *, keys: Any = None, consistent: bool = True) -> Any:
        if option not in self.options:
            raise OptionNotFoundError(self.name, option)
        return self.options[option]

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Any]]:
        return iter(list(self.options.items()))

    def close(self) -> None:
        self.closes += 1


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_config(clock: FakeClock) -> Iterator[Callable[..., Any]]:
    opened: list[Any] = []

    def open_(layers: Any, **options: Any) -> Any:
        store = LayeredStore(layers, clock=clock, random=lambda: 0.5)
        opened.append(TimeBasedConfigStore(store, clock=clock, random=lambda: 0.5, **options))
        return opened[-1]

    yield open_
    for config in opened:
        config.close()


# -- merging -----------------------------------------------------------------------------------


def test_merges_by_key_and_never_deeper() -> None:
    """The strongest layer that has a key gives its whole value."""
    strong = MemoryStore("strong", {"db": {"pool": {"size": 5}}, "only": {"a": 1}})
    weak = MemoryStore("weak", {"db": {"pool": {"size": 1, "wait": 2}, "host": "db"}})
    layers = LayeredStore([strong, weak])
    assert layers.get("db") == {"pool": {"size": 5}, "host": "db"}
    assert layers.get("db", keys=["host", "none"]) == {"host": "db"}
    assert dict(layers.items()) == {
        "db": {"pool": {"size": 5}, "host": "db"},
        "only": {"a": 1},
    }
    with pytest.raises(OptionNotFoundError, match="store 'memory:strong memory:weak' has no"):
        layers.get("none")


def test_reads_are_the_callers_own() -> None:
    """What a read gives can be changed, and no layer with it."""
    layers = LayeredStore([MemoryStore("one", {"db": {"hosts": ["a"]}}), MemoryStore("two")])
    layers.get("db")["hosts"].append("b")
    dict(layers.items())["db"]["hosts"].append("b")
    assert layers.get("db") == {"hosts": ["a"]}


def test_takes_stores_without_any_ability() -> None:
    """A layer may be a store that cannot poll."""
    plain = PlainStore({"db": {"port": 1}})
    layers = LayeredStore([plain, MemoryStore("two", {"db": {"host": "h"}})])  # type: ignore[list-item]  # it only reads
    first = layers.poll()
    assert first.is_full
    plain.options = {"new": {}}
    poll = layers.poll(first.checkpoint)
    assert (dict(poll.changed), poll.removed) == ({"db": {"host": "h"}, "new": {}}, frozenset())
    plain.options = {}
    assert layers.poll(poll.checkpoint).removed == {"new"}
    assert layers.name == "plain memory:two"
    assert layers.update_interval_hint() == 1.0


def test_layers_in_layers() -> None:
    """A layered store is a store, and can be a layer."""
    inner = LayeredStore([Environment("IN_", {"IN_A__B": "2"}), MemoryStore("x", {"a": {"b": 1}})])
    outer = LayeredStore([MemoryStore("top", {"a": {"c": 3}}), inner])
    assert outer.get("a") == {"b": 2, "c": 3}
    assert outer.name == "memory:top env:IN_ memory:x"


def test_is_written_through_its_layers() -> None:
    """It refuses to write, and says where to; a layer shows at once what was written to it."""
    layers = LayeredStore([Environment("APP_", {}), MemoryStore("one"), MemoryStore("two")])
    for write in (
        lambda: layers.set("db", {}),
        lambda: layers.update("db", {}),
        lambda: layers.delete("db"),
    ):
        with pytest.raises(ReadOnlyStoreError, match="only reads: it has several layers: write to"):
            write()
    store = layers[2]
    assert not isinstance(store, Environment)
    store.set("db", {"port": 1})
    assert layers.get("db") == {"port": 1}
    assert len(layers) == 3
    assert layers[1:] == (layers[1], store)
    assert repr(layers) == "<LayeredStore 'env:APP_ memory:one memory:two'>"


def test_needs_a_store() -> None:
    """Environments alone are no store, and neither is anything else."""
    with pytest.raises(ValueError, match="at least one layer that is a store"):
        LayeredStore([Environment("APP_", {})])
    with pytest.raises(TypeError, match="a store belongs here, not a str"):
        LayeredStore(["file:dev.json"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="at least one layer"):
        LayeredStore([])


# -- its life ----------------------------------------------------------------------------------


def test_closes_its_layers() -> None:
    """Closing it closes each layer once, and refuses further calls."""
    plain = PlainStore({})
    memory = MemoryStore("one")
    layers = LayeredStore([memory, plain])  # type: ignore[list-item]  # it only reads
    checkpoint = layers.poll().checkpoint
    with layers:
        pass
    layers.close()
    assert plain.closes == 1
    for call in (
        lambda: layers.get("db"),
        lambda: layers.get_traced("db"),
        layers.items,
        layers.poll,
        lambda: layers.poll_due(checkpoint),
        lambda: layers.set("db", {}),
        lambda: layers.restore([]),
    ):
        with pytest.raises(StoreClosedError, match="store 'memory:one plain' is closed"):
            call()
    with pytest.raises(StoreClosedError):
        memory.get("db")


def test_one_layer_that_cannot_be_closed_keeps_none_open() -> None:
    """Every layer is closed, whatever another one raises."""

    class Stubborn(PlainStore):
        def close(self) -> None:
            super().close()
            raise OSError("no")

    plain, stubborn = PlainStore({}), Stubborn({})
    with pytest.raises(OSError, match="no"):
        LayeredStore([plain, stubborn]).close()  # type: ignore[list-item]  # they only read
    assert (plain.closes, stubborn.closes) == (1, 1)


def test_a_closed_layer_is_an_error() -> None:
    """A layer that somebody else closed fails the reads."""
    memory = MemoryStore("one")
    layers = LayeredStore([memory, MemoryStore("two")])
    memory.close()
    for call in (lambda: layers.get("db"), lambda: list(layers.items()), layers.poll):
        with pytest.raises(StoreClosedError, match="store 'one' is closed"):
            call()


# -- intervals ---------------------------------------------------------------------------------


def test_each_layer_keeps_its_own_interval(
    clock: FakeClock, open_config: Callable[..., Any]
) -> None:
    """A background refresh asks the layers that are due, once each; reload() asks all."""
    fast, slow = HintedStore(1, name="fast"), HintedStore(60, name="slow")
    config = open_config([Environment("APP_", {}), fast, slow])
    assert (fast.polls, slow.polls) == ([True], [True])
    # The first refresh comes after half of a second, and that of the slow layer after 30.
    clock.advance(29)
    assert len(fast.polls) == 30
    assert len(slow.polls) == 1
    clock.advance(2)
    assert (len(fast.polls), len(slow.polls)) == (32, 2)
    clock.advance(59)
    assert len(slow.polls) == 2
    clock.advance(2)
    assert slow.polls == [True, False, False]
    config.reload()
    assert slow.polls[-1] is True
    # Asked just now: it is due in a minute.
    clock.advance(58)
    assert len(slow.polls) == 4


def test_a_given_interval_is_that_of_every_layer(
    clock: FakeClock, open_config: Callable[..., Any]
) -> None:
    """Who names an interval means all of the layers."""
    fast, slow = HintedStore(1, name="fast"), HintedStore(60, name="slow")
    open_config([fast, slow], update_interval=10)
    clock.advance(5)
    clock.advance(10)
    assert fast.polls == slow.polls == [True, False, False]


def test_the_only_interval_is_kept(clock: FakeClock, open_config: Callable[..., Any]) -> None:
    """Layers of one interval are asked at each refresh, whatever the jitter."""
    one, two = HintedStore(60, name="one"), HintedStore(60, name="two")
    open_config([one, two])
    clock.advance(30)
    clock.advance(60)
    assert len(one.polls) == len(two.polls) == 3


def test_memory_alone_is_read_at_once() -> None:
    """Layers that cost nothing to look at are looked at before each read."""
    top, base = MemoryStore("top"), MemoryStore("base", {"db": {"port": 1}})
    with TimeBasedConfigStore(LayeredStore([Environment("APP_", {}), top, base])) as config:
        top.set("db", {"port": 2})
        assert config.db["port"] == 2


def test_two_configs_do_not_take_each_others_turns(clock: FakeClock) -> None:
    """Each config sees the changes of a slow layer, though both read through the same layers."""
    fast, slow = HintedStore(1, name="fast"), HintedStore(60, {"db": {"port": 1}}, name="slow")
    layers = LayeredStore([fast, slow], clock=clock, random=lambda: 0.5)
    with (
        TimeBasedConfigStore(layers, clock=clock, random=lambda: 0.5) as one,
        TimeBasedConfigStore(layers, clock=clock, random=lambda: 0.5) as two,
    ):
        slow.set("db", {"port": 2})
        clock.advance(32)
        assert one.db["port"] == two.db["port"] == 2


def test_an_idle_refresh_gives_nothing() -> None:
    """Nothing is merged where nothing changed, and what is hidden is no change."""
    top = MemoryStore("top", {"db": {"port": 1}})
    base = MemoryStore("base", {"db": {"port": 2}})
    layers = LayeredStore([top, base])
    first = layers.poll()
    second = layers.poll(first.checkpoint)
    assert (second.changed, second.removed, second.is_full) == ({}, frozenset(), False)
    base.set("db", {"port": 3})
    assert layers.poll(second.checkpoint).changed == {}
    # Half of the option goes away, and what was below shows.
    top.delete("db")
    assert layers.poll(second.checkpoint).changed == {"db": {"port": 3}}


# -- layers that fail ----------------------------------------------------------------------------


def test_a_failing_layer_fails_the_refresh_and_is_left_alone(
    clock: FakeClock, open_config: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The last good snapshot stays, whole; the layer is asked again when it is due."""
    fast = HintedStore(1, {"db": {"port": 1}}, name="fast")
    slow = HintedStore(60, {"db": {"host": "a"}}, name="slow")
    config = open_config([fast, slow])
    slow.fail(on="poll")
    clock.advance(31)
    assert len(slow.polls) == 2
    fast.set("db", {"port": 2})
    clock.advance(1)
    assert len(slow.polls) == 2
    assert config.db == {"port": 1, "host": "a"}
    assert "store 'slow' is unavailable" in config.status.last_error
    # Once more within a tenth of the interval, then after a whole one.
    clock.advance(3)
    assert len(slow.polls) == 3
    clock.advance(55)
    assert len(slow.polls) == 3
    assert sum("refresh failed" in record.message for record in caplog.records) == 1
    slow.heal()
    clock.advance(4)
    assert config.db == {"port": 2, "host": "a"}
    assert config.status.last_error is None


def test_reload_asks_a_failing_layer_at_once(open_config: Callable[..., Any]) -> None:
    """reload() does not wait until a failed layer is due."""
    fast, slow = HintedStore(1, name="fast"), HintedStore(60, name="slow")
    config = open_config([fast, slow])
    slow.fail(times=1, on="poll")
    with pytest.raises(StoreUnavailableError):
        config.reload()
    slow.set("db", {"port": 1})
    config.reload()
    assert config.db == {"port": 1}


# -- files ---------------------------------------------------------------------------------------


def test_a_hand_edit_shows_at_the_next_look(tmp_path: Path) -> None:
    """Whoever edits the file of a layer sees the effect."""
    path = tmp_path / "dev.json"
    path.write_text('{"db": {"port": 1}}')
    layers = LayeredStore([FileStore(path), MemoryStore("base", {"db": {"host": "h"}})])
    assert layers.get("db") == {"port": 1, "host": "h"}
    path.write_text('{"db": {"port": 22}}')
    assert layers.get("db") == {"port": 22, "host": "h"}


def test_an_optional_file_may_come_and_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Absent is empty, without a word; gone at two looks is absent, and not an outage."""
    path = tmp_path / "dev.json"
    layers = LayeredStore(
        [open_store(f"file:{path}?optional", purpose="read"), MemoryStore("b", {"db": {"p": 1}})]
    )
    first = layers.poll()
    assert dict(first.changed) == {"db": {"p": 1}}
    path.write_text('{"db": {"p": 2}}')
    second = layers.poll(first.checkpoint)
    assert dict(second.changed) == {"db": {"p": 2}}
    path.unlink()
    with pytest.raises(StoreUnavailableError, match="an editor may be saving it"):
        layers.poll(second.checkpoint)
    third = layers.poll(second.checkpoint)
    assert dict(third.changed) == {"db": {"p": 1}}
    path.write_text('{"db": {"p": 3}}')
    fourth = layers.poll(third.checkpoint)
    assert dict(fourth.changed) == {"db": {"p": 3}}
    # Saved by an editor: gone at one look only, twice.
    for port in (4, 5):
        path.unlink()
        with pytest.raises(StoreUnavailableError):
            layers.poll(fourth.checkpoint)
        path.write_text(f'{{"db": {{"p": {port}}}}}')
        assert dict(layers.poll(fourth.checkpoint).changed) == {"db": {"p": port}}
    assert caplog.record_tuples == []


def test_an_optional_file_may_not_be_broken(tmp_path: Path) -> None:
    """Optional is about absence alone."""
    path = tmp_path / "dev.json"
    path.write_text('{"db": ')
    layers = LayeredStore([FileStore(path, optional=True), MemoryStore("base")])
    with pytest.raises(CorruptStoreError, match=r"dev\.json:1:8"):
        layers.poll()


def test_a_file_that_is_not_optional_is_missed(tmp_path: Path) -> None:
    """The file of a layer must be there, unless it is optional."""
    layers = open_store([f"file:{tmp_path}/dev.json", "memory:base"], purpose="read")
    with pytest.raises(LookupError, match="does not exist"):
        list(layers.items())


# -- fallback ------------------------------------------------------------------------------------


class RemoteStore(HintedStore):
    """Memory that stands for a backend elsewhere."""

    def share_as_remote(self) -> RemoteStore:
        handle = RemoteStore(self.hint_s)
        handle._contents, handle._faults = self._contents, self._faults
        return handle

    def is_local(self) -> bool:
        return False


def test_a_fallback_keeps_the_layers_elsewhere(tmp_path: Path, clock: FakeClock) -> None:
    """A start without the network reads environment and files afresh over the saved layers."""
    path, fallback = tmp_path / "dev.json", tmp_path / "fallback.json"
    path.write_text('{"db": {"user": "old"}}')
    options = {"db": {"host": "remote", "port": 1, "user": "remote", "bytes": b"x"}}
    remote = RemoteStore(60, options)

    def layers(environ: dict[str, str]) -> LayeredStore:
        given = [Environment("APP_", environ), FileStore(path), remote.share_as_remote()]
        return LayeredStore(given, clock=clock)

    with TimeBasedConfigStore(layers({"APP_DB__PORT": "2"}), fallback=fallback, clock=clock) as one:
        assert one.db["port"] == 2
    saved = fallback.read_text()
    assert "old" not in saved
    assert '"port": 1' in saved
    path.write_text('{"db": {"user": "new"}}')
    remote.fail()
    with TimeBasedConfigStore(layers({"APP_DB__PORT": "3"}), fallback=fallback, clock=clock) as two:
        assert two.status.is_fallback
        assert two.db == {"host": "remote", "port": 3, "user": "new", "bytes": b"x"}
        remote.heal()
        remote.update("db", {"host": "again"})
        two.reload()
        assert not two.status.is_fallback
        assert two.db["host"] == "again"


def test_a_fallback_of_other_layers_is_refused(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Layers that were added since cannot be made up."""
    fallback = tmp_path / "fallback.json"
    remote = RemoteStore(60, {"db": {"port": 1}})
    with TimeBasedConfigStore(LayeredStore([remote]), fallback=fallback, clock=clock):
        pass
    remote.fail()

    class Twice(RemoteStore):
        def location(self) -> str:
            return ""

    empty = Twice(60)
    empty.fail()
    # The same name, one layer more.
    layers = LayeredStore([remote.share_as_remote(), empty])
    layers.name = "memory:prod"
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(StoreUnavailableError),
    ):
        TimeBasedConfigStore(layers, fallback=fallback, startup_timeout=0.01)
    assert "it is of other layers" in caplog.text


def test_layers_are_found_by_their_abilities() -> None:
    """A layered store has no journal and cannot be written in bulk."""
    from confstore import BulkStore, JournaledStore, PartedStore, ScheduledStore

    layers: Store = LayeredStore([MemoryStore("one")])
    assert ability(layers, JournaledStore) is None
    assert ability(layers, BulkStore) is None
    assert ability(layers, ScheduledStore) is layers
    assert ability(layers, PartedStore) is layers
    assert ability(layers, PartedStore).remote_parts(None) == []  # type: ignore[union-attr]
