"""Typed usage: checked by mypy and pyright, never run; both must find the mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_type

from confstore import (
    CachedConfigStore,
    CoLocatedStore,
    ConfigStore,
    DiagnosableStore,
    Environment,
    JournaledStore,
    Keys,
    LayeredStore,
    LocatedStore,
    PollableStore,
    References,
    SealedStore,
    Secret,
    SimpleConfigStore,
    Store,
    TimeBasedConfigStore,
)
from confstore_dynamodb import (
    DynamoDBConfigStore,
    DynamoDBStore,
    KMSKeys,
    ParameterStore,
    SecretsManager,
    open_url,
)
from dynamodb_config_store import DynamoDBConfigStore as OldDynamoDBConfigStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass
class Database:
    host: str


@dataclass
class Settings:
    db: Database


@dataclass
class WithPassword:
    password: Secret[str]


def stores(client: DynamoDBClient) -> list[Store]:
    pollable: PollableStore = DynamoDBStore(client, "config", "prod")
    journaled: JournaledStore = DynamoDBStore(client, "config", "prod")
    of_a_table: CoLocatedStore = DynamoDBStore(client, "config", "prod")
    return [
        pollable,
        journaled,
        of_a_table,
        DynamoDBStore(None, "config", "prod", store_key="_s", option_key="_o"),
        DynamoDBStore(client, "config", "prod", read_units=5, write_units=1),
        open_url("dynamodb://config/prod?region=eu-west-1"),
    ]


def facades(client: DynamoDBClient, hosts: dict[str, list[str]]) -> None:
    with DynamoDBConfigStore(client, "config", "prod", create_table=False) as simple:
        assert_type(simple.config, SimpleConfigStore)
        assert_type(simple.store, DynamoDBStore)
        simple.set("db", {"host": "db.example", "ports": [1, 2], "on": True})
        simple.set("hosts", hosts)
        simple.update("db", {"ratio": 0.5}, remove=["on"])
    cached = DynamoDBConfigStore(None, "config", "prod", "CachedConfigStore", max_age=1)
    assert_type(cached.config, CachedConfigStore)
    as_facade: ConfigStore[CachedConfigStore] = cached
    as_facade.close()


class AppConfig(TimeBasedConfigStore[Settings]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, schema=Settings)

    def host(self) -> str:
        return self.current.db.host


def time_based() -> None:
    by_class = DynamoDBConfigStore(
        None, "config", "prod", TimeBasedConfigStore, schema=Settings, create_table=False
    )
    assert_type(by_class, DynamoDBConfigStore[TimeBasedConfigStore[Settings]])
    assert_type(by_class.config.current.db.host, str)
    by_name = DynamoDBConfigStore(
        None, "config", "prod", config_store="TimeBasedConfigStore", schema=Settings
    )
    assert_type(by_name.config.current.db.host, str)
    some_types = DynamoDBConfigStore(
        None, "config", "prod", config_store=TimeBasedConfigStore, schema={"db": Database}
    )
    assert_type(some_types.config, TimeBasedConfigStore[Any])
    untyped = DynamoDBConfigStore(
        None, "config", "prod", config_store=TimeBasedConfigStore, update_interval=60
    )
    assert_type(untyped.config, TimeBasedConfigStore[dict[str, dict[str, Any]]])
    of_application = DynamoDBConfigStore(None, "config", "prod", AppConfig)
    assert_type(of_application.config.host(), str)


def mistakes(store: DynamoDBStore) -> None:
    store.set("db", {1: "a"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    store.reload()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    DynamoDBConfigStore(None, "config", "prod", "TimeBasedConfigStor")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    DynamoDBConfigStore(None, "config", "prod", create_tables=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    DynamoDBConfigStore(None, "config")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def reading(store: DynamoDBStore) -> tuple[dict[str, Any], bool]:
    for option, values in store.items(consistent=False):
        store.set(option, values)
    poll = store.poll(None)
    return store.get("db", keys=["host"]), store.poll(poll.checkpoint).is_full


def of_2014(client: DynamoDBClient) -> bool:
    store = OldDynamoDBConfigStore(client, "config", "prod", read_units=1, write_units=1)
    store.reload()
    return store.set("db", {"port": 27017})


def looking(client: DynamoDBClient) -> list[str]:
    store: DiagnosableStore = DynamoDBStore(client, "config", "prod", check_table=False)
    findings = [*store.diagnose()]
    return [f"{finding.check}: {finding.text} {finding.advice}" for finding in findings]


def secrets(client: DynamoDBClient, kms: Any) -> dict[str, Any]:
    keys: list[Keys] = [
        KMSKeys("alias/new", "alias/old", region="eu-west-1"),
        KMSKeys("alias/config", client=kms),
        KMSKeys.from_url("alias/config", {"profile": "prod"}),
    ]
    followed: dict[str, References] = {
        "asm:prod/*": SecretsManager(region="eu-west-1"),
        "ssm:/prod/*": ParameterStore(profile="prod"),
    }
    store = SealedStore(DynamoDBStore(client, "config", "prod"), keys[0], references=followed)
    store.set("db", {"password": Secret("s3cret"), "api": Secret.reference("asm:prod/api")})
    with TimeBasedConfigStore(store, schema=WithPassword) as config:
        assert_type(config.current.password.reveal(), str)
    return store.get("db")


def layers(client: DynamoDBClient) -> LayeredStore:
    store = LayeredStore([Environment("APP_"), DynamoDBStore(client, "config", "prod")])
    as_store: Store = store
    as_store.close()
    located: LocatedStore = DynamoDBStore(client, "config", "prod")
    assert_type(located.location(), str)
    return store


def mistakes_with_secrets() -> None:
    KMSKeys(["alias/new"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    SecretsManager("eu-west-1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    as_keys: Keys = ParameterStore()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    del as_keys
