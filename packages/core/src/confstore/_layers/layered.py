"""Several layers read as one store."""

from __future__ import annotations

import random as random_module
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn, overload

import attrs

from confstore._layers.environment import Environment, Fields
from confstore._layers.merging import Merger, Pile
from confstore._layers.polled import polled
from confstore._process.clock import Clock, SystemClock
from confstore._process.closing import ClosesOnExit
from confstore._stores.given import checked_object, described
from confstore._stores.protocols import LocatedStore, Poll, Store, ability
from confstore._values.faulty import FaultyOption
from confstore._values.keys import checked_keys, select
from confstore._values.names import checked_option
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import OptionNotFoundError, ReadOnlyStoreError, StoreClosedError

if TYPE_CHECKING:
    from confstore._values.types import Values

__all__ = ["LayeredStore", "location_of", "place_in"]


class LayeredStore(ClosesOnExit):
    """
    Several layers read as one store: of each key, the strongest layer that has it gives the value.

    An option is there if any layer has it. Its keys are merged, and never the values of a key: a
    list or dict replaces the one below. The layers are stores of any backends, and environments.

    It reads (`get`, `items`, `poll`), and any strategy reads through it. It does not write and has
    no journal: `layers[0]` is the strongest layer, and its own store to write to. Closing it closes
    the layers.

    An option that a variable may stand for costs a `get` a look at the whole of each store, because
    another option may be written the same.

    Attributes:
        name: The names of the layers, the strongest first.
    """

    def __init__(
        self,
        layers: Sequence[Store | Environment],
        *,
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """
        Put layers over each other.

        Args:
            layers: The strongest first; at least one is a store.
            clock: The source of time, for the intervals of the layers.
            random: Draws from [0, 1) for their jitter.

        Raises:
            TypeError: There is no list, or a layer is neither a store nor an `Environment`.
            ValueError: No layer is a store.
        """
        sequence: object = layers
        if isinstance(sequence, str) or not isinstance(sequence, Sequence):
            message = f"layers are a list, the strongest first, not {described(layers)}"
            raise TypeError(message)
        given = tuple(layers)
        stores = [one for one in given if not isinstance(one, Environment)]
        for store in stores:
            checked_object(store)
        if not stores:
            raise ValueError("a layered store needs at least one layer that is a store")
        self._given = given
        self.name = " ".join(map(location_of, given))
        environments = [one if isinstance(one, Environment) else None for one in given]
        clock = SystemClock() if clock is None else clock
        self._polled = polled(given, Merger(self.name, environments), clock, random)
        # One for all that are made of it by `with_fields`, whose states are the same.
        self._is_closed: list[bool] = []

    def with_fields(self, fields: Mapping[str, Mapping[str | None, Any]]) -> LayeredStore:
        """
        The same layers, read with the types of a schema.

        Args:
            fields: Option to key to type; the key None stands for those that are not named.
        """
        typed = LayeredStore.__new__(LayeredStore)
        vars(typed).update(vars(self))
        environments = self._polled.merger.environments
        merger = Merger(self.name, environments, Fields(fields))
        typed._polled = attrs.evolve(self._polled, merger=merger)
        return typed

    # -- the layers ----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._given)

    @overload
    def __getitem__(self, index: int) -> Store | Environment: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Store | Environment, ...]: ...

    def __getitem__(
        self, index: int | slice
    ) -> Store | Environment | tuple[Store | Environment, ...]:
        return self._given[index]

    # -- reading -------------------------------------------------------------------------------

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """
        Merge one option, or those of the given keys that it has.

        Raises:
            InvalidValueError: A variable for it has no value of the kind that it replaces, or may
                stand for another option as well.
            OptionNotFoundError: No layer has the option.
            TypeError: `keys` is a `str` or a mapping, or holds something that is not a `str`.
        """
        self._check_open()
        option, wanted = checked_option(option, store=self.name), checked_keys(keys)
        return select(self._of(self.pile(option, consistent=consistent), option), wanted).copy()

    def get_traced(self, option: str) -> tuple[Values, object]:
        """Merge one option, strongly consistent, and give what each layer has for `origin`."""
        self._check_open()
        pile = self.pile(checked_option(option, store=self.name))
        return self._of(pile, option).copy(), pile

    def place_of(self, option: str, key: str, checkpoint: object = None) -> str:
        """The variable, the file and line, or the table, of the strongest layer that has a key."""
        pile = self.pile(option, checkpoint)
        has_key = [key in given.get(option, ()) for given in pile.given]
        return self.source_of(has_key.index(True), pile, option, key, checkpoint)

    def source_of(self, index: int, pile: Pile, option: str, key: str, checkpoint: object) -> str:
        """The variable, the file and line, or the table, of one layer that has a key."""
        layer = self._given[index]
        if isinstance(layer, Environment):
            return pile.names[index][option, key]
        return place_in(layer, option, key, self.checkpoint_of(index, checkpoint))

    def _of(self, pile: Pile, option: str) -> ReadOnlyDict:
        merged = pile.merged().get(option)
        if merged is None:
            raise OptionNotFoundError(self.name, option)
        return merged

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        """
        Merge every option as of the call.

        Raises:
            InvalidValueError: As `get`; for an option that cannot be told from another, after the
                others were given.
        """
        self._check_open()
        options = self._polled.merged(self._polled.load(None, consistent=consistent))
        # Those with a fault are the last, and end the answer.
        ordered = sorted(options.items(), key=lambda item: isinstance(item[1], FaultyOption))
        return ((option, values.copy()) for option, values in ordered)

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        """
        Poll every layer once, and merge the options that changed in one.

        Raises:
            InvalidValueError: A variable has no value of the kind that it replaces.
        """
        self._check_open()
        old = self._polled.known(checkpoint)
        return self._polled.changes(old, self._polled.load(old, consistent=consistent))

    def poll_due(self, checkpoint: object = None) -> Poll:
        """
        As `poll`, of the layers whose interval has passed.

        A layer that failed is not asked again before it is due, and its error is raised meanwhile.
        """
        self._check_open()
        old = self._polled.known(checkpoint)
        new = self._polled.load(old, consistent=False, is_due_only=True)
        return self._polled.changes(old, new)

    def update_interval_hint(self) -> float:
        """The shortest interval of a layer; 0 if a look at each costs nothing."""
        return self._polled.interval_s()

    # -- what a part of the layers gives ---------------------------------------------------------

    def pile(self, option: str, checkpoint: object = None, *, consistent: bool = True) -> Pile:
        """
        What each layer gives to an option, as of a checkpoint, or now.

        Args:
            option: An option's name.
            checkpoint: That of a poll, or what `get_traced` gave; any other asks the layers.
            consistent: True to see every write that has ended.
        """
        if isinstance(checkpoint, Pile):
            return checkpoint
        return self._polled.pile(option, self._polled.known(checkpoint), consistent=consistent)

    def checkpoint_of(self, index: int, checkpoint: object) -> object:
        """The checkpoint of one layer within one of this store; None if there is none."""
        state = self._polled.known(checkpoint)
        return None if state is None else state.states[index].checkpoint

    def remote_parts(self, checkpoint: object) -> list[Mapping[str, ReadOnlyDict]]:
        """The options of each layer that is not on this machine, as of a poll."""
        return self._polled.remote_parts(self._polled.known(checkpoint))

    def restore(self, parts: Sequence[Mapping[str, ReadOnlyDict]]) -> Poll:
        """
        A full poll with these options for the layers elsewhere; those on this machine are read now.

        Raises:
            CorruptStoreError: There are more or fewer parts than layers elsewhere.
        """
        self._check_open()
        return self._polled.changes(None, self._polled.restored(parts))

    # -- the rest of a store ---------------------------------------------------------------------

    def set(self, option: str, values: Mapping[str, Any]) -> NoReturn:
        """Raise `ReadOnlyStoreError`: write to a layer."""
        self._refuse(option, values)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> NoReturn:
        """Raise `ReadOnlyStoreError`: write to a layer."""
        self._refuse(option, values, remove)

    def delete(self, option: str) -> NoReturn:
        """Raise `ReadOnlyStoreError`: write to a layer."""
        self._refuse(option)

    def _refuse(self, *_: object) -> NoReturn:
        self._check_open()
        raise ReadOnlyStoreError(self.name, "it has several layers: write to one of them")

    def close(self) -> None:
        """Close every layer; the second call does nothing."""
        if not self._is_closed:
            self._is_closed.append(True)
            with ExitStack() as closing:
                for layer in reversed(self._given):
                    if not isinstance(layer, Environment):
                        closing.callback(layer.close)

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreClosedError(self.name)

    def __repr__(self) -> str:
        return f"<LayeredStore {self.name!r}>"


def location_of(layer: Store | Environment) -> str:
    """The name of a layer: `env:PREFIX`, a store's URL without parameters, else its name."""
    if isinstance(layer, Environment):
        return layer.name
    located = ability(layer, LocatedStore)
    return layer.name if located is None else located.location()


def place_in(layer: Store, option: str, key: str, checkpoint: object) -> str:
    """The place of a key's value in a layer that is a store."""
    located = ability(layer, LocatedStore)
    if located is None:
        return f"store {layer.name!r}"
    return located.place_of(option, key, checkpoint)
