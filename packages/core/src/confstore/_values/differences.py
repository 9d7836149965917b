"""The differences of two states of a store, key by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import attrs

from confstore._values.read_only import is_same
from confstore._values.secret import Secret
from confstore._values.types import MISSING, Missing

__all__ = ["Difference", "diff"]


class HasItems(Protocol):
    """A store, or a dict of options."""

    def items(self) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Every option by its name."""
        ...


@attrs.frozen
class Difference:
    """
    One key whose value differs between two states.

    Attributes:
        option: The option's name.
        key: The key; None where a whole option is in one of the states only.
        old: Its value before; `MISSING` if it was absent.
        new: Its value after; `MISSING` if it is gone.
    """

    option: str
    key: str | None
    old: Any = attrs.field(repr=False)
    new: Any = attrs.field(repr=False)

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.old is Missing.MISSING:
            return "added"
        return "removed" if self.new is Missing.MISSING else "changed"


def diff(old: HasItems, new: HasItems) -> Iterator[Difference]:
    """
    The keys whose values or types differ between two states; by option, then by key.

    A secret equals its sealed text, which a journal and a store without keys give for it.

    Args:
        old: A store, or options by their names as `state_at` gives them.
        new: The same.

    Raises:
        TypeError: One of them is neither a store nor a mapping.
    """
    for given in (old, new):
        # By the class: an attribute of a config may be an option.
        if isinstance(given, type) or not callable(getattr(type(given), "items", None)):
            kind = given.__name__ if isinstance(given, type) else type(given).__name__
            raise TypeError(f"diff compares stores, or options as state_at gives them, not {kind}")
    before, after = dict(old.items()), dict(new.items())
    for option in sorted(before.keys() | after.keys()):
        one, other = before.get(option), after.get(option)
        if one is None or other is None:
            yield Difference(
                option, None, MISSING if one is None else one, MISSING if other is None else other
            )
            continue
        for key in sorted(one.keys() | other.keys()):
            was, is_now = one.get(key, MISSING), other.get(key, MISSING)
            if not (is_same(was, is_now) or _is_one_secret(was, is_now)):
                yield Difference(option, key, was, is_now)


def _is_one_secret(one: Any, other: Any) -> bool:
    """True for a secret and its text."""
    secret, text = (one, other) if isinstance(one, Secret) else (other, one)
    return isinstance(secret, Secret) and isinstance(text, str) and secret._origin.text == text
