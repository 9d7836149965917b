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

__all__ = ["OptionsQuery", "poll_own_writes"]


@attrs.frozen(eq=False)
class _Checkpoint:
    """The pages that a poll found; only the store that made it can use it."""

    source: object = attrs.field(repr=False)
    pages: tuple[Page, ...] = attrs.field(repr=False)


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
        """
        The changes since a checkpoint; see `PollableStore.poll`.

        Changes that an eventually consistent read finds are read again, strongly consistent: so no
        option ever goes back to an older state.
        """
        is_known = isinstance(checkpoint, _Checkpoint) and checkpoint.source is self
        old: tuple[Page, ...] = checkpoint.pages if is_known else ()  # type: ignore[attr-defined]
        answer, pages = self._compared(checkpoint, old, old, is_known, consistent=consistent)
        if is_known and not consistent and (answer.changed or answer.removed):
            # The replica may be older than the one that was read before.
            known = (*old, *pages)
            answer, _ = self._compared(checkpoint, old, known, is_known, consistent=True)
        return answer

    def _compared(
        self,
        checkpoint: object,
        old: tuple[Page, ...],
        known: tuple[Page, ...],
        is_known: bool,
        *,
        consistent: bool,
    ) -> tuple[Poll, tuple[Page, ...]]:
        """The changes since the old pages, and the pages now; known ones are not decoded again."""
        body = PageBody(READ_ONLY, self._schema, self._sleep, KnownPages(known))
        pages: list[Page] = []
        start: dict[str, Any] | None = {}
        while start is not None:
            page, start = self._page(READ_ONLY, body, start, consistent)
            pages.append(page)
        now = tuple(pages)
        if is_known and len(now) == len(old) and all(map(is_, now, old)):
            return Poll(checkpoint, {}), now
        before = KnownPages(old).options if is_known else None
        return poll_between(_Checkpoint(self, now), before, KnownPages(now).options), now

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
