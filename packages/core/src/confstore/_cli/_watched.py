"""A store looked at again and again: what has changed since the last look."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from confstore import Difference, Store, diff
from confstore._reading.time_based.loader import Loader
from confstore.errors import ConfigStoreError

__all__ = ["Watched"]


@attrs.define(eq=False)
class Watched:
    """One store, and what was last seen of it."""

    _store: Store
    _option: str | None
    _say: Callable[[str], None] = attrs.field(repr=False)
    _loader: Loader = attrs.field(init=False, repr=False)
    _failure: type[ConfigStoreError] | None = attrs.field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._loader = Loader(self._store)

    @property
    def options(self) -> frozenset[str]:
        """Every option of the store, of interest or not."""
        return frozenset(self._loader.last.options)

    def first(self) -> list[Difference]:
        """
        Read the store as it is.

        Returns:
            Everything of interest, as added.

        Raises:
            ConfigStoreError: It cannot be read.
        """
        return self._look()

    def next(self) -> list[Difference]:
        """
        What has changed since the last look; nothing while the store cannot be read.

        A failure is said once, and once more if it becomes one of another kind; so is its end. What
        changed meanwhile comes then.
        """
        try:
            found = self._look()
        except ConfigStoreError as error:
            # Its reason may be put otherwise each time; its kind is what a person waits for.
            if type(error) is not self._failure:
                self._say(f"{error}; watching on")
            self._failure = type(error)
            return []
        if self._failure is not None:
            self._failure = None
            self._say(f"store {self._store.name!r} is back")
        return found

    def _look(self) -> list[Difference]:
        before = self._loader.last
        # Else a change could be printed, its opposite, and the change again.
        after = self._loader.load(consistent=True)
        self._loader.last = after
        changed = [option for option in after.changed if self._option in (None, option)]
        sides = [
            {option: one.options[option] for option in changed if option in one.options}
            for one in (before, after)
        ]
        return list(diff(*sides))
