"""A file store by its URL."""

from __future__ import annotations

import os
import re

from confstore.adapter import closest, percent_decode, shown_url
from confstore.errors import InvalidNameError, InvalidURLError, StoreNotFoundError
from confstore_file._store import FileStore

__all__ = ["open_url", "path_of"]

_DRIVE = re.compile("/[A-Za-z]:/")
_EXAMPLES = "file:config/prod.json and file:///etc/app/prod.json"


def open_url(url: str, *, purpose: str = "create") -> FileStore:
    """
    The store that a URL such as `file:config/prod.json` or `file:///etc/app/prod.json` names.

    Args:
        url: The path is percent-decoded; a relative one is relative to the working directory, and
            `file:~/prod.json` to the home. There are no parameters.
        purpose: As in `confstore.open_store`: for `"read"` the file must exist, for `"write"` its
            folder, for `"create"` nothing.

    Raises:
        InvalidURLError: The URL cannot be understood.
        StoreNotFoundError: The file or its folder must exist, and does not.
        StoreUnavailableError: The file to be read is gone, and its journal is there.

    Source:
        RFC 8089, "The 'file' URI Scheme", 2017; the relative form is ours.
    """
    address, _, query = url.partition("?")
    shown = shown_url(url)
    scheme, _, rest = address.partition(":")
    if scheme.lower() != "file":
        raise InvalidURLError(shown, f"file stores are named like {_EXAMPLES}")
    if query:
        raise InvalidURLError(shown, "file URLs take no parameters")
    if "#" in rest:
        raise InvalidURLError(shown, "a # in a file's name is written %23")
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            # A password may hold a slash, and so begin in what looks like the host.
            named = "this" if "@" in rest else repr(host)
            reason = f"{named} would be a host; files are named like {_EXAMPLES}"
            raise InvalidURLError(shown, reason)
        rest = slash + path
    path = path_of(rest, shown, is_windows=os.name == "nt")
    try:
        store = FileStore(path)
    except InvalidNameError as error:
        raise InvalidURLError(shown, f"{error}; files are named like {_EXAMPLES}") from None
    _check_exists(path, store, purpose)
    if purpose == "write":
        store.expect_absence()
    return store


def path_of(encoded: str, shown: str, *, is_windows: bool) -> str:
    """
    The path that the part of a URL after its host names.

    Args:
        encoded: The part, with its percent escapes; `~/` at its beginning means the home.
        shown: The URL, for errors.
        is_windows: True where `/C:/` names a drive.
    """
    path = percent_decode(encoded, shown)
    if encoded.startswith("~/"):
        home = os.path.expanduser("~")
        return f"{home}{path[1:]}"
    if is_windows and _DRIVE.match(path):
        return path[1:]
    return path


def _check_exists(path: str, store: FileStore, purpose: str) -> None:
    # A link to nowhere stands for the path to which it leads.
    target, journal, _ = store.files()
    folder = os.path.dirname(target)
    if purpose in {"read", "write"} and not os.path.isdir(folder):
        raise StoreNotFoundError(store.name, f"the folder of the file {path!r} is not there")
    if purpose == "read" and not os.path.lexists(target):
        if os.path.lexists(journal):
            # A lost store and not a mistyped one: reading it raises the error that says so.
            list(store.items())
        reason = f"the file {path!r} is not there{_did_you_mean(path, folder)}"
        raise StoreNotFoundError(store.name, reason)


def _did_you_mean(path: str, folder: str) -> str:
    """A question with the closest name of a file that may hold a store."""
    import glob  # not at the top: only a mistyped name needs it

    # Unlike os.listdir, glob finds nothing in a folder that may not be listed. A link to nowhere is
    # listed, too, and has the name that was asked for.
    stem = os.path.basename(path).removesuffix(".json")
    stems = {name.removesuffix(".json") for name in glob.glob("*.json", root_dir=folder)}
    close = closest(stem, stems - {stem})
    return f"; did you mean {close + '.json'!r}?" if close else ""
