"""Links from the pages to files of the repository, which must be there."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

__all__ = ["REPOSITORY", "setup"]

REPOSITORY = "https://github.com/confstore/confstore/blob/main"

_LINK = re.compile(r"(?<!!)(\[[^\]]+\]\()(\.\./[^)#\s]+)(#[^)\s]*)?\)")
_LOGGER = logging.getLogger(__name__)


def _replace(app: Sphinx, docname: str, source: list[str]) -> None:
    folder = (Path(app.srcdir) / docname).parent
    root = Path(app.srcdir).parent

    def replaced(link: re.Match[str]) -> str:
        path = Path(os.path.normpath(folder / link[2]))
        if path.is_relative_to(app.srcdir):
            return link[0]
        if not path.exists():
            _LOGGER.warning("no file %s in the repository", link[2], location=docname)
        return f"{link[1]}{REPOSITORY}/{path.relative_to(root).as_posix()}{link[3] or ''})"

    source[0] = _LINK.sub(replaced, source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it."""
    app.connect("source-read", _replace)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
