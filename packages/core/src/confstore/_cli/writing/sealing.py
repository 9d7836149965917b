"""Secrets in what a command writes, as the texts that the store beneath holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confstore import (
    SealingStore,
    Secret,
    Store,
    Values,
    ability,
    is_reference_text,
    is_sealed_text,
    open_secrets,
)
from confstore.errors import InvalidValueError, SecretError, SecretUnavailableError

__all__ = ["still_secret", "texts_for", "texts_of_options"]

_MASK = "***"


def texts_for(
    store: Store,
    option: str,
    values: Mapping[str, Any],
    present: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    """
    An option's values with texts for secrets, if the store seals; `present` are the texts now.

    Raises:
        InvalidValueError: A plain value is the text of a secret, or its mask, or is to replace a
            secret in a store that was opened without keys.
        SecretError: A secret cannot be sealed, or one of another place cannot be opened.
    """
    sealing = ability(store, SealingStore)
    if sealing is not None:
        return sealing.sealed(option, values, present)
    _, plain = still_secret(values, present)
    if plain:
        reason = (
            "the key holds a secret, which a plain value would replace: open the store with "
            "secrets= in its URL; to make it plain, delete the key first"
        )
        raise InvalidValueError(store.name, option, plain[0], reason)
    return values


def still_secret(
    values: Mapping[str, Any], present: Mapping[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """
    Values of an option with a secret for each plain one whose key holds a secret now.

    A mask and the text of a secret stay what they are, for the store to refuse: somebody has copied
    what a command shows, or a file holds.

    Args:
        values: The new values.
        present: What the store beneath holds now.

    Returns:
        The values, and the keys that were plain.
    """
    held = present or {}
    keys = [
        key
        for key, value in values.items()
        if is_sealed_text(held.get(key))
        and not (isinstance(value, Secret) or value == _MASK or is_sealed_text(value))
    ]
    return {**values, **{key: Secret(values[key]) for key in keys}}, keys


def texts_of_options(
    store: Store,
    held: Mapping[str, Values],
    given: Mapping[str, Values],
    *,
    can_move: bool = False,
) -> dict[str, Values]:
    """
    Options of a file or an editor, as the store beneath is to hold them.

    A plain value in the place of a secret is sealed. The text of a secret stays as it is if the
    store holds it at the same option and key, if it is a reference, or if it opens where it stands.
    A store that does not seal takes texts of secrets as they are.

    Args:
        store: The store.
        held: What the store beneath holds, with texts for secrets.
        given: The options as they are to be.
        can_move: Seal a text anew that the store holds at another key or option. Only for options
            that were edited by who has the keys: the writer of a file could have a secret sealed
            for a place where others read it.

    Raises:
        InvalidValueError: A text begins like that of a secret, and is none; see `texts_for`.
        SecretError: A text does not open where it stands, or a secret cannot be sealed.
    """
    sealing = ability(store, SealingStore)
    if sealing is None:
        return {
            option: dict(texts_for(store, option, values, held.get(option)))
            for option, values in given.items()
        }
    homes = _homes(sealing, held) if can_move else {}
    secret = {option: still_secret(values, held.get(option))[0] for option, values in given.items()}
    foreign: list[tuple[str, str]] = []
    for option, values in given.items():
        there = held.get(option, {})
        for key, value in values.items():
            if not is_sealed_text(value):
                continue
            if value == there.get(key):
                secret[option][key] = _unsealed(sealing, option, key, value)
            elif value in homes:
                secret[option][key] = homes[value]
            else:
                try:
                    secret[option][key] = Secret.reference(value.removeprefix("secret+"))
                except ValueError:
                    # The store refuses it, with the reason.
                    continue
                if not is_reference_text(value):
                    secret[option][key] = _unsealed(sealing, option, key, value)
                    foreign.append((option, key))
    _check_open({place: secret[place[0]][place[1]] for place in foreign})
    return {
        option: dict(sealing.sealed(option, values, held.get(option)))
        for option, values in secret.items()
    }


def _homes(sealing: SealingStore, held: Mapping[str, Values]) -> dict[str, Secret[Any]]:
    """The secret of each sealed text that the store holds, at its place."""
    return {
        value: _unsealed(sealing, option, key, value)
        for option, values in held.items()
        for key, value in values.items()
        if is_sealed_text(value) and not is_reference_text(value)
    }


def _unsealed(sealing: SealingStore, option: str, key: str, text: str) -> Secret[Any]:
    secret: Secret[Any] = sealing.unsealed(option, {key: text})[key]
    return secret


def _check_open(secrets: Mapping[tuple[str, str], Secret[Any]]) -> None:
    """Raise if a secret does not open at its place: its option and key."""
    open_secrets(secrets.values())
    for secret in secrets.values():
        try:
            secret.reveal()
        except SecretUnavailableError:
            raise
        except SecretError as error:
            reason = (
                f"{error.reason}; to keep or seal it, give the text that the store holds there, or "
                "the value itself"
            )
            raise SecretError(error.store, error.option, error.key, reason) from None
