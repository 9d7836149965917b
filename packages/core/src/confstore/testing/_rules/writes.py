"""Rules of writing: one option, many at once, and what every store must refuse."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from typing import cast

from hypothesis import strategies as st
from hypothesis.stateful import rule

from confstore._journal.commits import MAX_CHANGES
from confstore._stores.protocols import BulkStore, Change, ability
from confstore._values.canonical import MAX_OPTION_SIZE_B
from confstore._values.keys import MAX_KEY_B, RESERVED_KEYS
from confstore._values.names import MAX_OPTION_B
from confstore._values.sizes import option_size_b
from confstore._values.types import Values
from confstore.testing._checks import CANARY, assert_same_outcome, spoil
from confstore.testing._rules.machine import (
    Machine,
    has_options,
    known_option,
    rule_if,
    some_option,
)
from confstore.testing._samples.edges import EDGE_VALUES, EQUAL_BUT_NOT_SAME
from confstore.testing._samples.invalid import (
    INVALID_KEYS,
    INVALID_OPTION_NAMES,
    INVALID_VALUES,
    SOME_INVALID_VALUES,
)
from confstore.testing._samples.names import FAMILIES
from confstore.testing._strategies import any_key, any_option, any_value, any_values

__all__ = ["BulkRules", "RefusalRules", "WriteRules"]


@st.composite
def _any_change(draw: st.DrawFn) -> tuple[str, Values, list[str]]:
    """An option, existing or not; the values to set in it; and the keys to remove from it."""
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
        """An option is created, or replaced as a whole; the given values stay the caller's."""
        self.write(option, values)

    @rule_if(has_options, option=known_option)
    def set_same_values(self, option: str) -> None:
        """Writing the values that were just read changes nothing."""
        self.write(option, self.store.get(option))

    @rule_if(has_options, option=any_option, source=known_option)
    def set_read_only_values(self, option: str, source: str) -> None:
        """The read-only values that a config gives can be written."""
        self.do("set", option, self.model.options[source])
        self.read(option)

    @rule(option=some_option)
    def set_no_values(self, option: str) -> None:
        """An option without a key exists."""
        self.write(option, {})

    @rule(option=some_option)
    def set_edge_values(self, option: str) -> None:
        """Values that are falsy, at a limit, or like others are read back as they were written."""
        self.write(option, dict(EDGE_VALUES))

    @rule(option=some_option, is_update=st.booleans())
    def set_equal_values(self, option: str, is_update: bool) -> None:
        """A value that Python finds equal is still another value."""
        for values in zip(*EQUAL_BUT_NOT_SAME, strict=True):
            entries = {str(index): value for index, value in enumerate(values)}
            if is_update:
                self.change(option, entries)
            else:
                self.write(option, entries)

    @rule(change=_any_change())
    def update_option(self, change: tuple[str, Values, list[str]]) -> None:
        """The named keys are changed or removed, the others stay; an absent option is created."""
        self.change(*change)

    @rule(option=some_option)
    def update_nothing(self, option: str) -> None:
        """An empty update creates an absent option, and changes nothing in an existing one."""
        self.change(option, {})

    @rule(option=some_option, keys=st.sets(any_key, min_size=1, max_size=3))
    def update_by_removing(self, option: str, keys: set[str]) -> None:
        """Removing an absent key is no error; an absent option is created."""
        self.change(option, {}, keys)

    @rule(option=some_option, values=any_values)
    def update_part_by_part(self, option: str, values: Values) -> None:
        """A key that one update has set survives the next update, also one that removes keys."""
        self.write(option, {"kept": [1], "removed": 1, **values})
        self.change(option, {"added": None})
        self.change(option, {"kept": [2]}, ["removed"])
        self.change(option, {}, ("added", "absent"))

    @rule_if(has_options, option=known_option)
    def delete_option(self, option: str) -> None:
        """A deleted option is gone, and cannot be deleted again."""
        self.do("delete", option)
        self.read(option)
        self.do("delete", option)

    @rule(option=any_option)
    def delete_some_option(self, option: str) -> None:
        """Deleting an absent option is refused."""
        self.do("delete", option)

    @rule_if(once=True, family=st.sampled_from(FAMILIES))
    def set_twin_options(self, family: Collection[str]) -> None:
        """Names that are nearly equal are names of different options."""
        for option in family:
            self.do("set", option, {"name": option})
        self.check_items(self.store, self.model)
        for option in list(family)[::2]:
            self.do("delete", option)
        for option in family:
            self.read(option)

    @rule(option=some_option)
    def set_twin_keys(self, option: str) -> None:
        """Keys that are nearly equal are different keys."""
        keys = sorted({key for family in FAMILIES for key in family})
        self.write(option, {key: key for key in keys})
        self.do("get", option, keys=keys[::2])
        self.change(option, dict.fromkeys(keys[::3]), keys[1::3])

    @rule_if(once=True, letter=st.sampled_from(["a", "\u00e9"]))
    def set_at_the_limits(self, letter: str) -> None:
        """The longest name, the longest key and the largest option are accepted and read back."""
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


