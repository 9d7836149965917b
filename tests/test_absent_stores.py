"""Opening a store that is not there: what exists afterwards, for every scheme and purpose."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from confstore import diagnose, open_config, open_store
from confstore.errors import ConfigStoreError, InvalidURLError, StoreNotFoundError
from confstore_dynamodb.errors import TableNotFoundError
from confstore_memory import open_url as open_memory


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB Local takes any."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


@pytest.fixture
def table(dynamodb_client: Any) -> Iterator[str]:
    """A name of a table, which is not there, and is gone afterwards."""
    name = f"absent-{uuid.uuid4().hex}"
    yield name
    with suppress(dynamodb_client.exceptions.ResourceNotFoundException):
        dynamodb_client.delete_table(TableName=name)


@pytest.fixture
def url(table: str, dynamodb_local: str) -> str:
    return f"dynamodb://{table}/prod?region=eu-west-1&endpoint_url={dynamodb_local}"


def has(client: Any, table: str) -> bool:
    with suppress(client.exceptions.ResourceNotFoundException):
        return bool(client.describe_table(TableName=table))
    return False


def touch_everything(store: Any) -> None:
    """Call all that reads, of what the store has."""
    with suppress(ConfigStoreError):
        store.get("db")
    with suppress(ConfigStoreError):
        list(store.items())
    for name in ("poll", "is_journaled", "version", "commits"):
        with suppress(ConfigStoreError):
            getattr(store, name, lambda: None)()
    if hasattr(store, "diagnose"):
        list(store.diagnose())


@pytest.mark.parametrize("place", ["prod.json", "no/folder/prod.json", "prod.json?optional"])
def test_reading_a_file_makes_nothing(tmp_path: Path, place: str) -> None:
    """Neither the file nor its folder, journal or lock."""
    with closing(open_store(f"file:{tmp_path}/{place}", purpose="read")) as store:
        touch_everything(store)
    with suppress(StoreNotFoundError):
        open_config(f"file:{tmp_path}/{place}").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["prod.json", "no/folder/prod.json"])
def test_writing_through_a_reader_makes_nothing(tmp_path: Path, place: str) -> None:
    """A store that was opened for reading is not made by a write."""
    with closing(open_store(f"file:{tmp_path}/{place}", purpose="read")) as opened:
        store: Any = opened
        for write in (
            lambda: store.set("db", {}),
            lambda: store.update("db", {}),
            lambda: store.delete("db"),
            store.enable_journal,
            store.create,
        ):
            with pytest.raises(StoreNotFoundError):
                write()
    assert list(tmp_path.iterdir()) == []


def test_reader_of_an_absent_file(tmp_path: Path) -> None:
    """A reader gets an error at the first call of any kind, with the name that was meant."""
    (tmp_path / "prod.json").write_text("{}", encoding="utf-8")
    with closing(open_store(f"file:{tmp_path}/prd.json", purpose="read")) as opened:
        store: Any = opened
        for call in (store.items, store.poll, store.is_journaled, store.version, store.commits):
            with pytest.raises(StoreNotFoundError, match=r"did you mean 'prod\.json'\?"):
                call()
    assert [path.name for path in tmp_path.iterdir()] == ["prod.json"]


def test_file_that_comes_later(tmp_path: Path) -> None:
    """A store that was opened before its file was there reads it once it is."""
    with closing(open_store(f"file:{tmp_path}/prod.json", purpose="read")) as store:
        with pytest.raises(StoreNotFoundError):
            store.get("db")
        (tmp_path / "prod.json").write_text('{"db": {"port": 1}}', encoding="utf-8")
        assert store.get("db") == {"port": 1}


def test_optional_file(tmp_path: Path) -> None:
    """An absent file with `?optional` is empty, and its options show once there are some."""
    with open_config(f"file:{tmp_path}/prod.json?optional", background=False) as config:
        assert dict(config) == {}
        (tmp_path / "prod.json").write_text('{"db": {"port": 1}}', encoding="utf-8")
        config.reload()
        assert config.db == {"port": 1}


def test_writing_a_file_needs_its_folder(tmp_path: Path) -> None:
    """Opening for writing makes nothing; the write makes the file, and no folder."""
    with pytest.raises(StoreNotFoundError, match="the folder of the file"):
        open_store(f"file:{tmp_path}/no/prod.json")
    with closing(open_store(f"file:{tmp_path}/prod.json")) as store:
        assert list(tmp_path.iterdir()) == []
        store.set("db", {})
    assert {path.name for path in tmp_path.iterdir()} == {"prod.json", ".prod.json.lock"}


def test_creating_a_file(tmp_path: Path) -> None:
    """Opening makes nothing yet; the first write makes folder and file."""
    with closing(open_store(f"file:{tmp_path}/a/prod.json", purpose="create")) as store:
        assert list(tmp_path.iterdir()) == []
        store.set("db", {})
    assert (tmp_path / "a" / "prod.json").exists()


@pytest.mark.parametrize("purpose", ["read", "write", "create"])
def test_memory(purpose: Any) -> None:
    """A store that nobody has written to is empty, and nothing writes to it."""
    name = f"memory:{uuid.uuid4().hex}"
    with closing(open_store(name, purpose=purpose)) as store:
        touch_everything(store)
        other = open_memory(name)
        assert (dict(other.items()), other.is_journaled()) == ({}, False)


def test_reading_makes_no_table(url: str, table: str, dynamodb_client: Any) -> None:
    """The first read of each kind says that the table is absent."""
    with closing(open_store(url, purpose="read")) as store:
        touch_everything(store)
        with pytest.raises(TableNotFoundError, match=f"{table}' does not exist at http"):
            list(store.items())
    with pytest.raises(TableNotFoundError):
        open_config(url)
    assert not has(dynamodb_client, table)


def test_writing_makes_no_table(url: str, table: str, dynamodb_client: Any) -> None:
    """A typo in production is an error at once, with the table that was meant."""
    with pytest.raises(TableNotFoundError, match="correct its name or region"):
        open_store(url)
    assert not has(dynamodb_client, table)
    open_store(url, purpose="create").close()
    with pytest.raises(TableNotFoundError, match=rf"did you mean '{table}'\?"):
        open_store(url.replace(table, table + "s"))
    assert not has(dynamodb_client, table + "s")


@pytest.mark.parametrize("purpose", ["read", "write", "create"])
def test_create_in_the_url(url: str, table: str, dynamodb_client: Any, purpose: Any) -> None:
    """`?create=true` makes the table, for a reader at its first read."""
    with closing(open_store(f"{url}&create=true", purpose=purpose)) as store:
        assert dict(store.items()) == {}
    assert has(dynamodb_client, table)


def test_create_is_refused_in_the_url(url: str, table: str, dynamodb_client: Any) -> None:
    """`?create=false` is the last word."""
    with pytest.raises(TableNotFoundError):
        open_store(f"{url}&create=false", purpose="create")
    assert not has(dynamodb_client, table)


def test_key_names_in_the_url(url: str, table: str, dynamodb_client: Any) -> None:
    """`store_key` and `option_key` name the table's keys."""
    keyed = f"{url}&store_key=who%20is&option_key=what"
    with closing(open_store(keyed, purpose="create")) as store:
        store.set("db", {"port": 1})
    keys = dynamodb_client.describe_table(TableName=table)["Table"]["KeySchema"]
    assert [key["AttributeName"] for key in keys] == ["who is", "what"]
    with closing(open_store(keyed, purpose="read")) as store:
        assert store.get("db") == {"port": 1}
    with closing(open_store(url, purpose="read")) as store, pytest.raises(ConfigStoreError):
        store.get("db")


