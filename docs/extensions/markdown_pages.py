"""
Each page also as Markdown, beside its HTML, and `llms.txt`, the index of them, for machines.

A page's Markdown is its source: `guides/layers.html` has `guides/layers.md`. Of the reference from
docstrings it has signatures and docstrings, which are Markdown, too.

Source:
    https://llmstxt.org
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.inspect import signature, stringify_signature

from docs.extensions.public_names import BLOCK, docstring_of_data, is_private, names_of
from docs.extensions.repository_links import with_addresses

__all__ = ["setup"]

INDEX = "llms.txt"

_TOCTREE = re.compile(r"^```\{toctree\}\n.*?^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?:])\s")


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name not in {"html", "dirhtml"}:
        return
    for docname in sorted(app.env.found_docs):
        target = Path(app.outdir) / f"{docname}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_page(app, docname), encoding="utf-8")
    (Path(app.outdir) / INDEX).write_text(_index(app.env), encoding="utf-8")


def _page(app: Sphinx, docname: str) -> str:
    text = Path(app.env.doc2path(docname)).read_text(encoding="utf-8")
    text, _ = with_addresses(text, docname, app)
    pages = "\n".join(_links(app.env, docname))
    text = _TOCTREE.sub(lambda _: pages, text, count=1)
    text = _COMMENT.sub("", _TOCTREE.sub("", text))
    text = BLOCK.sub(lambda block: "\n".join(_reference(block)), text)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def _links(env: BuildEnvironment, docname: str) -> Iterator[str]:
    """The pages below a page, as addresses relative to it."""
    folder = Path(docname).parent
    for below in env.toctree_includes.get(docname, ()):
        path = Path(below).relative_to(folder).as_posix()
        yield f"- [{env.titles[below].astext()}]({path}.md)"


def _index(env: BuildEnvironment) -> str:
    doctree = env.get_doctree("index")
    lines = [f"# {env.titles['index'].astext()}", "", f"> {_first_paragraph(doctree)}"]
    for toctree in doctree.findall(addnodes.toctree):
        lines += ["", f"## {toctree['caption']}", ""]
        for _, docname in toctree["entries"]:
            lines += _entries(env, docname)
    return "\n".join(lines) + "\n"


def _entries(env: BuildEnvironment, docname: str) -> Iterator[str]:
    says = _SENTENCE.split(_first_paragraph(env.get_doctree(docname)))[0].rstrip(":")
    yield f"- [{env.titles[docname].astext()}]({docname}.md): {says}"
    for below in env.toctree_includes.get(docname, ()):
        yield from _entries(env, below)


def _first_paragraph(doctree: nodes.document) -> str:
    paragraph = next(doctree.findall(nodes.paragraph), None)
    return "" if paragraph is None else " ".join(paragraph.astext().split())


def _reference(block: re.Match[str]) -> Iterator[str]:
    module = block[1]
    for name in block[2].split() or names_of(module):
        found = getattr(importlib.import_module(module), name)
        is_code = inspect.isclass(found) or inspect.isroutine(found)
        says = inspect.getdoc(found) if is_code else "\n".join(docstring_of_data(module, name))
        yield from _entry(f"{module}.{name}", found if is_code else None, says)
        if inspect.isclass(found):
            for member, value in _members(found):
                yield from _entry(f"{name}.{member}", value, inspect.getdoc(value))


def _entry(name: str, found: object, says: str | None) -> Iterator[str]:
    yield from (f"**`{name}{_signature(found)}`**", "", says or "", "")


def _signature(found: object) -> str:
    if isinstance(found, property) or not callable(found):
        return ""
    try:
        return stringify_signature(signature(found), unqualified_typehints=True)
    except (TypeError, ValueError):
        # Of some classes Python knows none.
        return ""


def _members(found: type) -> Iterator[tuple[str, Any]]:
    """The documented public members of a class, also those of its private bases."""
    seen = set()
    for base in inspect.getmro(found):
        if base is not found and not is_private(base):
            continue
        for name, value in vars(base).items():
            value = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            is_method = isinstance(value, property) or inspect.isfunction(value)
            if is_method and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, value


def _name_it(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Tell machines where the Markdown of a page is."""
    if doctree is not None:
        address = f"{Path(pagename).name}.md"
        link = f'<link rel="alternate" type="text/markdown" href="{address}">'
        context["metatags"] = context.get("metatags", "") + link


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it."""
    app.connect("build-finished", _write)
    app.connect("html-page-context", _name_it)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
