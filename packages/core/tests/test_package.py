"""What `import confstore` gives."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import confstore
import confstore.adapter
import confstore.documents


def in_a_new_process(program: str) -> str:
    """What the program prints."""
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return answer.stdout


@pytest.mark.parametrize("module", [confstore, confstore.adapter, confstore.documents])
def test_every_name_is_there(module: ModuleType) -> None:
    """Each public name is there, the same object every time, and is listed."""
    fresh = importlib.reload(module)
    for name in fresh.__all__:
        assert getattr(fresh, name) is getattr(fresh, name)
    assert set(fresh.__all__) <= set(dir(fresh))


@pytest.mark.parametrize("module", [confstore, confstore.adapter, confstore.documents])
def test_type_checkers_see_the_same_names(module: ModuleType) -> None:
    """What a module imports for type checkers is what it has."""
    source = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    choice = next(node for node in source.body if isinstance(node, ast.If))
    assert ast.unparse(choice.test) == "TYPE_CHECKING"
    imports = [node for node in choice.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname for node in imports if node.module != "confstore" for alias in node.names}
    assert seen == set(module.__all__)


def test_unknown_name() -> None:
    """A name that does not exist is told like that of any module."""
    with pytest.raises(AttributeError, match="module 'confstore' has no attribute 'Configuration'"):
        _ = confstore.Configuration  # type: ignore[attr-defined]
    with pytest.raises(ImportError):
        from confstore import Configuration  # type: ignore[attr-defined]  # noqa: F401


def test_public_modules_are_attributes() -> None:
    """The public modules need no import of their own."""
    program = (
        "import confstore; modules = confstore.errors, confstore.adapter, confstore.documents;"
        "print(*(module.__name__ for module in modules))"
    )
    assert in_a_new_process(program) == "confstore.errors confstore.adapter confstore.documents\n"


def test_adapter_stays_small() -> None:
    """An author of an adapter has few names to learn, and the docstring groups all of them."""
    names = confstore.adapter.__all__
    assert len(names) <= 26
    assert all(f"`{name}`" in str(confstore.adapter.__doc__) for name in names)


def test_one_strategy_does_not_import_the_others() -> None:
    """A program pays at its start for the strategy that it reads through."""
    program = (
        "import sys; from confstore import ConfigStore, SimpleConfigStore;"
        "print('cachetools' in sys.modules, 'confstore._reading.time_based' in sys.modules)"
    )
    assert in_a_new_process(program) == "False False\n"


def test_what_few_programs_need_is_imported_late() -> None:
    """A config without observers does not load what serves them, and nothing loads a framework."""
    program = (
        "import sys; from confstore import CachedConfigStore, TimeBasedConfigStore;"
        "import confstore.integrations;"
        "late = 'confstore._reading.delivery', 'confstore._reading.health', 'flask', 'django';"
        "print([name for name in late if name in sys.modules])"
    )
    assert in_a_new_process(program) == "[]\n"


def test_types_cost_no_dependency() -> None:
    """The defaults of type variables come from typing_extensions, which only checkers need."""
    program = (
        "import sys; sys.modules['typing_extensions'] = None;"
        "from confstore import CachedConfigStore, ConfigStore, TimeBasedConfigStore as Config;"
        "print(ConfigStore[Config[int]].__args__[0].__args__[0].__name__)"
    )
    assert in_a_new_process(program) == "int\n"
