"""A program as a child of this process: started, stopped, signalled, and waited for."""

from __future__ import annotations

import math
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import attrs

from confstore._cli.exec.program import absent_command, child_environment, not_executable

__all__ = ["Supervisor", "end_as"]

_Result = TypeVar("_Result")

_ENDING = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
_FORWARDED = (*_ENDING, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)

# The keys of a terminal send these to the whole group in its foreground, the program included.
_OF_A_TERMINAL = (signal.SIGINT, signal.SIGQUIT)

_PR_SET_PDEATHSIG = 1
"""Source: Linux, `include/uapi/linux/prctl.h`."""


class _ProgramEndedError(BaseException):
    """The program ended while something else was waited for; no `except Exception` stops it."""


@attrs.define(eq=False)
class Supervisor:
    """
    Runs one program at a time, and passes the signals of this process on to it.

    Where this process has no terminal, or is not in its foreground, the program has a process group
    of its own: a restart ends what the old program has left running in it. In the foreground of a
    terminal it shares our group, so that Ctrl-C, Ctrl-Z and reading work as without us.

    Attributes:
        command: The program and its arguments.
        is_pristine: Whether its environment has nothing of ours.
        grace_s: Seconds between SIGTERM and SIGKILL.
    """

    command: Sequence[str]
    is_pristine: bool
    grace_s: float
    _program: subprocess.Popen[bytes] | None = attrs.field(init=False, default=None)
    _shares_group: bool = attrs.field(init=False, factory=lambda: _is_in_foreground())
    _is_interruptible: bool = attrs.field(init=False, default=False)
    _is_restarting: bool = attrs.field(init=False, default=False)
    _early: list[int] = attrs.field(init=False, factory=list)
    # When a signal last asked for the end, which the program may still be about.
    _asked_s: float = attrs.field(init=False, default=-math.inf)
    _woken: int = attrs.field(init=False, default=-1)

    @contextmanager
    def taking_signals(self) -> Iterator[None]:
        """Pass signals on until the end of the block, which leaves no program behind."""
        self._woken, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self._woken, False)
        handlers: dict[int, Any] = {
            number: signal.signal(number, self._forward) for number in _FORWARDED
        }
        handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, self._look)
        before = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        try:
            yield
        finally:
            self._stop()
            signal.set_wakeup_fd(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            os.close(wake)
            os.close(self._woken)

    def start(self, variables: Mapping[str, str]) -> None:
        """Start the program with variables of the store; a `CommandError` if it cannot be run."""
        name = self.command[0]
        parent, death = os.getpid(), _death_signal()

        def prepare() -> None:  # pragma: no cover  # in the child
            if not self._shares_group:
                os.setpgrp()
            death(parent)

        try:
            self._program = subprocess.Popen(  # noqa: S603 (the caller's)
                list(self.command),
                # It is looked for in our own PATH.
                executable=shutil.which(name) or name,
                env=child_environment(variables, is_pristine=self.is_pristine),
                preexec_fn=prepare,
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise absent_command(name) from error
        except OSError as error:
            raise not_executable(name, error, variables) from error
        while self._early:  # pragma: no cover  # they came while no program ran
            self.send(self._early.pop(0))

    def restart(self, variables: Mapping[str, str]) -> int | None:
        """
        Stop the program and start it anew; its status instead if we are to end.

        That is so if a signal asked for it meanwhile, or right before: one that came while the
        program ran was passed on to it, and its end may take as long as a restart waits for it.
        """
        self._is_restarting, began_s = True, time.monotonic()
        status = self._stop()
        self._is_restarting = False
        if self._asked_s >= began_s - self.grace_s:
            return status
        self.start(variables)
        return None

    def send(self, number: int) -> None:
        """Send the program a signal, if it still runs."""
        if self._program is not None:  # pragma: no branch  # between two programs
            # It looks first whether the program has ended, so that no other process gets it.
            self._program.send_signal(number)

    def wait(self, seconds: float) -> int | None:
        """Wait for the program to end, and return its status as `subprocess` has it, or None."""
        deadline_s = time.monotonic() + seconds
        while True:
            status = None if self._program is None else self._program.poll()
            left_s = deadline_s - time.monotonic()
            if status is not None or left_s <= 0:
                return status
            select.select([self._woken], [], [], left_s)
            with suppress(BlockingIOError):
                os.read(self._woken, 4096)

    def meanwhile(self, work: Callable[[], _Result]) -> _Result | None:
        """Do something that may take long; None if the program ended before it was done."""
        try:
            self._is_interruptible = True
            return work()
        except _ProgramEndedError:
            return None
        finally:
            self._is_interruptible = False

    def _stop(self) -> int | None:
        program = self._program
        if program is None:
            return None
        self.send(signal.SIGTERM)
        # A stopped program takes no SIGTERM.
        self.send(signal.SIGCONT)
        if self.wait(self.grace_s) is None:
            self.send(signal.SIGKILL)
            program.wait()
        if not self._shares_group:
            # What it has left running: at once, before anybody else can have its number.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, signal.SIGTERM)
        self._program = None
        return program.returncode

    def _forward(self, number: int, _: object) -> None:
        # Many programs go on after SIGQUIT: Java prints its threads.
        if number in _ENDING and (self._is_restarting or number != signal.SIGQUIT):
            self._asked_s = time.monotonic()
        if self._program is None:  # pragma: no cover  # between two programs
            self._early.append(number)
        elif not (self._shares_group and number in _OF_A_TERMINAL):
            self.send(number)

    def _look(self, *_: object) -> None:
        program = self._program
        if self._is_interruptible and program is not None and program.poll() is not None:
            self._is_interruptible = False
            raise _ProgramEndedError


def end_as(status: int) -> int:
    """
    The exit code for a program's status; a signal that ended it ends this process, too.

    Whoever waits for us sees the signal itself: systemd takes SIGTERM for a clean end, and not 143.
    """
    return status if status >= 0 else _end_by(-status)


def _end_by(number: int) -> int:  # pragma: no cover  # what measures ends with it
    # It was the program that crashed; it has written its core already.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    with suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    # The first process of a container is not ended by it.
    return 128 + number


def _is_in_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # pragma: no cover  # the terminal was closed in between
        return False
    finally:
        os.close(terminal)


def _death_signal() -> Callable[[int], None]:
    """A function that a child calls to end with this process, where the system can do that."""
    if sys.platform != "linux":  # pragma: no cover  # only Linux has it
        return lambda _: None
    import ctypes

    # Loaded here: after a fork only what is ready may be called.
    prctl = ctypes.CDLL(None).prctl

    def set_death_signal(parent: int) -> None:  # pragma: no cover  # in the child
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(128 + signal.SIGTERM)

    return set_death_signal
