"""`confstore.adapter`: the plain adapter of its docstring, and what each adapter shares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest

import confstore.adapter
from confstore import (
    Change,
    CoLocatedStore,
    DiagnosableStore,
    FileBackedStore,
    JournaledStore,
    PollableStore,
    Store,
    ability,
)
from confstore.adapter import apply_changes, closest, percent_decode, shown_url
from confstore.errors import InvalidURLError
from confstore.testing import Profile, StoreContract
from effort import at_length

from .testing.journaled_reference_store import JournaledReferenceStore
from .testing.reference_store import ReferenceStore


def plain_store() -> Any:
    """The class in the module's docstring."""
    code = re.search(r"```python\n(.*?)```", str(confstore.adapter.__doc__), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)
    return names["PlainStore"]


class PlainContract(StoreContract):
    """The plain adapter of the docstring keeps the contract."""

    durable = True
    profile = Profile(examples=at_length(100, short=10), steps=30)

    def begin(self) -> None:
        self.backend: dict[str, Any] = {}

    @contextmanager
    def open_store(self, name: str) -> Iterator[Store]:
        with plain_store()(self.backend, name) as store:
            yield store


TestPlain = pytest.mark.slow("its examples are histories of 30 steps")(PlainContract.TestCase)


@pytest.mark.parametrize(
    ("protocol", "store", "has_it"),
    [
        (PollableStore, ReferenceStore, True),
        (JournaledStore, ReferenceStore, False),
        (JournaledStore, JournaledReferenceStore, True),
        (DiagnosableStore, JournaledReferenceStore, False),
        (FileBackedStore, ReferenceStore, False),
        (CoLocatedStore, ReferenceStore, False),
    ],
)
def test_ability(protocol: Any, store: Any, has_it: bool) -> None:
    """A store has an ability if it has every method of its protocol."""
    opened = store({}, "prod")
    assert ability(opened, protocol) is (opened if has_it else None)


def test_ability_needs_every_method() -> None:
    """A store with some of the methods, or with values in their place, lacks the ability."""

    class Half(ReferenceStore):
        commits = enable_journal = lambda self: None
        version = baseline = 1

    assert ability(Half({}, "prod"), JournaledStore) is None


def test_ability_of_a_protocol_that_extends_another() -> None:
    """The methods of the extended protocol count, too; those of every store do not."""

    class Following(PollableStore, Protocol):
        def follow(self) -> None: ...

    class Follower:
        def follow(self) -> None: ...

    class PollingFollower(Follower):
        def poll(self) -> None: ...

    following: Any = Following
    assert ability(Follower(), following) is None
    assert isinstance(ability(PollingFollower(), following), PollingFollower)


@pytest.mark.parametrize(
    ("name", "found"),
    [("PROD", "Prod"), ("porduction", "production"), ("dve", "dev"), ("zzz", None)],
)
def test_closest(name: str, found: str | None) -> None:
    """The name that was meant is found in any letter case, and none where none is close."""
    assert closest(name, ["Prod", "production", "dev"]) == found


def test_percent_decode() -> None:
    """A part of a URL is decoded as UTF-8, strictly."""
    assert percent_decode("a%20%C3%A4", "memory:x") == "a ä"
    with pytest.raises(InvalidURLError, match="write %25 for a '%'"):
        percent_decode("a%2", "memory:x")
    with pytest.raises(InvalidURLError, match="not UTF-8"):
        percent_decode("%FF", "memory:x")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("file://ada:s3cret@host/x?p=1", "file://***@host/x"),
        ("//ada:s3/cret@host/x", "//***@host/x"),
        ("file:///a@b/x.json?p=1", "file:///a@b/x.json"),
        ("memory:a//b@c", "memory:a//b@c"),
    ],
)
def test_shown_url(url: str, shown: str) -> None:
    """Errors show a URL without its query and without its user."""
    assert shown_url(url) == shown


def test_apply_changes() -> None:
    """Changes set and delete options, in their order; a delete of an absent option is no error."""
    options: dict[str, Any] = {"a": {"k": 1}, "b": {}}
    apply_changes(options, [Change("a", None), Change("c", {"k": 2}), Change("d", None)])
    assert options == {"b": {}, "c": {"k": 2}}
