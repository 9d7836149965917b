"""What a store in DynamoDB says of itself; nothing is written."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from email.utils import formatdate
from typing import Any

import boto3
import botocore.exceptions as aws
import pytest
from botocore.config import Config

from confstore import Finding, diagnose
from confstore.errors import InvalidURLError, StoreClosedError
from confstore.testing import CANARY
from confstore_dynamodb import DynamoDBStore

from ..conftest import description
from ..interposed import Interposed, lose_request, refuse
from ..loopback import Loopback

WRITES = {"put_item", "update_item", "delete_item", "transact_write_items"}
PARTS = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}


@pytest.fixture
def interposed(dynamodb_client: Any) -> Interposed:
    """A client to which a test can do what policies do."""
    return Interposed(dynamodb_client)


@pytest.fixture
def filled(dynamodb_client: Any, table: str) -> Iterator[str]:
    """A table with a store of one option, which holds the canary."""
    with closing(DynamoDBStore(dynamodb_client, table, "prod")) as store:
        store.set("db", {"host": CANARY})
    yield table
    dynamodb_client.delete_table(TableName=table)


@pytest.fixture
def journaled(dynamodb_client: Any, filled: str) -> str:
    """The same with a journal."""
    with closing(DynamoDBStore(dynamodb_client, filled, "prod")) as store:
        store.enable_journal()
    return filled


def contents(client: Any, table: str) -> Any:
    return client.scan(TableName=table, ConsistentRead=True)["Items"]


def found(client: Any, table: str, **settings: Any) -> dict[str, Finding]:
    """The findings by their checks, the permissions by role; none shows the canary."""
    with closing(DynamoDBStore(client, table, "prod", check_table=False, **settings)) as store:
        findings = list(store.diagnose())
    assert CANARY not in repr(findings)
    named = {
        one.text.partition(":")[0] if one.check == "permissions" else one.check: one
        for one in findings
    }
    assert len(named) == len(findings)
    return named


def states(findings: dict[str, Finding]) -> dict[str, bool | None]:
    return {name: finding.is_ok for name, finding in findings.items()}


def by_policy(
    interposed: Interposed,
    *,
    actions: set[str],
    partitions: tuple[str, ...] = ("prod", "_journal:prod"),
    is_direct: bool = True,
) -> None:
    """Allow operations on partitions, and writes directly or in transactions alone."""

    def is_denied(operation: str, parameters: dict[str, Any]) -> bool:
        parts = [(operation, parameters)]
        if operation == "transact_write_items":
            parts = [
                (PARTS[kind], one)
                for part in parameters["TransactItems"]
                for kind, one in part.items()
            ]
        elif operation in WRITES and not is_direct:
            return True
        return any(
            one not in actions or partition_of(given) not in (*partitions, None)
            for one, given in parts
        )

    interposed.deny(is_denied)


def partition_of(parameters: dict[str, Any]) -> str | None:
    """The partition that a request is about; None if it is about the table."""
    key = parameters.get("Key") or parameters.get("Item")
    if key is not None:
        return str(key["_store"]["S"])
    if "ExpressionAttributeValues" in parameters:
        return str(parameters["ExpressionAttributeValues"][":0"]["S"])
    return None


class TestHealthy:
    """A store with which all is well."""

    def test_journaled(self, dynamodb_client: Any, journaled: str) -> None:
        """Every check is well, nothing is advised, and nothing is written."""
        before = contents(dynamodb_client, journaled)
        findings = found(dynamodb_client, journaled)
        assert contents(dynamodb_client, journaled) == before
        assert {name: (one.is_ok, one.advice) for name, one in findings.items()} == dict.fromkeys(
            [
                *("endpoint", "clock", "credentials", "table", "key schema"),
                *("reader", "writer", "operator", "options", "journal", "drift"),
            ],
            (True, ""),
        )
        url = dynamodb_client.meta.endpoint_url
        region = dynamodb_client.meta.region_name
        assert findings["endpoint"].text.startswith(f"{url}, region {region} answers, ")
        assert findings["clock"].text == "within 60 s of DynamoDB's"
        assert f"{journaled!r} is ACTIVE, paid on demand, " in findings["table"].text
        assert "deletion protection off" in findings["table"].text
        assert findings["key schema"].text == "'_store' and '_option', both text"
        assert findings["reader"].text == "reader: yes, GetItem and Query, in the journal, too"
        assert findings["writer"].text == "writer: yes, all 4 that were tried"
        assert findings["operator"].text.startswith("operator: yes, all 7 that were tried")
        assert findings["journal"].text == ("version 1, baseline 1; commits are kept for ever")

    def test_not_journaled(self, dynamodb_client: Any, filled: str) -> None:
        """That there is no journal is no fault."""
        before = contents(dynamodb_client, filled)
        findings = found(dynamodb_client, filled)
        assert contents(dynamodb_client, filled) == before
        assert set(states(findings).values()) == {True}
        assert findings["reader"].text == "reader: yes, GetItem and Query"
        assert findings["writer"].text == "writer: yes, all 3 that were tried"
        assert findings["journal"].text.startswith("not enabled")
        assert "drift" not in findings

    def test_provisioned(self, dynamodb_client: Any, table: str) -> None:
        """Of a table that is not paid on demand the units are told."""
        units: Any = {"read_units": 5, "write_units": 2}
        DynamoDBStore(dynamodb_client, table, "prod", **units).close()
        text = found(dynamodb_client, table)["table"].text
        dynamodb_client.delete_table(TableName=table)
        assert "provisioned with 5 read and 2 write units a second" in text

    def test_retention(self, dynamodb_client: Any, filled: str) -> None:
        """With retention, that of the table is looked at, too."""
        with closing(DynamoDBStore(dynamodb_client, filled, "prod")) as store:
            store.enable_journal(retention=timedelta(days=90))
        findings = found(dynamodb_client, filled)
        assert set(states(findings).values()) == {True}
        assert findings["journal"].text.endswith("; commits are kept for 90 days")
        assert findings["retention"].text == "the table's time to live is by '_expires'"
        assert findings["writer"].text == "writer: yes, all 5 that were tried"

    def test_by_url(self, dynamodb_local: str, filled: str) -> None:
        """A URL is enough."""
        url = f"dynamodb://{filled}/prod?endpoint_url={dynamodb_local}&region=eu-west-1"
        findings = list(diagnose(url))
        assert {one.is_ok for one in findings} == {True}
        assert findings[0].text == (
            f"{dynamodb_local}, region eu-west-1 answers, "
            "asked by our own wire, mounted in botocore"
        )


class TestPermissions:
    """Roles, by the policies of `docs/guides/iam.md`."""

    def test_reader(self, interposed: Interposed, journaled: str) -> None:
        """Who may only read is a reader, which is no fault."""
        by_policy(interposed, actions={"get_item", "query"})
        findings = found(interposed, journaled)
        assert findings["reader"].text == "reader: yes, GetItem and Query, in the journal, too"
        assert findings["writer"].is_ok
        assert findings["writer"].text == "writer: no; every write is denied"
        assert findings["writer"].advice == (
            "nothing, unless this caller should: then allow dynamodb:DeleteItem, "
            f"dynamodb:PutItem, dynamodb:UpdateItem on the table {journaled!r}, where a policy has "
            "dynamodb:LeadingKeys for '_journal:prod' and 'prod'"
        )
        assert findings["operator"].text.startswith("operator: no; denied: DescribeTable, ")
        assert findings["table"].is_ok is None
        assert "allow dynamodb:DescribeTable" in findings["table"].advice
        assert findings["credentials"].is_ok
        assert findings["clock"].is_ok is None
        assert findings["drift"].is_ok

    def test_reader_without_the_journal(self, interposed: Interposed, journaled: str) -> None:
        """Who may not read the journal reads the options, and cannot write."""
        by_policy(interposed, actions={"get_item", "query"}, partitions=("prod",))
        findings = found(interposed, journaled)
        assert findings["reader"].is_ok
        assert (
            "not in the journal, so that each refresh reads everything" in findings["reader"].text
        )
        assert findings["reader"].advice.endswith("dynamodb:LeadingKeys for '_journal:prod'")
        assert findings["writer"].text.startswith("writer: no; writing needs permission")
        assert findings["options"].is_ok
        assert findings["journal"].is_ok is None
        assert "drift" not in findings

    def test_reader_that_may_not_list(self, interposed: Interposed, filled: str) -> None:
        """Who lacks a part of reading is told which."""
        by_policy(interposed, actions={"get_item"})
        findings = found(interposed, filled)
        assert findings["reader"].is_ok is False
        assert findings["reader"].text == "reader: in part; denied: Query in 'prod'"
        assert findings["reader"].advice.startswith("allow dynamodb:Query on the table")
        assert findings["options"].is_ok is None

    def test_writer_of_transactions(self, interposed: Interposed, journaled: str) -> None:
        """A writer who may write in transactions alone is one, and is no operator."""
        actions = {"get_item", "query", "put_item", "update_item", "delete_item"}
        by_policy(interposed, actions=actions, is_direct=False)
        findings = found(interposed, journaled)
        assert findings["writer"].text == "writer: yes, all 4 that were tried"
        assert findings["operator"].is_ok
        assert findings["operator"].text == (
            "operator: no; denied: DescribeTable, DescribeTimeToLive, PutItem in 'prod', "
            "UpdateItem in 'prod', DeleteItem in 'prod', PutItem in '_journal:prod'"
        )

    def test_writer_that_lacks_something(self, interposed: Interposed, journaled: str) -> None:
        """Half a writer is a fault."""
        by_policy(interposed, actions={"get_item", "query", "put_item", "update_item"})
        findings = found(interposed, journaled)
        assert findings["writer"].is_ok is False
        denied = "DeleteItem in 'prod' by TransactWriteItems"
        assert findings["writer"].text == f"writer: in part; denied: {denied}"
        assert findings["writer"].advice.startswith("allow dynamodb:DeleteItem on the table")

    @pytest.mark.parametrize(
        ("operation", "role"),
        [("query", "reader"), ("put_item", "writer"), ("describe_time_to_live", "operator")],
    )
    @pytest.mark.parametrize("code", ["ThrottlingException", "ExpiredTokenException"])
    def test_not_known(
        self, interposed: Interposed, filled: str, operation: str, role: str, code: str
    ) -> None:
        """What DynamoDB does not answer is neither allowed nor denied."""
        interposed.next(operation, refuse(code))
        finding = found(interposed, filled)[role]
        assert finding.is_ok is None
        assert finding.text.startswith(f"{role}: not known")
        assert code in finding.text

    def test_journal_that_is_not_known(self, interposed: Interposed, journaled: str) -> None:
        """That goes for the journal's partition, too."""
        interposed.next("query", lambda send: send(), refuse("ThrottlingException"))
        assert found(interposed, journaled)["reader"].is_ok is None

    def test_condition_that_nobody_looked_at(self, interposed: Interposed, filled: str) -> None:
        """An answer that says nothing of the condition is not believed."""
        interposed.next("put_item", lambda _: {})
        finding = found(interposed, filled)["writer"]
        assert finding.is_ok is None
        assert "PutItem in 'prod' was not told of its condition" in finding.text


