"""Parts of a file, laid over each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Confstore

CANARY = "hunter2"

TREE: dict[str, Any] = {
    "default": {"db": {"host": "localhost", "port": 5432, "pool": {"size": 5, "wait": 1}}},
    "production": {"db": {"host": "db.example", "pool": {"size": 20}}, "cache": {"url": "c"}},
    "tool": {"app": {"debug": False, "names": ["a", "b"]}, "app.x": {"debug": True}},
    "title": "x",
}

YAML = """
default: &default
  db: &db {host: localhost, port: 5432, pool: {size: 5, wait: 1}}
production:
  db: {host: db.example, pool: {size: 20}}
  cache: {url: c}
tool: {app: {debug: false, names: [a, b]}, app.x: {debug: true}}
title: x
"""

TOML = """
title = "x"
[default.db]
host = "localhost"
port = 5432
pool = {size = 5, wait = 1}
[production.db]
host = "db.example"
pool = {size = 20}
[production.cache]
url = "c"
[tool.app]
debug = false
names = ["a", "b"]
[tool."app.x"]
debug = true
"""

TEXTS = {"json": json.dumps(TREE, indent=2), "yaml": YAML, "toml": TOML}


@pytest.fixture(params=list(TEXTS))
def file(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same file in each format."""
    path = tmp_path / f"file.{request.param}"
    path.write_text(TEXTS[request.param], encoding="utf-8")
    return path.name


Options = Callable[[], Any]


def test_section_holds_options(confstore: Confstore, options: Options, file: str) -> None:
    """The rest of the file does not count."""
    ran = confstore("import", file, "--section", "production")
    assert (ran.code, options()) == (0, TREE["production"])


def test_section_is_one_option(confstore: Confstore, options: Options, file: str) -> None:
    """A part of a part is named with a dot, and its keys stay what they are."""
    assert confstore("import", file, "--section", "tool.app", "--option", "app").code == 0
    assert options() == {"app": TREE["tool"]["app"]}


def test_section_with_a_dot_in_its_own_name(
    confstore: Confstore, options: Options, file: str
) -> None:
    """It is found, too."""
    assert confstore("import", file, "--section", "tool.app.x", "--option", "app").code == 0
    assert options() == {"app": {"debug": True}}


def test_sections_are_laid_over_each_other(
    confstore: Confstore, options: Options, file: str
) -> None:
    """By key and never deeper: the pool is the last section's alone."""
    ran = confstore("import", file, "--section", "default", "--section", "production")
    assert ran.code == 0
    assert options() == {
        "db": {"host": "db.example", "port": 5432, "pool": {"size": 20}},
        "cache": {"url": "c"},
    }


def test_sections_of_one_option(confstore: Confstore, options: Options, file: str) -> None:
    """The order of the flags counts, and not that of the file."""
    sections = ("--section", "production.db", "--section", "default.db")
    assert confstore("import", file, *sections, "--option", "db").code == 0
    assert options() == {"db": TREE["default"]["db"]}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("prodution", "there is no section 'prodution'; did you mean 'production'?"),
        ("tool.x", "there is no section 'tool.x'"),
        ("tool.app.debug.x", "there is no section"),
        ("title", "section 'title' is no mapping: a section holds options, or keys with --option"),
        ("tool.app.names", "section 'tool.app.names' is no mapping"),
    ],
)
def test_faulty_section(confstore: Confstore, dev: Path, file: str, name: str, says: str) -> None:
    """Nothing is written, and the error names file and section."""
    before = dev.read_bytes()
    ran = confstore("import", file, "--section", name)
    assert (ran.code, dev.read_bytes()) == (3, before)
    assert f"confstore: {file}: {says}" in ran.stderr


def test_section_with_keys_instead_of_options(confstore: Confstore, file: str) -> None:
    """The advice is to name the option, as for a whole file."""
    ran = confstore("import", file, "--section", "tool.app")
    assert ran.code == 3
    assert "put the section under one option with --option NAME" in ran.stderr


