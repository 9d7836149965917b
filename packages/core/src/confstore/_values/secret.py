"""
A value that is never shown: sealed in its store, or kept elsewhere and referred to.

In every backend it is a text that begins with `secret+`. Only its own `reveal` gives the value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, SupportsIndex, TypeVar

from confstore._values.read_only import is_same

if TYPE_CHECKING:
    from typing import Self

__all__ = ["MASK", "PREFIX", "Secret", "SecretSource", "is_any_made", "kind_of"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MASK = "***"
"""The text of every secret, wherever it is shown."""

PREFIX = "secret+"
"""The beginning of the text that stands for a secret in a backend."""

# Whether this process has made a secret.
_is_any_made = False

_TEXT = re.compile(r"secret\+([a-z][a-z0-9-]*):(.+)", re.DOTALL)


def kind_of(text: str) -> str | None:
    """The kind of a secret's text, such as `kms` or `asm`; None if it has no legal form."""
    match = _TEXT.fullmatch(text)
    return match[1] if match else None


def is_any_made() -> bool:
    """True once this process has made a secret: until then no value of any store is one."""
    return _is_any_made


class SecretSource(Protocol[T_co]):
    """
    The part of a secret that knows its value; `SealedStore` gives one to each secret it reads.

    Attributes:
        text: The text in the backend; None for a value that was not sealed yet.
        version: The version of a reference's value, once it is known.
        is_open: True if `reveal` asks nobody.
    """

    @property
    def text(self) -> str | None: ...

    @property
    def version(self) -> str | None: ...

    @property
    def is_open(self) -> bool: ...

    def reveal(self) -> T_co:
        """The value; raises what failed."""
        ...


class _Given(Generic[T]):
    """A value that the program itself made a secret."""

    __slots__ = ("_value",)

    text = version = None
    is_open = True

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        return self._value


class _Referred:
    """A reference that was not read from a store, and so cannot be followed."""

    __slots__ = ("text",)

    version = None
    is_open = False

    def __init__(self, text: str) -> None:
        self.text = text

    def reveal(self) -> NoReturn:
        message = "a reference is followed by the store it is read from: write it, and read it back"
        raise LookupError(message)


class Secret(Generic[T]):
    """
    A value that shows itself as `***` and is given by `reveal()` only.

    `repr`, `str`, `format` and f-strings show the mask; JSON and pickle refuse it; `copy` and
    `deepcopy` give the same object. Two secrets are equal if their sealed texts are, or their
    references and the versions of what these refer to. Two secrets that were not sealed yet are
    never equal: `matches` compares values.

    It is the whole value of a key: `store.set("db", {"password": Secret("...")})`. The store must
    be a `SealedStore`, or opened by a URL with `secrets=`.
    """

    __slots__ = ("__weakref__", "_source")

    _source: SecretSource[T]

    def __init__(self, value: T) -> None:
        """
        Hide a value.

        Args:
            value: Any value that a key can hold, with at most 4,096 bytes as JSON. A dict or list
                is taken as it is at the time of the write.

        Raises:
            TypeError: It is a secret already.
        """
        if isinstance(value, Secret):
            message = "this is a Secret already"
            raise TypeError(message)
        self._take(_Given(value))

    @classmethod
    def reference(cls, reference: str) -> Secret[Any]:
        """
        A secret that is kept elsewhere, to be written to a store.

        Args:
            reference: `asm:NAME` (Secrets Manager), `asm:NAME#KEY` (a key of its JSON),
                `ssm:NAME` (Parameter Store), or what another adapter defines.

        Raises:
            ValueError: It has another form.
        """
        given: object = reference
        if not isinstance(given, str) or kind_of(PREFIX + given) is None:
            raise ValueError("a reference is KIND:NAME, as in asm:prod/db#password")
        return cls._of(_Referred(PREFIX + reference))

    @classmethod
    def _of(cls, source: Any) -> Self:
        secret = cls.__new__(cls)
        secret._take(source)
        return secret

    def _take(self, source: SecretSource[T]) -> None:
        global _is_any_made
        _is_any_made = True
        self._source = source

    @property
    def _origin(self) -> SecretSource[Any]:
        """The source, before its value was converted to the type of a field."""
        source: Any = self._source
        return getattr(source, "base", source)  # type: ignore[no-any-return]  # a source, too

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        # Not at the top: it needs pydantic.
        from confstore._values.converted import pydantic_schema

        return pydantic_schema(source, handler)

    def reveal(self) -> T:
        """
        The value; it is opened once, and then at hand.

        Raises:
            SecretError: It cannot be opened: it was sealed for another place or by another key,
                was changed, or may not be read.
            SecretUnavailableError: Whoever opens it gave no answer; try again later.
            LookupError: It is a reference that was not read from a store.
        """
        return self._source.reveal()

    def matches(self, value: object) -> bool:
        """
        Compare the value with another one, types included; for tests.

        Texts and bytes are compared in constant time.

        Raises:
            SecretError: It cannot be opened; see `reveal`.
        """
        # Not at the top: few programs compare.
        from hmac import compare_digest

        own: object = self.reveal()
        if isinstance(own, str) and isinstance(value, str):
            return compare_digest(_encoded(own), _encoded(value))
        if isinstance(own, bytes) and isinstance(value, bytes):
            return compare_digest(own, value)
        return is_same(own, value)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Secret):
            return NotImplemented
        one, two = self._origin, other._origin
        return one is two or (
            one.text is not None and (one.text, one.version) == (two.text, two.version)
        )

    def __hash__(self) -> int:
        # Not the version, which is known only once the reference was followed.
        text = self._origin.text
        return object.__hash__(self) if text is None else hash(text)

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, specification: str) -> str:
        return format(MASK, specification)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        message = "a Secret cannot be pickled: pass on the URL of the store it is read from"
        raise TypeError(message)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
