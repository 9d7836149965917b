"""What `confstore.testing` offers beside the contract: strategies, tables and the canary."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from hypothesis import given

from confstore.adapter import canonical_values, checked_option, checked_store
from confstore.errors import InvalidNameError, InvalidValueError
from confstore.testing import (
    CANARY,
    EDGE_VALUES,
    HOSTILE_NAMES,
    INVALID_OPTION_NAMES,
    INVALID_STORE_NAMES,
    INVALID_VALUES,
    any_option,
    any_values,
    assert_keeps_values,
)


@given(option=any_option)
def test_any_option_is_valid(option: str) -> None:
    """What the strategy gives can be the name of an option."""
    assert checked_option(option) == option


@given(values=any_values)
def test_any_values_are_valid(values: dict[str, Any]) -> None:
    """What the strategy gives can be stored."""
    assert canonical_values("option", values).keys() == values.keys()


def test_edge_values_are_valid() -> None:
    """Values at the limits of the domain are in it."""
    assert canonical_values("option", EDGE_VALUES).keys() == EDGE_VALUES.keys()


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_valid(name: str) -> None:
    """A hostile name is a name."""
    assert checked_option(name) == name


@pytest.mark.parametrize("values", INVALID_VALUES.values(), ids=INVALID_VALUES)
def test_invalid_values_are_refused(values: Any) -> None:
    """No entry of the table is in the domain, and its error shows no value."""
    with pytest.raises(InvalidValueError) as caught:
        canonical_values("option", values)
    assert_keeps_values(caught.value)


def test_there_are_many_invalid_values() -> None:
    """The table is long enough to mean something."""
    assert len(INVALID_VALUES) >= 60


@pytest.mark.parametrize("name", INVALID_OPTION_NAMES.values(), ids=INVALID_OPTION_NAMES)
def test_invalid_option_names_are_refused(name: Any) -> None:
    """No entry of the table can be the name of an option."""
    with pytest.raises(InvalidNameError):
        checked_option(name)


@pytest.mark.parametrize("name", INVALID_STORE_NAMES.values(), ids=INVALID_STORE_NAMES)
def test_invalid_store_names_are_refused(name: Any) -> None:
    """No entry of the table can be the name of a store."""
    with pytest.raises(InvalidNameError):
        checked_store(name)


def test_canary_shows_itself() -> None:
    """Whoever prints what cannot be stored prints the canary."""
    assert CANARY in repr(INVALID_VALUES["Canary for the values"])


def test_error_without_values_passes() -> None:
    """An error that names an option is no leak."""
    assert_keeps_values(InvalidValueError("test", "option", "key", "reason"))


def with_cause() -> Exception:
    error = ValueError("text")
    error.__cause__ = ValueError(CANARY)
    return error


def with_context() -> Exception:
    error = ValueError("text")
    error.__context__ = ValueError({"key": CANARY})
    return error


def with_note() -> Exception:
    error = ValueError("text")
    error.add_note(f"while writing {CANARY}")
    return error


@pytest.mark.parametrize(
    "error",
    [
        ValueError(CANARY),
        ValueError("text", {"key": [CANARY]}),
        with_cause(),
        with_context(),
        with_note(),
    ],
    ids=["text", "argument", "cause", "context", "note"],
)
def test_error_with_a_value_is_caught(error: Exception) -> None:
    """Wherever a log would print a value of an error, it is found."""
    with pytest.raises(AssertionError, match="shows a value"):
        assert_keeps_values(error)


def test_suppressed_context_is_not_shown() -> None:
    """What `from None` hides is not printed, and so no leak."""
    error = with_context()
    error.__suppress_context__ = True
    assert_keeps_values(error)


@pytest.mark.parametrize("library", ["hypothesis", "pytest"])
def test_absent_library(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """The error names the extra that brings it."""
    monkeypatch.delitem(sys.modules, "confstore.testing")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ModuleNotFoundError, match=rf"needs {library}: .*'confstore\[testing\]'"):
        importlib.import_module("confstore.testing")
