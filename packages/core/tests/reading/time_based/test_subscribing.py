"""Subscribers: which are called, when, and how their errors are handled."""

from __future__ import annotations

import logging
import signal
import threading
from dataclasses import dataclass, field

import attrs
import pydantic
import pytest

from confstore.errors import StoreUnavailableError

TIMEOUT_S = 60


@pytest.fixture
def told():
    """The calls of a subscriber, in order."""
    return []


@pytest.fixture
def tell(told):
    """A subscriber that records its calls."""
    return lambda option, old, new: told.append((option, old, new))


def test_changed_option(store, open_config, told, tell):
    """A subscriber gets the option, its old values and its new ones."""
    config = open_config(store)
    config.subscribe(tell)
    store.set("external-port", {"value": 81})
    config.reload()
    assert told == [("external-port", {"value": 80}, {"value": 81})]


def test_background_refresh(store, clock, open_config, told, tell):
    """A change that the background finds is notified, too."""
    open_config(store).subscribe(tell)
    store.set("db", {})
    clock.advance(30)
    assert told == [("db", {"host": "localhost", "port": 27017}, {})]


def test_new_and_removed_options(store, open_config, told, tell):
    """None stands for an absent option."""
    config = open_config(store)
    config.subscribe(tell)
    store.set("new", {"key": 1})
    store.delete("external-port")
    config.reload()
    assert told == [("new", None, {"key": 1}), ("external-port", {"value": 80}, None)]


def test_unchanged_options(store, clock, open_config, told, tell):
    """No subscriber is called for an unchanged option."""
    open_config(store).subscribe(tell)
    store.set("db", {"port": 27017, "host": "localhost"})
    clock.advance(600)
    assert told == []


def test_one_option(store, open_config, told, tell):
    """A subscriber to one option is called for no other."""
    config = open_config(store)
    config.subscribe(tell, "db")
    store.set("external-port", {"value": 81})
    config.reload()
    assert told == []
    store.set("db", {})
    config.reload()
    assert [option for option, _, _ in told] == ["db"]


def test_told_after_the_swap(store, open_config):
    """A subscriber reads the new snapshot."""
    config = open_config(store)
    seen = []
    config.subscribe(lambda option, old, new: seen.append((config.db, new, config.status.version)))
    store.set("db", {"host": "elsewhere"})
    config.reload()
    assert seen == [({"host": "elsewhere"}, {"host": "elsewhere"}, 2)]


def test_failed_refresh_tells_nobody(store, clock, open_config, told, tell):
    """After a failed refresh no subscriber is called."""
    open_config(store).subscribe(tell)
    store.set("db", {})
    store.fail(OSError())
    clock.advance(60)
    assert told == []


def test_order_of_subscribers(store, open_config):
    """Subscribers are called in the order in which they subscribed, option by option."""
    config = open_config(store)
    order = []
    config.subscribe(lambda option, old, new: order.append((option, 1)))
    config.subscribe(lambda option, old, new: order.append((option, 2)))
    store.set("db", {})
    store.set("external-port", {})
    config.reload()
    assert order == [("db", 1), ("db", 2), ("external-port", 1), ("external-port", 2)]


def test_unsubscribe(store, open_config, told, tell):
    """A subscription that was ended, once or more often, is not called."""
    config = open_config(store)
    unsubscribe = config.subscribe(tell)
    unsubscribe()
    unsubscribe()
    store.set("db", {})
    config.reload()
    assert told == []


def test_unsubscribe_one_of_two_equal(store, open_config, told, tell):
    """The same function may be subscribed twice, and each subscription is ended by itself."""
    config = open_config(store)
    config.subscribe(tell)
    config.subscribe(tell)()
    store.set("db", {})
    config.reload()
    assert len(told) == 1


def test_unsubscribe_in_a_callback(store, open_config, told, tell):
    """A subscriber that is removed during a notification is not called any more."""
    config = open_config(store)
    endings = []
    config.subscribe(lambda option, old, new: [end() for end in endings])
    endings.append(config.subscribe(tell))
    store.set("db", {})
    config.reload()
    assert told == []


def test_subscribe_in_a_callback(store, open_config, told, tell):
    """A subscriber that is added during a notification is called from the next change on."""
    config = open_config(store)
    config.subscribe(lambda option, old, new: config.subscribe(tell))
    store.set("db", {})
    store.set("external-port", {})
    config.reload()
    assert told == []


def test_callback_that_raises(store, clock, open_config, told, tell, caplog):
    """An error in a subscriber is logged by its type and harms nobody else."""
    config = open_config(store)

    def broken(option, old, new):
        raise ValueError(f"secret {new}")

    config.subscribe(broken)
    config.subscribe(tell)
    store.set("db", {"host": "canary"})
    clock.advance(30)
    assert len(told) == 1
    assert config.status.consecutive_failures == 0
    (record,) = caplog.records
    assert record.getMessage() == "store 'prod': a subscriber to option 'db' raised ValueError"
    assert record.exc_info is None


