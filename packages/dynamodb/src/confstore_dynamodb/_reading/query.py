"""Every option of a store: one `Query`, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import is_
from typing import Any

import attrs

from confstore import Poll
from confstore.adapter import poll_between
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.early_parsing import Early
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._reading.pages import KnownPages, Page, PageBody
from confstore_dynamodb._wire.decoder import READ_ONLY, Decoder
from confstore_dynamodb._wire.json_reader import ItemReader

__all__ = ["OptionsQuery"]


@attrs.frozen(eq=False)
class _Checkpoint:
    """The pages that a poll found; only its own store knows what to make of them."""

    source: object = attrs.field(repr=False)
    pages: tuple[Page, ...] = attrs.field(repr=False)


@attrs.frozen(eq=False)
class OptionsQuery:
    """Reads all options of one store, and knows what is new since it did so before."""

    _connection: Connection
    _schema: TableSchema
    _store: str
    _ready: Callable[[], None] = attrs.field(repr=False)
    _sleep: Callable[[float], object] = attrs.field(repr=False)

    def options(self, decoder: Decoder, *, consistent: bool) -> Iterator[tuple[str, Any]]:
        """Every option, by a decoder; complete, or it raises."""
        for page in self._pages(decoder, consistent):
            yield from page.options.items()

    def poll(self, checkpoint: object, *, consistent: bool) -> Poll:
        """What is new since a checkpoint; see `PollableStore.poll`."""
        is_known = isinstance(checkpoint, _Checkpoint) and checkpoint.source is self
        old: tuple[Page, ...] = checkpoint.pages if is_known else ()  # type: ignore[attr-defined]
        known = KnownPages(old)
        pages = tuple(self._pages(READ_ONLY, consistent, known))
        if is_known and len(pages) == len(old) and all(map(is_, pages, old)):
            return Poll(checkpoint, {})
        return poll_between(
            _Checkpoint(self, pages), known.options if is_known else None, KnownPages(pages).options
        )

    def _pages(
        self, decoder: Decoder, consistent: bool, known: KnownPages | None = None
    ) -> Iterator[Page]:
        items = ItemReader(decoder, self._schema.option_key, self._schema.reserved)
        body = PageBody(items, self._sleep, known)
        start: dict[str, Any] = {"ConsistentRead": consistent}
        while True:
            page, last_key = self._page(decoder, body, start)
            yield page
            if not last_key:
                return
            start["ExclusiveStartKey"] = last_key

    def _page(self, decoder: Decoder, body: PageBody, start: dict[str, Any]) -> tuple[Page, Any]:
        """A page, and what says where the next one begins."""
        self._ready()
        reply = self._connection.call(
            "query",
            reader=body,
            KeyConditionExpression="#0=:0",
            ExpressionAttributeNames={"#0": self._schema.store_key},
            ExpressionAttributeValues={":0": {"S": self._store}},
            **start,
        )
        found = self._connection.expect(reply, "Items")
        last_key = reply.get("LastEvaluatedKey")
        if isinstance(found, Early) and not found.is_seen:
            return found.content, last_key
        option_key, hidden = self._schema.option_key, self._schema.reserved
        named = ((decoder.option_name(item, option_key), item) for item in found)
        options = ((option, decoder.values(option, item, hidden)) for option, item in named)
        return Page(body.collect(options)), last_key
