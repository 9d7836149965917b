"""Files of the kinds that services have: into a store, out of it, and to a program."""

from __future__ import annotations

import io
import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dotenv
import pytest
import yaml

from confstore import variable_name

from ..conftest import Confstore
from .real_files import KINDS, Kind

# Without what measures the coverage, and what Python sets where the locale is C.
SHOW_CODE = """
import json, os
names = [name for name in os.environ if not name.startswith(("COVERAGE_", "LC_CTYPE"))]
print(json.dumps({name: os.environ[name] for name in names}))
"""
SHOW = ("--", sys.executable, "-I", "-S", "-c", SHOW_CODE)

Options = Callable[[], Any]


def parsed(kind: Kind) -> Any:
    """The file, by a parser that is not ours."""
    suffix = kind.file.rpartition(".")[2]
    if suffix == "json":
        return json.loads(kind.text)
    if suffix == "toml":
        return tomllib.loads(kind.text)
    if suffix in {"yaml", "yml"}:
        return yaml.safe_load(kind.text)
    return dotenv.dotenv_values(stream=io.StringIO(kind.text), interpolate=False)


def expected(kind: Kind) -> dict[str, Any]:
    """The options that the file is to become."""
    parts = []
    for name in kind.sections:
        part = parsed(kind)
        for key in name.split("."):
            part = part[key]
        parts.append(part)
    tree: dict[str, Any] = {}
    for part in parts or [parsed(kind)]:
        tree.update(part)
    return tree if kind.option is None else {kind.option: tree}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value that holds no other, and the way to it."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in entries:
        if entry and isinstance(entry, dict | list):
            yield from leaves(entry, (*path, key))
        else:
            yield (*path, key), entry


def text_of(value: Any) -> str:
    """A value as a program gets it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def flags_of(kind: Kind) -> list[str]:
    """Everything of the command line that the file's import needs."""
    flags = [] if kind.option is None else ["--option", kind.option]
    for name in kind.sections:
        flags += ["--section", name]
    return flags


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path, confstore: Confstore) -> Kind:
    """A file of each kind, which was imported."""
    kind: Kind = request.param
    (tmp_path / kind.file).write_text(kind.text, encoding="utf-8")
    ran = confstore("import", kind.file, *flags_of(kind))
    assert ran.code == 0, ran.stderr
    return kind


def has_null(value: Any) -> bool:
    """Whether TOML cannot hold it."""
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return any(map(has_null, value)) if isinstance(value, list) else value is None


def test_import(kind: Kind, options: Options) -> None:
    """The store has what other parsers find in the file, with the types."""
    assert json.dumps(options()) == json.dumps(expected(kind))


@pytest.mark.parametrize("format", ["json", "yaml", "toml"])
def test_export(
    kind: Kind, format: str, confstore: Confstore, tmp_path: Path, options: Options
) -> None:
    """Other parsers find the same in an export; imported again, it changes nothing."""
    ran = confstore("export", "--file", f"out.{format}")
    if format == "toml" and has_null(expected(kind)):
        assert (ran.code, (tmp_path / "out.toml").exists()) == (3, False)
        assert "TOML has no null" in ran.stderr
        return
    assert ran.code == 0, ran.stderr
    text = (tmp_path / f"out.{format}").read_text(encoding="utf-8")
    if "1e-09" not in text:  # of YAML 1.1, for which this is text
        assert parsed(Kind(f"out.{format}", text)) == expected(kind)
    before = options()
    again = confstore("import", f"out.{format}", "--prune", "--yes")
    assert f"0 written, {len(before)} equal, 0 deleted" in again.stderr
    assert confstore("copy", "file:dev.json", "file:copy.json").code == 0
    assert confstore("diff", "file:dev.json", "file:copy.json").code == 0


@pytest.mark.slow("starts a program for each kind of file")
def test_exec(kind: Kind, process: Confstore) -> None:
    """A program finds every value in its environment, nested ones too."""
    bare = ["--bare", str(kind.option)] if kind.option and kind.is_bare else []
    chosen = [flag for option in expected(kind) for flag in ("--option", option)]
    naming = ["--separator", "__", "--nested"]
    ran = process("exec", *(bare or chosen), *naming, "--pristine", *SHOW)
    assert ran.code == 0, ran.stderr
    if kind.option and kind.is_bare:
        wanted = {
            "__".join(map(str, path)): value for path, value in leaves(expected(kind)[kind.option])
        }
    else:
        wanted = {
            variable_name(*path, separator="__"): value
            for option, values in expected(kind).items()
            for path, value in leaves(values, (option,))
        }
    found = ran.json
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        if isinstance(value, float):
            assert float(found[name]) == value
        else:
            assert found[name] == text_of(value)


ENVIRONMENTS = [name for name, kind in KINDS.items() if "env" in kind.file.lower()]


@pytest.mark.parametrize("kind", [KINDS[name] for name in ENVIRONMENTS], ids=ENVIRONMENTS)
def test_dotenv_comes_back(kind: Kind, confstore: Confstore, tmp_path: Path) -> None:
    """A file of variables that became an option is exported as the variables that it was."""
    (tmp_path / kind.file).write_text(kind.text, encoding="utf-8")
    name = str(kind.option)
    assert confstore("import", kind.file, "--option", name).code == 0
    ran = confstore("export", "--bare", name, "--file", "back.env")
    assert ran.code == 0, ran.stderr
    back = dotenv.dotenv_values(tmp_path / "back.env", interpolate=False)
    assert list(back.items()) == list(parsed(kind).items())
    again = confstore("import", "back.env", "--option", name)
    assert "0 written, 1 equal" in again.stderr
