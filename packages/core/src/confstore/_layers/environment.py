"""Environment variables as a layer over stores."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs

from confstore._layers.texts import TEXT, Kind, kind_of_type, kind_of_value, value_of_text
from confstore._stores.given import described
from confstore._values.counted import counted
from confstore._values.keys import RESERVED_KEYS
from confstore._values.names import MAX_OPTION_B
from confstore._values.variables import variable_name
from confstore.errors import InvalidValueError

__all__ = ["Environment", "Fields", "Given", "Variable", "part_of"]

SEPARATOR = "__"
"""It stands between option and key, as in `exec --separator __`."""

# It ends with _, so that it is a word by itself.
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]*_")
_NAME = re.compile(r"[A-Za-z0-9_]*")
_MOST_SHOWN = 40
"""Characters of a wrong prefix that an error shows; a guess."""


def part_of(name: str) -> str:
    """An option's or a key's part of a variable's name."""
    # Behind a letter, as no variable begins with a digit.
    return variable_name(name, "", prefix="_", separator="")[1:]


@attrs.frozen
class Variable:
    """
    A variable that can stand for a key of an option.

    Attributes:
        name: Its name.
        splits: Every way to read the name without its prefix as the parts of option and key.
        text: Its text.
    """

    name: str
    splits: tuple[tuple[str, str], ...]
    text: str = attrs.field(repr=False)


class Fields:
    """The types of keys that a schema knows, found by the parts of variables' names."""

    def __init__(self, types: Mapping[str, Mapping[str | None, Any]]) -> None:
        """
        Index the types.

        Args:
            types: Option to key to type; the key None stands for all keys that are not named.
        """
        self._names: dict[tuple[str, str], tuple[str, str]] = {}
        self._kinds: dict[tuple[str, str | None], Kind | None] = {}
        for option, keys in types.items():
            part = part_of(option)
            for key, type_ in keys.items():
                parts = part, None if key is None else part_of(key)
                self._kinds.setdefault(parts, kind_of_type(type_))
                if key is not None:
                    # The first of several names is the preferred one.
                    self._names.setdefault((part, part_of(key)), (option, key))

    def names(self, splits: Collection[tuple[str, str]]) -> tuple[str, str] | None:
        """Option and key that the schema writes so; None if it knows none."""
        return next((self._names[split] for split in splits if split in self._names), None)

    def kind(self, option: str, key: str) -> Kind | None:
        """The kind of a key's values; None if the schema does not say."""
        option_part = part_of(option)
        known = self._kinds.get((option_part, part_of(key)))
        return known or self._kinds.get((option_part, None))


@attrs.frozen
class Given:
    """
    What the environment gives to some options.

    Attributes:
        values: Option to key to value.
        names: Option and key to the variable's name.
        faults: Options of which no variable can be told from another, and why.
    """

    values: dict[str, dict[str, Any]] = attrs.field(factory=dict, repr=False)
    names: dict[tuple[str, str], str] = attrs.field(factory=dict)
    faults: dict[str, InvalidValueError] = attrs.field(factory=dict)


