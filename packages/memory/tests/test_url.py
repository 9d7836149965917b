"""Stores in memory by their URL."""

from __future__ import annotations

import pytest

from confstore import open_store
from confstore.errors import InvalidNameError, InvalidURLError
from confstore_memory import MemoryStore, open_url


def test_same_url_is_the_same_store() -> None:
    """Every part of a process reaches one store."""
    open_url("memory:url-shared").set("db", {"host": "localhost"})
    assert open_url("memory:url-shared").get("db") == {"host": "localhost"}


def test_other_url_is_another_store() -> None:
    """A name has case, and every byte of it counts."""
    open_url("memory:url-one").set("db", {})
    assert dict(open_url("memory:url-One").items()) == {}


def test_store_outlives_its_handles() -> None:
    """Closing a handle loses nothing."""
    with open_url("memory:url-closed") as store:
        store.set("db", {})
    assert open_url("memory:url-closed").get("db") == {}


def test_named_store_is_not_the_url_s() -> None:
    """A store that was made by itself is shared with nobody."""
    MemoryStore("url-own").set("db", {})
    assert dict(open_url("memory:url-own").items()) == {}


def test_core_finds_the_adapter() -> None:
    """An application names a URL and imports no adapter."""
    store = open_store("memory:url-core")
    store.set("db", {})
    assert open_url("memory:url-core").get("db") == {}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("memory:test", "test"),
        ("MEMORY:Test", "Test"),
        ("memory:a%20b%2Fc%3Fd%23e", "a b/c?d#e"),
        ("memory:%C3%A9", "\u00e9"),
        ("memory:a:b/c", "a:b/c"),
        ("memory:%2F%2Fa", "//a"),
    ],
)
def test_name_is_decoded(url: str, name: str) -> None:
    """Every name can be written in a URL."""
    assert open_url(url).name == name


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("memory:", "follows the colon"),
        ("memory", "starts with a scheme"),
        ("file:test", "follows the colon"),
        ("memory://test", "follows the colon"),
        ("memory:test?region=eu-west-1", "takes no parameters"),
        ("memory:test#part", "written %23"),
        ("memory:my test", "written %20"),
        ("memory:%ff", "not UTF-8"),
    ],
)
def test_other_url_is_refused(url: str, reason: str) -> None:
    """The error says what a URL of a store in memory looks like."""
    with pytest.raises(InvalidURLError, match=reason):
        open_url(url)


def test_error_does_not_show_the_query() -> None:
    """A query may hold what is not to be shown."""
    with pytest.raises(InvalidURLError) as caught:
        open_url("memory:test?password=secret")
    assert "secret" not in str(caught.value)


def test_name_that_cannot_be_is_refused() -> None:
    """A URL gives a store no name that it could not have."""
    with pytest.raises(InvalidNameError):
        open_url("memory:_journal:test")
