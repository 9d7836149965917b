"""The protocol of a config, what every reading strategy has alike, and the health of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, KeysView, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

import attrs

from confstore._process.clock import seconds
from confstore._stores.protocols import Store
from confstore._values.types import MISSING, Missing
from confstore.errors import InvalidNameError, OptionNotFoundError

if TYPE_CHECKING:
    from typing import Self

    from confstore._reading.health import HealthStatus

__all__ = ["Config", "GetsOptions", "ReadsByName", "Traced", "health"]

D = TypeVar("D")


class GetsOptions(Protocol):
    """Reads options by their names."""

    @overload
    def get(
        self, option: None = None, *, keys: Collection[str] | None = None
    ) -> dict[str, dict[str, Any]]: ...

    @overload
    def get(self, option: str, *, keys: Collection[str] | None = None) -> dict[str, Any]: ...

    @overload
    def get(
        self, option: str, *, keys: Collection[str] | None = None, default: D
    ) -> dict[str, Any] | D: ...

    def get(
        self,
        option: str | None = None,
        *,
        keys: Collection[str] | None = None,
        default: object = MISSING,
    ) -> object:
        """
        Read one option, or every option by its name.

        Args:
            option: The option's name; None reads the whole store.
            keys: The keys to return of each option; None returns all.
            default: Returned for an absent option.

        Raises:
            InvalidNameError: No option can have this name.
            OptionNotFoundError: The option is absent and there is no default.
            TypeError: `keys` is a `str` or a mapping, or holds something that is not a `str`.
        """
        ...


class Config(GetsOptions, Protocol):
    """
    The options of a store, as a program reads them; every reading strategy is one.

    `config[option]` is `config.get(option)`. A config is true even without options. At the end of a
    `with` block it is closed. `dict(config)` holds every option; `get()` reads them as one state.
    """

    def __getitem__(self, option: str, /) -> dict[str, Any]: ...

    def __contains__(self, option: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...

    def __len__(self) -> int: ...

    def __bool__(self) -> bool: ...

    def keys(self) -> KeysView[str]:
        """The names of the options at this moment."""
        ...

    def reload(self) -> None:
        """Make later reads see every write that has ended."""
        ...

    def close(self) -> None:
        """Stop all background work; the store stays open. Closing twice is closing once."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@attrs.frozen(eq=False)
class Traced:
    """
    An option as a config has it, and where it comes from.

    Attributes:
        store: The store that was read.
        checkpoint: That of the poll that found the values; None stands for the store as it is.
        values: The option's values; None if it is absent.
        is_overridden: True if a test replaces the option.
    """

    store: Store
    checkpoint: object = attrs.field(repr=False)
    values: Mapping[str, Any] | None = attrs.field(repr=False)
    is_overridden: bool = False


class ReadsByName:
    """The part of `Config` that every strategy implements alike, and what it needs of each."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _name(self) -> str: ...

        def _read(self, option: str, keys: Collection[str] | None) -> dict[str, Any] | None: ...

        def _read_all(self, keys: Collection[str] | None) -> dict[str, dict[str, Any]]: ...

        def _read_traced(self, option: str) -> Traced: ...

        def __iter__(self) -> Iterator[str]: ...

        def _health_status(self, max_age_s: float | None) -> HealthStatus: ...

        # Said once, with its overloads.
        get = GetsOptions.get
    else:

        def get(self, option=None, *, keys=None, default=MISSING):
            """Read one option, or every option by its name; see `Config.get`."""
            if option is None:
                return self._read_all(keys)
            values = self._read(option, keys)
            return self._or_default(option, default) if values is None else values

    def _or_default(self, option: str, default: object) -> object:
        if default is Missing.MISSING:
            raise OptionNotFoundError(self._name(), option)
        return default

    def __getitem__(self, option: str) -> dict[str, Any]:
        return self.get(option)

    def __contains__(self, option: object) -> bool:
        try:
            return self.get(option, keys=(), default=None) is not None  # type: ignore[call-overload]  # get checks it
        except InvalidNameError:
            return False

    def __len__(self) -> int:
        return sum(1 for _ in self)

    # Without this, an empty store would be false, and `if config:` would count all options.
    def __bool__(self) -> bool:
        return True

    def keys(self) -> KeysView[str]:
        """The names of the options at this moment."""
        return dict.fromkeys(self).keys()


def health(config: Config, *, max_age: float | None = None) -> HealthStatus:
    """
    Answer liveness and readiness from memory, without asking the backend.

    A `SimpleConfigStore` holds nothing: it is always live and ready.

    Args:
        config: A config of any strategy.
        max_age: Seconds after which an unconfirmed snapshot is not ready to be served. None leaves
            that to the config's own `max_stale`.

    Raises:
        TypeError: It is not a config, or `max_age` is not a number.
        ValueError: `max_age` is not positive.
    """
    given: object = config
    if not isinstance(given, ReadsByName):
        is_facade = isinstance(getattr(given, "config", None), ReadsByName)
        advice = ": pass its .config" if is_facade else ""
        message = f"health takes a config, not {type(given).__name__}{advice}"
        raise TypeError(message)
    return given._health_status(None if max_age is None else seconds("max_age", max_age))
