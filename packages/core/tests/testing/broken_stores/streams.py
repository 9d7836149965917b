"""Stores whose `items` is not what they hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy

from confstore import Values
from confstore.errors import (
    OptionNotFoundError,
)

from ..reference_store import ReferenceStore

Keys = Collection[str] | None


class StopsAfterOnePage(ReferenceStore):
    """Streams the first megabyte."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        size_b = 0
        for option, values in super().items():
            if size_b > 1_000_000:
                return
            size_b += sum(len(value) for value in values.values() if isinstance(value, str))
            yield option, values


class StopsAfterTwoPages(ReferenceStore):
    """Follows the first page, and not the second."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        size_b = 0
        for option, values in super().items():
            if size_b > 2_000_000:
                return
            size_b += sum(len(value) for value in values.values() if isinstance(value, str))
            yield option, values


class LosesTheLast(ReferenceStore):
    """Streams all options but the last of several."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        entries = list(super().items())
        yield from entries[: max(1, len(entries) - 1)]


class GivesOneTwice(ReferenceStore):
    """Streams the first option again at the end."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        entries = list(super().items())
        yield from entries + entries[: len(entries) > 2]


class CannotBeWrittenWhileItIsRead(ReferenceStore):
    """Streams from the very dict that writers change."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        for option, values in self.options.items():
            yield option, deepcopy(values)


class LosesWhatIsWrittenWhileItIsRead(ReferenceStore):
    """Streams by position, which moves when an option is removed."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        position = 0
        while position < len(self.options):
            option = list(self.options)[position]
            yield option, deepcopy(self.options[option])
            position += 1


class TakesEmptyForAbsent(ReferenceStore):
    """Takes an option without a key for none."""

    def existing(self, option: str) -> Values:
        values = super().existing(option)
        if not values:
            raise OptionNotFoundError(self.name, option)
        return values


class StreamsNoEmptyOptions(ReferenceStore):
    """Streams only options that have a key."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        yield from ((option, values) for option, values in super().items() if values)
