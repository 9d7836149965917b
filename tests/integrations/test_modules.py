"""What holds for each module of `confstore.integrations`."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import confstore.integrations

MODULES = sorted(module.name for module in iter_modules(confstore.integrations.__path__))
GUIDES = Path(__file__).parents[2] / "docs" / "guides"


def test_there_are_several() -> None:
    """One for each framework."""
    assert len(MODULES) == 7


@pytest.mark.parametrize("name", MODULES)
def test_it_is_short(name: str) -> None:
    """An integration is a few lines over what core has."""
    source = import_module(f"confstore.integrations.{name}").__file__
    assert source is not None
    assert len(Path(source).read_text(encoding="utf-8").splitlines()) < 150


@pytest.mark.parametrize("name", MODULES)
def test_a_guide_uses_it(name: str) -> None:
    """Its public names are in examples, which are run as they are printed."""
    examples = "".join(
        block
        for path in sorted(GUIDES.glob("*.md"))
        for block in re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    )
    module = import_module(f"confstore.integrations.{name}")
    assert re.search(rf"confstore\.integrations(\.| import ){name}\b", examples)
    missing = [public for public in module.__all__ if not re.search(rf"\b{public}\b", examples)]
    assert missing == []
