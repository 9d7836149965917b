"""What `poll` says is new, for stores that can poll."""

# ruff: noqa: S101 (a contract is made of assertions)

from __future__ import annotations

from typing import cast

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from confstore._stores.protocols import Poll, PollableStore, Store
from confstore._values.read_only import ReadOnlyDict, freeze, is_same
from confstore._values.types import Values
from confstore.testing._edges import EQUAL_BUT_NOT_SAME
from confstore.testing._machine import Machine, has_options, known_option, some_option
from confstore.testing._ownership import assert_read_only
from confstore.testing._strategies import any_values

__all__ = ["PollRules"]

_GARBAGE: tuple[object, ...] = (0, 1, "", "checkpoint", b"", (), [], {}, object(), True)

State = dict[str, ReadOnlyDict]


@attrs.frozen(eq=False, repr=False)
class _Seen:
    """An answer of `poll`, and what was in the store then."""

    store: Store
    answer: Poll
    state: State
    full: State
    writes: int


def _can_poll(machine: Machine) -> bool:
    return getattr(machine.store, "poll", None) is not None


def _has_polled(machine: Machine) -> bool:
    return bool(cast("PollRules", machine).seen)


def _answers(machine: PollRules) -> st.SearchStrategy[int]:
    return st.integers(0, len(machine.seen) - 1)


# The newest answer is the simplest; every one of them must go on being a checkpoint.
_any_answer: st.SearchStrategy[int] = st.runner().flatmap(_answers).map(lambda back: ~back)


