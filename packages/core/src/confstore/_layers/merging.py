"""The merge of layers: key by key, the strongest layer first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs

from confstore._layers.environment import Environment, Fields, Given, Variable, part_of
from confstore._values.faulty import FaultyOption
from confstore._values.read_only import ReadOnlyDict, freeze

__all__ = ["Group", "Merger", "Options", "Pile"]

Options = Mapping[str, Mapping[str, Any]]
"""The options of one layer."""


@attrs.frozen(eq=False)
class Group:
    """
    Options that are merged together, because a variable may stand for any of them.

    Attributes:
        parts: The options' parts of the variables' names.
        variables: For each layer, the variables that may stand for one of these options.
    """

    parts: frozenset[str]
    variables: tuple[tuple[Variable, ...], ...]


@attrs.frozen(eq=False)
class Pile:
    """
    What each layer gives to some options, the strongest layer first.

    Attributes:
        given: For each layer, the values by option.
        names: For each layer, the variables that gave them, by option and key.
        faults: Options that cannot be known, and why.
    """

    given: Sequence[Options] = attrs.field(repr=False)
    names: Sequence[Mapping[tuple[str, str], str]]
    faults: Mapping[str, Exception]

    def merged(self) -> dict[str, ReadOnlyDict]:
        """Every option, merged."""
        # The order is that of the weakest layer, which has most of them.
        options = dict.fromkeys(option for layer in reversed(self.given) for option in layer)
        faulty = {option: FaultyOption(fault) for option, fault in self.faults.items()}
        return {option: self._merged(option) for option in options} | faulty

    def _merged(self, option: str) -> ReadOnlyDict:
        return merge(layer[option] for layer in self.given if option in layer)


@attrs.define(eq=False)
class Merger:
    """
    Merges layers, each either an `Environment` or the options of a store.

    Without an environment each option is merged by itself. A variable needs a look at every option
    that may be written so: these form a group, and are merged together.
    """

    store: str
    environments: Sequence[Environment | None]
    fields: Fields | None = None
    _groups: dict[str, Group] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._groups = _groups(self.environments)

    def group_of(self, option: str) -> Group | None:
        """The group of an option; None if no variable can stand for it."""
        return self._groups.get(part_of(option)) if self._groups else None

    def groups(self) -> frozenset[Group]:
        """Every group."""
        return frozenset(self._groups.values())

    def members(self, layers: Sequence[Options | None]) -> dict[Group, frozenset[str]]:
        """The options of the stores that are in a group, by group."""
        found: dict[Group, set[str]] = {group: set() for group in self._groups.values()}
        if found:
            for option in {option for layer in layers if layer is not None for option in layer}:
                group = self.group_of(option)
                if group is not None:
                    found[group].add(option)
        return {group: frozenset(options) for group, options in found.items()}

    def pile(
        self, layers: Sequence[Options | None], options: Collection[str], group: Group | None = None
    ) -> Pile:
        """
        What each layer gives to options.

        Args:
            layers: For each layer, the options of its store, or None for an environment.
            options: All options of the group that a store has; without a group, one or several
                that are in none.
            group: The group.

        Raises:
            InvalidValueError: A variable's text is not of the kind that it replaces.
        """
        # A group has the same order each time, for its errors.
        options = options if group is None else sorted(options)
        below: dict[str, dict[str, Any]] = {}
        given: list[Given] = []
        faults: dict[str, Exception] = {}
        for index in reversed(range(len(layers))):
            layer, environment = layers[index], self.environments[index]
            if layer is not None:
                found = {name: layer[name] for name in options if name in layer}
                # Of layers within a layer.
                faulty = {n: v.fault for n, v in found.items() if isinstance(v, FaultyOption)}
                faults |= faulty
                one = Given({n: v for n, v in found.items() if n not in faulty})  # type: ignore[misc]  # read only
            elif group is not None and environment is not None:
                one = environment.resolve(group.variables[index], below, self.fields, self.store)
                one = attrs.evolve(
                    one, values={name: freeze(values) for name, values in one.values.items()}
                )
                faults = {**one.faults, **faults}
            else:
                one = Given()
            given.append(one)
            if group is not None:
                for name, values in one.values.items():
                    below[name] = {**below.get(name, {}), **values}
        given.reverse()
        return Pile([one.values for one in given], [one.names for one in given], faults)


def merge(layers: Iterable[Mapping[str, Any]]) -> ReadOnlyDict:
    """The values of one option in several layers, the strongest first; at least one."""
    strongest, *others = layers
    merged: Mapping[str, Any] = strongest
    for values in others:
        # Mostly one layer has all of the keys, and is shared.
        if not values.keys() <= merged.keys():
            merged = {**values, **merged}
    return merged if isinstance(merged, ReadOnlyDict) else ReadOnlyDict(merged)


def _groups(environments: Sequence[Environment | None]) -> dict[str, Group]:
    """The group of each part of a name; parts that one variable may name are in one group."""
    group_of: dict[str, set[str]] = {}
    variables = [one.variables.values() if one is not None else () for one in environments]
    for layer in variables:
        for variable in layer:
            joined = {option_part for option_part, _ in variable.splits}
            for part in tuple(joined):
                joined |= group_of.get(part, set())
            group_of.update(dict.fromkeys(joined, joined))
    made: dict[int, Group] = {}
    for parts in group_of.values():
        if id(parts) not in made:
            chosen = tuple(
                tuple(one for one in layer if one.splits[0][0] in parts) for layer in variables
            )
            made[id(parts)] = Group(frozenset(parts), chosen)
    return {part: made[id(parts)] for part, parts in group_of.items()}
