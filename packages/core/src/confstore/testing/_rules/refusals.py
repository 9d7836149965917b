"""What has to be refused: with the right error, which shows no value, and without any effect."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from confstore._values.canonical import MAX_OPTION_SIZE_B
from confstore.testing._canary import CANARY
from confstore.testing._invalid import INVALID_KEYS, INVALID_OPTION_NAMES, INVALID_VALUES
from confstore.testing._machine import Machine, is_unplayed, some_option

__all__ = ["RefusalRules"]

_reserved = st.sampled_from(["_store", "_option", "_expires", ""])


class RefusalRules(Machine):
    """After a refused write everything is as before: the machine's invariant looks."""

    @precondition(is_unplayed("invalid values"))
    @rule(option=some_option, is_known=st.booleans())
    def refuse_invalid_values(self, option: str, is_known: bool) -> None:
        """Values outside the domain are refused alike by every backend, and nothing is written."""
        self.played.add("invalid values")
        if is_known:
            self.write(option, {"canary": CANARY, "kept": 1})
        for reason, values in INVALID_VALUES.items():
            self.do("set", option, values, why=reason)
            self.do("update", option, values, remove=["kept"], why=reason)

    @precondition(is_unplayed("invalid names"))
    @rule()
    def refuse_invalid_names(self) -> None:
        """What cannot be the name of an option is refused by every call, a read as well."""
        self.played.add("invalid names")
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

    @rule(option=some_option, key=_reserved)
    def refuse_to_remove_what_cannot_be(self, option: str, key: str) -> None:
        """A key that no option can have cannot be removed: the items of DynamoDB need some."""
        self.do("update", option, {"a": CANARY}, remove=["b", key])

    @rule(option=some_option)
    def refuse_invalid_removals(self, option: str) -> None:
        """A string or a mapping is not meant as a collection of keys to remove."""
        self.write(option, {"host": CANARY, "h": 2})
        for reason, remove in INVALID_KEYS.items():
            self.do("update", option, {"a": 1}, remove=remove, why=reason)

    @precondition(is_unplayed("outgrown"))
    @rule(option=some_option)
    def refuse_outgrown_option(self, option: str) -> None:
        """An update cannot make an option larger than a `set` could."""
        self.played.add("outgrown")
        self.write(option, {"canary": CANARY, "text": "a" * (MAX_OPTION_SIZE_B // 2)})
        more = {"more": "b" * (MAX_OPTION_SIZE_B * 3 // 5), "text": "a" * (MAX_OPTION_SIZE_B // 2)}
        for values in ({"more": more["more"]}, more):
            self.do("update", option, values, remove=["gone"])
        self.do("update", option, {"more": more["more"]}, remove=["text"])
        self.do("delete", option)

    @rule(option=some_option)
    def refuse_without_showing_values(self, option: str) -> None:
        """What is absent is said to be, and no error shows what else is there."""
        self.write(option, {"canary": CANARY})
        self.do("delete", option)
        self.do("get", option)
        self.do("get", option, keys=[])
        self.do("get", option, keys=["canary"])
        self.do("delete", option)
