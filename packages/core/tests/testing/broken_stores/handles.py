"""Stores that are wrong about handles, neighbours and closing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from typing import Any

from confstore import Poll, Values
from confstore.adapter import canonical_values, checked_option
from confstore.errors import (
    StoreClosedError,
)

from ..reference_store import Backend, ReferenceStore

Keys = Collection[str] | None


class SharesOneStore(ReferenceStore):
    """Keeps the options of every store in one place."""

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        return self.backend.setdefault("", {})


class FoldsCaseOfStores(ReferenceStore):
    """Takes the store `Prod` for `prod`."""

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        return self.backend.setdefault(self.name.casefold(), {})


class ReadsStoresByPrefix(ReferenceStore):
    """Streams the options of every store whose name begins like its own."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        own = deepcopy(self.options)
        for name, options in self.backend.items():
            if name.startswith(self.name):
                own = {**deepcopy(options), **own}
        yield from own.items()


class JoinsNames(ReferenceStore):
    """Takes store and option for one name."""

    def joined(self, option: str) -> dict[str, Any]:
        return self.backend.setdefault(f"{self.name}:{option}", {})

    def existing(self, option: str) -> Values:
        super().existing(option)
        return self.joined(option).get("values", {})  # type: ignore[no-any-return]

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.joined(option)["values"] = self.options[option]

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        self.joined(option)["values"] = self.options[option]


class RemembersWhatItHasRead(ReferenceStore):
    """Reads an option once, and never sees what another handle writes."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.read: dict[str, Values] = {}

    def existing(self, option: str) -> Values:
        if checked_option(option, store=self.name) not in self.read:
            self.read[option] = super().existing(option)
        return super().existing(option) and self.read[option]

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.read.pop(option, None)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        self.read.pop(option, None)

    def delete(self, option: str) -> None:
        super().delete(option)
        self.read.pop(option, None)


class WritesWhenItIsClosed(ReferenceStore):
    """Keeps the last option that it wrote back until it is closed."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.kept: dict[str, Any] = {}

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        if not self.kept:
            self.kept = deepcopy(self.backend.get(self.name, {}))
        return self.kept

    def close(self) -> None:
        if not self.is_closed:
            self.backend[self.name] = self.options
        super().close()


class ForgetsWhenItIsClosed(ReferenceStore):
    """Loses everything when it is closed, and calls itself durable."""

    def close(self) -> None:
        super().close()
        self.backend.pop(self.name, None)


class ForgetsHalfWhenItIsOpened(ReferenceStore):
    """Loses an option when it is opened again."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        if self.options:
            self.options.popitem()


class AnswersWhenItIsClosed(ReferenceStore):
    """Goes on reading after it was closed."""

    @property
    def options(self) -> dict[str, Any]:
        return self.backend.setdefault(self.name, {})


class WritesAfterItIsClosed(ReferenceStore):
    """Goes on writing after it was closed."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        canonical = canonical_values(
            checked_option(option, store=self.name), values, store=self.name
        )
        self.backend.setdefault(self.name, {})[option] = canonical


class PollsAfterItIsClosed(ReferenceStore):
    """Goes on polling after it was closed."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        if self.is_closed:
            return Poll(checkpoint, {})
        return super().poll(checkpoint, consistent=consistent)


class StreamsNothingWhenItIsClosed(ReferenceStore):
    """Streams no options after it was closed, as if there were none."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        if not self.is_closed:
            yield from super().items()


class ClosesOnce(ReferenceStore):
    """Refuses to be closed again."""

    def close(self) -> None:
        if self.is_closed:
            raise StoreClosedError(self.name)
        super().close()


class ClosesEveryHandle(ReferenceStore):
    """Closes all handles of a store with the first."""

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed or self.name in self.backend.get("closed", {}):
            raise StoreClosedError(self.name)
        return self.backend.setdefault(self.name, {})

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.backend.get("closed", {}).pop(name, None)

    def close(self) -> None:
        super().close()
        self.backend.setdefault("closed", {})[self.name] = True
