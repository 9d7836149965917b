"""Polls of a journaled store, as core does them for every backend that is asked over a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import attrs
import pytest

from confstore import Change, Commit, Head, Poll, ReadOnlyDict
from confstore.adapter import JournalPoller, canonical_values
from confstore.errors import CorruptStoreError, StoreUnavailableError
from confstore.testing import CANARY, FakeClock

AT = datetime(2030, 1, 1, tzinfo=UTC)
INTERVAL_S = 100.0

Values = dict[str, Any]


@attrs.define
class ScriptedJournal:
    """
    A journaled store as a test says.

    Attributes:
        commits: What was committed.
        options: What the options hold now.
        unseen: Versions that an eventually consistent read does not see yet.
        lost: Versions that no read sees.
        asked: Each question, as it came.
        before_options: Done before the options are read, one at each time.
        after_options: Done after the options are read, one at each time.
    """

    commits: list[Commit] = attrs.Factory(list)
    options: dict[str, ReadOnlyDict] = attrs.Factory(dict)
    unseen: set[int] = attrs.Factory(set)
    lost: set[int] = attrs.Factory(set)
    asked: list[str] = attrs.Factory(list)
    before_options: list[Callable[[], object]] = attrs.Factory(list)
    after_options: list[Callable[[], object]] = attrs.Factory(list)

    def commit(self, changes: Mapping[str, Values | None], *, id: str | None = None) -> Commit:
        """Commit, and apply it to the options."""
        version = len(self.commits) + 1
        frozen = {
            option: None if values is None else canonical_values(option, values)
            for option, values in changes.items()
        }
        commit = Commit(
            version,
            id or f"id {version}",
            AT,
            None,
            "",
            tuple(Change(option, values) for option, values in frozen.items()),
            self.commits[-1].id if self.commits else None,
        )
        self.commits.append(commit)
        for option, values in frozen.items():
            self.options.pop(option, None)
            if values is not None:
                self.options[option] = values
        return commit

    def read_head(self) -> Head:
        self.asked.append("head")
        return Head.of(self.commits[-1]) if self.commits else Head()

    def read_commits(self, since: int, *, consistent: bool) -> Sequence[Commit]:
        self.asked.append(f"{'consistent ' * consistent}commits since {since}")
        hidden = self.lost if consistent else self.lost | self.unseen
        return [one for one in self.commits if one.version > since and one.version not in hidden]

    def read_following(self, head: Head, *, consistent: bool) -> Sequence[Commit] | None:
        found = self.read_commits(head.version - 1, consistent=consistent)
        return found[1:] if found and Head.of(found[0]) == head else None

    def read_options(self) -> Mapping[str, ReadOnlyDict]:
        self.asked.append("options")
        if self.before_options:
            self.before_options.pop(0)()
        answer = dict(self.options)
        if self.after_options:
            self.after_options.pop(0)()
        return answer


@pytest.fixture
def journal() -> ScriptedJournal:
    """Two versions: two options, one of them changed."""
    journal = ScriptedJournal()
    journal.commit({"db": {"port": 1}, "cache": {"size": 10}})
    journal.commit({"db": {"port": 2}})
    return journal


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def poller(journal: ScriptedJournal, clock: FakeClock) -> JournalPoller:
    """A poller that loads everything at the end of the interval, and looks at each commit."""
    return JournalPoller(journal, clock, INTERVAL_S, random=lambda: 0.0)


def first(poller: JournalPoller, journal: ScriptedJournal) -> object:
    """The checkpoint of a first poll, whose questions are forgotten."""
    checkpoint = poller.poll(None, consistent=False).checkpoint
    journal.asked.clear()
    return checkpoint


def facts(poll: Poll) -> tuple[object, ...]:
    """What an answer says, without its checkpoint."""
    return dict(poll.changed), set(poll.removed), poll.is_full


EVERYTHING: tuple[object, ...] = ({"db": {"port": 2}, "cache": {"size": 10}}, set(), True)
NOTHING: tuple[object, ...] = ({}, set(), False)


# -- what was committed --------------------------------------------------------------------------


def test_first_poll_is_full(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """Everything is read between the head and what was committed since, all consistent."""
    assert facts(poller.poll(None, consistent=False)) == EVERYTHING
    assert journal.asked == ["head", "options", "consistent commits since 1"]


def test_first_poll_of_an_empty_store(clock: FakeClock) -> None:
    """Nothing is known of nothing, and the first commit follows that."""
    journal = ScriptedJournal()
    poller = JournalPoller(journal, clock)
    answer = poller.poll(None, consistent=False)
    assert facts(answer) == ({}, set(), True)
    journal.commit({"db": {"port": 1}})
    assert facts(poller.poll(answer.checkpoint, consistent=False)) == (
        {"db": {"port": 1}},
        set(),
        False,
    )


@pytest.mark.parametrize("consistent", [False, True])
def test_unchanged_poll_is_one_question(
    consistent: bool, poller: JournalPoller, journal: ScriptedJournal
) -> None:
    """Whatever the size of the store."""
    checkpoint = first(poller, journal)
    assert facts(poller.poll(checkpoint, consistent=consistent)) == NOTHING
    assert journal.asked == [f"{'consistent ' * consistent}commits since 1"]


def test_poll_brings_just_the_changes(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """In one question."""
    checkpoint = first(poller, journal)
    journal.commit({"db": {"port": 3}, "cache": None, "new": {}})
    answer = poller.poll(checkpoint, consistent=False)
    assert facts(answer) == ({"db": {"port": 3}, "new": {}}, {"cache"}, False)
    assert journal.asked == ["commits since 1"]
    assert facts(poller.poll(answer.checkpoint, consistent=False)) == NOTHING


def test_last_of_several_commits_counts(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """What is deleted and made anew is changed; what is made and deleted is gone."""
    checkpoint = first(poller, journal)
    journal.commit({"db": None, "new": {}})
    journal.commit({"db": {"port": 4}, "new": None})
    answer = poller.poll(checkpoint, consistent=False)
    assert facts(answer) == ({"db": {"port": 4}}, {"new"}, False)


def test_checkpoints_are_those_of_each_reader(
    poller: JournalPoller, journal: ScriptedJournal
) -> None:
    """Two readers of one store do not meet, and one can go back."""
    checkpoint = first(poller, journal)
    journal.commit({"db": {"port": 3}})
    for _ in range(2):
        assert facts(poller.poll(checkpoint, consistent=False))[0] == {"db": {"port": 3}}


@pytest.mark.parametrize("consistent", [False, True])
def test_foreign_checkpoint_is_none(
    consistent: bool, poller: JournalPoller, journal: ScriptedJournal, clock: FakeClock
) -> None:
    """Another store's, or anything else, gives a full answer."""
    other = first(JournalPoller(journal, clock), journal)
    for checkpoint in (other, "checkpoint", 2):
        assert poller.poll(checkpoint, consistent=consistent).is_full