def test_faults_outside_of_the_section(confstore: Confstore, tmp_path: Path) -> None:
    """What no store holds is no matter if it is not taken."""
    (tmp_path / "a.yaml").write_text("a: {at: 2020-01-01, on: no}\nb: {c: 1}\n")
    assert confstore("import", "a.yaml", "--section", "b", "--option", "x").code == 0
    (tmp_path / "a.toml").write_text("a.at = 2020-01-01\nb.c = 1\n")
    assert confstore("import", "a.toml", "--section", "b", "--option", "x").code == 0


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.yaml", "a: 1\nb:\n  c: {d: 2020-01-01}\n", "a.yaml:3:10: this is a date"),
        ("a.yaml", f"b:\n  c: {{'': {CANARY}}}\n  ? [1]\n  : 2\n", "a.yaml:3:5: "),
        ("a.yaml", f"? [{CANARY}]\n: 2\nb: {{c: 1}}\nb: {{c: .nan}}\n", "a.yaml:4:8: "),
        ("a.yaml", f"b: [{CANARY}\n", "a.yaml:2:1: "),
        ("a.json", '{"b": {"c": {"d": 1e500}}}', "a.json:1:19: "),
        ("a.json", '{"b": {"c": {"$bytes": "*"}}}', "a.json:1:14: "),
        ("a.json", f'{{"b": {{"c": "{CANARY}", "c": 2}}}}', "a.json:1:24: "),
        ("a.json", '{"b": {"c": NaN}}', "a.json:1:13: "),
        ("a.json", "[" * 100_000, "a.json:1:"),
        ("a.toml", 'b.c = {"$bytes" = "*"}\n', "a.toml: option 'x', at c['$bytes']: "),
        ("a.toml", "b.c = 2020-01-01\n", "a.toml: option 'x', at c: this is a date"),
        ("a.toml", f"b.c = {CANARY}\n", "a.toml:1:7: "),
    ],
)
def test_faults_inside_of_the_section(
    confstore: Confstore, tmp_path: Path, name: str, text: str, place: str
) -> None:
    """The error has its place in the file, and shows no value."""
    (tmp_path / name).write_text(text)
    ran = confstore("import", name, "--section", "b", "--option", "x")
    assert ran.code == 3
    assert ran.stderr.startswith(f"confstore: {place}")
    assert CANARY not in ran.stderr


def test_sections_that_do_not_fit_together(confstore: Confstore, tmp_path: Path) -> None:
    """An option has a largest size, which two sections can exceed in one."""
    tree = {"a": {"x": "x" * 250_000}, "b": {"y": "y" * 250_000}}
    (tmp_path / "a.json").write_text(json.dumps(tree))
    arguments = ("import", "a.json", "--section", "a", "--section", "b", "--option", "big")
    ran = confstore(*arguments)
    assert ran.code == 3
    assert "option 'big': " in ran.stderr


def test_section_of_a_dotenv_file(confstore: Confstore, tmp_path: Path) -> None:
    """It has none."""
    (tmp_path / ".env").write_text("A=1\n")
    ran = confstore("import", ".env", "--option", "app", "--section", "A")
    assert (ran.code, ran.stderr) == (3, "confstore: .env: a dotenv file has no sections\n")


def test_section_that_is_merged_into_others(
    confstore: Confstore, options: Options, tmp_path: Path
) -> None:
    """Anchors and merges are read within a section, and on the way to it."""
    (tmp_path / "a.yaml").write_text(
        "base: &base\n  db: {host: a, port: 1}\n  log: {level: info}\n"
        "more: &more\n  log: {level: warning}\n  extra: {a: 1}\n"
        "live:\n  db: {host: b}\n  <<: [*more, *base]\n"
        "test:\n  <<: *base\n"
    )
    for name, expected in {
        "live.db": {"host": "b"},
        "live.log": {"level": "warning"},
        "live.extra": {"a": 1},
        "test.db": {"host": "a", "port": 1},
    }.items():
        assert confstore("import", "a.yaml", "--section", name, "--option", "x").code == 0
        assert options()["x"] == expected


def test_section_of_standard_input(confstore: Confstore, options: Options) -> None:
    """As of a file."""
    arguments = ("import", "-", "--format", "json", "--section", "tool.app", "--option", "app")
    assert confstore(*arguments, input=TEXTS["json"]).code == 0
    assert options() == {"app": TREE["tool"]["app"]}


def test_prune_to_a_section(confstore: Confstore, dev: Path, options: Options, file: str) -> None:
    """The store becomes equal to the section."""
    assert confstore("import", file, "--section", "production", "--prune", "--yes").code == 0
    assert options() == TREE["production"]
