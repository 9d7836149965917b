"""`open_config`: a config by a URL, which closes what it opened, and what a fallback covers."""

from __future__ import annotations

import gc
import logging
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import attrs
import pytest

from confstore import (
    Change,
    HintedStore,
    TimeBasedConfigStore,
    ability,
    open_config,
    open_journaled_store,
    open_store,
)
from confstore.errors import (
    BackendNotInstalledError,
    ConfigStoreError,
    InvalidURLError,
    JournalNotSupportedError,
    NotJournaledError,
    SchemaError,
    StoreClosedError,
    StoreNotFoundError,
)
from confstore.testing import FakeClock
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore
from confstore_memory import MemoryStore

ADAPTER = """
opened = []

class Store:
    name = "third"
    hint = 7.0
    options = {"db": {"host": "localhost"}}

    def __init__(self):
        self.closes = 0
        opened.append(self)

    def get(self, option, *, keys=None, consistent=True):
        return self.options[option]

    def items(self, *, consistent=True):
        return iter(self.options.items())

    def close(self):
        self.closes += 1

class Hinted(Store):
    def update_interval_hint(self):
        return self.hint

def open_plain(url): return Store()
def open_hinted(url): return Hinted()
"""


@attrs.frozen
class Database:
    host: str


@attrs.frozen
class Settings:
    db: Database


@pytest.fixture
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An installed adapter for `plain:` and `hinted:`, whose stores count how they are closed."""
    name = f"adapter_{uuid.uuid4().hex}"
    (tmp_path / f"{name}.py").write_text(ADAPTER)
    metadata = tmp_path / "third-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: third\nVersion: 1.0\n")
    entry = f"[confstore.stores]\nplain = {name}:open_plain\nhinted = {name}:open_hinted\n"
    (metadata / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(tmp_path))
    return __import__(name)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB Local takes any."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


@pytest.fixture
def url(dynamodb_local: str, dynamodb_client: Any) -> Iterator[str]:
    """A store in a table that is not there yet, and is gone afterwards."""
    table = f"config-{uuid.uuid4().hex}"
    yield f"dynamodb://{table}/prod?region=eu-west-1&endpoint_url={dynamodb_local}"
    with suppress(dynamodb_client.exceptions.ResourceNotFoundException):
        dynamodb_client.delete_table(TableName=table)


# -- opening and closing -----------------------------------------------------------------------


def test_typed(tmp_path: Path) -> None:
    """One line gives a typed config of any backend."""
    (tmp_path / "prod.json").write_text('{"db": {"host": "localhost"}}', encoding="utf-8")
    with open_config(f"file:{tmp_path}/prod.json", schema=Settings) as config:
        host: str = config.current.db.host
        assert host == "localhost"
    # A mistyped store of a table, or of memory, is an empty one.
    with pytest.raises(SchemaError, match="'db': is missing; the store: is empty: is its name"):
        open_config("memory:without-options", schema=Settings)


def test_every_argument_of_the_strategy(tmp_path: Path) -> None:
    """`open_config` passes on whatever `TimeBasedConfigStore` takes."""
    (tmp_path / "prod.json").write_text('{"db": {"host": "a", "hots": "b"}}', encoding="utf-8")
    url = f"file:{tmp_path}/prod.json"
    with pytest.raises(SchemaError, match=r"key hots \(.*prod\.json:1\): is unknown"):
        open_config(url, schema=Settings, strict=True)
    arguments = {
        "schema_names": {"db": "db"},
        "max_stale": 60,
        "background": False,
        "startup_timeout": 5,
        "fallback": tmp_path / "fallback.json",
        "clock": FakeClock(),
        "random": lambda: 0.5,
    }
    with open_config(url, schema=Settings, update_interval=30, **arguments) as config:
        assert config.current.db.host == "a"
        assert (tmp_path / "fallback.json").exists()


def test_url_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a URL, the variable names the store."""
    monkeypatch.setenv("CONFSTORE_URL", "memory:of-the-environment\n")
    with open_store() as store:  # type: ignore[attr-defined]  # a MemoryStore
        store.set("db", {"host": "localhost"})
    with open_config() as config:
        assert config.db["host"] == "localhost"


def test_close_closes_the_store(adapter: Any) -> None:
    """The store belongs to the config; closing twice is closing once."""
    with open_config("plain:x") as config:
        assert adapter.opened[-1].closes == 0
    config.close()
    assert adapter.opened[-1].closes == 1
    assert config.db["host"] == "localhost"
    with pytest.raises(StoreClosedError):
        config.reload()


