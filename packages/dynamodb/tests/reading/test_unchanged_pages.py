"""Refreshes of a store without a journal: pages whose bytes are known are not read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st

from confstore import TimeBasedConfigStore
from confstore.adapter import is_same
from confstore.testing import FakeClock
from confstore_dynamodb import DynamoDBStore

from ..canned import Canned
from ..connections.test_early_parsing import item_of, patiently


class PagedTable:
    """
    Pages of a store, as DynamoDB cuts them.

    Attributes:
        options: What is in the store.
        page_size: Options in a page.
        capacity: What the replies say of the consumed capacity; None is nothing.
        pages: How many pages were asked for.
    """

    def __init__(self, canned: Canned) -> None:
        self.options: dict[str, dict[str, Any]] = {}
        self.page_size = 60
        self.capacity: float | None = None
        self.pages = 0
        self.canned = canned
        canned.answers["Query"] = self.page

    def page(self, request: dict[str, Any]) -> bytes:
        self.pages += 1
        start = request.get("ExclusiveStartKey", {"_option": {"S": ""}})["_option"]["S"]
        names = [name for name in sorted(self.options) if name > start]
        shown = names[: self.page_size]
        reply: dict[str, Any] = {
            "Count": len(shown),
            "Items": [item_of(name, self.options[name]) for name in shown],
        }
        if len(names) > len(shown):
            reply["LastEvaluatedKey"] = {"_store": {"S": "prod"}, "_option": {"S": shown[-1]}}
        if self.capacity is not None:
            reply["ConsumedCapacity"] = {"TableName": "config", "CapacityUnits": self.capacity}
        return json.dumps(reply).encode()


@pytest.fixture(scope="module")
def shared_canned() -> Iterator[Canned]:
    """A client without a server, for all examples of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "local")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        canned = Canned()
        yield canned
        canned.client.close()


@pytest.fixture
def table(shared_canned: Canned) -> PagedTable:
    """A store of two full pages and one that is not."""
    table = PagedTable(shared_canned)
    table.options = {f"option {number:03}": {"n": number} for number in range(150)}
    return table


@pytest.fixture
def naps() -> list[float]:
    """One for every fifty options that were read in the background."""
    return []


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def config(
    table: PagedTable, naps: list[float], clock: FakeClock
) -> Iterator[TimeBasedConfigStore[Any]]:
    """The store, refreshed every 60 s."""
    store = DynamoDBStore(table.canned.client, "config", "prod", sleep=naps.append)
    with TimeBasedConfigStore[Any](store, 60, clock=clock, random=lambda: 0.5) as config:
        yield config


def test_unchanged_store_is_not_read_again(
    config: TimeBasedConfigStore[Any], table: PagedTable, clock: FakeClock, naps: list[float]
) -> None:
    """A refresh that finds the same bytes asks for all of them, and reads none."""
    before = config.current
    clock.advance(30)
    assert (table.pages, naps) == (6, [])
    assert config.current is before
    assert config.status.age == 0.0


def test_only_the_changed_page_is_read_again(
    config: TimeBasedConfigStore[Any], table: PagedTable, clock: FakeClock, naps: list[float]
) -> None:
    """One changed option has its page read, with naps, and changes no other option."""
    before = dict(config.current)
    table.options["option 070"] = {"n": "new"}
    clock.advance(30)
    assert len(naps) == 1
    assert config.current == {**before, "option 070": {"n": "new"}}
    assert all(config[name] is before[name] for name in before if name != "option 070")


def test_capacity_is_no_change(
    config: TimeBasedConfigStore[Any], table: PagedTable, clock: FakeClock, naps: list[float]
) -> None:
    """Replies that differ in something else are read, and found to hold the same."""
    before = config.current
    table.capacity = 0.5
    clock.advance(30)
    assert len(naps) == 2
    assert config.current is before


def test_page_is_known_wherever_it_comes(
    config: TimeBasedConfigStore[Any], table: PagedTable, clock: FakeClock
) -> None:
    """A page at the front that goes away leaves the others as they are."""
    for number in range(60):
        del table.options[f"option {number:03}"]
    clock.advance(30)
    assert list(config) == [f"option {number:03}" for number in range(60, 150)]
    table.options = {}
    clock.advance(60)
    assert list(config) == []


def test_reload_naps_not(
    config: TimeBasedConfigStore[Any], table: PagedTable, naps: list[float]
) -> None:
    """Who waits for a reload waits for no nap."""
    table.options["option 070"] = {"n": "new"}
    config.reload()
    assert naps == []


any_state = st.tuples(
    st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.dictionaries(st.sampled_from("xy"), st.sampled_from([1, True, "1", [1], [True]])),
    ),
    st.integers(1, 5),
    st.sampled_from([None, None, 0.5, 1.0]),
)
"""The options, the size of a page, and the capacity that is reported."""


@pytest.mark.slow("100 random histories")
@patiently
@given(states=st.lists(any_state, min_size=2, max_size=6), goes_back=st.booleans())
def test_polls_follow_the_store(shared_canned: Canned, states: list[Any], goes_back: bool) -> None:
    """However options and pages change, and change back, polls give the state, and all changes."""
    table = PagedTable(shared_canned)
    store = DynamoDBStore(shared_canned.client, "config", "prod")
    shown: dict[str, Any] = {}
    checkpoint: object = None
    for options, page_size, capacity in [*states, *(states[::-1] if goes_back else [])]:
        table.options, table.page_size, table.capacity = options, page_size, capacity
        poll = store.poll(checkpoint)
        assert poll.is_full is (checkpoint is None)
        changed = {
            option
            for option, values in options.items()
            if option not in shown or not is_same(shown[option], values)
        }
        assert set(poll.changed) == (set(options) if poll.is_full else changed)
        assert poll.removed == shown.keys() - options.keys()
        shown = {name: shown[name] for name in shown if name not in poll.removed}
        shown.update(poll.changed)
        assert is_same(shown, options)
        checkpoint = poll.checkpoint
