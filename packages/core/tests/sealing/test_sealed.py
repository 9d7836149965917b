"""A sealed store: secrets above, texts beneath."""

from __future__ import annotations

from typing import Any

import pytest

from confstore import (
    BulkJournaledStore,
    BulkStore,
    Change,
    CoLocatedStore,
    FileBackedStore,
    HintedStore,
    JournaledStore,
    LocalKeys,
    PollableStore,
    SealedStore,
    Secret,
    ability,
    history,
    plan_rewrap,
    plan_rollback,
    reconcile,
    rollback,
    state_at,
)
from confstore.errors import (
    AccessDeniedError,
    InvalidNameError,
    InvalidValueError,
    SecretError,
    SecretUnavailableError,
    StoreUnavailableError,
)
from confstore.testing import EDGE_VALUES
from confstore_file import FileStore
from confstore_memory import MemoryStore

from .fakes import DENIED, DOWN, FakeKeys, FakeReferences

CANARY = "canary-5e1f"


@pytest.fixture
def beneath() -> MemoryStore:
    return MemoryStore("prod")


@pytest.fixture
def keys() -> FakeKeys:
    return FakeKeys()


@pytest.fixture
def store(beneath: MemoryStore, keys: FakeKeys) -> SealedStore:
    return SealedStore(beneath, keys)


def journaled(store: SealedStore) -> JournaledStore:
    """The store with a journal that is enabled."""
    found = ability(store, JournaledStore)
    assert found is not None
    found.enable_journal()
    return found


def text(store: SealedStore, option: str = "db", key: str = "password") -> Any:
    """The text of a key in the store beneath."""
    return store.beneath.get(option)[key]


# -- reading and writing ------------------------------------------------------------------------


def test_a_secret_is_a_text_beneath(store: SealedStore) -> None:
    """The backend, hands and older libraries see a text; readers see a Secret."""
    store.set("db", {"host": "db.example", "password": Secret(CANARY)})
    assert text(store).startswith("secret+fake:")
    assert CANARY not in text(store)
    for values in (store.get("db"), dict(store.items())["db"]):
        assert values["host"] == "db.example"
        assert repr(values["password"]) == "Secret('***')"
        assert values["password"].reveal() == CANARY
    assert store.get("db", keys=["host"]) == {"host": "db.example"}


@pytest.mark.parametrize("reason", EDGE_VALUES)
def test_any_value_can_be_secret(store: SealedStore, reason: str) -> None:
    """A secret is any value of the domain, and comes back with its type."""
    plain = MemoryStore()
    plain.set("db", {"value": EDGE_VALUES[reason]})
    store.set("db", {"value": Secret(EDGE_VALUES[reason])})
    assert store.get("db")["value"].matches(plain.get("db")["value"])


def test_a_revealed_value_is_read_only(store: SealedStore) -> None:
    """All readers share it."""
    store.set("db", {"value": Secret({"list": [1]})})
    value = store.get("db")["value"].reveal()
    with pytest.raises(TypeError, match="read-only"):
        value["list"].append(2)


def test_the_largest_secret(store: SealedStore) -> None:
    """KMS seals 4,096 bytes, and so does every other key; the quotes of a text count."""
    store.set("db", {"password": Secret("x" * 4094)})
    with pytest.raises(InvalidValueError, match="at most 4,096 bytes as JSON, this one 4,097"):
        store.set("db", {"password": Secret("x" * 4095)})
    assert store.get("db")["password"].matches("x" * 4094)


@pytest.mark.parametrize("value", [object(), float("nan"), {"a": {1: 2}}, [set()], "\ud800"])
def test_a_value_outside_the_domain_is_refused(store: SealedStore, value: Any) -> None:
    """A secret holds what a key could hold; nothing is written."""
    with pytest.raises(InvalidValueError) as caught:
        store.set("db", {"password": Secret(value)})
    assert caught.value.option == "db"
    assert caught.value.path.startswith("password")
    assert dict(store.beneath.items()) == {}


