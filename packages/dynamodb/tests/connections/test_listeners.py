"""Tracers, moto and other handlers see on our client what they see on any."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import botocore
import botocore.exceptions as aws
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from confstore.errors import AccessDeniedError, StoreUnavailableError
from confstore_dynamodb import DynamoDBStore, open_url

from ..raw_server import RawServer, reply_of, say
from .sessions import each_session

ITEM = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "port": {"N": "1"}}
BODY = json.dumps({"Item": ITEM}).encode()
GOOD = reply_of(BODY, headers=["x-amzn-RequestId: request-1"])
OURS = "by our own wire, mounted in botocore"


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server with one option."""
    with RawServer() as server:
        server.answer("GetItem", say(GOOD))
        yield server


def opened(server: RawServer) -> DynamoDBStore:
    """A store with a client of ours."""
    return open_url(f"dynamodb://config/prod?endpoint_url={server.url}", purpose="read")


def way_of(store: DynamoDBStore) -> str:
    return next(store.diagnose()).text.partition("answers, asked ")[2]


def hear(
    server: RawServer,
    event: str,
    handler: Callable[..., Any],
    use: Callable[[DynamoDBStore], Any],
    *,
    method: str = "register",
) -> Any:
    """Use a store while a handler listens to an event of its client."""

    def register(session: Any) -> None:
        getattr(session.get_component("event_emitter"), method)(event, handler)

    with each_session(register), closing(opened(server)) as store:
        return use(store)


def read(store: DynamoDBStore) -> Any:
    return store.get("db")


# ---------------------------------------------------------------- tracers