class TestTable:
    """Of the table and its keys."""

    def test_absent(self, dynamodb_client: Any, table: str) -> None:
        """An absent table is not made."""
        findings = found(dynamodb_client, table)
        assert states(findings) == {
            "endpoint": True,
            "clock": True,
            "credentials": True,
            "table": False,
        }
        assert f"{table!r} does not exist in this account at http" in findings["table"].text
        assert "confstore init" in findings["table"].advice
        assert "?create" not in findings["table"].text
        assert table not in dynamodb_client.list_tables()["TableNames"]

    def test_absent_and_not_to_be_described(self, interposed: Interposed, table: str) -> None:
        """Who may not describe it is told so by the first read."""
        by_policy(interposed, actions={"get_item", "query"})
        with closing(DynamoDBStore(interposed, table, "prod", check_table=False)) as store:
            findings = list(store.diagnose())
        assert [(one.check, one.is_ok) for one in findings[3:]] == [
            ("table", None),
            ("table", False),
        ]

    def test_other_keys(self, dynamodb_client: Any, filled: str) -> None:
        """Other keys are told, and what follows from them is not."""
        findings = found(dynamodb_client, filled, store_key="app")
        assert findings["key schema"].is_ok is False
        assert "a HASH key '_store' of type S" in findings["key schema"].text
        assert list(findings)[-1] == "key schema"

    def test_other_keys_not_to_be_described(self, interposed: Interposed, filled: str) -> None:
        """A read shows them, too."""
        interposed.deny(lambda operation, _: operation == "describe_table")
        findings = found(interposed, filled, store_key="app")
        assert findings["key schema"].is_ok is False
        assert "store_key and option_key" in findings["key schema"].advice
        assert list(findings)[-1] == "key schema"

    def test_being_created(self, loopback: Loopback) -> None:
        """A table that is not ready is not waited for."""
        loopback.answer("DescribeTable", loopback.json({"Table": description("CREATING")}))
        findings = by_loopback(loopback)
        assert [(one.check, one.is_ok) for one in findings][3:] == [
            ("table", False),
            ("key schema", True),
        ]
        assert findings[3].advice == "wait until it is ACTIVE"
        assert loopback.requests == ["DescribeTable"]


