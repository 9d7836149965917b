"""Several layers read as one store."""

from __future__ import annotations

import math
import random as random_module
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn, cast, overload

import attrs

from confstore._layers.environment import Environment, Fields
from confstore._layers.merging import Group, Merger, Options, Pile
from confstore._process.clock import Clock, Moment, SystemClock
from confstore._process.closing import ClosesOnExit
from confstore._stores.given import checked_object, described
from confstore._stores.loader import Loader, State, saved_state
from confstore._stores.protocols import LocatedStore, Poll, Store, ability
from confstore._stores.schedule import RefreshSchedule, schedule_for
from confstore._values.faulty import FaultyOption
from confstore._values.keys import checked_keys, select
from confstore._values.names import checked_option
from confstore._values.read_only import ReadOnlyDict, freeze, is_same
from confstore.errors import (
    CorruptStoreError,
    OptionNotFoundError,
    ReadOnlyStoreError,
    StoreClosedError,
)

if TYPE_CHECKING:
    from confstore._values.types import Values

__all__ = ["LayeredState", "LayeredStore", "location_of", "place_in"]

_NOTHING = State(ReadOnlyDict())
_ANY_TIME = Moment(-math.inf, -math.inf)
_FASTEST_S = 1.0
"""The interval of a layer that costs nothing to look at, beside one that costs something."""


@attrs.frozen(eq=False)
class LayeredState:
    """
    The state of all layers after a poll.

    Attributes:
        owner: The layers that were polled.
        states: The state of each store; that of an environment is empty.
        due: When each is to be polled again.
        members: The options of the stores in each group.
    """

    owner: object = attrs.field(repr=False)
    states: tuple[State, ...] = attrs.field(repr=False)
    due: tuple[Moment, ...] = attrs.field(repr=False)
    members: Mapping[Group, frozenset[str]] = attrs.field(repr=False)


