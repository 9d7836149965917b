"""docs/freeze.py keeps one copy of the site for each release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docs.freeze import freeze


def site(folder: Path, text: str) -> Path:
    """A built site of one page."""
    built = folder / f"built {text}"
    built.mkdir()
    (built / "index.html").write_text(text)
    return built


def test_copies_of_releases(tmp_path: Path) -> None:
    """Each version has its folder, and `stable` is the newest, by number."""
    shown = tmp_path / "shown"
    for version in ("0.9.0", "0.10.0", "0.9.1"):
        freeze(site(tmp_path, version), shown, version)
    pages = {path.parent.name: path.read_text() for path in shown.glob("*/index.html")}
    assert pages == {"0.9.0": "0.9.0", "0.10.0": "0.10.0", "0.9.1": "0.9.1", "stable": "0.10.0"}
    listed = json.loads((shown / "versions.json").read_text())
    assert listed == {"stable": "0.10.0", "versions": ["0.10.0", "0.9.1", "0.9.0"]}


def test_a_copy_is_never_replaced(tmp_path: Path) -> None:
    """What a reader of an old release sees does not change."""
    freeze(site(tmp_path, "first"), tmp_path / "shown", "1.0.0")
    with pytest.raises(FileExistsError, match="is never replaced"):
        freeze(site(tmp_path, "second"), tmp_path / "shown", "1.0.0")
    assert (tmp_path / "shown" / "1.0.0" / "index.html").read_text() == "first"
