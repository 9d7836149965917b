"""Secrets by KMS: bound to their place, opened in parallel, and never logged."""

from __future__ import annotations

import base64
import json
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from confstore import Opened, Place, SealedStore, Secret, SecretFault, TimeBasedConfigStore
from confstore.errors import SecretError, SecretUnavailableError
from confstore_dynamodb import KMSKeys
from confstore_memory import MemoryStore

from ..loopback import Loopback
from .conftest import Account

CANARY = "canary-71c0"
PLACE = Place("config/prod", "db", "password")


def opened(keys: KMSKeys, text: str, place: Place = PLACE) -> Opened | SecretFault:
    (answer,) = keys.open_many([(text, place)])
    return answer


def fault(answer: Any) -> SecretFault:
    assert isinstance(answer, SecretFault)
    return answer


# -- moto ---------------------------------------------------------------------------------------


def test_what_was_sealed_is_opened(account: Account) -> None:
    """A text opens at its place, and says which key opened it."""
    keys = KMSKeys(account.key())
    text = keys.seal(CANARY.encode(), PLACE)
    assert isinstance(text, str)
    assert CANARY.encode() not in base64.b64decode(text)
    assert opened(keys, text) == Opened(CANARY.encode(), keys.key_id)


@pytest.mark.parametrize(
    "place",
    [
        Place("config/test", "db", "password"),
        Place("config/prod", "other", "password"),
        Place("config/prod", "db", "token"),
    ],
)
def test_a_moved_text_does_not_open(account: Account, place: Place) -> None:
    """KMS compares the encryption context."""
    keys = KMSKeys(account.key())
    answer = fault(opened(keys, str(keys.seal(b"s3cret", PLACE)), place))
    assert answer.is_lasting
    assert "InvalidCiphertextException" in answer.reason
    assert "sealed for another store, option or key" in answer.reason


@pytest.mark.parametrize("text", ["", "!", "AAA", "\u00e9", "A" * 8300])
def test_what_is_no_ciphertext_is_not_sent(text: str) -> None:
    """A text that somebody typed makes no call."""
    answer = fault(opened(KMSKeys("alias/x", endpoint_url="http://127.0.0.1:1"), text))
    assert "it was changed or cut off" in answer.reason


def test_a_changed_text_does_not_open(account: Account) -> None:
    """A ciphertext with another byte is refused by KMS."""
    keys = KMSKeys(account.key())
    content = bytearray(base64.b64decode(str(keys.seal(b"s3cret", PLACE))))
    content[-1] ^= 1
    assert fault(opened(keys, base64.b64encode(content).decode())).is_lasting


def test_a_store_sealed_by_kms(account: Account) -> None:
    """The example of the documents."""
    store = SealedStore(MemoryStore("prod"), KMSKeys(account.key("alias/config")))
    values = {"host": "db.example", "password": Secret("s3cret")}
    store.set("db", values)
    assert str(store.beneath.get("db")["password"]).startswith("secret+kms:")
    password = store.get("db")["password"]
    assert isinstance(password, Secret)
    assert password.reveal() == "s3cret"


def test_the_largest_secret(account: Account) -> None:
    """4,096 bytes are KMS's own limit."""
    store = SealedStore(MemoryStore("prod"), KMSKeys(account.key()))
    store.set("db", {"password": Secret("x" * 4094)})
    password = store.get("db")["password"]
    assert isinstance(password, Secret)
    assert password.matches("x" * 4094)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda kms, key: kms.disable_key(KeyId=key), "DisabledException"),
        (lambda kms, key: kms.schedule_key_deletion(KeyId=key), "KMSInvalidStateException"),
    ],
)
def test_a_key_that_cannot_be_used(account: Account, spoil: Callable[..., Any], code: str) -> None:
    """A disabled key, and one that is scheduled for deletion: moto does not refuse them all."""
    with Loopback() as server:
        server.answer("Decrypt", server.error(code))
        server.answer("Encrypt", server.error(code))
        keys = KMSKeys("alias/config", endpoint_url=server.url)
        for answer in (keys.seal(b"", PLACE), opened(keys, "AAAA")):
            assert code in fault(answer).reason
            assert "'alias/config'" in fault(answer).reason
            assert fault(answer).is_lasting


