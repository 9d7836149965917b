"""How many lines a live, typed config takes, in ours and without us; both really do the job."""

from __future__ import annotations

import importlib.util
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from confstore import open_store
from confstore.errors import CorruptStoreError

FOLDER = Path(__file__).parent.parent / "benchmarks" / "lines"
DOCUMENT = FOLDER.parent / "README.md"

MOST_OF_OURS = 13


def lines_of(program: str) -> int:
    """Its non-blank lines."""
    text = (FOLDER / f"{program}.py").read_text(encoding="utf-8")
    return sum(bool(line.strip()) for line in text.splitlines())


def test_few_lines() -> None:
    """Ours are few, and the document has both figures."""
    ours, theirs = lines_of("ours"), lines_of("theirs")
    assert ours <= MOST_OF_OURS
    document = DOCUMENT.read_text(encoding="utf-8")
    assert f"[ours](lines/ours.py) has {ours} non-blank lines" in document
    assert f"(lines/theirs.py) {theirs};" in document


@pytest.fixture
def load() -> Iterator[Callable[[str], ModuleType]]:
    """Run one of the two programs by the environment, and close its config afterwards."""
    loaded: list[ModuleType] = []

    def load(program: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(program, FOLDER / f"{program}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Type hints are looked up in the module of their class.
        sys.modules[program] = module
        spec.loader.exec_module(module)
        loaded.append(module)
        return module

    yield load
    for module in loaded:
        module.config.close()
        del sys.modules[module.__name__]


@pytest.mark.parametrize("program", ["ours", "theirs"])
def test_on_a_file(
    program: str,
    load: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It reads typed settings, shows a change, and keeps the last good ones."""
    file = tmp_path / "prod.json"
    monkeypatch.setenv("CONFSTORE_URL", f"file:{file}")
    file.write_text(json.dumps({"db": {"host": "localhost"}}), encoding="utf-8")
    config = load(program).config
    assert (config.current.db.host, config.current.db.port) == ("localhost", 27017)
    file.write_text(json.dumps({"db": {"host": "localhost", "port": 1}}), encoding="utf-8")
    config.reload()
    assert config.current.db.port == 1
    file.write_text("{", encoding="utf-8")
    # Theirs only logs it.
    with pytest.raises(CorruptStoreError) if program == "ours" else nullcontext():
        config.reload()
    assert config.current.db.port == 1


@pytest.mark.parametrize("program", ["ours", "theirs"])
def test_on_dynamodb(
    program: str,
    load: Callable[[str], ModuleType],
    dynamodb_local: str,
    dynamodb_client: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same program by another URL."""
    table = f"lines-{uuid.uuid4().hex}"
    url = f"dynamodb://{table}/prod?region=eu-west-1"
    monkeypatch.setenv("CONFSTORE_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local)
    with closing(open_store(url, purpose="create")) as store:
        try:
            store.set("db", {"host": "db.test", "port": 1})
            config = load(program).config
            assert (config.current.db.host, config.current.db.port) == ("db.test", 1)
            store.update("db", {"port": 2})
            config.reload()
            assert config.current.db.port == 2
        finally:
            dynamodb_client.delete_table(TableName=table)
