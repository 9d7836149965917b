"""The lines of a text on which options and their parts stand."""

from __future__ import annotations

from typing import Any

import pytest

from confstore._cli.formats.files import loads
from confstore._cli.formats.places import line_of, line_of_error
from confstore.errors import InvalidDocumentError

JSON = '{\n  "db": {\n    "hosts": [\n      "a",\n      "b"\n    ]\n  },\n  "": {}\n}\n'
YAML = "# first\ndb:\n  hosts:\n  - a\n  - b\n  port: 1\n'': {}\n"
TOML = '''\
top.key = 1
other = {a = 1}

[db]
hosts = [
    "a",
]
"odd = key" = 2
port = 1

[db.inner]
a = 1

["x]y"]
port = 2
text = """
"\\x" = 1
"""

[ 'z' . deep ]
'''

PLACES = [
    ("json", JSON, (), 1),
    ("json", JSON, ("db",), 2),
    ("json", JSON, ("db", "hosts", 1), 5),
    ("json", JSON, ("db", "missing", "deep"), 2),
    ("json", JSON, ("missing",), 1),
    ("json", JSON, ("",), 8),
    ("yaml", YAML, (), 2),
    ("yaml", YAML, ("db",), 2),
    ("yaml", YAML, ("db", "hosts", 1), 5),
    ("yaml", YAML, ("db", "port", "deep"), 6),
    ("yaml", YAML, ("db", "missing"), 2),
    ("yaml", YAML, ("",), 7),
    ("toml", TOML, (), 1),
    ("toml", TOML, ("top",), 1),
    ("toml", TOML, ("other", "a"), 2),
    ("toml", TOML, ("db",), 4),
    ("toml", TOML, ("db", "hosts", 0), 5),
    ("toml", TOML, ("db", "odd = key"), 8),
    ("toml", TOML, ("db", "port"), 9),
    ("toml", TOML, ("db", "inner", "a"), 11),
    ("toml", TOML, ("db", "missing"), 4),
    ("toml", TOML, ("x]y", "port"), 15),
    ("toml", TOML, ("z", "deep"), 20),
    ("toml", TOML, ("missing",), 1),
]


@pytest.mark.parametrize(("format", "text", "path", "line"), PLACES)
def test_line_of_a_path(format: str, text: str, path: tuple[Any, ...], line: int) -> None:
    """It is the line of the last part that the text has."""
    assert line_of(text, format, path) == line


FAULTS = [
    ("json", '{"a":\n {"b": 1,}}', 2),
    ("yaml", "a:\n  b: 1\n  b: 2\n", 3),
    ("toml", "[a]\nb = 1\nc = [\n", 4),
    ("toml", '[a]\nb = 1\n"it\'s" = 2001-01-01\nc = 2001-01-01\n', 3),
    ("toml", "[a]\nb = 1\n[it]\nc = {d = 2001-01-01}\n", 4),
    ("toml", "[a]\n[b]\nc = " + "1" * 5000, 1),
    ("toml", "[a]\nb = 1\n[a.c]\nd = 1\n[e]\n'' = 1", 6),
]


@pytest.mark.parametrize(("format", "text", "line"), FAULTS)
def test_line_of_a_fault(format: str, text: str, line: int) -> None:
    """It is that of the error, or of the names in it."""
    with pytest.raises(InvalidDocumentError) as caught:
        loads(text, format, source="a.toml")
    assert line_of_error(text, caught.value) == line
