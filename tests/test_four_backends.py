"""One domain of values: what the four backends accept, refuse and give back is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from functools import partial
from typing import Any
from uuid import uuid4

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from moto import mock_aws

from confstore import Store
from confstore.adapter import canonical_values, is_same
from confstore.errors import InvalidNameError, InvalidValueError, OptionNotFoundError
from confstore.testing import (
    CANARY,
    EDGE_VALUES,
    INVALID_OPTION_NAMES,
    INVALID_VALUES,
    any_option,
    any_values,
)
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore
from confstore_memory import MemoryStore
from effort import at_length


@pytest.fixture(scope="module")
def stores(
    dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Store]]:
    """One store on each backend."""
    table = f"four-{uuid4().hex}"
    connect = partial(
        boto3.client,
        "dynamodb",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with ExitStack() as stack:
        stack.enter_context(mock_aws())
        opened: dict[str, Store] = {
            "memory": MemoryStore("test"),
            "file": FileStore(tmp_path_factory.mktemp("four") / "test.json"),
            "moto": DynamoDBStore(connect(), table, "test"),
            # moto answers for AWS's own addresses alone.
            "dynamodb": DynamoDBStore(connect(endpoint_url=dynamodb_local), table, "test"),
        }
        for store in opened.values():
            stack.enter_context(closing(store))
        yield opened


def assert_read_back(stores: Mapping[str, Store], option: str, values: Mapping[str, Any]) -> None:
    expected = canonical_values(option, values)
    for backend, store in stores.items():
        store.set(option, values)
        read = store.get(option)
        assert is_same(read, expected), f"{backend} gave back something else"
        assert is_same(dict(store.items())[option], expected), f"{backend} lists something else"
        store.delete(option)


@pytest.mark.slow("moto and DynamoDB Local take 20 ms an example")
@settings(
    max_examples=at_length(100, short=15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(option=any_option, values=any_values)
def test_reads_back_what_was_written(
    stores: dict[str, Store], option: str, values: dict[str, Any]
) -> None:
    """What is read equals what was written, in canonical form, on every backend."""
    assert_read_back(stores, option, values)


@pytest.mark.parametrize("edge", EDGE_VALUES, ids=str)
def test_reads_back_the_edges_of_the_domain(stores: dict[str, Store], edge: str) -> None:
    """The last value that is accepted is accepted everywhere."""
    assert_read_back(stores, "edge", {"key": EDGE_VALUES[edge]})


@pytest.mark.parametrize("fault", INVALID_VALUES, ids=str)
def test_refuses_the_same_values(stores: dict[str, Store], fault: str) -> None:
    """What one backend refuses all refuse, with one text, and nothing is written."""
    texts = set()
    for store in stores.values():
        with pytest.raises(InvalidValueError) as caught:
            store.set("refused", INVALID_VALUES[fault])
        texts.add(str(caught.value))
        with pytest.raises(OptionNotFoundError):
            store.get("refused")
    assert len(texts) == 1
    assert CANARY not in texts.pop()


def test_refuses_at_least_sixty_values() -> None:
    """The table of refused values is no toy."""
    assert len(INVALID_VALUES) >= 60


@pytest.mark.parametrize("fault", INVALID_OPTION_NAMES, ids=str)
def test_refuses_the_same_names(stores: dict[str, Store], fault: str) -> None:
    """A name that one backend refuses all refuse, with one text."""
    texts = set()
    for store in stores.values():
        with pytest.raises(InvalidNameError) as caught:
            store.set(INVALID_OPTION_NAMES[fault], {"key": "value"})
        texts.add(str(caught.value))
    assert len(texts) == 1