class PollRules(Machine):
    """The last state and what is new make the next state: all of it, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[_Seen] = []

    @precondition(_can_poll)
    @rule()
    def poll_from_the_start(self) -> None:
        """The first poll is full."""
        self.poll(None, {})

    @precondition(_has_polled)
    @rule(answer=_any_answer)
    def poll_since(self, answer: int) -> None:
        """Any answer, however old, is a checkpoint for the next poll."""
        self.poll_again(self.seen[answer])

    @precondition(_has_polled)
    @rule(answer=_any_answer)
    def poll_twice(self, answer: int) -> None:
        """Nothing written, nothing new: the second answer is empty, and not full."""
        self.poll_again(self.poll_again(self.seen[answer]))

    @precondition(_can_poll)
    @rule(option=some_option, values=any_values)
    def poll_each_change(self, option: str, values: Values) -> None:
        """Making, changing, removing and making again are all seen."""
        seen = start = self.poll(None, {})
        self.write(option, {"is new": True})
        made = self.poll_again(seen)
        self.write(option, values)
        changed = self.poll_again(made)
        self.do("delete", option)
        removed = self.poll_again(changed)
        self.write(option, values)
        for seen in (removed, changed, made, start):
            self.poll_again(seen)

    @precondition(_can_poll)
    @rule(option=some_option)
    def poll_removed_and_made_again(self, option: str) -> None:
        """An option that is removed and made again between two polls has its new values."""
        self.write(option, {"a": 1, "b": 2})
        seen = self.poll(None, {})
        self.do("delete", option)
        self.write(option, {"b": 3})
        self.poll_again(seen)

    @precondition(_can_poll)
    @rule(option=some_option)
    def poll_what_is_equal_but_not_same(self, option: str) -> None:
        """A change that Python's `==` does not see is a change."""
        one, other = (
            {str(index): value for index, value in enumerate(values)}
            for values in zip(*EQUAL_BUT_NOT_SAME, strict=True)
        )
        self.write(option, one)
        seen = self.poll(None, {})
        self.write(option, other)
        self.poll_again(seen)

    @precondition(_can_poll)
    @precondition(has_options)
    @rule(option=known_option)
    def poll_after_refusal(self, option: str) -> None:
        """What was refused is not new."""
        seen = self.poll(None, {})
        self.do("set", option, {"a": 1, "b": object()})
        self.do("update", option, {"a": 1, "b": object()})
        self.poll_again(seen)

    @precondition(_can_poll)
    @rule()
    def poll_with_garbage(self) -> None:
        """What is no checkpoint gives a full answer, not an error and not a part."""
        for garbage in _GARBAGE:
            self.poll(garbage, {})

    @precondition(_can_poll)
    @rule(option=some_option)
    def poll_with_checkpoint_of_another_store(self, option: str) -> None:
        """Another store's checkpoint is no checkpoint of this one."""
        self.write(option, {"a": 1})
        with self.visit(self.home + "x") as (store, model):
            store.set("elsewhere", {"a": 1})
            model.set("elsewhere", {"a": 1})
            foreign = cast("PollableStore", store).poll(consistent=True)
            assert foreign.is_full, "the first poll of a store is full"
            self.poll(foreign.checkpoint, {})
            mine = self.poll(None, {})
            answer = cast("PollableStore", store).poll(mine.answer.checkpoint, consistent=True)
            assert answer.is_full, "another store's checkpoint gives a full answer"
            assert is_same(dict(answer.changed), model.options)

    @precondition(_can_poll)
    @rule(option=some_option)
    def poll_gives_what_nobody_can_change(self, option: str) -> None:
        """What is new comes read-only, all the way down."""
        self.write(option, {"dict": {"list": [{"a": 1}]}, "set": {"a"}, "list": [[], {}]})
        self.poll(None, {})

    @precondition(_has_polled)
    @rule(answer=_any_answer)
    def answers_stay_as_they_were(self, answer: int) -> None:
        """An answer is of its moment: no later write changes it."""
        seen = self.seen[answer]
        assert is_same(dict(seen.answer.changed), seen.full)

    def poll_again(self, seen: _Seen) -> _Seen:
        """Poll with the checkpoint of an answer, through the handle that gave it if it is open."""
        is_open = any(handle.store is seen.store for handle in self.handles)
        store = seen.store if is_open else self.store
        was_written = self.model.writes != seen.writes
        is_quiet = is_open and not was_written
        return self.poll(
            seen.answer.checkpoint, seen.state, store=store, is_quiet=is_quiet, is_old=True
        )

    def poll(
        self,
        checkpoint: object,
        old: State,
        *,
        store: Store | None = None,
        is_old: bool = False,
        is_quiet: bool = False,
    ) -> _Seen:
        """
        Poll and check the answer against the model.

        Args:
            checkpoint: What to give to the store.
            old: The state of that checkpoint.
            store: The handle to ask; the first, unless said otherwise.
            is_old: Whether the checkpoint is one of this store, so that the answer can be a part.
            is_quiet: Whether nothing was written since, so that the answer is empty.
        """
        polled = cast("PollableStore", self.store if store is None else store)
        answer = polled.poll(checkpoint, consistent=True)
        assert isinstance(answer, Poll)
        for values in answer.changed.values():
            assert_read_only(values)
            assert isinstance(values, ReadOnlyDict)
        if not is_old:
            assert answer.is_full, "without a checkpoint of this store, the answer is full"
        if is_quiet:
            assert not answer.is_full, "nothing is new, and the answer is full"
            assert not answer.changed, "nothing is new, and the answer has changes"
            assert not answer.removed, "nothing is new, and the answer has removals"
        if answer.is_full:
            assert not answer.removed, "a full answer has no removals"
            old = {}
        assert isinstance(answer.removed, frozenset)
        assert not answer.removed & answer.changed.keys(), "an option is both changed and removed"
        changed = cast("State", dict(answer.changed))
        state = {**old, **changed}
        state = {option: values for option, values in state.items() if option not in answer.removed}
        assert state.keys() == self.model.options.keys(), "poll has missed an option, or a removal"
        for option, values in state.items():
            assert is_same(values, self.model.options[option]), f"poll has {option!r} wrong"
        kept = {option: freeze(values) for option, values in changed.items()}
        seen = _Seen(cast("Store", polled), answer, state, kept, self.model.writes)
        self.seen.append(seen)
        return seen
