"""docs/reference/python/ names every public object once."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parent.parent / "docs" / "reference" / "python"
PACKAGES = ("confstore", "confstore_dynamodb", "confstore_file", "confstore_memory")


def public_modules() -> Iterator[ModuleType]:
    """Every module whose name has no underscore at a beginning, and that lists its names."""
    for package in PACKAGES:
        root = importlib.import_module(package)
        yield root
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if "._" not in found.name:
                module = importlib.import_module(found.name)
                if hasattr(module, "__all__"):
                    yield module


def documented() -> Iterator[str]:
    """Each name of each block of the pages; an empty block stands for all of its module."""
    for page in sorted(FOLDER.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^```\{public\} (\S+)\n((?:\w+\n)*)```$", text, re.MULTILINE)
        assert blocks, page
        for module, names in blocks:
            for name in names.split() or names_of(importlib.import_module(module)):
                yield f"{module}.{name}"


def names_of(module: ModuleType) -> list[str]:
    """What a module exports, without its public modules."""
    return [name for name in module.__all__ if not isinstance(getattr(module, name), ModuleType)]


def test_every_public_name_is_documented_once() -> None:
    """If this fails: add the name to the page of its module."""
    public = [
        f"{module.__name__}.{name}" for module in public_modules() for name in names_of(module)
    ]
    assert "confstore.open_config" in public
    assert len(public) > 100
    assert sorted(documented()) == sorted(public)
