"""The diagnosis of secrets: each is opened, and plain ones are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from confstore import Finding, Secret, diagnose, open_store
from confstore.adapter import findings_of
from confstore.errors import StoreUnavailableError
from confstore_memory import MemoryStore

CANARY = "canary-5e1f"


def findings(url: str) -> list[Finding]:
    return [finding for finding in diagnose(url) if finding.check == "secrets"]


def test_secrets_that_can_be_opened() -> None:
    """The store beneath is looked at, and then each secret."""
    url = "memory:doctor-healthy?secrets=random"
    open_store(url, purpose="create").set("db", {"password": Secret(CANARY), "port": 1})
    checks = [finding.check for finding in diagnose(url)]
    assert checks == ["memory", "options", "journal", "secrets"]
    (finding,) = findings(url)
    assert finding == Finding("secrets", True, "1 secret, all of which can be opened")


def test_secrets_that_cannot_be_opened() -> None:
    """Option and key are named, and why."""
    url = "memory:doctor-broken?secrets=random"
    store = open_store(url, purpose="create")
    store.set("db", {"password": Secret(CANARY), "api": Secret.reference("asm:prod/api")})
    beneath = open_store("memory:doctor-broken", purpose="create")
    beneath.set("moved", beneath.get("db"))
    (finding,) = findings(url)
    assert finding.is_ok is False
    assert (
        finding.text == "3 of 4 secrets cannot be opened: 'db.api', 'moved.password', 'moved.api'"
    )
    assert "references= does not allow 'asm'" in finding.advice
    assert "sealed for another store, option or key" in finding.advice


def test_secrets_that_the_url_does_not_open() -> None:
    """Their options and keys are named, and the parameters that open them; no text is shown."""
    values = {
        "password": "secret+local:QUJD",
        "api": "secret+kms:QUJD",
        "token": "secret+asm:prod/api",
        "other": "secret+vault:QUJD",
        "cut": "secret+",
        "host": "db.example",
    }
    open_store("memory:doctor-without-keys", purpose="create").set("db", values)
    found = [one for one in diagnose("memory:doctor-without-keys") if one.check == "sealed"]
    named = "'db.password', 'db.api', 'db.token', 'db.other', 'db.cut'"
    text = f"5 secrets, which this URL does not open: {named}"
    advice = (
        "add to the URL what opens them: secrets=kms:KEY, secrets=local:KEYFILE, "
        "references=asm:NAMES, and for other kinds secrets= or references="
    )
    assert found == [Finding("sealed", None, text, advice)]


def test_one_secret_that_the_url_does_not_open() -> None:
    """In a layer, too; the layer that opens its secrets has no such finding."""
    open_store("memory:doctor-layer", purpose="create").set("db", {"a": "secret+ssm:/a"})
    url = "memory:doctor-layer-above?secrets=random"
    open_store(url, purpose="create").set("db", {"b": Secret(CANARY)})
    found = [one for one in diagnose(f"{url} memory:doctor-layer") if "sealed" in one.check]
    assert [(one.check, one.is_ok, one.text, one.advice) for one in found] == [
        (
            "memory:doctor-layer, sealed",
            None,
            "1 secret, which this URL does not open: 'db.a'",
            "add to the URL what opens them: references=ssm:NAMES",
        )
    ]


def test_plain_values_under_names_like_passwords() -> None:
    """A note, with names only; what is sealed, refers to something or is empty is not named."""
    values = {
        "password": CANARY,
        "apiKey": CANARY,
        "db_passwd": CANARY.encode(),
        "token": "",
        "secret": "secret+kms:AAAA",
        "private_key": "secret+ssm:/key",
        "passwords": 3,
        "host": CANARY,
    }
    store = MemoryStore("prod", {"db": values})
    found = [finding for finding in findings_of(store) if finding.check == "secrets"]
    assert [finding.is_ok for finding in found] == [True]
    named = "'db.password', 'db.apiKey', 'db.db_passwd'"
    assert found[0].text == f"named like passwords, and in clear text: {named}"
    assert CANARY not in repr(found)


def test_a_store_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The finding says that it could not be found out."""
    url = "memory:doctor-failing?secrets=random"
    open_store(url, purpose="create")

    def fail(*_: object, **__: object) -> object:
        raise StoreUnavailableError("doctor-failing", "a test makes it fail")

    monkeypatch.setattr(MemoryStore, "items", fail)
    (finding,) = findings(url)
    assert finding.is_ok is None
