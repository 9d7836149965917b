"""What a whole process costs, from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from benchmarks._setting import Setting, SkippedError

__all__ = ["cpu_above_bare_s", "cpu_s", "program"]


def program(text: str) -> list[str]:
    """The command that has this Python run a program."""
    return [sys.executable, "-c", text]


BARE = program("pass")


def once_s(command: Sequence[str]) -> float:
    """
    Seconds of the processor, the kernel's included, that a process took.

    Raises:
        SkippedError: This system does not tell.
        RuntimeError: The process failed.
    """
    if not hasattr(os, "wait4"):
        raise SkippedError("this system does not tell the CPU time of one child")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said.decode(errors="replace").strip().splitlines()[-1])
    return usage.ru_utime + usage.ru_stime


def cpu_s(setting: Setting, command: Sequence[str]) -> float:
    """The least of several processes, after one that found no bytecode and no cached files."""
    once_s(command)
    return min(once_s(command) for _ in range(setting.times(3)))


def cpu_above_bare_s(setting: Setting, command: Sequence[str]) -> float:
    """The same, less what a Python costs that does nothing."""
    return cpu_s(setting, command) - cpu_s(setting, BARE)
