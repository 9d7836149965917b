"""Pages of options, and the early parsing of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from hashlib import sha256
from typing import Any

import attrs

from confstore import ReadOnlyDict
from confstore.adapter import is_same, paced
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.decoder import Decoder
from confstore_dynamodb._wire.json_reader import ItemReader, JSONItems, read_member

__all__ = ["KnownPages", "Page", "PageBody"]


@attrs.frozen(eq=False)
class Page:
    """
    A page of a store.

    Attributes:
        options: Its options.
        digest: Stands for the bytes that it was read from; None if they are not known.
        rest: Those bytes without the options: what says where the next page begins.
    """

    options: Mapping[str, Any] = attrs.field(repr=False)
    digest: bytes | None = None
    rest: bytes = attrs.field(default=b"", repr=False)


class KnownPages:
    """
    The pages of an earlier reading of the same store, however they were cut then.

    Attributes:
        pages: The pages, in their order.
        by_digest: Each page by the digest of the bytes that it was read from.
    """

    def __init__(self, pages: Iterable[Page]) -> None:
        self.pages = tuple(pages)
        self.by_digest = {page.digest: page for page in self.pages}

    @cached_property
    def options(self) -> dict[str, ReadOnlyDict]:
        """All of their options."""
        options: dict[str, ReadOnlyDict] = {}
        for page in self.pages:
            options.update(page.options)
        return options

    def kept(self, option: str, values: ReadOnlyDict) -> ReadOnlyDict:
        """The values; the known ones if they are the same, so that none are held twice."""
        known = self.options.get(option)
        return known if known is not None and is_same(known, values) else values


class PageBody:
    """
    Reads the reply to a `Query`: a page of options.

    A page whose bytes are those of a known one is not even decoded. All of the bytes are compared,
    so that nothing has to be assumed about how two replies of the same content may differ: such a
    page is decoded, and then found to be the same. Kept of the bytes is their SHA-256, which
    processors compute faster than other digests and for which nobody can make a collision.
    """

    operation = "Query"
    member = "Items"

    def __init__(
        self,
        decoder: Decoder,
        schema: TableSchema,
        sleep: Callable[[float], object],
        known: KnownPages | None = None,
    ) -> None:
        """Read one page after another; `sleep` pauses between options, in seconds."""
        self._new_reader = partial(ItemReader, decoder, schema.option_key, schema.reserved)
        self._reader: ItemReader | None = None
        self._sleep = sleep
        self._known = known

    def read(self, body: bytes) -> tuple[Page, bytes] | None:
        """See `EarlyReader`."""
        digest = page = None
        if self._known is not None:
            digest = sha256(body).digest()
            page = self._known.by_digest.get(digest)
        if page is None:
            read = read_member(body, self.member, self._options)
            if read is None:
                return None
            page = Page(read[0], digest, read[1])
        return page, page.rest

    def _options(self, text: str, position: int) -> tuple[dict[str, Any], int]:
        # Made for the first page that is decoded: most polls decode none.
        self._reader = self._reader or self._new_reader()
        array = JSONItems(text, position)
        return self.collect(self._reader.options(array)), array.end

    def collect(self, options: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        """A page's options by name; those that are known already are the same objects."""
        options = paced(options, sleep=self._sleep)
        if self._known is None or not self._known.pages:
            return dict(options)
        kept = self._known.kept
        return {option: kept(option, values) for option, values in options}
