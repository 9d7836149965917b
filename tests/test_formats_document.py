"""The examples of docs/reference/formats.md are what is really written."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from confstore._cli.formats.files import FORMATS, dumps

DOCUMENT = Path(__file__).parents[1] / "docs" / "reference" / "formats.md"
OPTIONS = {
    "db": {
        "host": "db-cluster.example",
        "port": 27017,
        "password": b"secret",
        "certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    },
    "flags": {
        "beta": {"ben", "ann"},
        "rate": Decimal("0.12345678901234567890123"),
        "answer": "no",
    },
}


@pytest.mark.parametrize("format", FORMATS)
def test_example_is_what_is_written(format: str) -> None:
    """To the byte."""
    document = DOCUMENT.read_text(encoding="utf-8")
    (example,) = re.findall(rf"^```{format}\n(.*?)^```$", document, re.DOTALL | re.MULTILINE)
    assert example == dumps(OPTIONS, format)


def test_table_names_every_format() -> None:
    """With the suffixes that stand for it."""
    document = DOCUMENT.read_text(encoding="utf-8")
    for format in FORMATS.values():
        row = re.search(rf"^\| `{format.name}` \|(.*)$", document, re.MULTILINE)
        assert row is not None
        assert all(f"`{suffix}`" in row[1] for suffix in format.suffixes)
