"""The stores among layers: polled at their own intervals, and what changed in their merge."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import cast

import attrs

from confstore._layers.environment import Environment
from confstore._layers.merging import Group, Merger, Options, Pile
from confstore._process.clock import Clock, Moment
from confstore._stores.loader import Loader, State, saved_state
from confstore._stores.protocols import LocatedStore, Poll, Store, ability
from confstore._stores.schedule import RefreshSchedule, schedule_for
from confstore._values.faulty import FaultyOption
from confstore._values.read_only import ReadOnlyDict, freeze, is_same
from confstore.errors import CorruptStoreError, OptionNotFoundError

__all__ = ["LayeredState", "PolledLayers", "polled"]

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


@attrs.frozen(eq=False)
class PolledLayers:
    """
    Layers, of which each store is polled at its own interval.

    Attributes:
        layers: The strongest first; None stands for an environment, which is read in each merge.
        merger: Merges what the layers have.
        clock: The source of time.
    """

    layers: tuple[_Layer | None, ...] = attrs.field(repr=False)
    merger: Merger = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)

    def interval_s(self) -> float:
        """The shortest interval of a layer; 0 if a look at each costs nothing."""
        intervals_s = [layer.schedule.interval_s for layer in self.layers if layer is not None]
        if not any(intervals_s):
            return 0.0
        return min(interval_s or _FASTEST_S for interval_s in intervals_s)

    def known(self, checkpoint: object) -> LayeredState | None:
        """The state that a checkpoint of these layers is; None for any other."""
        is_own = isinstance(checkpoint, LayeredState) and checkpoint.owner is self.merger
        return cast("LayeredState", checkpoint) if is_own else None

    def load(
        self, old: LayeredState | None, *, consistent: bool, is_due_only: bool = False
    ) -> LayeredState:
        """Poll the layers, and give their states."""
        states: list[State] = []
        due: list[Moment] = []
        fastest_s = self.interval_s()
        for index, layer in enumerate(self.layers):
            if layer is None:
                states.append(_NOTHING)
                due.append(Moment.now(self.clock))
                continue
            last = _NOTHING if old is None else old.states[index]
            if is_due_only and layer.schedule.interval_s > fastest_s:
                if layer.error is not None and not layer.retry.has_come(self.clock):
                    raise layer.error.with_traceback(None)
                if old is not None and not old.due[index].has_come(self.clock):
                    states.append(attrs.evolve(last, changed=()))
                    due.append(old.due[index])
                    continue
            now = Moment.now(self.clock)
            states.append(layer.poll(last, self.clock, consistent=consistent))
            # The first time anywhere in the interval: a fleet that starts at once is spread.
            schedule = layer.schedule
            due.append(now.after(schedule.first_s() if old is None else schedule.next_s()))
        members = self._members(old, states)
        return LayeredState(self.merger, tuple(states), tuple(due), members)

    def _members(
        self, old: LayeredState | None, states: Sequence[State]
    ) -> Mapping[Group, frozenset[str]]:
        if old is None:
            return self.merger.members([state.options for state in states])
        changed = {option for state in states for option in state.changed}
        members = dict(old.members)
        for option in changed:
            group = self.merger.group_of(option)
            if group is not None:
                is_there = any(option in state.options for state in states)
                members[group] = (members[group] - {option}) | ({option} if is_there else set())
        return members

    def changes(self, old: LayeredState | None, new: LayeredState) -> Poll:
        """Find the changes of the merge from one state to the next; all of it after None."""
        if old is None:
            return Poll(new, self.merged(new), is_full=True)
        names = {option for state in new.states for option in state.changed}
        if not names:
            return Poll(new, {})
        before, after = self.merged(old, names), self.merged(new, names)
        changed = {
            option: values
            for option, values in after.items()
            if option not in before or not _is_same(before[option], values)
        }
        return Poll(new, changed, frozenset(before.keys() - after.keys()))

    def merged(
        self, state: LayeredState, names: Collection[str] | None = None
    ) -> dict[str, ReadOnlyDict]:
        """Merge all options, or those of which some changed, with the others of their groups."""
        layers = self._options_of(state)
        if names is None:
            # The order is that of the weakest layer, which has most of them.
            names = {option: None for layer in reversed(state.states) for option in layer.options}
            groups: Collection[Group] = self.merger.groups()
        else:
            found = {self.merger.group_of(option) for option in names}
            groups = [group for group in found if group is not None]
        grouped = {option for group in groups for option in state.members[group]}
        alone = [option for option in names if option not in grouped]
        merged = self.merger.pile(layers, alone).merged()
        for group in groups:
            merged |= self.merger.pile(layers, state.members[group], group).merged()
        return merged

    def _options_of(self, state: LayeredState) -> list[Options | None]:
        pairs = zip(self.layers, state.states, strict=True)
        return [None if layer is None else one.options for layer, one in pairs]

    def pile(self, option: str, state: LayeredState | None, *, consistent: bool) -> Pile:
        """
        What each layer gives to an option, as of a state, or now.

        Args:
            option: An option's name.
            state: None to ask the layers.
            consistent: True to see every write that has ended.
        """
        group = self.merger.group_of(option)
        if state is not None:
            options = frozenset([option]) if group is None else state.members[group]
            return self.merger.pile(self._options_of(state), options, group)
        layers: list[Options | None] = []
        for layer in self.layers:
            if layer is None:
                layers.append(None)
            elif group is None:
                layers.append(_option_of(layer.store, option, consistent=consistent))
            else:
                layers.append(
                    {
                        name: freeze(values)
                        for name, values in layer.store.items(consistent=consistent)
                        if self.merger.group_of(name) is group
                    }
                )
        members = {name for one in layers if one is not None for name in one}
        return self.merger.pile(layers, members, group)

    def remote_parts(self, state: LayeredState | None) -> list[Mapping[str, ReadOnlyDict]]:
        """The options of each layer that is not on this machine, as of a state."""
        states = () if state is None else state.states
        pairs = zip(self.layers, states, strict=False)
        return [one.options for layer, one in pairs if not _is_local(layer)]

    def restored(self, parts: Sequence[Mapping[str, ReadOnlyDict]]) -> LayeredState:
        """
        A state with these options for the layers elsewhere; those on this machine are read now.

        Raises:
            CorruptStoreError: There are more or fewer parts than layers elsewhere.
        """
        elsewhere = {
            index: layer.store
            for index, layer in enumerate(self.layers)
            if layer is not None and not _is_local(layer)
        }
        if len(parts) != len(elsewhere):
            raise CorruptStoreError("the fallback file", "it is of other layers")
        states = [_NOTHING] * len(self.layers)
        for (index, store), options in zip(elsewhere.items(), parts, strict=True):
            states[index] = saved_state(store, options)
        for index, layer in enumerate(self.layers):
            if layer is not None and index not in elsewhere:
                states[index] = layer.poll(_NOTHING, self.clock, consistent=True)
        members = self._members(None, states)
        due = (Moment.now(self.clock),) * len(states)
        return LayeredState(self.merger, tuple(states), due, members)


def polled(
    given: Iterable[Store | Environment],
    merger: Merger,
    clock: Clock,
    random: Callable[[], float],
) -> PolledLayers:
    """Layers as they are given, the strongest first; `random` draws for their jitter."""
    layers = tuple(
        None
        if isinstance(one, Environment)
        else _Layer(Loader(one), schedule_for(one, None, random))
        for one in given
    )
    return PolledLayers(layers, merger, clock)


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
