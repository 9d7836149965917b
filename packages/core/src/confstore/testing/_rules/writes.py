"""What writing does: `set`, `update` and `delete`."""

# ruff: noqa: S101 (a contract is made of assertions)

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from confstore._values.canonical import MAX_OPTION_SIZE_B
from confstore._values.keys import MAX_KEY_B
from confstore._values.names import MAX_OPTION_B
from confstore._values.read_only import freeze
from confstore._values.sizes import option_size_b
from confstore._values.types import Values
from confstore.testing._edges import EDGE_VALUES, EQUAL_BUT_NOT_SAME
from confstore.testing._machine import (
    Machine,
    has_options,
    is_unplayed,
    known_option,
    some_option,
)
from confstore.testing._names import FAMILIES
from confstore.testing._ownership import spoil
from confstore.testing._strategies import any_key, any_option, any_value, any_values

__all__ = ["WriteRules"]

_family = st.sampled_from(FAMILIES)


@st.composite
def _any_change(draw: st.DrawFn) -> tuple[str, Values, list[str]]:
    """An option, there or not, what to set in it and what to remove from it."""
    machine = draw(st.runner())
    option = draw(some_option)
    has_keys = bool(machine.model.options.get(option))
    known = st.sampled_from(sorted(machine.model.options[option])) if has_keys else any_key
    key = st.one_of(known, any_key)
    values = draw(st.dictionaries(key, any_value, max_size=3))
    remove = draw(st.lists(key.filter(lambda key: key not in values), max_size=3))
    return option, values, remove


class WriteRules(Machine):
    """Every accepted write has its whole effect, and no other."""

    @rule(option=some_option, values=any_values)
    def set_option(self, option: str, values: Values) -> None:
        """An option is made, or replaced as a whole; what was given stays the caller's."""
        self.write(option, values)

    @precondition(has_options)
    @rule(option=known_option)
    def set_same_values(self, option: str) -> None:
        """Writing what was read changes nothing."""
        self.write(option, self.store.get(option))

    @precondition(has_options)
    @rule(option=any_option, source=known_option)
    def set_read_only_values(self, option: str, source: str) -> None:
        """What a config gives can be written: read-only values are values."""
        frozen = freeze(self.model.options[source])
        self.do("set", option, frozen)
        self.read(option)

    @rule(option=some_option)
    def set_no_values(self, option: str) -> None:
        """An option without a key is there."""
        self.write(option, {})

    @rule(option=some_option)
    def set_edge_values(self, option: str) -> None:
        """What is falsy, at a limit, or like something else is read back as it was written."""
        self.write(option, dict(EDGE_VALUES))

    @rule(option=some_option, is_update=st.booleans())
    def set_equal_values(self, option: str, is_update: bool) -> None:
        """What Python finds equal is still another value."""
        for values in zip(*EQUAL_BUT_NOT_SAME, strict=True):
            entries = {str(index): value for index, value in enumerate(values)}
            if is_update:
                self.change(option, entries)
            else:
                self.write(option, entries)

    @rule(change=_any_change())
    def update_option(self, change: tuple[str, Values, list[str]]) -> None:
        """The named keys are changed or removed, the others stay; the option is made if absent."""
        self.change(*change)

    @rule(option=some_option)
    def update_nothing(self, option: str) -> None:
        """An update of nothing makes the option if it is absent, and else changes nothing."""
        self.change(option, {})

    @rule(option=some_option, keys=st.sets(any_key, min_size=1, max_size=3))
    def update_by_removing(self, option: str, keys: set[str]) -> None:
        """Removing what is not there is no error; the option is made if it is absent."""
        self.change(option, {}, keys)

    @rule(option=some_option, values=any_values)
    def update_part_by_part(self, option: str, values: Values) -> None:
        """A key that one update has set is not lost by the next, nor by one that removes."""
        self.write(option, {"kept": [1], "removed": 1, **values})
        self.change(option, {"added": None})
        self.change(option, {"kept": [2]}, ["removed"])
        self.change(option, {}, ("added", "absent"))

    @precondition(has_options)
    @rule(option=known_option)
    def delete_option(self, option: str) -> None:
        """A deleted option is gone, and cannot be deleted again."""
        self.do("delete", option)
        self.read(option)
        self.do("delete", option)

    @rule(option=any_option)
    def delete_some_option(self, option: str) -> None:
        """Deleting an option that is not there says so."""
        self.do("delete", option)

    @precondition(is_unplayed("twin options"))
    @rule(family=_family)
    def set_twin_options(self, family: Collection[str]) -> None:
        """Names that are near one another are the names of different options."""
        self.played.add("twin options")
        for option in family:
            self.do("set", option, {"name": option})
        self.check_items(self.store, self.model)
        for option in list(family)[::2]:
            self.do("delete", option)
        for option in family:
            self.read(option)

    @rule(option=some_option)
    def set_twin_keys(self, option: str) -> None:
        """Keys that are near one another are different keys."""
        keys = sorted({key for family in FAMILIES for key in family})
        self.write(option, {key: key for key in keys})
        self.do("get", option, keys=keys[::2])
        self.change(option, dict.fromkeys(keys[::3]), keys[1::3])

    @precondition(is_unplayed("limits"))
    @rule(letter=st.sampled_from(["a", "\u00e9"]))
    def set_at_the_limits(self, letter: str) -> None:
        """The longest name, the longest key and the largest option are accepted and read back."""
        self.played.add("limits")
        letter_b = len(letter.encode())
        option = letter * (MAX_OPTION_B // letter_b)
        key = letter * (MAX_KEY_B // letter_b)
        room_b = MAX_OPTION_SIZE_B - option_size_b(option, {key: "", "text": ""})
        text = letter * (room_b // letter_b) + "a" * (room_b % letter_b)
        self.write(option, {key: "", "text": text})
        self.change(option, {key: text}, ["text"])
        self.do("get", option, keys=[key])
        self.do("delete", option)

    def change(self, option: str, values: Values, remove: Collection[str] = ()) -> None:
        """Update an option, change what was given, and read the option through every handle."""
        given, removed = deepcopy(values), deepcopy(remove)
        self.do("update", option, given, remove=removed)
        assert given == values, "update has changed what it was given"
        spoil(given)
        spoil(removed)
        self.read(option)