def test_callback_that_exits(store, open_config, told, tell):
    """A subscriber that exits does so after all the others have heard of the change."""
    config = open_config(store)

    def exit_(option, old, new):
        raise SystemExit(3)

    config.subscribe(exit_)
    config.subscribe(tell)
    store.set("db", {})
    with pytest.raises(SystemExit):
        config.reload()
    assert len(told) == 1
    assert config.db == {}


def test_callback_that_exits_in_the_background(store, clock, open_config, told, tell):
    """A subscriber that exits does not end the refresher."""
    config = open_config(store)

    def exit_(option, old, new):
        raise SystemExit(3)

    config.subscribe(exit_)
    config.subscribe(tell)
    for host in ("a", "b", "c"):
        store.set("db", {"host": host})
        clock.advance(66)
    assert [new["host"] for _, _, new in told] == ["a", "b", "c"]


def test_callback_that_reloads(store, open_config):
    """A change that a subscriber's reload finds is notified after this one, to all in order."""
    config = open_config(store)
    first, second = [], []

    def reload(option, old, new):
        first.append(new["n"])
        if new["n"] < 3:
            store.set("db", {"n": new["n"] + 1})
            config.reload()

    config.subscribe(reload)
    config.subscribe(lambda option, old, new: second.append((old.get("n"), new["n"])))
    store.set("db", {"n": 1})
    config.reload()
    assert first == [1, 2, 3]
    assert second == [(None, 1), (1, 2), (2, 3)]


def test_callback_that_closes(store, open_config, told, tell):
    """A subscriber may close the config."""
    config = open_config(store)
    config.subscribe(lambda option, old, new: config.close())
    config.subscribe(tell)
    store.set("db", {})
    config.reload()
    assert len(told) == 1


def test_callback_that_cannot_be_called(store, open_config):
    """Arguments in the wrong order are noticed when subscribing, not at the first change."""
    with pytest.raises(TypeError, match="a subscriber is a function, not str"):
        open_config(store).subscribe("db", print)


@attrs.frozen
class Database:
    host: str
    password: str = attrs.field(default="", repr=False)


@dataclass
class DataDatabase:
    host: str
    password: str = field(default="", repr=False)


class ModelDatabase(pydantic.BaseModel):
    host: str
    password: str = pydantic.Field(default="", repr=False)


@attrs.frozen
class Settings:
    db: Database
    cache: Database | None = None


class ModelSettings(pydantic.BaseModel):
    db: ModelDatabase = pydantic.Field(alias="external-port")


FIRST = {"host": "a", "password": "one"}
SECOND = {"host": "b", "password": "two"}


@pytest.mark.parametrize("cls", [Database, DataDatabase, ModelDatabase])
def test_typed_option(scripted_store, open_config, told, tell, cls):
    """A subscriber gets a typed option as objects, before and after."""
    store = scripted_store({"db": FIRST})
    config = open_config(store, schema={"db": cls})
    config.subscribe(tell)
    store.set("db", SECOND)
    config.reload()
    assert told == [("db", cls(**FIRST), cls(**SECOND))]
    assert told[0][2] is config.db


@pytest.mark.parametrize("cls", [Database, DataDatabase, ModelDatabase])
def test_hidden_field(scripted_store, open_config, caplog, cls):
    """A field with `repr=False` stays hidden in the log of a subscriber."""
    caplog.set_level(logging.INFO)
    store = scripted_store({"db": FIRST})
    config = open_config(store, schema={"db": cls})
    config.subscribe(lambda option, old, new: logging.getLogger("app").info("%s %s", old, new))
    store.set("db", SECOND)
    config.reload()
    assert "host='b'" in caplog.text
    assert "one" not in caplog.text
    assert "two" not in caplog.text


def test_typed_store(scripted_store, open_config, told, tell):
    """With a type of the whole store, options without a field are plain, absent ones None."""
    store = scripted_store({"db": FIRST, "other": {"key": 1}})
    config = open_config(store, schema=Settings)
    config.subscribe(tell)
    store.set("other", {"key": 2})
    store.set("cache", SECOND)
    config.reload()
    store.delete("cache")
    config.reload()
    assert sorted(told[:2]) == [
        ("cache", None, Database(**SECOND)),
        ("other", {"key": 1}, {"key": 2}),
    ]
    assert told[2:] == [("cache", Database(**SECOND), None)]


class AliasSettings(pydantic.BaseModel):
    main: ModelDatabase | None = pydantic.Field(
        default=None, validation_alias=pydantic.AliasChoices("db-main", "db")
    )


@pytest.mark.parametrize("strict", [False, True])
def test_typed_option_by_its_aliases(scripted_store, open_config, told, tell, strict):
    """An option that appears or is gone is typed by whichever alias it has."""
    store = scripted_store({"db": FIRST})
    config = open_config(store, schema=AliasSettings, strict=strict)
    config.subscribe(tell)
    store.delete("db")
    store.set("db-main", SECOND)
    config.reload()
    assert sorted(told, key=lambda call: call[0]) == [
        ("db", ModelDatabase(**FIRST), None),
        ("db-main", None, ModelDatabase(**SECOND)),
    ]


