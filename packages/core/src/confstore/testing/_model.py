"""The store that every store has to behave like: a dict."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from confstore._names import checked_keys, checked_option
from confstore._read_only import thaw
from confstore._store import Value, Values
from confstore._values import canonical_update, canonical_values, check_size
from confstore.errors import OptionNotFoundError

__all__ = ["Model"]


@attrs.define
class Model:
    """
    A store as a dict: what a backend has to do, without one.

    Attributes:
        name: The name that the real store gives itself.
        options: What the real store has to hold; an option's dict is replaced, never changed.
        writes: How many writes have succeeded.
    """

    name: str
    options: dict[str, Values] = attrs.field(factory=dict)
    writes: int = 0

    def get(self, option: str, *, keys: Collection[str] | None = None) -> Values:
        """One option, or those of the given keys that it has."""
        wanted = checked_keys(keys)
        values = self._existing(option)
        return thaw(
            {key: value for key, value in values.items() if wanted is None or key in wanted}
        )

    def set(self, option: str, values: Mapping[str, Value]) -> None:
        """Replace the whole option."""
        self._write(option, canonical_values(checked_option(option), values))

    def update(
        self, option: str, values: Mapping[str, Value], *, remove: Collection[str] = ()
    ) -> None:
        """Change the named keys and leave the others; create the option if it is absent."""
        changes, removed = canonical_update(checked_option(option), values, remove)
        merged = {**self.options.get(option, {}), **changes}
        merged = {key: value for key, value in merged.items() if key not in removed}
        check_size(option, merged)
        self._write(option, merged)

    def delete(self, option: str) -> None:
        """Remove the option."""
        self._existing(option)
        del self.options[option]
        self.writes += 1

    def _existing(self, option: str) -> Values:
        if checked_option(option) not in self.options:
            raise OptionNotFoundError(option, self.name)
        return self.options[option]

    def _write(self, option: str, values: Values) -> None:
        self.options[option] = values
        self.writes += 1
