"""Opening: once for each text, asked for by the operator only, and never by a traceback."""

from __future__ import annotations

import gc
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from confstore import LocalKeys, SealedStore, Secret, SecretFault, open_secrets
from confstore.errors import SecretError, SecretUnavailableError
from confstore_memory import MemoryStore

from .fakes import DENIED, DOWN, FakeKeys, FakeReferences, in_threads

CANARY = "canary-5e1f"


@pytest.fixture
def keys() -> FakeKeys:
    return FakeKeys()


@pytest.fixture
def store(keys: FakeKeys) -> SealedStore:
    store = SealedStore(MemoryStore("prod"), keys)
    store.set("db", {"password": Secret(CANARY)})
    return store


def referring(text: str, references: FakeReferences, pattern: str = "asm:prod/*") -> SealedStore:
    """A store with one reference."""
    beneath = MemoryStore("prod", {"db": {"password": f"secret+{text}"}})
    return SealedStore(beneath, references={pattern: references})


def refusal(secret: Any) -> SecretError:
    """The error of a reveal."""
    with pytest.raises(SecretError) as caught:
        secret.reveal()
    return caught.value


# -- once ---------------------------------------------------------------------------------------


def test_a_text_is_opened_once(store: SealedStore, keys: FakeKeys) -> None:
    """While a secret with the text exists, its value is at hand."""
    held = store.get("db")["password"]
    for secret in (held, store.get("db")["password"], held):
        assert secret.reveal() == CANARY
    assert len(keys.opened) == 1
    del held, secret
    gc.collect()
    store.get("db")["password"].reveal()
    assert len(keys.opened) == 2


def test_threads_open_a_text_once(store: SealedStore, keys: FakeKeys) -> None:
    """Single-flight: those that come meanwhile wait for the same call."""
    secret = store.get("db")["password"]
    entered, proceed = threading.Event(), threading.Event()
    values: list[object] = []

    def wait() -> None:
        entered.set()
        assert proceed.wait(10)

    keys.before = wait

    def reveal_second() -> None:
        assert entered.wait(10)
        proceed.set()
        values.append(secret.reveal())

    in_threads(lambda: values.append(secret.reveal()), reveal_second)
    assert values == [CANARY, CANARY]
    assert len(keys.opened) == 1


def test_a_failure_is_everybodys(store: SealedStore, keys: FakeKeys) -> None:
    """Those that wait for a call that fails are told, and the next one tries again."""
    secret = store.get("db")["password"]
    entered = threading.Event()
    errors: list[SecretError] = []
    waiting = threading.Semaphore(0)

    def fail() -> None:
        entered.set()
        assert waiting.acquire(timeout=10)
        keys.fault = DOWN

    keys.before = fail

    def reveal() -> None:
        try:
            secret.reveal()
        except SecretError as error:
            errors.append(error)

    def reveal_second() -> None:
        assert entered.wait(10)
        waiting.release()
        waiting.release()
        reveal()

    in_threads(reveal, reveal_second)
    assert [type(error) for error in errors] == [SecretUnavailableError] * 2
    keys.before = lambda: None
    keys.fault = None
    assert secret.reveal() == CANARY