# -- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "is_lasting", "advice"),
    [
        ("AccessDeniedException", True, "the role needs kms:Decrypt on the key 'alias/config'"),
        ("NotFoundException", True, "there is no key 'alias/config' in this account and region"),
        ("InvalidKeyUsageException", True, "choose a symmetric one"),
        ("IncorrectKeyException", True, "sealed by another key than 'alias/config'"),
        ("ValidationException", True, "ValidationException"),
        ("ThrottlingException", False, "ThrottlingException"),
        ("KMSInternalException", False, "KMSInternalException"),
        ("DependencyTimeoutException", False, "DependencyTimeoutException"),
        ("ExpiredTokenException", False, "the credentials were refused"),
        ("UnrecognizedClientException", False, "the credentials were refused"),
    ],
)
def test_a_refusal_says_what_to_do(
    faulty: Loopback, code: str, is_lasting: bool, advice: str
) -> None:
    """A refusal lasts until somebody does something; throttling and expired credentials pass."""
    faulty.answer("Decrypt", faulty.error(code))
    answer = fault(opened(KMSKeys("alias/config", endpoint_url=faulty.url), "AAAA"))
    assert answer.is_lasting is is_lasting
    assert answer.reason.startswith(f"Decrypt of KMS: {code}")
    assert advice in answer.reason


def test_a_service_that_is_down() -> None:
    """No answer is no lasting fault."""
    answer = fault(opened(KMSKeys("alias/config", endpoint_url="http://127.0.0.1:1"), "AAAA"))
    assert not answer.is_lasting
    assert "EndpointConnectionError" in answer.reason


@pytest.mark.parametrize("kind", ["drop", "page", "html"])
def test_a_reply_of_somebody_else(faulty: Loopback, kind: str) -> None:
    """A broken connection, a page of a proxy: try again later."""
    behaviours: dict[str, Any] = {
        "drop": faulty.drop,
        "page": faulty.page(b"<html>", status=502, kind="text/html"),
        "html": faulty.page(b"<html>", status=403, kind="text/html"),
    }
    faulty.answer("Decrypt", behaviours[kind])
    answer = fault(opened(KMSKeys("alias/config", endpoint_url=faulty.url), "AAAA"))
    assert not answer.is_lasting


def test_settings_of_this_machine_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault says which setting."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    answer = fault(opened(KMSKeys("alias/config"), "AAAA"))
    assert "NoRegionError; no AWS region" in answer.reason
    answer = fault(opened(KMSKeys("alias/config", profile="absent"), "AAAA"))
    assert "ProfileNotFound" in answer.reason


def test_the_region_of_an_arn(faulty: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of another region is asked there."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", faulty.url)
    seen: list[str] = []

    def behave(handler: Any, _: bytes) -> None:
        seen.append(handler.headers["Authorization"].split("/")[2])
        faulty.error("NotFoundException")(handler, b"")

    faulty.answer("Decrypt", behave)
    opened(KMSKeys("arn:aws:kms:us-east-2:111122223333:alias/config"), "AAAA")
    opened(KMSKeys.from_url("alias/config", {"region": "eu-north-1"}), "AAAA")
    opened(KMSKeys("alias/config"), "AAAA")
    assert seen == ["us-east-2", "eu-north-1", "eu-west-1"]


@pytest.mark.parametrize("text", ["", ",", "alias/a,"])
def test_an_empty_key_is_refused(text: str) -> None:
    """A URL that lost a key is an error at the start."""
    with pytest.raises(ValueError, match="a key of KMS has a name"):
        KMSKeys.from_url(text, {})


# -- the key that is named ----------------------------------------------------------------------


def by_key(server: Loopback, replies: dict[str, Any], asked: list[str]) -> Any:
    """Answer a request by the key that it names."""

    def behave(handler: Any, body: bytes) -> None:
        key = json.loads(body)["KeyId"]
        asked.append(key)
        replies[key](handler, body)

    return behave


