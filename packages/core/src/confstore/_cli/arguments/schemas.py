"""A schema by its name in Python, `module:Class`, and the options that do not fit it."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shlex
import sys
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from confstore import FieldAwareStore, Store, ability
from confstore._cli.arguments.assignments import escaped_key
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import did_you_mean
from confstore._layers.environment import Fields
from confstore._schemas.fields import Problem, is_class, is_model
from confstore._schemas.schema import OptionsSchema, StoreSchema, schema_of
from confstore._values.read_only import freeze

__all__ = ["imported_schema", "notes_on_texts", "problems_of", "read_with"]

# The import machinery; a mistake is never there.
_FROZEN = "<frozen "


def imported_schema(reference: str) -> Any:
    """
    Import a schema, from the working directory too, as `python -m` does.

    It is `module:Class` or `module:attribute.attribute`; a dict of option to class is one, too.
    """
    module_name, _, path = reference.partition(":")
    parts = path.split(".")
    if not all(part.isidentifier() for part in (*module_name.split("."), *parts)):
        message = f"a schema is MODULE:CLASS, such as settings:Settings, not {reference!r}"
        raise CommandError(message)
    if not sys.flags.safe_path:
        sys.path.insert(0, os.getcwd())
    found: Any = _module(module_name)
    name = f"module {module_name!r}"
    for part in parts:
        if not hasattr(found, part):
            public = [known for known in dir(found) if not known.startswith("_")]
            raise CommandError(f"{name} has no {part!r}{did_you_mean(part, public)}")
        found = getattr(found, part)
        name = f"{part!r} of {name}"
    if not _is_schema(found):
        kind = type(found).__name__
        message = f"{name} is not an attrs class, dataclass or pydantic model, but a {kind}"
        raise CommandError(message)
    return found


def read_with(reference: str, types: Any, store: Store) -> Store:
    """The store, read with the types of a schema where it has a use for them, as layers have."""
    by_field = ability(store, FieldAwareStore)
    if by_field is None:
        return store
    return by_field.with_fields(_schema(reference, types, store.name).field_types())


def problems_of(
    reference: str, types: Any, store: str, options: Mapping[str, Any], *, is_strict: bool
) -> tuple[list[Problem], list[str]]:
    """The options that do not fit a class, or a dict of option to class; the names it lacks."""
    return _schema(reference, types, store, is_strict=is_strict).check(freeze(options))


# The kinds of values that KEY=VALUE cannot give, and each as KEY:=JSON gives it.
_WRITTEN = {
    "number": ("a number", "1"),
    "Boolean": ("true or false", "true"),
    "bytes": ("bytes", '{"$bytes": "BASE64"}'),
    "list": ("a list", '["a"]'),
    "dict": ("a dict", '{"a": 1}'),
    "set": ("a set", '{"$set": ["a"]}'),
}


def notes_on_texts(
    reference: str,
    types: Any,
    store: str,
    options: Mapping[str, Any],
    problems: Iterable[Problem],
) -> list[str]:
    """How to write what is a text, and should be something else: a sentence for each kind."""
    fields = Fields(_schema(reference, types, store).field_types())
    notes: dict[str, str] = {}
    for path, _ in problems:
        if len(path) != 2:
            continue
        option, key = map(str, path)
        kind = fields.kind(option, key)
        is_text = isinstance(options.get(option, {}).get(key), str)
        if is_text and kind is not None and kind.name in _WRITTEN:
            what, written = _WRITTEN[kind.name]
            written = shlex.quote(f"{escaped_key(key)}:={written}")
            notes.setdefault(what, f"write {written} for {what}; {key}=VALUE is text")
    return list(notes.values())


def _schema(
    reference: str, types: Any, store: str, *, is_strict: bool = False
) -> OptionsSchema | StoreSchema:
    try:
        schema = schema_of(types, None, store, is_strict=is_strict)
    except ModuleNotFoundError as error:
        advice = "python -m pip install 'confstore[typed]'"
        message = f"attrs classes and dataclasses need cattrs, which is not installed: {advice}"
        raise CommandError(message) from error
    # The annotations are evaluated only here.
    except Exception as error:
        raise _broken(reference, error) from error
    assert schema is not None  # noqa: S101 (only None has no schema)
    return schema


def _broken(reference: str, error: BaseException) -> CommandError:
    """The error for an exception in somebody's module: its type and place, not its text."""
    missing = ""
    if isinstance(error, ModuleNotFoundError) and error.name:
        missing = f" (there is no module {error.name!r})"
    message = f"{reference} failed: {type(error).__name__}{missing}{_place(error)}"
    return CommandError(f"{message}; --debug shows the traceback", ExitCode.INVALID)


def _is_schema(found: Any) -> bool:
    if isinstance(found, Mapping):
        return bool(found) and all(
            isinstance(option, str) and (is_class(type_) or is_model(type_))
            for option, type_ in found.items()
        )
    return is_class(found) or is_model(found)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise _absent_module(error.name) from error
        raise _broken(f"module {name!r}", error) from error
    # A module that ends the process has failed like any other.
    except (Exception, SystemExit) as error:
        raise _broken(f"module {name!r}", error) from error


def _absent_module(name: str) -> CommandError:
    parent = name.rpartition(".")[0]
    if not parent:
        known = [module.name for module in pkgutil.iter_modules([os.getcwd()])]
        where = "here, or installed"
    else:
        path = getattr(sys.modules[parent], "__path__", [])
        # A module that is no package may be the intended one.
        known = [module.name for module in pkgutil.iter_modules(path, f"{parent}.")] or [parent]
        where = f"in {parent!r}"
    return CommandError(f"there is no module {name!r} {where}{did_you_mean(name, known)}")


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f" at {_shown(str(error.filename))}:{error.lineno}"
    places = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not frame.f_code.co_filename.startswith(_FROZEN)
    ]
    # The caller's own line is more useful than that of a library.
    own = [place for place in places if _is_own(place[0])]
    filename, line = (own or places)[-1]
    return f" at {_shown(filename)}:{line}"


def _is_own(filename: str) -> bool:
    return _shown(filename) != filename and "site-packages" not in filename


def _shown(filename: str) -> str:
    """Relative to the working directory, if it is in there."""
    return filename.removeprefix(os.path.join(os.getcwd(), ""))
