"""
One read of one value that is in memory.

pyperf finds the number of loops, warms up and repeats; the clock is the processor's, so that other
programs on the machine count for little.
"""

from __future__ import annotations

import time
import timeit
from typing import Any

import attrs

from benchmarks._clients import table_of
from benchmarks._setting import Setting

__all__ = ["SUBJECTS", "read_s", "rounds"]

UNROLLED = 10
"""Statements in a loop: the loop's own cost is not the read's."""
MANY = 10_000


def rounds(wanted: int) -> int:
    """Twice as many: where things lie in a process decides over a tenth, and the goal is near."""
    return 2 * wanted


def read_s(
    setting: Setting, statement: str, names: dict[str, object], value_s: float = 0.02
) -> float:
    """
    Seconds of the processor for one execution of a statement.

    Args:
        setting: Where it is measured.
        statement: What to execute; `names` are local variables to it.
        names: The objects it uses.
        value_s: How long one of pyperf's values takes, about.
    """
    import pyperf

    setup = "; ".join(f"{name} = _names[{name!r}]" for name in names) or "pass"
    timer = timeit.Timer(
        "\n".join([statement] * UNROLLED), setup, time.process_time, {"_names": names}
    )
    loops = 1
    while timer.timeit(loops) < value_s / 4:
        loops *= 4
    runner = pyperf.Runner()
    runner.parse_args(
        ["--worker", "--quiet", "--warmups=2", f"--loops={loops}", f"--values={setting.times(25)}"]
    )
    benchmark = runner.bench_time_func("read", timer.timeit, inner_loops=UNROLLED)
    # The least of them: see _cpu.
    return float(min(benchmark.get_values()))


def parsed(setting: Setting, count: int) -> dict[str, Any]:
    """What json.loads makes of so many options."""
    import json

    content: dict[str, Any] = json.loads(setting.file(count).read_text(encoding="utf-8"))
    return content


def of_dict(setting: Setting, count: int = MANY) -> float:
    return read_s(setting, 'd["db"]["host"]', {"d": parsed(setting, count)})


def store_of(count: int) -> Any:
    """The store that a service in production reads."""
    from confstore_dynamodb import DynamoDBStore

    return DynamoDBStore(None, table_of(count), "prod")


def of_ours(setting: Setting, count: int = MANY) -> float:
    from confstore import TimeBasedConfigStore

    with TimeBasedConfigStore[Any](store_of(count)) as config:
        return read_s(setting, 'config.db["host"]', {"config": config})


def of_ours_from_file(setting: Setting) -> float:
    from confstore import TimeBasedConfigStore
    from confstore_file import FileStore

    with TimeBasedConfigStore[Any](FileStore(setting.file(MANY))) as config:
        return read_s(setting, 'config.db["host"]', {"config": config})


@attrs.frozen
class Database:
    """The type of an option."""

    host: str
    port: int
    user: str
    timeout: float
    tls: bool
    comment: str


def of_ours_typed(setting: Setting) -> float:
    from confstore import TimeBasedConfigStore

    with TimeBasedConfigStore[Any](store_of(MANY), schema={"db": Database}) as config:
        return read_s(setting, "config.db.host", {"config": config})


def sealed_store() -> Any:
    """Many options, and one with a secret, in a store that seals."""
    from confstore import LocalKeys, SealedStore, Secret
    from confstore_memory import MemoryStore

    options = {f"option {number}": {"host": "h", "port": number} for number in range(MANY)}
    store = SealedStore(MemoryStore("prod", options), LocalKeys.generate())
    store.set("db", {"host": "db.example", "port": 27017, "password": Secret("s3cret")})
    return store


def of_ours_with_a_secret(setting: Setting) -> float:
    from confstore import TimeBasedConfigStore

    with TimeBasedConfigStore[Any](sealed_store(), 300) as config:
        config.db["password"].reveal()
        return read_s(setting, 'config.db["host"]', {"config": config})


def of_ours_without_a_secret(setting: Setting) -> float:
    from confstore import TimeBasedConfigStore

    store = sealed_store()
    store.set("db", {"host": "db.example", "port": 27017, "password": "s3cret"})
    with TimeBasedConfigStore[Any](store, 300) as config:
        return read_s(setting, 'config.db["host"]', {"config": config})


def of_reveal(setting: Setting) -> float:
    secret = sealed_store().get("db")["password"]
    assert secret.reveal() == "s3cret"
    return read_s(setting, "secret.reveal()", {"secret": secret})


class Slotted:
    """Options as attributes in slots: what a program would write that knew them all."""

    __slots__ = ("db",)


def of_slots(setting: Setting) -> float:
    config = Slotted()
    config.db = parsed(setting, MANY)["db"]  # type: ignore[attr-defined]
    return read_s(setting, 'config.db["host"]', {"config": config})


def of_cachetools(setting: Setting) -> float:
    from cachetools import TTLCache

    cache: TTLCache[str, Any] = TTLCache(maxsize=2 * MANY, ttl=3600)
    cache.update(parsed(setting, MANY))
    return read_s(setting, 'cache["db"]["host"]', {"cache": cache})


def of_powertools(setting: Setting) -> float:
    from aws_lambda_powertools.utilities.parameters import DynamoDBProvider

    provider = DynamoDBProvider("options-10000", key_attr="_option", value_attr="host")
    assert provider.get("db", max_age=3600) == parsed(setting, MANY)["db"]["host"]
    return read_s(setting, 'provider.get("db", max_age=3600)', {"provider": provider})


def of_dynaconf(setting: Setting) -> float:
    from dynaconf import Dynaconf

    # Few options: it takes 20 s to load 10,000, for each looks at all before it.
    settings = Dynaconf(settings_files=[str(setting.file(10))])
    assert settings.DB["host"] == parsed(setting, 10)["db"]["host"]
    return read_s(setting, 'settings.DB["host"]', {"settings": settings})


def of_pydantic_settings(setting: Setting) -> float:
    from pydantic import BaseModel
    from pydantic_settings import BaseSettings

    class Db(BaseModel):
        host: str

    class Settings(BaseSettings):
        db: Db

    settings = Settings(db=Db(host=parsed(setting, MANY)["db"]["host"]))
    return read_s(setting, "settings.db.host", {"settings": settings})


def of_launchdarkly(setting: Setting) -> float:
    from ldclient import Config, Context, LDClient
    from ldclient.integrations.test_data import TestData

    flags = TestData.data_source()
    value = parsed(setting, MANY)["db"]
    flags.update(flags.flag("db").variations(value).variation_for_all(0))
    client = LDClient(Config("sdk", update_processor_class=flags, send_events=False))
    context = Context.create("service")
    assert client.variation("db", context, {}) == value
    names = {"client": client, "context": context, "default": {}}
    try:
        return read_s(setting, 'client.variation("db", context, default)["host"]', names)
    finally:
        client.close()


SUBJECTS = {
    "ours": of_ours,
    "ours_from_file": of_ours_from_file,
    "dict": of_dict,
    "ours_at_10": lambda setting: of_ours(setting, 10),
    "dict_at_10": lambda setting: of_dict(setting, 10),
    "typed": of_ours_typed,
    "with_a_secret": of_ours_with_a_secret,
    "without_a_secret": of_ours_without_a_secret,
    "reveal": of_reveal,
    "slots": of_slots,
    "cachetools": of_cachetools,
    "powertools": of_powertools,
    "dynaconf": of_dynaconf,
    "pydantic_settings": of_pydantic_settings,
    "launchdarkly": of_launchdarkly,
}