class RefusalRules(Machine):
    """After a refused write everything is as before: the machine's invariant checks it."""

    @rule_if(once=True, option=some_option, is_known=st.booleans())
    def refuse_invalid_values(self, option: str, is_known: bool) -> None:
        """Values outside the domain are refused alike by every backend, and nothing is written."""
        if is_known:
            self.write(option, {"canary": CANARY, "kept": 1})
        for reason, values in INVALID_VALUES.items():
            self.do("set", option, values, why=reason)
            self.do("update", option, values, remove=["kept"], why=reason)

    @rule_if(once=True)
    def refuse_invalid_names(self) -> None:
        """Every call refuses an invalid name of an option, a read as well."""
        values = {"canary": CANARY}
        for reason, option in INVALID_OPTION_NAMES.items():
            self.do("get", option, why=reason)
            self.do("get", option, keys=[], why=reason)
            self.do("set", option, values, why=reason)
            self.do("update", option, values, why=reason)
            self.do("update", option, {}, remove=["a"], why=reason)
            self.do("delete", option, why=reason)

    @rule(option=some_option)
    def refuse_contradiction(self, option: str) -> None:
        """A key cannot be both set and removed."""
        self.write(option, {"a": CANARY, "b": 1})
        values = {"b": 2, "a": CANARY}
        self.do("update", option, values, remove=["a"])
        self.do("update", option, values, remove=["c", "b"])

    @rule(option=some_option, key=st.sampled_from([*sorted(RESERVED_KEYS), ""]))
    def refuse_to_remove_reserved_key(self, option: str, key: str) -> None:
        """A reserved or invalid key cannot be removed: DynamoDB's items need some of them."""
        self.do("update", option, {"a": CANARY}, remove=["b", key])

    @rule(option=some_option)
    def refuse_invalid_removals(self, option: str) -> None:
        """A string or a mapping is refused as a collection of keys to remove."""
        self.write(option, {"host": CANARY, "h": 2})
        for reason, remove in INVALID_KEYS.items():
            self.do("update", option, {"a": 1}, remove=remove, why=reason)

    @rule_if(once=True, option=some_option)
    def refuse_outgrown_option(self, option: str) -> None:
        """An update cannot make an option larger than a `set` could."""
        self.write(option, {"canary": CANARY, "text": "a" * (MAX_OPTION_SIZE_B // 2)})
        more = {"more": "b" * (MAX_OPTION_SIZE_B * 3 // 5), "text": "a" * (MAX_OPTION_SIZE_B // 2)}
        for values in ({"more": more["more"]}, more):
            self.do("update", option, values, remove=["gone"])
        self.do("update", option, {"more": more["more"]}, remove=["text"])
        self.do("delete", option)

    @rule(option=some_option)
    def refuse_without_showing_values(self, option: str) -> None:
        """The error about an absent option shows no value."""
        self.write(option, {"canary": CANARY})
        self.do("delete", option)
        self.do("get", option)
        self.do("get", option, keys=[])
        self.do("get", option, keys=["canary"])
        self.do("delete", option)


def _is_bulk(machine: Machine) -> bool:
    return ability(machine.store, BulkStore) is not None


@st.composite
def _any_changes(draw: st.DrawFn) -> list[tuple[str, Values | None]]:
    # An option may occur twice: the last change counts, or a journal refuses both.
    options = draw(st.lists(some_option, max_size=5))
    return [(option, draw(st.one_of(st.none(), any_values))) for option in options]


class BulkRules(Machine):
    """Many changes are one write: all of them or none, with or without a journal."""

    @rule_if(_is_bulk, changes=_any_changes())
    def apply_changes(self, changes: list[tuple[str, Values | None]]) -> None:
        """Options are set and deleted at once; the given values stay the caller's."""
        given = [Change(option, deepcopy(values)) for option, values in changes]
        self.apply(given)
        assert given == [Change(*change) for change in changes], "apply has changed its argument"
        for change in given:
            spoil(change.values)
        for option, _ in changes:
            self.read(option)

    @rule_if(_is_bulk, option=some_option)
    def apply_twice_to_one_option(self, option: str) -> None:
        """The last of several changes of one option counts; a journal refuses them."""
        self.write(option, {"old": 1})
        for changes in (
            [Change(option, {"a": 1}), Change("b", {}), Change(option, {"b": 2})],
            [Change(option, {"c": 3}), Change(option, None)],
            [Change(option, None), Change(option, {"d": 4})],
        ):
            self.apply(changes)
            self.read(option)

    @rule_if(_is_bulk, once=True)
    def apply_many_changes(self) -> None:
        """There is no limit to the number of changes; a journal has that of a commit."""
        for count in (MAX_CHANGES, MAX_CHANGES + 1):
            options = [f"many {number}" for number in range(count)]
            self.apply([Change(option, {"option": option}) for option in options])
            self.check_items(self.store, self.model)
            self.apply([Change(option, None) for option in options])

    @rule_if(_is_bulk, once=True, option=some_option)
    def refuse_to_apply_in_part(self, option: str) -> None:
        """One invalid change refuses all of them, before anything is written."""
        self.write(option, {"canary": CANARY})
        good = [Change("good", {"canary": CANARY}), Change(option, None)]
        for reason, values in SOME_INVALID_VALUES.items():
            for changes in ([Change("bad", values), *good], [*good, Change("bad", values)]):
                self.apply(changes, why=reason)
        for reason, name in INVALID_OPTION_NAMES.items():
            self.apply([*good, Change(name, {"canary": CANARY})], why=reason)
            self.apply([*good, Change(name, None)], why=reason)
        self.read(option)

    def apply(self, changes: list[Change], *, why: str = "") -> None:
        """Apply changes to the store and to the model: both do it, or refuse alike."""
        assert_same_outcome(
            lambda one: cast("BulkStore", one).apply(iter(changes)),
            *(self.store, self.model, f"apply, {why}"),
        )
