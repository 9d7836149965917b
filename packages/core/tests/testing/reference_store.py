"""A correct store, as simple as one can be: what the broken ones are made from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import attrs

from confstore import Change, Poll, ReadOnlyDict, Values
from confstore._values.read_only import freeze, thaw
from confstore.adapter import (
    apply_changes,
    canonical_update,
    canonical_values,
    checked_keys,
    checked_option,
    merge_update,
    poll_between,
    select,
)
from confstore.errors import OptionNotFoundError, StoreClosedError

Backend = dict[str, dict[str, Any]]
"""Where reference stores live: the options of each store, by its name."""


@attrs.frozen
class Checkpoint:
    """A state that was polled, and the store that it is of."""

    store: str
    state: dict[str, ReadOnlyDict] = attrs.field(repr=False)


class ReferenceStore:
    """Options in a dict of a backend that a test holds."""

    def __init__(self, backend: Backend, name: str) -> None:
        self.name = name
        self.backend = backend
        self.is_closed = False

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        return self.backend.setdefault(self.name, {})

    def existing(self, option: str) -> Values:
        options = self.options
        if checked_option(option, store=self.name) not in options:
            raise OptionNotFoundError(self.name, option)
        return options[option]  # type: ignore[no-any-return]  # a backend holds values

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        wanted = checked_keys(keys)
        return select(thaw(self.existing(option)), wanted)

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        yield from deepcopy(self.options).items()

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        canonical = canonical_values(
            checked_option(option, store=self.name), values, store=self.name
        )
        self.options[option] = canonical

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        changed, removed = canonical_update(
            checked_option(option, store=self.name), values, remove, store=self.name
        )
        self.options[option] = thaw(
            merge_update(option, self.options.get(option), changed, removed, store=self.name)
        )

    def delete(self, option: str) -> None:
        self.existing(option)
        del self.options[option]

    def apply(self, changes: Iterable[Change]) -> None:
        apply_changes(self.options, [self.checked_change(change) for change in changes])

    def checked_change(self, change: Change) -> Change:
        option = checked_option(change.option, store=self.name)
        if change.values is None:
            return change
        return Change(option, canonical_values(option, change.values, store=self.name))

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        new = {option: freeze(values) for option, values in self.options.items()}
        is_mine = isinstance(checkpoint, Checkpoint) and checkpoint.store == self.name
        old = checkpoint.state if is_mine else None  # type: ignore[union-attr]  # just seen
        return poll_between(Checkpoint(self.name, new), old, new)

    def close(self) -> None:
        self.is_closed = True