@pytest.mark.parametrize("plain", ["secret+", "secret+kms:AAAA", "secret+asm:prod/db", "***"])
def test_a_plain_text_that_looks_like_a_secret_is_refused(store: SealedStore, plain: str) -> None:
    """What is pasted from an export or a mask is an error, and no secret."""
    changes = [Change("db", {"password": plain})]
    for write in (
        lambda: store.set("db", {"password": plain}),
        lambda: store.update("db", {"password": plain}),
        lambda: journaled(store).commit(changes),
    ):
        with pytest.raises(InvalidValueError, match="Secret") as caught:
            write()
        assert caught.value.path == "password"
    assert dict(store.beneath.items()) == {}


@pytest.mark.parametrize(
    "nested", [[Secret(1)], {"in": Secret(1)}, {Secret(1)}, [{"a": Secret(1)}]]
)
def test_a_nested_secret_is_refused(store: SealedStore, nested: Any) -> None:
    """Sealed is the whole value of a key."""
    with pytest.raises(InvalidValueError, match="is the whole value of a key"):
        store.set("db", {"password": nested})


def test_a_store_that_does_not_seal_refuses_secrets(beneath: MemoryStore) -> None:
    """Else a test would pass what production refuses."""
    for write in (beneath.set, beneath.update):
        with pytest.raises(InvalidValueError, match="does not seal secrets: wrap it"):
            write("db", {"password": Secret(CANARY)})
    with pytest.raises(InvalidValueError, match="does not seal secrets"):
        MemoryStore("prod", {"db": {"password": Secret(CANARY)}})


@pytest.mark.parametrize("values", [None, "text", [("a", 1)], {1: "secret+kms:a"}])
def test_what_is_no_mapping_is_refused_beneath(store: SealedStore, values: Any) -> None:
    """The errors are those of every store."""
    with pytest.raises(InvalidValueError):
        store.set("db", values)
    with pytest.raises(InvalidValueError):
        store.update("db", values)


def test_names_are_checked_before_sealing(store: SealedStore, keys: FakeKeys) -> None:
    """No call is made for an option that cannot exist."""
    with pytest.raises(InvalidNameError):
        store.set("", {"password": Secret(CANARY)})
    assert keys.sealed == []


def test_without_keys_nothing_is_sealed(beneath: MemoryStore) -> None:
    """A store without keys takes references and refuses values."""
    store = SealedStore(beneath)
    store.set("db", {"api": Secret.reference("asm:prod/api")})
    with pytest.raises(InvalidValueError, match="no keys seal it: open the store with secrets="):
        store.update("db", {"password": Secret(CANARY)})
    assert beneath.get("db") == {"api": "secret+asm:prod/api"}


def test_a_sealed_store_is_not_sealed_again(store: SealedStore) -> None:
    """A secret within a secret would be nobody's intention."""
    with pytest.raises(TypeError, match="a SealedStore already"):
        SealedStore(store)


@pytest.mark.parametrize("pattern", ["prod/*", "*", "", "ASM:a"])
def test_a_pattern_has_a_kind(beneath: MemoryStore, pattern: str) -> None:
    """A pattern that allows every kind is a mistake."""
    with pytest.raises(ValueError, match="a pattern of references is KIND:NAMES"):
        SealedStore(beneath, references={pattern: FakeReferences()})


# -- writing back -------------------------------------------------------------------------------


def test_what_was_read_is_written_back_as_it_is(store: SealedStore, keys: FakeKeys) -> None:
    """Changing another key neither opens nor seals."""
    store.set("db", {"host": "a", "password": Secret(CANARY)})
    before = text(store)
    values = store.get("db")
    values["host"] = "b"
    store.set("db", values)
    assert text(store) == before
    assert (len(keys.sealed), keys.opened) == (1, [])


def test_a_secret_that_cannot_be_opened_stays_at_its_place(
    store: SealedStore, keys: FakeKeys
) -> None:
    """One bad secret does not keep the option from being changed."""
    store.set("db", {"password": Secret(CANARY)})
    keys.fault = DENIED
    store.set("db", {**store.get("db"), "host": "a"})
    assert text(store).startswith("secret+fake:")


def test_at_another_place_it_is_sealed_anew(store: SealedStore) -> None:
    """Renaming an option or a key keeps the secret."""
    store.set("db", {"password": Secret(CANARY)})
    password = store.get("db")["password"]
    store.set("database", {"secret": password})
    assert text(store, "database", "secret") != text(store)
    assert store.get("database")["secret"].reveal() == CANARY


