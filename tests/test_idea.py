"""The picture of the idea is what its script draws, and stands in the README."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "docs" / "idea.py"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("idea", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_picture_is_fresh(script: ModuleType) -> None:
    """After a change of the script: `python docs/idea.py`."""
    assert script.PICTURE.read_text(encoding="utf-8") == script.picture()


def test_readme_shows_it(script: ModuleType) -> None:
    """By its place in the repository."""
    path = script.PICTURE.relative_to(ROOT).as_posix()
    assert f"]({path})" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_text_stays_in_the_picture(script: ModuleType) -> None:
    """Nothing of it is loaded from elsewhere, and no line is cut off at its edge."""
    root = ElementTree.fromstring(script.picture())
    width, height = (int(number) for number in root.attrib["viewBox"].split()[2:])
    texts = list(root.iter(f"{SVG}text"))
    assert len(texts) > 20
    for text in texts:
        is_middle = text.get("text-anchor") == "middle"
        # Wider than any letter of these fonts is on average.
        size = len(text.text or "") * (9 if text.get("class") == "title" else script.LETTER)
        left = float(text.attrib["x"]) - (size / 2 if is_middle else 0)
        assert 0 < left < left + size < width, text.text
        assert 0 < float(text.attrib["y"]) < height, text.text
    assert not any("href" in name for element in root.iter() for name in element.attrib)
    assert "url(" not in script.picture()