# -- holes ---------------------------------------------------------------------------------------


def test_hole_of_an_eventual_read_is_asked_again(
    poller: JournalPoller, journal: ScriptedJournal
) -> None:
    """From the last commit before it, strongly consistent; nothing comes out of order."""
    checkpoint = first(poller, journal)
    for port in (3, 4, 5):
        journal.commit({"db": {"port": port}, f"new {port}": {}})
    journal.unseen = {4}
    answer = poller.poll(checkpoint, consistent=False)
    changed = {"db": {"port": 5}, "new 3": {}, "new 4": {}, "new 5": {}}
    assert facts(answer) == (changed, set(), False)
    assert journal.asked == ["commits since 1", "consistent commits since 2"]
    assert facts(poller.poll(answer.checkpoint, consistent=False)) == NOTHING


def test_hole_right_after_what_is_known(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """Then the question is asked again as it was."""
    checkpoint = first(poller, journal)
    journal.commit({"db": {"port": 3}})
    journal.commit({"cache": None})
    journal.unseen = {3}
    answer = poller.poll(checkpoint, consistent=False)
    assert facts(answer) == ({"db": {"port": 3}}, {"cache"}, False)
    assert journal.asked == ["commits since 1", "consistent commits since 1"]


def test_last_commits_may_be_unseen(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """That is no hole: they are seen later."""
    checkpoint = first(poller, journal)
    journal.commit({"db": {"port": 3}})
    journal.commit({"db": {"port": 4}})
    journal.unseen = {4}
    answer = poller.poll(checkpoint, consistent=False)
    assert facts(answer)[0] == {"db": {"port": 3}}
    journal.unseen = set()
    assert facts(poller.poll(answer.checkpoint, consistent=False))[0] == {"db": {"port": 4}}


@pytest.mark.parametrize("consistent", [False, True])
def test_hole_that_stays_is_a_gap(
    consistent: bool, poller: JournalPoller, journal: ScriptedJournal
) -> None:
    """What was between is found by loading everything."""
    checkpoint = first(poller, journal)
    for port in (3, 4):
        journal.commit({"db": {"port": port}})
    journal.lost = {3}
    answer = poller.poll(checkpoint, consistent=consistent)
    assert facts(answer) == ({"db": {"port": 4}, "cache": {"size": 10}}, set(), True)
    asked = ["commits since 1"] * (not consistent) + ["consistent commits since 1"]
    assert journal.asked == [*asked, "head", "options", "consistent commits since 3"]
    assert facts(poller.poll(answer.checkpoint, consistent=False)) == NOTHING


def test_another_predecessor_is_a_gap(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """A table that was restored to an earlier point has other commits of the same versions."""
    checkpoint = first(poller, journal)
    journal.commits.pop()
    journal.commit({"db": {"port": 7}}, id="another")
    journal.commit({"new": {}})
    answer = poller.poll(checkpoint, consistent=False)
    assert facts(answer) == ({"db": {"port": 7}, "cache": {"size": 10}, "new": {}}, set(), True)


# -- loading everything --------------------------------------------------------------------------


def test_load_that_a_writer_tears(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """Commits after the head are applied again, so that it ends in one version."""
    journal.before_options.append(lambda: journal.commit({"db": {"port": 3}, "cache": None}))
    journal.after_options.append(lambda: journal.commit({"db": {"port": 4}, "new": {}}))
    answer = poller.poll(None, consistent=False)
    assert facts(answer) == ({"db": {"port": 4}, "new": {}}, set(), True)
    assert dict(answer.changed) == journal.options
    assert facts(poller.poll(answer.checkpoint, consistent=False)) == NOTHING


def test_load_beside_a_restore(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """A hole that is seen once is looked at again."""

    def restore() -> None:
        journal.commits.pop()
        journal.commit({"db": {"port": 7}}, id="another")
        journal.commit({"new": {}})

    journal.after_options.append(restore)
    answer = poller.poll(None, consistent=False)
    assert dict(answer.changed) == journal.options
    assert journal.asked.count("options") == 2


def test_hole_that_no_load_closes(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """A journal that cannot be followed is corrupt."""

    def skip() -> None:
        journal.commit({"db": {}})
        journal.lost.add(len(journal.commits))
        journal.commit({"db": {}})

    journal.after_options.extend([skip] * 5)
    with pytest.raises(CorruptStoreError, match="the journal: "):
        poller.poll(None, consistent=False)
    assert journal.asked.count("options") == 5


def test_failure_is_the_backend_s(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """It is not hidden, and the checkpoint serves again."""
    checkpoint = first(poller, journal)

    def fail() -> None:
        raise StoreUnavailableError("test", "away")

    journal.before_options.append(fail)
    with pytest.raises(StoreUnavailableError):
        poller.poll(None, consistent=False)
    assert facts(poller.poll(checkpoint, consistent=False)) == NOTHING


# -- edits made without the journal --------------------------------------------------------------


def test_edit_is_seen_after_the_interval(
    poller: JournalPoller, journal: ScriptedJournal, clock: FakeClock
) -> None:
    """Not before, and then again after the next one."""
    checkpoint = first(poller, journal)
    for port in (8, 9):
        journal.options["db"] = canonical_values("db", {"port": port})
        clock.advance(INTERVAL_S - 1)
        assert facts(poller.poll(checkpoint, consistent=True)) == NOTHING
        clock.advance(1)
        answer = poller.poll(checkpoint, consistent=False)
        assert facts(answer) == ({"db": {"port": port}, "cache": {"size": 10}}, set(), True)
        checkpoint = answer.checkpoint


def test_commits_do_not_put_the_load_off(
    poller: JournalPoller, journal: ScriptedJournal, clock: FakeClock
) -> None:
    """A busy store is loaded as often as a quiet one."""
    checkpoint = first(poller, journal)
    for port in range(9):
        clock.advance(INTERVAL_S / 10)
        journal.commit({"db": {"port": port}})
        answer = poller.poll(checkpoint, consistent=False)
        assert not answer.is_full
        checkpoint = answer.checkpoint
    clock.advance(INTERVAL_S / 10)
    assert poller.poll(checkpoint, consistent=False).is_full


@pytest.mark.parametrize(("draw", "factor"), [(0.0, 1.0), (0.5, 0.5), (0.75, 0.25)])
def test_first_interval_is_cut_at_random(
    draw: float, factor: float, journal: ScriptedJournal, clock: FakeClock
) -> None:
    """Anywhere, so that a fleet that was started at once spreads its loads over the interval."""
    poller = JournalPoller(journal, clock, INTERVAL_S, random=lambda: draw)
    checkpoint = first(poller, journal)
    clock.advance(INTERVAL_S * factor - 0.01)
    assert not poller.poll(checkpoint, consistent=False).is_full
    clock.advance(0.02)
    checkpoint = poller.poll(checkpoint, consistent=False).checkpoint
    # From then on each load follows a whole interval after the last one was due.
    clock.advance(INTERVAL_S - 0.02)
    assert not poller.poll(checkpoint, consistent=False).is_full
    clock.advance(0.02)
    assert poller.poll(checkpoint, consistent=False).is_full


def test_full_loads_of_a_fleet_are_spread(journal: ScriptedJournal) -> None:
    """Of five hundred nodes that start at once, no more than a few load in the same second."""
    draws = Random(1)
    loads: Counter[int] = Counter()
    for _ in range(500):
        clock = FakeClock()
        poller = JournalPoller(journal, clock, INTERVAL_S, random=draws.random)
        checkpoint = first(poller, journal)
        for second in range(1, int(2 * INTERVAL_S)):
            clock.advance(1)
            answer = poller.poll(checkpoint, consistent=False)
            loads[second] += answer.is_full
            checkpoint = answer.checkpoint
    mean = 500 / INTERVAL_S
    assert max(loads.values()) <= 3 * mean


def test_load_that_is_long_overdue(
    poller: JournalPoller, journal: ScriptedJournal, clock: FakeClock
) -> None:
    """A node that did not poll for long does not make up for the loads that it missed."""
    checkpoint = first(poller, journal)
    clock.advance(INTERVAL_S * 9.5)
    answer = poller.poll(checkpoint, consistent=False)
    assert answer.is_full
    assert not poller.poll(answer.checkpoint, consistent=False).is_full


# -- a store that was restored -------------------------------------------------------------------


def restore(journal: ScriptedJournal, *ports: int) -> None:
    """Return to version 1, and commit as others then did."""
    del journal.commits[1:]
    journal.options = {"db": ReadOnlyDict({"port": 1}), "cache": ReadOnlyDict({"size": 10})}
    for port in ports:
        journal.commit({"db": {"port": port}}, id=f"port {port}")


@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.parametrize("ports", [(), (7,), (7, 8), (7, 8, 9)])
def test_restored_store_is_noticed(
    poller: JournalPoller, journal: ScriptedJournal, ports: tuple[int, ...], consistent: bool
) -> None:
    """At the next poll, whether it is behind the reader, as far, or ahead."""
    checkpoint = first(poller, journal)
    restore(journal, *ports)
    answer = poller.poll(checkpoint, consistent=consistent)
    port = (1, *ports)[-1]
    assert facts(answer) == ({"db": {"port": port}, "cache": {"size": 10}}, set(), True)
    assert facts(poller.poll(answer.checkpoint, consistent=False)) == NOTHING


def test_restore_to_before_the_first_commit(
    poller: JournalPoller, journal: ScriptedJournal
) -> None:
    """A journal that is empty again is another one, too."""
    checkpoint = first(poller, journal)
    journal.commits.clear()
    journal.options.clear()
    assert facts(poller.poll(checkpoint, consistent=False)) == ({}, set(), True)


@pytest.mark.parametrize(("draw", "looks"), [(0.4, True), (0.6, False)])
def test_large_commit_is_compared_less_often(
    journal: ScriptedJournal, clock: FakeClock, draw: float, looks: bool
) -> None:
    """A commit of two read units by every second poll: a poll costs at most a unit on average."""
    journal.commit({"large": {"text": "x" * 6000}})
    poller = JournalPoller(journal, clock, random=lambda: draw)
    checkpoint = first(poller, journal)
    poller.poll(checkpoint, consistent=False)
    assert journal.asked == [f"commits since {3 - looks}"]


def test_large_commit_is_compared_by_each_consistent_poll(
    journal: ScriptedJournal, clock: FakeClock
) -> None:
    """A `reload()` always notices a restored store."""
    journal.commit({"large": {"text": "x" * 6000}})
    poller = JournalPoller(journal, clock, random=lambda: 0.99)
    checkpoint = first(poller, journal)
    restore(journal)
    assert poller.poll(checkpoint, consistent=True).is_full


def test_interval_is_an_hour(journal: ScriptedJournal, clock: FakeClock) -> None:
    """Unless told otherwise."""
    assert JournalPoller(journal, clock).full_reload_interval_s == 3600


@pytest.mark.parametrize("interval_s", [0, -1])
def test_interval_is_positive(
    interval_s: float, journal: ScriptedJournal, clock: FakeClock
) -> None:
    """Every poll would be a full one."""
    with pytest.raises(ValueError, match="full_reload_interval_s"):
        JournalPoller(journal, clock, interval_s)


def test_text_of_a_poll_shows_no_value(poller: JournalPoller, journal: ScriptedJournal) -> None:
    """Neither does a poller's."""
    journal.commit({"db": {"password": CANARY}})
    answer = poller.poll(None, consistent=False)
    assert CANARY not in repr(answer) + repr(answer.checkpoint)
