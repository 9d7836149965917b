"""A store by its URL."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from confstore._store import Store
from confstore.errors import BackendNotInstalledError, InvalidURLError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["ENTRY_POINTS", "URL_VARIABLE", "open_store"]

ENTRY_POINTS = "confstore.stores"
"""The entry-point group in which an adapter names its scheme: a callable from URL to Store."""

URL_VARIABLE = "CONFSTORE_URL"
"""The environment variable that holds the URL where the caller gives none."""

# RFC 3986, section 3.1, in lower case.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_OUR_ADAPTERS = {
    "dynamodb": "confstore-dynamodb",
    "file": "confstore-file",
    "memory": "confstore-memory",
}


def open_store(url: str | None = None) -> Store:
    """
    Open the store that a URL names, in whichever backend.

    Args:
        url: `dynamodb://TABLE/STORE?region=...`, `file:config/prod.json`, `memory:test`, or what
            another adapter defines; None takes `CONFSTORE_URL` from the environment.

    Raises:
        InvalidURLError: There is no URL, or it cannot be understood.
        BackendNotInstalledError: No installed adapter serves its scheme.
        ConfigStoreError: The adapter could not open the store.
    """
    if url is None:
        url = os.environ.get(URL_VARIABLE)
        if not url:
            reason = f"give one, or set {URL_VARIABLE}, for example to file:config/prod.json"
            raise InvalidURLError("", reason)
    match = _SCHEME.match(url)
    if match is None:
        shown = url.partition("?")[0]
        raise InvalidURLError(shown, "it starts with a scheme, as in file:config/prod.json")
    opener = cast("Callable[[str], Store]", _adapter(match[1].lower()).load())
    return opener(url)


def _adapter(scheme: str) -> EntryPoint:
    # Not at the top: a program that opens no store by URL need not pay for it at its start.
    from importlib.metadata import entry_points

    installed = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if scheme in installed:
        return installed[scheme]
    if scheme in _OUR_ADAPTERS:
        advice = f"python -m pip install {_OUR_ADAPTERS[scheme]}"
    else:
        known = sorted(installed.keys() | _OUR_ADAPTERS.keys())
        close = difflib.get_close_matches(scheme, known, n=1)
        advice = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
    raise BackendNotInstalledError(scheme, advice)
