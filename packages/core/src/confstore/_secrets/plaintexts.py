"""The plaintext that is sealed: the value of a secret as tagged JSON, and back."""

from __future__ import annotations

import json
from typing import Any

import attrs

from confstore._documents.tagged_json import values_from_json, values_to_json
from confstore._secrets.protocols import Fetched, Opened, SecretFault
from confstore._values.canonical import canonical_values
from confstore._values.numbers import number_from_text
from confstore._values.secret import Secret
from confstore.errors import InvalidValueError

__all__ = ["Revealed", "as_json", "part_of", "plaintext_of", "value_of"]

_MAX_PLAINTEXT_B = 4_096
"""
Bytes of a plaintext.

Source: AWS, "Encrypt" of the KMS API reference. Other keys have the same limit, so that what a test
seals can be sealed in production.
"""


@attrs.frozen(eq=False)
class Revealed:
    """
    The value of a secret.

    Attributes:
        value: The value, read-only.
        version: The version of what a reference refers to; None for a sealed one.
        key_id: The key that had sealed it; None for a reference.
    """

    value: Any = attrs.field(repr=False)
    version: str | None = None
    key_id: str | None = None


def plaintext_of(option: str, key: str, secret: Secret[Any]) -> bytes | InvalidValueError:
    """
    The plaintext of a secret; an error if its value cannot be stored.

    Raises:
        SecretError: It cannot be opened.
    """
    plaintext = as_json(option, key, secret.reveal())
    if isinstance(plaintext, bytes) and len(plaintext) > _MAX_PLAINTEXT_B:
        reason = (
            f"a secret has at most {_MAX_PLAINTEXT_B:,} bytes as JSON, this one {len(plaintext):,}"
        )
        return InvalidValueError(None, option, key, reason)
    return plaintext


def as_json(option: str, key: str, value: Any) -> bytes | InvalidValueError:
    """A value as tagged JSON; an error, without the frames that hold it, if it is none."""
    try:
        canonical = canonical_values(option, {key: value})
    except InvalidValueError as error:
        return InvalidValueError(None, error.option, error.path, error.reason)
    tagged = values_to_json(canonical)[key]
    return json.dumps(tagged, ensure_ascii=False, separators=(",", ":")).encode()


def value_of(answer: Opened | SecretFault) -> Revealed | SecretFault:
    """The value that was sealed."""
    if isinstance(answer, SecretFault):
        return answer
    try:
        raw = json.loads(answer.plaintext, parse_float=number_from_text)
        return Revealed(values_from_json({"value": raw})["value"], key_id=answer.key_id)
    except (ValueError, RecursionError):
        return SecretFault("what was sealed is not a value of confstore: set it again")


def part_of(answer: Fetched | SecretFault, key: str) -> Revealed | SecretFault:
    """The value that a reference refers to: all of it, or one key of its JSON."""
    if isinstance(answer, SecretFault):
        return answer
    if not key:
        return Revealed(answer.value, answer.version)
    try:
        content = json.loads(answer.value, parse_float=number_from_text)
        if not isinstance(content, dict):
            return SecretFault(f"what it refers to is not a JSON object, and has no key {key!r}")
        if key not in content:
            return SecretFault(f"what it refers to has no key {key!r}")
        # Its objects are no tags of ours: they are taken as they are.
        value = canonical_values("", {"value": content[key]})["value"]
        return Revealed(value, answer.version)
    except (ValueError, RecursionError):
        return SecretFault(f"what it refers to is not JSON, or its key {key!r} holds no value")
