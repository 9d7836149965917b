"""Each public constructor is given each other kind of object, and says what it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from confstore import (
    CachedConfigStore,
    ConfigStore,
    Environment,
    LayeredStore,
    LocalKeys,
    SealedStore,
    Secret,
    SimpleConfigStore,
    TimeBasedConfigStore,
    diagnose,
    diff,
    explain,
    health,
    history,
    open_config,
    open_journaled_store,
    open_secrets,
    open_store,
    origin,
    plan_reconcile,
    plan_rewrap,
    plan_rollback,
    reconcile,
    rollback,
    state_at,
)
from confstore.errors import ConfigStoreError, InvalidNameError, JournalNotSupportedError
from confstore_dynamodb import (
    DynamoDBConfigStore,
    DynamoDBStore,
    KMSKeys,
    open_url as open_dynamodb,
)
from confstore_file import FileConfigStore, FileStore, open_url as open_file
from confstore_memory import MemoryConfigStore, MemoryStore, open_url as open_memory
from dynamodb_config_store import DynamoDBConfigStore as StoreOf2014

SECRET = "s3cret"


def client(kind: str = "client") -> Any:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": SECRET}
    session = boto3.Session(region_name="eu-west-1", **keys)
    return session if kind == "session" else getattr(session, kind)("dynamodb")


OBJECTS: dict[str, Callable[[], Any]] = {
    "URL": lambda: f"memory:test?password={SECRET}",
    "path": lambda: Path("prod.json"),
    "facade": MemoryConfigStore,
    "store": MemoryStore,
    "config, simple": lambda: SimpleConfigStore(MemoryStore()),
    "config, cached": lambda: CachedConfigStore(MemoryStore()),
    "config": lambda: TimeBasedConfigStore(MemoryStore("test", {"items": {}, "get": {}}), 60),
    "config, polling": lambda: TimeBasedConfigStore(MemoryStore("test", {"items": {}})),
    "client": client,
    "resource": lambda: client("resource"),
    "session": lambda: client("session"),
    "None": lambda: None,
    "class": lambda: MemoryStore,
    "dict": lambda: {"db": {"password": SECRET}},
    "number": lambda: 5,
}
TAKE_A_STORE: dict[str, Callable[[Any], Any]] = {
    "SimpleConfigStore": SimpleConfigStore,
    "CachedConfigStore": CachedConfigStore,
    "TimeBasedConfigStore": TimeBasedConfigStore,
    "ConfigStore": ConfigStore,
    "LayeredStore, one": lambda given: LayeredStore([given]),
    "SealedStore": lambda given: SealedStore(given, LocalKeys.generate()),
    "explain": lambda given: list(explain(given)),
    "plan_rewrap": plan_rewrap,
    "history": history,
    "state_at": lambda given: state_at(given, 1),
    "plan_rollback": lambda given: plan_rollback(given, 1),
    "rollback": lambda given: rollback(given, 1),
    "plan_reconcile": plan_reconcile,
    "reconcile": reconcile,
}
TAKE_A_URL: dict[str, Callable[[Any], Any]] = {
    "open_store": open_store,
    "open_config": open_config,
    "open_journaled_store": open_journaled_store,
    "diagnose": diagnose,
    "confstore_dynamodb.open_url": open_dynamodb,
    "confstore_file.open_url": open_file,
    "confstore_memory.open_url": open_memory,
}
TAKE_A_CONNECTION: dict[str, Callable[[Any], Any]] = {
    "DynamoDBStore": lambda given: DynamoDBStore(given, "table", "prod"),
    "DynamoDBConfigStore": lambda given: DynamoDBConfigStore(given, "table", "prod"),
    "of 2014": lambda given: StoreOf2014(given, "table", "prod"),
}
TAKE_A_PATH: dict[str, Callable[[Any], Any]] = {
    "FileStore": FileStore,
    "FileConfigStore": FileConfigStore,
}
TAKE_A_NAME: dict[str, Callable[[Any], Any]] = {
    "MemoryStore": MemoryStore,
    "MemoryConfigStore": MemoryConfigStore,
}


def refusal(take: Callable[[Any], Any], kind: str, *errors: type[Exception]) -> str:
    given = OBJECTS[kind]()
    with pytest.raises(errors) as caught:
        take(given).close()
    assert caught.type in errors
    text = str(caught.value)
    assert SECRET not in text
    assert "\n" not in text
    return text


ADVICE = {
    "URL": "not a str: open_store(url) opens a URL, and open_config(url) reads one",
    "path": "a path (PosixPath): confstore_file.FileStore(path) is a store",
    "facade": "a config store (MemoryConfigStore): pass its .store",
    "config, simple": "a config (SimpleConfigStore): pass the store that it reads",
    "config, cached": "a config (CachedConfigStore): pass the store that it reads",
    "config": "a config (TimeBasedConfigStore): pass the store that it reads",
    "config, polling": "a config (TimeBasedConfigStore): pass the store that it reads",
    "client": "AWS's SDK (DynamoDB): confstore_dynamodb.DynamoDBStore(client, table, name)",
    "resource": "AWS's SDK (dynamodb.ServiceResource): confstore_dynamodb.DynamoDBStore(client",
    "session": "AWS's SDK (Session): confstore_dynamodb.DynamoDBStore(client",
    "None": "not None: open one with open_store(url)",
    "class": "a class (MemoryStore): pass an instance of it",
    "dict": "a mapping (dict): confstore_memory.MemoryStore(options=...) is a store",
    "number": "an object (int): a store has the methods get, items, close",
}


@pytest.mark.parametrize("kind", sorted(ADVICE))
@pytest.mark.parametrize("take", TAKE_A_STORE.values(), ids=TAKE_A_STORE)
def test_store(take: Callable[[Any], Any], kind: str) -> None:
    """What takes a store names what it was given, and what to pass."""
    text = refusal(take, kind, TypeError)
    assert text.startswith("a store belongs here, not ")
    assert ADVICE[kind] in text


@pytest.mark.parametrize("kind", sorted(OBJECTS.keys() - {"URL", "None"}))
@pytest.mark.parametrize("take", TAKE_A_URL.values(), ids=TAKE_A_URL)
def test_url(take: Callable[[Any], Any], kind: str) -> None:
    """What takes a URL shows one."""
    text = refusal(take, kind, TypeError)
    assert text.startswith("a store's URL is a str such as 'file:config/prod.json', not a")


@pytest.mark.parametrize("kind", sorted(OBJECTS.keys() - {"client", "resource", "session", "None"}))
@pytest.mark.parametrize("take", TAKE_A_CONNECTION.values(), ids=TAKE_A_CONNECTION)
def test_connection(take: Callable[[Any], Any], kind: str) -> None:
    """A store in DynamoDB takes what boto3 makes."""
    text = refusal(take, kind, TypeError)
    assert text.startswith("a connection is a boto3 client, resource or session, or None; not ")


@pytest.mark.parametrize("kind", sorted(OBJECTS.keys() - {"path", "URL"}))
@pytest.mark.parametrize("take", TAKE_A_PATH.values(), ids=TAKE_A_PATH)
def test_path(take: Callable[[Any], Any], kind: str) -> None:
    """A file is named by a path."""
    assert refusal(take, kind, TypeError).startswith("path is a str, or gives one, not ")


@pytest.mark.parametrize("kind", sorted(OBJECTS.keys() - {"URL"}))
@pytest.mark.parametrize("take", TAKE_A_NAME.values(), ids=TAKE_A_NAME)
def test_name(take: Callable[[Any], Any], kind: str) -> None:
    """A store in memory has a name."""
    assert "a name is a str" in refusal(take, kind, InvalidNameError)


@pytest.mark.parametrize("take", [*TAKE_A_PATH.values(), *TAKE_A_NAME.values()])
@pytest.mark.parametrize("url", ["file:prod.json", "memory:prod", "DynamoDB://table/prod"])
def test_url_for_a_path_or_a_name(take: Callable[[Any], Any], url: str) -> None:
    """A URL is a legal path and a legal name, and not meant as one."""
    with pytest.raises(InvalidNameError, match=r"it looks like a URL: .*open_store"):
        take(url)


@pytest.mark.parametrize("url", ["file:prod.json", "dynamodb://table/prod"])
def test_url_for_a_table(url: str) -> None:
    """No table has such a name."""
    with pytest.raises(InvalidNameError):
        DynamoDBStore(client(), url, "prod")


@pytest.mark.parametrize("kind", sorted(OBJECTS.keys() - {"URL", "class"}))
def test_strategy(kind: str) -> None:
    """A facade's strategy is a name, a class or a callable."""
    text = refusal(lambda given: ConfigStore(MemoryStore(), given), kind, TypeError)
    assert text.startswith("config_store is the name of a strategy, its class, or a callable")


