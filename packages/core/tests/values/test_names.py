"""Names of stores, options and keys: what all backends can have, and no more."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest

from confstore.adapter import checked_keys, checked_option, checked_store, closest
from confstore.errors import InvalidNameError


class Name(str):
    """A str with a mind of its own."""

    __slots__ = ()

    def __str__(self) -> str:
        return "another name"


@pytest.mark.parametrize(
    ("check", "limit_b"), [(checked_option, 1024), (checked_store, 2039)], ids=["option", "store"]
)
class TestName:
    def test_longest_is_accepted(self, check: Callable[[object], str], limit_b: int) -> None:
        """A name has as many bytes as DynamoDB's key can have."""
        assert check("a" * limit_b) == "a" * limit_b

    def test_longer_is_refused(self, check: Callable[[object], str], limit_b: int) -> None:
        """One byte more is too many."""
        with pytest.raises(InvalidNameError, match=f"1 to {limit_b} bytes"):
            check("a" * (limit_b + 1))

    def test_bytes_count_and_not_letters(
        self, check: Callable[[object], str], limit_b: int
    ) -> None:
        """A letter beyond ASCII has two bytes or more."""
        with pytest.raises(InvalidNameError, match=f"this one {limit_b + limit_b % 2 + 2}"):
            check("\u00e9" * (limit_b // 2 + limit_b % 2 + 1))

    def test_empty_is_refused(self, check: Callable[[object], str], limit_b: int) -> None:
        """A name has at least one byte."""
        with pytest.raises(InvalidNameError, match="this one 0"):
            check("")

    def test_lone_surrogate_is_refused(self, check: Callable[[object], str], limit_b: int) -> None:
        """What UTF-8 cannot hold is named in ASCII, so that the error can be logged."""
        with pytest.raises(InvalidNameError, match="surrogate") as caught:
            check("a\ud800")
        assert caught.value.name.isascii()

    def test_what_is_no_str_is_refused(self, check: Callable[[object], str], limit_b: int) -> None:
        """Of anything else, the error names the type."""
        with pytest.raises(InvalidNameError, match="'bytes'"):
            check(b"name")

    def test_subclass_of_str_becomes_a_str(
        self, check: Callable[[object], str], limit_b: int
    ) -> None:
        """An enum's member is a name, and only that."""
        name = check(Name("db"))
        assert type(name) is str
        assert name == "db"


def test_journal_is_no_store() -> None:
    """A journal's partition can be no store's."""
    with pytest.raises(InvalidNameError, match="_journal:"):
        checked_store("_journal:prod")


def test_option_can_be_named_like_a_journal() -> None:
    """Only stores share a name space with journals."""
    assert checked_option("_journal:prod") == "_journal:prod"


def test_error_says_what_was_named() -> None:
    """An error tells an option from a store."""
    with pytest.raises(InvalidNameError) as caught:
        checked_option("")
    assert (caught.value.kind, caught.value.name) == ("option", "")


def test_no_keys_are_all_keys() -> None:
    """None asks for everything."""
    assert checked_keys(None) is None


@pytest.mark.parametrize(
    "keys",
    [["a", "b", "a"], ("a", "b"), {"a", "b"}, frozenset("ab"), {"a": 1, "b": 2}.keys()],
    ids=["list", "tuple", "set", "frozenset", "keys of a dict"],
)
def test_any_collection_holds_keys(keys: Collection[str]) -> None:
    """Keys come in any collection that is meant as one, each counted once."""
    assert checked_keys(keys) == {"a", "b"}


def test_key_of_a_subclass_becomes_a_str() -> None:
    """What is asked for is compared as plain text."""
    assert checked_keys([Name("db")]) == {"db"}


@pytest.mark.parametrize(
    "key",
    ["", "\ud800", "a" * 65_536, "_store", "_option", "_expires"],
    ids=["empty", "surrogate", "too long", "_store", "_option", "_expires"],
)
def test_key_that_cannot_be_is_left_out(key: str) -> None:
    """What no option can have is missing, and no mistake."""
    assert checked_keys([key, "a"]) == {"a"}


def test_backend_can_reserve_keys() -> None:
    """A table's own key names are no keys of an option."""
    assert checked_keys(["pk", "a", "_store"], reserved={"pk"}) == {"a", "_store"}


@pytest.mark.parametrize("keys", ["ab", b"ab", {"a": 1}, 1, iter(["a"])])
def test_what_is_no_collection_of_keys_is_refused(keys: Any) -> None:
    """A string or a mapping would be taken for its letters or its keys."""
    with pytest.raises(TypeError, match="keys is a collection of key names"):
        checked_keys(keys)


@pytest.mark.parametrize("key", [None, 1, b"a", ["a"]])
def test_key_that_is_no_str_is_refused(key: Any) -> None:
    """A key is a str; the error names the type and not the key."""
    with pytest.raises(TypeError, match=f"not {type(key).__name__}"):
        checked_keys(["a", key])


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("dc", "db", "db"),
        ("hots", "host", "host"),
        ("Login", "login", "login"),
        ("thirdparty", "third-party", "third-party"),
        ("timeout", "mount", None),
        ("password", "passport-office", None),
        ("nothing", "login", None),
    ],
)
def test_only_a_really_close_name_is_meant(name: str, known: str, meant: str | None) -> None:
    """A question about another thing would mislead."""
    assert closest(name, [known]) == meant
