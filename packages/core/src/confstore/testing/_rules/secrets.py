"""Rules of secrets: a store seals them, or refuses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis.stateful import rule

from confstore._stores.protocols import BulkStore, Change, JournaledStore, ability
from confstore._values.secret import Secret
from confstore.errors import InvalidValueError
from confstore.testing._checks import CANARY, refusal
from confstore.testing._rules.machine import Machine, rule_if, some_option

__all__ = ["SecretRules"]


def _seals(machine: Machine) -> bool:
    return bool(getattr(machine, "refuses_text", ()))


def _does_not_seal(machine: Machine) -> bool:
    return not _seals(machine)


_NESTED: dict[str, Any] = {
    "list": [CANARY, Secret(CANARY)],
    "dict": {"canary": Secret(CANARY)},
    "set": {Secret(CANARY)},
}


class SecretRules(Machine):
    """After a refused write everything is as before: the machine's invariant checks it."""

    refuses_text: ClassVar[tuple[str, ...]] = ()
    """Texts that only a secret may have, for a store that seals secrets."""

    @rule_if(_seals, option=some_option)
    def refuse_texts(self, option: str) -> None:
        """A plain text that looks like a secret, or like its mask, is refused by every write."""
        for text in self.refuses_text:
            self.refuse(option, {"canary": CANARY, "key": text}, "key")

    @rule_if(_does_not_seal, option=some_option)
    def refuse_secrets(self, option: str) -> None:
        """A store that does not seal refuses a secret: nobody else could tell it from a setting."""
        self.refuse(option, {"canary": CANARY, "key": Secret(CANARY)}, "key")

    @rule(option=some_option)
    def refuse_nested_secrets(self, option: str) -> None:
        """A secret is the whole value of a key."""
        for value in _NESTED.values():
            self.refuse(option, {"canary": CANARY, "key": value}, "key")

    @rule_if(_seals, once=True)
    def keep_secrets(self) -> None:
        """A secret is read as one, opens, and is kept by a write that gives it back."""
        with self.open_store(f"{self.home}sealed"[-100:]) as store:
            store.set("db", {"plain": 1, "secret": Secret(CANARY)})
            store.update("db", {"another": Secret([1])}, remove=["absent"])
            values: dict[str, Any] = store.get("db")
            assert values["plain"] == 1
            assert values["secret"].matches(CANARY)
            assert values["another"].matches([1])
            store.set("db", values)
            assert dict(store.items())["db"] == values
            assert store.get("db", keys=["secret"]) == {"secret": values["secret"]}
            store.set("moved", {"secret": values["secret"]})
            moved: Any = store.get("moved")["secret"]
            assert moved != values["secret"], "a text was copied to another place"
            assert moved.matches(CANARY)
            store.delete("moved")
            store.delete("db")

    def refuse(self, option: str, values: dict[str, Any], key: str) -> None:
        """Check that every write refuses the values, and says where."""
        store = self.store
        calls: list[Callable[[], object]] = [
            lambda: store.set(option, values),
            lambda: store.update(option, values, remove=["absent"]),
        ]
        bulk = ability(store, BulkStore)
        if bulk is not None:
            calls.append(lambda: bulk.apply([Change(option, values)]))
        journaled = ability(store, JournaledStore) if self.journaled else None
        if journaled is not None:
            calls.append(lambda: journaled.commit([Change(option, values)]))
        for call in calls:
            error = refusal(InvalidValueError, call)
            assert error.option == option, "the error's 'option' is wrong"
            assert error.path.startswith(key), "the error's 'path' is wrong"
