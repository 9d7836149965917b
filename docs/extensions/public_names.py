"""
The reference from docstrings: the public names, as applications import them.

A page lists names in a block, which autodoc documents; an empty block stands for all of a module:

    ```{public} confstore
    open_store
    Store
    ```

The docstrings are Markdown in Google's sections; autodoc takes reStructuredText, so that code and
names are converted here. A name in backticks that is public becomes a link.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, Generic, Protocol

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.nodes import find_pending_xref_condition

from confstore.errors import ConfigStoreError

__all__ = [
    "BLOCK",
    "PACKAGES",
    "docstring_of_data",
    "is_private",
    "names_of",
    "public_modules",
    "public_names",
    "setup",
    "to_restructured_text",
]

PACKAGES = ("confstore", "confstore_dynamodb", "confstore_file", "confstore_memory")

BLOCK = re.compile(r"^```\{public\} (\S+)\n((?:\w+\n)*)```$", re.MULTILINE)

_SECTIONS = Config(
    napoleon_use_ivar=True, napoleon_custom_sections=[("Source", "Source"), "Yields"]
)

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+(?:\n *[^`\n]+)?)`(?!`)")
_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)]+)\)")


@cache
def public_modules() -> list[str]:
    """Every public module with a list of its names; those nearest to the root come first."""
    found = list(PACKAGES)
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            is_public = "._" not in module.name
            if is_public and hasattr(importlib.import_module(module.name), "__all__"):
                found.append(module.name)
    return sorted(found, key=lambda name: (name.count("."), name))


def names_of(module: str) -> list[str]:
    """The names that a module exports, without its public modules."""
    found = importlib.import_module(module)
    return [name for name in found.__all__ if not isinstance(getattr(found, name), ModuleType)]


@cache
def public_names() -> dict[str, str]:
    """
    Where each public object is imported from: by that path, by its private one, by its short name.

    A short name that several modules have is that of `confstore`, or of none.
    """
    names: dict[str, str] = {}
    homes: dict[str, list[str]] = {}
    for module in public_modules():
        for name in names_of(module):
            home = f"{module}.{name}"
            homes.setdefault(name, []).append(home)
            names[home] = home
            private = getattr(getattr(importlib.import_module(module), name), "__module__", None)
            if private is not None:
                names.setdefault(f"{private}.{name}", home)
    for name, found in homes.items():
        if len(found) == 1 or found[0] == f"confstore.{name}":
            names[name] = found[0]
    return names


def _bases_of(found: type) -> list[type]:
    """The bases that say something to a reader; those of a private base in its place."""
    bases: list[type] = []
    for base in found.__bases__:
        if is_private(base):
            bases += _bases_of(base)
        elif base not in {object, Generic, Protocol}:
            bases.append(base)
    return list(dict.fromkeys(bases))


def _directives(module: str, listed: list[str]) -> Iterator[str]:
    """The directives for some names of a module."""
    home = importlib.import_module(module)
    for name in listed:
        found = getattr(home, name)
        if inspect.isclass(found):
            kind = "exception" if issubclass(found, BaseException) else "class"
            yield f".. auto{kind}:: {module}.{name}"
            if _bases_of(found):
                yield "   :show-inheritance:"
            foreign = [base for base in inspect.getmro(found)[1:] if not is_private(base)]
            if len(foreign) < len(inspect.getmro(found)) - 1 and module != "confstore.testing":
                # What a private base defines is documented with the class.
                names = ",".join(base.__name__ for base in foreign)
                yield f"   :inherited-members: {names}"
        elif inspect.isroutine(found):
            yield f".. autofunction:: {module}.{name}"
        else:
            # autodoc looks for the docstring of a constant where it is exported.
            yield f".. py:data:: {module}.{name}"
            yield ""
            lines = to_restructured_text("\n".join(docstring_of_data(module, name)))
            yield from (f"   {line}" for line in lines.splitlines())
        yield ""


def is_private(found: type) -> bool:
    """True for a class of ours that no public module exports."""
    name = f"{found.__module__}.{found.__name__}"
    return name.startswith("confstore") and name not in public_names()


def docstring_of_data(module: str, name: str) -> list[str]:
    """The docstring behind the assignment of a constant, in whichever module it is made."""
    package = module.partition(".")[0]
    for home in sorted(sys.modules):
        if home.partition(".")[0] == package:
            docstrings = ModuleAnalyzer.for_module(home).find_attr_docs()
            if ("", name) in docstrings:
                return docstrings["", name]
    message = f"{module}.{name} has no docstring"
    raise ExtensionError(message)


def _expand(app: Sphinx, docname: str, source: list[str]) -> None:
    def expanded(block: re.Match[str]) -> str:
        lines = _directives(block[1], block[2].split() or names_of(block[1]))
        return "\n".join(["```{eval-rst}", *lines, "```"])

    source[0] = BLOCK.sub(expanded, source[0])


def _code(match: re.Match[str]) -> str:
    text = " ".join(match[1].split())
    home = public_names().get(text.removesuffix("()"))
    return f":py:obj:`{text} <{home}>`" if home else f"``{text}``"


def _fenced(match: re.Match[str]) -> str:
    margin, language, code = match.groups()
    lines = [f"{margin}.. code-block:: {language or 'text'}", ""]
    lines += [f"   {line}" if line else "" for line in code.splitlines()]
    return "\n".join(lines)


def to_restructured_text(docstring: str) -> str:
    """Convert the Markdown of our docstrings."""
    parts: list[str] = []
    end = 0
    for fence in _FENCE.finditer(docstring):
        parts += [_inline(docstring[end : fence.start()]), _fenced(fence)]
        end = fence.end()
    return "".join([*parts, _inline(docstring[end:])])


def _inline(text: str) -> str:
    return _CODE.sub(_code, _LINK.sub(r"`\1 <\2>`__", text))


def _convert(
    app: Sphinx, what: str, name: str, found: object, options: object, lines: list[str]
) -> None:
    text = to_restructured_text("\n".join(lines))
    # Of its own, attrs says only that it made the method.
    text = re.sub(r"^Method generated by attrs for class .*$", "", text, flags=re.MULTILINE)
    # A property's sentence with a colon would be taken for a type and a sentence.
    what = "method" if what in {"attribute", "property"} else what
    lines[:] = GoogleDocstring(text, _SECTIONS, app, what, name, found).lines()


def _keep_public_bases(
    app: Sphinx, name: str, found: type, options: object, bases: list[Any]
) -> None:
    bases[:] = _bases_of(found)


def _skip(
    app: Sphinx, what: str, name: str, found: object, skips: bool, options: object
) -> bool | None:
    """Leave out the fields of a named tuple: the docstring of the class has them."""
    says = getattr(found, "__doc__", None) or ""
    return True if says.startswith("Alias for field number") else None


def _signature(
    app: Sphinx, what: str, name: str, found: Any, options: object, signature: str, returns: str
) -> tuple[str, str] | None:
    """The arguments of an error by their names, and none of a protocol."""
    if what == "exception" and issubclass(found, ConfigStoreError):
        return f"({', '.join(found._names)})", returns
    if what == "class" and getattr(found, "_is_protocol", False):
        return "", returns
    return None


def _keep_short_overloads() -> None:
    """Show one signature where overloads differ only in types, and hide the arguments."""
    analyze = ModuleAnalyzer.analyze

    def analyze_and_choose(self: ModuleAnalyzer) -> None:
        analyze(self)
        self.overloads = {
            name: overloads
            for name, overloads in self.overloads.items()
            if not any("Unpack[" in str(overload) for overload in overloads)
        }

    ModuleAnalyzer.analyze = analyze_and_choose  # type: ignore[method-assign]


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """Link a private path or a short name to the public name; leave other types as they are."""
    if node.get("refdomain") != "py":
        return None
    shown = find_pending_xref_condition(node, "resolved")
    if shown is not None:
        content = nodes.inline("", "", *shown.children)
    target = str(node["reftarget"])
    home = public_names().get(target)
    if home is None:
        return content
    # None for a public name that is on no page: a warning.
    return env.get_domain("py").resolve_xref(
        env, node["refdoc"], app.builder, "obj", home, pending_xref("", **node.attributes), content
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect it."""
    _keep_short_overloads()
    app.connect("source-read", _expand)
    app.connect("autodoc-process-docstring", _convert)
    app.connect("autodoc-process-bases", _keep_public_bases)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-skip-member", _skip)
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
