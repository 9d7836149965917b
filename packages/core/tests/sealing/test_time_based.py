"""A TimeBasedConfigStore with secrets: what is opened when, and what a fault does."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from confstore import SealedStore, Secret
from confstore.errors import (
    InvalidValueError,
    SchemaError,
    SecretError,
    SecretUnavailableError,
    StoreUnavailableError,
)
from confstore.testing import FakeClock
from confstore_memory import MemoryStore

from .fakes import DENIED, DOWN, FakeKeys, FakeReferences, in_threads

CANARY = "canary-5e1f"
OpenConfig = Callable[..., Any]


@attrs.frozen
class Database:
    host: str
    password: Secret[str]


@attrs.frozen
class Settings:
    db: Database


@pytest.fixture
def keys() -> FakeKeys:
    return FakeKeys()


@pytest.fixture
def references() -> FakeReferences:
    return FakeReferences({"prod/db": CANARY})


@pytest.fixture
def sealed(keys: FakeKeys, references: FakeReferences) -> SealedStore:
    """A store with a secret that the schema names, and one that it does not."""
    store = SealedStore(MemoryStore("prod"), keys, references={"asm:prod/*": references})
    store.set("db", {"host": "a", "password": Secret(CANARY)})
    store.set("other", {"token": Secret("token")})
    return store


# -- when ---------------------------------------------------------------------------------------


def test_what_the_schema_names_is_opened_at_the_start(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig
) -> None:
    """In one call; everything else waits until it is revealed."""
    config = open_config(sealed, schema=Settings)
    assert [len(texts) for texts in keys.opened] == [1]
    assert config.current.db.password.reveal() == CANARY
    assert config.db.password.reveal() == CANARY
    assert len(keys.opened) == 1
    assert config["other"]["token"].reveal() == "token"
    assert len(keys.opened) == 2


def test_without_a_schema_nothing_is_opened(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig
) -> None:
    """Secrets are read as masks, also by every other way of reading."""
    config = open_config(sealed)
    for shown in (config, config.db, config["db"], config.get("db"), config.current, dict(config)):
        assert CANARY not in repr(shown)
    assert repr(config.db["password"]) == "Secret('***')"
    assert keys.opened == []


def test_an_idle_refresh_makes_no_call(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """Nor does a refresh that finds only other options changed."""
    config = open_config(sealed, schema=Settings)
    clock.advance(300)
    sealed.set("plain", {"a": 1})
    clock.advance(60)
    assert config["plain"] == {"a": 1}
    sealed.update("db", {"host": "b"})
    clock.advance(60)
    assert config.current.db.host == "b"
    assert config.current.db.password.reveal() == CANARY
    assert len(keys.opened) == 1


def test_one_call_for_each_changed_secret(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """A new text that the schema names is opened before it is shown."""
    config = open_config(sealed, schema=Settings)
    sealed.update("db", {"password": Secret("new")})
    keys.opened.clear()
    clock.advance(30)
    assert len(keys.opened) == 1
    assert config.current.db.password.reveal() == "new"
    assert len(keys.opened) == 1


def test_what_was_revealed_before_is_opened_again(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """Without a schema, a program shows what it needs by revealing it."""
    config = open_config(sealed)
    config.db["password"].reveal()
    sealed.update("db", {"password": Secret("new")})
    sealed.update("other", {"token": Secret("new")})
    keys.opened.clear()
    clock.advance(30)
    assert [len(texts) for texts in keys.opened] == [1]
    assert config.db["password"].reveal() == "new"
    assert len(keys.opened) == 1


def test_a_snapshot_keeps_its_secrets(
    sealed: SealedStore, clock: FakeClock, open_config: OpenConfig
) -> None:
    """A request that holds a snapshot holds its passwords, while newer ones are shown."""
    config = open_config(sealed, schema=Settings)
    held = config.current
    sealed.update("db", {"password": Secret("new")})
    clock.advance(30)
    assert held.db.password.reveal() == CANARY
    assert config.current.db.password.reveal() == "new"
    assert held != config.current


def test_snapshots_with_equal_secrets_are_equal(
    sealed: SealedStore, open_config: OpenConfig
) -> None:
    """By their texts, whoever read them; a deep copy has the same secrets."""
    one, other = (open_config(sealed, schema=Settings) for _ in range(2))
    assert one.current == other.current
    assert one.get() == other.get()
    copied = copy.deepcopy(one.get())
    assert copied["db"]["password"] is one["db"]["password"]
    assert copy.copy(one["db"]) == one["db"]
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(one.get("db"))
    with pytest.raises(TypeError, match="JSON"):
        json.dumps(one.get("db"))


def test_a_reveal_while_a_refresh_swaps(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """A thread that reveals has the value of its own snapshot."""
    config = open_config(sealed)
    secret = config.db["password"]
    entered, proceed = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        assert proceed.wait(10)

    keys.before = wait
    values: list[object] = []

    def refresh() -> None:
        assert entered.wait(10)
        keys.before = lambda: None
        sealed.beneath.set("db", {"password": "secret+fake:planted"})
        config.reload()
        proceed.set()

    in_threads(lambda: values.append(secret.reveal()), refresh)
    assert values == [CANARY]


# -- changes ------------------------------------------------------------------------------------


def test_subscribers_hear_of_another_value(
    sealed: SealedStore, clock: FakeClock, open_config: OpenConfig
) -> None:
    """They get the secrets, old and new."""
    config = open_config(sealed, schema=Settings)
    heard: list[Any] = []
    config.subscribe(lambda option, old, new: heard.append((option, old, new)))
    sealed.update("db", {"password": Secret("new")})
    clock.advance(30)
    ((option, old, new),) = heard
    assert (option, old.password.reveal(), new.password.reveal()) == ("db", CANARY, "new")


def test_a_rewrapped_secret_of_equal_value_is_no_change(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """A new key is nobody's business; the new text is shown all the same."""
    config = open_config(sealed, schema=Settings)
    heard: list[Any] = []
    config.subscribe(lambda *change: heard.append(change))
    before = config.current
    sealed.beneath.update("db", dict(FakeSeals("two", sealed)("db", password=CANARY)))
    clock.advance(30)
    assert heard == []
    assert config.current != before
    assert config.current.db.password.reveal() == CANARY


