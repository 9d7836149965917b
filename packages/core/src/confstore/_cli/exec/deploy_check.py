"""The check of `deploy`: a command that is run again and again, and signals that wait for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

import attrs

__all__ = ["Check", "Stopped", "Stopping"]

_ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]

_FIRST_LOOK_S, _LOOK_S = 0.0005, 0.05
"""Seconds between two looks at a check, of which each is twice the one before; as `Popen.wait`."""


class Stopped(BaseException):
    """A signal asks to stop; no `except Exception` stops it on its way."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def name(self) -> str:
        """The name of the signal."""
        return signal.Signals(self.number).name


@attrs.define(eq=False)
class Stopping:
    """
    Signals that ask to stop, which are obeyed only where nothing can be lost.

    Until `defer` they do what they always do. From then on they wait for a `sleep`.
    """

    _number: int | None = attrs.field(init=False, default=None)
    _is_possible: bool = attrs.field(init=False, default=False)
    _before: dict[int, Any] = attrs.field(init=False, factory=dict)

    def __enter__(self) -> Stopping:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def defer(self) -> None:
        """From now on, let signals wait."""
        for number in _ENDING:
            # `nohup` has it ignored, for good.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before.setdefault(number, signal.signal(number, self._note))

    def sleep(self, seconds: float) -> None:
        """
        Wait, unless a signal comes.

        Raises:
            Stopped: One comes, or has come before.
        """
        self._is_possible = True
        try:
            if self._number is not None:
                raise Stopped(self._number)
            time.sleep(seconds)
        finally:
            self._is_possible = False

    def _note(self, number: int, _: object) -> None:
        self._number = number
        if self._is_possible:
            self._is_possible = False
            raise Stopped(number)


@attrs.frozen
class Check:
    """
    A command of the shell that succeeds while the service is healthy.

    Attributes:
        command: The command.
        timeout_s: Seconds after which it is killed, and has failed.
        variables: Environment variables that it gets beside ours.
    """

    command: str
    timeout_s: float
    variables: Mapping[str, str]

    def run(self, stopping: Stopping) -> str | None:
        """Run it once, and return why it has failed; None if it has succeeded."""
        # In a session of its own: Ctrl-C is not meant for it, and it is killed with its children.
        process = subprocess.Popen(  # noqa: S602 (the user's)
            self.command,
            shell=True,
            stdin=subprocess.DEVNULL,
            # Standard output is for data.
            stdout=2,
            start_new_session=True,
            env={**os.environ, **self.variables},
        )
        try:
            code = _code_within(self.timeout_s, process, stopping)
        finally:
            _kill(process)
        if code is None:
            return f"the check did not end within {self.timeout_s:g} s"
        return f"the check failed with exit code {code}" if code else None


def _code_within(
    timeout_s: float, process: subprocess.Popen[bytes], stopping: Stopping
) -> int | None:
    """
    Wait for the exit code of a process; None if it takes longer.

    Not by `Popen.wait`: a signal that raises in the middle of that can leave its lock locked, for
    which the next call would wait for ever.
    """
    ends_s, nap_s = time.monotonic() + timeout_s, _FIRST_LOOK_S
    while (code := process.poll()) is None and (left_s := ends_s - time.monotonic()) > 0:
        stopping.sleep(min(nap_s, left_s))
        nap_s = min(2 * nap_s, _LOOK_S)
    return code


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if sys.platform == "win32":  # pragma: no cover
            process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
