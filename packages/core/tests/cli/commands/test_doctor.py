"""`confstore doctor`: what is well with a store, and what is not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Confstore, Ran

CANARY = "hunter2"


def found(ran: Ran) -> dict[str, dict[str, Any]]:
    """The findings by their checks."""
    return {finding["check"]: finding for finding in ran.json}


def ill(ran: Ran) -> list[str]:
    """The checks of what is not well."""
    return [finding["check"] for finding in ran.json if finding["is_ok"] is False]


class TestFile:
    def test_well(self, confstore: Confstore, journaled: Path) -> None:
        """Code 0; each finding has a check, a verdict, a text and an advice."""
        ran = confstore("doctor")
        assert (ran.code, ill(ran), ran.stderr) == (0, [], "")
        assert {"file", "options", "journal", "drift"} <= found(ran).keys()
        assert all(
            one.keys() == {"check", "is_ok", "text", "advice", "address"} for one in ran.json
        )

    def test_edited_by_hand(self, confstore: Confstore, journaled: Path) -> None:
        """Drift is ill: code 4, what it is, and what to do."""
        content = json.loads(journaled.read_text(encoding="utf-8"))
        content["db"]["host"] = CANARY
        journaled.write_text(json.dumps(content), encoding="utf-8")
        ran = confstore("doctor")
        assert (ran.code, ill(ran)) == (4, ["drift"])
        assert "'db'" in found(ran)["drift"]["text"]
        assert "confstore reconcile" in found(ran)["drift"]["advice"]
        assert CANARY not in ran.stdout + ran.stderr

    def test_in_words(self, confstore: Confstore, journaled: Path) -> None:
        """A mark and a line each, also without a terminal, and the advice below."""
        ran = confstore("doctor", "-o", "table")
        assert ran.code == 0
        assert "✓ journal: version 1, " in ran.stdout
        assert "\n  chmod 600 " in ran.stdout
        journaled.write_text('{"db": }', encoding="utf-8")
        ran = confstore("doctor", "-o", "table")
        assert ran.code == 4
        assert "\n✗ options: dev.json:1:8: " in ran.stdout

    def test_as_yaml(self, confstore: Confstore, dev: Path) -> None:
        """The same findings."""
        ran = confstore("doctor", "-o", "yaml")
        assert ran.stdout.startswith("- check: file\n  is_ok: true\n")

    def test_terminal(self, terminal: Callable[..., tuple[str, int]], dev: Path) -> None:
        """Somebody who looks gets words."""
        screen, code = terminal("doctor")
        assert code == 0
        assert "✓ options: 2 options, all readable" in screen

    def test_terminal_without_the_marks(
        self,
        terminal: Callable[..., tuple[str, int]],
        environment: dict[str, str],
        dev: Path,
    ) -> None:
        """A screen that knows only ASCII gets signs of ASCII."""
        environment["PYTHONIOENCODING"] = "ascii"
        assert "\n+ options: 2 options" in terminal("doctor")[0]
        dev.write_text("{", encoding="utf-8")
        screen, code = terminal("doctor")
        assert "\nx options: " in screen
        assert code == 4

    def test_addresses(self, confstore: Confstore, dev: Path) -> None:
        """Where there is something to do, the last line is an address; JSON has that of each."""
        address = "https://confstore.readthedocs.io/en/stable/errors.html#"
        dev.chmod(0o644)
        lines = confstore("doctor", "-o", "table").stdout.splitlines()
        at = lines.index(f"  {address}file")
        assert lines[at - 1].startswith("  chmod 600 ")
        # Nothing is to be done about the lock.
        (lock,) = (position for position, line in enumerate(lines) if line.startswith("✓ lock"))
        assert not lines[lock + 1].startswith("  ")
        dev.write_text("{")
        assert f"\n  {address}options\n✓ journal: " in confstore("doctor", "-o", "table").stdout
        assert found(confstore("doctor"))["options"]["address"] == f"{address}options"

    @pytest.mark.parametrize("url", ["file:absent.json", "file:no/folder.json"])
    def test_absent(self, confstore: Confstore, dev: Path, url: str) -> None:
        """It is said once, with the command that makes it."""
        ran = confstore("doctor", "-s", url)
        assert (ran.code, ill(ran)) == (4, ["file"])
        assert [one["check"] for one in ran.json] == ["file", "folder", "lock"]
        assert "confstore init" in found(ran)["file"]["advice"]

    def test_empty(self, confstore: Confstore, dev: Path) -> None:
        """A store without options has no problem."""
        dev.write_text("{}", encoding="utf-8")
        ran = confstore("doctor")
        assert (ran.code, ill(ran)) == (0, [])

    def test_broken(self, confstore: Confstore, dev: Path) -> None:
        """Where it is broken, and no crash."""
        dev.write_text('{"db": {"a": 1, "a": 2}}', encoding="utf-8")
        ran = confstore("doctor")
        assert (ran.code, ill(ran), ran.stderr) == (4, ["options"], "")
        assert found(ran)["options"]["text"].startswith("dev.json:1:")


class TestUsage:
    @pytest.mark.parametrize(
        ("url", "text"),
        [
            (None, "no store is given"),
            ("fil:dev.json", "did you mean 'file'?"),
            ("dynamodb://table", "the store is missing"),
        ],
    )
    def test_mistyped_url(
        self, confstore: Confstore, dev: Path, url: str | None, text: str
    ) -> None:
        """A wrong command line is no ill store."""
        ran = confstore("doctor", env={"CONFSTORE_URL": url})
        assert (ran.code, ran.stdout) == (2, "")
        assert text in ran.stderr


@pytest.mark.usefixtures("mischief")
class TestOtherAdapters:
    def test_well(self, confstore: Confstore) -> None:
        """Of a store that cannot look at itself, what every store tells is found out."""
        ran = confstore("doctor", "-s", "mischief:Wrapped")
        assert (ran.code, found(ran).keys()) == (0, {"options"})

    def test_unknown_and_unreadable(self, confstore: Confstore) -> None:
        """What could not be found out is a question mark; that nobody can read it is ill."""
        ran = confstore("doctor", "-s", "mischief:OneOptionOnly")
        assert [one["is_ok"] for one in ran.json] == [None, False]
        assert (ran.code, ill(ran)) == (4, ["store"])
        ran = confstore("doctor", "-s", "mischief:OneOptionOnly", "-o", "table")
        assert ran.stdout.startswith("? options: ")


class TestDynamoDB:
    @pytest.fixture
    def url(self, dynamodb_local: str, dynamodb_client: Any) -> Iterator[str]:
        """A table's URL; the table is not made yet, and is gone afterwards."""
        table = f"doctor-{uuid.uuid4().hex}"
        yield f"dynamodb://{table}/prod?endpoint_url={dynamodb_local}&region=eu-west-1"
        if table in dynamodb_client.list_tables()["TableNames"]:
            dynamodb_client.delete_table(TableName=table)

    def test_absent_table(self, confstore: Confstore, url: str) -> None:
        """It is found, not made, and the advice is to make it."""
        for _ in range(2):
            ran = confstore("doctor", "-s", url)
            assert (ran.code, ill(ran)) == (4, ["table"])
            assert found(ran)["endpoint"]["is_ok"]

    def test_well(self, confstore: Confstore, url: str) -> None:
        """Endpoint, credentials, table, key schema and what is in it."""
        assert confstore("init", "--journal", "-s", url).code == 0
        assert confstore("set", "db", "host=x", "-s", url).code == 0
        ran = confstore("doctor", "-s", url)
        assert (ran.code, ill(ran)) == (0, [])
        assert {"endpoint", "table", "key schema", "journal", "drift"} <= found(ran).keys()

    def test_misconfigured_keys(self, confstore: Confstore, url: str, dynamodb_client: Any) -> None:
        """A table with other keys."""
        table = url.removeprefix("dynamodb://").partition("/")[0]
        dynamodb_client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        ran = confstore("doctor", "-s", url)
        assert (ran.code, ill(ran)) == (4, ["key schema"])

    def test_unreachable_endpoint(self, confstore: Confstore) -> None:
        """Nobody listens on port 1: a finding, and code 4."""
        url = "dynamodb://table/prod?endpoint_url=http://127.0.0.1:1&region=eu-west-1"
        ran = confstore("doctor", "-s", url)
        assert ran.code == 4
        assert "endpoint" in found(ran)
        assert ran.stderr == ""

    def test_no_credentials(self, confstore: Confstore) -> None:
        """A finding, too."""
        url = "dynamodb://table/prod?endpoint_url=http://127.0.0.1:1&region=eu-west-1"
        none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
        ran = confstore("doctor", "-s", url, env=none)
        assert ran.code == 4
        assert "credentials" in ill(ran)