def test_between_stores_it_is_sealed_anew(store: SealedStore) -> None:
    """A copy opens with the keys of its own store."""
    other = SealedStore(MemoryStore("test"), LocalKeys.generate())
    store.set("db", {"password": Secret(CANARY)})
    other.set("db", store.get("db"))
    assert text(other).startswith("secret+local:")
    assert other.get("db")["password"].reveal() == CANARY


def test_a_store_of_the_same_name_may_have_other_keys(store: SealedStore) -> None:
    """A secret of a namesake is sealed anew; one of another handle is written back as it is."""
    namesake = SealedStore(MemoryStore("prod"), LocalKeys.generate())
    store.set("db", {"password": Secret(CANARY)})
    namesake.set("db", store.get("db"))
    assert namesake.get("db")["password"].reveal() == CANARY
    keys = FakeKeys()
    handle = SealedStore(store.beneath, keys)
    before = text(store)
    keys.fault = DENIED
    handle.set("db", {**store.get("db"), "host": "a"})
    assert (text(store), keys.opened) == (before, [])


def test_what_cannot_be_opened_is_not_copied(store: SealedStore, keys: FakeKeys) -> None:
    """A copy that nobody could open is refused; the error names the secret that was read."""
    store.set("db", {"password": Secret(CANARY)})
    password = store.get("db")["password"]
    keys.fault = DENIED
    with pytest.raises(SecretError, match="option 'db': the secret 'password': access is denied"):
        store.set("other", {"password": password})
    assert dict(store.beneath.items()).keys() == {"db"}


def test_a_reference_is_written_anywhere(store: SealedStore) -> None:
    """It is the same reference at every place, also where it is not followed."""
    store.set("db", {"api": Secret.reference("asm:prod/api#key")})
    assert text(store, "db", "api") == "secret+asm:prod/api#key"
    reader = FakeReferences()
    following = SealedStore(store.beneath, FakeKeys(), references={"asm:prod/*": reader})
    following.set("other", {"key": following.get("db")["api"]})
    assert text(store, "other", "key") == "secret+asm:prod/api#key"
    assert reader.fetched == []


def test_an_equal_secret_keeps_its_text(store: SealedStore, keys: FakeKeys) -> None:
    """Setting what is there already is no write, and no commit."""
    held = journaled(store)
    store.set("db", {"host": "a", "password": Secret(CANARY)})
    before = text(store)
    store.set("db", {"host": "a", "password": Secret(CANARY)})
    store.update("db", {"password": Secret(CANARY)})
    assert held.version() == 1
    store.update("db", {"password": Secret(CANARY), "host": "b"})
    store.update("db", {"password": Secret(CANARY)}, remove=["absent"])
    assert (text(store), held.version(), len(keys.sealed)) == (before, 3, 1)
    store.set("db", {"password": Secret(CANARY), "host": "c"})
    store.set("db", {"password": Secret("other"), "host": "c"})
    assert held.version() == 5


def test_an_equal_plain_value_becomes_secret(store: SealedStore) -> None:
    """A value that was plain is sealed, though it is the same."""
    store.beneath.set("db", {"password": CANARY})
    store.set("db", {"password": Secret(CANARY)})
    assert text(store).startswith("secret+fake:")


def test_who_may_only_write_seals(store: SealedStore, beneath: MemoryStore, keys: FakeKeys) -> None:
    """A role without the right to read or to open can set a secret."""
    beneath.fail(AccessDeniedError("prod", "no"), on="get")
    store.set("db", {"password": Secret("old")})
    beneath.heal()
    keys.faults["password"] = DENIED
    store.set("db", {"password": Secret(CANARY)})
    keys.faults.clear()
    assert store.get("db")["password"].reveal() == CANARY
    beneath.fail(StoreUnavailableError("prod", "no"), on="get")
    with pytest.raises(StoreUnavailableError):
        store.set("db", {"password": Secret(CANARY)})


