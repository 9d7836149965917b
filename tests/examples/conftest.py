"""A store of each backend for an example, which knows of it by `CONFSTORE_URL` alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from confstore import open_store

Options = Mapping[str, Mapping[str, Any]]


@pytest.fixture
def dynamodb_url(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], str]]:
    """The URL of a store in a table of DynamoDB Local, by the table's name."""
    endpoint = request.getfixturevalue("dynamodb_local")
    client = request.getfixturevalue("dynamodb_client")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    asked: list[str] = []

    def url(table: str) -> str:
        asked.append(table)
        return f"dynamodb://{table}/prod?region=eu-west-1&endpoint_url={endpoint}"

    yield url
    for table in set(asked) & set(client.list_tables()["TableNames"]):
        client.delete_table(TableName=table)


@pytest.fixture(params=["file", "memory", "dynamodb"])
def use_store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Options], str]:
    """Write options to a new store of each backend in turn, and name it in `CONFSTORE_URL`."""
    backend = request.param
    name = f"examples-{uuid.uuid4().hex}"

    def use(options: Options) -> str:
        if backend == "dynamodb":
            url: str = request.getfixturevalue("dynamodb_url")(name)
        else:
            url = f"file:{tmp_path}/prod.json" if backend == "file" else f"memory:{name}"
        with closing(open_store(url, purpose="create")) as store:
            for option, values in options.items():
                store.set(option, values)
        monkeypatch.setenv("CONFSTORE_URL", url)
        return url

    return use
