"""What a store in memory holds, whichever handles it is reached by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping

import attrs

from confstore import Poll
from confstore.adapter import ReadOnlyDict, call_after_fork, check_size, poll_between

__all__ = ["Contents"]


@attrs.frozen(eq=False, repr=False)
class _Checkpoint:
    """The options as they were after some number of writes."""

    contents: Contents
    writes: int
    options: dict[str, ReadOnlyDict]


@attrs.define(eq=False, repr=False)
class Contents:
    """
    Options in a dict, and a count of the writes to it.

    The values of an option are never changed, only replaced: a reader holds no lock, and a copy of
    the dict is a snapshot.
    """

    _options: dict[str, ReadOnlyDict] = attrs.field(factory=dict)
    _writes: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        call_after_fork(self._renew_lock)

    def _renew_lock(self) -> None:
        # A thread of the parent may have held it, and does not exist in this process.
        self._lock = threading.Lock()

    def get(self, option: str) -> ReadOnlyDict | None:
        """The values of an option; None if it is absent."""
        return self._options.get(option)

    def snapshot(self) -> dict[str, ReadOnlyDict]:
        """Every option, as of now."""
        with self._lock:
            return dict(self._options)

    def set(self, option: str, values: ReadOnlyDict) -> None:
        """Replace an option."""
        self._replace(option, lambda _: values)

    def update(self, option: str, values: ReadOnlyDict, removed: Collection[str]) -> None:
        """
        Change keys of an option.

        Raises:
            InvalidValueError: The option would become too large.
        """

        def merge(old: ReadOnlyDict | None) -> ReadOnlyDict:
            merged = {**(old or {}), **values}
            kept = ReadOnlyDict((key, value) for key, value in merged.items() if key not in removed)
            check_size(option, kept)
            return kept

        self._replace(option, merge)

    def _replace(self, option: str, make: Callable[[ReadOnlyDict | None], ReadOnlyDict]) -> None:
        with self._lock:
            values = make(self._options.get(option))
            # Counted first: a child that is forked in between sees a write too many, not too few.
            self._writes += 1
            self._options[option] = values

    def delete(self, option: str) -> bool:
        """Remove an option; whether there was one."""
        with self._lock:
            if option not in self._options:
                return False
            self._writes += 1
            del self._options[option]
            return True

    def poll(self, checkpoint: object) -> Poll:
        """What is new since a checkpoint of these contents; everything since any other."""
        with self._lock:
            old: Mapping[str, ReadOnlyDict] | None = None
            if isinstance(checkpoint, _Checkpoint) and checkpoint.contents is self:
                if checkpoint.writes == self._writes:
                    return Poll(checkpoint, {})
                old = checkpoint.options
            new = _Checkpoint(self, self._writes, dict(self._options))
        return poll_between(new, old, new.options)
