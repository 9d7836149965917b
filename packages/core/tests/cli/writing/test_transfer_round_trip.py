"""What is exported, imported and copied is equal, in type, too."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings, strategies as st

from confstore import open_store
from confstore._cli.shell.run import run
from confstore.adapter import canonical_values, is_same
from confstore.testing import EDGE_VALUES, HOSTILE_NAMES, any_option, any_values
from confstore_file import FileStore
from effort import at_length

from ..conftest import Confstore

pytestmark = pytest.mark.slow("every value and name that there can be, through every backend")


def canonical(options: dict[str, Any]) -> dict[str, Any]:
    return {option: canonical_values(option, values) for option, values in options.items()}


def has_none(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_none, value.values()))
    return any(map(has_none, value)) if isinstance(value, list) else value is None


any_options = st.dictionaries(any_option, any_values, max_size=4).map(canonical)
HOSTILE = canonical({name: {"key": {name: name}} for name in HOSTILE_NAMES})
EDGES = canonical({"edges": dict(EDGE_VALUES)})
EDGES_WITHOUT_NONE = canonical(
    {"edges": {name: value for name, value in EDGE_VALUES.items() if not has_none(value)}}
)


@pytest.mark.parametrize("format", ["json", "yaml", "toml"])
@settings(deadline=None, max_examples=at_length(50, short=15))
@given(options=any_options)
@example(options={**HOSTILE, **EDGES})
@example(options={**HOSTILE, **EDGES_WITHOUT_NONE})
def test_export_then_import(format: str, options: Any) -> None:
    """The stores are equal; or the format cannot hold an option, and then nothing is written."""
    with tempfile.TemporaryDirectory() as folder:
        old, new = (os.path.join(folder, name) for name in ("old.json", "new.json"))
        exported = os.path.join(folder, f"export.{format}")
        for path in (old, new):
            Path(path).write_text("{}", encoding="utf-8")
        with closing(FileStore(old)) as store:
            for option, values in options.items():
                store.set(option, values)
        code = run(["export", "-s", f"file:{old}", "--file", exported])
        if format == "toml" and has_none(options):
            assert code == 3
            assert not os.path.exists(exported)
            return
        assert code == 0
        assert run(["import", exported, "-s", f"file:{new}"]) == 0
        with closing(FileStore(new)) as store:
            assert is_same(dict(store.items()), options)
        # In TOML, a key with a table stands behind the others.
        assert format == "toml" or Path(new).read_bytes() == Path(old).read_bytes()


@pytest.mark.parametrize("format", ["json", "yaml", "toml"])
def test_through_pipes(confstore: Confstore, tmp_path: Path, format: str) -> None:
    """The program itself, from standard output to standard input."""
    options = {**HOSTILE, **(EDGES_WITHOUT_NONE if format == "toml" else EDGES)}
    with closing(FileStore(tmp_path / "dev.json")) as store:
        for option, values in options.items():
            store.set(option, values)
    exported = confstore("export", "--format", format)
    ran = confstore("import", "-", "--format", format, "-s", "file:new.json", input=exported.raw)
    assert f"{len(options)} written" in ran.stderr
    with closing(FileStore(tmp_path / "new.json")) as store:
        assert is_same(dict(store.items()), options)


def test_none_in_toml_through_the_program(confstore: Confstore, dev: Path) -> None:
    """The error names option and key, and shows nothing else of them."""
    dev.write_text(json.dumps({"fine": {"a": 1}, "db": {"host": [None]}}), encoding="utf-8")
    ran = confstore("export", "--format", "toml")
    assert (ran.stdout, ran.code) == ("", 3)
    assert ran.stderr.startswith("confstore: option 'db', at host[0]: TOML has no null")


@pytest.fixture
def urls(dynamodb_local: str, dynamodb_client: Any) -> Iterator[tuple[str, str]]:
    """Two stores in a table of their own."""
    table = f"Test-{uuid.uuid4().hex}"
    first, last = (
        f"dynamodb://{table}/{name}?endpoint_url={dynamodb_local}&region=eu-west-1"
        for name in ("first", "last")
    )
    credentials = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    with patch.dict(os.environ, credentials):
        open_store(first, purpose="create").close()
        yield first, last
    dynamodb_client.delete_table(TableName=table)


def filled(url: str) -> dict[str, Any]:
    """Every edge of the domain and many options, in the store at a URL."""
    options = {**HOSTILE, **EDGES, **{f"many-{number}": {"a": number} for number in range(150)}}
    with closing(open_store(url)) as store:
        for option, values in options.items():
            store.set(option, values)
    return options


def test_copy_through_all_backends(tmp_path: Path, urls: tuple[str, str]) -> None:
    """DynamoDB, file, memory, DynamoDB; in one process, for memory has no other."""
    first, last = urls
    options = filled(first)
    file, memory = f"file:{tmp_path}/copy.json", f"memory:{uuid.uuid4().hex}"
    assert run(["init", "-s", file]) == 0
    for source, target in ((first, file), (file, memory), (memory, last)):
        assert run(["copy", source, target]) == 0
        with closing(open_store(target)) as store:
            assert is_same(dict(store.items()), options)


@pytest.mark.parametrize("journal", [(), ("--journal",)], ids=["plain", "journaled"])
def test_copy_through_the_program(
    confstore: Confstore, tmp_path: Path, urls: tuple[str, str], journal: tuple[str, ...]
) -> None:
    """DynamoDB, file, DynamoDB, each by a process of its own; a second time nothing is written."""
    first, last = urls
    options = filled(first)
    assert confstore("init", *journal).code == 0
    assert confstore("init", *journal, "-s", last).code == 0
    for source, target in ((first, "file:dev.json"), ("file:dev.json", last)):
        ran = confstore("copy", source, target)
        assert f"{len(options)} written, 0 equal" in ran.stderr
        ran = confstore("copy", source, target, "--prune")
        assert f"0 written, {len(options)} equal, 0 deleted" in ran.stderr
    with closing(open_store(last)) as store:
        assert is_same(dict(store.items()), options)
