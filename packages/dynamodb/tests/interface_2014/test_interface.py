"""The 2014 interface where its manual is silent and its programs may depend on it."""

from __future__ import annotations

import warnings
from importlib import import_module, reload
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

import dynamodb_config_store
from confstore import LocalKeys, SealedStore, Secret
from confstore.errors import ConfigStoreError, StoreClosedError
from confstore_dynamodb import DynamoDBStore
from dynamodb_config_store import DynamoDBConfigStore
from dynamodb_config_store.exceptions import (
    ItemNotFound,
    TableNotCreatedException,
    TableNotReadyException,
)

from ..conftest import description


@pytest.fixture
def store(moto_client: Any, table: str) -> DynamoDBConfigStore:
    """A store with all defaults."""
    return DynamoDBConfigStore(moto_client, table, "test")


def test_data_stays_as_it_is(store: DynamoDBConfigStore) -> None:
    """The caller's dict is not changed (in 2014 it got the table's two keys)."""
    data = {"port": 1}
    assert store.set("db", data) is True
    assert data == {"port": 1}


def test_the_tables_keys_in_data_are_left_out(store: DynamoDBConfigStore) -> None:
    """A dict that was kept since 2014 has the table's keys in it, and can still be set."""
    store.set("db", {"_store": "prod", "_option": "other", "port": 1})
    assert store.config.get("db") == {"port": 1}


def test_empty_values_are_left_out(store: DynamoDBConfigStore) -> None:
    """As with boto 2, empty values are not stored, while zero and False are."""
    store.set("db", {"a": "", "b": None, "c": set(), "d": [], "e": {}, "f": 0, "g": False})
    assert store.config.get("db") == {"f": 0, "g": False}


@pytest.mark.parametrize("keys", [None, [], ()])
def test_no_keys_are_all_keys(store: DynamoDBConfigStore, keys: Any) -> None:
    """No keys, given by position, mean all of them."""
    store.set("db", {"host": "a", "port": 1})
    assert store.config.get("db", keys) == {"host": "a", "port": 1}
    assert store.config.get_option("db", keys) == {"host": "a", "port": 1}


def test_keys_by_position(store: DynamoDBConfigStore) -> None:
    """Keys can be given by position."""
    store.set("db", {"host": "a", "port": 1})
    assert store.config.get("db", ["port"]) == {"port": 1}
    assert store.config.get_option("db", ["port", "absent"]) == {"port": 1}


@pytest.mark.parametrize("option", [None, ""])
def test_no_option_is_every_option(store: DynamoDBConfigStore, option: str | None) -> None:
    """No option, or an empty one, means the whole store."""
    store.set("db", {"port": 1})
    assert store.config.get(option) == {"db": {"port": 1}}


def test_reload_of_the_simple_strategy(store: DynamoDBConfigStore) -> None:
    """There is nothing to reload where every read is fresh."""
    store.reload()
    assert store.config.get() == {}


def test_arguments_are_attributes(moto_client: Any, table: str) -> None:
    """Every argument is an attribute, and can be given by position."""
    store = DynamoDBConfigStore(
        moto_client, table, "test", "_s", "_o", 2, 3, "SimpleConfigStore", [], {}
    )
    assert store.connection is moto_client
    assert (store.table_name, store.store_name) == (table, "test")
    assert (store.store_key, store.option_key) == ("_s", "_o")
    assert (store.read_units, store.write_units) == (2, 3)
    assert store.config_store == "SimpleConfigStore"
    assert (store.config_store_args, store.config_store_kwargs) == ([], {})


def test_strategies_have_their_modules() -> None:
    """The strategies are imported from where they were."""
    for module, name in (("simple", "SimpleConfigStore"), ("time_based", "TimeBasedConfigStore")):
        found = import_module(f"dynamodb_config_store.config_stores.{module}")
        assert hasattr(found, name)


def test_exceptions_are_errors_of_confstore(store: DynamoDBConfigStore) -> None:
    """One except clause catches the old exceptions and the new ones."""
    with pytest.raises(ItemNotFound) as caught:
        store.config.get("absent")
    assert isinstance(caught.value, ConfigStoreError)


def test_table_that_cannot_be_made(stub_client: Any, stubber: Stubber) -> None:
    """A table that is absent and may not be made raises TableNotCreatedException."""
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    stubber.add_client_error("create_table", "AccessDeniedException")
    with pytest.raises(TableNotCreatedException, match="CreateTable"):
        DynamoDBConfigStore(stub_client, "config", "test")


def test_table_that_is_not_ready(stub_client: Any, stubber: Stubber) -> None:
    """A table that is being deleted raises TableNotReadyException."""
    stubber.add_response("describe_table", {"Table": description("DELETING")})
    with pytest.raises(TableNotReadyException, match="DELETING"):
        DynamoDBConfigStore(stub_client, "config", "test")


def test_failed_start_closes_the_store(moto_client: Any, table: str) -> None:
    """Wrong arguments of a strategy are an error, and leave nothing open."""
    with pytest.raises(TypeError):
        DynamoDBConfigStore(moto_client, table, "test", config_store_kwargs={"update_interval": 1})


def test_it_can_be_closed(store: DynamoDBConfigStore) -> None:
    """What confstore's facade has, this one has."""
    store.close()
    with pytest.raises(StoreClosedError):
        store.config.get("db")


def test_import_warns_beside_the_old_distribution(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the old distribution is installed, importing this one says how to repair that."""
    site = tmp_path / "dynamodb_config_store-0.2.2.dist-info"
    site.mkdir()
    (site / "METADATA").write_text("Name: dynamodb-config-store\nVersion: 0.2.2\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match="pip uninstall dynamodb-config-store"):
        reload(dynamodb_config_store)


def test_import_is_silent_without_the_old_distribution() -> None:
    """Where ours is alone, importing it says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reload(dynamodb_config_store)


def test_secrets_are_texts(store: DynamoDBConfigStore, moto_client: Any, table: str) -> None:
    """A program of 2014 sees the sealed text, and leaves it as it is."""
    sealed = SealedStore(DynamoDBStore(moto_client, table, "test"), LocalKeys.generate())
    sealed.set("db", {"host": "a", "password": Secret("s3cret")})
    text = store.config.get("db")["password"]
    assert text.startswith("secret+local:")
    store.set("db", {**store.config.get("db"), "host": "b"})
    assert sealed.get("db")["password"].reveal() == "s3cret"
