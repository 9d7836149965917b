"""Requests are signed exactly as botocore signs them."""

from __future__ import annotations

import json
import random
import string
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from confstore.errors import AccessDeniedError
from confstore_dynamodb._connections.signing import Key, Signer
from confstore_dynamodb.errors import AWSSettingsError

from ..raw_server import RawServer, reply_of, say
from .ways import OURS, opened

URL = "https://dynamodb.eu-west-1.amazonaws.com/"
REGIONS = ["eu-west-1", "us-east-1", "ap-southeast-2"]


def any_text(random_: random.Random, letters: str) -> str:
    return "".join(random_.choices(letters, k=random_.randint(1, 40)))


def test_signature_is_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a thousand random requests and times, with and without a session token."""
    random_ = random.Random(14)
    letters = string.ascii_letters + string.digits + "+/="
    signers = {region: Signer(region) for region in REGIONS}
    secret, now_s = "secret", 1_750_000_000.0
    for _ in range(1000):
        # Often the same second, the same day and the same key: those are what is kept.
        now_s += random_.choice([0, 0, 0.3, 1, 60, 86_400, 7e6])
        secret = random_.choice([secret, secret, any_text(random_, letters)])
        token = random_.choice([None, any_text(random_, letters)])
        key = Key(any_text(random_, letters), secret, token)
        region = random_.choice(REGIONS)
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{random_.choice(['GetItem', 'Query'])}",
            "User-Agent": "agent",
            any_text(random_, string.ascii_letters): f"  a \t {any_text(random_, letters)} b  ",
            "X-Amzn-Trace-Id": "Root=1",
            "X-Text": "€ and more",
        }
        body = json.dumps({"Key": any_text(random_, string.printable)}).encode()
        signed = signers[region].sign(key, URL.split("/")[2], headers, body, now_s)
        moment = datetime.fromtimestamp(int(now_s), UTC)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, m=moment: m)
        request: Any = AWSRequest("POST", URL, dict(headers), body)
        SigV4Auth(Credentials(*key), "dynamodb", region).add_auth(request)
        for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
            assert signed.get(name) == request.headers.get(name)


def test_headers_that_are_there_already() -> None:
    """Another signature and another date are replaced, and a host is signed as it is."""
    old = {"authorization": "old", "X-Amz-Date": "old", "date": "old", "host": "elsewhere"}
    signed = Signer("eu-west-1").sign(Key("a", "b"), "here", old, b"", 0)
    assert "old" not in signed.values()
    assert [text for name, text in signed.items() if name.lower() == "host"] == ["elsewhere"]


def test_keys_are_not_shown() -> None:
    """Credentials print as nothing."""
    assert "canary" not in repr(Key("canary", "canary", "canary"))


@pytest.fixture
def server() -> Any:
    """A server without an option."""
    with RawServer() as server:
        yield server


@pytest.mark.parametrize("way", OURS)
def test_request_is_botocores(server: RawServer, way: str) -> None:
    """What travels is what botocore would send: type, target, and a true signature."""
    with opened(way, server.url) as store:
        server.answer("Scan", say(reply_of(b'{"Items":[]}')))
        store.stores()
    head, body = server.heads[-1], server.bodies[-1]
    assert head["content-type"] == "application/x-amz-json-1.0"
    assert head["accept-encoding"] == "identity"
    assert head["amz-sdk-request"] == "attempt=1; max=3"
    names = head["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    request: Any = AWSRequest("POST", server.url + "/", {n: head[n] for n in names}, body)
    request.context["timestamp"] = head["x-amz-date"]
    auth = SigV4Auth(Credentials("local", "local"), "dynamodb", "eu-west-1")
    signature = auth.signature(
        auth.string_to_sign(request, auth.canonical_request(request)), request
    )
    assert head["authorization"].endswith(f"Signature={signature}")
    age_s = (
        time.time()
        - datetime.strptime(head["x-amz-date"] + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
    )
    assert -2 < age_s < 60


@pytest.mark.parametrize("way", OURS)
def test_attempts_are_numbered(server: RawServer, way: str) -> None:
    """AWS is told which attempt of which call a request is."""
    server.answer("PutItem", say(then="close"), say(reply_of(b"{}")))
    with opened(way, server.url) as store:
        store.set("db", {})
    first, second = server.heads[-2:]
    assert [first["amz-sdk-request"], second["amz-sdk-request"]] == [
        "attempt=1; max=3",
        "attempt=2; max=3",
    ]
    assert first["amz-sdk-invocation-id"] == second["amz-sdk-invocation-id"]


@pytest.mark.parametrize("way", OURS)
def test_trace_of_lambda(server: RawServer, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In AWS Lambda the trace header is sent, by which Lambda detects recursion."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_Lambda_python3.11")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988;Sampled=1\n€")
    with opened(way, server.url):
        pass
    assert server.heads[-1]["x-amzn-trace-id"] == "Root=1-5759e988;Sampled=1%0A%E2%82%AC"
    assert "AWS_Lambda_python3.11" in server.heads[-1]["user-agent"]


@pytest.mark.parametrize("way", OURS)
def test_trace_is_of_the_invocation(
    server: RawServer, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each invocation of a function has a trace of its own, and one that has none sends none."""
    server.answer("GetItem", say(reply_of(b'{"Item":{"port":{"N":"1"}}}')))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    seen = []
    with opened(way, server.url) as store:
        for trace in ("Root=1", "Root=2", None):
            monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
            if trace is not None:
                monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
            store.get("db")
            seen.append(server.heads[-1].get("x-amzn-trace-id"))
    assert seen == ["Root=1", "Root=2", None]


VARIABLES = ["AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"]


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("variable", VARIABLES)
def test_control_character_in_the_environment(
    server: RawServer, way: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line break in a variable never gets into a head; the error names the variable."""
    monkeypatch.setenv(variable, "canary\r\nX-Amz-Target: DynamoDB_20120810.DeleteTable")
    with pytest.raises(AWSSettingsError, match=variable) as caught, opened(way, server.url):
        pass
    assert "canary" not in str(caught.value)
    assert server.requests == []


def test_credentials_of_the_environment_change(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone, the environment's credentials are read for each call; without them it is refused."""
    with opened("alone", server.url) as store:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
        server.answer("PutItem", say(reply_of(b"{}")))
        store.set("db", {})
        assert "Credential=other/" in server.heads[-1]["authorization"]
        assert server.heads[-1]["x-amz-security-token"] == "token"
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        with pytest.raises(AccessDeniedError, match="AWS_ACCESS_KEY_ID"):
            store.set("db", {})
