"""Links from the pages to files of the repository, which must be there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

__all__ = ["setup", "with_addresses"]

# Not of an image: Sphinx copies it.
_LINK = re.compile(r"(?<!!)(\[[^\]]+\]\()((?:\.\./)+[^)#\s]+)(#[^)\s]*)?\)")
_LOGGER = logging.getLogger(__name__)


def with_addresses(text: str, docname: str, app: Sphinx) -> tuple[str, list[str]]:
    """The text of a page with addresses in place of such links, and the absent files."""
    source = Path(app.srcdir)
    absent: list[str] = []

    def replaced(link: re.Match[str]) -> str:
        path = Path(os.path.normpath(source / Path(docname).parent / link[2]))
        if path.is_relative_to(source):
            return link[0]
        if not path.exists():
            absent.append(link[2])
        address = f"{app.config.repository}/{path.relative_to(source.parent).as_posix()}"
        return f"{link[1]}{address}{link[3] or ''})"

    return _LINK.sub(replaced, text), absent


def _replace(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0], absent = with_addresses(source[0], docname, app)
    for name in absent:
        _LOGGER.warning("there is no file %s in the repository", name, location=docname)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it."""
    app.add_config_value("repository", "", "env")
    app.connect("source-read", _replace)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
