"""Which way a client of ours takes, and why; doctor says it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import botocore.session
import pytest

from confstore import diagnose
from confstore.errors import InvalidURLError, StoreUnavailableError
from confstore.testing import CANARY
from confstore_dynamodb import DynamoDBStore, open_url
from confstore_dynamodb._connections.own_client import OwnSettings
from confstore_dynamodb.errors import AWSSettingsError

from ..raw_server import RawServer, reply_of, say
from .ways import opened, without_botocore

GOOD = reply_of(json.dumps({"Item": {"_option": {"S": "db"}, "port": {"N": "1"}}}).encode())


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server with one option."""
    with RawServer() as server:
        server.answer("GetItem", say(GOOD))
        yield server


def way_of(server: RawServer, more: str = "") -> str:
    """What doctor says of the way."""
    url = f"dynamodb://config/prod?region=eu-west-1&endpoint_url={server.url}{more}"
    return next(diagnose(url)).text.partition("answers, asked ")[2]


def test_mounted(server: RawServer) -> None:
    """In a program that uses botocore the wire is mounted in it."""
    assert way_of(server) == "by our own wire, mounted in botocore"


def test_botocore(server: RawServer) -> None:
    """A URL may ask for botocore's own way."""
    assert way_of(server, "&client=botocore") == "by botocore"
    assert "amz-sdk-request" in server.heads[-1]


def test_alone(server: RawServer) -> None:
    """A URL may ask for the wire alone."""
    with without_botocore():
        assert way_of(server, "&client=alone") == "by our own wire, without botocore"


