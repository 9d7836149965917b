"""Secrets whose values are converted to the type of a field, now or when they are revealed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from confstore._values.read_only import is_same
from confstore._values.secret import Secret, SecretSource
from confstore.errors import SecretError

__all__ = ["converted", "pydantic_schema"]

_REASON = "its value does not have the type of its field"


class _Converted:
    """A source that converts the value of another one, once."""

    __slots__ = ("_convert", "_is_converted", "_value", "base")

    def __init__(self, base: SecretSource[Any], convert: Callable[[Any], Any]) -> None:
        self.base = base
        self._convert = convert
        self._value: Any = None
        self._is_converted = False

    @property
    def text(self) -> str | None:
        return self.base.text

    @property
    def version(self) -> str | None:
        return self.base.version

    @property
    def is_open(self) -> bool:
        return self.base.is_open

    def reveal(self) -> Any:
        if not self._is_converted:
            fault = self._try()
            if fault is not None:
                raise fault
        return self._value

    def _try(self) -> Exception | None:
        # The error is made here and raised elsewhere: the frames of a converter hold the value.
        value = self.base.reveal()
        try:
            self._value = self._convert(value)
        except Exception:
            place = getattr(self.base, "place", None)
            if place is None:
                return TypeError(f"a secret: {_REASON}")
            return SecretError(place.store, place.option, place.key, _REASON)
        self._is_converted = True
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

    def refuse(_: Any) -> Any:
        message = "a Secret cannot be written as JSON"
        raise TypeError(message)

    return core_schema.no_info_wrap_validator_function(
        validate,
        handler.generate_schema(inner),
        serialization=core_schema.plain_serializer_function_ser_schema(refuse, when_used="json"),
    )


def _without_quoting(secret: Secret[Any], convert: Callable[[Any], Any]) -> Secret[Any] | None:
    try:
        return converted(secret, convert)
    except Exception:
        return None