class TestJournal:
    """Of the journal, its retention, and what went past it."""

    def test_drift(self, dynamodb_client: Any, journaled: str) -> None:
        """What was edited by hand is named."""
        item = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "password": {"S": f"{CANARY}!"}}
        dynamodb_client.put_item(TableName=journaled, Item=item)
        finding = found(dynamodb_client, journaled)["drift"]
        assert finding.is_ok is False
        assert finding.text == "1 option written without the journal: 'db'"
        assert "confstore reconcile" in finding.advice

    def test_enabled_since(self, dynamodb_client: Any, filled: str) -> None:
        """A writer that was opened before the journal was enabled is told to open it again."""
        with closing(DynamoDBStore(dynamodb_client, filled, "prod")) as old:
            assert not old.is_journaled()
            with closing(DynamoDBStore(dynamodb_client, filled, "prod")) as new:
                new.enable_journal()
            finding = list(old.diagnose())[-1]
        assert (finding.check, finding.is_ok) == ("journal", False)
        assert finding.advice.startswith("open the store again")

    def test_broken_marker(self, dynamodb_client: Any, filled: str) -> None:
        """A marker that is none of ours is told, after everything else."""
        marker = {
            "_store": {"S": "_journal:prod"},
            "_option": {"S": "!"},
            "baseline": {"S": CANARY},
        }
        dynamodb_client.put_item(TableName=filled, Item=marker)
        findings = found(dynamodb_client, filled)
        assert findings["options"].is_ok
        assert findings["journal"].is_ok is False
        assert "is no marker of ours" in findings["journal"].text

    def test_broken_commit(self, dynamodb_client: Any, journaled: str) -> None:
        """Where the journal cannot be read, nothing is said of a drift."""
        key = {"_store": {"S": "_journal:prod"}, "_option": {"S": "000000000002"}}
        dynamodb_client.put_item(TableName=journaled, Item={**key, "id": {"N": "1"}})
        findings = found(dynamodb_client, journaled)
        assert findings["journal"].is_ok is False
        assert "'000000000002' is no commit of ours" in findings["journal"].text
        assert "drift" not in findings

    def test_not_answered(self, interposed: Interposed, filled: str) -> None:
        """Where not even that can be read, nothing further is looked at."""
        interposed.next("get_item", lose_request)
        findings = found(interposed, filled)
        assert list(findings)[-1] == "journal"
        assert findings["journal"].is_ok is None

    @pytest.mark.parametrize(
        ("reply", "text"),
        [
            ({"TimeToLiveStatus": "DISABLED"}, "is off"),
            ({"TimeToLiveStatus": "ENABLED", "AttributeName": "other"}, "is by 'other'"),
        ],
    )
    def test_time_to_live(
        self, interposed: Interposed, filled: str, reply: dict[str, str], text: str
    ) -> None:
        """Retention that the table does not do is a fault."""
        with closing(DynamoDBStore(interposed, filled, "prod")) as store:
            store.enable_journal(retention=timedelta(days=1))
        answer: Callable[..., dict[str, Any]] = lambda _: {"TimeToLiveDescription": reply}  # noqa: E731
        interposed.next("describe_time_to_live", answer, answer)
        finding = found(interposed, filled)["retention"]
        assert finding.is_ok is False
        assert text in finding.text
        assert "'_expires'" in finding.advice

    def test_time_to_live_that_is_denied(self, interposed: Interposed, filled: str) -> None:
        """A reader need not know."""
        with closing(DynamoDBStore(interposed, filled, "prod")) as store:
            store.enable_journal(retention=timedelta(days=1))
        interposed.deny(lambda operation, _: operation == "describe_time_to_live")
        assert found(interposed, filled)["retention"].is_ok is None