def test_failed_load_closes_the_store(adapter: Any) -> None:
    """Nothing stays open where there is no config."""
    for arguments in (
        {"schema": Database},
        {"update_interval": 0},
        {"startup_timeout": "x"},
        {"fallbck": "x"},
    ):
        with pytest.raises((SchemaError, TypeError, ValueError)):
            open_config("plain:x", **arguments)  # type: ignore[call-overload]  # wrong on purpose
        assert adapter.opened[-1].closes == 1


def test_collected_config_closes_the_store(adapter: Any) -> None:
    """Who forgets to close it leaves nothing open."""
    config = open_config("plain:x")
    assert config.db["host"] == "localhost"
    del config
    gc.collect()
    assert adapter.opened[-1].closes == 1


def test_config_of_a_store_leaves_it_open(adapter: Any) -> None:
    """Whoever opened the store closes it."""
    store = open_store("plain:x")
    TimeBasedConfigStore(store).close()
    assert adapter.opened[-1].closes == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forked_child_closes_its_own(adapter: Any) -> None:
    """A child that closes its config does not close that of its parent."""
    with open_config("plain:x") as config:
        pid = os.fork()
        if pid == 0:
            config.close()
            os._exit(adapter.opened[-1].closes)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
        assert adapter.opened[-1].closes == 0
        config.reload()


# -- what is an error at once, and what a fallback covers ----------------------------------------


@pytest.mark.parametrize(
    ("url", "error", "reason"),
    [
        ("prod.json", InvalidURLError, "starts with a scheme"),
        ("file:a b.json", InvalidURLError, "a blank in a URL is written %20"),
        ("file:prod.json?optinal", InvalidURLError, "did you mean 'optional'"),
        ("dynamodb://table/prod?regoin=x", InvalidURLError, "did you mean 'region'"),
        ("memory:a?b=c", InvalidURLError, "takes no parameters"),
        ("fiel:prod.json", BackendNotInstalledError, "did you mean 'file'"),
        ("dynamodb://table/prod?profile=nobody", ConfigStoreError, "ProfileNotFound"),
    ],
)
def test_wrong_url(url: str, error: type[Exception], reason: str, tmp_path: Path) -> None:
    """A fallback does not hide a mistake of the program or of this machine."""
    fallback = tmp_path / "last.json"
    with open_config("memory:for-the-fallback", fallback=fallback):
        assert fallback.exists()
    with pytest.raises(error, match=reason):
        open_config(url, fallback=fallback)


def starts_from_fallback(url: str, fallback: Path, caplog: Any) -> bool:
    """True if a config starts from the file; it shows what the store does not have."""
    caplog.set_level(logging.WARNING)
    with open_config(url, fallback=fallback, startup_timeout=20) as config:
        return bool(config.status.is_fallback and config.db == {"host": "saved"})


@pytest.fixture
def fallback(tmp_path: Path) -> Path:
    """A saved snapshot of the store `prod`."""
    path = tmp_path / "last.json"
    file = tmp_path / "saved" / "prod.json"
    file.parent.mkdir()
    file.write_text('{"db": {"host": "saved"}}', encoding="utf-8")
    open_config(f"file:{file}", fallback=path).close()
    return path


def test_missing_file(fallback: Path, tmp_path: Path, caplog: Any) -> None:
    """A file that is not there."""
    assert starts_from_fallback(f"file:{tmp_path}/prod.json", fallback, caplog)


def test_missing_table(fallback: Path, url: str, caplog: Any) -> None:
    """A table that is not there."""
    assert starts_from_fallback(url, fallback, caplog)


def test_dead_endpoint(fallback: Path, caplog: Any) -> None:
    """An endpoint that does not answer."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        url = f"dynamodb://config/prod?region=eu-west-1&endpoint_url={place}"
        assert starts_from_fallback(url, fallback, caplog)


def test_denied_role(fallback: Path, monkeypatch: Any, caplog: Any) -> None:
    """Credentials that are missing or refused."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    url = "dynamodb://config/prod?region=eu-west-1&endpoint_url=http://127.0.0.1:9"
    assert starts_from_fallback(url, fallback, caplog)


def test_missing_file_without_a_fallback(tmp_path: Path) -> None:
    """The first load says what is absent."""
    with pytest.raises(StoreNotFoundError, match=r"prod\.json' is not there"):
        open_config(f"file:{tmp_path}/prod.json")


