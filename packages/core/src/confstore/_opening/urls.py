"""The parts of a store's URL."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import attrs

from confstore._stores.given import described
from confstore._values.names import closest
from confstore.errors import InvalidURLError

__all__ = ["NO_URL", "URL_VARIABLE", "StoreURL", "checked_url", "shown_url", "split_urls"]

URL_VARIABLE = "CONFSTORE_URL"
"""The environment variable that holds the URL where the caller gives none."""

NO_URL = f"no URL of a store is given: pass one, or set {URL_VARIABLE} to file:config/prod.json"

# RFC 3986, section 3.1, in lower case.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<![^:])//(?!/).*@", re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
# Those of ASCII: no name is cut at a no-break space.
_BLANKS = re.compile(r"[ \t\n\v\f\r]+")
# Between the URLs of layers, or at the end of all but the last.
_SEPARATOR = re.compile(
    r"[,;|](?:$|(?:env|file|memory|dynamodb):|[a-z][a-z0-9+.-]*://)", re.IGNORECASE
)
# `open_store` takes them before an adapter sees the URL.
_OF_EVERY_STORE = ("references", "secrets", "secrets_context")
_FLAGS = {None: True, "true": True, "false": False}


@attrs.frozen
class StoreURL:
    """
    A store's URL, split into its parts: `SCHEME:PATH?NAME=TEXT&FLAG`.

    Attributes:
        scheme: The scheme in lower case.
        path: The text between the scheme's colon and the query, with its percent escapes.
        shown: The URL as errors may show it: without its query, and without a user and a password.
        parameters: The query, decoded; None for a name without `=`. A plus sign is a plus sign.
    """

    scheme: str
    path: str = attrs.field(repr=False)
    shown: str
    parameters: Mapping[str, str | None] = attrs.field(repr=False)

    @classmethod
    def parse(cls, url: str, parameters: Collection[str] = ()) -> StoreURL:
        """
        Split a URL, and check its query.

        Args:
            url: The URL.
            parameters: The names that its query can have.

        Raises:
            InvalidURLError: It has no scheme or holds a blank, or its query has an unknown, a
                repeated or a malformed parameter.
            TypeError: It is not a `str`.
        """
        url = checked_url(url)
        address, _, query = url.partition("?")
        scheme, _, path = address.partition(":")
        found: dict[str, str | None] = {}
        parsed = cls(scheme.lower(), path, shown_url(url), found)
        for pair in filter(None, query.split("&")):
            name, separator, text = pair.partition("=")
            name = parsed.decode(name)
            if name not in parameters:
                raise parsed.error(_unknown(name, parameters))
            if name in found:
                raise parsed.error(f"the parameter {name!r} is given twice")
            found[name] = parsed.decode(text) if separator else None
        return parsed

    def decode(self, text: str) -> str:
        """
        A part of the URL without its percent escapes.

        Raises:
            InvalidURLError: A `%` begins no escape, or the escapes are not UTF-8.
        """
        from urllib.parse import unquote

        if _BAD_ESCAPE.search(text):
            raise self.error("write %25 for a '%' that begins no escape")
        try:
            return unquote(text, errors="strict")
        except UnicodeDecodeError:
            raise self.error("its percent escapes are not UTF-8") from None

    def text(self, name: str) -> str | None:
        """
        The text of a parameter; None if it is not given.

        Raises:
            InvalidURLError: It is empty.
        """
        text = self.parameters.get(name)
        if name in self.parameters and not text:
            raise self.error(f"the parameter {name!r} is empty: write {name}=TEXT, or leave it out")
        return text

    def flag(self, name: str, *, default: bool = False) -> bool:
        """
        A parameter that is true or false: `name`, `name=true` or `name=false`.

        Raises:
            InvalidURLError: It is anything else.
        """
        text = self.parameters.get(name)
        if text not in _FLAGS:
            raise self.error(f"the parameter {name!r} is true or false, in lower case")
        return _FLAGS[text] if name in self.parameters else default

    def seconds(self, name: str, *, default: float) -> float:
        """
        A parameter that is a number of seconds, such as 60 or 0.5.

        Raises:
            InvalidURLError: It is no number, or not above 0.
        """
        text = self.text(name)
        if text is None:
            return default
        if not _NUMBER.fullmatch(text) or not float(text):
            raise self.error(f"the parameter {name!r} is a number of seconds above 0")
        return float(text)

    def error(self, reason: str) -> InvalidURLError:
        """The error that this URL cannot be understood, for a reason that shows no value."""
        return InvalidURLError(self.shown, reason)


def split_urls(given: object) -> list[str]:
    """
    The URLs of one or several layers: a text with blanks between them, or a sequence.

    Raises:
        InvalidURLError: One has no scheme, or one of a sequence holds a blank.
        TypeError: It is neither a `str` nor a sequence of them.
    """
    if not isinstance(given, str):
        if isinstance(given, Sequence) and not isinstance(given, bytes | bytearray) and given:
            return _checked_separators([checked_url(one) for one in given])
        return [checked_url(given)]
    first, *others = [piece for piece in _BLANKS.split(given) if piece] or [""]
    urls = [checked_url(first)]
    for piece in others:
        if _SCHEME.match(piece) is None:
            # The piece is not shown: it may be the rest of a parameter.
            reason = (
                "behind it stands a text without a scheme: blanks separate the URLs of layers, and "
                "a blank in a URL is written %20"
            )
            raise InvalidURLError(shown_url(urls[-1]), reason)
        urls.append(piece)
    return _checked_separators(urls)


def _checked_separators(urls: list[str]) -> list[str]:
    """Refuse a comma between two URLs, of which the first would be one of a strange name."""
    for place, url in enumerate(urls, 1):
        found = _SEPARATOR.search(url)
        # At the end of the last one it can belong to a name.
        if found and (place < len(urls) or found.end() - found.start() > 1):
            character = found[0][0]
            reason = (
                f"it has a {character!r} where blanks separate the URLs of layers, as in "
                "'env:APP_ file:dev.json'; in a name "
                f"it is written %{ord(character):02X}"
            )
            raise InvalidURLError(shown_url(url[: found.start()]), reason)
    return urls


def checked_url(given: object) -> str:
    """
    Check that something is one URL with a scheme, and return it.

    Raises:
        InvalidURLError: It has no scheme, or holds a blank.
        TypeError: It is not a `str`.
    """
    if not isinstance(given, str):
        message = f"a store's URL is a str such as 'file:config/prod.json', not {described(given)}"
        raise TypeError(message)
    # A variable may end with a line feed.
    url = given.strip(" \t\n\v\f\r")
    if _BLANKS.search(url):
        raise InvalidURLError(shown_url(url), "a blank in a URL is written %20")
    if not url:
        raise InvalidURLError("", NO_URL)
    if _SCHEME.match(url) is None:
        shown = shown_url(url)
        # Where all of it is shown anyway.
        path = shown if shown == url and url.endswith(".json") else "config/prod.json"
        raise InvalidURLError(shown, f"it starts with a scheme, as in file:{path}")
    return url


def shown_url(url: str) -> str:
    """A URL as errors may show it: without its query, and without a user and a password."""
    return _CREDENTIALS.sub("//***@", url.partition("?")[0], count=1)


def _unknown(name: str, known: Collection[str]) -> str:
    close = closest(name, [*known, *_OF_EVERY_STORE])
    if not known and not close:
        return f"it takes no parameters, and has {name!r}"
    advice = f"did you mean {close!r}?" if close else f"known are {', '.join(sorted(known))}"
    return f"it has the unknown parameter {name!r}: {advice}"