@pytest.mark.parametrize(
    ("fault", "error"), [(DENIED, SecretError), (DOWN, SecretUnavailableError)]
)
def test_a_secret_that_cannot_be_sealed(
    store: SealedStore, keys: FakeKeys, fault: Any, error: type[SecretError]
) -> None:
    """Nothing is written; the error says whether to try again."""
    keys.fault = fault
    with pytest.raises(SecretError) as caught:
        store.set("db", {"host": "a", "password": Secret(CANARY)})
    assert type(caught.value) is error
    assert (caught.value.option, caught.value.key) == ("db", "password")
    assert dict(store.beneath.items()) == {}


# -- abilities ----------------------------------------------------------------------------------


def test_it_has_the_abilities_of_the_store_beneath(store: SealedStore, tmp_path: Any) -> None:
    """Nothing is promised that the store beneath cannot do."""
    assert ability(store, PollableStore)
    assert ability(store, JournaledStore)
    assert ability(store, BulkStore) is None
    with SealedStore(FileStore(tmp_path / "prod.json"), FakeKeys()) as on_file:
        bulk = ability(on_file, BulkStore)
        assert bulk is not None
        bulk.apply([Change("db", {"password": Secret(CANARY)}), Change("gone", None)])
        assert on_file.get("db")["password"].reveal() == CANARY
        assert CANARY not in (tmp_path / "prod.json").read_text()
    plain = SealedStore(PlainStore())
    assert all(ability(plain, kind) is None for kind in (PollableStore, BulkStore, JournaledStore))
    assert type(store).__name__ == "SealedStore"
    assert repr(store) == "<SealedStore over <MemoryStore 'prod'>>"


def test_the_other_abilities_of_the_store_beneath(store: SealedStore, tmp_path: Any) -> None:
    """How often to look, which files it has, and which stores are beside it."""
    hinted = ability(store, HintedStore)
    assert hinted is not None
    assert hinted.update_interval_hint() == 0
    backed = ability(SealedStore(FileStore(tmp_path / "prod.json")), FileBackedStore)
    assert backed is not None
    assert str(tmp_path / "prod.json") in backed.files()

    class CoLocated(PlainStore):
        def stores(self) -> list[str]:
            return ["prod", "test"]

    located = ability(SealedStore(CoLocated()), CoLocatedStore)
    assert located is not None
    assert located.stores() == ["prod", "test"]


class PlainStore:
    """A store without abilities, of which nothing is read."""

    name = "plain"

    def get(self, option: str) -> Any: ...

    items = close = get


def test_a_class_of_its_own(beneath: MemoryStore) -> None:
    """A subclass has the abilities, too, and an instance's type makes further stores."""

    class Sealed(SealedStore):
        extra = 1

    one = Sealed(beneath, FakeKeys())
    assert (one.extra, type(one).__name__) == (1, "Sealed")
    assert ability(one, PollableStore)
    another = type(one)(PlainStore())
    assert ability(another, PollableStore) is None


def test_a_poll_gives_secrets(store: SealedStore, keys: FakeKeys) -> None:
    """Secrets come with polls, read-only, and nothing is opened."""
    polled = ability(store, PollableStore)
    assert polled is not None
    first = polled.poll()
    store.set("db", {"password": Secret(CANARY), "hosts": ["a"]})
    store.set("plain", {"a": 1})
    second = polled.poll(first.checkpoint)
    assert second.changed["db"]["password"].matches(CANARY)
    with pytest.raises(TypeError, match="read-only"):
        second.changed["db"]["password"] = 1  # type: ignore[index]  # the rule
    assert polled.poll(second.checkpoint).changed == {}
    assert len(keys.opened) == 1


def test_the_journal_holds_texts(store: SealedStore) -> None:
    """History, states and versions are those of the store beneath."""
    held = journaled(store)
    held.commit([Change("db", {"password": Secret(CANARY)})], author="me", comment="first")
    held.commit([Change("db", None)], if_version=1)
    assert (held.is_journaled(), held.baseline(), held.version()) == (True, 0, 2)
    assert [commit.comment for commit in held.commits()] == ["first", ""]
    (change,) = history(held)[0].changes
    assert change.values is not None
    for values in (change.values, state_at(held, 1)["db"]):
        assert str(values["password"]).startswith("secret+fake:")


