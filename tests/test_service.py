"""The example service, on each of the three backends that an application meets."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from confstore import LocalKeys, Secret, open_store
from confstore_dynamodb import DynamoDBStore
from confstore_memory import MemoryStore

PROGRAM = Path(__file__).parent.parent / "examples" / "service.py"
OPTIONS = {
    "db": {"host": "db.test", "port": 1, "password": "CANARY"},
    "uploads": {"limit": 1},
    "secret-key": {"secret-key": "CANARY"},
}


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("service", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules["service"] = module
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


def test_takes_its_password_as_a_secret(example: ModuleType, config_store: Any) -> None:
    """In a unit test it is sealed by a random key; nothing shows it but the driver's own URL."""
    config_store.set("db", {**OPTIONS["db"], "password": Secret("CANARY")})
    config_store.set("uploads", {"limit": 1})
    config_store.set("secret-key", {"secret-key": "key"})
    service = example.UploadService(config_store.store)
    try:
        assert service.dsn == "postgresql://uploads:CANARY@db.test:1/uploads"
        assert "CANARY" not in repr(vars(service))
    finally:
        service.close()


def test_runs_on_a_sealed_file(tmp_path: Path) -> None:
    """The URL names the key, and the file has no password."""
    (tmp_path / "key").write_text(LocalKeys.generate().text)
    (tmp_path / "key").chmod(0o600)
    url = f"file:{tmp_path}/prod.json?secrets=local:{tmp_path}/key"
    store = open_store(url)
    for option, values in OPTIONS.items():
        store.set(option, values)
    store.update("db", {"password": Secret("CANARY")})
    store.update("secret-key", {"secret-key": "key"})
    assert "CANARY" not in (tmp_path / "prod.json").read_text()
    answer = run(CONFSTORE_URL=url)
    assert (answer.stderr, answer.returncode) == ("", 0)
    assert answer.stdout.splitlines()[0] == "store 'prod', database at db.test:1"


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


def test_says_what_is_wrong_with_a_broken_file(tmp_path: Path) -> None:
    """A broken configuration ends in one line with the place, and no traceback."""
    (tmp_path / "prod.json").write_text('{\n  "db": {"host": }\n}\n')
    answer = run(CONFSTORE_URL=f"file:{tmp_path}/prod.json")
    assert answer.returncode == 1
    assert answer.stderr.startswith("prod.json:2:18:")
    assert "Traceback" not in answer.stderr
