"""Opening a store by its URL."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Literal, TypeAlias, cast

from confstore._stores.protocols import Store
from confstore._values.names import closest
from confstore.errors import BackendNotInstalledError, InvalidURLError

__all__ = ["ENTRY_POINTS", "URL_VARIABLE", "Purpose", "open_store", "percent_decode", "shown_url"]

ENTRY_POINTS = "confstore.stores"
"""The entry-point group in which an adapter names its scheme: a callable from URL to Store."""

URL_VARIABLE = "CONFSTORE_URL"
"""The environment variable that holds the URL where the caller gives none."""

Purpose: TypeAlias = Literal["read", "write", "create", "diagnose"]
"""The purpose of opening a store, which decides what may be created; see `open_store`."""

# RFC 3986, section 3.1, in lower case.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<![^:])//(?!/).*@", re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OUR_ADAPTERS = {
    "dynamodb": "confstore-dynamodb",
    "file": "confstore-file",
    "memory": "confstore-memory",
}


def open_store(url: str | None = None, *, purpose: Purpose = "create") -> Store:
    """
    Open the store that a URL names, in any backend.

    An adapter whose callable has a parameter `purpose` receives it; any other adapter opens the
    store as it does by default.

    Args:
        url: `dynamodb://TABLE/STORE?region=...`, `file:config/prod.json`, `memory:test`, or what
            another adapter defines; None takes `CONFSTORE_URL` from the environment. In its query,
            `secrets=kms:alias/config`, `secrets=local:KEYFILE`, `secrets=local` (the key is in
            `CONFSTORE_SECRET_KEY`) or, for tests, `secrets=random` seals: the store is a
            `SealedStore`. `references=asm:prod/*,ssm:/prod/*` says which references are followed,
            `secrets_context=` the store's name in sealed texts.
        purpose: `"create"` makes everything that the store needs, when it is needed. `"write"`
            makes only what a write itself makes, such as a file in a folder that exists, but no
            table. `"read"` makes nothing: an absent store is an error, and not empty. `"diagnose"`
            makes nothing and looks at nothing yet; see `confstore.diagnose`.

    Raises:
        InvalidURLError: There is no URL, or it cannot be understood.
        BackendNotInstalledError: No installed adapter serves its scheme.
        StoreNotFoundError: The store's table, file or folder is absent, and not to be made.
        ConfigStoreError: The adapter could not open the store.
    """
    if url is None:
        url = os.environ.get(URL_VARIABLE)
        if not url:
            reason = f"give one, or set {URL_VARIABLE}, for example to file:config/prod.json"
            raise InvalidURLError("", reason)
    match = _SCHEME.match(url)
    if match is None:
        reason = "it starts with a scheme, as in file:config/prod.json"
        raise InvalidURLError(shown_url(url), reason)
    query = url.partition("?")[2]
    if "secrets" not in query and "references" not in query:
        return _open(url, _opener(match[1].lower()), purpose)
    # Not at the top: not every store has secrets.
    from confstore._secrets.by_url import take_sealing

    url, sealing = take_sealing(url, shown_url(url))
    store = _open(url, _opener(match[1].lower()), purpose)
    if sealing is None:
        return store
    try:
        return sealing.seal(store)
    except BaseException:
        store.close()
        raise


def _open(url: str, opener: Callable[..., Store], purpose: Purpose) -> Store:
    if purpose != "create":
        import inspect  # not at the top: most programs create

        if "purpose" in inspect.signature(opener).parameters:
            return opener(url, purpose=purpose)
    return opener(url)


def shown_url(url: str) -> str:
    """A URL as errors may show it: without its query, and without a user and a password."""
    return _CREDENTIALS.sub("//***@", url.partition("?")[0], count=1)


def percent_decode(text: str, url: str) -> str:
    """
    A part of a store's URL without its percent escapes.

    Args:
        text: The part.
        url: The URL without its query, for errors.

    Raises:
        InvalidURLError: A `%` begins no escape, or the escapes are not UTF-8.
    """
    from urllib.parse import unquote

    if _BAD_ESCAPE.search(text):
        raise InvalidURLError(url, "write %25 for a '%' that begins no escape")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidURLError(url, "its percent escapes are not UTF-8") from None


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
