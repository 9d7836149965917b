"""A file store by its URL."""

from __future__ import annotations

import os
import re

from confstore.adapter import StoreURL
from confstore.errors import InvalidNameError
from confstore_file._absence import absent_folder
from confstore_file._store import FileStore

__all__ = ["open_url", "path_of"]

_DRIVE = re.compile("/[A-Za-z]:/")
_EXAMPLES = "file:config/prod.json and file:///etc/app/prod.json"


def open_url(url: str, *, purpose: str = "write") -> FileStore:
    """
    The store that a URL such as `file:config/prod.json` or `file:///etc/app/prod.json` names.

    Args:
        url: The path is percent-decoded; a relative one is relative to the working directory, and
            `file:~/prod.json` to the home. With `?optional`, an absent file is an empty store to
            a reader, too, also if it was there before.
        purpose: As in `confstore.open_store`. For `"read"` nothing is checked yet, and the first
            read of an absent file raises `StoreNotFoundError`. For `"write"` the file's folder must
            exist. For `"create"` the first write makes file and folder.

    Raises:
        InvalidURLError: The URL cannot be understood.
        StoreNotFoundError: The file's folder must exist, and does not.

    Source:
        RFC 8089, "The 'file' URI Scheme", 2017; the relative form is ours.
    """
    parsed = StoreURL.parse(url, ("optional",))
    rest = parsed.path
    if parsed.scheme != "file":
        raise parsed.error(f"file stores are named like {_EXAMPLES}")
    if "#" in rest:
        raise parsed.error("a # in a file's name is written %23")
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host.lower() not in {"", "localhost"}:
            # A password may hold a slash, and so begin in what looks like the host.
            named = "this" if "@" in rest else repr(host)
            raise parsed.error(f"{named} would be a host; files are named like {_EXAMPLES}")
        rest = slash + path
    path = path_of(rest, parsed, is_windows=os.name == "nt")
    try:
        store = FileStore(path, missing_ok=purpose != "read", optional=parsed.flag("optional"))
    except InvalidNameError as error:
        raise parsed.error(f"{error}; files are named like {_EXAMPLES}") from None
    if purpose == "write":
        # A link to nowhere stands for the path to which it leads.
        if not os.path.isdir(os.path.dirname(store.files()[0])):
            raise absent_folder(os.path.abspath(path), store.name)
        store.expect_absence()
    return store


def path_of(encoded: str, url: StoreURL, *, is_windows: bool) -> str:
    """
    The path that the part of a URL after its host names.

    Args:
        encoded: The part, with its percent escapes; `~/` at its beginning means the home.
        url: The URL.
        is_windows: True where `/C:/` names a drive.
    """
    path = url.decode(encoded)
    if encoded.startswith("~/"):
        home = os.path.expanduser("~")
        return f"{home}{path[1:]}"
    if is_windows and _DRIVE.match(path):
        return path[1:]
    return path
