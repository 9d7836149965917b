"""Exit codes of the command line, and the error that carries one."""

from __future__ import annotations

import enum

__all__ = ["MEANINGS", "CommandError", "ExitCode"]


class ExitCode(enum.IntEnum):
    """
    The exit codes of the command line.

    Sources from 70 on: BSD's sysexits.h (70 is an error of the program itself), and the codes with
    which shells report a program that cannot be run (126, 127) or that a signal ended (128 and the
    signal's number).
    """

    DONE = 0
    NOT_FOUND = 1
    USAGE = 2
    INVALID = 3
    BACKEND = 4
    CONFLICT = 5
    ROLLED_BACK = 6
    BUG = 70
    NOT_EXECUTABLE = 126
    NO_COMMAND = 127
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143

    # `diff` found some, or a question was answered with no.
    DIFFERENT = 1
    DECLINED = 1


MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.NOT_FOUND: "not found, or differences; or a question was answered with no",
    ExitCode.USAGE: "the command line was wrong; nothing was done",
    ExitCode.INVALID: "a name, a value or a schema is invalid; nothing was written",
    ExitCode.BACKEND: "the backend failed or refused access, or the store does not exist",
    ExitCode.CONFLICT: "somebody wrote the option after the version that was given",
    ExitCode.ROLLED_BACK: "a check of deploy failed, and the options were rolled back",
    ExitCode.BUG: "an error of confstore itself",
    ExitCode.NOT_EXECUTABLE: "the command of exec exists and cannot be run",
    ExitCode.NO_COMMAND: "the command of exec does not exist",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C",
    ExitCode.BROKEN_PIPE: "the reader of the output closed it",
    ExitCode.TERMINATED: "ended by SIGTERM, as watch is by a process manager",
}
"""The meaning of each exit code, for the help."""


class CommandError(Exception):
    """
    A command cannot do what was asked, for a reason that is no error of a store.

    Attributes:
        message: What failed, on which name, and what to do about it; never a value.
        code: The exit code.
    """

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message, code)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return self.message
