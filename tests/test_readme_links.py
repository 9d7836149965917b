"""What the README points to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINKS = sorted(
    {
        link
        for link in re.findall(r"\]\(([^)\s]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
        if "://" not in link
    }
)


def headings(document: Path) -> set[str]:
    """The anchors of a document, as GitHub makes them."""
    lines = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("link", LINKS)
def test_link(link: str) -> None:
    """The file exists, and the heading if one is named."""
    path, _, anchor = link.partition("#")
    assert (ROOT / path).exists()
    assert not anchor or anchor in headings(ROOT / path)


def test_there_are_links() -> None:
    """The pattern still finds them."""
    assert len(LINKS) > 30
