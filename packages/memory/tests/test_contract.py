"""The contract of all stores, on process memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from urllib.parse import quote

import pytest

from confstore.testing import Profile, StoreContract
from confstore_memory import MemoryStore, open_url
from effort import at_length

pytestmark = pytest.mark.slow("its examples are histories of 30 steps")

examples = count()


class MemoryContract(StoreContract):
    """Handles on stores that the example holds."""

    durable = True
    profile = Profile(examples=at_length(200, short=10), steps=30)

    def begin(self) -> None:
        self.stores: dict[str, MemoryStore] = {}

    @contextmanager
    def open_store(self, name: str) -> Iterator[MemoryStore]:
        if name not in self.stores:
            self.stores[name] = MemoryStore(name)
        with closing(self.stores[name].share()) as store:
            yield store


class URLContract(StoreContract):
    """Handles on stores that the process holds."""

    durable = True
    profile = Profile(examples=at_length(40, short=5), steps=30)

    def begin(self) -> None:
        self.example = next(examples)

    @contextmanager
    def open_store(self, name: str) -> Iterator[MemoryStore]:
        # The stores of a process are never emptied, so each example has names of its own.
        with closing(open_url(f"memory:{self.example}{quote(name, safe='')}")) as store:
            yield store


class JournaledContract(MemoryContract):
    """The same, and every write is a commit."""

    journaled = True
    # Fewer, for each step reads more, and what a commit does has scenes of its own.
    profile = Profile(examples=at_length(100, short=4), steps=30)


TestMemory = MemoryContract.TestCase
TestJournaled = JournaledContract.TestCase
TestURL = URLContract.TestCase
