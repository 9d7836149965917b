"""Rules of several handles and stores: second handles, neighbours, closing and reopening."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import rule

from confstore._stores.protocols import (
    BulkJournaledStore,
    BulkStore,
    Change,
    PollableStore,
    ability,
)
from confstore._values.names import MAX_STORE_B
from confstore._values.types import Values
from confstore.errors import StoreClosedError
from confstore.testing._checks import CANARY, journaled, refusal
from confstore.testing._rules.machine import Machine, rule_if, some_option
from confstore.testing._samples.names import relatives
from confstore.testing._strategies import any_values

__all__ = ["HandleRules"]

_SEPARATORS = ("", ":", "/", ".", "#", "_", "-", "\0")


def _neighbours(machine: Machine) -> st.SearchStrategy[str]:
    near = [name for name in relatives(machine.home) if len(name.encode()) <= MAX_STORE_B]
    return st.sampled_from(near)


_neighbour: st.SearchStrategy[str] = st.runner().flatmap(_neighbours)


def _has_one_handle(machine: Machine) -> bool:
    return len(machine.handles) == 1


def _has_written(machine: HandleRules) -> bool:
    return machine.model.writes != machine.writes_when_opened


class HandleRules(Machine):
    """A store has the same data through every handle, and shares none with another store."""

    writes_when_opened: int = 0

    @rule_if(_has_one_handle)
    def open_second_handle(self) -> None:
        """A second handle shows the writes of the first."""
        self.check_items(self.open_handle().store, self.model)

    @rule()
    def change_handles(self) -> None:
        """Closing one handle leaves the other open."""
        self.open_handle()
        self.handles.pop(0).context.close()

    @rule(option=some_option, values=any_values)
    def write_through_two_handles(self, option: str, values: Values) -> None:
        """One handle reads the writes of the other; each of two updates keeps its key."""
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

    @rule_if(_has_written)
    def close_and_open_again(self) -> None:
        """Durable data is still there; other data is there as a whole, or gone as a whole."""
        self.writes_when_opened = self.model.writes
        while self.handles:
            self.handles.pop().context.close()
        self.settle(self.open_handle().store, self.model)

    @rule_if(once=True, option=some_option)
    def use_closed_store(self, option: str) -> None:
        """A closed store refuses every call, writes nothing, and can be closed again."""
        self.write(option, {"canary": CANARY})
        with self.open_store(self.home) as store:
            polled = ability(store, PollableStore)
            checkpoint = polled.poll().checkpoint if polled else None
            store.get(option)
            store.close()
            store.close()
            late = [Change(option, {"late": CANARY})]
            calls: dict[str, Callable[[], object]] = {
                "get": lambda: store.get(option),
                "get of no keys": lambda: store.get(option, keys=[]),
                "items": lambda: list(store.items()),
                "set": lambda: store.set(option, {"late": CANARY}),
                "update": lambda: store.update(option, {"late": CANARY}),
                "delete": lambda: store.delete(option),
            }
            if polled:
                calls["poll"] = polled.poll
                calls["poll since"] = lambda: polled.poll(checkpoint)
            if bulk := ability(store, BulkStore):
                calls["apply"] = lambda: bulk.apply(late)
            if self.journaled:
                calls["version"] = journaled(store).version
                calls["commits"] = journaled(store).commits
                calls["commit"] = lambda: journaled(store).commit(late)
                if at_once := ability(store, BulkJournaledStore):
                    calls["commit_all"] = lambda: at_once.commit_all([late])
                calls["enable_journal"] = lambda: self.enable_journal(store)
            for name, call in calls.items():
                error = refusal(StoreClosedError, call)
                assert error.store == store.name, f"{name}: the error's 'store' is wrong"

    @rule(name=_neighbour, option=some_option, values=any_values)
    def write_to_neighbour(self, name: str, option: str, values: Values) -> None:
        """Stores with nearly equal names are different stores."""
        with self.visit(name) as (store, model):
            for one in (store, model):
                one.set(option, values)
                for theirs in sorted(self.model.options)[:1]:
                    one.update(theirs, {"neighbour": 1})
                    one.delete(theirs)

    @rule_if(once=True)
    def write_names_that_join_alike(self) -> None:
        """Store and option are two names, not one text made of both."""
        for separator in _SEPARATORS:
            option = f"b{separator}c"
            self.write(option, {"home": separator})
            with self.visit(f"{self.home[:64]}{separator}b") as (store, model):
                for one in (store, model):
                    one.set("c", {"neighbour": separator})
            self.read(option)
