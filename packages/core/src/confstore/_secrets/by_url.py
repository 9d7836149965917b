"""Sealing by a store's URL: `?secrets=...&references=...&secrets_context=...`."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote

import attrs

from confstore._secrets.local_keys import KEY_MARK, KEY_VARIABLE, LocalKeys
from confstore._secrets.opening import is_sealed_text
from confstore._secrets.protocols import Keys, References
from confstore._secrets.sealed import SealedStore
from confstore._stores.protocols import Store
from confstore._values.names import closest
from confstore._values.secret import kind_of
from confstore.errors import BackendNotInstalledError, InvalidURLError

__all__ = ["ENTRY_POINTS", "Sealing", "is_reference_text", "take_sealing"]

ENTRY_POINTS = "confstore.keys"
"""
The entry-point group in which an adapter names its kind of keys or references.

An object has a method `from_url(text, parameters)`: the text is what follows `KIND:`, and the
parameters are the other ones of the store's URL.
"""

_KIND = re.compile(r"[a-z][a-z0-9-]*")
_PATH = re.compile(r"[./\\~]")
_LEAST_KEY = 44
"""The characters of a key in base64, from which on a text is not shown: it may be one."""

_KEYGEN = ": `confstore secrets keygen` makes one"
_FORMS = "kms:KEY, local:KEYFILE or local"

_REFERENCES = ("asm", "ssm")
"""Our kinds of references; the other ones of ours seal."""

_PARAMETERS = ("secrets", "references", "secrets_context")
# Slim packages of Lambda leave *.dist-info out, and with it every entry point.
_OURS = {
    "asm": ("confstore_dynamodb", "SecretsManager"),
    "kms": ("confstore_dynamodb", "KMSKeys"),
    "ssm": ("confstore_dynamodb", "ParameterStore"),
}


@attrs.frozen
class Sealing:
    """
    How a URL asks for a store to be sealed.

    Attributes:
        shown: The URL as errors may show it.
        secrets: `KIND` or `KIND:TEXT`; None seals and opens nothing.
        references: Patterns of names that may be followed, separated by commas; None follows none.
        context: The store's name in sealed texts; None takes its own.
        others: The URL's other parameters, such as `region`.
    """

    shown: str
    secrets: str | None
    references: str | None
    context: str | None
    others: Mapping[str, str] = attrs.field(repr=False)

    def seal(self, store: Store) -> SealedStore:
        """
        Wrap a store.

        Raises:
            InvalidURLError: The keys are absent or malformed, or a pattern is.
            BackendNotInstalledError: No installed adapter has this kind of keys.
            ModuleNotFoundError: Local keys need the library cryptography.
        """
        keys = None if self.secrets is None else self._keys(self.secrets)
        references = {} if self.references is None else self._readers(self.references)
        try:
            return SealedStore(store, keys, references=references, context=self.context)
        except ValueError as error:
            raise self._error(str(error)) from None

    def _keys(self, secrets: str) -> Keys:
        kind, _, text = secrets.partition(":")
        if kind == "random":
            if text:
                raise self._error("secrets=random takes no text")
            return _random_keys()
        if kind == "local":
            return self._local_keys(text)
        self._check_kind(secrets)
        keys = self._made(kind, text)
        if not hasattr(keys, "open_many"):
            raise self._error(f"{kind!r} seals nothing: give it to references=")
        return cast("Keys", keys)

    def _check_kind(self, secrets: str) -> None:
        """Refuse what has no kind: a path, a key of KMS, or the key itself, which is not shown."""
        kind, colon, _ = secrets.partition(":")
        if kind == "arn" or kind.startswith("alias/"):
            raise self._error(f"a key of KMS is written secrets=kms:{secrets}")
        # One letter and a colon is a drive of Windows.
        if colon and len(kind) > 1 and kind + colon != KEY_MARK:
            return
        is_path = _PATH.search(secrets) is not None or os.path.exists(secrets)
        if is_path and len(secrets) < _LEAST_KEY:
            raise self._error(f"a key file is written secrets=local:{secrets}")
        if colon or not _KIND.fullmatch(kind):
            raise self._error(f"secrets= has {_FORMS}, and here something else")

    def _local_keys(self, path: str) -> LocalKeys:
        if path.startswith(KEY_MARK):
            # Not shown: a URL is in logs, and in the list of processes.
            reason = f"secrets=local takes the path of a key file: put a key into {KEY_VARIABLE}"
            raise self._error(reason)
        try:
            if path:
                return LocalKeys.from_file(os.path.expanduser(path))
            return LocalKeys.from_text(os.environ[KEY_VARIABLE])
        except KeyError:
            reason = f"secrets=local takes its key from {KEY_VARIABLE}, which is not set{_KEYGEN}"
        except FileNotFoundError:
            reason = f"the key file {path!r} of secrets=local is not there{_KEYGEN}"
        except OSError as error:
            # One of ours says more than the system.
            said = error.strerror or str(error)
            reason = f"the key file {path!r} of secrets=local: {said}"
        except ValueError as error:
            # That of a file names it, and what makes one.
            reason = str(error) if path else f"{KEY_VARIABLE} holds no local key{_KEYGEN}"
        raise self._error(reason)

    def _readers(self, references: str) -> dict[str, References]:
        made: dict[str, References] = {}
        readers: dict[str, References] = {}
        for pattern in references.split(","):
            kind, separator, _ = pattern.partition(":")
            if not separator:
                raise self._error("references= has KIND:NAMES, as in asm:prod/*, with commas")
            if kind not in made:
                reader = self._made(kind, "")
                if not hasattr(reader, "fetch_many"):
                    raise self._error(f"{kind!r} refers to nothing: give it to secrets=")
                made[kind] = reader
            readers[pattern] = made[kind]
        return readers

    def _made(self, kind: str, text: str) -> Any:
        adapter = _adapter(kind)
        try:
            return adapter.from_url(text, self.others)
        except ValueError as error:
            raise self._error(str(error)) from None

    def _error(self, reason: str) -> InvalidURLError:
        return InvalidURLError(self.shown, reason)


@functools.cache
def _random_keys() -> LocalKeys:
    # One for the process: every handle on the same memory opens what another one sealed.
    return LocalKeys.generate()


def _adapter(kind: str) -> Any:
    from importlib import import_module
    from importlib.metadata import entry_points

    installed = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if kind in installed:
        return installed[kind].load()
    if kind in _OURS:
        package, name = _OURS[kind]
        try:
            return getattr(import_module(package), name)
        except ModuleNotFoundError as error:
            if error.name != package:
                raise
        raise BackendNotInstalledError(kind, f"python -m pip install {package.replace('_', '-')}")
    known = sorted({"local", "random"} | installed.keys() | _OURS.keys())
    close = closest(kind, known)
    advice = f"did you mean {close!r}?" if close else f"known are {', '.join(known)}"
    raise BackendNotInstalledError(kind, advice)


def is_reference_text(value: object) -> bool:
    """
    Return True for a text that refers to a secret kept elsewhere, and False for a sealed one.

    Its kind decides: `asm`, `ssm`, or the name of an installed adapter (entry-point group
    `confstore.keys`) that fetches.
    """
    kind = kind_of(value) if is_sealed_text(value) else None
    return kind is not None and _is_of_references(kind)


# A store may hold a thousand of them, and looking for adapters takes milliseconds.
@functools.lru_cache(maxsize=64)
def _is_of_references(kind: str) -> bool:
    if kind in _OURS or kind == "local":
        return kind in _REFERENCES
    try:
        return hasattr(_adapter(kind), "fetch_many")
    except BackendNotInstalledError:
        return False


def take_sealing(url: str, shown: str) -> tuple[str, Sealing | None]:
    """
    Take the parameters of sealing out of a URL, before an adapter sees it.

    Args:
        url: The URL.
        shown: The URL as errors may show it.

    Returns:
        The URL without them, and what they ask for; None if there are none.

    Raises:
        InvalidURLError: One of them is empty or given twice.
    """
    address, question, query = url.partition("?")
    taken: dict[str, str] = {}
    others: dict[str, str] = {}
    rest: list[str] = []
    for pair in query.split("&"):
        name, _, text = pair.partition("=")
        if unquote(name) not in _PARAMETERS:
            rest.append(pair)
            others[unquote(name)] = unquote(text)
            continue
        name = unquote(name)
        if not text or name in taken:
            raise InvalidURLError(shown, f"the parameter {name!r} is given once, and not empty")
        taken[name] = unquote(text)
    if not taken:
        return url, None
    left = f"{address}{question}{'&'.join(rest)}" if rest else address
    sealing = Sealing(
        shown,
        taken.get("secrets"),
        taken.get("references"),
        taken.get("secrets_context"),
        others,
    )
    return left, sealing
