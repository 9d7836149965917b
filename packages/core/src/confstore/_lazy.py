"""Names of a module that are imported when they are first used."""

from __future__ import annotations

import importlib
import sys

TYPE_CHECKING = False  # Not that of `typing`: it is imported by nobody who only imports us.

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

__all__ = ["lazy_names"]


def lazy_names(
    package: str, names: Mapping[str, str], modules: Collection[str] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """
    The functions `__getattr__` and `__dir__` of a module (PEP 562), and its `__all__`.

    A module assigns them behind `if not TYPE_CHECKING:`, and imports the names for type checkers:
    behind a `__getattr__` a type checker believes in every name.

    Args:
        package: The module's name.
        names: Each module with public names, and these names, separated by blanks.
        modules: Public modules of the package, which are attributes without an import.
    """
    namespace = vars(sys.modules[package])
    homes = {name: module for module, listed in names.items() for name in listed.split()}

    def get(name: str) -> object:
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        if name not in homes:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = getattr(importlib.import_module(homes[name]), name)
        # The next use is an ordinary look-up.
        namespace[name] = value
        return value

    def list_names() -> list[str]:
        return sorted({*namespace, *homes, *modules})

    return get, list_names, sorted(homes)
