"""A file store by its URL."""

from __future__ import annotations

import re
from urllib.parse import unquote

from confstore.errors import InvalidNameError, InvalidURLError
from confstore_file._store import FileStore

__all__ = ["open_url"]

_EXAMPLES = "file:config/prod.json and file:///etc/app/prod.json"
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")


def open_url(url: str) -> FileStore:
    """
    The store that a URL such as `file:config/prod.json` or `file:///etc/app/prod.json` names.

    Args:
        url: The path is percent-decoded; a relative one is relative to the working directory. There
            are no parameters.

    Raises:
        InvalidURLError: The URL cannot be understood.

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
        return FileStore(_decoded(rest))
    except InvalidNameError as error:
        raise InvalidURLError(shown, f"{error}; files are named like {_EXAMPLES}") from None
    except ValueError as error:
        raise InvalidURLError(shown, str(error)) from None


def _decoded(path: str) -> str:
    if _BAD_ESCAPE.search(path):
        raise ValueError("a % in a file's name is written %25")
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("its percent escapes are not UTF-8") from None
