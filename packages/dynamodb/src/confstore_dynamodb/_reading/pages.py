"""Pages of options, and the reading of one before botocore does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any

import attrs

from confstore.adapter import ReadOnlyDict, is_same, paced
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
    """The pages of an earlier reading of the same store, whichever way they were cut then."""

    def __init__(self, pages: Iterable[Page]) -> None:
        """Make it of the pages, in their order."""
        self.pages = tuple(pages)
        self._by_digest = {page.digest: page for page in self.pages if page.digest is not None}

    def page(self, digest: bytes) -> Page | None:
        """The page with these bytes."""
        return self._by_digest.get(digest)

    @cached_property
    def options(self) -> dict[str, ReadOnlyDict]:
        """All of their options."""
        options: dict[str, ReadOnlyDict] = {}
        for page in self.pages:
            options.update(page.options)
        return options

    def kept(self, option: str, values: ReadOnlyDict) -> ReadOnlyDict:
        """The values; those known already if they are the same, so that none are held twice."""
        known = self.options.get(option)
        return known if known is not None and is_same(known, values) else values


@attrs.frozen(eq=False)
class PageBody:
    """
    Reads the reply to a `Query`: a page of options.

    A page whose bytes are those of a known one is not even decoded. All of the bytes are compared,
    so that nothing has to be assumed of what may differ between two replies that say the same: what
    differs is decoded, and found to be the same then. What is kept of the bytes is their SHA-256,
    which processors compute faster than other digests and which nobody can collide on purpose.
    """

    _items: ItemReader
    _sleep: Callable[[float], object] = attrs.field(repr=False)
    _known: KnownPages | None = None
    operation = "Query"
    member = "Items"

    def read(self, body: bytes) -> tuple[Page, bytes] | None:
        """See `EarlyReader`."""
        if self._known is None:
            read = read_member(body, self.member, self._options)
            return None if read is None else (Page(read[0]), read[1])
        digest = sha256(body).digest()
        page = self._known.page(digest)
        if page is None:
            read = read_member(body, self.member, self._options)
            if read is None:
                return None
            page = Page(read[0], digest, read[1])
        return page, page.rest

    def _options(self, text: str, position: int) -> tuple[dict[str, Any], int]:
        array = JSONItems(text, position)
        return self.collect(self._items.options(array)), array.end

    def collect(self, options: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        """A page's options by name, those that are known already as they are."""
        options = paced(options, sleep=self._sleep)
        if self._known is None or not self._known.pages:
            return dict(options)
        kept = self._known.kept
        return {option: kept(option, values) for option, values in options}
