"""Secrets in what a command writes, as the texts that the store beneath holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confstore import SealingStore, Secret, Store, Values, ability, is_sealed_text
from confstore.errors import InvalidValueError

__all__ = ["SEALED", "edited_texts", "still_secret", "texts_for"]

SEALED = ("secret+kms:", "secret+local:")
"""The beginnings of texts that open at their own place only; the others are references."""

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


def edited_texts(
    store: Store, read: Mapping[str, Values], edited: Mapping[str, Values]
) -> dict[str, Values]:
    """
    Options that were edited as texts, as the store beneath is to hold them.

    A plain value in the place of a secret is sealed, and so is a secret that was moved to another
    key or option. A store that does not seal takes texts of secrets as they are.

    Args:
        store: The store.
        read: The options as they were read, with texts for secrets.
        edited: The options as they are to be.

    Raises:
        InvalidValueError: A text begins like that of a secret, and is none; see `texts_for`.
        SecretError: A text does not open where it stands, or a secret cannot be sealed.
    """
    sealing = ability(store, SealingStore)
    if sealing is None:
        return {
            option: dict(texts_for(store, option, values, read.get(option)))
            for option, values in edited.items()
        }
    homes = {
        value: sealing.unsealed(option, {key: value})[key]
        for option, values in read.items()
        for key, value in values.items()
        if isinstance(value, str) and value.startswith(SEALED)
    }
    found: dict[str, Values] = {}
    for option, values in edited.items():
        held = read.get(option, {})
        secret, _ = still_secret(values, held)
        for key, value in values.items():
            if not is_sealed_text(value):
                continue
            is_moved = value != held.get(key) and value in homes
            secret[key] = homes[value] if is_moved else _at_home(sealing, option, key, value, held)
        found[option] = dict(sealing.sealed(option, secret, held))
    return found


def _at_home(
    sealing: SealingStore, option: str, key: str, text: str, held: Mapping[str, Any]
) -> Secret[Any] | str:
    """The secret of a text at its place: as it was there, a reference, or one that opens there."""
    secret: Secret[Any] = sealing.unsealed(option, {key: text})[key]
    if text == held.get(key):
        return secret
    if text.startswith(SEALED):
        secret.reveal()
        return secret
    try:
        return Secret.reference(text.removeprefix("secret+"))
    except ValueError:
        # The store refuses it, with the reason.
        return text
