"""Reading every option of a store: one `Query`, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from operator import is_
from typing import Any

import attrs

from confstore import Poll, ReadOnlyDict
from confstore.adapter import poll_between
from confstore_dynamodb._connections.asks import Ask, Asks
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.early_parsing import EarlyMember
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._reading.pages import KnownPages, Page, PageBody
from confstore_dynamodb._wire.decoder import READ_ONLY, Decoder

__all__ = ["OptionsQuery", "asking_with_own_writes"]


@attrs.frozen(eq=False)
class _Checkpoint:
    """The pages that a poll found; only the store that made it can use it."""

    source: object = attrs.field(repr=False)
    known: KnownPages = attrs.field(repr=False)


@attrs.frozen(eq=False)
class _AfterWrites:
    """A checkpoint, and the number of this process's last write before it was asked for."""

    inner: object = attrs.field(repr=False)
    last_write: int


def asking_with_own_writes(
    connection: Connection,
    asking_poll: Callable[..., Asks[Poll]],
    checkpoint: object,
    *,
    consistent: bool,
) -> Asks[Poll]:
    """
    Poll, strongly consistent if this process has written since the checkpoint.

    Args:
        connection: Knows the writes.
        asking_poll: Takes a checkpoint and `consistent`.
        checkpoint: As an earlier call of this function gave it.
        consistent: Whether every write that has ended must be seen.
    """
    # Before the poll: it need not see a write that ends meanwhile.
    last_write, inner, seen = connection.last_write, None, 0
    if isinstance(checkpoint, _AfterWrites):
        inner, seen = checkpoint.inner, checkpoint.last_write
    answer = yield from asking_poll(inner, consistent=consistent or last_write != seen)
    if answer.checkpoint is inner and last_write == seen:
        return attrs.evolve(answer, checkpoint=checkpoint)
    return attrs.evolve(answer, checkpoint=_AfterWrites(answer.checkpoint, last_write))


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
            asks = self._asking_page(decoder, body, start, consistent)
            page, start = self._connection.run(asks)
            yield from page.options.items()

    async def options_on_loop(
        self, decoder: Decoder, *, consistent: bool
    ) -> AsyncIterator[tuple[str, Any]]:
        """The same on a loop; each page is decoded at once."""
        body = PageBody(decoder, self._schema, self._sleep)
        start: dict[str, Any] | None = {}
        while start is not None:
            asks = self._asking_page(decoder, body, start, consistent)
            page, start = await self._connection.run_on_loop(asks)
            for found in page.options.items():
                yield found

    def asking_options(self) -> Asks[Mapping[str, ReadOnlyDict]]:
        """Every option, read-only, strongly consistent."""
        known = yield from self._asking_all(KnownPages(()), consistent=True)
        return known.options

    def asking_poll(self, checkpoint: object, *, consistent: bool) -> Asks[Poll]:
        """
        The changes since a checkpoint; see `PollableStore.poll`.

        Changes that an eventually consistent read finds are read again, strongly consistent: so no
        option ever goes back to an older state.
        """
        if not isinstance(checkpoint, _Checkpoint) or checkpoint.source is not self:
            now = yield from self._asking_all(KnownPages(()), consistent=consistent)
            return poll_between(_Checkpoint(self, now), None, now.options)
        old = checkpoint.known
        now = yield from self._asking_all(old, consistent=consistent)
        if now is old:
            return Poll(checkpoint, {})
        answer = poll_between(_Checkpoint(self, now), old.options, now.options)
        if consistent or not (answer.changed or answer.removed):
            return answer
        # The replica may be older than the one that was read before.
        known = KnownPages((*old.pages, *now.pages))
        now = yield from self._asking_all(known, consistent=True)
        return poll_between(_Checkpoint(self, now), old.options, now.options)

    def _asking_all(self, known: KnownPages, *, consistent: bool) -> Asks[KnownPages]:
        """All pages; known ones are not decoded again. If all are known, `known` itself."""
        body = PageBody(READ_ONLY, self._schema, self._sleep, known)
        pages: list[Page] = []
        start: dict[str, Any] | None = {}
        while start is not None:
            page, start = yield from self._asking_page(READ_ONLY, body, start, consistent)
            pages.append(page)
        is_same = len(pages) == len(known.pages) and all(map(is_, pages, known.pages))
        return known if is_same else KnownPages(pages)

    def _asking_page(
        self, decoder: Decoder, body: PageBody, start: dict[str, Any], consistent: bool
    ) -> Asks[tuple[Page, dict[str, Any] | None]]:
        """A page, and the parameters by which the next one begins; None after the last."""
        parameters = {
            "KeyConditionExpression": "#0=:0",
            "ExpressionAttributeNames": {"#0": self._schema.store_key},
            "ExpressionAttributeValues": {":0": {"S": self._connection.store}},
            "ConsistentRead": consistent,
            **start,
        }
        reply = yield Ask("query", parameters, body)
        last_key = reply.get("LastEvaluatedKey")
        following = {"ExclusiveStartKey": last_key} if last_key else None
        found = reply.get("Items")
        if isinstance(found, EarlyMember) and not found.is_seen:
            return found.content, following
        items = self._connection.items(reply)
        option_key, hidden = self._schema.option_key, self._schema.reserved
        named = ((decoder.option_name(item, option_key), item) for item in items)
        options = ((option, decoder.values(option, item, hidden)) for option, item in named)
        return Page(body.collect(options)), following
