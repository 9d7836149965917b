"""Secrets that are sealed by KMS, one call each."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from confstore import Opened, Place, SecretFault
from confstore_dynamodb._secrets.service import Service, in_parallel

__all__ = ["KMSKeys"]

_MAX_CIPHERTEXT_B = 6_144
"""Source: AWS, "Decrypt" of the KMS API reference."""

_WRONG_KEY = "IncorrectKeyException"
# What to do, by the end of a fault's reason.
_ADVICE = {
    "AccessDeniedException": "the role needs {permission} on the key {key!r}, for this context",
    "DisabledException": "the key {key!r} is disabled: enable it",
    "InvalidCiphertextException": (
        "it was sealed for another store, option or key, or its text was changed: set it again "
        "here, or name the store it was sealed for with secrets_context"
    ),
    "InvalidKeyUsageException": "the key {key!r} does not encrypt: choose a symmetric one",
    "KMSInvalidStateException": "the key {key!r} cannot be used: is it scheduled for deletion?",
    "NotFoundException": "there is no key {key!r} in this account and region",
    _WRONG_KEY: "it was sealed by another key than {keys}",
}


class KMSKeys:
    """
    Seals by KMS's `Encrypt` and opens by its `Decrypt`, of at most eight secrets at a time.

    The encryption context has `confstore-store`, `confstore-option` and `confstore-key`. A text
    that was moved does not open, CloudTrail shows who opened which secret, and a policy can allow
    some of them (`kms:EncryptionContext:confstore-store`).

    To replace a key, name the new one first and the old one second, `rewrap` every store, then
    leave the old one out. (A yearly rotation by KMS itself needs nothing.)

    Attributes:
        kind: `kms`.
        key_id: The key that seals, as it was given.
    """

    kind = "kms"

    def __init__(
        self,
        key_id: str,
        *older: str,
        client: Any = None,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        """
        Name the keys; nothing is asked yet.

        Args:
            key_id: The key that seals: an alias (`alias/config`), an id or an ARN.
            *older: Keys that open, too. A key that is not named opens nothing.
            client: boto3's or botocore's client of KMS; None makes one at the first call. It is
                yours: it logs requests and replies at DEBUG only outside of these calls.
            region: The region; None takes that of the key's ARN, or the environment's.
            profile: The profile of the AWS configuration; None takes the environment's.
            endpoint_url: Where KMS is, if not at AWS; the environment can say that as well
                (`AWS_ENDPOINT_URL_KMS`).

        Raises:
            TypeError: A key is no `str`.
            ValueError: A key is empty.
        """
        for given in (key_id, *older):
            name: object = given
            if not isinstance(name, str):
                kind = name.__name__ if isinstance(name, type) else type(name).__name__
                raise TypeError(f"a key of KMS is a str such as 'alias/config', not {kind}")
        if not all((key_id, *older)):
            raise ValueError("a key of KMS has a name: alias/config, an id or an ARN")
        self.key_id = key_id
        self._keys = (key_id, *older)
        self._service = Service(
            "kms",
            "KMS",
            client=client,
            region=region or _region_of(key_id),
            profile=profile,
            endpoint_url=endpoint_url,
        )

    @classmethod
    def from_url(cls, text: str, parameters: Mapping[str, str]) -> KMSKeys:
        """
        Take keys from a store's URL, `secrets=kms:NEW,OLD`.

        Args:
            text: What follows the colon.
            parameters: The URL's other parameters, of which `region` and `profile` count here, too.

        Raises:
            ValueError: A key is empty.
        """
        keys = text.split(",")
        return cls(*keys, region=parameters.get("region"), profile=parameters.get("profile"))

    def seal(self, plaintext: bytes, place: Place) -> str | SecretFault:
        """Seal a plaintext; see `confstore.Keys`."""
        reply = self._service.call(
            "encrypt",
            "Encrypt",
            KeyId=self.key_id,
            Plaintext=plaintext,
            EncryptionContext=_context(place),
        )
        if isinstance(reply, SecretFault):
            return self._advised(reply, self.key_id, "kms:Encrypt")
        return base64.b64encode(reply["CiphertextBlob"]).decode()

    def open_many(self, sealed: Sequence[tuple[str, Place]]) -> list[Opened | SecretFault]:
        """Open texts; see `confstore.Keys`."""
        return in_parallel(self._opened, sealed)

    def _opened(self, one: tuple[str, Place]) -> Opened | SecretFault:
        text, place = one
        try:
            ciphertext = base64.b64decode(text.encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            return SecretFault("its text is not base64: it was changed or cut off")
        if not 1 <= len(ciphertext) <= _MAX_CIPHERTEXT_B:
            return SecretFault("its text has not the size of one by KMS: it was changed or cut off")
        faults: list[SecretFault] = []
        for key in self._keys:
            # Named, because KMS would open it by any key that the role may use: a writer could
            # seal with a key of an account of his own.
            reply = self._service.call(
                "decrypt",
                "Decrypt",
                CiphertextBlob=ciphertext,
                KeyId=key,
                EncryptionContext=_context(place),
            )
            if not isinstance(reply, SecretFault):
                return Opened(reply["Plaintext"], key)
            faults.append(self._advised(reply, key, "kms:Decrypt"))
        return min(faults, key=_weight)

    def _advised(self, fault: SecretFault, key: str, permission: str) -> SecretFault:
        advice = _ADVICE.get(fault.reason.rpartition(" ")[2])
        if advice is None:
            return fault
        keys = " or ".join(map(repr, self._keys))
        text = advice.format(key=key, keys=keys, permission=permission)
        return SecretFault(f"{fault.reason}; {text}", fault.is_lasting)

    def __repr__(self) -> str:
        return f"<KMSKeys {', '.join(self._keys)}>"


def _weight(fault: SecretFault) -> int:
    """Which of the faults of several keys to tell: one that may pass, then any but a wrong key."""
    if not fault.is_lasting:
        return 0
    return 2 if f" {_WRONG_KEY};" in fault.reason else 1


def _context(place: Place) -> dict[str, str]:
    return {
        "confstore-store": place.store,
        "confstore-option": place.option,
        "confstore-key": place.key,
    }


def _region_of(key_id: str) -> str | None:
    """The region of an ARN; None for an alias or an id."""
    parts = key_id.split(":")
    return parts[3] if len(parts) > 5 and parts[0] == "arn" else None
