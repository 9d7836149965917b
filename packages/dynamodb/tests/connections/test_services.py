"""The descriptions of AWS's services: found one by one, and the same as botocore finds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.session import Session

from confstore_dynamodb._connections.services import find_services_singly

from ..raw_server import RawServer

LOOKED_INTO = """
import os, sys
from confstore_dynamodb import DynamoDBStore

folders = []
sys.addaudithook(lambda event, args: folders.append(args[0]) if event == "os.listdir" else None)
DynamoDBStore(None, "config", "prod").close()
data = [folder for folder in folders if f"{os.sep}data{os.sep}" in str(folder)]
print(*map(os.path.basename, data))
"""


@pytest.fixture
def sessions() -> tuple[Session, Session]:
    """One as botocore has it, and one of ours."""
    usual, ours = Session(), Session()
    find_services_singly(ours)
    return usual, ours


def test_other_services_are_not_looked_at() -> None:
    """A first read looks for DynamoDB, and into no other service's folder."""
    with RawServer() as server:
        run = subprocess.run(
            [sys.executable, "-c", LOOKED_INTO],
            env={**os.environ, "AWS_ENDPOINT_URL": server.url},
            check=True,
            capture_output=True,
            text=True,
        )
    assert set(run.stdout.split()) == {"dynamodb"}


def test_every_service_is_known(sessions: tuple[Session, Session]) -> None:
    """Whoever lists them finds what botocore finds; so do the clients that give credentials."""
    usual, ours = sessions
    assert list(ours.get_available_services()) == usual.get_available_services()
    for service in ("sts", "sso", "sso-oidc"):
        assert ours.get_service_model(service).signature_version == "v4"


def test_unknown_service(sessions: tuple[Session, Session]) -> None:
    """The error names the known ones, as botocore's does."""
    texts = []
    for session in sessions:
        with pytest.raises(UnknownServiceError) as caught:
            session.get_service_model("absent")
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_descriptions_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_DATA_PATH names folders in which descriptions are looked for first."""
    folder = tmp_path / "mine" / "2026-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps({"metadata": {"serviceId": "Mine"}}))
    monkeypatch.setenv("AWS_DATA_PATH", os.pathsep.join([str(tmp_path), "~/absent"]))
    usual, session = Session(), Session()
    find_services_singly(session)
    paths = [each.get_component("data_loader").search_paths for each in (usual, session)]
    assert paths[0] == paths[1]
    assert session.get_service_data("mine")["metadata"] == {"serviceId": "Mine"}
    assert "mine" in session.get_available_services()