def by_loopback(loopback: Loopback) -> list[Finding]:
    findings = list(diagnose(f"dynamodb://config/prod?endpoint_url={loopback.url}"))
    assert CANARY not in repr(findings)
    return findings


def ended(findings: list[Finding], check: str) -> Finding:
    """The last finding, which is a fault of this check; those before are none."""
    assert (findings[-1].check, findings[-1].is_ok) == (check, False)
    assert all(one.is_ok is not False for one in findings[:-1])
    return findings[-1]


class TestEndpoint:
    """What is between here and DynamoDB."""

    def test_refused(self) -> None:
        """Nobody listens."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://user:{CANARY}@127.0.0.1:{free.getsockname()[1]}/x"
        finding = ended(list(diagnose(f"dynamodb://config/prod?endpoint_url={url}")), "endpoint")
        assert url.replace(f"user:{CANARY}@", "") in finding.text
        assert (
            finding.advice
            == "start the server that should listen there, or correct the endpoint: nothing listens"
        )

    def test_unknown_host(self) -> None:
        """No such host."""
        url = "http://dynamodb.invalid"
        finding = ended(list(diagnose(f"dynamodb://config/prod?endpoint_url={url}")), "endpoint")
        assert "this machine's DNS" in finding.advice

    def test_no_tls(self, loopback: Loopback) -> None:
        """The other side speaks no TLS."""
        url = loopback.url.replace("http:", "https:")
        finding = ended(list(diagnose(f"dynamodb://config/prod?endpoint_url={url}")), "endpoint")
        assert "SSLError" in finding.text
        assert "certificates" in finding.advice

    def test_proxy_that_is_down(self, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        """A proxy is asked that does not listen."""
        for variable in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("HTTP_PROXY", "http://dynamodb.invalid")
        finding = ended(by_loopback(loopback), "endpoint")
        assert "check HTTPS_PROXY" in finding.advice

    def test_no_answer(self, loopback: Loopback) -> None:
        """Packets go unanswered."""
        loopback.answer("DescribeTable", loopback.hang)
        config = Config(read_timeout=0.01, retries={"total_max_attempts": 1})
        with closing(boto3.client("dynamodb", endpoint_url=loopback.url, config=config)) as client:
            findings = found(client, "config")
        assert list(findings) == ["endpoint"]
        assert "firewall" in findings["endpoint"].advice

    def test_dropped(self, loopback: Loopback) -> None:
        """The connection ends without an answer."""
        loopback.answer("DescribeTable", loopback.drop)
        assert ended(by_loopback(loopback), "endpoint").advice.startswith("check the network")

    @pytest.mark.parametrize("status", [200, 403, 503])
    def test_page(self, loopback: Loopback, status: int) -> None:
        """Something else answers."""
        page = loopback.page(f"<html>{CANARY}</html>".encode(), status=status, kind="text/html")
        loopback.answer("DescribeTable", page)
        finding = ended(by_loopback(loopback), "endpoint")
        assert "text/html" in finding.text
        assert "look for a proxy" in finding.advice

    def test_throttled(self, interposed: Interposed, filled: str) -> None:
        """DynamoDB answers that it will not; what else can be found is."""
        interposed.next("describe_table", refuse("ThrottlingException"))
        findings = found(interposed, filled)
        assert findings["endpoint"].is_ok is False
        assert "ThrottlingException" in findings["endpoint"].text
        assert findings["credentials"].is_ok is findings["table"].is_ok is None
        assert findings["reader"].is_ok

    def test_refusal_of_the_request(self, interposed: Interposed, filled: str) -> None:
        """Any other refusal is about the table, and the last finding."""
        interposed.next("describe_table", refuse("ValidationException"))
        findings = found(interposed, filled)
        assert list(findings)[-1] == "table"
        assert findings["table"].is_ok is False

    def test_stand_in(self, interposed: Interposed, filled: str) -> None:
        """A stand-in for a client need not say where it sends requests."""
        assert found(interposed, filled)["endpoint"].text == (
            "the client's endpoint answers, asked by the client that was given, in its own way"
        )


class TestCredentials:
    """Who asks."""

    def test_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without credentials nobody is asked."""
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        findings = list(diagnose("dynamodb://config/prod"))
        assert (findings[0].check, findings[0].is_ok) == ("endpoint", None)
        assert "set AWS_ACCESS_KEY_ID" in ended(findings, "credentials").advice

    @pytest.mark.parametrize(
        ("code", "advice"),
        [
            ("ExpiredTokenException", "sign in again"),
            ("InvalidSignatureException", "the clock of this machine"),
            ("UnrecognizedClientException", "temporary credentials need their token"),
            ("NotAuthorized", "ask who runs the account"),
        ],
    )
    def test_refused(self, loopback: Loopback, code: str, advice: str) -> None:
        """Each refusal has its own advice."""
        loopback.answer("DescribeTable", loopback.error(code))
        finding = ended(by_loopback(loopback), "credentials")
        assert code in finding.text
        assert advice in finding.advice

    def test_unknown_profile(self) -> None:
        """A profile that does not exist gives no client."""
        (finding,) = diagnose("dynamodb://config/prod?profile=none-such")
        assert (finding.check, finding.is_ok) == ("store", False)
        assert "ProfileNotFound" in finding.text

    def test_without_a_region(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nor is there one without a region."""
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        (finding,) = diagnose("dynamodb://config/prod")
        assert (finding.check, finding.is_ok) == ("store", False)
        assert "set AWS_DEFAULT_REGION" in finding.text

    def test_request_that_is_not_sent(self, stub_client: Any, table: str) -> None:
        """What the client itself refuses is none of DynamoDB's."""
        client = Interposed(stub_client)
        client.next("describe_table", failing(aws.ParamValidationError(report=CANARY)))
        findings = found(client, table)
        assert states(findings) == {"endpoint": False}
        assert "the request was not sent" in findings["endpoint"].text


def failing(error: Exception) -> Callable[..., Any]:
    def fail(_: object) -> None:
        raise error

    return fail


class TestClock:
    """How far this machine's clock is from DynamoDB's."""

    @pytest.mark.parametrize(
        ("offset_s", "is_ok", "text"),
        [
            (59, True, "within 60 s of DynamoDB's"),
            (-59, True, "within 60 s of DynamoDB's"),
            (100, True, "99 s ahead of DynamoDB's"),
            (-100, True, "100 s behind DynamoDB's"),
            (3_601, False, "3,600 s ahead of DynamoDB's"),
            (-3_600, False, "3,600 s behind DynamoDB's"),
        ],
    )
    def test_offset(self, stub_client: Any, offset_s: int, is_ok: bool, text: str) -> None:
        """Less than a minute is well, more worth a note, and five minutes are refused."""
        now_s = 1_700_000_000
        client = Interposed(stub_client)
        client.next("describe_table", dated(formatdate(now_s, usegmt=True)))
        finding = clock_of(client, lambda: float(now_s + offset_s))
        assert (finding.is_ok, finding.text) == (is_ok, text)
        assert ("NTP" in finding.advice) == (abs(offset_s) > 60)

    @pytest.mark.parametrize("date", [None, "", "yesterday"])
    def test_reply_without_a_date(self, stub_client: Any, date: str | None) -> None:
        """A reply without a date says nothing."""
        client = Interposed(stub_client)
        client.next("describe_table", dated(date))
        assert clock_of(client, time.time).is_ok is None

    def test_slow_reply(self, stub_client: Any) -> None:
        """A reply that took long says as much of the clock as one that did not."""
        times_s = iter([1_000.0, 1_500.0])
        client = Interposed(stub_client)
        client.next("describe_table", dated(formatdate(1_450, usegmt=True)))
        assert clock_of(client, lambda: next(times_s)).text == "within 60 s of DynamoDB's"


def dated(date: str | None) -> Callable[..., dict[str, Any]]:
    """Answer with a table that is not ready, which ends a diagnosis."""
    headers = {"content-type": "application/x-amz-json-1.0"}
    if date is not None:
        headers["date"] = date
    metadata = {"HTTPHeaders": headers}
    return lambda _: {"Table": description("DELETING"), "ResponseMetadata": metadata}


def clock_of(client: Interposed, wall_clock: Callable[[], float]) -> Finding:
    with closing(DynamoDBStore(client, "config", "prod", check_table=False)) as store:
        findings = list(store.diagnose(wall_clock=wall_clock))
    (finding,) = (one for one in findings if one.check == "clock")
    return finding


def test_findings_are_streamed(interposed: Interposed, filled: str) -> None:
    """A finding is given before the next check begins."""
    with closing(DynamoDBStore(interposed, filled, "prod", check_table=False)) as store:
        findings = store.diagnose()
        assert interposed.calls == []
        assert next(findings).check == "endpoint"
        assert [operation for operation, _ in interposed.calls] == ["describe_table"]


def test_table_is_checked_by_the_first_call(dynamodb_client: Any, table: str) -> None:
    """A store that is not to look at its table at once makes it when it is used."""
    with closing(DynamoDBStore(dynamodb_client, table, "prod", check_table=False)) as store:
        assert table not in dynamodb_client.list_tables()["TableNames"]
        store.set("db", {"port": 1})
        assert store.get("db") == {"port": 1}
    dynamodb_client.delete_table(TableName=table)


def test_closed(local_store: DynamoDBStore) -> None:
    """A closed store is asked in vain."""
    local_store.close()
    with pytest.raises(StoreClosedError):
        local_store.diagnose()


def test_url_is_checked_at_once() -> None:
    """A mistyped URL is an error, and before anybody asks for a finding."""
    with pytest.raises(InvalidURLError):
        diagnose("dynamodb://config")