# -- the interval --------------------------------------------------------------------------------


def refreshes_after(store: Any, change: Any, *delays_s: float) -> list[bool]:
    """Whether a change shows so many seconds after the first load."""
    clock = FakeClock()
    shown = []
    arguments: dict[str, Any] = {"background": False, "clock": clock, "random": lambda: 0.5}
    with TimeBasedConfigStore(store, **arguments) as config:
        change()
        for delay_s in delays_s:
            clock.advance(delay_s)
            shown.append("changed" in config)
    return shown


def test_interval_of_memory() -> None:
    """A write shows at once, without a thread; subscribers hear of it at the next read."""
    store, told = MemoryStore(), []
    with TimeBasedConfigStore(store) as config:
        config.subscribe(lambda option, old, new: told.append((option, old, new)))
        store.set("db", {"port": 1})
        assert config.db == {"port": 1}
        assert told == [("db", None, {"port": 1})]
        store.fail()
        assert config.db == {"port": 1}
        assert "a test makes it fail" in str(config.status.last_error)
        store.heal()
        store.delete("db")
        assert "db" not in config
    assert ability(store, HintedStore) is store


def test_interval_of_memory_as_given() -> None:
    """A number is what counts."""
    store = MemoryStore("test", {"db": {}})
    with TimeBasedConfigStore(store, 60) as config:
        store.set("db", {"port": 1})
        assert config.db == {}


def test_interval_of_a_file(tmp_path: Path) -> None:
    """A second."""
    store = FileStore(tmp_path / "prod.json")
    store.create()
    assert refreshes_after(store, lambda: store.set("changed", {}), 0.9, 0.1) == [False, True]


@pytest.mark.parametrize("is_journaled", [False, True])
def test_interval_of_dynamodb(url: str, *, is_journaled: bool) -> None:
    """A minute with a journal, else five."""
    store = open_store(url, purpose="create")
    assert isinstance(store, DynamoDBStore)
    with store:
        if is_journaled:
            store.enable_journal()
        limits_s = (59.0, 1.0) if is_journaled else (299.0, 1.0)
        assert refreshes_after(store, lambda: store.set("changed", {}), *limits_s) == [False, True]


def test_interval_of_dynamodb_follows_the_journal(url: str) -> None:
    """It is known after the first load, and looked at again after each refresh."""
    with open_store(url, purpose="create") as writer:  # type: ignore[attr-defined]
        writer.enable_journal()
    with open_store(url, purpose="read") as store:  # type: ignore[attr-defined]
        assert store.update_interval_hint() == 300
        list(store.poll().changed)
        assert store.update_interval_hint() == 60


def test_interval_without_a_hint(adapter: Any) -> None:
    """Five minutes, as in 2014."""
    store = open_store("plain:x")
    adapter.opened[-1].options = {"db": {}}

    def change() -> None:
        adapter.opened[-1].options = {"changed": {}}

    assert refreshes_after(store, change, 299, 1) == [False, True]


def test_hint_that_changes(adapter: Any) -> None:
    """The next interval is the new one."""
    store = open_store("hinted:x")
    last = adapter.opened[-1]

    def change() -> None:
        last.hint, last.options = 20.0, {"db": {}}

    clock = FakeClock()
    arguments: dict[str, Any] = {"background": False, "clock": clock, "random": lambda: 0.5}
    with TimeBasedConfigStore(store, **arguments) as config:
        change()
        clock.advance(7)
        assert config.db == {}
        last.options = {"db": {"a": 1}}
        clock.advance(19)
        assert config.db == {}
        clock.advance(1)
        assert config.db == {"a": 1}


@pytest.mark.parametrize(("hint", "error"), [(-1, ValueError), ("7", TypeError)])
def test_wrong_hint(adapter: Any, hint: Any, error: type[Exception]) -> None:
    """An adapter's mistake names the method."""
    store = open_store("hinted:x")
    adapter.opened[-1].hint = hint
    with pytest.raises(error, match=r"update_interval_hint\(\)"):
        TimeBasedConfigStore(store)


