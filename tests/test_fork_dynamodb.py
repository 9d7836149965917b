"""Forked processes beside their parent, on AWS's own DynamoDB: no answer reaches the wrong one."""

from __future__ import annotations

import multiprocessing
import os
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from confstore import ConfigStore, TimeBasedConfigStore, open_store
from confstore_dynamodb import DynamoDBStore
from effort import at_length
from forked import fork, fork_in_c

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

CHILDREN = at_length(20, short=4)
READS = 200
TIMEOUT_S = 120


@pytest.fixture
def facade(
    dynamodb_local: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[ConfigStore]:
    """A store that was used already, and a config that refreshes it five times a second."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    table = f"Test-{uuid.uuid4().hex}"
    store: Any
    if request.param == "client of ours":
        store = open_store(
            f"dynamodb://{table}/prod?endpoint_url={dynamodb_local}", purpose="create"
        )
    else:
        store = DynamoDBStore(request.getfixturevalue("dynamodb_client"), table, "prod")
    for number in range(CHILDREN + 1):
        store.set(f"option-{number}", {"number": number})
    with ConfigStore(store, TimeBasedConfigStore, update_interval=0.2) as facade:
        yield facade


def reads_right(facade: ConfigStore, number: int) -> None:
    """Read an option of one's own, at least 200 times and until a refresh of one's own was seen."""
    give_up_s = time.monotonic() + TIMEOUT_S
    started = facade.config.status
    reads = 0
    while reads < READS or facade.config.status.loaded_at == started.loaded_at:
        assert facade.store.get(f"option-{number}") == {"number": number}
        assert facade.config[f"option-{number}"] == {"number": number}
        reads += 1
        assert time.monotonic() < give_up_s, "no refresh came"
    assert len(facade.config) == CHILDREN + 1
    assert facade.config.status.consecutive_failures == 0
    assert facade.config.status.last_error is None


@pytest.mark.slow("up to 20 children, of 200 reads each")
@pytest.mark.parametrize("facade", ["client of ours", "client of boto3"], indirect=True)
@pytest.mark.parametrize("by", [os.fork, fork_in_c])
def test_fork(facade: ConfigStore, by: Callable[[], int]) -> None:
    """20 children and their parent read at once, each its own option, each refreshing itself."""
    numbers = range(1, CHILDREN + 1)
    children = [fork(partial(reads_right, facade, number), by) for number in numbers]
    try:
        reads_right(facade, 0)
    finally:
        for child in children:
            child.join()


@pytest.mark.slow("up to 20 children, of 200 reads each")
@pytest.mark.parametrize("facade", ["client of ours"], indirect=True)
def test_multiprocessing(facade: ConfigStore) -> None:
    """The same with the processes of multiprocessing that are forked."""
    context = multiprocessing.get_context("fork")
    children = [
        context.Process(target=reads_right, args=(facade, number))
        for number in range(1, CHILDREN + 1)
    ]
    for child in children:
        child.start()
    try:
        reads_right(facade, 0)
    finally:
        for child in children:
            child.join(TIMEOUT_S)
            child.kill()
            child.join()
    assert [child.exitcode for child in children] == [0] * CHILDREN
