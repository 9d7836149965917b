"""Run another program with variables in its environment."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn

from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import reason_of

__all__ = ["absent_command", "become", "child_environment", "not_executable", "supervise"]

# Without it no program finds its libraries; source: Python's manual, "subprocess", `env`.
_NEEDED_BY_WINDOWS = "SYSTEMROOT"

# Python ignores these, and ignored signals stay ignored in a program that replaces the process.
_IGNORED = ("SIGPIPE", "SIGXFZ", "SIGXFSZ")

_LC_CTYPE = b"LC_CTYPE"
_COERCED = frozenset({b"C.UTF-8", b"C.utf8", b"UTF-8"})

# It opens every secret of the store, also those that the program was not given.
_KEY = "CONFSTORE_SECRET_KEY"

# A console sends them to the program, too, which decides.
_CONSOLE = ("SIGINT", "SIGBREAK")


def become(command: Sequence[str], variables: Mapping[str, str], *, is_pristine: bool) -> NoReturn:
    """
    Replace this process by a program: signals and the exit code are the program's.

    It is looked for in our own PATH; its variables, as UTF-8, replace those of our environment, or
    are its only ones if that is pristine.
    """
    environment = child_environment(variables, is_pristine=is_pristine)
    sys.stdout.flush()
    sys.stderr.flush()
    with _signals_as_inherited():
        _replace_process(command, environment, variables)


def _replace_process(
    command: Sequence[str], environment: Mapping[bytes, bytes], variables: Mapping[str, str]
) -> NoReturn:
    refused: OSError | None = None
    for path in _candidates(command[0]):
        try:
            os.execve(path, list(command), environment)  # noqa: S606 (the caller's)
        except (FileNotFoundError, NotADirectoryError) as error:
            # The file exists, but its interpreter does not.
            refused = refused or (error if os.path.isfile(path) else None)
        except PermissionError as error:
            refused = refused or error
        except OSError as error:
            raise not_executable(command[0], error, variables) from error
    if refused is not None:
        raise not_executable(command[0], refused, variables) from refused
    raise absent_command(command[0])


@contextmanager
def _signals_as_inherited() -> Iterator[None]:
    """
    Undo what Python ignores, for a program that replaces this process.

    If none does, ignore them again: a message to a closed pipe must not kill this process.
    """
    numbers = [getattr(signal, name) for name in _IGNORED if hasattr(signal, name)]
    before = [(number, signal.signal(number, signal.SIG_DFL)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def supervise(command: Sequence[str], variables: Mapping[str, str], *, is_pristine: bool) -> int:
    """
    Run a program as a child and return its exit code, where no program can replace a process.

    A pristine environment keeps only the variable that Windows needs.
    """
    kept = {name: text for name, text in os.environ.items() if name == _NEEDED_BY_WINDOWS}
    environment = {**(kept if is_pristine else os.environ), **variables}
    environment.pop(_KEY, None)
    for name in _CONSOLE:
        if hasattr(signal, name):
            # A function: the child would inherit an ignored signal.
            signal.signal(getattr(signal, name), lambda *_: None)
    program = shutil.which(command[0])
    try:
        ran = subprocess.run([program or command[0], *command[1:]], env=environment, check=False)  # noqa: S603 (the caller's)
    except FileNotFoundError as error:
        raise absent_command(command[0]) from error
    except OSError as error:
        raise not_executable(command[0], error, variables) from error
    return ran.returncode


def child_environment(variables: Mapping[str, str], *, is_pristine: bool) -> dict[bytes, bytes]:
    """The environment of a program: ours, unless it is pristine, with variables as UTF-8."""
    environment = {} if is_pristine else _given_environment()
    environment.pop(_KEY.encode(), None)
    return environment | {name.encode(): text.encode() for name, text in variables.items()}


def _given_environment() -> dict[bytes, bytes]:
    """
    Our environment as the caller gave it.

    Where the locale is C, Python itself sets LC_CTYPE for its children.

    Source:
        PEP 538, "Coercing the legacy C locale to a UTF-8 based locale".
    """
    environment = dict(os.environb)
    if environment.get(_LC_CTYPE) in _COERCED:
        try:
            with open("/proc/self/environ", "rb") as file:
                first = dict(entry.partition(b"=")[::2] for entry in file.read().split(b"\0"))
        except OSError:  # pragma: no cover  # only Linux says it
            return environment
        del environment[_LC_CTYPE]
        environment.update((name, first[name]) for name in first.keys() & {_LC_CTYPE})
    return environment


def _candidates(name: str) -> Iterator[str]:
    if os.path.dirname(name):
        yield name
    elif name:
        for folder in os.get_exec_path():
            yield os.path.join(folder, name)


def absent_command(name: str) -> CommandError:
    """The error for a program that does not exist."""
    where = "" if os.path.dirname(name) else " in PATH"
    return CommandError(f"there is no command {name!r}{where}", ExitCode.NO_COMMAND)


def not_executable(name: str, error: OSError, variables: Mapping[str, str]) -> CommandError:
    """The error for a program that the system cannot run."""
    message = f"command {name!r} cannot be run: {_reason(error, variables)}"
    return CommandError(message, ExitCode.NOT_EXECUTABLE)


def _reason(error: OSError, variables: Mapping[str, str]) -> str:
    if error.errno == errno.E2BIG:
        return _too_large(variables)
    if error.errno == errno.ENOENT:
        return "its interpreter or loader does not exist"
    if error.errno == errno.ENOEXEC:
        return "this system does not know its format; a script begins with a line like #!/bin/sh"
    return reason_of(error)


def _too_large(variables: Mapping[str, str]) -> str:
    says = "its arguments and environment are too large for this system"
    if not variables:  # pragma: no cover  # this process was started with more
        return f"{says}: give fewer arguments"
    sizes_b = {name: len(f"{name}={text}".encode()) for name, text in variables.items()}
    largest = max(sizes_b, key=lambda name: sizes_b[name])
    advice = "choose fewer with --option, or let the program read the store itself"
    return f"{says}; {largest} alone has {sizes_b[largest]:,} bytes: {advice}"
