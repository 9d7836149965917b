"""docs/reference/urls.md names every parameter of a URL, and no other."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

from confstore import open_store
from confstore.errors import BackendNotInstalledError, InvalidURLError
from confstore_dynamodb import DynamoDBStore
from tables_of_documents import ROOT, rows_of

PAGE = ROOT / "docs" / "reference" / "urls.md"
BY_URL = ROOT / "packages" / "core" / "src" / "confstore" / "_secrets" / "by_url.py"


def names_in(section: str, head: str = "parameter") -> list[str]:
    """The first cells of a table of the page."""
    return [row[0] for row in rows_of(PAGE, section, head)]


def known(url: str) -> list[str]:
    """What is known in the place of a name that nothing resembles, as its error lists it."""
    with pytest.raises((InvalidURLError, BackendNotInstalledError)) as caught:
        open_store(url)
    listed = re.search(r"known are (.*)$", str(caught.value))
    return listed[1].split(", ") if listed else []


@pytest.mark.parametrize(
    ("section", "url"),
    [
        ("## DynamoDB", "dynamodb://table/store?zzzzzzzzzzzz=1"),
        ("## Files", "file:prod.json?zzzzzzzzzzzz=1"),
    ],
)
def test_parameters_of_a_scheme(section: str, url: str) -> None:
    """Those that the adapter knows."""
    names = names_in(section)
    assert names
    assert sorted(names) == known(url)


@pytest.mark.parametrize("url", ["memory:test?zzzzzzzzzzzz=1", "env:APP_?zzzzzzzzzzzz=1"])
def test_a_scheme_without_parameters(url: str) -> None:
    """The page says that memory and the environment have none."""
    with pytest.raises(InvalidURLError, match="it takes no parameters"):
        open_store([url, "memory:below"])


def test_parameters_of_every_store() -> None:
    """Those that core takes before an adapter sees the URL."""
    (listed,) = (
        node.value
        for node in ast.parse(BY_URL.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_PARAMETERS"
    )
    names = names_in("## Every store")
    assert sorted(names) == sorted(ast.literal_eval(listed))
    for name in names:
        with pytest.raises(InvalidURLError, match=f"the parameter '{name}' is given once"):
            open_store(f"memory:test?{name}=")


def test_kinds_of_secrets() -> None:
    """Those that are installed with confstore."""
    names = names_in("## Every store", "kind")
    assert sorted(names) == known("memory:test?secrets=zzzzzzzzzzzz:key")


def test_defaults_of_dynamodb() -> None:
    """Where the constructor has one, the page has the same."""
    parameters = inspect.signature(DynamoDBStore).parameters
    checked = 0
    for name, _, default, _ in rows_of(PAGE, "## DynamoDB", "parameter"):
        if name in parameters and parameters[name].default is not inspect.Parameter.empty:
            assert default == str(parameters[name].default)
            checked += 1
    assert checked == 3
