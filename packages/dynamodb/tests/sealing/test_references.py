"""References: fetched in batches, one bad name at a time, and never logged."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from confstore import Fetched, SealedStore, Secret, SecretFault
from confstore.errors import SecretError
from confstore_dynamodb import ParameterStore, SecretsManager
from confstore_memory import MemoryStore

from ..loopback import Loopback
from .conftest import Account

CANARY = "canary-71c0"


def values(answers: Any) -> list[Any]:
    return [answer.value if isinstance(answer, Fetched) else None for answer in answers]


# -- Secrets Manager ----------------------------------------------------------------------------


def test_secrets_of_secrets_manager(account: Account) -> None:
    """Texts, bytes, names and ARNs, each with its version."""
    api = account.client("secretsmanager")
    text = api.create_secret(Name="prod/db", SecretString=CANARY)
    api.create_secret(Name="prod/key", SecretBinary=b"\0\xff")
    names = ["prod/key", "prod/db", text["ARN"], text["ARN"].rpartition("-")[0], "prod/absent"]
    answers = SecretsManager().fetch_many(names[:3])
    assert values(answers) == [b"\0\xff", CANARY, CANARY]
    assert answers[1] == Fetched(CANARY, text["VersionId"])
    (absent,) = SecretsManager().fetch_many(["prod/absent"])
    assert isinstance(absent, SecretFault)
    assert absent.is_lasting


def test_a_rotated_secret_has_another_version(account: Account) -> None:
    """The present version is fetched."""
    api = account.client("secretsmanager")
    api.create_secret(Name="prod/rotated", SecretString="old")
    (before,) = SecretsManager().fetch_many(["prod/rotated"])
    api.put_secret_value(SecretId="prod/rotated", SecretString="new")
    (after,) = SecretsManager().fetch_many(["prod/rotated"])
    assert values([before, after]) == ["old", "new"]
    assert before != after


def batch(handler_replies: Any) -> Any:
    """A behaviour that sees the request."""

    def behave(handler: Any, body: bytes) -> None:
        handler_replies(json.loads(body))(handler, body)

    return behave


def secret(name: str, value: str = "v") -> dict[str, Any]:
    arn = f"arn:aws:secretsmanager:eu-west-1:1:secret:{name}-AbCdEf"
    return {"Name": name, "ARN": arn, "VersionId": "1", "SecretString": value}


def test_twenty_secrets_a_call(faulty: Loopback) -> None:
    """45 secrets are three calls; the answers come in the order of the names."""
    sizes: list[int] = []

    def reply(request: Any) -> Any:
        sizes.append(len(request["SecretIdList"]))
        found = [secret(name, name.upper()) for name in reversed(request["SecretIdList"])]
        return faulty.json({"SecretValues": found, "Errors": []})

    faulty.answer("BatchGetSecretValue", batch(reply))
    names = [f"prod/{number}" for number in range(45)]
    answers = SecretsManager(endpoint_url=faulty.url).fetch_many(names)
    assert values(answers) == [name.upper() for name in names]
    assert sorted(sizes) == [5, 20, 20]


def test_a_batch_with_pages_and_errors(faulty: Loopback) -> None:
    """Every page is read; an error of one name is its own."""

    def reply(request: Any) -> Any:
        if "NextToken" not in request:
            errors = [
                {"SecretId": "denied", "ErrorCode": "AccessDeniedException", "Message": CANARY},
                {"SecretId": "busy", "ErrorCode": "InternalServiceError", "Message": "m"},
            ]
            page = {"SecretValues": [secret("a")], "Errors": errors, "NextToken": "t"}
            return faulty.json(page)
        return faulty.json({"SecretValues": [secret("b")]})

    faulty.answer("BatchGetSecretValue", batch(reply))
    reader = SecretsManager(endpoint_url=faulty.url)
    a, denied, b, busy, absent = reader.fetch_many(["a", "denied", "b", "busy", "absent"])
    assert values([a, b]) == ["v", "v"]
    assert denied == SecretFault("GetSecretValue of Secrets Manager: AccessDeniedException")
    assert isinstance(busy, SecretFault)
    assert not busy.is_lasting
    assert absent == SecretFault("Secrets Manager has no secret 'absent'")


def test_an_arn_without_its_end(faulty: Loopback) -> None:
    """Secrets Manager adds six characters to an ARN; who writes one by hand has none."""
    faulty.answer("BatchGetSecretValue", faulty.json({"SecretValues": [secret("a")]}))
    arn = secret("a")["ARN"]
    reader = SecretsManager(endpoint_url=faulty.url)
    assert values(reader.fetch_many([arn, arn.rpartition("-")[0], "a"])) == ["v"] * 3


def test_secrets_manager_that_is_down() -> None:
    """No answer may pass."""
    (answer,) = SecretsManager(endpoint_url="http://127.0.0.1:1").fetch_many(["a"])
    assert isinstance(answer, SecretFault)
    assert not answer.is_lasting


# -- Parameter Store ----------------------------------------------------------------------------


@pytest.mark.slow("it may be the first to start moto's server")
def test_parameters(account: Account) -> None:
    """A SecureString is decrypted; names begin with a slash, or do not."""
    api = account.client("ssm")
    api.put_parameter(Name="/prod/db", Value=CANARY, Type="SecureString")
    api.put_parameter(Name="plain", Value="text", Type="String")
    answers = ParameterStore().fetch_many(["plain", "/prod/db", "/prod/absent"])
    assert values(answers) == ["text", CANARY, None]
    assert answers[1] == Fetched(CANARY, "1")
    assert answers[2] == SecretFault("Parameter Store has no parameter '/prod/absent'")
    api.put_parameter(Name="/prod/db", Value="new", Type="SecureString", Overwrite=True)
    assert ParameterStore().fetch_many(["/prod/db"]) == [Fetched("new", "2")]


def test_ten_parameters_a_call(faulty: Loopback) -> None:
    """21 parameters are three calls."""
    sizes: list[int] = []

    def reply(request: Any) -> Any:
        sizes.append(len(request["Names"]))
        assert request["WithDecryption"] is True
        found = [{"Name": name, "Value": name.upper(), "Version": 3} for name in request["Names"]]
        return faulty.json({"Parameters": found, "InvalidParameters": []})

    faulty.answer("GetParameters", batch(reply))
    names = [f"/prod/{number}" for number in range(21)]
    answers = ParameterStore(endpoint_url=faulty.url).fetch_many(names)
    assert values(answers) == [name.upper() for name in names]
    assert sorted(sizes) == [1, 10, 10]


def test_a_version_of_a_parameter(faulty: Loopback) -> None:
    """A name with a version, and an ARN, are found in the answer."""
    found = [{"Name": "/a", "Selector": ":2", "ARN": "arn:a", "Value": "v", "Version": 2}]
    faulty.answer("GetParameters", faulty.json({"Parameters": found}))
    reader = ParameterStore(endpoint_url=faulty.url)
    assert values(reader.fetch_many(["/a:2", "arn:a", "/a"])) == ["v", "v", None]


def test_one_name_that_is_denied(faulty: Loopback) -> None:
    """Parameter Store refuses a whole call; the others are asked for again, one by one."""

    def reply(request: Any) -> Any:
        if "/denied" in request["Names"]:
            return faulty.error("AccessDeniedException")
        found = [{"Name": name, "Value": "v", "Version": 1} for name in request["Names"]]
        return faulty.json({"Parameters": found})

    faulty.answer("GetParameters", batch(reply))
    answers = ParameterStore(endpoint_url=faulty.url).fetch_many(["/a", "/denied", "/b"])
    assert values(answers) == ["v", None, "v"]
    assert answers[1] == SecretFault("GetParameters of Parameter Store: AccessDeniedException")
    assert len(faulty.requests) == 4


def test_a_throttled_batch_is_not_asked_for_again(faulty: Loopback) -> None:
    """What may pass is not made worse by asking for each name."""
    faulty.answer("GetParameters", faulty.error("ThrottlingException"))
    answers = ParameterStore(endpoint_url=faulty.url).fetch_many(["/a", "/b"])
    assert [answer.is_lasting for answer in answers if isinstance(answer, SecretFault)] == [
        False,
        False,
    ]
    # Botocore's own three attempts.
    assert len(faulty.requests) == 3


# -- both ---------------------------------------------------------------------------------------


def test_a_store_with_references(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    """Both kinds in one option, followed where it is allowed, and logged by nobody."""
    account.client("secretsmanager").create_secret(
        Name="app/api", SecretString=json.dumps({"key": CANARY, "other": 1})
    )
    account.client("ssm").put_parameter(Name="/app/db", Value=CANARY, Type="SecureString")
    store = SealedStore(
        MemoryStore("prod"),
        references={
            "asm:app/*": SecretsManager.from_url("", {"region": "eu-west-1"}),
            "ssm:/app/*": ParameterStore.from_url("", {"region": "eu-west-1"}),
        },
    )
    store.set(
        "db",
        {
            "api": Secret.reference("asm:app/api#key"),
            "number": Secret.reference("asm:app/api#other"),
            "password": Secret.reference("ssm:/app/db"),
            "missing": Secret.reference("asm:app/api#absent"),
            "forbidden": Secret.reference("ssm:/other/db"),
        },
    )
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    read: dict[str, Any] = store.get("db")
    assert [read[key].reveal() for key in ("api", "number", "password")] == [CANARY, 1, CANARY]
    for key in ("missing", "forbidden"):
        with pytest.raises(SecretError, match=f"the secret '{key}'"):
            read[key].reveal()
    assert CANARY not in caplog.text
    assert {record.name for record in caplog.records} <= {"confstore", "werkzeug"}
