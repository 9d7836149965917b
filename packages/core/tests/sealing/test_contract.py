"""The contract of all stores, through a SealedStore over memory and over files."""

from __future__ import annotations

import tempfile
import unittest
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from confstore import LocalKeys, Place, SealedStore, Store
from confstore.errors import InvalidValueError
from confstore.testing import Profile, StoreContract
from confstore_file import FileStore
from confstore_memory import MemoryStore
from effort import at_length

pytestmark = pytest.mark.slow("its examples are histories of 30 steps")

KEYS = LocalKeys.generate()
REFUSED = ("secret+", "secret+local:AAAA", "secret+asm:prod/db", "***")


class MemoryContract(StoreContract):
    durable = True
    refuses_text = REFUSED
    profile = Profile(examples=at_length(100, short=4), steps=30)

    def begin(self) -> None:
        self.stores: dict[str, MemoryStore] = {}

    @contextmanager
    def open_store(self, name: str) -> Iterator[Store]:
        beneath = self.stores.setdefault(name, MemoryStore(name))
        with SealedStore(beneath.share(), KEYS) as store:
            yield store


class JournaledMemoryContract(MemoryContract):
    journaled = True
    profile = Profile(examples=at_length(50, short=3), steps=30)


class FileContract(StoreContract):
    durable = True
    refuses_text = REFUSED
    profile = Profile(examples=at_length(50, short=3), steps=30)

    def begin(self) -> None:
        self.folder = self.resources.enter_context(tempfile.TemporaryDirectory())

    def open_store(self, name: str) -> closing[SealedStore]:
        path = Path(self.folder, f"{sha256(name.encode()).hexdigest()}.json")
        return closing(SealedStore(FileStore(path), KEYS))


class JournaledFileContract(FileContract):
    journaled = True
    profile = Profile(examples=at_length(20, short=2), steps=30)


class AcceptsTexts(SealedStore):
    """Takes what looks like a sealed text for one."""

    def sealed(self, option: str, values: Any, present: Any = None) -> Any:
        try:
            return super().sealed(option, values, present)
        except InvalidValueError:
            return values


class MovesTexts(SealedStore):
    """Writes a text at another place, where it opens only because the keys are careless."""

    def sealed(self, option: str, values: Any, present: Any = None) -> Any:
        if option != "moved":
            return super().sealed(option, values, present)
        return {"secret": dict(self.beneath.items())["db"]["secret"]}


class ForgetsAKey(SealedStore):
    """Loses secrets that it is given back."""

    def set(self, option: str, values: Any) -> None:
        if isinstance(values, dict) and "another" in values:
            values = {key: value for key, value in values.items() if key != "another"}
        super().set(option, values)


class GivesTexts(SealedStore):
    """Reads one key as the text that it is."""

    def get(self, option: str, *, keys: Any = None, consistent: bool = True) -> Any:
        reader = self if keys is None else self.beneath
        if reader is self:
            return super().get(option, keys=keys, consistent=consistent)
        return reader.get(option, keys=keys, consistent=consistent)


class CarelessKeys(LocalKeys):
    """Opens a text anywhere."""

    def seal(self, plaintext: bytes, place: Place) -> str:
        return super().seal(plaintext, Place("", "", ""))

    def open_many(self, sealed: Any) -> Any:
        return super().open_many([(text, Place("", "", "")) for text, _ in sealed])


CARELESS = CarelessKeys.generate()


@pytest.mark.parametrize("kind", [AcceptsTexts, MovesTexts, ForgetsAKey, GivesTexts])
def test_a_broken_seal_is_caught(kind: type[SealedStore]) -> None:
    """The contract of a store that seals catches one that breaks a promise about secrets."""

    class Contract(MemoryContract):
        profile = Profile(examples=1, steps=1)

        @contextmanager
        def open_store(self, name: str) -> Iterator[Store]:
            beneath = self.stores.setdefault(name, MemoryStore(name))
            with kind(beneath.share(), CARELESS) as store:
                yield store

    result = unittest.TestResult()
    Contract.TestCase("runTest").run(result)
    assert not result.wasSuccessful(), kind.__doc__


TestMemory = MemoryContract.TestCase
TestJournaledMemory = JournaledMemoryContract.TestCase
TestFile = FileContract.TestCase
TestJournaledFile = JournaledFileContract.TestCase
