"""Findings about the environments among layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confstore._layers.environment import Environment, part_of
from confstore._layers.layered import LayeredStore
from confstore._stores.protocols import Finding
from confstore._values.counted import counted
from confstore._values.faulty import FaultyOption
from confstore._values.names import closest
from confstore._values.variables import variable_name
from confstore.errors import ConfigStoreError

__all__ = ["environment_findings"]

_MAX_NAMES = 5
"""Names in a finding, so that it stays a line."""


def environment_findings(layers: LayeredStore) -> Iterator[Finding]:
    """Look at the variables of each environment: those that match nothing, or have a fault."""
    for index in range(len(layers)):
        environment = layers[index]
        if isinstance(environment, Environment):
            yield from _of_environment(environment, layers[index + 1 :])
    try:
        merged = layers.poll(consistent=True).changed
    except ConfigStoreError as error:
        yield Finding.of_error("layers", error)
        return
    faults = [str(values.fault) for values in merged.values() if isinstance(values, FaultyOption)]
    if faults:
        yield Finding("layers", False, "; ".join(dict.fromkeys(faults)))
    else:
        yield Finding("layers", True, f"{counted(len(merged), 'option')} after merging")


def _of_environment(environment: Environment, below: Sequence[Any]) -> Iterator[Finding]:
    options: dict[str, dict[str, Any]] = {}
    try:
        for layer in below:
            if not isinstance(layer, Environment):
                for option, values in layer.items():
                    options[option] = {**options.get(option, {}), **values}
    except ConfigStoreError as error:
        yield Finding(environment.name, None, f"not compared, as a layer cannot be read: {error}")
        return
    unmatched = list(environment.unmatched(options))
    count = len(environment.variables) + len(environment.others)
    text = f"{count:,} {'variable begins' if count == 1 else 'variables begin'} with"
    text = f"{text} {environment.prefix}"
    if unmatched:
        text = f"{text}; these match no key of the layers below: {_named(unmatched)}"
        yield Finding(environment.name, None, text, _advice(environment, unmatched, options))
    else:
        yield Finding(environment.name, True, text)
    if shared := _shared(options):
        text = f"these keys share a variable, and cannot be overridden: {_named(shared)}"
        yield Finding(environment.name, True, text, "rename one of them, if that is needed")


def _advice(
    environment: Environment, unmatched: Sequence[str], options: Mapping[str, Mapping[str, Any]]
) -> str:
    known = [
        variable_name(option, key, prefix=environment.prefix, separator="__")
        for option, values in options.items()
        for key in values
    ]
    meant = {name: closest(name, known) for name in unmatched[:_MAX_NAMES]}
    found = [f"{name}: did you mean {close}?" for name, close in meant.items() if close]
    return " ".join(found) or "they make new keys, or are of another program"


def _shared(options: Mapping[str, Mapping[str, Any]]) -> list[str]:
    owners: dict[str, list[str]] = {}
    for option, values in options.items():
        for key in values:
            owners.setdefault(f"{part_of(option)}__{part_of(key)}", []).append(f"{option}.{key}")
    return [" and ".join(names) for names in owners.values() if len(names) > 1]


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES
    shown = ", ".join(names[:_MAX_NAMES])
    return f"{shown} and {more:,} more" if more > 0 else shown
