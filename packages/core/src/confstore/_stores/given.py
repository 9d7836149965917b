"""Checks of what a caller gives where a store belongs."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TypeVar

from confstore._stores.protocols import JournaledStore
from confstore.errors import JournalNotSupportedError

__all__ = [
    "check_methods",
    "checked_journaled",
    "checked_object",
    "described",
    "looks_like_url",
]

S = TypeVar("S")

_URLS = ("dynamodb://", "file:", "memory:")
# A store that only reads, such as a layered one, has these.
_METHODS = ("get", "items", "close")

_NONE, _CLASS, _TEXT, _PATH = "None", "a class", "a str", "a path"
_CONFIG, _FACADE, _STORE = "a config", "a config store", "a store"
_ASYNC = "an asyncio store"
_AWS, _MAPPING, _OTHER = "an object of AWS's SDK", "a mapping", "an object"

_ADVICE = {
    _NONE: "open one with open_store(url)",
    _CLASS: "pass an instance of it",
    _TEXT: "open_store(url) opens a URL, and open_config(url) reads one",
    _PATH: "confstore_file.FileStore(path) is a store, and open_config('file:PATH') reads one",
    _CONFIG: "pass the store that it reads",
    _FACADE: "pass its .store",
    _ASYNC: "pass its .store",
    _AWS: "confstore_dynamodb.DynamoDBStore(client, table, name) is a store",
    _MAPPING: "confstore_memory.MemoryStore(options=...) is a store",
    _OTHER: f"a store has the methods {', '.join(_METHODS)}",
}


def checked_object(given: S, *, only_get: bool = False) -> S:
    """
    Check that an object is a store, by its methods, and return it.

    Args:
        given: The object.
        only_get: True where single options are read and nothing else: then `get` and a name do.

    Raises:
        TypeError: It is something else; the error says what to pass instead.
    """
    kind = _kind_of(given)
    is_enough = only_get and kind == _OTHER and _has_methods(given, "get")
    if kind == _STORE or (is_enough and hasattr(given, "name")):
        return given
    message = f"a store belongs here, not {described(given)}: {_ADVICE[kind]}"
    raise TypeError(message)


def checked_journaled(given: JournaledStore) -> JournaledStore:
    """
    Check that an object is a store that can have a journal, and return it.

    Raises:
        JournalNotSupportedError: Its backend cannot keep a journal.
        TypeError: It is no store.
    """
    store = checked_object(given)
    # One that is only read needs not all of the methods.
    if not callable(getattr(store, "commits", None)):
        raise JournalNotSupportedError(store.name)
    return store


def check_methods(what: str, given: object, *names: str) -> None:
    """
    Check that an object, and no class, has some methods.

    Raises:
        TypeError: It lacks one of them.
    """
    # Else by the class: an attribute of a config may be an option. A wrapper passes on any name.
    owner = given if _kind_of(given) == _OTHER else type(given)
    if any(not callable(getattr(owner, name, None)) for name in names):
        message = f"{what} with the methods {' and '.join(names)}, not {described(given)}"
        raise TypeError(message)


def described(given: object) -> str:
    """The kind of an object, for an error about it; never its value."""
    kind = _kind_of(given)
    name = given.__name__ if isinstance(given, type) else type(given).__name__
    return kind if kind in {_NONE, _TEXT} else f"{kind} ({name})"


def looks_like_url(text: str) -> bool:
    """True if a text begins as the URL of one of our adapters does."""
    return text.lower().startswith(_URLS)


def _kind_of(given: object) -> str:
    kind = type(given)
    for name, kinds in ((_CLASS, type), (_TEXT, str), (_PATH, PathLike), (_MAPPING, Mapping)):
        if isinstance(given, kinds):
            return name
    if given is None:
        return _NONE
    if kind.__module__.partition(".")[0] in {"boto3", "botocore", "aiobotocore"}:
        return _AWS
    # By the class: an attribute of a config may be an option, and reading it may refresh.
    if hasattr(kind, "reload") and not hasattr(kind, "items"):
        return _FACADE if hasattr(kind, "set") else _CONFIG
    if hasattr(kind, "__aexit__"):
        return _ASYNC if hasattr(kind, "items") else _CONFIG
    return _STORE if _has_methods(given, *_METHODS) else _OTHER


def _has_methods(given: object, *names: str) -> bool:
    return all(callable(getattr(given, name, None)) for name in names)
