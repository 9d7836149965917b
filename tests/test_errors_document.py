"""docs/errors.md has an entry for each error and for each finding of `doctor`, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import confstore.errors
import confstore_dynamodb.errors
from confstore import Finding
from confstore.errors import ERRORS_PAGE, ConfigStoreError

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "errors.md"

_ENVIRONMENT = "env"
"""The entry of findings that are named by the prefix of their variables, such as `env:APP_`."""


def entries_of(section: str) -> dict[str, str]:
    """Heading to text of the entries of a section of the page."""
    page = PAGE.read_text(encoding="utf-8")
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    entries = (entry.partition("\n") for entry in text.split("\n### ")[1:])
    return {heading: body.strip() for heading, _, body in entries}


def public_errors() -> Iterator[type[BaseException]]:
    """The classes of both public modules of errors."""
    for module in (confstore.errors, confstore_dynamodb.errors):
        for name in module.__all__:
            found = getattr(module, name)
            if isinstance(found, type) and issubclass(found, BaseException):
                yield found


def checks_of(tree: ast.AST) -> Iterator[str]:
    """The check of each finding that is made in a module; `env` for one that is not a literal."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        is_finding = ast.unparse(node.func) in {"Finding", "Finding.of_error"}
        if not is_finding:
            continue
        check = node.args[0]
        if isinstance(check, ast.Constant):
            yield str(check.value)
        elif ast.unparse(check) == "environment.name":
            yield _ENVIRONMENT
        else:
            # A constant, or chosen between literals a line above.
            assert isinstance(check, ast.Name), ast.unparse(node)
            yield from literals_of(tree, check.id)


def literals_of(tree: ast.AST, name: str) -> Iterator[str]:
    """The text that is assigned to a name, or the texts between which the assignment chooses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            value = node.value
            chosen = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
            yield from map(ast.literal_eval, chosen)


def test_every_error_has_an_entry() -> None:
    """Under the name of its class, so that the anchor is that name in lower case."""
    names = {error.__name__ for error in public_errors()}
    assert {"StoreUnavailableError", "TableNotFoundError"} <= names
    assert sorted(entries_of("Errors")) == sorted(names)


def test_every_error_has_the_address_of_its_entry() -> None:
    """It is the anchor of the entry's heading."""
    for error in public_errors():
        assert issubclass(error, ConfigStoreError)
        assert error.address == f"{ERRORS_PAGE}#{error.__name__.lower()}"


def test_every_finding_has_an_entry() -> None:
    """Under its check, with `-` for a blank."""
    sources = (path.read_text(encoding="utf-8") for path in ROOT.glob("packages/*/src/**/*.py"))
    checks = {
        check.replace(" ", "-")
        for source in sources
        if "Finding" in source
        for check in checks_of(ast.parse(source))
    }
    assert {"clock", "key-schema", "lock", "faults", "deploy", "env"} <= checks
    assert sorted(entries_of("Findings of doctor")) == sorted(checks)


def test_every_finding_has_the_address_of_its_entry() -> None:
    """Also behind the name of a layer; one of somebody else's adapter has none."""
    for entry in entries_of("Findings of doctor"):
        check = entry.replace("-", " ")
        for name in (check, f"dynamodb://config/prod, {check}"):
            assert Finding(name, False, "why").address == f"{ERRORS_PAGE}#{entry}"
    assert Finding("env:APP_", None, "why").address == f"{ERRORS_PAGE}#env"
    assert Finding("shard", False, "why").address == ""


def test_every_entry_says_something() -> None:
    """Cause and remedy, in six lines at most: who reads this is in a hurry."""
    entries = {**entries_of("Errors"), **entries_of("Findings of doctor")}
    for name, text in entries.items():
        assert 1 <= len(text.splitlines()) <= 6, name
        assert len(text) > 60, name
