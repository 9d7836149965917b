"""A file store by its URL."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

from confstore.errors import InvalidNameError, InvalidURLError, StoreNotFoundError
from confstore_file._store import FileStore

__all__ = ["open_url"]

_EXAMPLES = "file:config/prod.json and file:///etc/app/prod.json"
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


def open_url(url: str, *, purpose: str = "create") -> FileStore:
    """
    The store that a URL such as `file:config/prod.json` or `file:///etc/app/prod.json` names.

    Args:
        url: The path is percent-decoded; a relative one is relative to the working directory. There
            are no parameters.
        purpose: As in `confstore.open_store`: for `"read"` the file has to be there, for `"write"`
            its folder, for `"create"` nothing.

    Raises:
        InvalidURLError: The URL cannot be understood.
        StoreNotFoundError: The file or its folder is absent, and not to be made.
        StoreUnavailableError: The file to be read is gone, and its journal is there.

    Source:
        RFC 8089, "The 'file' URI Scheme", 2017; the relative form is ours.
    """
    shown, _, query = url.partition("?")
    scheme, _, rest = shown.partition(":")
    if scheme.lower() != "file":
        raise InvalidURLError(shown, f"file stores are named like {_EXAMPLES}")
    if query:
        raise InvalidURLError(shown, "file URLs take no parameters")
    if "#" in rest:
        raise InvalidURLError(shown, "a # in a file's name is written %23")
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            reason = f"{host!r} would be a host; files are named like {_EXAMPLES}"
            raise InvalidURLError(shown, reason)
        rest = slash + path
    try:
        path = _decoded(rest)
        store = FileStore(path)
    except InvalidNameError as error:
        raise InvalidURLError(shown, f"{error}; files are named like {_EXAMPLES}") from None
    except ValueError as error:
        raise InvalidURLError(shown, str(error)) from None
    _check_there(path, store, purpose)
    return store


def _check_there(path: str, store: FileStore, purpose: str) -> None:
    # A link to nowhere is looked at where it leads.
    target, journal, _ = store.files
    folder = os.path.dirname(target)
    if purpose in {"read", "write"} and not os.path.isdir(folder):
        raise StoreNotFoundError(store.name, f"the folder of the file {path!r} is not there")
    if purpose == "read" and not os.path.lexists(target):
        if os.path.lexists(journal):
            # No mistyped store but a lost one: reading it raises, and says how it comes back.
            list(store.items())
        reason = f"the file {path!r} is not there{_did_you_mean(path, folder)}"
        raise StoreNotFoundError(store.name, reason)


def _did_you_mean(path: str, folder: str) -> str:
    """A question with the closest name of a file that may hold a store."""
    # Not at the top: only who mistypes has to wait for them.
    import difflib
    import glob

    # Unlike os.listdir, glob finds nothing in a folder that may not be listed.
    name = os.path.basename(path)
    # A link that leads nowhere has the name that was asked for.
    names = set(glob.glob("*.json", root_dir=folder)) - {name}
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _decoded(path: str) -> str:
    if _BAD_ESCAPE.search(path):
        raise ValueError("a % in a file's name is written %25")
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("its percent escapes are not UTF-8") from None
