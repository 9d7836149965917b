"""
The command line as its users meet it.

`confstore` runs it in the process of the tests, which takes milliseconds; `process` in a process of
its own, forked from that one, where a process is the point; `script` runs the installed script,
where the start or the end of an interpreter is, or what this makes of its environment.
"""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
import pytest

from confstore._cli import main
from preloaded import preloaded

from .in_terminal import run_in_terminal

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


PACKAGES = ("confstore", "confstore_dynamodb", "confstore_file", "confstore_memory")


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
        given = input.encode() if isinstance(input, str) else input
        stdin, stdout, stderr = (stream(content) for content in (given, b"", b""))
        with (
            chdir(tmp_path),
            patch.dict(os.environ, merged(environment, env), clear=True),
            patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr),
            patch.object(sys, "argv", ["confstore", *arguments]),
            new_state_of_the_process(tmp_path),
        ):
            code = main()
        return ran(stdout.buffer.getvalue(), stderr.buffer.getvalue(), code)

    return run


@pytest.fixture
def process(tmp_path: Path, environment: dict[str, str]) -> Confstore:
    """The same as `confstore`, in a process of its own."""

    def run(
        *arguments: str,
        input: str | bytes = b"",
        env: Mapping[str, str | None] | None = None,
    ) -> Ran:
        return ended(program(*arguments, environment=merged(environment, env)), input, tmp_path)

    return run


@pytest.fixture
def script(tmp_path: Path, environment: dict[str, str]) -> Confstore:
    """The same as `confstore`, by the installed script in a new interpreter."""

    def run(
        *arguments: str,
        input: str | bytes = b"",
        env: Mapping[str, str | None] | None = None,
    ) -> Ran:
        how = {"args": [SCRIPT, *arguments], "env": merged(environment, env)}
        return ended(how, input, tmp_path)

    return run


def program(
    *arguments: str, environment: Mapping[str, str], first: Callable[[], object] = lambda: None
) -> dict[str, Any]:
    """
    Arguments of `subprocess.run` and `Popen` for the command line in a process of its own.

    Args:
        arguments: Those of the command line.
        environment: Its environment.
        first: Called in that process before anything else.
    """

    def run() -> int:
        first()
        return main()

    return preloaded(run, ["confstore", *arguments], environment)


def ended(how: Mapping[str, Any], input: str | bytes, folder: Path) -> Ran:
    """What a process printed, once it has ended."""
    given = input.encode() if isinstance(input, str) else input
    done = subprocess.run(
        **how, input=given, cwd=folder, capture_output=True, timeout=60, check=False
    )
    return ran(done.stdout, done.stderr, done.returncode)


def merged(environment: dict[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    """The environment with changes, of which None takes a variable out."""
    variables = {**environment, **(changes or {})}
    return {name: value for name, value in variables.items() if value is not None}


def ran(stdout: bytes, stderr: bytes, code: int) -> Ran:
    """What a command printed, as text."""
    return Ran(stdout.decode(errors="replace"), stderr.decode(), code, stdout)


def stream(content: bytes) -> Any:
    """A standard stream that is no terminal, and writes through as a process does at its end."""
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="", write_through=True)


@contextmanager
def new_state_of_the_process(folder: Path) -> Iterator[None]:
    """Logging, warnings, the import path and modules as in a new process; then as before."""
    root = logging.getLogger()
    handlers, path, modules = root.handlers[:], sys.path[:], set(sys.modules)
    ours = [logging.getLogger(name) for name in (None, *PACKAGES)]
    levels = [logger.level for logger in ours]
    root.handlers[:] = []
    # Of pytest's own settings, not of a program's.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            root.handlers[:] = handlers
            logging.disable(logging.NOTSET)
            for logger, level in zip(ours, levels, strict=True):
                logger.setLevel(level)
            sys.path[:] = path
            for name in set(sys.modules) - modules:
                if is_inside(sys.modules[name], folder):
                    del sys.modules[name]


Terminal = Callable[..., tuple[str, int]]


def is_inside(module: Any, folder: Path) -> bool:
    """Whether a module was imported from a folder of the test."""
    return str(getattr(module, "__file__", None) or "").startswith(str(folder))


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
def terminal(tmp_path: Path, environment: dict[str, str]) -> Terminal:
    """
    Run the command line in a terminal: `terminal("delete", "db", answers=[("?", "y\\n")])`.

    The terminal is dumb and has 100 columns, unless `env` says otherwise.
    """

    def run(
        *arguments: str,
        answers: Sequence[tuple[str, str]] = (),
        env: Mapping[str, str | None] | None = None,
    ) -> tuple[str, int]:
        variables = {"TERM": "dumb", "COLUMNS": "100", **(env or {})}
        how = program(*arguments, environment=merged(environment, variables))
        return run_in_terminal(how, tmp_path, answers)

    return run


@pytest.fixture
def installed(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Install an adapter: the scheme of its URLs, and the source of its module of that name."""
    folder = tmp_path / "installed"

    def install(scheme: str, source: str) -> None:
        metadata = folder / f"{scheme}-1.0.dist-info"
        metadata.mkdir(parents=True)
        about = f"Metadata-Version: 2.1\nName: {scheme}\nVersion: 1.0\n"
        (metadata / "METADATA").write_text(about)
        entry_points = f"[confstore.stores]\n{scheme} = {scheme}:open_url\n"
        (metadata / "entry_points.txt").write_text(entry_points)
        (folder / f"{scheme}.py").write_text(source, encoding="utf-8")
        environment["PYTHONPATH"] = str(folder)
        monkeypatch.syspath_prepend(str(folder))

    return install


@pytest.fixture
def mischief(installed: Callable[[str, str], None]) -> None:
    """An installed adapter for `mischief:NAME` URLs; see `mischief.py`."""
    installed("mischief", Path(__file__).with_name("mischief.py").read_text(encoding="utf-8"))
