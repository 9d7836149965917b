"""What is new between two states of a store."""

from __future__ import annotations

from confstore import Poll
from confstore._values.read_only import freeze
from confstore.adapter import poll_between

OLD = {"same": freeze({"a": [1]}), "typed": freeze({"a": 1}), "gone": freeze({})}
NEW = {"same": freeze({"a": [1]}), "typed": freeze({"a": True}), "new": freeze({})}


def test_without_an_old_state_all_is_new() -> None:
    """The first answer is full."""
    assert poll_between("checkpoint", None, NEW) == Poll("checkpoint", NEW, is_full=True)


def test_difference_is_what_changed_and_what_is_gone() -> None:
    """An equal value of another type has changed; what is the same is left out."""
    answer = poll_between("checkpoint", OLD, NEW)
    assert answer == Poll("checkpoint", {"typed": {"a": True}, "new": {}}, frozenset({"gone"}))
    assert answer.changed["typed"]["a"] is True


def test_nothing_new_is_an_empty_answer() -> None:
    """Nothing new is not a full answer."""
    assert poll_between("checkpoint", NEW, dict(NEW)) == Poll("checkpoint", {})


def test_empty_state_is_a_state() -> None:
    """A store that was empty is not one that was never seen."""
    assert poll_between("checkpoint", {}, NEW) == Poll("checkpoint", NEW)


def test_text_of_an_answer_shows_no_value() -> None:
    """An answer can be logged."""
    answer = Poll("secret", {"db": freeze({"key": "secret"})}, frozenset({"gone"}))
    assert "secret" not in repr(answer)
    assert "gone" in repr(answer)
