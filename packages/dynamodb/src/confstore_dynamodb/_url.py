"""A store by a `dynamodb:` URL."""

from __future__ import annotations

import re

from confstore.adapter import checked_store, percent_decode, shown_url
from confstore.errors import InvalidURLError
from confstore_dynamodb._connections.client import new_client
from confstore_dynamodb._connections.own import OwnSettings
from confstore_dynamodb._store import DynamoDBStore

__all__ = ["open_url"]

_FORM = "dynamodb://TABLE/STORE?region=eu-west-1"
_SETTINGS = ("client", "endpoint_url", "full_reload_interval", "profile", "region")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def open_url(url: str, *, purpose: str = "create") -> DynamoDBStore:
    """
    Open `dynamodb://TABLE/STORE?region=...&endpoint_url=...&profile=...&full_reload_interval=...`.

    Table and store keep their letter case, and are percent-decoded. The client is one of ours, with
    the environment's settings for everything that the URL does not say.

    Args:
        url: The URL.
        purpose: As in `confstore.open_store`; the table is created only for `"create"`, and not
            checked for `"diagnose"`.

    Raises:
        InvalidURLError: The URL has another form.
        ConfigStoreError: The store cannot be opened; see `DynamoDBStore`.
    """
    address, table, store, settings = _parsed(url)
    interval_s = _seconds(address, settings.pop("full_reload_interval", "3600"))
    client = new_client(checked_store(store), OwnSettings(**settings))
    return DynamoDBStore(
        client,
        table,
        store,
        create_table=purpose == "create",
        check_table=purpose != "diagnose",
        full_reload_interval=interval_s,
    )


def _parsed(url: str) -> tuple[str, str, str, dict[str, str]]:
    """The URL without its query, the table, the store and the settings."""
    # Not urlsplit: it lower-cases a host, refuses some characters in it and drops others.
    address, _, query = url.partition("?")
    scheme, separator, path = address.partition("://")
    address = shown_url(url)
    if scheme.lower() != "dynamodb" or not separator:
        raise InvalidURLError(address, f"a DynamoDB store's URL is {_FORM}")
    table, _, store = path.partition("/")
    if "@" in table:
        # Before it stands what may be a password, which no later error is to show.
        address = f"{scheme}://{path[path.index('@') + 1 :]}"
        reason = "no user or password stands in it: credentials are AWS's (profile=, AWS_PROFILE)"
        raise InvalidURLError(address, reason)
    if not table:
        raise InvalidURLError(address, f"the table is missing: {_FORM}")
    if not store:
        raise InvalidURLError(address, f"the store is missing: {_FORM}")
    if "/" in store:
        raise InvalidURLError(address, "a '/' in a store's name is written %2F")
    table, store = percent_decode(table, address), percent_decode(store, address)
    return address, table, store, _settings(address, query)


def _seconds(address: str, text: str) -> float:
    if not _NUMBER.fullmatch(text) or not float(text):
        raise InvalidURLError(address, "full_reload_interval is a number of seconds above 0")
    return float(text)


def _settings(address: str, query: str) -> dict[str, str]:
    settings: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, _, text = pair.replace("+", " ").partition("=")
        setting, value = percent_decode(name, address), percent_decode(text, address)
        if setting not in _SETTINGS:
            known = ", ".join(_SETTINGS)
            raise InvalidURLError(address, f"the query has the unknown {setting!r}; known: {known}")
        if setting in settings or not value:
            raise InvalidURLError(address, f"{setting!r} is given once, and not empty")
        settings[setting] = value
    if settings.get("client", "alone") not in ("alone", "botocore"):
        raise InvalidURLError(
            address, "client is botocore or alone; without it the fastest is used"
        )
    endpoint = settings.get("endpoint_url", "https://")
    if not endpoint.startswith(("http://", "https://")):
        raise InvalidURLError(address, "endpoint_url is a URL that starts with http:// or https://")
    return settings
