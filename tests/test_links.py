"""Every link of the repository's documents to a file, and to a heading in it, leads there."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("", "benchmarks/", "docs/**/", "examples/**/", "packages/*/")
DOCUMENTS = sorted(
    path
    for pattern in (f"{folder}*.md" for folder in FOLDERS)
    for path in ROOT.glob(pattern)
    if "_build" not in path.parts
)

_FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.*)$", re.MULTILINE)


@cache
def anchors_of(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and the site make them."""
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    anchors: set[str] = set()
    for heading in _HEADING.findall(text):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")
        number = 1
        anchor = slug
        while anchor in anchors:
            anchor = f"{slug}-{number}"
            number += 1
        anchors.add(anchor)
    return anchors


def links_of(document: Path) -> list[str]:
    """The relative links of a document, outside code."""
    text = _CODE.sub("", _FENCE.sub("", document.read_text(encoding="utf-8")))
    return [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]


def test_documents_are_found() -> None:
    """The next test has something to look at."""
    names = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}
    assert {"README.md", "docs/errors.md", "packages/core/README.md"} <= names
    assert sum(len(links_of(document)) for document in DOCUMENTS) > 100


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    """The file is there, and so is the heading."""
    for link in links_of(document):
        name, _, anchor = link.partition("#")
        target = Path(os.path.normpath(document.parent / name)) if name else document
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors_of(target), link
