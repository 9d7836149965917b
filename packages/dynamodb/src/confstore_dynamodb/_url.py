"""A store by a `dynamodb:` URL."""

from __future__ import annotations

from confstore.adapter import StoreURL, checked_store
from confstore.errors import InvalidURLError
from confstore_dynamodb._connections.client import new_client
from confstore_dynamodb._connections.own_client import OwnSettings
from confstore_dynamodb._store import DynamoDBStore

__all__ = ["open_url"]

_FORM = "dynamodb://TABLE/STORE?region=eu-west-1"
_PARAMETERS = (
    "client",
    "create",
    "endpoint_url",
    "full_reload_interval",
    "option_key",
    "profile",
    "region",
    "store_key",
)
_WAYS = (None, "alone", "botocore")


def open_url(url: str, *, purpose: str = "write") -> DynamoDBStore:
    """
    Open `dynamodb://TABLE/STORE`, with the parameters below.

    Table and store keep their letter case, and are percent-decoded. The client is one of ours, with
    the environment's settings for everything that the URL does not say: `region`, `endpoint_url`,
    `profile`, and `client`, the way it sends requests (`botocore` or `alone`, else the fastest).
    `store_key`, `option_key` and `full_reload_interval` are those of `DynamoDBStore`; `create=true`
    creates an absent table, whatever the purpose.

    Args:
        url: The URL.
        purpose: As in `confstore.open_store`: `"create"` creates an absent table, `"write"` checks
            the table now, and for `"read"` the first call does.

    Raises:
        InvalidURLError: The URL has another form.
        ConfigStoreError: The store cannot be opened; see `DynamoDBStore`.
    """
    # Not urlsplit: it lower-cases a host, refuses some characters in it and drops others.
    parsed = StoreURL.parse(url, _PARAMETERS)
    table, store = _names(parsed)
    store_key = parsed.text("store_key") or "_store"
    option_key = parsed.text("option_key") or "_option"
    if store_key == option_key:
        raise parsed.error("store_key and option_key are two different names")
    is_creating = parsed.flag("create", default=purpose == "create")
    interval_s = parsed.seconds("full_reload_interval", default=3600)
    endpoint = parsed.text("endpoint_url")
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        raise parsed.error("endpoint_url is a URL that starts with http:// or https://")
    way = parsed.text("client")
    if way not in _WAYS:
        raise parsed.error("client is botocore or alone; without it the fastest is used")
    settings = OwnSettings(
        profile=parsed.text("profile"),
        region=parsed.text("region"),
        endpoint_url=endpoint,
        client=way,
    )
    client = new_client(checked_store(store), settings)
    return DynamoDBStore(
        client,
        table,
        store,
        store_key=store_key,
        option_key=option_key,
        create_table=is_creating,
        check_table=purpose != "read",
        full_reload_interval=interval_s,
    )


def _names(url: StoreURL) -> tuple[str, str]:
    """The table and the store."""
    if url.scheme != "dynamodb" or not url.path.startswith("//"):
        raise url.error(f"a DynamoDB store's URL is {_FORM}")
    path = url.path[2:]
    table, _, store = path.partition("/")
    if "@" in table:
        # Before it stands what may be a password, which the error does not show.
        shown = f"{url.scheme}://{path[path.index('@') + 1 :]}"
        reason = "no user or password stands in it: credentials are AWS's (profile=, AWS_PROFILE)"
        raise InvalidURLError(shown, reason)
    if not table:
        raise url.error(f"the table is missing: {_FORM}")
    if not store:
        raise url.error(f"the store is missing: {_FORM}")
    if "/" in store:
        raise url.error("a '/' in a store's name is written %2F")
    return url.decode(table), url.decode(store)
