"""Stores whose `poll` is wrong about what is new."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

import attrs

from confstore import Poll, ReadOnlyDict
from confstore._values.read_only import freeze
from confstore.adapter import poll_between

from ..reference_store import Backend, Checkpoint, ReferenceStore

Keys = Collection[str] | None


class _ForgetsToPoll(ReferenceStore):
    """Polls as it should, and then leaves something out."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        raise NotImplementedError

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        if answer.is_full:
            return answer
        assert isinstance(checkpoint, Checkpoint)
        return self.left_out(checkpoint.state, answer)


class MissesRemovals(_ForgetsToPoll):
    """Says nothing of options that are gone."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        return attrs.evolve(answer, removed=frozenset())


class MissesNewOptions(_ForgetsToPoll):
    """Looks only at options that it has seen before."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        known = {option: values for option, values in answer.changed.items() if option in old}
        return attrs.evolve(answer, changed=known)


class MissesChangesInside(_ForgetsToPoll):
    """Looks only at the keys of an option."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        changed = {
            option: values
            for option, values in answer.changed.items()
            if option not in old or old[option].keys() != values.keys()
        }
        return attrs.evolve(answer, changed=changed)


class PollsByEquality(_ForgetsToPoll):
    """Finds unchanged what Python finds equal."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        changed = {
            option: values
            for option, values in answer.changed.items()
            if option not in old or old[option] != values
        }
        return attrs.evolve(answer, changed=changed)


class SaysRemovedAndChanged(_ForgetsToPoll):
    """Calls an option with new values removed and changed."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        return attrs.evolve(answer, removed=answer.removed | (answer.changed.keys() & old.keys()))


class PollsInFull(ReferenceStore):
    """Answers every poll in full."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        return super().poll(None, consistent=consistent)


class MissesWhatWasMadeAgain(ReferenceStore):
    """Counts options, and so misses one that was removed and made again."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        if answer.is_full:
            return answer
        assert isinstance(checkpoint, Checkpoint)
        is_of_old_size = len(checkpoint.state) == len(self.options)
        return Poll(answer.checkpoint, {}) if is_of_old_size else answer


class TrustsAnyCheckpoint(ReferenceStore):
    """Takes another store's checkpoint for its own."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        if isinstance(checkpoint, Checkpoint):
            checkpoint = attrs.evolve(checkpoint, store=self.name)
        return super().poll(checkpoint, consistent=consistent)


class RefusesStrangeCheckpoints(ReferenceStore):
    """Takes what is not its checkpoint for a mistake of the caller."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
            raise TypeError("this is no checkpoint")
        return super().poll(checkpoint, consistent=consistent)


class KnowsOnlyTheLastCheckpoint(ReferenceStore):
    """Compares with its own last answer, whatever checkpoint it is given."""

    last: dict[str, ReadOnlyDict] | None = None

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        assert isinstance(answer.checkpoint, Checkpoint)
        old, self.last = self.last, answer.checkpoint.state
        return answer if answer.is_full else poll_between(answer.checkpoint, old, self.last)


class SaysFullTooOften(ReferenceStore):
    """Counts calls of `set`, refused ones too, and answers in full when there was one."""

    calls = 0

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        self.calls += 1
        super().set(option, values)

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        calls, self.calls = self.calls, 0
        return super().poll(None if calls else checkpoint, consistent=consistent)


class PollsPlainValues(ReferenceStore):
    """Says what is new in plain dicts."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        changed = {option: deepcopy(self.options[option]) for option in answer.changed}
        return attrs.evolve(answer, changed=changed)


class PollsPlainValuesInside(ReferenceStore):
    """Says what is new in dicts that only look read-only."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        changed = {
            option: ReadOnlyDict(deepcopy(self.options[option])) for option in answer.changed
        }
        return attrs.evolve(answer, changed=changed)


class PollsItsOwnState(ReferenceStore):
    """Gives a state of its own away, and goes on changing it."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.state: dict[str, ReadOnlyDict] = {}

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        if not answer.is_full:
            return answer
        self.state.clear()
        self.state.update((option, freeze(self.options[option])) for option in answer.changed)
        return attrs.evolve(answer, changed=self.state)
