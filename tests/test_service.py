"""The example service, on each of the three backends that an application meets."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from uuid import uuid4

import pytest

from confstore_dynamodb import DynamoDBStore
from confstore_memory import MemoryStore

PROGRAM = Path(__file__).parent.parent / "examples" / "service.py"
OPTIONS = {
    "db": {"host": "db.test", "port": 1},
    "uploads": {"limit": 1},
    "secret-key": {"secret-key": "CANARY"},
}


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("service", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(**env: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "CONFSTORE_URL"}
    return subprocess.run(
        [sys.executable, PROGRAM],
        env=inherited | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_takes_its_configuration_from_memory(example: ModuleType) -> None:
    """The service takes any store, so that its unit test needs neither file nor network."""
    service = example.UploadService(MemoryStore(options=OPTIONS))
    try:
        assert service.database == "db.test:1"
        assert len(service.upload("ada", b"x")) == 16
        with pytest.raises(example.LimitReachedError):
            service.upload("ada", b"x")
    finally:
        service.close()


def test_sees_a_changed_limit_without_a_restart(example: ModuleType) -> None:
    """What is written to the store shows in the running service."""
    store = MemoryStore(options=OPTIONS)
    service = example.UploadService(store)
    try:
        service.upload("ada", b"x")
        store.set("uploads", {"limit": 2})
        service.reload()
        service.upload("ada", b"x")
    finally:
        service.close()


def test_runs_on_a_file_by_default() -> None:
    """Without a word of configuration the program reads the JSON file beside it."""
    answer = run()
    assert answer.stderr == ""
    assert answer.stdout.splitlines()[0] == "store 'dev', database at localhost:27017"
    assert "upload 3 refused: ada has reached the limit of 2 uploads" in answer.stdout


@pytest.mark.slow("starts a program, which imports boto3")
def test_runs_on_dynamodb_when_told_so(dynamodb_local: str, dynamodb_client: object) -> None:
    """The URL alone moves the same program to DynamoDB."""
    table = f"service-{uuid4().hex}"
    store = DynamoDBStore(dynamodb_client, table, "prod")
    for option, values in OPTIONS.items():
        store.set(option, values)
    answer = run(
        CONFSTORE_URL=f"dynamodb://{table}/prod?region=eu-west-1&endpoint_url={dynamodb_local}",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    assert answer.stderr == ""
    assert answer.stdout.splitlines()[0] == "store 'prod', database at db.test:1"
    assert "CANARY" not in answer.stdout


@pytest.mark.slow("starts a program, which imports boto3")
def test_runs_on_layers_when_told_so(
    dynamodb_local: str, dynamodb_client: object, tmp_path: Path
) -> None:
    """The URL alone moves the same program to the environment over a file over a table."""
    table = f"service-{uuid4().hex}"
    store = DynamoDBStore(dynamodb_client, table, "prod")
    for option, values in OPTIONS.items():
        store.set(option, values)
    remote = f"dynamodb://{table}/prod?region=eu-west-1&endpoint_url={dynamodb_local}"
    settings = {
        "CONFSTORE_URL": f"env:APP_ file:{tmp_path}/dev.json?optional {remote}",
        "APP_UPLOADS__LIMIT": "2",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    answer = run(**settings)
    assert answer.stderr == ""
    name = f"env:APP_ file:{tmp_path}/dev.json dynamodb://{table}/prod"
    lines = answer.stdout.splitlines()
    assert lines[0] == f"store {name!r}, database at db.test:1"
    assert lines[2].startswith("upload 2 accepted")
    assert lines[3] == "upload 3 refused: ada has reached the limit of 2 uploads"
    (tmp_path / "dev.json").write_text('{"db": {"host": "localhost"}}')
    assert "database at localhost:1" in run(**settings).stdout
    answer = run(**{**settings, "APP_UPLOADS__LIMIT": "CANARY"})
    assert answer.returncode == 1
    assert "the text of the variable APP_UPLOADS__LIMIT is not what is expected" in answer.stderr
    assert "CANARY" not in answer.stderr


def test_says_what_is_wrong_with_a_broken_file(tmp_path: Path) -> None:
    """A broken configuration ends in one line with the place, and no traceback."""
    (tmp_path / "prod.json").write_text('{\n  "db": {"host": }\n}\n')
    answer = run(CONFSTORE_URL=f"file:{tmp_path}/prod.json")
    assert answer.returncode == 1
    assert answer.stderr.startswith("prod.json:2:18:")
    assert "Traceback" not in answer.stderr
