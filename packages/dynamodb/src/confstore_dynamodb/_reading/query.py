"""Reading every option of a store: one `Query`, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
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

__all__ = ["OptionsQuery", "poll_own_writes"]


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


def poll_own_writes(
    connection: Connection, poll: Callable[..., Poll], checkpoint: object, *, consistent: bool
) -> Poll:
    """
    Poll, strongly consistent if this process has written since the checkpoint.

    Args:
        connection: Knows the writes.
        poll: Takes a checkpoint and `consistent`.
        checkpoint: As an earlier call of this function gave it.
        consistent: Whether every write that has ended must be seen.
    """
    # Before the poll: it need not see a write that ends meanwhile.
    last_write, inner, seen = connection.last_write, None, 0
    if isinstance(checkpoint, _AfterWrites):
        inner, seen = checkpoint.inner, checkpoint.last_write
    answer = poll(inner, consistent=consistent or last_write != seen)
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
    # The parameters of every call.
    _of_store: dict[str, Any] = attrs.field(init=False, repr=False)

    @_of_store.default
    def _parameters(self) -> dict[str, Any]:
        return {
            "KeyConditionExpression": "#0=:0",
            "ExpressionAttributeNames": {"#0": self._schema.store_key},
            "ExpressionAttributeValues": {":0": {"S": self._connection.store}},
        }

    def options(self, decoder: Decoder, *, consistent: bool) -> Iterator[tuple[str, Any]]:
        """Every option, by a decoder; complete, or it raises."""
        self._check_table()
        body = PageBody(decoder, self._schema, self._sleep)
        start: dict[str, Any] | None = {}
        while start is not None:
            reply = self._connection.call(
                "query", reader=body, ConsistentRead=consistent, **self._of_store, **start
            )
            page, start = self._page(decoder, body, reply)
            yield from page.options.items()

    async def options_on_loop(
        self, decoder: Decoder, *, consistent: bool
    ) -> AsyncIterator[tuple[str, Any]]:
        """The same on a loop, for a table that was checked; each page is decoded in one go."""
        body = PageBody(decoder, self._schema, self._sleep)
        start: dict[str, Any] | None = {}
        while start is not None:
            reply = await self._connection.call_on_loop(
                "query", reader=body, ConsistentRead=consistent, **self._of_store, **start
            )
            page, start = self._page(decoder, body, reply)
            for found in page.options.items():
                yield found

    def read_options(self) -> Mapping[str, ReadOnlyDict]:
        """Every option, read-only, strongly consistent."""
        return dict(self.options(READ_ONLY, consistent=True))

    def poll(self, checkpoint: object, *, consistent: bool) -> Poll:
        """
        The changes since a checkpoint; see `PollableStore.poll`.

        Changes that an eventually consistent read finds are read again, strongly consistent: so no
        option ever goes back to an older state.
        """
        if not isinstance(checkpoint, _Checkpoint) or checkpoint.source is not self:
            now = self._read(KnownPages(()), consistent=consistent)
            return poll_between(_Checkpoint(self, now), None, now.options)
        old = checkpoint.known
        now = self._read(old, consistent=consistent)
        if now is old:
            return Poll(checkpoint, {})
        answer = poll_between(_Checkpoint(self, now), old.options, now.options)
        if consistent or not (answer.changed or answer.removed):
            return answer
        # The replica may be older than the one that was read before.
        now = self._read(KnownPages((*old.pages, *now.pages)), consistent=True)
        return poll_between(_Checkpoint(self, now), old.options, now.options)

    def _read(self, known: KnownPages, *, consistent: bool) -> KnownPages:
        """All pages; known ones are not decoded again. If all are known, `known` itself."""
        body = PageBody(READ_ONLY, self._schema, self._sleep, known)
        pages: list[Page] = []
        start: dict[str, Any] | None = {}
        while start is not None:
            reply = self._connection.call(
                "query", reader=body, ConsistentRead=consistent, **self._of_store, **start
            )
            page, start = self._page(READ_ONLY, body, reply)
            pages.append(page)
        is_same = len(pages) == len(known.pages) and all(map(is_, pages, known.pages))
        return known if is_same else KnownPages(pages)

    def _page(
        self, decoder: Decoder, body: PageBody, reply: dict[str, Any]
    ) -> tuple[Page, dict[str, Any] | None]:
        """The page of a reply, and the parameters by which the next one begins; None at the end."""
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
