"""The protocols between the core and the adapters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Protocol, TypeAlias, Union

import attrs

__all__ = ["Poll", "PollableStore", "Store", "Value", "Values"]

Value: TypeAlias = Union[
    bool,
    int,
    float,
    Decimal,
    str,
    bytes,
    "list[Value]",
    "dict[str, Value]",
    set[str],
    set[bytes],
    # A set of one type is no set of a union to a type checker, and a mixed one is no other.
    set[int],
    set[float],
    set[Decimal],
    set[int | float | Decimal],
    None,
]
"""What a key can hold, on every backend."""

Values: TypeAlias = dict[str, Value]
"""What an option holds: key to value."""


class Store(Protocol):
    """
    A named set of options in some backend; what an adapter writes.

    Every method is thread-safe and synchronous. What comes in is copied and what goes out is the
    caller's own. Every failure is a `ConfigStoreError`; a call on a closed store raises
    `StoreClosedError`. An adapter does not inherit from this class.
    """

    @property
    def name(self) -> str:
        """The store's name."""
        ...

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """
        One option, or those of the given keys that it has.

        Args:
            option: The option's name.
            keys: The keys to read; None reads all, an empty collection none.
            consistent: Whether every write that has ended must be seen.

        Raises:
            OptionNotFoundError: The option does not exist, whatever the keys.
            TypeError: `keys` is a `str`, a mapping, or holds something that is not a `str`.
        """
        ...

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        """Every option, streamed in the backend's order; complete, or it raises."""
        ...

    def set(self, option: str, values: Mapping[str, Value]) -> None:
        """
        Replace the whole option.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain; nothing is written.
        """
        ...

    def update(
        self, option: str, values: Mapping[str, Value], *, remove: Collection[str] = ()
    ) -> None:
        """
        Change the named keys and leave the others; create the option if it is absent.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain, or a key is both set and removed;
                nothing is written.
            TypeError: `remove` is a `str` or a mapping, or holds something that is not a `str`.
        """
        ...

    def delete(self, option: str) -> None:
        """
        Remove the option.

        Raises:
            OptionNotFoundError: The option does not exist.
        """
        ...

    def close(self) -> None:
        """Give back what the store holds open; closing twice is closing once."""
        ...


@attrs.frozen
class Poll:
    """
    What is new in a store since a checkpoint.

    Attributes:
        checkpoint: What to give to the next poll; opaque to everybody but its store.
        changed: Options that were written, with core's read-only values; after a full poll, all.
        removed: The names of options that are gone; empty after a full poll.
        is_full: Whether `changed` is the whole store.
    """

    checkpoint: object = attrs.field(repr=False)
    changed: Mapping[str, Mapping[str, Value]] = attrs.field(repr=False)
    removed: frozenset[str] = frozenset()
    is_full: bool = False


class PollableStore(Store, Protocol):
    """A store that can say what is new more cheaply than by reading everything."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        """
        What is new since the checkpoint.

        Args:
            checkpoint: That of an earlier poll; None, or one that this store does not know
                (another store's, an older process's), gives a full answer.
            consistent: Whether every write that has ended must be seen.
        """
        ...
