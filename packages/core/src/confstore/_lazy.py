"""
Names of a module that are imported when they are first used.

A program pays at its start for what it uses, and not for what else the module names.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping

__all__ = ["lazy_names"]


def lazy_names(
    package: str, modules: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    The functions `__getattr__` and `__dir__` of a module, as PEP 562 has them.

    They are assigned and not defined there: where mypy sees a definition, any name type-checks.

    Args:
        package: The module's name.
        modules: The public names, and the module that each is in; a module's own name is empty.
    """
    namespace = vars(sys.modules[package])

    def get(name: str) -> object:
        if name not in modules:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        module = importlib.import_module(modules[name] or f"{package}.{name}")
        value = getattr(module, name) if modules[name] else module
        # The next use is an ordinary look-up.
        namespace[name] = value
        return value

    def names() -> list[str]:
        return sorted({*namespace, *modules})

    return get, names