def test_a_key_is_replaced(faulty: Loopback) -> None:
    """The new key is tried first, then the older ones; each Decrypt names its key."""
    asked: list[str] = []
    plaintext = base64.b64encode(b'"s3cret"').decode()
    replies = {
        "alias/new": faulty.error("IncorrectKeyException"),
        "alias/old": faulty.json({"Plaintext": plaintext, "KeyId": "arn"}),
    }
    faulty.answer("Decrypt", by_key(faulty, replies, asked))
    keys = KMSKeys.from_url("alias/new,alias/old", {})
    keys = KMSKeys("alias/new", "alias/old", endpoint_url=faulty.url)
    assert opened(keys, "AAAA") == Opened(b'"s3cret"', "alias/old")
    assert asked == ["alias/new", "alias/old"]
    assert repr(keys) == "<KMSKeys alias/new, alias/old>"


@pytest.mark.slow("botocore waits between its attempts")
@pytest.mark.parametrize(
    ("codes", "told"),
    [
        (("IncorrectKeyException", "AccessDeniedException"), "AccessDeniedException"),
        (("AccessDeniedException", "IncorrectKeyException"), "AccessDeniedException"),
        (("IncorrectKeyException", "ThrottlingException"), "ThrottlingException"),
        (("IncorrectKeyException", "IncorrectKeyException"), "'alias/new' or 'alias/old'"),
    ],
)
def test_the_fault_of_several_keys(faulty: Loopback, codes: tuple[str, str], told: str) -> None:
    """The one is told that somebody can do something about."""
    replies = dict(zip(("alias/new", "alias/old"), map(faulty.error, codes), strict=True))
    faulty.answer("Decrypt", by_key(faulty, replies, []))
    keys = KMSKeys("alias/new", "alias/old", endpoint_url=faulty.url)
    assert told in fault(opened(keys, "AAAA")).reason


# -- many ---------------------------------------------------------------------------------------


def test_many_are_opened_in_parallel(faulty: Loopback) -> None:
    """A hundred secrets open eight at a time, in order; one that is denied stays one."""
    together = threading.Barrier(8, timeout=10)
    lock = threading.Lock()
    now, most = 0, 0

    def behave(handler: Any, body: bytes) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        # Eight requests are here at once, or this never goes on.
        together.wait()
        with lock:
            now -= 1
        request = json.loads(body)
        if request["EncryptionContext"]["confstore-key"] == "13":
            faulty.error("AccessDeniedException")(handler, body)
        else:
            faulty.json({"Plaintext": request["CiphertextBlob"]})(handler, body)

    faulty.answer("Decrypt", behave)
    keys = KMSKeys("alias/config", endpoint_url=faulty.url)
    texts = [base64.b64encode(b"%d" % number).decode() for number in range(96)]
    places = [Place("config/prod", "db", str(number)) for number in range(96)]
    answers = keys.open_many(list(zip(texts, places, strict=True)))
    assert most == 8
    assert "AccessDeniedException" in fault(answers.pop(13)).reason
    wanted = [Opened(b"%d" % number, "alias/config") for number in range(96) if number != 13]
    assert answers == wanted
    assert len(faulty.requests) == 96


def test_a_start_with_a_hundred_secrets(faulty: Loopback) -> None:
    """One call for each secret that the schema names, eight at a time; then none until a change."""
    together = threading.Barrier(8, timeout=10)
    lock = threading.Lock()
    now, most = 0, 0

    def behave(handler: Any, body: bytes) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        # Those of the start come in twelve eights, and the rest alone.
        if len(faulty.requests) <= 96:
            together.wait()
        with lock:
            now -= 1
        faulty.json({"Plaintext": base64.b64encode(b'"s3cret"').decode()})(handler, body)

    faulty.answer("Decrypt", behave)
    text = base64.b64encode(b"sealed").decode()
    named = {f"named_{number}": f"secret+kms:{text}" for number in range(10)}
    others = {f"other_{number}": f"secret+kms:{text}" for number in range(3)}
    beneath = MemoryStore("prod", {f"o{number}": {**named, **others} for number in range(10)})
    store = SealedStore(beneath, KMSKeys("alias/config", endpoint_url=faulty.url))
    fields = {key: attrs.field(type=Secret[str]) for key in named}
    schema = attrs.make_class("Option", fields, frozen=True)
    with TimeBasedConfigStore[Any](
        store, schema={f"o{number}": schema for number in range(10)}, background=False
    ) as config:
        assert most == 8
        assert len(faulty.requests) == 100
        assert config.o9.named_9.reveal() == "s3cret"
        config.reload()
        beneath.update("o1", {"setting": 1})
        config.reload()
        assert len(faulty.requests) == 100
        beneath.update("o1", {"named_1": f"secret+kms:{base64.b64encode(b'new').decode()}"})
        config.reload()
        assert len(faulty.requests) == 101


