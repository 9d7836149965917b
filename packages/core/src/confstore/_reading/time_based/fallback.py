"""The last good snapshot in a file, to start from when the backend is down."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import attrs

from confstore._documents.tagged_json import JSONPathError, values_from_json, values_to_json
from confstore._process.clock import Clock
from confstore._process.log import describe, logger
from confstore._process.private_file import replaced_file
from confstore._reading.time_based.loader import State
from confstore._reading.time_based.views import Health
from confstore._values.names import checked_option
from confstore._values.numbers import number_from_text
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import CorruptStoreError, InvalidNameError

__all__ = ["Fallback", "SavedSnapshot", "Saver"]

_FORMAT = 1


@attrs.frozen
class SavedSnapshot:
    """A snapshot that was read back, and when it was the store's state (aware, in UTC)."""

    options: ReadOnlyDict = attrs.field(repr=False)
    saved_at: datetime


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(path).absolute()


@attrs.frozen
class Fallback:
    """A file that holds the last good snapshot of one store."""

    # Absolute: a daemon changes its working folder after it was started.
    path: Path = attrs.field(converter=_absolute)
    store: str

    def save(self, options: ReadOnlyDict, saved_at: datetime) -> None:
        """
        Replace the file by this snapshot: atomically, and readable by its owner only (mode 0600).

        Raises:
            OSError: It could not be written; the old file is still there.
        """
        content = {
            "confstore-fallback": _FORMAT,
            "store": self.store,
            "saved_at": saved_at.isoformat(),
            "options": {option: values_to_json(values) for option, values in options.items()},
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replaced_file(self.path) as file:
            json.dump(content, file, ensure_ascii=False)

    def load(self) -> SavedSnapshot:
        """
        The snapshot in the file.

        Raises:
            OSError: It could not be read, or does not exist.
            CorruptStoreError: It is not a fallback of this store.
        """
        text = self.path.read_bytes()
        parsed = self._parsed(text)
        if isinstance(parsed, str):
            raise CorruptStoreError(str(self.path), parsed)
        return parsed

    def _parsed(self, text: bytes) -> SavedSnapshot | str:
        # A fault is handed up and raised there, so that no exception which quotes the file's
        # content hangs on the one that the caller sees.
        try:
            content = json.loads(text, parse_float=number_from_text)
            if not isinstance(content, dict) or content.get("confstore-fallback") != _FORMAT:
                return "this is not a fallback file of confstore"
            if content.get("store") != self.store:
                return f"this is the fallback of another store than {self.store!r}"
            saved_at = datetime.fromisoformat(content["saved_at"])
            options = ReadOnlyDict(
                (checked_option(option), values_from_json(raw))
                for option, raw in content["options"].items()
            )
            if saved_at.tzinfo is None:
                return "its time has no time zone"
        except (InvalidNameError, JSONPathError) as error:
            return f"this is no snapshot of a store: {error.reason}"
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return f"this is no fallback file of confstore ({type(error).__name__})"
        return SavedSnapshot(options, saved_at)


_EVERY_S = 60.0
"""An unchanged snapshot is saved again, for the sake of its time, no more often than this."""


@attrs.define(eq=False)
class Saver:
    """Keeps a fallback file up to date; a fault of it is logged once and harms nothing else."""

    _fallback: Fallback
    _clock: Clock = attrs.field(repr=False)
    _saved_s: float | None = None
    _is_failing: bool = False

    def save(self, loaded: State, health: Health) -> None:
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
