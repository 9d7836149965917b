"""No error, log or repr shows a value."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from confstore.errors import ConfigStoreError
from confstore.testing import CANARY, INVALID_VALUES, assert_keeps_values
from confstore_file import FileConfigStore, FileStore


@pytest.fixture
def store(file: Path) -> FileStore:
    store = FileStore(file)
    store.set("db", {"password": CANARY, "list": [CANARY], "bytes": CANARY.encode()})
    return store


def test_repr(store: FileStore, file: Path) -> None:
    """Neither a store nor what belongs to it shows a value."""
    assert repr(store) == f"FileStore({str(file)!r})"
    poll = store.poll()
    for shown in (store, poll, poll.checkpoint, FileConfigStore(file)):
        assert CANARY not in repr(shown)
        assert CANARY not in str(shown)


def test_errors(store: FileStore, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is refused is named, not shown."""
    caplog.set_level(logging.DEBUG)
    calls: list[Callable[[], object]] = [
        lambda: store.get("other"),
        lambda: store.delete("other"),
        lambda: store.set("", {"password": CANARY}),
        lambda: store.update("db", {"password": CANARY}, remove=["password"]),
        *(lambda values=values: store.set("db", values) for values in INVALID_VALUES.values()),
    ]
    for call in calls:
        with pytest.raises(ConfigStoreError) as caught:
            call()
        assert_keeps_values(caught.value)
    text = file.read_text()
    for broken in (text[:-2], text.replace(",", "", 1), text.replace("list", "password"), ""):
        file.write_text(broken)
        with pytest.raises(ConfigStoreError) as caught:
            store.get("db")
        assert_keeps_values(caught.value)
    file.unlink()
    with pytest.raises(ConfigStoreError) as caught:
        store.get("db")
    assert_keeps_values(caught.value)
    assert CANARY not in caplog.text