# -- journaled stores ----------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["file", "memory", "dynamodb"])
def test_journaled(scheme: str, tmp_path: Path, url: str) -> None:
    """The journal is enabled by `create` alone; then every purpose opens the store."""
    places = {
        "file": f"file:{tmp_path}/new.json",
        "memory": f"memory:{uuid.uuid4().hex}",
        "dynamodb": url,
    }
    place = places[scheme]
    open_store(place, purpose="create").close()
    with pytest.raises((NotJournaledError, StoreNotFoundError)):
        open_journaled_store(place, purpose="read")
    with pytest.raises(NotJournaledError, match=r"enable_journal.*confstore init --journal"):
        open_journaled_store(place)
    for purpose in ("create", "create", "write", "read"):
        store = open_journaled_store(place, purpose=purpose)  # type: ignore[arg-type]
        version = store.version()
        assert store.commit([Change("db", {"port": version})]).version == version + 1
        store.close()


def test_backend_without_a_journal(adapter: Any) -> None:
    """The error says so, and the store is closed."""
    for purpose in ("read", "write", "create"):
        with pytest.raises(JournalNotSupportedError, match="its backend does not support it"):
            open_journaled_store("plain:x", purpose=purpose)  # type: ignore[arg-type]
        assert adapter.opened[-1].closes == 1


@pytest.mark.parametrize("purpose", ["diagnose", "raed", None])
def test_unknown_purpose(purpose: Any) -> None:
    """The error names those that there are."""
    with pytest.raises(ValueError, match="known are read, write, create"):
        open_store("memory:test", purpose=purpose)


@attrs.frozen
class Port:
    port: int
    host: str = ""
    secret_key: str = ""


def problem_of(url: str) -> str:
    """What does not fit, at the start and at a reload: one problem."""
    with pytest.raises(SchemaError) as caught:
        open_config(url, schema={"db": Port})
    (problem,) = caught.value.problems
    return str(problem)


def test_place_of_what_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is named with the line, and in layers the layer that has the value."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "dev.json"
    path.write_text('{"db": {\n"port": "5432"}}', encoding="utf-8")
    text = "option 'db', key port (dev.json:2): expected int, found text"
    assert problem_of("file:dev.json") == text
    assert problem_of("memory:place file:dev.json") == text
    path.write_text('{"db": {"port": 1,\n\n"secret-key": 2}}', encoding="utf-8")
    text = "option 'db', key secret-key (dev.json:3): expected str, found int"
    assert problem_of("file:dev.json") == text
    path.write_text('{"db": {"port": 1}}', encoding="utf-8")
    open_store("memory:place", purpose="create").set("db", {"host": 1})
    text = "option 'db', key host (memory:place): expected str, found int"
    assert problem_of("memory:place file:dev.json") == text
    monkeypatch.setenv("PLACE_DB__SECRET_KEY", "[1]")
    open_store("memory:place", purpose="create").set("db", {"secret-key": [2]})
    text = "option 'db', key secret-key (PLACE_DB__SECRET_KEY): expected str, found list"
    assert problem_of("env:PLACE_ memory:place file:dev.json") == text


def test_place_that_is_the_store(tmp_path: Path, url: str) -> None:
    """What is missing has no place, nor has a value of a store that the error names already."""
    for one in ("memory:no-place", url):
        with closing(open_store(one, purpose="create")) as store:
            store.set("db", {"port": "5432"})
        assert problem_of(one) == "option 'db', key port: expected int, found text"
    (tmp_path / "dev.json").write_text('{"db": {}}', encoding="utf-8")
    assert problem_of(f"file:{tmp_path}/dev.json") == "option 'db', key port: is missing"


def test_store_that_is_empty(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """A mistyped store of a table has no options: it is said how to find the one that was meant."""
    open_store(url, purpose="create").close()
    open_config(url).close()
    (text,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert text.startswith("store 'prod' has no options: is it the right store? `confstore list`")
    with pytest.raises(SchemaError) as caught:
        open_config(url, schema={"db": Port})
    assert [str(problem) for problem in caught.value.problems] == [
        "option 'db': is missing",
        "the store: is empty: is its name right? `confstore list` names others of its table",
    ]


def test_place_at_a_reload(tmp_path: Path) -> None:
    """A reload names it, too; an override has no place in the file."""
    path = tmp_path / "dev.json"
    path.write_text('{"db": {"port": 1}}', encoding="utf-8")
    with open_config(f"file:{path}", schema={"db": Port}, background=False) as config:
        with pytest.raises(SchemaError) as caught, config.override(db={"port": "5432"}):
            pass
        assert [one.place for one in caught.value.problems] == [None]
        path.write_text('{"db":\n{"port": "5432"}}', encoding="utf-8")
        with pytest.raises(SchemaError) as caught:
            config.reload()
        assert [one.place for one in caught.value.problems] == [f"{path}:2"]
        assert "5432" not in str(caught.value)
