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
from confstore.adapter import StoreURL, apply_changes, closest
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
    profile = Profile(examples=at_length(100, short=4), steps=30)

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


def test_url_in_parts() -> None:
    """A URL is split at its colon and its question mark, and its query is decoded."""
    url = StoreURL.parse("Place:a%20b+c?region=x%26y+z&optional&full=false", QUERY)
    assert (url.scheme, url.path) == ("place", "a%20b+c")
    assert url.decode(url.path) == "a b+c"
    assert url.text("region") == "x&y+z"
    assert (url.flag("optional"), url.flag("full")) == (True, False)
    assert (url.text("every"), url.flag("every")) == (None, False)
    assert StoreURL.parse("place:a?", QUERY).parameters == {}


QUERY = ("region", "optional", "full", "every")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("secret=x", "unknown parameter 'secret': did you mean 'secrets'"),
        ("regoin=x", "unknown parameter 'regoin': did you mean 'region'"),
        ("zzz=x", "unknown parameter 'zzz': known are every, full, optional, region"),
        ("=x", "unknown parameter ''"),
        ("region=x&region=x", "'region' is given twice"),
        ("region=", "'region' is empty: write region=TEXT"),
        ("region", "'region' is empty"),
        ("full=", "'full' is true or false"),
        ("full=True", "'full' is true or false"),
        ("full=1", "'full' is true or false"),
        ("every=1h", "'every' is a number of seconds above 0"),
        ("every=0.0", "above 0"),
        ("every=-1", "above 0"),
        ("every=nan", "above 0"),
        ("every=1e3", "above 0"),
        ("region=%zz", "write %25"),
        ("%FF=x", "not UTF-8"),
    ],
)
def test_query_is_refused(query: str, reason: str) -> None:
    """A parameter that cannot be meant is an error of the URL, which shows no value."""

    def read() -> None:
        url = StoreURL.parse(f"place:a?{query}", QUERY)
        url.text("region")
        url.flag("full")
        url.seconds("every", default=1)

    with pytest.raises(InvalidURLError, match=reason):
        read()


def test_url_without_parameters() -> None:
    """A scheme that has none says so."""
    with pytest.raises(InvalidURLError, match="takes no parameters, and has 'region'"):
        StoreURL.parse("place:a?region=secret")


@pytest.mark.parametrize("text", ["a%2", "%zz", "%FF"])
def test_bad_escapes(text: str) -> None:
    """A part of a URL is decoded as UTF-8, strictly."""
    url = StoreURL.parse(f"place:{text}")
    with pytest.raises(InvalidURLError, match=r"write %25 for a '%'|not UTF-8"):
        url.decode(url.path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("file://ada:s3cret@host/x?p=1", "file://***@host/x"),
        ("f://ada:s3/cret@host/x", "f://***@host/x"),
        ("file:///a@b/x.json?p=1", "file:///a@b/x.json"),
        ("memory:a//b@c", "memory:a//b@c"),
    ],
)
def test_shown_url(url: str, shown: str) -> None:
    """Errors show a URL without its query and without its user."""
    assert StoreURL.parse(url, ("p",)).shown == shown


def test_apply_changes() -> None:
    """Changes set and delete options, in their order; a delete of an absent option is no error."""
    options: dict[str, Any] = {"a": {"k": 1}, "b": {}}
    apply_changes(options, [Change("a", None), Change("c", {"k": 2}), Change("d", None)])
    assert options == {"b": {}, "c": {"k": 2}}