# -- sealed and layered stores, and the diagnosis ------------------------------------------------

FORMS = ["{}&secrets=random", "env:ABSENT_ {}", "memory:absent-above {}"]


@pytest.fixture(params=["file", "folder", "dynamodb"])
def absent(request: pytest.FixtureRequest, tmp_path: Path, url: str) -> str:
    """The URL of a store that is not there, with a parameter; other schemes have tests above."""
    places = {
        "file": f"file:{tmp_path}/prod.json?optional=false",
        "folder": f"file:{tmp_path}/no/folder/prod.json?optional=false",
        "dynamodb": url,
    }
    return places[request.param]


@pytest.mark.parametrize("form", FORMS)
def test_reading_through_others_makes_nothing(
    absent: str, form: str, tmp_path: Path, table: str, dynamodb_client: Any
) -> None:
    """Neither a sealed store, nor layers, nor `diagnose`, nor a config makes what they read."""
    place = form.format(absent)
    with closing(open_store(place, purpose="read")) as store:
        touch_everything(store)
        with pytest.raises(StoreNotFoundError):
            dict(store.items())
    with pytest.raises(StoreNotFoundError):
        open_config(place)
    assert any(finding.is_ok is False for finding in diagnose(place))
    assert list(tmp_path.iterdir()) == []
    assert not has(dynamodb_client, table)


@pytest.mark.parametrize("form", FORMS)
def test_writing_through_others_makes_no_place(
    absent: str, form: str, tmp_path: Path, table: str, dynamodb_client: Any
) -> None:
    """A sealed store or layers are opened for writing as what is beneath is."""
    place = form.format(absent)
    with suppress(StoreNotFoundError):
        # Only an absent file is no error: the first write makes it.
        open_store(place).close()
        assert "/no/" not in absent
        assert absent.startswith("file:")
    assert list(tmp_path.iterdir()) == []
    assert not has(dynamodb_client, table)


@pytest.mark.parametrize("form", FORMS)
def test_creating_through_others(
    absent: str, form: str, tmp_path: Path, table: str, dynamodb_client: Any
) -> None:
    """`create` makes the table at once, and a file with its first write."""
    open_store(form.format(absent), purpose="create").close()
    assert list(tmp_path.iterdir()) == []
    assert has(dynamodb_client, table) == absent.startswith("dynamodb:")


@pytest.mark.parametrize("purpose", ["read", "write", "create"])
def test_environment_alone(purpose: Any) -> None:
    """An environment is no store, and cannot be made one."""
    with pytest.raises(InvalidURLError, match="an environment is a layer over a store"):
        open_store("env:ABSENT_", purpose=purpose)
