"""What the theme lacks for those who use the keyboard or a screen reader."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

__all__ = ["setup"]

_BODY = {
    # What scrolls sideways can be reached without a mouse.
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper docutils container">': (
        '<div class="table-wrapper docutils container" tabindex="0">'
    ),
}
# A list without terms is none: the lines of a long signature.
_LINES = re.compile(r"<dl>\n((?:<dd>.*?</dd>\n)+)</dl>")
_LINE = re.compile(r"<dd>(.*?)</dd>")
_NAVIGATION = {'role="heading"': 'role="heading" aria-level="2"'}


def _mend(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    for name, replacements in (("body", _BODY), ("furo_navigation_tree", _NAVIGATION)):
        for old, new in replacements.items():
            context[name] = context.get(name, "").replace(old, new)
    context["body"] = _LINES.sub(
        lambda lines: _LINE.sub(r'<span class="sig-line">\1</span>', lines[1]), context["body"]
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it."""
    # Behind the theme, which makes the navigation.
    app.connect("html-page-context", _mend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