@attrs.define(eq=False)
class _Layer:
    """A store among the layers."""

    loader: Loader = attrs.field(repr=False)
    schedule: RefreshSchedule
    # Of the last failed polls; a config's checkpoint does not outlive its failed refresh.
    failures: int = 0
    error: Exception | None = attrs.field(default=None, repr=False)
    retry: Moment = _ANY_TIME

    @property
    def store(self) -> Store:
        return self.loader.store

    def poll(self, last: State, clock: Clock, *, consistent: bool) -> State:
        try:
            state = self.loader.next(last, consistent=consistent)
            self.schedule.take_hint()
        except Exception as error:
            self.failures += 1
            self.error = error
            self.retry = Moment.now(clock).after(self.schedule.next_s(self.failures))
            raise
        self.failures, self.error = 0, None
        return state


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
        self._clock = SystemClock() if clock is None else clock
        self._layers = tuple(
            None
            if isinstance(one, Environment)
            else _Layer(Loader(one), schedule_for(one, None, random))
            for one in given
        )
        environments = [one if isinstance(one, Environment) else None for one in given]
        self.name = " ".join(map(location_of, given))
        self._merger = Merger(self.name, environments)
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
        typed._merger = Merger(self.name, self._merger.environments, Fields(fields))
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
        options = self._merged(self._load(None, consistent=consistent))
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
        old = self._known(checkpoint)
        return self._changes(old, self._load(old, consistent=consistent))

    def poll_due(self, checkpoint: object = None) -> Poll:
        """
        As `poll`, of the layers whose interval has passed.

        A layer that failed is not asked again before it is due, and its error is raised meanwhile.
        """
        self._check_open()
        old = self._known(checkpoint)
        return self._changes(old, self._load(old, consistent=False, is_due_only=True))

    def update_interval_hint(self) -> float:
        """The shortest interval of a layer; 0 if a look at each costs nothing."""
        intervals_s = [layer.schedule.interval_s for layer in self._layers if layer is not None]
        if not any(intervals_s):
            return 0.0
        return min(interval_s or _FASTEST_S for interval_s in intervals_s)

    # -- the parts of reading --------------------------------------------------------------------

    def _known(self, checkpoint: object) -> LayeredState | None:
        is_own = isinstance(checkpoint, LayeredState) and checkpoint.owner is self._merger
        return cast("LayeredState", checkpoint) if is_own else None

    def _load(
        self, old: LayeredState | None, *, consistent: bool, is_due_only: bool = False
    ) -> LayeredState:
        """Poll the layers, and give their states."""
        states: list[State] = []
        due: list[Moment] = []
        fastest_s = self.update_interval_hint()
        for index, layer in enumerate(self._layers):
            if layer is None:
                states.append(_NOTHING)
                due.append(Moment.now(self._clock))
                continue
            last = _NOTHING if old is None else old.states[index]
            if is_due_only and layer.schedule.interval_s > fastest_s:
                if layer.error is not None and not layer.retry.has_come(self._clock):
                    raise layer.error.with_traceback(None)
                if old is not None and not old.due[index].has_come(self._clock):
                    states.append(attrs.evolve(last, changed=()))
                    due.append(old.due[index])
                    continue
            now = Moment.now(self._clock)
            states.append(layer.poll(last, self._clock, consistent=consistent))
            # The first time anywhere in the interval: a fleet that starts at once is spread.
            schedule = layer.schedule
            due.append(now.after(schedule.first_s() if old is None else schedule.next_s()))
        members = self._members(old, states)
        return LayeredState(self._merger, tuple(states), tuple(due), members)

    def _members(
        self, old: LayeredState | None, states: Sequence[State]
    ) -> Mapping[Group, frozenset[str]]:
        if old is None:
            return self._merger.members([state.options for state in states])
        changed = {option for state in states for option in state.changed}
        members = dict(old.members)
        for option in changed:
            group = self._merger.group_of(option)
            if group is not None:
                is_there = any(option in state.options for state in states)
                members[group] = (members[group] - {option}) | ({option} if is_there else set())
        return members

    def _changes(self, old: LayeredState | None, new: LayeredState) -> Poll:
        if old is None:
            return Poll(new, self._merged(new), is_full=True)
        names = {option for state in new.states for option in state.changed}
        if not names:
            return Poll(new, {})
        before, after = self._merged(old, names), self._merged(new, names)
        changed = {
            option: values
            for option, values in after.items()
            if option not in before or not _is_same(before[option], values)
        }
        return Poll(new, changed, frozenset(before.keys() - after.keys()))

    def _merged(
        self, state: LayeredState, names: Collection[str] | None = None
    ) -> dict[str, ReadOnlyDict]:
        """Merge all options, or those of which some changed, with the others of their groups."""
        layers = self._options_of(state)
        if names is None:
            # The order is that of the weakest layer, which has most of them.
            names = {option: None for layer in reversed(state.states) for option in layer.options}
            groups: Collection[Group] = self._merger.groups()
        else:
            found = {self._merger.group_of(option) for option in names}
            groups = [group for group in found if group is not None]
        grouped = {option for group in groups for option in state.members[group]}
        alone = [option for option in names if option not in grouped]
        merged = self._merger.pile(layers, alone).merged()
        for group in groups:
            merged |= self._merger.pile(layers, state.members[group], group).merged()
        return merged

    def _options_of(self, state: LayeredState) -> list[Options | None]:
        pairs = zip(self._layers, state.states, strict=True)
        return [None if layer is None else one.options for layer, one in pairs]

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
        group, state = self._merger.group_of(option), self._known(checkpoint)
        if state is not None:
            options = frozenset([option]) if group is None else state.members[group]
            return self._merger.pile(self._options_of(state), options, group)
        layers: list[Options | None] = []
        for layer in self._layers:
            if layer is None:
                layers.append(None)
            elif group is None:
                layers.append(_option_of(layer.store, option, consistent=consistent))
            else:
                layers.append(
                    {
                        name: freeze(values)
                        for name, values in layer.store.items(consistent=consistent)
                        if self._merger.group_of(name) is group
                    }
                )
        members = {name for one in layers if one is not None for name in one}
        return self._merger.pile(layers, members, group)

    def checkpoint_of(self, index: int, checkpoint: object) -> object:
        """The checkpoint of one layer within one of this store; None if there is none."""
        state = self._known(checkpoint)
        return None if state is None else state.states[index].checkpoint

    # -- the parts elsewhere -------------------------------------------------------------------

    def remote_parts(self, checkpoint: object) -> list[Mapping[str, ReadOnlyDict]]:
        """The options of each layer that is not on this machine, as of a poll."""
        state = self._known(checkpoint)
        states = () if state is None else state.states
        pairs = zip(self._layers, states, strict=False)
        return [one.options for layer, one in pairs if not _is_local(layer)]

    def restore(self, parts: Sequence[Mapping[str, ReadOnlyDict]]) -> Poll:
        """
        A full poll with these options for the layers elsewhere; those on this machine are read now.

        Raises:
            CorruptStoreError: There are more or fewer parts than layers elsewhere.
        """
        self._check_open()
        elsewhere = {
            index: layer.store
            for index, layer in enumerate(self._layers)
            if layer is not None and not _is_local(layer)
        }
        if len(parts) != len(elsewhere):
            raise CorruptStoreError("the fallback file", "it is of other layers")
        states = [_NOTHING] * len(self._layers)
        for (index, store), options in zip(elsewhere.items(), parts, strict=True):
            states[index] = saved_state(store, options)
        for index, layer in enumerate(self._layers):
            if layer is not None and index not in elsewhere:
                states[index] = layer.poll(_NOTHING, self._clock, consistent=True)
        members = self._members(None, states)
        due = (Moment.now(self._clock),) * len(states)
        return self._changes(None, LayeredState(self._merger, tuple(states), due, members))

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
                for layer in reversed(self._layers):
                    if layer is not None:
                        closing.callback(layer.store.close)

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


def _is_local(layer: _Layer | None) -> bool:
    if layer is None:
        return True
    located = ability(layer.store, LocatedStore)
    return located is not None and located.is_local()


def _option_of(store: Store, option: str, *, consistent: bool) -> dict[str, ReadOnlyDict]:
    try:
        return {option: freeze(store.get(option, consistent=consistent))}
    except OptionNotFoundError:
        return {}


def _is_same(one: ReadOnlyDict, other: ReadOnlyDict) -> bool:
    if isinstance(one, FaultyOption) or isinstance(other, FaultyOption):
        return (
            isinstance(one, FaultyOption)
            and isinstance(other, FaultyOption)
            and one.fault.args == other.fault.args
        )
    return is_same(one, other)
