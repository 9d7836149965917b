"""Where a value comes from: of the config's own snapshot, on every backend."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from confstore import (
    CachedConfigStore,
    ConfigStore,
    Environment,
    LayeredStore,
    Origin,
    SimpleConfigStore,
    TimeBasedConfigStore,
    explain,
    origin,
)
from confstore.documents import lines_in_json
from confstore.errors import OptionNotFoundError
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore
from confstore_memory import MemoryStore
from effort import at_length
from forked import fork


@pytest.fixture
def table(dynamodb_client: Any) -> Iterator[DynamoDBStore]:
    name = f"origin-{uuid.uuid4().hex}"
    yield DynamoDBStore(dynamodb_client, name, "prod")
    with suppress(dynamodb_client.exceptions.ResourceNotFoundException):
        dynamodb_client.delete_table(TableName=name)


def test_names_the_variable_the_line_and_the_table(tmp_path: Path, table: DynamoDBStore) -> None:
    """Each kind of layer has its way to say where a value is."""
    path = tmp_path / "my dev.json"
    path.write_text('{\n  "db": {\n    "host": "h", "port": 1,\n    "user": "u"\n  }\n}\n')
    table.set("db", {"port": 2, "user": "v", "pool": 3})
    name = table.location().split("/")[2]
    layers = LayeredStore([Environment("APP_", {"APP_DB__PORT": "5"}), FileStore(path), table])
    file, store = f"file:{str(path).replace(' ', '%20')}", f"dynamodb://{name}/prod"
    with TimeBasedConfigStore(layers) as config:
        assert origin(config, "db", "port") == Origin("env:APP_", "APP_DB__PORT", (file, store))
        assert origin(config, "db", "user") == Origin(file, f"{path}:4", (store,))
        assert origin(config, "db", "host") == Origin(file, f"{path}:3", ())
        assert origin(config, "db", "pool") == Origin(store, f"table {name!r}, store 'prod'", ())


def test_works_for_every_strategy_and_store() -> None:
    """A config of a plain store has one layer, and a store is explained as it is now."""
    memory = MemoryStore("some where", {"db": {"port": 1}})
    expected = Origin("memory:some%20where", "memory:some%20where", ())
    assert origin(memory, "db", "port") == expected
    assert origin(SimpleConfigStore(memory), "db", "port") == expected
    assert origin(CachedConfigStore(memory), "db", "port") == expected
    with TimeBasedConfigStore(memory) as config:
        assert origin(config, "db", "port") == expected
    layers = LayeredStore([Environment("APP_", {"APP_DB__PORT": "5"}), memory])
    expected = Origin("env:APP_", "APP_DB__PORT", ("memory:some%20where",))
    assert origin(layers, "db", "port") == expected
    assert origin(SimpleConfigStore(layers), "db", "port") == expected
    assert origin(CachedConfigStore(layers), "db", "port") == expected


class Elsewhere:
    """A store that cannot say where it is."""

    name = "third"

    def get(self, option: str, **_: Any) -> Any:
        return {"a": 1}

    def items(self, **_: Any) -> Any:
        return iter([("db", {"a": 1}), ("none", {})])

    def close(self) -> None:
        """Nothing."""


def test_a_store_that_cannot_say_where_it_is() -> None:
    """Its name stands for its place."""
    store: Any = Elsewhere()
    assert origin(store, "db", "a") == Origin("third", "store 'third'", ())
    assert origin(LayeredStore([store]), "db", "a") == Origin("third", "store 'third'", ())
    assert [(one.option, one.key) for one in explain(store)] == [("db", "a"), ("none", None)]


@pytest.mark.parametrize(
    "open_", [SimpleConfigStore, CachedConfigStore, TimeBasedConfigStore, lambda store: store]
)
def test_what_is_not_there(open_: Callable[[Any], Any]) -> None:
    """An absent option is an error, and an absent key is another."""
    for store in (
        MemoryStore("m", {"db": {"port": 1}}),
        LayeredStore([MemoryStore("m", {"db": {"port": 1}})]),
    ):
        config = open_(store)
        with pytest.raises(OptionNotFoundError, match="has no option 'none'"):
            origin(config, "none", "port")
        with pytest.raises(LookupError, match=r"option 'db' of store '.*m' has no key 'host'"):
            origin(config, "db", "host")
        if config is not store:
            config.close()


def test_takes_configs_and_stores_only() -> None:
    """Anything else is refused by name."""
    with pytest.raises(TypeError, match="a config or a store belongs here, not a str"):
        origin("file:dev.json", "db", "port")
    with (
        ConfigStore(MemoryStore("m")) as facade,
        pytest.raises(TypeError, match=r"a config or a store belongs here, not a config store"),
    ):
        origin(facade, "db", "port")


def test_an_override_is_named(tmp_path: Path) -> None:
    """What a test replaces comes from the test, and from the store again afterwards."""
    with TimeBasedConfigStore(MemoryStore("m", {"db": {"port": 1}, "o": {"a": 1}})) as config:
        with config.override(db={"port": 2}):
            assert origin(config, "db", "port") == Origin("override()", "override()", ())
            assert origin(config, "o", "a").layer == "memory:m"
            with pytest.raises(LookupError):
                origin(config, "db", "host")
        assert origin(config, "db", "port").layer == "memory:m"


def test_is_of_the_snapshot_and_not_of_the_store() -> None:
    """A write shows in the origin when it shows in the value."""
    top, base = MemoryStore("top"), MemoryStore("base", {"db": {"port": 1}})
    layers = LayeredStore([top, base])
    timed, cached = TimeBasedConfigStore(layers, 60), CachedConfigStore(layers)
    for config in (timed, cached):
        assert origin(config, "db", "port").layer == "memory:base"
    top.set("db", {"port": 1})
    for config in (timed, cached):
        assert origin(config, "db", "port").layer == "memory:base"
        config.reload()
        # The value is the same, and comes from elsewhere now.
        expected = Origin("memory:top", "memory:top", ("memory:base",))
        assert origin(config, "db", "port") == expected
    timed.close()


def test_is_known_in_a_forked_child() -> None:
    """A child knows where its inherited snapshot comes from."""
    base = MemoryStore("base", {"db": {"port": 1}})
    config = TimeBasedConfigStore(LayeredStore([MemoryStore("top"), base]), 60)

    def child() -> None:
        config.reload()
        assert origin(config, "db", "port").layer == "memory:base"

    fork(child).join()
    config.close()


def test_the_line_of_a_file_that_changed_since_is_not_made_up(tmp_path: Path) -> None:
    """The line is that of the snapshot, or none."""
    path = tmp_path / "dev.json"
    path.write_text('{"db": {\n"port": 1}}')
    store = FileStore(path)
    with TimeBasedConfigStore(store, 60) as config:
        path.write_text('{"db": {\n\n\n"port": 1}}')
        assert origin(config, "db", "port").source == str(path)
        assert origin(store, "db", "port").source == f"{path}:4"
        config.reload()
        assert origin(config, "db", "port").source == f"{path}:4"
        assert origin(config, "db", "port").source == f"{path}:4"
        assert store.place_of("db", "port") == f"{path}:4"
        path.unlink()
        assert store.place_of("db", "port") == str(path)


def test_lines_in_json() -> None:
    """Every key of a document has a line, and a text that is none has no key."""
    assert lines_in_json(b'\xef\xbb\xbf{"a": {"b": {"c": 1},\n"d": [1]},\n"e": {"f": 2}}') == {
        ("a", "b"): 1,
        ("a", "d"): 2,
        ("e", "f"): 3,
    }
    for broken in (b"", b"[1]", b"{", b"\xff"):
        assert lines_in_json(broken) == {}


def test_explains_every_key() -> None:
    """Winner and losers of each key, by option; a fault of an option is told once."""
    environ = {"APP_DB__PORT": "5", "APP_D_B__A": "x"}
    base = MemoryStore("base", {"db": {"host": "h", "port": 1}, "none": {}, "d-b": {}, "d_b": {}})
    layers = LayeredStore([Environment("APP_", environ), MemoryStore("top", {"none": {}}), base])
    found = list(explain(layers))
    assert [(one.option, one.key) for one in found] == [
        ("d-b", None),
        ("d_b", None),
        ("db", "host"),
        ("db", "port"),
        ("none", None),
    ]
    assert "APP_D_B__A stands for" in str(found[0].fault)
    assert [(one.layer, one.source, one.value) for one in found[3].candidates] == [
        ("env:APP_", "APP_DB__PORT", 5),
        ("memory:base", "memory:base", 1),
    ]
    assert "5" not in repr(found[3].candidates)
    assert list(explain(layers, "db")) == found[2:4]
    with pytest.raises(OptionNotFoundError):
        list(explain(layers, "absent"))


# -- at every step -----------------------------------------------------------------------------


NAMES = ("db", "D-B", "made")
KEYS = ("port", "Host")


@attrs.define
class Place:
    """A layer's options, as a test writes them."""

    store: Any
    label: str


