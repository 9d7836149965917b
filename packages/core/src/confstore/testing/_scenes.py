"""
What is played in every run, before Hypothesis looks for more.

Hypothesis plays the rules in orders that it chooses, and so a rule now and then not at all. Each of
these scenes finds a mistake of its own, every time.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any, TypeAlias

import attrs

from confstore._values.types import Values
from confstore.testing._names import FAMILIES, relatives

__all__ = ["SCENES", "Call", "Scene"]

Call: TypeAlias = Callable[[Any], Any]

_VALUES: Values = {"text": "a", "list": [1, {"a": 2}], "set": {"a"}, "none": None}
_write = methodcaller("set_option", option="a", values=_VALUES)
_write_another = methodcaller("set_option", option="b", values={"b": b"b", **_VALUES})
_open = methodcaller("open_second_handle")
_poll = methodcaller("poll_from_the_start")


@attrs.frozen
class Scene:
    """Some calls on a contract, one after the other."""

    calls: tuple[Call, ...]
    needs_poll: bool = False
    needs_edits: bool = False


def _scene(*calls: Call) -> Scene:
    return Scene((_write, *calls))


def _poll_scene(*calls: Call) -> Scene:
    return Scene((_write, *calls), needs_poll=True)


SCENES: tuple[Scene, ...] = (
    _scene(_write_another, methodcaller("spoil_items")),
    _scene(methodcaller("set_same_values", option="a")),
    _scene(methodcaller("set_read_only_values", option="b", source="a")),
    _scene(methodcaller("set_no_values", option="b"), methodcaller("get_option", option="b")),
    _scene(methodcaller("set_edge_values", option="b")),
    _scene(methodcaller("set_equal_values", option="b", is_update=False)),
    _scene(methodcaller("set_equal_values", option="b", is_update=True)),
    _scene(methodcaller("update_option", change=("b", _VALUES, ["a"]))),
    _scene(methodcaller("update_option", change=("a", {"new": [[]]}, ["text", "absent"]))),
    _scene(methodcaller("update_nothing", option="a"), methodcaller("update_nothing", option="b")),
    _scene(methodcaller("update_by_removing", option="b", keys={"text"})),
    _scene(methodcaller("update_by_removing", option="a", keys={"text", "absent"})),
    _scene(methodcaller("update_part_by_part", option="b", values=_VALUES)),
    _scene(_write_another, methodcaller("delete_option", option="a")),
    _scene(methodcaller("delete_some_option", option="b")),
    *(_scene(methodcaller("set_twin_options", family=family)) for family in FAMILIES),
    _scene(methodcaller("set_twin_keys", option="b")),
    _scene(methodcaller("set_at_the_limits", letter="a")),
    _scene(methodcaller("set_at_the_limits", letter="\u00e9")),
    _scene(methodcaller("get_keys_of_some_option", option="b", keys=["text"])),
    _scene(methodcaller("get_keys", option="a", others=["b"], build=list)),
    _scene(methodcaller("get_keys_in_many_ways", option="b")),
    _scene(methodcaller("get_keys_of_empty_option", option="b")),
    _scene(methodcaller("get_invalid_keys", option="b")),
    _scene(methodcaller("write_while_reading", options=["a", "b", "c", "d", "e"])),
    _scene(methodcaller("read_eventually", option="a")),
    _scene(methodcaller("read_many_pages")),
    _scene(methodcaller("refuse_invalid_values", option="b", is_known=False)),
    _scene(methodcaller("refuse_invalid_values", option="b", is_known=True)),
    _scene(methodcaller("refuse_invalid_names")),
    _scene(methodcaller("refuse_contradiction", option="b")),
    _scene(methodcaller("refuse_to_remove_what_cannot_be", option="a", key="_option")),
    _scene(methodcaller("refuse_to_remove_what_cannot_be", option="b", key="")),
    _scene(methodcaller("refuse_invalid_removals", option="b")),
    _scene(methodcaller("refuse_outgrown_option", option="b")),
    _scene(methodcaller("refuse_without_showing_values", option="b")),
    _poll_scene(_poll, _write_another, methodcaller("answers_stay_as_they_were", answer=-1)),
    _poll_scene(
        _poll,
        _write_another,
        _poll,
        methodcaller("delete_option", option="a"),
        _poll,
        *(methodcaller("answers_stay_as_they_were", answer=answer) for answer in range(3)),
        *(methodcaller("poll_since", answer=answer) for answer in range(3)),
    ),
    _poll_scene(_poll, methodcaller("poll_twice", answer=-1)),
    _poll_scene(methodcaller("poll_each_change", option="b", values=_VALUES)),
    _poll_scene(methodcaller("poll_removed_and_made_again", option="b")),
    _poll_scene(methodcaller("poll_what_is_equal_but_not_same", option="b")),
    _poll_scene(methodcaller("poll_after_refusal", option="a")),
    _poll_scene(methodcaller("poll_with_garbage")),
    _poll_scene(methodcaller("poll_with_checkpoint_of_another_store", option="b")),
    _poll_scene(methodcaller("poll_gives_what_nobody_can_change", option="b")),
    _poll_scene(_open, _poll, _write_another, methodcaller("poll_twice", answer=-1)),
    _scene(_open, methodcaller("get_option", option="a"), _write_another),
    _scene(_write_another, methodcaller("change_handles"), methodcaller("get_option", option="a")),
    _scene(methodcaller("write_through_two_handles", option="b", values=_VALUES)),
    _scene(methodcaller("write_through_two_handles", option="a", values={})),
    _scene(_write_another, methodcaller("close_and_open_again")),
    _scene(methodcaller("use_closed_store", option="b")),
    *(
        _scene(methodcaller("write_to_neighbour", name=name, option="b", values=_VALUES))
        for name in relatives("prod")
    ),
    _scene(methodcaller("write_what_concatenates_alike")),
)
