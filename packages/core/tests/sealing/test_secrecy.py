"""The canary: it finds nothing in our stores, and every planted leak in others."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from confstore import LocalKeys, SealedStore, Store
from confstore.testing import CANARY, assert_keeps_secrets, traces_of_canary
from confstore_file import FileStore
from confstore_memory import MemoryStore

from .fakes import FakeKeys
from .leaky import LEAKY_STORES, LeakyStore


def opener(kind: type[SealedStore]) -> Callable[[], AbstractContextManager[Store]]:
    return lambda: closing(kind(MemoryStore()))


def test_memory_keeps_secrets() -> None:
    """Memory, without a journal and with one."""
    assert_keeps_secrets(lambda: SealedStore(MemoryStore("prod"), LocalKeys.generate()))
    assert_keeps_secrets(opener(LeakyStore))


def test_files_keep_secrets(tmp_path: Path) -> None:
    """A file, which writes many options at once; its text and its journal hold no plaintext."""
    paths = (tmp_path / f"{number}.json" for number in range(100))
    keys = LocalKeys.generate()
    assert_keeps_secrets(lambda: SealedStore(FileStore(next(paths)), keys))
    written = list(tmp_path.iterdir())
    assert len(written) > 3
    for path in written:
        assert traces_of_canary(path.read_bytes()) == []


def test_a_store_of_few_abilities() -> None:
    """What a store cannot do is not asked of it."""

    class Plain:
        """A store without abilities."""

        def __init__(self) -> None:
            store = MemoryStore("prod")
            self.name = store.name
            self.get, self.items, self.set = store.get, store.items, store.set
            self.update, self.delete, self.close = store.update, store.delete, store.close

    assert_keeps_secrets(lambda: SealedStore(Plain(), LocalKeys.generate()))


@pytest.mark.parametrize("kind", LEAKY_STORES, ids=lambda kind: kind.__name__)
def test_a_leak_is_found(kind: type[LeakyStore]) -> None:
    """Whichever way a plaintext gets out, the canary sees it."""
    with pytest.raises(AssertionError):
        assert_keeps_secrets(opener(kind))


def test_there_are_many_leaks() -> None:
    """Ten planted ways, and more."""
    assert len(LEAKY_STORES) >= 15


def test_keys_that_do_not_encrypt_are_found() -> None:
    """Base64 is no encryption."""
    with pytest.raises(AssertionError, match="store beneath shows a plaintext, as base64"):
        assert_keeps_secrets(lambda: SealedStore(MemoryStore("prod"), FakeKeys()))


def test_a_store_that_accepts_what_it_should_refuse_is_found() -> None:
    """What is refused is refused."""

    class Accepts(LeakyStore):
        def set(self, option: str, values: object) -> None:
            if option:
                super().set(option, values)

    with pytest.raises(AssertionError, match="an invalid option is not refused"):
        assert_keeps_secrets(opener(Accepts))


@pytest.mark.parametrize("shift", range(3))
def test_traces_in_base64(shift: int) -> None:
    """Wherever it begins, base64 of the canary is found."""
    content = b"x" * shift + CANARY.encode() + b"more"
    assert traces_of_canary(base64.b64encode(content).decode())
    assert traces_of_canary(base64.b64encode(content))
    assert traces_of_canary({"in": content.hex()})
    assert traces_of_canary("nothing") == []
