"""The command line as its users meet it: the installed script, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from .terminal import run_in_terminal

SCRIPT = str(Path(sys.executable).parent / "confstore")

# Of whoever runs the tests, and not theirs.
UNWANTED = (
    "COLUMNS",
    "CONFSTORE_AUTHOR",
    "CONFSTORE_URL",
    "FORCE_COLOR",
    "NO_COLOR",
    "PYTHONUNBUFFERED",
)


@attrs.frozen
class Ran:
    """What a command printed, and how it ended."""

    stdout: str
    stderr: str
    code: int
    raw: bytes

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.stdout)


Confstore = Callable[..., Ran]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of the commands: a store in `dev.json` of the test's own folder."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    folder = str(Path(SCRIPT).parent)
    return {
        **kept,
        "PATH": os.pathsep.join([folder, os.environ["PATH"]]),
        "CONFSTORE_URL": "file:dev.json",
        "CONFSTORE_AUTHOR": "ada@example",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": str(tmp_path / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture
def confstore(tmp_path: Path, environment: dict[str, str]) -> Confstore:
    """
    Run the command line in the test's own folder.

    `confstore("get", "db", input="...", env={...})`; a variable that is None is taken out.
    """

    def run(
        *arguments: str,
        input: str | bytes = b"",
        env: Mapping[str, str | None] | None = None,
    ) -> Ran:
        variables = {**environment, **(env or {})}
        ran = subprocess.run(
            [SCRIPT, *arguments],
            input=input.encode() if isinstance(input, str) else input,
            env={name: value for name, value in variables.items() if value is not None},
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
        text = ran.stdout.decode(errors="replace")
        return Ran(text, ran.stderr.decode(), ran.returncode, ran.stdout)

    return run


@pytest.fixture
def options(tmp_path: Path) -> Callable[[], Any]:
    """What the store's file `dev.json` holds now."""
    return lambda: json.loads((tmp_path / "dev.json").read_text(encoding="utf-8"))


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """The file `dev.json`, with an option `db` and an option `login`."""
    path = tmp_path / "dev.json"
    content = {"db": {"host": "db.example", "port": 27017}, "login": {"password": "hunter2"}}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def journaled(dev: Path, confstore: Confstore) -> Path:
    """The same file, with a journal of two versions."""
    assert confstore("init", "--journal").code == 0
    return dev


@pytest.fixture
def terminal(tmp_path: Path, environment: dict[str, str]) -> Callable[..., tuple[str, int]]:
    """Run the command line in a terminal: `terminal("delete", "db", answers=[("?", "y\\n")])`."""

    def run(*arguments: str, answers: Sequence[tuple[str, str]] = ()) -> tuple[str, int]:
        return run_in_terminal([SCRIPT, *arguments], environment, tmp_path, answers)

    return run


@pytest.fixture
def mischief(tmp_path: Path, environment: dict[str, str]) -> None:
    """An installed adapter for `mischief:NAME` URLs; see `mischief.py`."""
    folder = tmp_path / "installed"
    metadata = folder / "mischief-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mischief\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[confstore.stores]\nmischief = mischief:open_url\n")
    source = Path(__file__).with_name("mischief.py").read_text(encoding="utf-8")
    (folder / "mischief.py").write_text(source, encoding="utf-8")
    environment["PYTHONPATH"] = str(folder)
