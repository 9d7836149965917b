"""The README's smallest service: its file, its unit test and its production lines, as printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parent.parent / "README.md"


def blocks(language: str) -> list[str]:
    """The section's examples in one language."""
    section = README.read_text(encoding="utf-8").split("## The smallest service\n")[1]
    return re.findall(rf"```{language}\n(.*?)```", section.split("\n## ")[0], re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the two files, as a reader makes them."""
    app, test_app = blocks("python")
    (tmp_path / "app.py").write_text(app, encoding="utf-8")
    (tmp_path / "test_app.py").write_text(test_app, encoding="utf-8")
    return tmp_path


def shell(lines: str, folder: Path, **env: str) -> str:
    """What the lines print."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    inherited = {name: value for name, value in os.environ.items() if name != "CONFSTORE_URL"}
    ran = subprocess.run(
        ["sh", "-ec", lines],
        cwd=folder,
        env={**inherited, "PATH": path, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.slow("starts a program")
def test_on_a_file(folder: Path) -> None:
    """It prints the address of the file."""
    assert shell(blocks("console")[1], folder) == "localhost:27017\n"


@pytest.mark.slow("starts pytest")
def test_unit_test(folder: Path) -> None:
    """It passes in memory, and finds its fixture by itself."""
    assert "1 passed" in shell("python -m pytest -p no:cacheprovider", folder)


@pytest.mark.slow("starts programs that import boto3")
def test_in_production(folder: Path, dynamodb_local: str, dynamodb_client: Any) -> None:
    """The same files run on DynamoDB: the URL alone changes, and only `init` makes the table."""
    table = f"readme-{uuid.uuid4().hex}"
    production, dummies = blocks("console")[2:]
    lines = dummies.replace("http://localhost:8000", dynamodb_local)
    lines += production.replace("//config/", f"//{table}/")
    try:
        said = shell(lines, folder)
    finally:
        dynamodb_client.delete_table(TableName=table)
    assert said.splitlines()[-1] == "db-cluster.example:27018"


@pytest.mark.slow("starts a program")
def test_error_is_one_line(folder: Path) -> None:
    """A URL that is wrong ends the program with a line that says what to do."""
    with pytest.raises(AssertionError) as caught:
        shell("CONFSTORE_URL=file:dve.json python app.py", folder)
    said = str(caught.value).splitlines()[0]
    assert said.startswith("app: store 'dve' does not exist: ")
    assert "Traceback" not in str(caught.value)
