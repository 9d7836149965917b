"""Opens the secrets of a state before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from itertools import chain, repeat
from typing import Any

import attrs

from confstore._process.clock import Clock, Moment
from confstore._stores.loader import State
from confstore._values.read_only import ReadOnlyDict, is_same
from confstore._values.secret import Secret, is_any_made

__all__ = ["SecretOpening", "with_secrets"]

_Secrets = Mapping[str, Mapping[str, Secret[Any]]]


@attrs.define(eq=False)
class SecretOpening:
    """
    Opens what the schema names, and what was revealed before; the rest waits for its `reveal`.

    A secret that cannot be opened for a lasting reason stops nobody. One of a new text that the
    schema names, and that nobody answers for, fails the load.
    """

    _named: Callable[[ReadOnlyDict], Collection[tuple[str, str]]] = attrs.field(repr=False)
    _reference_interval_s: float
    _clock: Clock = attrs.field(repr=False)
    _random: Callable[[], float] = attrs.field(repr=False)
    # None until something was fetched.
    _due: Moment | None = None

    def prepare(self, old: State, new: State, *, is_reload: bool) -> State:
        """
        The new state with its secrets opened.

        References are fetched again by a reload, and when their interval is over; a lasting fault
        is forgotten by a reload. Otherwise a state that did not change costs nothing.

        Raises:
            SecretUnavailableError: Nobody answers for a new text that the schema names.
        """
        secrets = _secrets_of(old, new)
        if not secrets:
            return new
        new = attrs.evolve(new, secrets=secrets)
        is_due = self._due is None or self._due.has_come(self._clock)
        if not (new.changed or is_reload or is_due):
            return new
        # Not at the top: few stores have secrets.
        from confstore._secrets import held as secrets_held

        if is_reload:
            secrets_held.try_again(_all(secrets))
        if is_reload or is_due:
            new = self._refetched(new)
        named = self._named(new.options)
        wanted = [
            (option, key, secret)
            for option, held in new.secrets.items()
            for key, secret in held.items()
            if (option, key) in named or secrets_held.was_revealed(secret)
        ]
        secrets_held.open_secrets(secret for _, _, secret in wanted)
        for option, key, secret in wanted:
            if (option, key) in named and _is_new(old, option, key, secret):
                secrets_held.check_available(secret)
        return attrs.evolve(new, rewrapped=_rewrapped(old, new))

    def _refetched(self, state: State) -> State:
        from confstore._secrets import held as secrets_held

        renewed, is_complete = secrets_held.refetch(_all(state.secrets))
        if is_complete:
            jitter = 0.9 + 0.2 * self._random()
            self._due = Moment.now(self._clock).after(self._reference_interval_s * jitter)
        if not renewed:
            return state
        options = dict(state.options)
        secrets = dict(state.secrets)
        changed = dict.fromkeys(state.changed)
        for option, held in state.secrets.items():
            now = {
                key: renewed[source]
                for key, secret in held.items()
                if (source := secrets_held.source_of(secret)) in renewed
            }
            if now:
                options[option] = ReadOnlyDict({**state.options[option], **now})
                secrets[option] = {**held, **now}
                changed[option] = None
        return attrs.evolve(
            state, options=ReadOnlyDict(options), secrets=secrets, changed=tuple(changed)
        )


def with_secrets(state: State) -> State:
    """A state that was not loaded from the store, with its secrets; nothing is opened."""
    new = attrs.evolve(state, changed=tuple(state.options))
    return attrs.evolve(state, secrets=_secrets_of(State(ReadOnlyDict()), new))


def _secrets_of(old: State, new: State) -> _Secrets:
    """Every secret of the new state, by option and key; only options that changed are looked at."""
    # Most processes have no secret, and a first load of a large store has a million values.
    if not (new.changed and is_any_made()):
        return old.secrets
    changed = frozenset(new.changed)
    secrets = {option: held for option, held in old.secrets.items() if option not in changed}
    # Most stores have none, and one look at all values costs a third of one at each option. By
    # dict's own methods: those of an option with a fault raise.
    changed_values = map(new.options.get, new.changed, repeat(ReadOnlyDict()))
    if Secret not in map(type, chain.from_iterable(map(dict.values, changed_values))):
        return secrets
    for option in new.changed:
        entries = dict.items(new.options.get(option, {}))
        held = {key: value for key, value in entries if isinstance(value, Secret)}
        if held:
            secrets[option] = held
    return secrets


def _all(secrets: _Secrets) -> list[Secret[Any]]:
    return [secret for held in secrets.values() for secret in held.values()]


def _is_new(old: State, option: str, key: str, secret: Secret[Any]) -> bool:
    return old.secrets.get(option, {}).get(key) != secret


def _rewrapped(old: State, new: State) -> frozenset[str]:
    """The options of which only the texts of secrets changed, and not what they stand for."""
    return frozenset(
        option
        for option in new.changed
        if option in old.secrets
        and option in new.secrets
        and _says_the_same(old.options[option], new.options[option])
    )


def _says_the_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    from confstore._secrets.held import is_open

    return old.keys() == new.keys() and all(
        is_same(value, new[key])
        or (is_open(value) and is_open(new[key]) and value.matches(new[key].reveal()))
        for key, value in old.items()
    )