def test_an_interrupted_call_is_tried_again(store: SealedStore, keys: FakeKeys) -> None:
    """What ends a call from outside ends this call only."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    keys.before = interrupt
    secret = store.get("db")["password"]
    with pytest.raises(KeyboardInterrupt):
        secret.reveal()
    keys.before = lambda: None
    assert secret.reveal() == CANARY


def test_who_waited_for_an_interrupted_call_is_told(store: SealedStore, keys: FakeKeys) -> None:
    """A call that never came back is no answer; the same reveal works again."""
    secret = store.get("db")["password"]
    entered, proceed = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    class Stop(BaseException):
        pass

    def stop() -> None:
        entered.set()
        assert proceed.wait(10)
        raise Stop

    keys.before = stop

    def reveal() -> None:
        try:
            secret.reveal()
        except (SecretError, Stop) as error:
            errors.append(error)

    def reveal_second() -> None:
        assert entered.wait(10)
        keys.before = proceed.set
        reveal()

    in_threads(reveal, reveal_second, lambda: entered.wait(10) and proceed.set())
    keys.before = lambda: None
    assert any(isinstance(error, Stop) for error in errors)
    assert secret.reveal() == CANARY


def test_a_forked_child_opens_for_itself(store: SealedStore, keys: FakeKeys) -> None:
    """A lock that a thread of the parent held is not inherited."""
    entered, proceed = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        assert proceed.wait(10)

    keys.before = wait
    secret = store.get("db")["password"]
    thread = threading.Thread(target=secret.reveal, daemon=True)
    thread.start()
    assert entered.wait(10)
    pid = os.fork()
    if pid == 0:
        keys.before = lambda: None
        os._exit(0 if secret.reveal() == CANARY else 1)
    proceed.set()
    thread.join(10)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_many_are_opened_at_once(store: SealedStore, keys: FakeKeys) -> None:
    """In one call of the keys for each store; a secret of the program itself is open."""
    store.set("other", {"one": Secret(1), "two": Secret(2)})
    other = SealedStore(MemoryStore("other"), FakeKeys())
    other.set("db", {"three": Secret(3)})
    secrets = [*store.get("other").values(), *other.get("db").values(), Secret(4)]
    open_secrets(secrets)
    assert [len(texts) for texts in keys.opened] == [2]
    assert [secret.reveal() for secret in secrets] == [1, 2, 3, 4]
    assert len(keys.opened) == 1


# -- faults -------------------------------------------------------------------------------------


def test_a_lasting_fault_is_not_asked_for_again(
    store: SealedStore, keys: FakeKeys, caplog: pytest.LogCaptureFixture
) -> None:
    """It is raised by every reveal, and logged once."""
    keys.fault = DENIED
    secret = store.get("db")["password"]
    for _ in range(3):
        error = refusal(secret)
        assert type(error) is SecretError
        assert str(error) == "store 'prod', option 'db': the secret 'password': access is denied"
    assert len(keys.opened) == 1
    assert caplog.messages == [str(error)]


def test_another_fault_is_tried_again(store: SealedStore, keys: FakeKeys) -> None:
    """Whoever was down may have come back."""
    keys.fault = DOWN
    secret = store.get("db")["password"]
    assert type(refusal(secret)) is SecretUnavailableError
    keys.fault = None
    assert secret.reveal() == CANARY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("secret+", "its text is not secret\\+KIND:TEXT"),
        ("secret+fake", "its text is not secret\\+KIND:TEXT"),
        ("secret+kms:AAAA", "open the store with secrets=kms:"),
        ("secret+asm:prod/db", "references= does not allow 'asm'"),
        ("secret+new:thing", "open the store with secrets=new:"),
    ],
)
def test_nothing_is_opened_that_was_not_asked_for(text: str, reason: str) -> None:
    """A text of another kind shows its mask, and says what is missing."""
    store = SealedStore(MemoryStore("prod", {"db": {"password": text}}), FakeKeys())
    secret = store.get("db")["password"]
    assert str(secret) == "***"
    with pytest.raises(SecretError, match=reason):
        secret.reveal()


def test_a_foreign_error_is_built_anew(store: SealedStore, keys: FakeKeys) -> None:
    """What keys raise by mistake is reported by its type alone, without their frames."""

    def fail() -> None:
        raise RuntimeError(CANARY)

    keys.before = fail
    error = refusal(store.get("db")["password"])
    assert "FakeKeys raised RuntimeError" in str(error)
    with pytest.raises(SecretUnavailableError, match="FakeKeys raised RuntimeError") as caught:
        store.set("db", {"password": Secret("other " + CANARY)})
    for one in (error, caught.value):
        assert CANARY not in str(one)
        assert one.__cause__ is None
        assert one.__context__ is None


def test_a_wrong_number_of_answers_is_a_fault(store: SealedStore, keys: FakeKeys) -> None:
    """No secret gets the answer of another one."""
    keys.open_many = lambda _: []  # type: ignore[method-assign]
    assert "ValueError" in refusal(store.get("db")["password"]).reason


@pytest.mark.parametrize("plaintext", ["", "{", "NaN", '{"$set": []}', '"\\ud800"', "[" * 9999])
def test_a_plaintext_of_somebody_else_is_a_fault(
    store: SealedStore, keys: FakeKeys, plaintext: str
) -> None:
    """What was sealed by another program is not guessed at."""
    from confstore import Place

    sealed = keys.seal(plaintext.encode(), Place("prod", "db", "password"))
    store.beneath.set("db", {"password": f"secret+fake:{sealed}"})
    assert "is not a value of confstore" in refusal(store.get("db")["password"]).reason


def frames(error: BaseException) -> Iterator[dict[str, Any]]:
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_globals.get("__name__", "").startswith("confstore"):
            yield traceback.tb_frame.f_locals
        traceback = traceback.tb_next


@pytest.mark.parametrize("fault", [DENIED, DOWN, None])
@pytest.mark.parametrize("value", [CANARY, [CANARY, object()], CANARY * 1000])
def test_no_frame_of_an_error_holds_a_plaintext(fault: SecretFault | None, value: Any) -> None:
    """A traceback with locals, as rich and pytest print it, shows masks."""
    keys = FakeKeys()
    keys.fault = fault

    def fail() -> None:
        if fault is None:
            raise RuntimeError

    keys.before = fail
    store = SealedStore(MemoryStore(), keys)
    options = {"password": Secret(value)}
    for write in (store.set, store.update):
        with pytest.raises(Exception, match="db") as caught:
            write("db", options)
        held = list(frames(caught.value))
        assert held
        assert CANARY not in repr(held)
        assert CANARY not in repr((caught.value.args, caught.value.__context__))


# -- references ---------------------------------------------------------------------------------


def test_a_reference_is_followed() -> None:
    """It gives the text or the bytes of the secret."""
    for value in (CANARY, CANARY.encode(), '{"key": 1}', ""):
        store = referring("asm:prod/db", FakeReferences({"prod/db": value}))
        assert store.get("db")["password"].matches(value)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ('{"key": "a"}', "a"),
        ('{"key": 1.50}', 1.5),
        ('{"key": {"$bytes": "AAAA"}}', {"$bytes": "AAAA"}),
        ('{"key": null}', None),
        (b'{"key": [true]}', [True]),
    ],
)
def test_a_reference_to_a_key_of_json(content: str | bytes, value: Any) -> None:
    """`#KEY` gives one value of a JSON object, as it is there."""
    store = referring("asm:prod/db#key", FakeReferences({"prod/db": content}))
    assert store.get("db")["password"].matches(value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"other": 1}', "has no key 'key'"),
        ('["key"]', "is not a JSON object"),
        ("key=1", "is not JSON"),
        (b"\xff", "is not JSON"),
        ('{"key": 1e999}', "is not JSON, or its key"),
        ('{"key": "\\ud800"}', "is not JSON, or its key"),
    ],
)
def test_a_missing_key_of_json(content: str | bytes, reason: str) -> None:
    """The fault names the key, and nothing of the secret."""
    error = refusal(
        referring("asm:prod/db#key", FakeReferences({"prod/db": content})).get("db")["password"]
    )
    assert reason in error.reason
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("pattern", "name", "is_allowed"),
    [
        ("asm:prod/*", "asm:prod/db", True),
        ("asm:prod/*", "asm:prod/db#key/with/slashes", True),
        ("asm:prod/*", "asm:prod/", True),
        ("asm:prod/*", "asm:prod/a/b", False),
        ("asm:prod/*", "asm:prod", False),
        ("asm:prod/*", "asm:production/db", False),
        ("asm:prod/*", "ssm:prod/db", False),
        ("asm:prod/*/db", "asm:prod/x/db", True),
        ("asm:prod/db", "asm:prod/db", True),
        ("asm:prod.db", "asm:prodxdb", False),
        ("asm:prod/*", "asm:prod/a\nb", True),
        ("asm:prod/*", "asm:x/prod/db", False),
    ],
)
def test_what_a_pattern_allows(pattern: str, name: str, is_allowed: bool) -> None:
    """`*` stands for any characters but `/`; only what is allowed is fetched."""
    short = name.partition(":")[2].partition("#")[0]
    reader = FakeReferences({short: '{"key/with/slashes": 1}'})
    secret = referring(name, reader, pattern).get("db")["password"]
    if is_allowed:
        secret.reveal()
        assert reader.fetched == [[short]]
    else:
        assert "does not allow" in refusal(secret).reason
        assert reader.fetched == []


def test_the_attack() -> None:
    """Who may write the store cannot make a service fetch what the operator did not allow."""
    reader = FakeReferences({"admin/root": CANARY, "prod/db": "fine"})
    keys = LocalKeys.generate()
    elsewhere = SealedStore(MemoryStore("other"), keys)
    elsewhere.set("db", {"password": Secret(CANARY)})
    sealed = str(elsewhere.beneath.get("db")["password"])
    planted = {
        "reference": "secret+asm:admin/root",
        "key of json": "secret+asm:admin/root#password",
        "up and down": "secret+asm:prod/../admin/root",
        "other reader": "secret+ssm:admin/root",
        "two kinds": "secret+asm:asm:admin/root",
        "comma": "secret+asm:prod/db,asm:admin/root",
        "moved": sealed,
    }
    store = SealedStore(
        MemoryStore("prod", {"app": planted}), keys, references={"asm:prod/db": reader}
    )
    for secret in store.get("app").values():
        assert CANARY not in str(refusal(secret))
    assert reader.fetched == []


def test_a_missing_secret_and_a_service_that_is_down() -> None:
    """A missing name is a lasting fault, a service that is down is not."""
    reader = FakeReferences()
    secret = referring("asm:prod/db", reader).get("db")["password"]
    assert type(refusal(secret)) is SecretError
    reader.fault = DOWN
    secret = referring("asm:prod/db", reader).get("db")["password"]
    assert type(refusal(secret)) is SecretUnavailableError


def test_a_reader_that_raises() -> None:
    """An error of a reader is built anew, and may pass."""

    class Broken(FakeReferences):
        def fetch_many(self, names: Any) -> Any:
            raise RuntimeError(CANARY)

    error = refusal(referring("asm:prod/db", Broken()).get("db")["password"])
    assert "Broken raised RuntimeError" in error.reason
    assert CANARY not in str(error)


def test_the_log_has_the_name_of_confstore(
    store: SealedStore, keys: FakeKeys, caplog: pytest.LogCaptureFixture
) -> None:
    """One logger tells of all faults."""
    keys.fault = DENIED
    with caplog.at_level(logging.DEBUG):
        refusal(store.get("db")["password"])
    assert {record.name for record in caplog.records} == {"confstore"}
