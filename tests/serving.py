"""A real server of a test: started on a free loopback port, asked, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["ask", "ask_until", "running", "serving"]

TIMEOUT_S = 60.0
"""Seconds in which any server of these tests has answered many times over."""


@contextlib.contextmanager
def running(
    folder: Path, module: str, *arguments: str, pass_fds: tuple[int, ...] = (), **env: str
) -> Iterator[Path]:
    """A module of Python as a program in this folder, until the block ends; gives its log."""
    log = folder / "log"
    # Whatever it keeps in a home folder is its test's.
    everything = {**os.environ, "HOME": str(folder), "PYTHONUNBUFFERED": "1", **env}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=everything,
            pass_fds=pass_fds,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield log
        except BaseException:
            print(log.read_text(errors="replace"))  # noqa: T201 (what it said of it)
            raise
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def serving(
    folder: Path, application: str, module: str, *arguments: str, **env: str
) -> Iterator[str]:
    """A server of the application `app:app`; {fd} in its arguments is the socket. Gives its URL."""
    (folder / "app.py").write_text(application)
    # The socket is ours, so nobody else can take its port.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        descriptor = listener.fileno()
        filled = [argument.format(fd=descriptor) for argument in arguments]
        with running(folder, module, *filled, "app:app", pass_fds=(descriptor,), **env):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def ask(url: str) -> Any:
    """The answer of the server, from a connection of its own."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


def ask_until(url: str, is_enough: Callable[[Any], bool]) -> Any:
    """The first answer that is enough."""
    give_up_s = time.monotonic() + TIMEOUT_S
    while not is_enough(answer := ask(url)):
        assert time.monotonic() < give_up_s, answer
    return answer
