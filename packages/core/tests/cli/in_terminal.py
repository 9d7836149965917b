"""A command in a terminal: somebody reads what it prints, and answers."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 60
# A signal that comes right before a program begins to wait for input does not wake it.
INTERRUPT_AGAIN_S = 2
INTERRUPT = "\x03"


def run_in_terminal(
    how: Mapping[str, Any],
    folder: Path,
    answers: Sequence[tuple[str, str]] = (),
) -> tuple[str, int]:
    """
    Run a command with a terminal as its input, output and error stream.

    Args:
        how: Arguments of `subprocess.Popen`: the program and its environment.
        folder: Where it runs.
        answers: What to wait for on the screen, and what to type then; `INTERRUPT` is Ctrl-C.

    Returns:
        What the screen shows, and the exit code.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        **how,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        # Without this, a hidden prompt would open the terminal of whoever runs the tests.
        start_new_session=True,
    )
    os.close(theirs)
    screen, waiting, seen = b"", list(answers), 0
    is_interrupted = False
    try:
        while True:
            if is_interrupted and not is_readable(ours, INTERRUPT_AGAIN_S):
                process.send_signal(signal.SIGINT)
            chunk = read(ours)
            if not chunk:
                break
            screen += chunk
            if waiting and waiting[0][0].encode() in screen[seen:]:
                seen = len(screen)
                answer = waiting.pop(0)[1]
                if answer == INTERRUPT:
                    process.send_signal(signal.SIGINT)
                    is_interrupted = True
                else:
                    os.write(ours, answer.encode())
        code = process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert not waiting, f"never seen: {waiting[0][0]}; the screen: {screen.decode()}"
    return screen.decode().replace("\r\n", "\n"), code


def is_readable(terminal: int, patience_s: float) -> bool:
    """Whether something comes to the screen in time, or the program leaves it."""
    return bool(select.select([terminal], [], [], patience_s)[0])


def read(terminal: int) -> bytes:
    """What is on the screen next; nothing once the program has left it."""
    assert is_readable(terminal, PATIENCE_S), "the program neither prints nor ends"
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux says EIO when the last writer has closed the terminal.
        return b""
