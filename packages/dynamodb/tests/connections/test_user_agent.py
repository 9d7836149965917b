"""How a client of ours calls itself towards AWS, whose logs keep it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import botocore
import pytest

from ..raw_server import RawServer, reply_of, say
from .ways import WAYS, opened

NEW = [way for way in WAYS if way != "given"]


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server with one option."""
    with RawServer() as server:
        server.answer("GetItem", say(reply_of(b'{"Item":{"port":{"N":"1"}}}')))
        yield server


def agent_of(server: RawServer, way: str) -> str:
    """What a store's last request says that was opened, and asked for an option, this way."""
    with opened(way, server.url) as store:
        assert store.get("db") == {"port": 1}
    return str(server.heads[-1]["user-agent"])


@pytest.mark.parametrize("way", NEW)
def test_names_ourselves_and_botocore(server: RawServer, way: str) -> None:
    """Botocore is named where it takes part in a request."""
    botocores = f" Botocore/{botocore.__version__}" if way in ("botocore", "mounted") else ""
    assert agent_of(server, way) == f"confstore-dynamodb{botocores}"


def test_client_of_the_caller_is_left_alone(server: RawServer) -> None:
    """It says what it has always said."""
    assert agent_of(server, "given").startswith(("Boto3/", "Botocore/"))


@pytest.mark.parametrize("way", NEW)
def test_names_the_place_and_the_application(
    server: RawServer, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the environment says; what could end the header, or a part of it, becomes a dash."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE")
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "shop v1/ö\r\nX-Evil: 1")
    agent = agent_of(server, way)
    assert agent.startswith("confstore-dynamodb exec-env/AWS_ECS_FARGATE app/shop-v1----X-Evil--1")
    assert "x-evil" not in server.heads[-1]


@pytest.mark.parametrize("way", [way for way in NEW if "alone" not in way])
def test_application_of_the_profile(
    server: RawServer, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`sdk_ua_app_id` of the AWS configuration counts, too, which botocore reads."""
    (tmp_path / "config").write_text("[default]\nsdk_ua_app_id = shop\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert " app/shop" in agent_of(server, way)