@pytest.mark.slow("botocore waits between its attempts")
def test_a_store_with_faults(faulty: Loopback) -> None:
    """The store's errors say which secret, and whether to try again."""
    beneath = MemoryStore("prod", {"db": {"password": "secret+kms:AAAA"}})
    store = SealedStore(beneath, KMSKeys("alias/config", endpoint_url=faulty.url))
    faulty.answer("Decrypt", *[faulty.error("ThrottlingException")] * 3, faulty.error("Denied"))
    password = store.get("db")["password"]
    assert isinstance(password, Secret)
    with pytest.raises(SecretUnavailableError, match="Decrypt of KMS: ThrottlingException"):
        password.reveal()
    with pytest.raises(SecretError, match="'password': Decrypt of KMS: Denied") as caught:
        password.reveal()
    assert not isinstance(caught.value, SecretUnavailableError)


# -- logs, frames, forks ------------------------------------------------------------------------


def test_nothing_is_logged(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    """Botocore logs bodies at DEBUG; not those of secrets, in no thread."""
    key = account.key()
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    keys = KMSKeys(key)
    texts = [str(keys.seal(CANARY.encode(), PLACE)) for _ in range(3)]
    assert all(isinstance(a, Opened) for a in keys.open_many([(text, PLACE) for text in texts]))
    assert [r for r in caplog.records if r.name.startswith(("botocore", "urllib3"))] == []
    # What others do with botocore is logged as ever.
    account.client("kms").list_keys()
    assert any(record.name.startswith("botocore") for record in caplog.records)


def test_a_client_of_the_caller(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    """It is used as it is, and silent within these calls."""
    caplog.set_level(logging.DEBUG)
    keys = KMSKeys(account.key(), client=account.client("kms"))
    caplog.clear()
    assert opened(keys, str(keys.seal(CANARY.encode(), PLACE))) == Opened(
        CANARY.encode(), keys.key_id
    )
    assert {record.name for record in caplog.records} <= {"werkzeug"}


def test_no_frame_holds_a_plaintext(faulty: Loopback) -> None:
    """Neither botocore's frames nor ours are in the traceback of an error."""
    faulty.answer("Encrypt", faulty.error("AccessDeniedException"))
    store = SealedStore(MemoryStore("prod"), KMSKeys("alias/config", endpoint_url=faulty.url))
    values = {"password": Secret(CANARY)}
    with pytest.raises(SecretError, match="needs kms:Encrypt") as caught:
        store.set("db", values)
    error: BaseException = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    traceback = error.__traceback__
    while traceback is not None:
        assert CANARY not in repr(
            {k: v for k, v in traceback.tb_frame.f_locals.items() if k != "CANARY"}
        )
        assert "botocore" not in traceback.tb_frame.f_code.co_filename
        traceback = traceback.tb_next


def test_a_forked_child_has_connections_of_its_own(account: Account) -> None:
    """A child opens what its parent can, also after the parent has used its client."""
    keys = KMSKeys(account.key())
    text = str(keys.seal(b"s3cret", PLACE))
    pid = os.fork()
    if pid == 0:
        os._exit(0 if opened(keys, text) == Opened(b"s3cret", keys.key_id) else 1)
    assert opened(keys, text) == Opened(b"s3cret", keys.key_id)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    untouched = KMSKeys(keys.key_id)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if opened(untouched, text) == Opened(b"s3cret", keys.key_id) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_credentials_that_another_service_refuses(
    faulty: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """The refusal of a role is no refusal of the secret."""
    token = tmp_path / "token"
    token.write_text("token")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/reader")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", faulty.url)
    body = (
        b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        b"</ErrorResponse>"
    )
    faulty.answer("AssumeRoleWithWebIdentity", faulty.page(body, status=403, kind="text/xml"))
    answer = fault(opened(KMSKeys("alias/config", endpoint_url=faulty.url), "AAAA"))
    assert not answer.is_lasting
    assert "the credentials were refused" in answer.reason
