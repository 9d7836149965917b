"""The ways in which a store asks DynamoDB: the same calls have the same replies and errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from types import ModuleType
from typing import Any

import boto3
from botocore.config import Config

from confstore_dynamodb import DynamoDBStore, open_url

__all__ = ["OURS", "WAYS", "opened", "without_botocore"]

OURS = ("mounted", "alone")
"""By our own wire."""

WAYS = ("given", "botocore", *OURS)


@contextmanager
def without_botocore() -> Iterator[None]:
    """A process that has not imported botocore, for as long as the block."""
    kept = _taken_out()
    try:
        yield
    finally:
        _taken_out()
        sys.modules.update(kept)


def _taken_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == "botocore"]
    return {name: sys.modules.pop(name) for name in names}


@contextmanager
def opened(way: str, endpoint_url: str, *, more: str = "") -> Iterator[DynamoDBStore]:
    """A store that asks in one way, for as long as the block; `more` goes into its URL."""
    url = f"dynamodb://config/prod?region=eu-west-1&endpoint_url={endpoint_url}{more}"
    if way == "given":
        config = Config(
            connect_timeout=1,
            read_timeout=2,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        client: Any = boto3.client("dynamodb", endpoint_url=endpoint_url, config=config)
        with closing(client), closing(DynamoDBStore(client, "config", "prod")) as store:
            yield store
        return
    asked = "" if way == "mounted" else f"&client={way}"
    place: Any = without_botocore() if way == "alone" else nullcontext()
    with place, closing(open_url(url + asked, purpose="write")) as store:
        yield store
