"""Sessions at a terminal, as documents print them, and as the program does."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

__all__ = ["as_recorded", "environment_of_a_session", "printed", "steps_of"]

ROWS, COLUMNS = 24, 100

_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# What differs from one run to the next, and makes a table wider or narrower: when a commit was
# made, and on which machine.
_DIFFERENT = {
    re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"): "TIME",
    re.compile(r"ada@[\w.-]+"): "ada@HOST",
    re.compile(r" +"): " ",
    re.compile(r"─+"): "─",
}


def steps_of(block: str) -> list[tuple[str, str]]:
    """Each command of a block, behind `$ `, and what follows it."""
    steps: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in steps]


def environment_of_a_session() -> dict[str, str]:
    """The environment of somebody called ada, with the store `prod` in a file."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "TERM": "dumb", "USER": "ada", "LOGNAME": "ada"}
    env = {name: value for name, value in env.items() if name not in {"CI", "FORCE_COLOR"}}
    return {**env, "CONFSTORE_URL": "file:prod.json"}


def printed(command: str, folder: Path, env: dict[str, str]) -> list[str]:
    """The lines that a command prints to a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    with subprocess.Popen(
        ["sh", "-c", command], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=env
    ) as process:
        os.close(theirs)
        output = b""
        while True:
            try:
                chunk = os.read(ours, 65_536)
            except OSError:
                # Linux says so when nobody holds the other end any more.
                chunk = b""
            if not chunk:
                break
            output += chunk
        process.wait(60)
    os.close(ours)
    return as_recorded(output.decode())


def as_recorded(text: str) -> list[str]:
    """Lines without style and without what differs, and none of the empty ones around tables."""
    plain = _STYLE.sub("", text).replace("\r\n", "\n")
    for pattern, instead in _DIFFERENT.items():
        plain = pattern.sub(instead, plain)
    return [line.strip() for line in plain.splitlines() if line.strip()]
