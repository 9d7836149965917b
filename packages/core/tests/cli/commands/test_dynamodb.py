"""The command line on AWS's own DynamoDB Local."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Confstore


@pytest.fixture
def table(dynamodb_client: Any) -> Iterator[str]:
    """The name of a table that no other test has; whatever was made of it is removed."""
    name = f"Cli-{uuid.uuid4().hex}"
    yield name
    for made in dynamodb_client.list_tables()["TableNames"]:
        if made.startswith(name[:30]):
            dynamodb_client.delete_table(TableName=made)


@pytest.fixture
def prod(table: str, dynamodb_local: str, environment: dict[str, str]) -> str:
    """The store that the commands use."""
    url = f"dynamodb://{table}/prod?endpoint_url={dynamodb_local}&region=eu-west-1"
    environment["CONFSTORE_URL"] = url
    return url


def test_only_init_makes_a_table(
    confstore: Confstore, prod: str, table: str, dynamodb_client: Any
) -> None:
    """Every other command takes an absent table for a mistyped one."""
    for command in (("list",), ("get", "db"), ("set", "db", "a=1"), ("update", "db", "a=1")):
        ran = confstore(*command)
        reason = f"the table {table!r} does not exist at http://"
        assert ran.code == 4
        assert ran.stderr.startswith(f"confstore: store 'prod' has no table: {reason}")
        assert ran.stderr.endswith("or make it: `confstore init`, or ?create=true in its URL\n")
        assert ran.stderr.count("\n") == 1
    assert table not in dynamodb_client.list_tables()["TableNames"]
    assert confstore("init").stderr == "created store 'prod'\n"
    assert confstore("init").stderr == "store 'prod' exists already\n"
    assert table in dynamodb_client.list_tables()["TableNames"]


def test_closest_table_is_named(confstore: Confstore, prod: str, table: str) -> None:
    """The one that was meant."""
    confstore("init")
    mistyped = prod.replace(table, table + "s")
    ran = confstore("get", "db", "-s", mistyped)
    assert (ran.code, f"did you mean {table!r}?" in ran.stderr) == (4, True)


def test_stores_of_the_table_are_named(
    confstore: Confstore, process: Confstore, prod: str, tmp_path: Path
) -> None:
    """A mistyped store is empty, and not absent: the ones that the table has are named."""
    confstore("init", "--journal")
    confstore("set", "db", "a=1")
    mistyped = prod.replace("/prod?", "/prd?")
    for output in ("json", "table"):
        ran = confstore("list", "-s", mistyped, "-o", output)
        assert (ran.code, ran.stderr) == (
            0,
            "store 'prd' has no options; its table has 'prod'\n",
        )
    (tmp_path / "settings.py").write_text("import attrs\n@attrs.frozen\nclass All:\n    db: dict\n")
    for command in (("export",), ("validate", "settings:All"), ("exec", "true"), ("explain",)):
        # In a process, which exec replaces.
        ran = process("-s", mistyped, *command)
        assert "note: store 'prd' has no options; its table has 'prod'\n" in ran.stderr, command
    ran = confstore("get", "db", "-s", mistyped)
    said = "store 'prd' has no option 'db'; it has no options at all; its table has 'prod'\n"
    assert (ran.code, ran.stderr) == (1, f"confstore: {said}")
    ran = confstore("doctor", "-s", mistyped)
    assert "store 'prd' has no options; its table has 'prod'" in ran.stdout
    confstore("delete", "db", "--yes")
    assert confstore("list", "-s", prod).stderr == "store 'prod' has no options\n"


def test_commands(confstore: Confstore, prod: str) -> None:
    """Each does on a table what it does on a file."""
    assert confstore("init", "--journal").code == 0
    ran = confstore("set", "db", "host=db.example", "port:=27017", 'raw:={"$bytes": "AP8="}')
    assert (ran.stderr, ran.code) == ("set option 'db' of store 'prod', version 1\n", 0)
    assert confstore("get", "db", "raw").raw == b"\x00\xff"
    assert confstore("update", "db", "port:=1", "--remove", "raw", "--comment", "why").code == 0
    assert confstore("get", "db").json == {"host": "db.example", "port": 1}
    assert confstore("list").json == {"db": {"host": "string", "port": "number"}}
    assert confstore("set", "db", "a=1", "--if-version", "1").code == 5
    ran = confstore("get", "bd")
    assert (ran.code, "did you mean 'db'?" in ran.stderr) == (1, True)
    assert confstore("delete", "db", "port", "-y").code == 0
    assert confstore("delete", "db", "--dry-run").json[0]["key"] == "host"
    assert confstore("delete", "db", "-y", "--if-version", "3").code == 0
    assert confstore("list").json == {}


def test_no_credentials(confstore: Confstore, prod: str) -> None:
    """One line that says where they come from."""
    nobody = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_PROFILE": None}
    ran = confstore("get", "db", env=nobody)
    assert (ran.code, ran.stderr.count("\n")) == (4, 1)
    assert "no usable AWS credentials: set AWS_ACCESS_KEY_ID" in ran.stderr


def test_no_dynamodb(confstore: Confstore) -> None:
    """A dead endpoint is one line, and no log of retries."""
    url = "dynamodb://config/prod?endpoint_url=http://127.0.0.1:9&region=eu-west-1"
    ran = confstore("get", "db", "-s", url)
    assert (ran.code, ran.stderr.count("\n")) == (4, 1)
    assert "store 'prod' is unavailable" in ran.stderr