class Plain:
    """A store without a journal."""

    name = "plain"

    def get(self, option: str) -> Any: ...

    items = close = get


@pytest.mark.parametrize("take", list(TAKE_A_STORE.values())[8:], ids=list(TAKE_A_STORE)[8:])
def test_store_without_a_journal(take: Callable[[Any], Any]) -> None:
    """The functions of the journal say that there can be none."""
    with pytest.raises(JournalNotSupportedError, match="'plain' cannot have a journal") as caught:
        take(Plain())
    assert isinstance(caught.value, ConfigStoreError)


def test_client_is_for_dynamodb() -> None:
    """A client of another service is not taken."""
    s3 = boto3.client("s3", region_name="eu-west-1")
    with pytest.raises(TypeError, match="not S3"):
        DynamoDBStore(s3, "table", "prod")


def in_memory() -> MemoryStore:
    return MemoryStore("test", {"db": {"port": 1}})


# What each takes, how its error begins, and the kinds of objects that it accepts.
TAKE_ANOTHER: dict[str, tuple[Callable[[Any], Any], str, set[str]]] = {
    "SealedStore's keys": (
        lambda given: SealedStore(MemoryStore(), given),
        "keys are LocalKeys, KMSKeys or an object with the methods seal and open_many, not ",
        {"None"},
    ),
    "SealedStore's references": (
        lambda given: SealedStore(MemoryStore(), references=given),
        "references are ",
        {"None"},
    ),
    "SealedStore's reader": (
        lambda given: SealedStore(MemoryStore(), references={"asm:*": given}),
        "references are followed by SecretsManager, ParameterStore or an object with the methods ",
        set(),
    ),
    "SealedStore's context": (
        lambda given: SealedStore(MemoryStore(), context=given),
        "context is the name of a store, a str, not ",
        {"URL", "None"},
    ),
    "LayeredStore": (LayeredStore, "layers are a list, the strongest first, not ", set()),
    "Environment": (Environment, "a prefix is ", set()),
    "Environment's variables": (
        lambda given: Environment("APP_", given),
        "environ is a mapping of names to texts, not ",
        {"dict", "None"},
    ),
    "LocalKeys": (LocalKeys, "local keys are a list of bytes: ", set()),
    "LocalKeys, one": (lambda given: LocalKeys([given]), "local keys are a list of bytes: ", set()),
    "LocalKeys.from_text": (LocalKeys.from_text, "local keys are a text, a str, not ", {"URL"}),
    "LocalKeys.from_file": (
        LocalKeys.from_file,
        "the path of a key file is a str, or gives one, not ",
        {"URL", "path"},
    ),
    "KMSKeys": (KMSKeys, "a key of KMS is a str such as 'alias/config', not ", {"URL"}),
    "origin": (
        lambda given: origin(given, "db", "port"),
        "a config or a store belongs here, not ",
        {"store", "config, simple", "config, cached", "config", "config, polling"},
    ),
    "health": (
        health,
        "health takes a config, not ",
        {"config, simple", "config, cached", "config", "config, polling"},
    ),
    "diff": (
        lambda given: list(diff(given, given)),
        "diff compares stores, or options as state_at gives them, not ",
        {"store", "dict"},
    ),
    "open_secrets": (
        lambda given: open_secrets([given]),
        "a Secret belongs here, not ",
        set(),
    ),
    "a schema": (
        lambda given: TimeBasedConfigStore(in_memory(), schema={"db": given}),
        "a schema is an attrs class, a dataclass or a pydantic model, not ",
        set(),
    ),
    "a fallback": (
        lambda given: TimeBasedConfigStore(in_memory(), fallback=given),
        "fallback is the path of a file, ",
        {"path", "None"},
    ),
    "observers": (
        lambda given: TimeBasedConfigStore(in_memory(), observers=given),
        "",
        {"config, simple", "config, cached"},
    ),
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name, (*_, accepted) in TAKE_ANOTHER.items()
        for kind in sorted(OBJECTS.keys() - accepted)
    ],
)
def test_another_object(name: str, kind: str) -> None:
    """What takes neither a store nor a URL says what it takes, and shows no value."""
    take, begin, _ = TAKE_ANOTHER[name]
    given = OBJECTS[kind]()
    with pytest.raises((TypeError, ValueError)) as caught:
        take(given)
    text = str(caught.value)
    assert text.startswith(begin)
    assert SECRET not in text
    assert "object has no" not in text
    assert "is not iterable" not in text
    assert "\n" not in text


def test_secrets_one_by_one() -> None:
    """One secret is no iterable of them."""
    secret: Any = Secret(SECRET)
    with pytest.raises(TypeError, match="open_secrets takes an iterable of secrets, not"):
        open_secrets(secret)


def test_prefix_that_is_shown() -> None:
    """A short one, which is no URL."""
    with pytest.raises(ValueError, match=r"at its end, not 'app-': give one such as 'APP_'"):
        Environment("app-")
    with pytest.raises(ValueError, match=r"at its end: give one"):
        Environment("x" * 100)