class Origins(RuleBasedStateMachine):
    """Random writes and reloads: origin and value agree."""

    @initialize()
    def begin(self) -> None:
        self.stores = [MemoryStore("top"), MemoryStore("base")]
        environ = {"APP_MADE__PORT": "env", "APP_DB__PORT": "env"}
        self.layers = LayeredStore([Environment("APP_", environ), *self.stores])
        self.config = TimeBasedConfigStore(self.layers, 60)
        self.cached = CachedConfigStore(self.layers)

    @rule(
        layer=st.integers(0, 1),
        option=st.sampled_from(NAMES),
        keys=st.sets(st.sampled_from(KEYS)),
    )
    def write(self, layer: int, option: str, keys: set[str]) -> None:
        store = self.stores[layer]
        # The value says where it is from.
        store.set(option, dict.fromkeys(keys, store.location()))

    @rule(layer=st.integers(0, 1), option=st.sampled_from(NAMES))
    def delete(self, layer: int, option: str) -> None:
        with suppress(OptionNotFoundError):
            self.stores[layer].delete(option)

    @rule()
    def reload(self) -> None:
        self.config.reload()
        self.cached.reload()

    @invariant()
    def agree(self) -> None:
        for option in NAMES:
            for config in (self.config, self.cached):
                for key, value in config.get(option, default={}).items():
                    found = origin(config, option, key)
                    assert found.layer == ("env:APP_" if value == "env" else value)
                    assert found.layer not in found.overridden

    def teardown(self) -> None:
        if hasattr(self, "config"):
            self.config.close()


def test_agrees_with_the_value_at_every_step() -> None:
    """Whatever was written and read meanwhile, the origin is that of the value."""
    run_state_machine_as_test(
        Origins,
        settings=settings(
            max_examples=at_length(200, short=20), stateful_step_count=20, deadline=None
        ),
    )


def test_needs_no_root(tmp_path: Path) -> None:
    """A file that cannot be read any more has no line, and is no error."""
    path = tmp_path / "dev.json"
    path.write_text('{"db": {"port": 1}}')
    store = FileStore(path)
    state = store.poll().checkpoint
    os.replace(path, tmp_path / "other.json")
    assert store.place_of("db", "port", state) == str(path)