def test_typed_option_of_a_named_field(scripted_store, open_config, told, tell):
    """An option that `schema_names` names is typed, and told of by its own name."""
    store = scripted_store({"database": FIRST})
    names = {"db": "database"}
    config = open_config(store, schema=Settings, schema_names=names, strict=True)
    config.subscribe(tell, "database")
    store.set("database", SECOND)
    config.reload()
    assert told == [("database", Database(**FIRST), Database(**SECOND))]


def test_typed_option_after_a_fallback(scripted_store, open_config, told, tell, tmp_path):
    """The first refresh after a start from the fallback file tells of objects, too."""
    store = scripted_store({"db": FIRST})
    path = tmp_path / "last.json"
    open_config(store, schema={"db": Database}, fallback=path).close()
    store.fail(StoreUnavailableError("prod", "no route"))
    config = open_config(store, schema={"db": Database}, fallback=path)
    config.subscribe(tell)
    store.fail(None)
    store.set("db", SECOND)
    config.reload()
    assert told == [("db", Database(**FIRST), Database(**SECOND))]


def test_option_named_like_another_field(scripted_store, open_config, told, tell):
    """An option that only is named like a field of another option is plain."""
    store = scripted_store({"external-port": FIRST, "db": {"key": 1}})
    config = open_config(store, schema=ModelSettings)
    config.subscribe(tell)
    store.set("db", {"key": 2})
    config.reload()
    assert told == [("db", {"key": 1}, {"key": 2})]


def test_typed_option_during_an_override(scripted_store, open_config, told, tell):
    """A subscriber gets what the store has, and not what overrides it."""
    store = scripted_store({"db": FIRST})
    config = open_config(store, schema={"db": Database})
    config.subscribe(tell)
    with config.override(db={"host": "overridden"}):
        store.set("db", SECOND)
        config.reload()
    assert told == [("db", Database(**FIRST), Database(**SECOND))]


def test_callback_may_wait_for_a_thread_that_reloads(store, open_config):
    """No lock of ours is held while subscribers run: what they wait for may reload the config."""
    config = open_config(store)
    seen = []

    def wait_for_reload(option, old, new):
        if new == {"host": "1"}:
            store.set("db", {"host": "2"})
            thread = threading.Thread(target=config.reload, daemon=True)
            thread.start()
            thread.join(TIMEOUT_S)
            seen.append((thread.is_alive(), config.db["host"]))

    config.subscribe(wait_for_reload)
    store.set("db", {"host": "1"})
    config.reload()
    assert seen == [(False, "2")]


def test_changes_of_another_thread_come_in_order(store, open_config, told, tell):
    """A change that another thread finds while subscribers run is notified after theirs."""
    config = open_config(store)

    def reload_elsewhere(option, old, new):
        if new == {"host": "1"}:
            store.set("db", {"host": "2"})
            thread = threading.Thread(target=config.reload)
            thread.start()
            thread.join(TIMEOUT_S)

    config.subscribe(reload_elsewhere)
    config.subscribe(tell)
    store.set("db", {"host": "1"})
    config.reload()
    assert [new for _, _, new in told] == [{"host": "1"}, {"host": "2"}]


def test_callback_of_a_read_that_refreshes(store, clock, open_config):
    """Without a thread, subscribers run outside of the lock as well."""
    config = open_config(store, background=False)
    alive = []

    def wait_for_reload(option, old, new):
        thread = threading.Thread(target=config.reload, daemon=True)
        thread.start()
        thread.join(TIMEOUT_S)
        alive.append(thread.is_alive())

    config.subscribe(wait_for_reload)
    store.set("db", {})
    clock.advance(60)
    assert config.db == {}
    assert alive == [False]


def test_reload_in_a_signal_handler_is_told_once(store, open_config, told, tell):
    """A reload that a signal handler overtakes tells nothing; the handler's change is told."""
    _reload_in_a_handler(store, open_config, tell, lambda: None)
    assert told == [("db", {"host": "localhost", "port": 27017}, {"host": "newer"})]


@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
def test_reload_in_a_signal_handler(error, store, open_config, tell):
    """A reload never goes back to its older answer, or error, once a handler's has been shown."""

    def end():
        if error is not None:
            raise error

    config = _reload_in_a_handler(store, open_config, tell, end)
    assert config.db == {"host": "newer"}
    assert config.status.last_error is None


def _reload_in_a_handler(store, open_config, tell, end):
    """Reload; a signal whose handler reloads comes when the answer is there and not shown yet."""
    from confstore import Poll

    def handle(number, frame):
        store.set("db", {"host": "newer"})
        config.reload()

    def poll(checkpoint=None, *, consistent=False):
        answer = Poll(None, dict(store.options), is_full=True)
        if store.options["db"] == {"host": "older"}:
            signal.raise_signal(signal.SIGINT)
            end()
        return answer

    store.poll = poll
    config = open_config(store)
    config.subscribe(tell)
    store.set("db", {"host": "older"})
    earlier = signal.signal(signal.SIGINT, handle)
    try:
        config.reload()
    except ZeroDivisionError:
        pass
    finally:
        signal.signal(signal.SIGINT, earlier)
    return config
