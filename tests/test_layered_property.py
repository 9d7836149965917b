"""Layers agree with a ChainMap of each option, through every way to read them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

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
    Environment,
    LayeredStore,
    SimpleConfigStore,
    TimeBasedConfigStore,
)
from confstore.adapter import is_same
from confstore.errors import OptionNotFoundError
from confstore.testing import FakeClock
from confstore_memory import MemoryStore
from effort import at_length

OPTIONS = ("db", "D-B", "uploads", "made")
KEYS = ("host", "port", "Max-Size")
VALUES = (1, 1.5, True, "text", "", None, [1], {"a": 1}, b"b")

any_option = st.sampled_from(OPTIONS)
any_layer = st.integers(0, 2)
some_values = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))


class Layers(RuleBasedStateMachine):
    """Random writes to random layers; the strongest two are an environment and memory."""

    environ: Mapping[str, str] = {"APP_MADE__KEY": "text", "APP_UPLOADS__NEW": "text"}
    given: Mapping[str, Mapping[str, str]] = {"made": {"key": "text"}, "uploads": {"new": "text"}}

    @initialize()
    def begin(self) -> None:
        self.stores = [MemoryStore(name) for name in ("one", "two", "three")]
        self.layers = LayeredStore([Environment("APP_", self.environ), *self.stores])
        self.clock = FakeClock()
        self.config = TimeBasedConfigStore(self.layers, 60, clock=self.clock, random=lambda: 0.5)
        self.told = dict(self.config.get())
        self.config.subscribe(self.tell)
        self.simple = SimpleConfigStore(self.layers)
        self.cached = CachedConfigStore(self.layers)
        self.polls = [(self.layers.poll(), self.expected())]

    def tell(self, option: str, old: Any, new: Any) -> None:
        assert is_same(self.told.get(option), old)
        if new is None:
            del self.told[option]
        else:
            self.told[option] = new

    def expected(self) -> dict[str, dict[str, Any]]:
        piles = [self.given, *(dict(store.items()) for store in self.stores)]
        names = {name for pile in piles for name in pile}
        return {
            name: dict(ChainMap(*(dict(pile.get(name, {})) for pile in piles))) for name in names
        }

    @rule(layer=any_layer, option=any_option, values=some_values)
    def write(self, layer: int, option: str, values: dict[str, Any]) -> None:
        self.stores[layer].set(option, values)

    @rule(layer=any_layer, option=any_option)
    def delete(self, layer: int, option: str) -> None:
        try:
            self.stores[layer].delete(option)
        except OptionNotFoundError:
            return

    @rule(back=st.integers(1, 5), is_due=st.booleans())
    def poll(self, back: int, is_due: bool) -> None:
        poll, state = self.polls[-min(back, len(self.polls))]
        answer = (
            self.layers.poll_due(poll.checkpoint) if is_due else self.layers.poll(poll.checkpoint)
        )
        assert not answer.is_full
        state = {**state, **{name: dict(values) for name, values in answer.changed.items()}}
        state = {name: values for name, values in state.items() if name not in answer.removed}
        assert is_same(state, self.expected())
        # Nothing that is the same is given again.
        again = self.layers.poll(answer.checkpoint)
        assert (dict(again.changed), again.removed) == ({}, frozenset())
        self.polls.append((answer, state))

    @invariant()
    def agree(self) -> None:
        expected = self.expected()
        assert is_same(dict(self.layers.items()), expected)
        self.config.reload()
        self.cached.reload()
        for option in OPTIONS:
            for read in (self.simple, self.cached, self.config):
                assert is_same(read.get(option, default=None), expected.get(option))
            for keys in ((), ("host",)):
                wanted = expected.get(option, {})
                found = self.simple.get(option, keys=keys, default={})
                assert is_same(found, {key: wanted[key] for key in keys if key in wanted})
        assert is_same(self.told, expected)
        assert is_same(self.config.get(), expected)

    def teardown(self) -> None:
        if hasattr(self, "config"):
            self.config.close()


def test_layers_are_a_chain_map_of_each_option() -> None:
    """After any writes to any layers, every way to read agrees with a ChainMap."""
    run_state_machine_as_test(
        Layers,
        settings=settings(
            max_examples=at_length(300, short=20), stateful_step_count=20, deadline=None
        ),
    )
