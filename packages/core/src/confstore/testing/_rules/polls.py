"""Rules of `poll`, for stores that can poll."""

from __future__ import annotations

from typing import cast

import attrs
from hypothesis import strategies as st

from confstore._stores.protocols import Poll, PollableStore, ability
from confstore._values.read_only import ReadOnlyDict, freeze, is_same
from confstore._values.types import Values
from confstore.testing._checks import assert_read_only
from confstore.testing._rules.machine import (
    Machine,
    has_options,
    known_option,
    rule_if,
    some_option,
)
from confstore.testing._samples.edges import EQUAL_BUT_NOT_SAME
from confstore.testing._strategies import any_values

__all__ = ["PollRules", "can_poll"]

_GARBAGE: tuple[object, ...] = (0, 1, "", "checkpoint", b"", (), [], {}, object(), True)

State = dict[str, ReadOnlyDict]


@attrs.frozen(eq=False, repr=False)
class _Seen:
    """An answer of `poll`, and the state of the store then."""

    store: PollableStore
    answer: Poll
    state: State
    full: State
    writes: int


def can_poll(machine: Machine) -> bool:
    """Tell if the store under test can poll; a condition of rules."""
    return ability(machine.store, PollableStore) is not None


def _has_polled(machine: PollRules) -> bool:
    return bool(machine.seen)


def _answers(machine: PollRules) -> st.SearchStrategy[int]:
    return st.integers(0, len(machine.seen) - 1)


# The newest answer is the simplest; every answer stays a valid checkpoint.
_any_answer: st.SearchStrategy[int] = st.runner().flatmap(_answers).map(lambda back: ~back)


class PollRules(Machine):
    """
    The last state and the changes since make the next state: all of it, and nothing else.

    Source of the sizes: AWS, "Query": one answer has at most 1 MB. Seven options of 380 KB fill
    three or four of them, which catches a reader who follows only the first page.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[_Seen] = []

    @rule_if(can_poll)
    def poll_from_the_start(self) -> None:
        """The first poll is full."""
        self.poll(None, {})

    @rule_if(_has_polled, answer=_any_answer)
    def poll_since(self, answer: int) -> None:
        """Any answer, however old, is a checkpoint for the next poll."""
        self.poll_again(self.seen[answer])

    @rule_if(_has_polled, answer=_any_answer)
    def poll_twice(self, answer: int) -> None:
        """Nothing written, nothing new: the second answer is empty, and not full."""
        self.poll_again(self.poll_again(self.seen[answer]))

    @rule_if(can_poll, option=some_option, values=any_values)
    def poll_each_change(self, option: str, values: Values) -> None:
        """Creating, changing, removing and creating again are all seen."""
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

    @rule_if(can_poll, option=some_option)
    def poll_removed_and_created_again(self, option: str) -> None:
        """An option that is removed and created again between two polls has its new values."""
        self.write(option, {"a": 1, "b": 2})
        seen = self.poll(None, {})
        self.do("delete", option)
        self.write(option, {"b": 3})
        self.poll_again(seen)

    @rule_if(can_poll, option=some_option)
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

    @rule_if(can_poll, has_options, option=known_option)
    def poll_after_refusal(self, option: str) -> None:
        """A refused write is not new."""
        seen = self.poll(None, {})
        self.do("set", option, {"a": 1, "b": object()})
        self.do("update", option, {"a": 1, "b": object()})
        self.poll_again(seen)

    @rule_if(can_poll)
    def poll_with_garbage(self) -> None:
        """An unknown checkpoint gives a full answer, not an error and not a part."""
        for garbage in _GARBAGE:
            self.poll(garbage, {})

    @rule_if(can_poll, option=some_option)
    def poll_with_checkpoint_of_another_store(self, option: str) -> None:
        """Another store's checkpoint is no checkpoint of this one."""
        self.write(option, {"a": 1})
        with self.visit(self.home + "x") as (store, model):
            for one in (store, model):
                one.set("elsewhere", {"a": 1})
            other = cast("PollableStore", store)
            foreign = other.poll(consistent=True)
            assert foreign.is_full, "the first poll of a store is full"
            self.poll(foreign.checkpoint, {})
            mine = self.poll(None, {})
            answer = other.poll(mine.answer.checkpoint, consistent=True)
            assert answer.is_full, "another store's checkpoint gives a full answer"
            assert is_same(dict(answer.changed), model.options)

    @rule_if(can_poll, option=some_option)
    def poll_gives_read_only_values(self, option: str) -> None:
        """A poll gives deeply read-only values."""
        self.write(option, {"dict": {"list": [{"a": 1}]}, "set": {"a"}, "list": [[], {}]})
        self.poll(None, {})

    @rule_if(_has_polled, answer=_any_answer)
    def answers_stay_as_they_were(self, answer: int) -> None:
        """An answer is a snapshot: no later write changes it."""
        seen = self.seen[answer]
        assert is_same(dict(seen.answer.changed), seen.full)

    @rule_if(once=True)
    def read_many_pages(self) -> None:
        """Every page is read, and a change on any of them is new."""
        options = [f"page {number}" for number in range(7)]
        for number, option in enumerate(options):
            self.do("set", option, {"text": str(number) * 380_000})
        self.check_items(self.store, self.model)
        if can_poll(self):
            seen = self.poll(None, {})
            self.do("update", options[-1], {"changed": True})
            self.do("delete", options[0])
            self.poll_again(self.poll_again(seen))
            self.do("set", options[0], {})
        for option in options:
            self.do("delete", option)

    def poll_again(self, seen: _Seen) -> _Seen:
        """Poll with the checkpoint of an answer, through the handle that gave it if it is open."""
        is_open = any(handle.store is seen.store for handle in self.handles)
        store = seen.store if is_open else None
        is_quiet = is_open and self.model.writes == seen.writes
        return self.poll(
            seen.answer.checkpoint, seen.state, store=store, is_quiet=is_quiet, is_old=True
        )

    def poll(
        self,
        checkpoint: object,
        old: State,
        *,
        store: PollableStore | None = None,
        is_old: bool = False,
        is_quiet: bool = False,
    ) -> _Seen:
        """
        Poll and check the answer against the model.

        Args:
            checkpoint: The argument of `poll`.
            old: The state of that checkpoint.
            store: The handle to ask; by default the first.
            is_old: The checkpoint is one of this store, so the answer can be a part.
            is_quiet: Nothing was written since, so the answer is empty.
        """
        polled = store or cast("PollableStore", self.store)
        answer = polled.poll(checkpoint, consistent=True)
        assert isinstance(answer, Poll)
        for values in answer.changed.values():
            assert isinstance(values, ReadOnlyDict)
            assert_read_only(values)
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
        seen = _Seen(polled, answer, state, kept, self.model.writes)
        self.seen.append(seen)
        return seen