class Environment:
    """
    The environment variables with a prefix, as a layer of a `LayeredStore`.

    The variable `APP_DB__PORT` stands for the key `port` of the option `db`: the prefix `APP_`,
    then option and key with `__` between them. Letter case does not count, and any other character
    than an ASCII letter or digit is `_`, as `confstore exec --separator __` writes names. A
    variable that is written like an option and a key of the layers below stands for these; else it
    makes a key, with the schema's spelling or in lower case.

    Its text becomes a value of the same kind as the value below: a number, `true`, `false`, `1` or
    `0`, bytes in base64, a list, dict or set in JSON, else text. Where there is no value below, or
    None, the type of the schema's field decides.

    The variables are read once, when this object is made. It is no store by itself.

    Attributes:
        prefix: The prefix.
        name: The name of the layer, `env:` and the prefix.
        variables: The variables that can stand for a key, by name.
        others: The names of the variables with the prefix that cannot, in order.
    """

    def __init__(self, prefix: str, environ: Mapping[str, str] | None = None) -> None:
        """
        Read the variables.

        Args:
            prefix: Letters, digits and `_`, with a `_` at its end, such as `APP_`.
            environ: The variables by name; None takes those of this process.

        Raises:
            TypeError: The prefix is not a `str`, or the variables are no mapping.
            ValueError: It is something else than such a prefix.
        """
        given: object = prefix
        if not isinstance(given, str):
            message = f"a prefix is a str such as 'APP_', not {described(given)}"
            raise TypeError(message)
        if not _PREFIX.fullmatch(prefix):
            # A URL that somebody took for a prefix may hold a password.
            shown = f", not {prefix!r}" if len(prefix) <= _MOST_SHOWN and ":" not in prefix else ""
            message = f"a prefix is letters, digits and _, with a _ at its end{shown}"
            raise ValueError(f"{message}: give one such as 'APP_'")
        variables_of: object = environ
        if not (environ is None or isinstance(variables_of, Mapping)):
            raise TypeError(f"environ is a mapping of names to texts, not {described(environ)}")
        self.prefix = prefix
        self.name = f"env:{prefix}"
        found = [
            (name, text)
            for name, text in sorted((os.environ if environ is None else environ).items())
            if name[: len(prefix)].isascii() and name[: len(prefix)].upper() == prefix.upper()
        ]
        variables = [Variable(name, _splits(name[len(prefix) :]), text) for name, text in found]
        self.variables = {one.name: one for one in variables if one.splits}
        self.others = tuple(one.name for one in variables if not one.splits)

    def resolve(
        self,
        variables: Collection[Variable],
        below: Mapping[str, Mapping[str, Any]],
        fields: Fields | None,
        store: str,
    ) -> Given:
        """
        The values that variables give to options.

        Args:
            variables: Some of the variables.
            below: Every option of the layers below that one of them may stand for.
            fields: The types of the schema.
            store: The name of the layered store, for errors.

        Raises:
            InvalidValueError: A variable's text is not of the kind that it replaces.
        """
        given = Given()
        for variable in variables:
            targets = _targets(variable, below, fields)
            if len(targets) > 1:
                named = " and ".join(f"option {o!r}, key {k!r}" for o, k in targets)
                reason = (
                    f"the variable {variable.name} stands for {named}: unset it, or rename one of "
                    "them"
                )
                for option, key in targets:
                    given.faults.setdefault(option, InvalidValueError(store, option, key, reason))
                continue
            (option, key), *_ = targets
            self._give(given, option, key, variable, below, fields, store)
        return given

    def _give(
        self,
        given: Given,
        option: str,
        key: str,
        variable: Variable,
        below: Mapping[str, Mapping[str, Any]],
        fields: Fields | None,
        store: str,
    ) -> None:
        other = given.names.get((option, key))
        if other is not None:
            # Their names differ in case only, or in characters that are written as _.
            reason = f"the variables {other} and {variable.name} both stand for it: unset one"
            given.faults.setdefault(option, InvalidValueError(store, option, key, reason))
            return
        if key in RESERVED_KEYS or len(option.encode()) > MAX_OPTION_B:
            reason = f"the variable {variable.name} stands for it, and no option can have it"
            raise InvalidValueError(store, option, key, f"{reason}: unset the variable")
        kind = kind_of_value(below.get(option, {}).get(key))
        if kind is None and fields is not None:
            kind = fields.kind(option, key)
        try:
            value = value_of_text(variable.text, kind or TEXT)
        except ValueError as error:
            reason = f"the text of the variable {variable.name} is not what is expected: {error}"
            raise InvalidValueError(store, option, key, reason) from None
        given.values.setdefault(option, {})[key] = value
        given.names[option, key] = variable.name

    def unmatched(self, options: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
        """
        The variables that are written like no option and key of the layers below, by name.

        Args:
            options: The options of the layers below.
        """
        known = {(part_of(option), part_of(key)) for option in options for key in options[option]}
        for variable in self.variables.values():
            if known.isdisjoint(variable.splits):
                yield variable.name
        yield from self.others

    def __repr__(self) -> str:
        return f"<Environment {self.prefix!r}: {counted(len(self.variables), 'variable')}>"


def _splits(rest: str) -> tuple[tuple[str, str], ...]:
    if not _NAME.fullmatch(rest):
        return ()
    name, width = rest.upper(), len(SEPARATOR)
    places = range(1, len(name) - width)
    return tuple(
        (name[:place], name[place + width :])
        for place in places
        if name[place : place + width] == SEPARATOR
    )


def _targets(
    variable: Variable, below: Mapping[str, Mapping[str, Any]], fields: Fields | None
) -> list[tuple[str, str]]:
    """The options and keys for which a variable may stand; one, unless they are written alike."""
    options: dict[str, list[str]] = {}
    for option in below:
        options.setdefault(part_of(option), []).append(option)
    existing = [
        (option, key)
        for option_part, key_part in variable.splits
        for option in options.get(option_part, ())
        for key in below[option]
        if part_of(key) == key_part
    ]
    if existing:
        return existing
    named = None if fields is None else fields.names(variable.splits)
    if named is not None:
        option, key = named
        return [
            (existing_option, key) for existing_option in options.get(part_of(option), [option])
        ]
    made = [
        (option, key_part.lower())
        for option_part, key_part in variable.splits
        for option in options.get(option_part, ())
    ]
    if made:
        return made
    option_part, key_part = variable.splits[0]
    return [(option_part.lower(), key_part.lower())]
