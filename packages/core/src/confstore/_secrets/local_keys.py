"""
Keys that are kept by whoever runs the program: in a file, or in an environment variable.

A text is base64 of a version (one byte), the key's id (eight bytes), a random nonce (12 bytes) and
the ciphertext with its tag.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import stat
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from confstore._process.log import logger
from confstore._process.private_file import check_trusted, open_regular
from confstore._secrets.protocols import Opened, Place, SecretFault
from confstore._stores.given import described

if TYPE_CHECKING:
    from typing import Self

__all__ = ["KEY_MARK", "KEY_VARIABLE", "LocalKeys"]

KEY_VARIABLE = "CONFSTORE_SECRET_KEY"
"""The environment variable that holds the keys where `secrets=local` names no file."""

KEY_MARK = "confstore-key:"
_KEY_B = 32
_VERSION = 1
_ID_B = 8
_NONCE_B = 12
"""
A random nonce of 96 bits.

Source: NIST, SP 800-38D, section 8.3: at most 2**32 invocations with random nonces and one key.
"""
_TAG_B = 16
_HEADER_B = 1 + _ID_B
_MAX_FILE_B = 65_536
"""More than a thousand keys; a guess that keeps a wrong path from filling the memory."""


class LocalKeys:
    """
    Seals with AES-256-GCM and a key of your own; for a machine, a laptop, a test.

    The first key seals, every key opens: to replace a key, put the new one first, `rewrap` every
    store, then remove the old one.

    A text proves its place: its associated data is the JSON array `["confstore-secret", 1, KEY_ID,
    STORE, OPTION, KEY]`. An older text of the same place opens as well: who may write the store can
    bring back an old value.

    It needs the extra `secrets`: `python -m pip install "confstore[secrets]"`.

    Attributes:
        kind: `local`.
        key_id: The id of the key that seals: 16 hexadecimal digits, of its hash.
    """

    kind = "local"

    def __init__(self, keys: Sequence[bytes]) -> None:
        """
        Take keys; `generate`, `from_text` and `from_file` are what programs call.

        Args:
            keys: Keys of 32 bytes; the first one seals.

        Raises:
            TypeError: They are no sequence of bytes.
            ValueError: There is none, or one has another length.
            ModuleNotFoundError: The library cryptography is not installed.
        """
        given: object = keys
        if not (isinstance(given, Sequence) and all(isinstance(key, bytes) for key in given)):
            # Neither is shown, nor the type of what may be a key.
            message = "local keys are a list of bytes: generate, from_text and from_file make them"
            raise TypeError(message)
        if not keys or any(len(key) != _KEY_B for key in keys):
            raise ValueError("local keys are one key or more, of 32 bytes each")
        ciphers = {_id_of(key): _cipher(key) for key in keys}
        self.key_id = next(iter(ciphers))
        self._keys = tuple(keys)
        self._ciphers = ciphers

    @classmethod
    def generate(cls) -> Self:
        """
        One new random key.

        Raises:
            ModuleNotFoundError: The library cryptography is not installed.
        """
        return cls([os.urandom(_KEY_B)])

    @classmethod
    def from_text(cls, text: str) -> Self:
        """
        Take keys from a text as `text` gives it.

        Args:
            text: One key or more, separated by blanks or line breaks; `#` begins a comment.

        Raises:
            TypeError: It is no `str`.
            ValueError: It has another form.
            ModuleNotFoundError: The library cryptography is not installed.
        """
        if not isinstance(text, str):
            raise TypeError(f"local keys are a text, a str, not {described(text)}")
        keys = _parsed(text)
        # A traceback with locals would show the keys.
        del text
        if keys is None:
            raise ValueError(
                f"a local key is {KEY_MARK} and base64 of 32 bytes: generate() makes one"
            )
        return cls(keys)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """
        Take keys from a file, as `text` gives them.

        Others than the owner should not read it; Kubernetes mounts secrets so that a group can.

        Raises:
            OSError: It does not exist, cannot be read, or others may write it.
            TypeError: The path is neither a `str` nor gives one.
            ValueError: It holds something else.
            ModuleNotFoundError: The library cryptography is not installed.
        """
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"the path of a key file is a str, or gives one, not {described(path)}")
        with open(path, "rb", opener=open_regular) as file:
            status = os.fstat(file.fileno())
            check_trusted(path, status, owners=None)
            content = file.read(_MAX_FILE_B + 1)
        if status.st_mode & (stat.S_IRGRP | stat.S_IROTH):
            mode = stat.S_IMODE(status.st_mode)
            text = "the key file %s can be read by others (mode %04o): chmod go-r, where you can"
            logger.warning(text, os.fspath(path), mode)
        keys = _parsed(content.decode("utf-8", "replace")) if len(content) <= _MAX_FILE_B else None
        # A traceback with locals would show the keys.
        del content
        if keys is None:
            name = os.fspath(path)
            message = f"{name} holds no local keys: `confstore secrets keygen` makes one"
            raise ValueError(message)
        return cls(keys)

    @property
    def text(self) -> str:
        """The keys, as `from_text` takes them: a line for each. It is what must stay secret."""
        return "".join(f"{KEY_MARK}{base64.b64encode(key).decode()}\n" for key in self._keys)

    def seal(self, plaintext: bytes, place: Place) -> str:
        """Seal a plaintext; see `Keys`."""
        nonce = os.urandom(_NONCE_B)
        sealed = self._ciphers[self.key_id].encrypt(nonce, plaintext, _bound(self.key_id, place))
        header = bytes([_VERSION]) + bytes.fromhex(self.key_id)
        return base64.b64encode(header + nonce + sealed).decode()

    def open_many(self, sealed: Sequence[tuple[str, Place]]) -> list[Opened | SecretFault]:
        """Open texts; see `Keys`."""
        return [self._opened(text, place) for text, place in sealed]

    def _opened(self, text: str, place: Place) -> Opened | SecretFault:
        from cryptography.exceptions import InvalidTag

        try:
            content = base64.b64decode(text.encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            return SecretFault("its text is not base64: it was changed or cut off")
        if len(content) < _HEADER_B + _NONCE_B + _TAG_B or content[0] != _VERSION:
            return SecretFault("its text is not one of this version: it was changed or cut off")
        key_id = content[1:_HEADER_B].hex()
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            return SecretFault(
                f"it was sealed by the local key {key_id}, which is not among the keys given"
            )
        nonce, ciphertext = content[_HEADER_B:][:_NONCE_B], content[_HEADER_B + _NONCE_B :]
        try:
            return Opened(cipher.decrypt(nonce, ciphertext, _bound(key_id, place)), key_id)
        except InvalidTag:
            return SecretFault(
                "it was sealed for another store, option or key, or its text was changed: set it "
                "again here, or name the store it was sealed for with secrets_context"
            )

    def __repr__(self) -> str:
        return f"<LocalKeys {self.key_id}, {len(self._keys)} in all>"

    def __reduce__(self) -> str:
        message = "keys cannot be pickled: pass on the path of their file"
        raise TypeError(message)


def _bound(key_id: str, place: Place) -> bytes:
    """The associated data: a text that was moved does not open."""
    parts = ["confstore-secret", _VERSION, key_id, place.store, place.option, place.key]
    return json.dumps(parts, separators=(",", ":")).encode("ascii")


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"confstore-key-id:" + key).digest()[:_ID_B].hex()


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError:
        message = "local keys need the library cryptography: pip install 'confstore[secrets]'"
        raise ModuleNotFoundError(message) from None
    return AESGCM(key)


def _parsed(text: str) -> list[bytes] | None:
    # None and no error: its traceback would hold the keys.
    words = [word for line in text.splitlines() for word in line.partition("#")[0].split()]
    keys = []
    for word in words:
        if not word.startswith(KEY_MARK):
            return None
        try:
            keys.append(
                base64.b64decode(word.removeprefix(KEY_MARK).encode("ascii"), validate=True)
            )
        except ValueError:
            return None
    return keys if keys and all(len(key) == _KEY_B for key in keys) else None
