"""Secrets whose values are converted to the type of a field, now or when they are revealed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from confstore._values.read_only import is_same
from confstore._values.secret import Secret
from confstore._values.types import MISSING
from confstore.errors import SecretError

__all__ = ["converted", "pydantic_schema"]

_REASON = "its value does not have the type of its field"


class _Converted:
    """
    A source that converts the value of another one, once.

    Only its value is asked for; a secret asks its base for everything else.
    """

    __slots__ = ("_convert", "_value", "base")

    def __init__(self, base: Any, convert: Callable[[Any], Any], made: Any = MISSING) -> None:
        self.base = base
        self._convert = convert
        self._value = made

    def reveal(self) -> Any:
        if self._value is MISSING:
            fault = self._try()
            if fault is not None:
                raise fault
        return self._value

    def _try(self) -> SecretError | None:
        # The error is made here and raised elsewhere: the frames of a converter hold the value.
        value = self.base.reveal()
        try:
            self._value = self._convert(value)
        except Exception:
            # It was read from a store: any other one was open, and converted before.
            fault: SecretError = self.base.refusal(_REASON)
            return fault
        return None


def converted(secret: Secret[Any], convert: Callable[[Any], Any]) -> Secret[Any]:
    """
    A secret with the value that a function makes of its value; the same one if that is equal.

    Raises:
        Exception: The secret is open, and the function raised this.
    """
    source = secret._origin
    if source.is_open:
        own = source.reveal()
        made = convert(own)
        if type(made) is type(own) and is_same(made, own):
            return secret
        return Secret._of(_Converted(source, convert, made))
    return Secret._of(_Converted(source, convert))


def pydantic_schema(source: Any, handler: Any) -> Any:
    """The schema of pydantic for `Secret[T]`: it takes secrets, and makes one of a plain value."""
    from pydantic import TypeAdapter
    from pydantic_core import PydanticCustomError, core_schema

    (inner, *_) = (*get_args(source), Any)
    adapter: list[TypeAdapter[Any]] = []

    def later(value: Any) -> Any:
        if not adapter:
            adapter.append(TypeAdapter(inner))
        return adapter[0].validate_python(value)

    def validate(value: Any, validator: Callable[[Any], Any]) -> Secret[Any]:
        if not isinstance(value, Secret):
            return Secret(validator(value))
        if inner is Any:
            return value
        made = _without_quoting(value, later)
        if made is None:
            # Pydantic's own error would quote the value.
            raise PydanticCustomError("secret_type", "the secret has another type")
        return made

    def serialize(secret: Any, info: Any) -> Any:
        if info.mode == "json":
            message = "a Secret cannot be written as JSON"
            raise TypeError(message)
        return secret

    return core_schema.no_info_wrap_validator_function(
        validate,
        handler.generate_schema(inner),
        serialization=core_schema.plain_serializer_function_ser_schema(serialize, info_arg=True),
    )


def _without_quoting(secret: Secret[Any], convert: Callable[[Any], Any]) -> Secret[Any] | None:
    try:
        return converted(secret, convert)
    except Exception:
        return None