class FakeSeals:
    """Makes texts by another key."""

    def __init__(self, key_id: str, store: SealedStore) -> None:
        self.store = SealedStore(MemoryStore(store.name), FakeKeys(key_id))

    def __call__(self, option: str, **values: Any) -> Any:
        self.store.set(option, {key: Secret(value) for key, value in values.items()})
        return self.store.beneath.get(option)


def test_a_secret_that_was_not_opened_is_a_change(
    sealed: SealedStore, clock: FakeClock, open_config: OpenConfig
) -> None:
    """Nobody can say that its value is equal."""
    config = open_config(sealed)
    heard: list[Any] = []
    config.subscribe(lambda option, *_: heard.append(option))
    sealed.beneath.update("other", dict(FakeSeals("two", sealed)("other", token="token")))
    clock.advance(30)
    assert heard == ["other"]


def test_an_option_that_is_removed(
    sealed: SealedStore, clock: FakeClock, open_config: OpenConfig
) -> None:
    """Its secrets are gone with it."""
    config = open_config(sealed)
    config["other"]["token"].reveal()
    sealed.delete("other")
    clock.advance(30)
    assert "other" not in config
    config.reload()


# -- faults -------------------------------------------------------------------------------------


def test_one_bad_secret_stops_nobody(
    sealed: SealedStore,
    keys: FakeKeys,
    clock: FakeClock,
    open_config: OpenConfig,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It was copied by hand to another option: the start and the refreshes go on."""
    sealed.beneath.set("db", {"host": "a", "password": "secret+fake:not of this place"})
    keys.faults["password"] = DENIED
    config = open_config(sealed, schema=Settings)
    assert config.current.db.host == "a"
    with pytest.raises(SecretError, match="access is denied"):
        config.current.db.password.reveal()
    sealed.beneath.update("db", {"host": "b"})
    clock.advance(300)
    assert config.current.db.host == "b"
    assert config.status.consecutive_failures == 0
    assert len(keys.opened) == 1
    assert sum("the secret" in message for message in caplog.messages) == 1


def test_a_lasting_fault_is_asked_for_again_by_reload(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """Or when the text changes."""
    keys.faults["password"] = DENIED
    config = open_config(sealed, schema=Settings)
    clock.advance(300)
    assert len(keys.opened) == 1
    keys.faults.clear()
    config.reload()
    assert len(keys.opened) == 2
    assert config.current.db.password.reveal() == CANARY
    keys.faults["password"] = DENIED
    config = open_config(sealed, schema=Settings)
    keys.faults.clear()
    sealed.beneath.update("db", dict(FakeSeals("two", sealed)("db", password="new")))
    clock.advance(30)
    assert config.current.db.password.reveal() == "new"


def test_a_new_text_that_nobody_opens_fails_the_refresh(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """The last good snapshot stays, with its password, until somebody answers."""
    config = open_config(sealed, schema=Settings)
    sealed.update("db", {"host": "b", "password": Secret("new")})
    keys.fault = DOWN
    with pytest.raises(SecretUnavailableError, match="nobody answers"):
        config.reload()
    assert config.status.consecutive_failures == 1
    assert "nobody answers" in config.status.last_error
    assert (config.current.db.host, config.current.db.password.reveal()) == ("a", CANARY)
    keys.fault = None
    config.reload()
    assert (config.current.db.host, config.current.db.password.reveal()) == ("b", "new")


def test_other_secrets_that_nobody_opens_fail_nothing(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """What the schema does not name is opened later, also what was revealed before."""
    config = open_config(sealed, schema=Settings)
    config["other"]["token"].reveal()
    sealed.update("other", {"token": Secret("new")})
    keys.fault = DOWN
    clock.advance(30)
    assert config.status.consecutive_failures == 0
    with pytest.raises(SecretUnavailableError):
        config["other"]["token"].reveal()
    keys.fault = None
    assert config["other"]["token"].reveal() == "new"


def test_a_start_without_anybody_who_opens(
    sealed: SealedStore, keys: FakeKeys, clock: FakeClock, open_config: OpenConfig
) -> None:
    """It is as patient as for a store that is down, and then fails."""
    keys.fault = DOWN
    errors: list[Exception] = []

    def start() -> None:
        try:
            open_config(sealed, schema=Settings)
        except SecretUnavailableError as error:
            errors.append(error)

    thread = threading.Thread(target=start, daemon=True)
    clock.start(thread)
    clock.advance(60)
    thread.join(10)
    assert len(errors) == 1
    assert len(keys.opened) > 2


# -- the fallback file --------------------------------------------------------------------------


def test_the_fallback_file_holds_texts(
    sealed: SealedStore, open_config: OpenConfig, tmp_path: Path
) -> None:
    """A thief of the file has sealed texts."""
    path = tmp_path / "last.json"
    config = open_config(sealed, schema=Settings, fallback=path)
    config["other"]["token"].reveal()
    sealed.set("plain", {"a": 1})
    config.reload()
    assert CANARY not in path.read_text()
    saved = json.loads(path.read_text())["options"]
    assert saved["db"] == sealed.beneath.get("db")
    assert saved["plain"] == {"a": 1}


def test_an_offline_start(
    sealed: SealedStore,
    keys: FakeKeys,
    clock: FakeClock,
    open_config: OpenConfig,
    tmp_path: Path,
) -> None:
    """Settings from the file at once, and secrets once somebody answers."""
    path = tmp_path / "last.json"
    open_config(sealed, schema=Settings, fallback=path).close()
    keys.fault = DOWN
    assert isinstance(sealed.beneath, MemoryStore)
    sealed.beneath.fail(StoreUnavailableError("prod", "down"))
    restarted = SealedStore(sealed.beneath, keys)
    config = open_config(restarted, schema=Settings, fallback=path)
    assert config.status.is_fallback
    assert config.current.db.host == "a"
    with pytest.raises(SecretUnavailableError):
        config.current.db.password.reveal()
    # The store is back, and nobody opens yet: the texts are not new.
    sealed.beneath.heal()
    config.reload()
    assert not config.status.is_fallback
    keys.fault = None
    assert config.current.db.password.reveal() == CANARY


def test_the_fallback_when_only_the_keys_are_down(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig, tmp_path: Path
) -> None:
    """Whoever opens secrets may be down for longer than a start can wait."""
    path = tmp_path / "last.json"
    open_config(sealed, schema=Settings, fallback=path).close()
    keys.fault = DOWN
    restarted = SealedStore(sealed.beneath, keys)
    config = open_config(restarted, schema=Settings, fallback=path)
    assert config.status.is_fallback
    assert "nobody answers" in config.status.last_error


# -- references ---------------------------------------------------------------------------------


@pytest.fixture
def referring(sealed: SealedStore) -> SealedStore:
    """The password is kept elsewhere."""
    sealed.update("db", {"password": Secret.reference("asm:prod/db")})
    return sealed


def test_a_rotated_secret_is_seen_after_its_interval(
    referring: SealedStore, references: FakeReferences, clock: FakeClock, open_config: OpenConfig
) -> None:
    """Though the store itself has not changed; subscribers hear of it."""
    config = open_config(referring, schema=Settings)
    heard: list[Any] = []
    config.subscribe(lambda option, old, new: heard.append((option, new.password.reveal())))
    references.secrets["prod/db"] = "rotated"
    clock.advance(3000)
    assert config.current.db.password.reveal() == CANARY
    assert len(references.fetched) == 1
    clock.advance(700)
    assert config.current.db.password.reveal() == "rotated"
    assert config["db"]["password"].reveal() == "rotated"
    assert heard == [("db", "rotated")]
    assert len(references.fetched) == 2
    clock.advance(3600)
    assert len(references.fetched) == 3
    assert len(heard) == 1


def test_a_rotated_secret_is_seen_by_reload(
    referring: SealedStore, references: FakeReferences, open_config: OpenConfig
) -> None:
    """At once."""
    config = open_config(referring, schema=Settings)
    old = config.current
    references.secrets["prod/db"] = "rotated"
    config.reload()
    assert config.current.db.password.reveal() == "rotated"
    assert old.db.password.reveal() == CANARY
    assert config.current != old


def test_the_interval_of_references(
    referring: SealedStore, references: FakeReferences, clock: FakeClock, open_config: OpenConfig
) -> None:
    """It is chosen by the program, and never below the refreshes."""
    open_config(referring, schema=Settings, reference_interval=90)
    clock.advance(300)
    assert len(references.fetched) == 3
    with pytest.raises(ValueError, match="reference_interval"):
        open_config(referring, reference_interval=0)


def test_references_that_nobody_revealed_are_not_fetched(
    referring: SealedStore, references: FakeReferences, clock: FakeClock, open_config: OpenConfig
) -> None:
    """What nobody uses costs nothing."""
    config = open_config(referring)
    clock.advance(10_000)
    config.reload()
    assert references.fetched == []


def test_the_last_good_value_stays(
    referring: SealedStore,
    references: FakeReferences,
    clock: FakeClock,
    open_config: OpenConfig,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While who keeps it is down, and after it was removed; the log says so once."""
    config = open_config(referring, schema=Settings)
    references.fault = DOWN
    clock.advance(7200)
    # Tried again by each refresh.
    tries = len(references.fetched)
    assert tries > 10
    assert config.current.db.password.reveal() == CANARY
    assert config.status.consecutive_failures == 0
    (message,) = [one for one in caplog.messages if "the secret" in one]
    assert (
        "the last value of the secret 'password' stays, not fetched again: nobody answers"
        in message
    )
    references.fault = DENIED
    clock.advance(3600)
    assert len(references.fetched) - tries <= 3
    references.fault = None
    references.secrets["prod/db"] = "rotated"
    clock.advance(3700)
    assert config.current.db.password.reveal() == "rotated"
    assert sum("the secret" in message for message in caplog.messages) == 2


def test_another_version_of_an_equal_value_is_no_change(
    referring: SealedStore, references: FakeReferences, open_config: OpenConfig
) -> None:
    """Another key of the same JSON was rotated."""
    references.secrets["prod/db"] = '{"password": "p", "other": 1}'
    referring.update("db", {"password": Secret.reference("asm:prod/db#password")})
    config = open_config(referring, schema=Settings)
    heard: list[Any] = []
    config.subscribe(lambda *change: heard.append(change))
    references.secrets["prod/db"] = '{"password": "p", "other": 2}'
    config.reload()
    assert heard == []
    assert config.current.db.password.reveal() == "p"


# -- overrides ----------------------------------------------------------------------------------


def test_an_override_takes_secrets(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig
) -> None:
    """A test overrides what the code reads, with a secret that no store has sealed."""
    config = open_config(sealed, schema=Settings)
    with config.override(db={"host": "test", "password": Secret("for a test")}):
        assert config.current.db.password.matches("for a test")
    assert config.current.db.password.matches(CANARY)
    with (
        pytest.raises(InvalidValueError, match="is the whole value of a key"),
        config.override(db={"host": "test", "password": [Secret("nested")]}),
    ):
        pass


# -- schemas ------------------------------------------------------------------------------------


def test_a_secret_in_a_field_for_settings(sealed: SealedStore, open_config: OpenConfig) -> None:
    """It is an error, and never shown as if it were a setting."""
    sealed.update("db", {"host": Secret("a host")})
    with pytest.raises(SchemaError) as caught:
        open_config(sealed, schema=Settings)
    (problem,) = caught.value.problems
    assert (problem.option, problem.path) == ("db", ("host",))
    assert problem.reason == "is a secret: give the field the type Secret[...]"


def test_a_sealed_text_in_a_store_without_keys(
    sealed: SealedStore, open_config: OpenConfig
) -> None:
    """A service that was not given secrets= does not take the text for the password."""
    with pytest.raises(SchemaError, match="is a secret: open the store with secrets="):
        open_config(sealed.beneath, schema=Settings)


def test_a_plain_value_in_a_field_for_secrets(sealed: SealedStore, open_config: OpenConfig) -> None:
    """It is masked, too."""
    sealed.update("db", {"password": "plain"})
    config = open_config(sealed, schema=Settings)
    assert repr(config.current.db.password) == "Secret('***')"
    assert config.current.db.password.reveal() == "plain"


def test_a_secret_of_another_type(sealed: SealedStore, open_config: OpenConfig) -> None:
    """The value of a secret is checked like any other, without being shown."""
    sealed.update("db", {"password": Secret(12345678)})
    with pytest.raises(SchemaError, match="key password: expected") as caught:
        open_config(sealed, schema=Settings)
    assert "12345678" not in str(caught.value)
