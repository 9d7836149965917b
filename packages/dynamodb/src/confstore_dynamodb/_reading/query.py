"""Reading every option of a store: one `Query`, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import is_
from typing import Any

import attrs

from confstore import Poll, ReadOnlyDict
from confstore.adapter import poll_between
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.early_parsing import EarlyMember
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._reading.pages import KnownPages, Page, PageBody
from confstore_dynamodb._wire.decoder import READ_ONLY, Decoder

__all__ = ["OptionsQuery"]


@attrs.frozen(eq=False)
class _Checkpoint:
    """The pages that a poll found; only the store that made it can use it."""

    source: object = attrs.field(repr=False)
    pages: tuple[Page, ...] = attrs.field(repr=False)


@attrs.frozen(eq=False)
class OptionsQuery:
    """Reads all options of one store, and finds the changes since an earlier reading."""

    _connection: Connection
    _schema: TableSchema
    _check_table: Callable[[], None] = attrs.field(repr=False)
    _sleep: Callable[[float], object] = attrs.field(repr=False)

    def options(self, decoder: Decoder, *, consistent: bool) -> Iterator[tuple[str, Any]]:
        """Every option, by a decoder; complete, or it raises."""
        self._check_table()
        body = PageBody(decoder, self._schema, self._sleep)
        start: dict[str, Any] | None = {}
        while start is not None:
            page, start = self._page(decoder, body, start, consistent)
            yield from page.options.items()

    def read_options(self) -> Mapping[str, ReadOnlyDict]:
        """Every option, read-only, strongly consistent."""
        return dict(self.options(READ_ONLY, consistent=True))

    def poll(self, checkpoint: object, *, consistent: bool) -> Poll:
        """The changes since a checkpoint; see `PollableStore.poll`."""
        is_known = isinstance(checkpoint, _Checkpoint) and checkpoint.source is self
        old: tuple[Page, ...] = checkpoint.pages if is_known else ()  # type: ignore[attr-defined]
        known = KnownPages(old)
        body = PageBody(READ_ONLY, self._schema, self._sleep, known)
        pages: list[Page] = []
        start: dict[str, Any] | None = {}
        while start is not None:
            page, start = self._page(READ_ONLY, body, start, consistent)
            pages.append(page)
        if is_known and len(pages) == len(old) and all(map(is_, pages, old)):
            return Poll(checkpoint, {})
        return poll_between(
            _Checkpoint(self, tuple(pages)),
            known.options if is_known else None,
            KnownPages(pages).options,
        )

    def _page(
        self, decoder: Decoder, body: PageBody, start: dict[str, Any], consistent: bool
    ) -> tuple[Page, dict[str, Any] | None]:
        """A page, and the parameters by which the next one begins; None after the last."""
        reply = self._connection.call(
            "query",
            reader=body,
            KeyConditionExpression="#0=:0",
            ExpressionAttributeNames={"#0": self._schema.store_key},
            ExpressionAttributeValues={":0": {"S": self._connection.store}},
            ConsistentRead=consistent,
            **start,
        )
        found = self._connection.expect(reply, "Items")
        last_key = reply.get("LastEvaluatedKey")
        following = {"ExclusiveStartKey": last_key} if last_key else None
        if isinstance(found, EarlyMember) and not found.is_seen:
            return found.content, following
        option_key, hidden = self._schema.option_key, self._schema.reserved
        named = ((decoder.option_name(item, option_key), item) for item in found)
        options = ((option, decoder.values(option, item, hidden)) for option, item in named)
        return Page(body.collect(options)), following
