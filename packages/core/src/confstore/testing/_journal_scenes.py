"""What is played in every run on a store with a journal, beside what is played on every store."""

from __future__ import annotations

from operator import methodcaller

from confstore._values.types import Values
from confstore.testing._scenes import Call, Scene

__all__ = ["JOURNAL_SCENES"]

_VALUES: Values = {"text": "a", "list": [1, {"a": 2}], "set": {"a"}, "none": None}
_MIXED: dict[str, Values | None] = {"b": {"new": [{}]}, "a": None, "c": {}, "absent": None}


def _commit(
    changes: dict[str, Values | None], author: str | None = None, comment: str = ""
) -> Call:
    return methodcaller("commit_changes", changes=changes, author=author, comment=comment)


_write = _commit({"a": _VALUES}, "author", "comment")
_mix = _commit(_MIXED, None, "mixed")
_update = methodcaller("update_option", change=("a", {"new": 1}, ["text", "absent"]))
_delete = methodcaller("delete_option", option="a")
_poll = methodcaller("poll_from_the_start")
_read = methodcaller("read_whole_journal")
_open = methodcaller("open_second_handle")
_reopen = methodcaller("close_and_open_again")


def _scene(*calls: Call) -> Scene:
    return Scene((_write, *calls))


def _since(option: str, version: int) -> Call:
    return methodcaller("commit_if_version", changes={option: _VALUES}, if_version=version)


JOURNAL_SCENES: tuple[Scene, ...] = (
    Scene(
        (_read, methodcaller("read_commits_since", since=0), methodcaller("roll_back", version=0))
    ),
    _scene(_update, _mix, _read),
    _scene(_update, _delete, _read),
    _scene(_commit({"a": {}}, "", ""), _commit({"a": {"b": 1}}, "\u00e9", "e\u0301\n"), _read),
    _scene(methodcaller("commit_what_changes_nothing", option="a")),
    _scene(methodcaller("commit_if_one_option_is_unchanged", option="a")),
    _scene(methodcaller("commit_if_one_option_is_unchanged", option="b")),
    _scene(_mix, _since("b", 1), _since("new", 0), _since("a", 1), _since("c", 2)),
    _scene(methodcaller("refuse_invalid_commits", option="a")),
    _scene(methodcaller("refuse_invalid_commits", option="b")),
    _scene(methodcaller("commit_at_the_limits"), _read),
    _scene(methodcaller("commit_through_two_handles", changes=_MIXED)),
    _scene(_open, _mix, _update, _read, methodcaller("enable_journal_again")),
    _scene(_mix, methodcaller("read_commits_since", since=1)),
    _scene(methodcaller("enable_journal_again"), _mix),
    _scene(methodcaller("read_history", option="a"), methodcaller("read_history", option="b")),
    _scene(_mix, *(methodcaller("read_earlier_state", version=version) for version in range(3))),
    _scene(
        _mix,
        methodcaller("compare_versions", old=0, new=2),
        methodcaller("compare_versions", old=2, new=0),
        _update,
        methodcaller("compare_versions", old=3, new=1),
        methodcaller("compare_versions", old=1, new=3),
    ),
    _scene(methodcaller("refuse_versions_that_are_not_there", distance=1)),
    _scene(_mix, methodcaller("roll_back", version=1), methodcaller("roll_back", version=0)),
    _scene(_mix, methodcaller("roll_some_back", version=1, options=["a", "b", "never"])),
    _scene(methodcaller("roll_back_through_deletions", option="a")),
    _scene(methodcaller("roll_back_more_than_one_commit_holds")),
    _scene(_mix, methodcaller("reconcile_what_agrees")),
    *(_scene(methodcaller("enable_on_what_is_there", count=count)) for count in (0, 2, 101)),
    _scene(_mix, _reopen, _update, _read),
    Scene(
        (
            *(_write, _poll, _mix, _poll, _update, _delete),
            *(methodcaller("poll_since", answer=answer) for answer in range(2)),
            *(methodcaller("poll_twice", answer=answer) for answer in range(2)),
        ),
        needs_poll=True,
    ),
    Scene((_open, _poll, _write, _mix, methodcaller("poll_twice", answer=0)), needs_poll=True),
    *(
        Scene(
            (
                _write,
                methodcaller("reconcile_what_was_edited", option=option, values={"by": "hand"}),
            ),
            needs_edits=True,
        )
        for option in ("a", "b")
    ),
)
"""Each finds a mistake of its own, every time."""
