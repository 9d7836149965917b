"""
Fixed scenes that every run plays, before Hypothesis searches for more.

Hypothesis plays the rules in an order of its choice, and so a rule now and then not at all. Each of
these scenes finds one certain mistake, every time. A call whose rule has a condition that the
store does not meet has no effect.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller as _call
from typing import Any, TypeAlias

from confstore._values.types import Values
from confstore.testing._samples.names import FAMILIES, relatives

__all__ = ["JOURNAL_SCENES", "SCENES"]

_Call: TypeAlias = Callable[[Any], Any]
_Scene: TypeAlias = tuple[_Call, ...]

_VALUES: Values = {"text": "a", "list": [1, {"a": 2}], "set": {"a"}, "none": None}
_MIXED: dict[str, Values | None] = {"b": {"new": [{}]}, "a": None, "c": {}, "absent": None}
_MANY = [("b", {"c": [{}]}), ("a", {"b": 1}), ("c", {}), ("d", None)]

_write = _call("set_option", option="a", values=_VALUES)
_write_another = _call("set_option", option="b", values={"b": b"b", **_VALUES})
_read = _call("get_option", option="a")
_delete = _call("delete_option", option="a")
_open = _call("open_second_handle")
_reopen = _call("close_and_open_again")
_poll = _call("poll_from_the_start")
_poll_last_twice = _call("poll_twice", answer=-1)
_read_journal = _call("read_whole_journal")
_enable_again = _call("enable_journal_again")
_update = _call("update_option", change=("a", {"new": 1}, ["text", "absent"]))


def _commit(
    changes: dict[str, Values | None], author: str | None = None, comment: str = ""
) -> _Call:
    return _call("commit_changes", changes=changes, author=author, comment=comment)


def _since(option: str, version: int) -> _Call:
    return _call("commit_if_version", changes={option: _VALUES}, if_version=version)


def _each(name: str, **arguments: list[Any]) -> _Scene:
    ((argument, choices),) = arguments.items()
    return tuple(_call(name, **{argument: choice}) for choice in choices)


def _each_scene(*rules: str) -> tuple[_Scene, ...]:
    return tuple((_call(rule, option=option),) for rule in rules for option in ("a", "b"))


_first = _commit({"a": _VALUES}, "author", "comment")
_mix = _commit(_MIXED, None, "mixed")

_RULES_OF_ABSENT_OPTION = (
    *("set_edge_values", "delete_some_option", "set_twin_keys", "get_keys_in_many_ways"),
    *("get_keys_of_empty_option", "get_invalid_keys", "refuse_contradiction"),
    *("refuse_invalid_removals", "refuse_outgrown_option", "refuse_without_showing_values"),
    *("poll_removed_and_created_again", "poll_what_is_equal_but_not_same"),
    *("poll_with_checkpoint_of_another_store", "poll_gives_read_only_values", "use_closed_store"),
)
_RULES_OF_EXISTING_OPTION = (
    *("set_same_values", "read_eventually", "poll_after_refusal"),
    *("apply_twice_to_one_option", "refuse_to_apply_in_part"),
)
_RULES = ("read_many_pages", "refuse_invalid_names", "poll_with_garbage", "apply_many_changes")

_AFTER_WRITE: tuple[_Scene, ...] = (
    *((_call(rule, option="b"),) for rule in _RULES_OF_ABSENT_OPTION),
    *((_call(rule, option="a"),) for rule in _RULES_OF_EXISTING_OPTION),
    *((_call(rule),) for rule in (*_RULES, "write_names_that_join_alike")),
    (_write_another, _call("spoil_items")),
    (_call("set_read_only_values", option="b", source="a"),),
    (_call("set_no_values", option="b"), _call("get_option", option="b")),
    (_call("set_equal_values", option="b", is_update=False),),
    (_call("set_equal_values", option="b", is_update=True),),
    (_call("update_option", change=("b", _VALUES, ["a"])),),
    (_call("update_option", change=("a", {"new": [[]]}, ["text", "absent"])),),
    _each("update_nothing", option=["a", "b"]),
    (_call("update_by_removing", option="b", keys={"text"}),),
    (_call("update_by_removing", option="a", keys={"text", "absent"}),),
    (_call("update_part_by_part", option="b", values=_VALUES),),
    (_write_another, _delete),
    *((_call("set_twin_options", family=family),) for family in FAMILIES),
    *((_call("set_at_the_limits", letter=letter),) for letter in ("a", "\u00e9")),
    (_call("get_keys_of_some_option", option="b", keys=["text"]),),
    (_call("get_keys", option="a", others=["b"], build=list),),
    (_call("write_while_reading", options=["a", "b", "c", "d", "e"]),),
    (_call("refuse_to_remove_reserved_key", option="a", key="_option"),),
    *_each_scene("refuse_texts", "refuse_secrets", "refuse_nested_secrets"),
    (_call("keep_secrets"),),
    (_call("refuse_to_remove_reserved_key", option="b", key=""),),
    (_poll, _write_another, _call("answers_stay_as_they_were", answer=-1)),
    (
        *(_poll, _write_another, _poll, _delete, _poll),
        *_each("answers_stay_as_they_were", answer=[0, 1, 2]),
        *_each("poll_since", answer=[0, 1, 2]),
    ),
    (_poll, _poll_last_twice),
    (_call("poll_each_change", option="b", values=_VALUES),),
    (_open, _poll, _write_another, _poll_last_twice),
    (_open, _read, _write_another),
    (_write_another, _call("change_handles"), _read),
    (_call("write_through_two_handles", option="b", values=_VALUES),),
    (_call("write_through_two_handles", option="a", values={}),),
    (_write_another, _reopen),
    *(
        (_call("write_to_neighbour", name=name, option="b", values=_VALUES),)
        for name in relatives("prod")
    ),
    (_call("apply_changes", changes=_MANY),),
    (_call("apply_changes", changes=[]),),
    # The longest are the last: other mistakes are found before.
    (_call("refuse_invalid_values", option="b", is_known=False),),
    (_call("refuse_invalid_values", option="b", is_known=True),),
)

_AFTER_COMMIT: tuple[_Scene, ...] = (
    (_update, _mix, _read_journal),
    (_update, _delete, _read_journal),
    (_commit({"a": {}}, "", ""), _commit({"a": {"b": 1}}, "\u00e9", "e\u0301\n"), _read_journal),
    (_call("commit_without_effect", option="a"),),
    (_call("commit_if_one_option_is_unchanged", option="a"),),
    (_call("commit_if_one_option_is_unchanged", option="b"),),
    (_mix, _since("b", 1), _since("new", 0), _since("a", 1), _since("c", 2)),
    *(
        (_call(rule, option="a"),)
        for rule in ("refuse_versions_to_come", "refuse_what_is_no_version")
    ),
    (_call("commit_to_the_journal_only", option="a"), _read_journal),
    (_call("refuse_invalid_commits", option="a"),),
    (_call("refuse_invalid_commits", option="b"),),
    (_call("refuse_batches_in_part", option="a"), _read_journal),
    (_call("commit_at_the_limits"), _read_journal),
    (_call("commit_through_two_handles", changes=_MIXED),),
    (_open, _mix, _update, _read_journal, _enable_again),
    (_mix, _call("read_commits_since", since=1)),
    (_enable_again, _mix),
    _each("read_history", option=["a", "b"]),
    (_mix, *_each("read_earlier_state", version=[0, 1, 2])),
    (
        *(_mix, _call("compare_versions", old=0, new=2), _call("compare_versions", old=2, new=0)),
        *(_update, _call("compare_versions", old=3, new=1)),
        _call("compare_versions", old=1, new=3),
    ),
    (_call("refuse_absent_versions", distance=1),),
    (_mix, *_each("roll_back", version=[1, 0])),
    (_mix, _call("roll_some_back", version=1, options=["a", "b", "never"])),
    (_call("roll_back_through_deletions", option="a"),),
    (_call("roll_back_more_than_one_commit_holds"),),
    (_mix, _call("reconcile_without_drift")),
    *((_call("enable_journal_of_existing_options", count=count),) for count in (0, 2, 101)),
    (_mix, _reopen, _update, _read_journal),
    (
        *(_poll, _mix, _poll, _update, _delete),
        *_each("poll_since", answer=[0, 1]),
        *_each("poll_twice", answer=[0, 1]),
    ),
    *((_call("reconcile_edits", option=option, values={"by": "hand"}),) for option in ("a", "b")),
)

SCENES: tuple[_Scene, ...] = tuple((_write, *scene) for scene in _AFTER_WRITE)
"""Scenes for every store."""

JOURNAL_SCENES: tuple[_Scene, ...] = (
    (_read_journal, _call("read_commits_since", since=0), _call("roll_back", version=0)),
    (_open, _poll, _first, _mix, _call("poll_twice", answer=0)),
    *((_first, *scene) for scene in _AFTER_COMMIT),
)
"""More scenes, for a store with a journal."""