def test_many_commits_at_once(tmp_path: Any) -> None:
    """Where the store beneath makes many commits in one write, so does this one."""
    with SealedStore(FileStore(tmp_path / "prod.json"), FakeKeys()) as store:
        many = ability(store, BulkJournaledStore)
        assert many is not None
        many.enable_journal()
        batches = [[Change("a", {"key": Secret(1)})], [Change("b", {"key": Secret(2)})]]
        assert [commit.version for commit in many.commit_all(batches)] == [1, 2]
        assert store.get("b")["key"].reveal() == 2


def test_a_rollback_of_secrets(store: SealedStore) -> None:
    """Old texts come back as they were, without being opened by anybody but the check."""
    held = journaled(store)
    store.set("db", {"password": Secret("old")})
    store.set("db", {"password": Secret("new")})
    assert rollback(held, 1) is not None
    assert store.get("db")["password"].reveal() == "old"
    assert list(plan_rollback(held, 1).commits(held)) == []


def test_a_rollback_to_what_cannot_be_opened_warns(
    store: SealedStore, keys: FakeKeys, caplog: pytest.LogCaptureFixture
) -> None:
    """The warning names option and key."""
    held = journaled(store)
    store.set("db", {"password": Secret("old"), "token": Secret("t")})
    store.set("db", {"password": Secret("new"), "token": Secret("u")})
    keys.faults["token"] = DENIED
    rollback(held, 1)
    assert caplog.messages == ["store 'prod', option 'db': the secret 'token': access is denied"]


def test_reconcile_records_texts(store: SealedStore) -> None:
    """What agrees is not committed again; an edit by hand is."""
    held = journaled(store)
    store.set("db", {"password": Secret("old")})
    assert reconcile(held) is None
    assert held.version() == 1


def test_rewrapping(beneath: MemoryStore, keys: FakeKeys) -> None:
    """Whatever an older key had sealed is sealed by the present one; the rest stays."""
    store = SealedStore(beneath, keys)
    store.set("db", {"host": "a", "password": Secret(CANARY), "api": Secret.reference("asm:a")})
    store.set("bad", {"token": Secret("t")})
    store.set("plain", {"a": 1})
    assert plan_rewrap(store).options == []
    keys.key_id = "two"
    keys.faults["token"] = DENIED
    again = SealedStore(beneath, keys)
    plan = plan_rewrap(again)
    assert (plan.options, plan.version) == (["db"], 0)
    assert plan.new["db"]["api"] == "secret+asm:a"
    assert plan_rewrap(again, ["plain"]).options == []
    held = journaled(again)
    plan = plan_rewrap(again, ["db"])
    plan.commit(held)
    assert plan_rewrap(again).options == []
    assert again.get("db")["password"].reveal() == CANARY
    with pytest.raises(TypeError, match="does not seal secrets: wrap it"):
        plan_rewrap(beneath)


def test_rewrapping_without_keys(store: SealedStore) -> None:
    """Nothing that can be opened was sealed by another key."""
    store.set("db", {"password": Secret(CANARY)})
    assert plan_rewrap(SealedStore(store.beneath)).options == []


# -- its life -----------------------------------------------------------------------------------


def test_the_context(beneath: MemoryStore, keys: FakeKeys) -> None:
    """The store's name is bound, unless another one is given: after a restore, the old one."""
    store = SealedStore(beneath, keys)
    store.set("db", {"password": Secret(CANARY)})
    restored = MemoryStore("restored", dict(beneath.items()))
    assert [place.store for place in keys.sealed] == ["prod"]
    with pytest.raises(SecretError, match="store 'restored', option 'db'"):
        SealedStore(restored, keys).get("db")["password"].reveal()
    assert SealedStore(restored, keys, context="prod").get("db")["password"].matches(CANARY)


def test_closing_closes_the_store_beneath(store: SealedStore) -> None:
    """A sealed store owns the one beneath."""
    with store:
        pass
    store.close()
    with pytest.raises(Exception, match="is closed"):
        store.beneath.get("db")


def test_delete(store: SealedStore) -> None:
    """An option is deleted with its secrets."""
    store.set("db", {"password": Secret(CANARY)})
    store.delete("db")
    assert dict(store.items()) == {}
