"""A secret: it never shows its value, and `reveal` gives it."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import attrs
import pytest

from confstore import LocalKeys, SealedStore, Secret
from confstore.errors import SecretError
from confstore_memory import MemoryStore

from .fakes import FakeKeys, FakeReferences

CANARY = "canary-5e1f"


def test_reveal_gives_the_value() -> None:
    """The program gets back what it has hidden."""
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize("show", [repr, str, format, "{}".format, "{!r}".format, "{:>20}".format])
def test_it_is_shown_as_a_mask(show: Any) -> None:
    """No way to print a secret shows its value."""
    for value in (CANARY, CANARY.encode(), {"in": CANARY}, [CANARY]):
        shown = show(Secret(value))
        assert "***" in shown
        assert CANARY not in shown


def test_a_format_applies_to_the_mask() -> None:
    """A width counts for the mask."""
    assert f"{Secret(CANARY):>5}|" == "  ***|"
    assert f"{Secret(CANARY)!r}" == "Secret('***')"


def test_json_refuses_it() -> None:
    """A secret cannot slip into a document."""
    with pytest.raises(TypeError) as caught:
        json.dumps({"password": Secret(CANARY)})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_refuses_it(protocol: int) -> None:
    """A secret cannot slip into a cache or another process."""
    with pytest.raises(TypeError, match="a Secret cannot be pickled"):
        pickle.dumps(Secret(CANARY), protocol)


def test_a_copy_is_the_same_secret() -> None:
    """Copying a snapshot copies no plaintext."""
    secret = Secret([CANARY])
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"in": [secret]})["in"][0] is secret


def test_a_secret_of_a_secret_is_refused() -> None:
    """A value is hidden once."""
    with pytest.raises(TypeError, match="this is a Secret already"):
        Secret(Secret(CANARY))


def test_it_has_no_attributes_to_look_at() -> None:
    """`vars` and a debugger's list of attributes hold no value."""
    secret: Secret[Any] = Secret(CANARY)
    assert not hasattr(secret, "__dict__")
    with pytest.raises(AttributeError):
        secret.value = 1  # type: ignore[attr-defined]


def test_equality_is_of_texts() -> None:
    """Two reads of one sealed text are equal; two values that were not sealed never are."""
    store = SealedStore(MemoryStore(), LocalKeys.generate())
    store.set("db", {"password": Secret(CANARY)})
    one, other = (store.get("db")["password"] for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    store.set("db", {"password": Secret("another")})
    assert store.get("db")["password"] != one
    given = Secret(CANARY)
    assert given == given
    assert given != Secret(CANARY)
    assert len({given, Secret(CANARY), one}) == 3
    assert one != CANARY
    assert Secret.reference("asm:a") == Secret.reference("asm:a")
    assert Secret.reference("asm:a") != Secret.reference("asm:b")


def test_equality_of_references_is_of_versions() -> None:
    """A reference equals another of the same version of the same secret."""
    readers = [FakeReferences({"db": CANARY}) for _ in range(3)]
    stores = [SealedStore(MemoryStore(), references={"asm:*": reader}) for reader in readers]
    for store in stores:
        store.set("db", {"password": Secret.reference("asm:db")})
    readers[2].secrets["db"] = "another"
    one, same, other = (store.get("db")["password"] for store in stores)
    assert [secret.reveal() for secret in (one, same, other)] == [CANARY, CANARY, "another"]
    assert one == same
    assert hash(one) == hash(other)
    assert one != other


@pytest.mark.parametrize(
    ("value", "other"),
    [(CANARY, "canary"), (b"a", b"b"), (1, True), ({"a": 1}, {"a": True}), (None, 0), ("a", b"a")],
)
def test_matches_compares_values_and_types(value: Any, other: Any) -> None:
    """A test compares a secret without showing it."""
    assert Secret(value).matches(copy.deepcopy(value))
    assert not Secret(value).matches(other)
    assert not Secret(other).matches(value)


def test_matches_takes_any_text() -> None:
    """Text that UTF-8 cannot hold matches nothing else, and is no error."""
    assert Secret("\ud800").matches("\ud800")
    assert not Secret(CANARY).matches("\ud800")


@pytest.mark.parametrize("reference", ["", "asm", "asm:", ":name", "ASM:name", "a b:c", None, 1])
def test_an_invalid_reference_is_refused(reference: Any) -> None:
    """A reference is a kind and a name."""
    with pytest.raises(ValueError, match="a reference is KIND:NAME"):
        Secret.reference(reference)


def test_a_reference_is_followed_by_its_store() -> None:
    """A reference that was not read from a store cannot be followed."""
    with pytest.raises(LookupError, match="write it, and read it back"):
        Secret.reference("asm:prod/db").reveal()


def test_a_secret_in_a_class() -> None:
    """Classes that hold secrets show, copy and compare them as such."""

    @attrs.frozen
    class Settings:
        password: Secret[str]

    secret = Secret(CANARY)
    assert repr(Settings(secret)).endswith("Settings(password=Secret('***'))")
    assert attrs.asdict(Settings(secret)) == {"password": secret}
    assert Settings(secret) == Settings(secret)
    assert hash(Settings(secret)) == hash(Settings(secret))


def test_the_error_of_a_reveal_has_the_place() -> None:
    """An error says which secret, and why, by attributes that survive a process pool."""
    store = SealedStore(MemoryStore("prod"), FakeKeys())
    store.beneath.set("db", {"password": "secret+local:AAAA"})
    with pytest.raises(SecretError) as caught:
        store.get("db")["password"].reveal()
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.store, error.option, error.key) == ("prod", "db", "password")
    assert "secrets=local:" in error.reason
