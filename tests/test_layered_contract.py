"""The contract of all stores, read and polled through layers, and written to the layers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from confstore import LayeredStore, Store
from confstore.adapter import canonical_update, canonical_values, checked_option, merge_update
from confstore.errors import OptionNotFoundError
from confstore.testing import Profile, StoreContract
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore
from confstore_memory import MemoryStore
from effort import at_length

pytestmark = pytest.mark.slow("its examples are histories of 30 steps")

FAST_FOLDER = "/dev/shm" if os.path.isdir("/dev/shm") else None


class SpreadStore(LayeredStore):
    """Layers whose writes spread an option's keys over all of them, over values that are hidden."""

    @property
    def stores(self) -> list[Store]:
        return list(self[:])  # type: ignore[arg-type]  # there is no environment

    def set(self, option: str, values: Mapping[str, Any]) -> None:  # type: ignore[override]  # it writes
        self._check_open()
        option = checked_option(option, store=self.name)
        self._spread(option, canonical_values(option, values, store=self.name))

    def update(  # type: ignore[override]  # it writes
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        self._check_open()
        option = checked_option(option, store=self.name)
        changed, removed = canonical_update(option, values, remove, store=self.name)
        try:
            old = self.get(option)
        except OptionNotFoundError:
            old = None
        self._spread(option, merge_update(option, old, changed, removed, store=self.name))

    def delete(self, option: str) -> None:  # type: ignore[override]  # it writes
        self.get(option, keys=())
        for store in self.stores:
            try:
                store.delete(option)
            except OptionNotFoundError:
                continue

    def _spread(self, option: str, values: Mapping[str, Any]) -> None:
        stores = self.stores
        shares: list[dict[str, Any]] = [{} for _ in stores]
        for key, value in values.items():
            place = len(key.encode()) % len(stores)
            shares[place][key] = value
            # The empty text is the smallest value: the option does not outgrow its limit.
            for weaker in shares[place + 1 :]:
                weaker[key] = ""
        for store, share in zip(stores, shares, strict=True):
            if share or store is stores[-1]:
                store.set(option, share)
            else:
                try:
                    store.delete(option)
                except OptionNotFoundError:
                    continue


class OneLayerContract(StoreContract):
    """One layer."""

    durable = True
    profile = Profile(examples=at_length(100, short=4), steps=30)

    def begin(self) -> None:
        self.stores: dict[str, list[MemoryStore]] = {}

    def layers(self, name: str) -> list[Store]:
        made = self.stores.setdefault(name, [MemoryStore(name)])
        return [store.share() for store in made]

    @contextmanager
    def open_store(self, name: str) -> Iterator[SpreadStore]:
        with closing(SpreadStore(self.layers(name))) as store:
            yield store


class ThreeLayersContract(OneLayerContract):
    """Three layers of memory."""

    def layers(self, name: str) -> list[Store]:
        made = self.stores.setdefault(name, [MemoryStore(f"{name}"[:500]) for _ in range(3)])
        return [store.share() for store in made]


class ThreeBackendsContract(OneLayerContract):
    """Memory over a file over a table."""

    profile = Profile(examples=at_length(40, short=2), steps=20)
    client: Any = None

    def begin(self) -> None:
        super().begin()
        self.folder = self.resources.enter_context(tempfile.TemporaryDirectory(dir=FAST_FOLDER))
        self.example = uuid4().hex

    def layers(self, name: str) -> list[Store]:
        digest = sha256(name.encode()).hexdigest()
        return [
            *super().layers(name),
            FileStore(Path(self.folder, f"{digest}.json")),
            DynamoDBStore(self.client, "layers", f"{self.example}{digest}"),
        ]


TestOneLayer = OneLayerContract.TestCase
TestThreeLayers = ThreeLayersContract.TestCase


class TestThreeBackends(ThreeBackendsContract.TestCase):  # type: ignore[name-defined,misc]  # made by a decorator
    @pytest.fixture(autouse=True)
    def _client(self, dynamodb_client: Any) -> Iterator[None]:
        ThreeBackendsContract.client = dynamodb_client
        yield
        ThreeBackendsContract.client = None