def test_opentelemetry(server: RawServer) -> None:
    """OpenTelemetry sees one span a call, with its operation, good or bad."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    denied = reply_of(b'{"__type":"a#AccessDeniedException"}', status="400 Bad Request")
    server.answer("GetItem", say(then="close"), say(GOOD), say(denied))
    instrumentor = BotocoreInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with closing(opened(server)) as store:
            assert way_of(store) == OURS
            exporter.clear()
            assert read(store) == {"port": 1}
            with pytest.raises(AccessDeniedError):
                read(store)
    finally:
        instrumentor.uninstrument()
    # The first read also has the table checked.
    _, good, bad = exporter.get_finished_spans()
    for span in (good, bad):
        assert span.name == "DynamoDB.GetItem"
        assert (span.attributes or {})["rpc.method"] == "GetItem"
    assert (good.attributes or {})["aws.request_id"] == "request-1"
    assert (good.attributes or {})["retry_attempts"] == 1
    assert (bad.attributes or {})["http.status_code"] == 400


XRAY = """
import sys
from aws_xray_sdk.core import patch, xray_recorder
patch(("botocore",))
from confstore_dynamodb import open_url
store = open_url(sys.argv[1], purpose="read")
xray_recorder.configure(sampling=False, context_missing="IGNORE_ERROR")
segment = xray_recorder.begin_segment("test")
store.get("db")
xray_recorder.current_segment()
calls = [each.aws["operation"] for each in segment.subsegments]
sys.exit(0 if calls == ["DescribeTable", "GetItem"] else str(calls))
"""


@pytest.mark.slow("starts a process: X-Ray's patch cannot be taken back")
def test_xray(server: RawServer) -> None:
    """AWS X-Ray's SDK sees one subsegment a call."""
    url = f"dynamodb://config/prod?endpoint_url={server.url}"
    ran = subprocess.run(
        [sys.executable, "-c", XRAY, url], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


MOTO = """
import os, sys
order = sys.argv[1]
os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "test"
if "lambda" in order:
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "function"
from confstore.errors import StoreUnavailableError
from confstore_dynamodb import DynamoDBStore
if "opened" in order:
    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    early = DynamoDBStore(None, "config", "prod")
    del os.environ["AWS_ENDPOINT_URL"]
    try:
        early.get("db")
    except StoreUnavailableError:
        pass
if "botocore" in order:
    import botocore.session
from moto import mock_aws
with mock_aws():
    store = DynamoDBStore(None, "config", "prod")
    store.set("db", {"port": 1})
    assert store.get("db") == {"port": 1}
    if "lambda" in order and "opened" in order:
        assert early.get("db") == {"port": 1}
"""


@pytest.mark.slow("starts a process, for a new order of imports")
@pytest.mark.parametrize("order", ["ours", "botocore", "lambda", "lambda opened", "opened"])
def test_moto(order: str) -> None:
    """moto's decorator works on our client, whatever was imported first."""
    ran = subprocess.run(
        [sys.executable, "-c", MOTO, order], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


# ---------------------------------------------------------------- events

LEFT_TO_BOTOCORE = [
    "before-sign",
    "before-sign.dynamodb",
    "choose-signer.dynamodb.GetItem",
    "needs-retry.dynamodb",
    "request-created.dynamodb",
    "response-received.*.GetItem",
]


@pytest.mark.parametrize("event", LEFT_TO_BOTOCORE)
@pytest.mark.parametrize("method", ["register", "register_first", "register_last"])
def test_event_that_only_botocore_emits(server: RawServer, event: str, method: str) -> None:
    """A handler of an event without a counterpart has botocore make the calls, and is called."""
    seen: list[str] = []

    def use(store: DynamoDBStore) -> None:
        assert read(store) == {"port": 1}
        assert "by botocore: an event handler" in way_of(store)

    hear(server, event, lambda event_name, **_: seen.append(event_name), use, method=method)
    assert seen


@pytest.mark.parametrize("event", ["request-created.s3", "before-sign.sqs.Send"])
def test_event_of_another_service(server: RawServer, event: str) -> None:
    """A handler of another service's event is none of DynamoDB's."""
    assert hear(server, event, lambda **_: None, way_of) == OURS


def test_handler_that_is_removed(server: RawServer) -> None:
    """Once the handler has gone the wire is used again."""

    def handler(**_: Any) -> None:
        """Nothing."""

    def act(session: Any) -> None:
        session.register("request-created.dynamodb", handler)
        session.unregister("request-created.dynamodb", handler)
        session.unregister("request-created.dynamodb", handler)
        session.unregister("request-created.dynamodb", unique_id="nobody")

    with each_session(act), closing(opened(server)) as store:
        assert way_of(store) == OURS


def test_headers_of_others_are_sent(server: RawServer) -> None:
    """A header that another handler adds is signed and sent."""

    def add(params: Any, **_: Any) -> None:
        params["headers"]["X-Team"] = "search"

    hear(server, "before-call.dynamodb", add, read, method="register_first")
    assert server.heads[-1]["x-team"] == "search"
    assert "x-team" in server.heads[-1]["authorization"]


def test_header_that_is_no_text(server: RawServer) -> None:
    """A header of another type is unusual, and so botocore's."""

    def add(params: Any, **_: Any) -> None:
        params["headers"]["X-Team"] = b"search"

    def use(store: DynamoDBStore) -> None:
        with pytest.raises(StoreUnavailableError, match="TypeError"):
            read(store)

    hear(server, "before-call.dynamodb", add, use)
    with closing(opened(server)) as store:
        assert read(store) == {"port": 1}


def test_last_handler_of_a_call(server: RawServer) -> None:
    """A handler that wants to be the last to see a call is not passed over."""
    seen: list[str] = []
    hear(
        server,
        "before-call",
        lambda event_name, **_: seen.append(event_name),
        read,
        method="register_last",
    )
    assert seen[-1] == "before-call.dynamodb.GetItem"


def test_before_send_sees_the_request(server: RawServer) -> None:
    """A handler of `before-send` sees the request, and may change its headers and its body."""

    def change(request: Any, **_: Any) -> None:
        assert request.method == "POST"
        assert b"Credential=local/" in request.headers["authorization"]
        request.headers["X-Late"] = "late"
        request.body = request.body.replace(b"config", b"other!")

    hear(server, "before-send.dynamodb", change, read)
    assert server.heads[-1]["x-late"] == "late"
    assert json.loads(server.bodies[-1])["TableName"] == "other!"


def test_before_send_answers(server: RawServer) -> None:
    """A handler of `before-send` may answer, as moto does; a wrong checksum is asked again."""
    crcs = ["7", "7", None]

    class Raw:
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield b'{"Item":{"port":{"N":"2"}}}'

    def answer(request: Any, **_: Any) -> AWSResponse:
        crc = crcs.pop(0)
        headers: Any = {"Content-Type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers | ({"x-amz-crc32": crc} if crc else {}), Raw())

    assert hear(server, "before-send.dynamodb.GetItem", answer, read) == {"port": 2}
    assert server.requests == ["DescribeTable"]


def test_before_send_sends_it_elsewhere(server: RawServer) -> None:
    """A request that a handler sends elsewhere is botocore's."""
    with RawServer() as other:
        other.answer("GetItem", say(reply_of(BODY.replace(b'"1"', b'"3"'))))

        def change(request: Any, **_: Any) -> None:
            request.url = f"{other.url}/"

        assert hear(server, "before-send.dynamodb.GetItem", change, read) == {"port": 3}
    assert server.requests == ["DescribeTable"]


def test_before_parse_changes_the_body(server: RawServer) -> None:
    """A handler of `before-parse` may change what is read."""

    def change(response_dict: Any, **_: Any) -> None:
        assert response_dict["headers"]["X-Amzn-RequestId"] == "request-1"
        response_dict["body"] = response_dict["body"].replace(b'"1"', b'"4"')

    assert hear(server, "before-parse.dynamodb.GetItem", change, read) == {"port": 4}


def test_after_call_is_given_the_reply(server: RawServer) -> None:
    """A handler of `after-call` is given both forms of the reply, as botocore has them."""
    seen: list[Any] = []

    def look(http_response: Any, parsed: Any, **_: Any) -> None:
        assert b"".join(http_response.raw.stream()) == http_response.content
        seen.append((http_response.status_code, http_response.content, http_response.text))
        # What only looks like a dict cannot be changed, or written as JSON.
        assert type(parsed["Item"]) is dict
        seen.append((http_response.headers["X-AMZN-REQUESTID"], parsed["Item"]))
        seen.append(parsed["ResponseMetadata"])

    hear(server, "after-call.dynamodb.GetItem", look, read)
    # The table was asked for before.
    del seen[:-3]
    assert seen[:2] == [(200, BODY, BODY.decode()), ("request-1", ITEM)]
    assert seen[2]["RequestId"] == "request-1"
    assert seen[2]["RetryAttempts"] == 0
    assert seen[2]["HTTPStatusCode"] == 200
    assert seen[2]["HTTPHeaders"]["server"] == "Server"


def test_after_call_error(server: RawServer) -> None:
    """A handler of `after-call-error` is given botocore's exception."""
    seen: list[Exception] = []
    server.answer("GetItem", say(then="close"))

    def use(store: DynamoDBStore) -> None:
        with pytest.raises(StoreUnavailableError):
            read(store)

    hear(server, "after-call-error.dynamodb", lambda exception, **_: seen.append(exception), use)
    assert [type(error) for error in seen] == [aws.ConnectionClosedError]


def test_failed_attempts_are_reported(server: RawServer) -> None:
    """A call that was given up says so in its reply."""
    seen: list[Any] = []
    server.answer("GetItem", say(reply_of(b"{}", status="500 Oh")))

    def use(store: DynamoDBStore) -> None:
        with pytest.raises(StoreUnavailableError):
            read(store)

    def look(parsed: Any, **_: Any) -> None:
        seen.append(parsed["ResponseMetadata"])

    hear(server, "after-call.dynamodb.GetItem", look, use)
    assert (seen[0]["RetryAttempts"], seen[0]["MaxAttemptsReached"]) == (2, True)


# ---------------------------------------------------------------- other settings of a session

CONFIGS: list[tuple[dict[str, Any], str]] = [
    ({"signature_version": botocore.UNSIGNED}, "not signed by Signature Version 4"),
    ({"client_cert": "client.pem"}, "a certificate of its own"),
]


@pytest.mark.parametrize(("settings", "reason"), CONFIGS, ids=["unsigned", "certificate"])
def test_unusual_session(server: RawServer, settings: dict[str, Any], reason: str) -> None:
    """A session whose settings ask for more than the wire knows is botocore's."""
    with (
        each_session(lambda session: session.set_default_client_config(Config(**settings))),
        closing(opened(server)) as store,
    ):
        assert reason in way_of(store)


def test_proxy_of_a_session() -> None:
    """A proxy that the session names is botocore's affair."""
    with RawServer() as proxy:
        proxy.answer("GetItem", say(GOOD))
        config = Config(proxies={"http": proxy.url})
        with (
            each_session(lambda session: session.set_default_client_config(config)),
            closing(open_url("dynamodb://config/prod?endpoint_url=http://dynamodb.test")) as store,
        ):
            assert store.get("db") == {"port": 1}
            assert "through a proxy" in way_of(store)


def test_unusual_endpoint_of_a_session(server: RawServer) -> None:
    """An endpoint with a path is botocore's, too."""
    url = f"dynamodb://config/prod?endpoint_url={server.url}/path"
    with closing(open_url(url)) as store:
        assert store.get("db") == {"port": 1}
        assert "by botocore: the endpoint has an unusual URL" in way_of(store)
