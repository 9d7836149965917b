"""When the fallback file is written, and what is said if it cannot be."""

from __future__ import annotations

import attrs

from confstore._clock import Clock
from confstore._fallback import Fallback
from confstore._loader import Loaded
from confstore._report import describe, logger
from confstore._snapshot import Health

__all__ = ["Saver"]

_EVERY_S = 60.0
"""An unchanged snapshot is saved again, for the sake of its time, no more often than this."""


@attrs.define(eq=False)
class Saver:
    """Keeps a fallback file up to date; a fault of it is logged once and harms nothing else."""

    _fallback: Fallback
    _clock: Clock = attrs.field(repr=False)
    _saved_s: float | None = None
    _is_failing: bool = False

    def save(self, loaded: Loaded, health: Health) -> None:
        """Save a snapshot that was just loaded, if it is news."""
        now_s = self._clock.monotonic()
        is_recent = self._saved_s is not None and now_s - self._saved_s < _EVERY_S
        if is_recent and not loaded.changed:
            return
        try:
            self._fallback.save(loaded.options, health.loaded_at)
        except Exception as error:
            if not self._is_failing:
                logger.warning(
                    "store %r: the fallback file could not be written: %s",
                    self._fallback.store,
                    describe(error),
                )
            self._is_failing = True
            # Even an unchanged snapshot is news to a file that holds an older one.
            self._saved_s = None
        else:
            self._saved_s = now_s
            self._is_failing = False
