"""What stores do beside one another: second handles, neighbours, closing and opening again."""

# ruff: noqa: S101 (a contract is made of assertions)

from __future__ import annotations

from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from confstore._stores.protocols import Change
from confstore._values.names import MAX_STORE_B
from confstore._values.types import Values
from confstore.errors import StoreClosedError
from confstore.testing._canary import CANARY
from confstore.testing._machine import Machine, is_unplayed, some_option
from confstore.testing._names import relatives
from confstore.testing._outcome import refusal
from confstore.testing._strategies import any_values

__all__ = ["HandleRules"]

_SEPARATORS = ("", ":", "/", ".", "#", "_", "-", "\0")


def _neighbours(machine: Machine) -> st.SearchStrategy[str]:
    near = [name for name in relatives(machine.home) if len(name.encode()) <= MAX_STORE_B]
    return st.sampled_from(near)


_neighbour: st.SearchStrategy[str] = st.runner().flatmap(_neighbours)


def _has_one_handle(machine: Machine) -> bool:
    return len(machine.handles) == 1


def _has_written(machine: Machine) -> bool:
    return machine.model.writes != cast("HandleRules", machine).writes_when_opened


class HandleRules(Machine):
    """A store is its data, whichever handle it is reached by, and no other store's."""

    writes_when_opened: int = 0

    @precondition(_has_one_handle)
    @rule()
    def open_second_handle(self) -> None:
        """A second handle shows what was written through the first."""
        self.check_items(self.open_handle().store, self.model)

    @rule()
    def change_handles(self) -> None:
        """Closing one handle leaves the other."""
        self.open_handle()
        self.handles.pop(0).close()

    @rule(option=some_option, values=any_values)
    def write_through_two_handles(self, option: str, values: Values) -> None:
        """What one handle has written, the other reads; each of two updates keeps its key."""
        if len(self.handles) == 1:
            self.open_handle()
        first, second = (handle.store for handle in self.handles)
        for via in (second, first):
            self.do("set", option, values, via=via)
            self.read(option)
        self.do("update", option, {"first": 1, "both": 1}, via=first)
        self.do("update", option, {"second": 2, "both": 2}, via=second)
        self.read(option)
        self.do("update", option, {}, via=first, remove=["second"])
        self.read(option)
        self.do("delete", option, via=second)
        self.read(option)
        self.do("update", option, {"first": 1}, via=first)
        self.read(option)

    @precondition(_has_written)
    @rule()
    def close_and_open_again(self) -> None:
        """What is durable is still there; what is not is there whole, or gone whole."""
        self.writes_when_opened = self.model.writes
        while self.handles:
            self.handles.pop().close()
        self.settle(self.open_handle().store, self.model)

    @precondition(is_unplayed("closed"))
    @rule(option=some_option)
    def use_closed_store(self, option: str) -> None:
        """A closed store refuses every call, writes nothing, and can be closed again."""
        self.played.add("closed")
        self.write(option, {"canary": CANARY})
        with self.open_store(self.home) as store:
            checkpoint = store.poll().checkpoint if hasattr(store, "poll") else None
            store.get(option)
            store.close()
            store.close()
            calls = {
                "get": lambda: store.get(option),
                "get of no keys": lambda: store.get(option, keys=[]),
                "items": lambda: list(store.items()),
                "set": lambda: store.set(option, {"late": CANARY}),
                "update": lambda: store.update(option, {"late": CANARY}),
                "delete": lambda: store.delete(option),
            }
            if hasattr(store, "poll"):
                calls["poll"] = store.poll
                calls["poll since"] = lambda: store.poll(checkpoint)
            if self.journaled:
                journaled: Any = store
                calls["version"] = journaled.version
                calls["commits"] = journaled.commits
                calls["commit"] = lambda: journaled.commit([Change(option, {"late": CANARY})])
                calls["enable_journal"] = lambda: self.enable_journal(store)
            for name, call in calls.items():
                error = refusal(StoreClosedError, call)
                assert error.store == store.name, f"{name}: the error's 'store' is wrong"

    @rule(name=_neighbour, option=some_option, values=any_values)
    def write_to_neighbour(self, name: str, option: str, values: Values) -> None:
        """Stores whose names are near one another are different stores."""
        with self.visit(name) as (store, model):
            store.set(option, values)
            model.set(option, values)
            if self.model.options:
                theirs = min(self.model.options)
                store.update(theirs, {"neighbour": 1})
                model.update(theirs, {"neighbour": 1})
                store.delete(theirs)
                model.delete(theirs)

    @precondition(is_unplayed("separators"))
    @rule()
    def write_what_concatenates_alike(self) -> None:
        """Store and option are two names, not one text made of both."""
        self.played.add("separators")
        for separator in _SEPARATORS:
            option = f"b{separator}c"
            self.write(option, {"home": separator})
            with self.visit(f"{self.home[:64]}{separator}b") as (store, model):
                store.set("c", {"neighbour": separator})
                model.set("c", {"neighbour": separator})
            self.read(option)
