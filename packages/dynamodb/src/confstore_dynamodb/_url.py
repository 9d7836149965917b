"""A store by a `dynamodb:` URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import attrs

from confstore.adapter import checked_store
from confstore.errors import AccessDeniedError, ConfigStoreError, InvalidURLError
from confstore_dynamodb._client import new_client
from confstore_dynamodb._store import DynamoDBStore

if TYPE_CHECKING:
    from confstore import Finding

__all__ = ["diagnose_url", "open_url"]

_FORM = "dynamodb://TABLE/STORE?region=eu-west-1"
_SETTINGS = ("endpoint_url", "full_reload_interval", "profile", "region")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def open_url(url: str, *, purpose: str = "create") -> DynamoDBStore:
    """
    Open `dynamodb://TABLE/STORE?region=...&endpoint_url=...&profile=...&full_reload_interval=...`.

    Table and store are taken as they are written, letter case included, and percent-decoded; the
    client is one of ours, and what the URL does not say comes from the environment.

    Args:
        url: The URL.
        purpose: As in `confstore.open_store`; the table is made only for `"create"`.

    Raises:
        InvalidURLError: The URL has another form.
        ConfigStoreError: The store cannot be opened; see `DynamoDBStore`.
    """
    return _parsed(url).opened(create_table=purpose == "create")


def diagnose_url(url: str) -> Iterator[Finding]:
    """
    Look at the store of a URL without making its table, also where it cannot be opened.

    Raises:
        InvalidURLError: The URL has another form.
    """
    return _diagnosed(_parsed(url))


def _diagnosed(address: _Address) -> Iterator[Finding]:
    # Not at the top: hardly a program asks.
    from confstore.adapter import finding_of

    try:
        store = address.opened(check_table=False)
    except ConfigStoreError as error:
        is_denied = isinstance(error, AccessDeniedError)
        finding = finding_of("credentials" if is_denied else "endpoint", error)
        # There is no client without them, whoever looks.
        yield attrs.evolve(finding, is_ok=False, advice="")
        return
    with closing(store):
        yield from store.diagnose()


@attrs.frozen
class _Address:
    """What a URL says."""

    table: str
    store: str
    interval_s: float
    settings: dict[str, str] = attrs.field(repr=False)

    def opened(self, *, create_table: bool = False, check_table: bool = True) -> DynamoDBStore:
        client = new_client(self.store, **self.settings)
        return DynamoDBStore(
            client,
            self.table,
            self.store,
            create_table=create_table,
            check_table=check_table,
            full_reload_interval=self.interval_s,
        )


def _parsed(url: str) -> _Address:
    # Not urlsplit: it lower-cases a host, refuses some characters in it and drops others.
    address, _, query = url.partition("?")
    scheme, separator, path = address.partition("://")
    if scheme.lower() != "dynamodb" or not separator:
        raise InvalidURLError(address, f"a DynamoDB store's URL is {_FORM}")
    table, _, store = path.partition("/")
    if not table:
        raise InvalidURLError(address, f"the table is missing: {_FORM}")
    if not store:
        raise InvalidURLError(address, f"the store is missing: {_FORM}")
    if "/" in store:
        raise InvalidURLError(address, "a '/' in a store's name is written %2F")
    table, store = _decoded(address, table), _decoded(address, store)
    settings = _settings(address, query)
    interval_s = _seconds(address, settings.pop("full_reload_interval", "3600"))
    return _Address(table, checked_store(store), interval_s, settings)


def _seconds(address: str, text: str) -> float:
    if not _NUMBER.fullmatch(text) or not float(text):
        raise InvalidURLError(address, "full_reload_interval is a number of seconds above 0")
    return float(text)


def _decoded(address: str, text: str) -> str:
    if _BAD_ESCAPE.search(text):
        raise InvalidURLError(address, "a '%' that starts no escape is written %25")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidURLError(address, "its escapes are not UTF-8") from None


def _settings(address: str, query: str) -> dict[str, str]:
    if _BAD_ESCAPE.search(query):
        raise InvalidURLError(address, "a '%' in the query that starts no escape is written %25")
    settings: dict[str, str] = {}
    for setting, value in parse_qsl(query, keep_blank_values=True):
        if setting not in _SETTINGS:
            known = ", ".join(_SETTINGS)
            raise InvalidURLError(address, f"the query has the unknown {setting!r}; known: {known}")
        if setting in settings or not value:
            raise InvalidURLError(address, f"{setting!r} is given once, and not empty")
        settings[setting] = value
    endpoint = settings.get("endpoint_url", "https://")
    if not endpoint.startswith(("http://", "https://")):
        raise InvalidURLError(address, "endpoint_url is a URL that starts with http:// or https://")
    return settings
