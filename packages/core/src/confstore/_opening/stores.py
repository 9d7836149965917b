"""Opening a store by its URL."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from confstore._opening.urls import NO_URL, URL_VARIABLE, StoreURL, shown_url, split_urls
from confstore._stores.protocols import JournaledStore, PartedStore, Store, ability
from confstore._values.names import closest
from confstore.errors import (
    BackendNotInstalledError,
    InvalidURLError,
    JournalNotSupportedError,
    NotJournaledError,
    ReadOnlyStoreError,
)

if TYPE_CHECKING:
    from confstore._layers.environment import Environment

__all__ = [
    "ENTRY_POINTS",
    "URL_VARIABLE",
    "Purpose",
    "is_environment",
    "open_journaled_store",
    "open_layers",
    "open_store",
]

ENTRY_POINTS = "confstore.stores"
"""The entry-point group in which an adapter names its scheme: a callable from URL to Store."""

Purpose: TypeAlias = Literal["read", "write", "create"]
"""The purpose of opening a store, which decides what may be created; see `open_store`."""

_PURPOSES: tuple[str, ...] = get_args(Purpose)
_OUR_ADAPTERS = {
    "dynamodb": "confstore-dynamodb",
    "file": "confstore-file",
    "memory": "confstore-memory",
}


def open_store(url: str | Sequence[str] | None = None, *, purpose: Purpose = "write") -> Store:
    """
    Open the store that a URL names, in any backend, or several as the layers of one.

    An adapter whose callable has a parameter `purpose` receives it; any other adapter opens the
    store as it does by default.

    Args:
        url: `dynamodb://TABLE/STORE?region=...`, `file:config/prod.json`, `memory:test`, or what
            another adapter defines; None takes `CONFSTORE_URL` from the environment. Several, with
            blanks between them or in a sequence, are layers, the strongest first, and are read as
            one store, a `LayeredStore`. `env:PREFIX` among them is an `Environment`.
            In the query of one, `secrets=kms:alias/config`, `secrets=local:KEYFILE`,
            `secrets=local` (the key is in `CONFSTORE_SECRET_KEY`) or, for tests, `secrets=random`
            seals: the store is a `SealedStore`. `references=asm:prod/*,ssm:/prod/*` says which
            references are followed, `secrets_context=` the store's name in sealed texts.
        purpose: `"read"` makes nothing, and checks nothing yet: the first read reports an absent
            store. `"write"` checks now that the table or the file's folder is there, and makes only
            what a write itself makes, such as the file. `"create"` makes everything that is absent,
            as the URL's `?create=true` does for a table.

    Raises:
        InvalidURLError: There is no URL, or it cannot be understood.
        BackendNotInstalledError: No installed adapter serves its scheme.
        StoreNotFoundError: The store's table or folder is absent, and not to be made.
        ConfigStoreError: The adapter could not open the store.
        TypeError: The URL is not a `str`.
        ValueError: There is no such purpose.
    """
    return open_layers(url, purpose)


def open_layers(url: str | Sequence[str] | None, purpose: Purpose, **settings: Any) -> Store:
    """Open a store or layers, see `open_store`; the settings are those of a `LayeredStore`."""
    if url is None:
        url = os.environ.get(URL_VARIABLE)
        if not url:
            raise InvalidURLError("", NO_URL)
    urls = split_urls(url)
    if purpose not in _PURPOSES:
        raise ValueError(f"no purpose is named {purpose!r}: known are {', '.join(_PURPOSES)}")
    if len(urls) == 1 and not is_environment(urls[0]):
        return _opened(urls[0], purpose)
    if all(map(is_environment, urls)):
        reason = "an environment is a layer over a store: name one behind it, as in"
        parsed = StoreURL.parse(urls[0])
        raise parsed.error(f"{reason} '{parsed.shown} file:config/prod.json'")
    # Not at the top: only programs with layers pay for them.
    from confstore._layers.layered import LayeredStore

    with ExitStack() as opened:
        layers: list[Any] = []
        for one in urls:
            if is_environment(one):
                layers.append(_environment(one))
            else:
                store = _opened(one, purpose)
                opened.callback(store.close)
                layers.append(store)
        layered = LayeredStore(layers, **settings)
        opened.pop_all()
    return layered


def is_environment(url: str) -> bool:
    """True for the URL of an environment, which is a layer and no store."""
    return url.lower().startswith("env:")


def _environment(url: str) -> Environment:
    from confstore._layers.environment import Environment

    parsed = StoreURL.parse(url)
    try:
        return Environment(parsed.decode(parsed.path))
    except ValueError as error:
        raise parsed.error(str(error)) from None


def _opened(url: str, purpose: Purpose) -> Store:
    query = url.partition("?")[2]
    if "secrets" not in query and "references" not in query:
        return _open(url, purpose)
    # Not at the top: not every store has secrets.
    from confstore._secrets.by_url import take_sealing

    url, sealing = take_sealing(url, shown_url(url))
    store = _open(url, purpose)
    if sealing is None:
        return store
    try:
        return sealing.seal(store)
    except BaseException:
        store.close()
        raise


def _open(url: str, purpose: Purpose) -> Store:
    opener = _opener(url.partition(":")[0].lower())
    import inspect  # not at the top: only programs that open a store by URL pay for it

    if "purpose" in inspect.signature(opener).parameters:
        return opener(url, purpose=purpose)
    return opener(url)


def open_journaled_store(
    url: str | Sequence[str] | None = None, *, purpose: Purpose = "write"
) -> JournaledStore:
    """
    Open the store that a URL names, which must have a journal.

    Args:
        url: As for `open_store`.
        purpose: As for `open_store`; `"create"` also enables the journal. With every purpose, the
            backend is asked now whether there is a journal.

    Raises:
        JournalNotSupportedError: The backend cannot keep a journal.
        NotJournaledError: The journal is not enabled.
        ReadOnlyStoreError: The URL names layers, of which each has its own journal.
        ConfigStoreError: The store could not be opened or read; see `open_store`.
    """
    store = open_store(url, purpose=purpose)
    try:
        journaled = ability(store, JournaledStore)
        if journaled is None and ability(store, PartedStore) is not None:
            reason = "each of its layers has a journal of its own: open one of them"
            raise ReadOnlyStoreError(store.name, reason)
        if journaled is None:
            raise JournalNotSupportedError(store.name)
        if not journaled.is_journaled():
            if purpose != "create":
                raise NotJournaledError(store.name)
            journaled.enable_journal()
    except BaseException:
        store.close()
        raise
    return journaled


def _opener(scheme: str) -> Callable[..., Store]:
    # Not at the top: only programs that open a store by URL pay for it.
    from importlib.metadata import entry_points

    installed = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if scheme in installed:
        return cast("Callable[..., Store]", installed[scheme].load())
    if scheme in _OUR_ADAPTERS:
        # Slim packages of Lambda and programs of PyInstaller leave *.dist-info out, and with it
        # every entry point.
        opener = _imported(_OUR_ADAPTERS[scheme].replace("-", "_"))
        if opener is not None:
            return opener
        advice = f"python -m pip install {_OUR_ADAPTERS[scheme]}"
    elif len(scheme) == 1:
        advice = f"a path on a drive of Windows is written file:///{scheme.upper()}:/PATH"
    else:
        known = sorted(installed.keys() | _OUR_ADAPTERS.keys())
        close = closest(scheme, known)
        advice = f"did you mean {close!r}?" if close else f"known are {', '.join(known)}"
    raise BackendNotInstalledError(scheme, advice)


def _imported(package: str) -> Callable[..., Store] | None:
    from importlib import import_module

    try:
        return cast("Callable[..., Store]", import_module(package).open_url)
    except ModuleNotFoundError as error:
        # A package that is there, and needs another one, says so itself.
        if error.name != package:
            raise
    return None
