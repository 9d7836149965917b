"""A file that keeps the last good snapshot, to start from when the backend is down."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from confstore._documents.tagged_json import JSONPathError, values_from_json, values_to_json
from confstore._process.clock import Clock, Moment
from confstore._process.log import describe, log_fields, logger
from confstore._process.private_file import (
    DistrustedFileError,
    check_trusted,
    open_regular,
    remove_abandoned,
    replaced_file,
)
from confstore._reading.time_based.views import Health
from confstore._stores.given import described, looks_like_url
from confstore._stores.loader import State, saved_state
from confstore._stores.protocols import PartedStore, Store, ability
from confstore._values.names import checked_option
from confstore._values.numbers import number_from_text
from confstore._values.read_only import ReadOnlyDict
from confstore._values.secret import Secret
from confstore.errors import CorruptStoreError, InvalidNameError

__all__ = ["Fallback"]

_FORMAT = 1
_EVERY_S = 60.0
"""An unchanged snapshot is saved again, with its new time, at most this often."""


def _absolute(path: str | os.PathLike[str]) -> Path:
    given: object = path
    if not isinstance(given, str | os.PathLike):
        raise TypeError(f"fallback is the path of a file, not {described(given)}")
    if isinstance(given, str) and looks_like_url(given):
        raise ValueError("fallback is the path of a file, and this looks like the URL of a store")
    return Path(path).absolute()


@attrs.define(eq=False)
class Fallback:
    """
    The fallback file of one store.

    Of a store of several parts it keeps those that are not on this machine: the others are there
    when the network is not, and newer than any copy.
    """

    # Absolute: a daemon changes its working directory after its start.
    _path: Path = attrs.field(converter=_absolute)
    _given: Store = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)
    _saved: Moment | None = None
    _is_failing: bool = False
    _parted: PartedStore | None = attrs.field(init=False, repr=False)
    _store: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._parted = ability(self._given, PartedStore)
        self._store = self._given.name

    def save(self, state: State, health: Health) -> None:
        """
        Save a state that was just loaded, if it has changed or its saved time is old.

        The replacement is atomic, the mode is 0600. A failure is logged once and has no other
        effect.
        """
        now = Moment.now(self._clock)
        is_recent = self._saved is not None and self._saved.age_s(self._clock) < _EVERY_S
        if is_recent and not state.changed:
            return
        try:
            self._replace(state, health.loaded_at)
        except Exception as error:
            if not self._is_failing:
                text = "store %r: the fallback file could not be written: %s"
                fields = log_fields(self._store, error=error)
                logger.warning(text, self._store, describe(error), extra=fields)
            self._is_failing = True
            # The file may hold an older snapshot, so the next one is saved even if unchanged.
            self._saved = None
        else:
            self._saved = now
            self._is_failing = False

    def _replace(self, state: State, saved_at: datetime) -> None:
        content = {
            "confstore-fallback": _FORMAT,
            "store": self._store,
            "saved_at": saved_at.isoformat(),
        }
        if self._parted is None:
            content["options"] = _to_json(state.options)
        else:
            parts = self._parted.remote_parts(state.checkpoint)
            content["parts"] = [_to_json(options) for options in parts]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._saved is None:
            # At the first save of a process: the one before may have ended while it saved.
            remove_abandoned(self._path)
        with replaced_file(self._path) as file:
            json.dump(content, file, ensure_ascii=False)

    def load(self) -> tuple[State, datetime]:
        """
        Read the snapshot in the file, and when it was the store's state (aware, in UTC).

        The parts that are on this machine are read afresh.

        Raises:
            ConfigStoreError: A part on this machine could not be read.
            OSError: It does not exist or could not be read.
            CorruptStoreError: It is not a fallback file of this store, or somebody may have planted
                it: it belongs to neither this user nor root, or others may write it.
        """
        parsed = self._parsed(self._bytes())
        if isinstance(parsed, str):
            raise CorruptStoreError(str(self._path), parsed)
        parts, saved_at = parsed
        if self._parted is None:
            return saved_state(self._given, parts[0]), saved_at
        poll = self._parted.restore(parts)
        return State(ReadOnlyDict(poll.changed), poll.checkpoint), saved_at

    def _bytes(self) -> bytes:
        try:
            with open(self._path, "rb", opener=open_regular) as file:
                check_trusted(self._path, os.fstat(file.fileno()))
                return file.read()
        except DistrustedFileError as error:
            raise CorruptStoreError("the fallback file", str(error)) from None

    def _parsed(self, text: bytes) -> tuple[list[ReadOnlyDict], datetime] | str:
        # A fault is returned and raised by the caller, so that its error has no context that
        # quotes the file's content.
        try:
            content = json.loads(text, parse_float=number_from_text)
            if not isinstance(content, dict) or content.get("confstore-fallback") != _FORMAT:
                return "it is not a fallback file of confstore"
            if content.get("store") != self._store:
                return f"it is the fallback file of another store, not of {self._store!r}"
            saved_at = datetime.fromisoformat(content["saved_at"])
            raw_parts = [content["options"]] if self._parted is None else list(content["parts"])
            parts = [_from_json(raw) for raw in raw_parts]
            if saved_at.tzinfo is None:
                return "its saved_at has no time zone"
        except (InvalidNameError, JSONPathError) as error:
            return f"it is not a snapshot of a store: {error.reason}"
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return f"it is not a fallback file of confstore ({type(error).__name__})"
        return parts, saved_at


def _to_json(options: Mapping[str, ReadOnlyDict]) -> dict[str, Any]:
    return {option: values_to_json(_as_texts(values)) for option, values in options.items()}


def _as_texts(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values as their store holds them: the file never has a plaintext."""
    if not any(isinstance(value, Secret) for value in values.values()):
        return values
    # Not at the top: few stores have secrets.
    from confstore._secrets.held import texts_of

    return texts_of(values)


def _from_json(raw: Mapping[str, Any]) -> ReadOnlyDict:
    return ReadOnlyDict(
        (checked_option(option), values_from_json(values)) for option, values in raw.items()
    )
