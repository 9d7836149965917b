"""What came of a call, so that two stores can be compared."""

# ruff: noqa: S101 (a contract is made of assertions)

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from confstore._stores.protocols import Store
from confstore.errors import (
    ConfigStoreError,
    InvalidCommitError,
    InvalidNameError,
    InvalidValueError,
    OptionNotFoundError,
    StoreClosedError,
    VersionConflictError,
)
from confstore.testing._canary import assert_keeps_values
from confstore.testing._model import Model

__all__ = ["assert_same_outcome", "refusal"]

# The facts of an error that are the same on every backend; a reason may say more on one.
_FACTS: dict[type[Exception], tuple[str, ...]] = {
    InvalidCommitError: ("store",),
    InvalidNameError: ("kind", "name"),
    InvalidValueError: ("option", "path"),
    OptionNotFoundError: ("option", "store"),
    StoreClosedError: ("store",),
    TypeError: (),
    VersionConflictError: ("store", "if_version", "version", "options"),
}

_Error = TypeVar("_Error", bound=Exception)


def refusal(kind: type[_Error], call: Callable[[], Any]) -> _Error:
    """
    The error of a call that has to be refused.

    An error of another kind is left to reach the test's output, with its own traceback.
    """
    try:
        call()
    except kind as error:
        assert_keeps_values(error)
        return error
    raise AssertionError(f"this should have raised {kind.__name__}, and did not")


def assert_same_outcome(
    call: Callable[[Store | Model], Any], store: Store, model: Model, what: str
) -> Any:
    """
    Check that a store answers or refuses as the model does.

    Returns:
        What the store and the model have returned, as a pair; None if both have refused.
    """
    try:
        expected = call(model)
    except (ConfigStoreError, TypeError) as error:
        refused = error
    else:
        return call(store), expected
    kind = type(refused)
    try:
        actual = refusal(kind, lambda: call(store))
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from None
    for fact in _FACTS[kind]:
        assert getattr(actual, fact) == getattr(refused, fact), (
            f"{what}: the error's {fact!r} is wrong"
        )
    return None
