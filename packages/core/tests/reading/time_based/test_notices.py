"""Warnings at the start of a config, each once."""

from __future__ import annotations

import attrs
import pytest


def warnings_of(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_empty_store(scripted_store, clock, open_config, caplog):
    """A store without options is probably the wrong one: one warning says where it is."""
    store = scripted_store({})
    config = open_config(store)
    config.reload()
    clock.advance(300)
    assert warnings_of(caplog) == [
        f"store 'prod' has no options: is it the right store? It is {store!r}"
    ]
    assert {record.name for record in caplog.records} == {"confstore"}


def test_store_that_becomes_empty(store, clock, open_config, caplog):
    """Later it is what somebody has done."""
    config = open_config(store)
    store.options = {}
    config.reload()
    assert len(config) == 0
    assert warnings_of(caplog) == []


@pytest.mark.parametrize("options", [{}, {"background": False}, {"max_stale": 60}])
def test_hidden_options(scripted_store, clock, open_config, caplog, options):
    """Options that the config's own attributes hide are named, with the way to read them."""
    store = scripted_store({"db": {"a": 1}, "keys": {"a": 1}, "status": {"a": 2}})
    config = open_config(store, **options)
    config.reload()
    (text,) = warnings_of(caplog)
    assert text == (
        "store 'prod': the config's own attributes hide 'keys', 'status': read them as in "
        "config['keys']"
    )
    assert config["keys"] == {"a": 1}


def test_hidden_field(scripted_store, open_config, caplog):
    """A field of a schema may be hidden, too; its object has it."""

    @attrs.frozen
    class Settings:
        db: dict[str, int]
        reload: dict[str, int] | None = None

    config = open_config(scripted_store({"db": {}}), schema=Settings)
    (text,) = warnings_of(caplog)
    assert text == (
        "store 'prod': the config's own attributes hide 'reload': read them as in "
        "config.current.reload"
    )
    assert config.current.reload is None


def test_nothing_to_warn_of(store, open_config, caplog):
    """A healthy store is no news."""
    open_config(store)
    assert caplog.records == []


def test_start_from_the_fallback(store, open_config, tmp_path, caplog):
    """What the fallback file holds is looked at in the same way."""
    from confstore.errors import StoreUnavailableError

    path = tmp_path / "last.json"
    store.options = {"get": {"a": 1}}
    open_config(store, fallback=path).close()
    store.fail(StoreUnavailableError("prod", "no route"))
    caplog.clear()
    open_config(store, fallback=path)
    assert "hide 'get'" in warnings_of(caplog)[-1]