def test_alone_without_files(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are named away say nothing."""
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with without_botocore():
        assert way_of(server, "&client=alone") == "by our own wire, without botocore"


def test_alone_in_lambda(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """In AWS Lambda it is alone without being asked, but botocore where that is asked for."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    with without_botocore():
        assert way_of(server) == "by our own wire, without botocore"
        assert way_of(server, "&client=botocore") == "by botocore"


def test_unknown_way() -> None:
    """Any other way is refused."""
    with pytest.raises(InvalidURLError, match="client is botocore or alone"):
        open_url("dynamodb://config/prod?client=boto3")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"AWS_PROFILE": "default"}, "AWS_PROFILE is set"),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, "AWS_USE_FIPS_ENDPOINT is set"),
        ({"AWS_ACCOUNT_ID": "111122223333"}, "AWS_ACCOUNT_ID is set"),
        ({"http_proxy": "http://127.0.0.1:1"}, "http_proxy is set"),
        ({"AWS_ACCESS_KEY_ID": ""}, "no credentials are in the environment"),
        ({"AWS_SHARED_CREDENTIALS_FILE": __file__}, "there is a file of settings"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_not_alone(
    variables: dict[str, str], reason: str, monkeypatch: pytest.MonkeyPatch, server: RawServer
) -> None:
    """Whatever botocore's rules could decide is left to them, and doctor says what it was."""
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    url = f"dynamodb://config/prod?client=alone&endpoint_url={server.url}"
    with without_botocore():
        try:
            store = open_url(url, purpose="read")
        except AWSSettingsError:
            # Botocore does not like these settings, either.
            assert "botocore" in sys.modules
            return
        with closing(store):
            finding = next(store.diagnose())
        assert "botocore" in sys.modules
    if finding.is_ok:
        assert f"; not alone: {reason}" in finding.text


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("dynamodb://config/prod?client=alone&endpoint_url=URL&region=us-gov-west-1", "region"),
        ("dynamodb://config/prod?client=alone&endpoint_url=URL", "region"),
    ],
)
def test_region_that_is_not_usual(
    url: str, reason: str, monkeypatch: pytest.MonkeyPatch, server: RawServer
) -> None:
    """Only regions whose hosts have the usual names are asked alone."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "local")
    with without_botocore():
        text = next(diagnose(url.replace("URL", server.url))).text
    assert "mounted in botocore; not alone: no usual region" in text


def test_profile_is_botocores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A URL with a profile is never asked alone."""
    (tmp_path / "config").write_text("[profile operator]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with without_botocore():
        url = "dynamodb://config/prod?client=alone&profile=operator&endpoint_url=http://127.0.0.1:1"
        with closing(open_url(url)):
            assert "botocore" in sys.modules


def test_unusual_endpoint_is_botocores() -> None:
    """So is one whose endpoint has more than a host and a port."""
    with without_botocore():
        url = "dynamodb://config/prod?client=alone&endpoint_url=http://127.0.0.1:1/path"
        with closing(open_url(url)):
            assert "botocore" in sys.modules


def test_mounted_as_soon_as_botocore_is_imported(server: RawServer) -> None:
    """A program that imports botocore later, for a tracer or moto, has the wire mounted then."""
    with opened("alone", server.url) as store:
        assert store.get("db") == {"port": 1}
        assert "botocore" not in sys.modules
        import botocore.session as again

        assert again is not botocore.session
        assert store.get("db") == {"port": 1}
        text = next(store.diagnose()).text
    assert "mounted in botocore; not alone: botocore was imported" in text


def test_settings_show_no_password() -> None:
    """The text of the settings, as in a traceback with locals, leaves the URL out."""
    settings = OwnSettings(region="eu-west-1", endpoint_url=f"http://ada:{CANARY}@127.0.0.1")
    assert repr(settings) == "<OwnSettings of profile None, region 'eu-west-1'>"


def test_lambda_imports_no_botocore(server: RawServer) -> None:
    """In a real process, a read, a refusal and a failure import no more than they need."""
    program = f"""
import os, sys
before = set(sys.modules)  # coverage, where it is measured, brings some of them
os.environ.update(AWS_LAMBDA_FUNCTION_NAME="f", AWS_ENDPOINT_URL={server.url!r})
from confstore_dynamodb import DynamoDBStore
from confstore.errors import ConfigStoreError
store = DynamoDBStore(None, "config", "prod")
assert store.get("db") == {{"port": 1}}
for _ in range(2):
    try:
        store.get("db")
    except ConfigStoreError as error:
        print(error)
unwanted = {{
    "asyncio", "attr", "boto3", "botocore", "email", "http", "ssl", "urllib3", "uuid"
}}
sys.exit(", ".join(sorted(unwanted & sys.modules.keys() - before)) or 0)
"""
    denied = reply_of(b'{"__type":"a#AccessDeniedException"}', status="400 Bad Request")
    server.answer("GetItem", say(GOOD), say(denied), say(then="close"))
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "needs dynamodb:GetItem" in ran.stdout
    assert "ConnectionClosedError" in ran.stdout


def test_session_of_the_caller_has_its_own_way(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client made by the caller's session may have handlers of the caller: it is left alone."""
    session = botocore.session.Session()
    seen: list[str] = []
    session.get_component("event_emitter").register(
        "request-created.dynamodb", lambda event_name, **_: seen.append(event_name)
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    with closing(DynamoDBStore(session, "config", "prod")) as store:
        assert store.get("db") == {"port": 1}
        text = next(store.diagnose()).text
    assert "by the client that was given" in text
    assert seen


def test_unreachable_alone() -> None:
    """Where nobody listens, or no name is known, the error has botocore's name for it."""
    for host in ("127.0.0.1:1", "nowhere.invalid"):
        with (
            opened("alone", f"http://{host}") as store,
            pytest.raises(StoreUnavailableError, match="EndpointConnectionError"),
        ):
            store.get("db")


def test_advice_alone(server: RawServer) -> None:
    """Doctor's advice is the same without botocore."""
    with without_botocore():
        url = "dynamodb://config/prod?client=alone&endpoint_url=http://127.0.0.1:1"
        finding = next(diagnose(url))
        assert "nothing listens" in finding.advice
        assert "botocore" not in sys.modules
