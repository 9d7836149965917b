"""A JSON export is the file of a store: what the one writes, the other reads."""

from __future__ import annotations

from pathlib import Path

from confstore._cli.formats.files import dumps, loads
from confstore.adapter import canonical_values, is_same
from confstore.testing import EDGE_VALUES
from confstore_file import FileStore

OPTIONS = {
    "db": {"host": "localhost", "note": "\u00fc\n"},
    "edges": canonical_values("edges", dict(EDGE_VALUES)),
    "a b": {},
}


def test_export_is_the_text_of_the_file(tmp_path: Path) -> None:
    """Byte by byte, so that a diff of the two shows differences and nothing else."""
    path = tmp_path / "prod.json"
    store = FileStore(path)
    for option, values in OPTIONS.items():
        store.set(option, values)
    store.close()
    assert path.read_text(encoding="utf-8") == dumps(OPTIONS, "json")


def test_file_of_a_store_can_be_imported(tmp_path: Path) -> None:
    """And an export be opened."""
    path = tmp_path / "prod.json"
    path.write_text(dumps(OPTIONS, "json"), encoding="utf-8")
    store = FileStore(path)
    assert is_same(dict(store.items()), OPTIONS)
    store.close()
    assert is_same(loads(path.read_bytes(), "json", source="prod.json"), OPTIONS)
