"""Where the values of a config come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast

import attrs

from confstore._layers.layered import LayeredStore, location_of, place_in
from confstore._layers.merging import Pile
from confstore._stores.given import checked_object, described
from confstore._stores.protocols import Store
from confstore._values.names import checked_option
from confstore.errors import OptionNotFoundError

__all__ = ["Candidate", "Explained", "Origin", "explain", "origin"]

_OVERRIDE = "override()"


@attrs.frozen
class Origin:
    """
    Where the value of a key comes from.

    Attributes:
        layer: The name of the layer: `env:APP_`, or the store's URL without its parameters.
        source: The variable, the file and line, or the table and store.
        overridden: The names of the weaker layers that have the key, too, the strongest first.
    """

    layer: str
    source: str
    overridden: tuple[str, ...] = ()


@attrs.frozen
class Candidate:
    """
    The value that one layer has for a key.

    Attributes:
        layer: The name of the layer.
        source: The variable, the file and line, or the table and store.
        value: The value.
        position: The layer's index among the layers; 0 is the strongest.
    """

    layer: str
    source: str
    value: Any = attrs.field(repr=False)
    position: int = 0


@attrs.frozen
class Explained:
    """
    A key, and the values that the layers have for it.

    Attributes:
        option: The option.
        key: The key; None for an option that has none, or of which the variables are ambiguous.
        candidates: The values, the strongest layer first; the first one is read.
        fault: Why the option cannot be read; None if it can.
    """

    option: str
    key: str | None
    candidates: tuple[Candidate, ...]
    fault: Exception | None = None


class _Traced(Protocol):
    store: Store
    checkpoint: object
    values: Any
    is_overridden: bool


class _Config(Protocol):
    def _read_traced(self, option: str) -> _Traced: ...


def origin(config: object, option: str, key: str) -> Origin:
    """
    Where the value of a key of a config comes from.

    It is that of the config's own snapshot: of a `TimeBasedConfigStore` the last refresh, of a
    `CachedConfigStore` the read of the option. For the line in a file this reads the file; if it
    has changed since the snapshot, the line is not known, and left out.

    Args:
        config: A reading strategy, of a layered store or of any other; or a store, as it is now.
        option: The option.
        key: The key.

    Raises:
        InvalidValueError: The variables for the option are ambiguous.
        LookupError: The option has no such key.
        OptionNotFoundError: The config has no such option.
        TypeError: `config` is neither a strategy nor a store.
    """
    read = getattr(type(config), "_read_traced", None)
    if read is None:
        store, checkpoint = _store_of(config), None
        values: Any = store.get(option)
    else:
        traced: _Traced = cast("_Config", config)._read_traced(option)
        store, checkpoint, values = traced.store, traced.checkpoint, traced.values
        if values is None:
            raise OptionNotFoundError(store.name, option)
        if traced.is_overridden:
            _check_key(store, option, key, key in values)
            return Origin(_OVERRIDE, _OVERRIDE)
    _check_key(store, option, key, key in values)
    found = [one for one in _explained(store, option, checkpoint) if one.key == key]
    _check_key(store, option, key, bool(found))
    winner, *others = found[0].candidates
    return Origin(winner.layer, winner.source, tuple(other.layer for other in others))


def explain(store: Store, option: str | None = None) -> Iterator[Explained]:
    """
    Every key of a store as it is now, or those of one option, with the values of each layer.

    Args:
        store: A layered store, or any other, which is its only layer.
        option: The option; None stands for all of them.

    Raises:
        OptionNotFoundError: No layer has the option.
    """
    checked_object(store)
    if option is not None:
        yield from _explained(store, checked_option(option, store=store.name), None)
        return
    if isinstance(store, LayeredStore):
        poll = store.poll(consistent=True)
        for name in sorted(poll.changed):
            yield from _explained(store, name, poll.checkpoint)
    else:
        for name, values in sorted(store.items()):
            yield from _of_plain(store, name, values, None)


def _store_of(given: object) -> Store:
    try:
        return checked_object(cast("Store", given))
    except TypeError:
        message = f"a config or a store belongs here, not {described(given)}"
        raise TypeError(message) from None


def _check_key(store: Store, option: str, key: str, is_there: bool) -> None:
    if not is_there:
        raise LookupError(f"option {option!r} of store {store.name!r} has no key {key!r}")


def _explained(store: Store, option: str, checkpoint: object) -> Iterator[Explained]:
    if isinstance(store, LayeredStore):
        yield from _of_layers(store, option, checkpoint)
    else:
        yield from _of_plain(store, option, None, checkpoint)


def _of_plain(store: Store, option: str, values: Any, checkpoint: object) -> Iterator[Explained]:
    values = store.get(option) if values is None else values
    for key, value in values.items():
        candidate = Candidate(location_of(store), place_in(store, option, key, checkpoint), value)
        yield Explained(option, key, (candidate,))
    if not values:
        yield Explained(option, None, ())


def _of_layers(store: LayeredStore, option: str, checkpoint: object) -> Iterator[Explained]:
    pile = store.pile(option, checkpoint)
    if option in pile.faults:
        yield Explained(option, None, (), pile.faults[option])
        return
    keys = dict.fromkeys(key for layer in reversed(pile.given) for key in layer.get(option, ()))
    if not keys:
        if not any(option in layer for layer in pile.given):
            raise OptionNotFoundError(store.name, option)
        yield Explained(option, None, ())
    for key in keys:
        yield Explained(option, key, tuple(_candidates(store, pile, option, key, checkpoint)))


def _candidates(
    store: LayeredStore, pile: Pile, option: str, key: str, checkpoint: object
) -> Iterator[Candidate]:
    for index, given in enumerate(pile.given):
        if key in given.get(option, ()):
            source = store.source_of(index, pile, option, key, checkpoint)
            yield Candidate(location_of(store[index]), source, given[option][key], index)
