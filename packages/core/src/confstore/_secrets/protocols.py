"""
The protocols of whoever seals secrets, and of whoever keeps them elsewhere.

Neither raises: a fault is an answer. A traceback would hold the frames in which a plaintext is a
local variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

__all__ = ["Fetched", "Keys", "Opened", "Place", "References", "SecretFault"]


@attrs.frozen
class Place:
    """
    Where a secret belongs; its sealed text opens nowhere else.

    Attributes:
        store: The store, as `secrets_context` names it.
        option: The option.
        key: The key whose value it is.
    """

    store: str
    option: str
    key: str


@attrs.frozen
class SecretFault:
    """
    Why a secret cannot be sealed, opened or fetched.

    Attributes:
        reason: What failed and what to do; never a plaintext.
        is_lasting: False if the same call may succeed later: no answer, or throttling.
    """

    reason: str
    is_lasting: bool = True


@attrs.frozen
class Opened:
    """
    A secret that was opened.

    Attributes:
        plaintext: The bytes that were sealed.
        key_id: The key that had sealed it.
    """

    plaintext: bytes = attrs.field(repr=False)
    key_id: str


@attrs.frozen
class Fetched:
    """
    A secret that is kept elsewhere.

    Attributes:
        value: Its text, or its bytes.
        version: The id of its version: another one means another value.
    """

    value: str | bytes = attrs.field(repr=False)
    version: str


class Keys(Protocol):
    """Seals the plaintexts of secrets and opens their texts; thread-safe."""

    @property
    def kind(self) -> str:
        """The kind of its texts, as in `secret+KIND:...`: lower-case letters, digits and `-`."""
        ...

    @property
    def key_id(self) -> str:
        """The key that seals; as in `Opened`, where that is known without a call."""
        ...

    def seal(self, plaintext: bytes, place: Place) -> str | SecretFault:
        """
        Seal a plaintext for one place.

        Args:
            plaintext: At most 4,096 bytes.
            place: The only place where the text opens.

        Returns:
            The text after `secret+KIND:`, in ASCII.
        """
        ...

    def open_many(self, sealed: Sequence[tuple[str, Place]]) -> Sequence[Opened | SecretFault]:
        """
        Open texts, each at its place; at once, where that is faster.

        Args:
            sealed: Texts as `seal` gave them, and the places where they were found.

        Returns:
            One answer for each of them, in their order.
        """
        ...


class References(Protocol):
    """Fetches secrets that are kept elsewhere; thread-safe."""

    def fetch_many(self, names: Sequence[str]) -> Sequence[Fetched | SecretFault]:
        """
        Fetch the present versions of secrets; many at once, where that is cheaper.

        Args:
            names: Their names, each once.

        Returns:
            One answer for each of them, in their order.
        """
        ...
