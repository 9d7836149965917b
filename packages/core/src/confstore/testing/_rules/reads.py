"""Rules of reading: `get` and `items`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import rule

from confstore._values.keys import RESERVED_KEYS
from confstore._values.read_only import is_same
from confstore.testing._checks import assert_plain, spoil
from confstore.testing._rules.machine import (
    Machine,
    has_options,
    known_option,
    rule_if,
    some_option,
)
from confstore.testing._samples.invalid import INVALID_KEYS
from confstore.testing._strategies import any_key, any_option

__all__ = ["ReadRules"]


def _keys_of_dict(keys: list[str]) -> Collection[str]:
    return dict.fromkeys(keys).keys()


_Build: TypeAlias = Callable[[list[str]], Collection[str]]
_any_build: st.SearchStrategy[_Build] = st.sampled_from(
    [list, tuple, set, frozenset, _keys_of_dict]
)


class ReadRules(Machine):
    """Every read is complete, strict in types, and the reader's own."""

    @rule(option=some_option)
    def get_option(self, option: str) -> None:
        """An option is read whole, or reported absent; the answer is the reader's own."""
        self.read(option)

    @rule(option=any_option, keys=st.lists(any_key, max_size=2))
    def get_keys_of_some_option(self, option: str, keys: list[str]) -> None:
        """An absent option is absent for any keys."""
        self.do("get", option, keys=keys)

    @rule_if(
        has_options, option=known_option, others=st.lists(any_key, max_size=3), build=_any_build
    )
    def get_keys(self, option: str, others: list[str], build: _Build) -> None:
        """The existing ones of the keys come back, from any collection, also if named twice."""
        known = sorted(self.model.options[option])
        for keys in ([], known, known[::2], others, [*known[1:], *others, *known]):
            wanted = build(keys)
            self.do("get", option, keys=wanted, why=repr(keys)[:80])

    @rule(option=some_option)
    def get_keys_in_many_ways(self, option: str) -> None:
        """Existing, missing, both, none and very many keys; and keys that no option can have."""
        self.write(option, {"a": 1, "b": {"a": 2}, "a.b": 3, "falsy": 0, "none": None})
        many = [f"{'long' * 10} {number}" for number in range(400)]
        for keys in (
            ["a"],
            ["missing"],
            ["a", "missing", "a.b"],
            ["falsy", "none"],
            [],
            [*many, "a"],
            sorted(RESERVED_KEYS),
            ["", "\ud800", "a" * 70_000],
        ):
            self.do("get", option, keys=keys, why=repr(keys)[:80])

    @rule(option=some_option)
    def get_keys_of_empty_option(self, option: str) -> None:
        """An option without a key exists, for any keys."""
        self.write(option, {})
        for keys in ([], ["a"]):
            self.do("get", option, keys=keys, why=repr(keys)[:80])

    @rule(option=some_option)
    def get_invalid_keys(self, option: str) -> None:
        """A string or a mapping is refused as a collection of keys."""
        self.write(option, {"host": 1, "h": 2})
        for reason, keys in INVALID_KEYS.items():
            assert not self.do("get", option, keys=keys, why=reason)

    @rule_if(has_options)
    def spoil_items(self) -> None:
        """The values that `items` gives are the reader's own."""
        for _, values in list(self.store.items()):
            spoil(values)

    @rule(options=st.lists(any_option, min_size=4, max_size=5, unique=True))
    def write_while_reading(self, options: list[str]) -> None:
        """A reader may pause between options while others are written and removed."""
        for option in options:
            self.write(option, {"a": 1})
        before = dict(self.model.options)
        reading = iter(self.store.items())
        seen = dict([next(reading)])
        (first,) = seen
        self.write(options[0], {"a": 2})
        self.write("new option", {"a": 3})
        self.do("delete", first)
        for option, values in reading:
            assert option not in seen, f"items gives {option!r} twice"
            seen[option] = values
        for option in before.keys() - {first, options[0], "new option"}:
            assert option in seen, f"items has lost {option!r}, which nobody touched"
            assert is_same(seen[option], before[option])

    @rule_if(has_options, option=known_option)
    def read_eventually(self, option: str) -> None:
        """An eventually consistent read may be old, and keeps every other promise."""
        store = self.store
        assert_plain(dict(store.items(consistent=False)))
        assert_plain(store.get(option, consistent=False))
        assert store.get(option, keys=[], consistent=False) == {}
