"""A text in the user's editor, in a private file of which nothing is left."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from confstore._cli.terminal.exit_codes import CommandError, ExitCode

if sys.platform != "win32":  # pragma: no branch
    import fcntl

__all__ = ["Editor", "editor_with"]

_PREFIX = "confstore-edit."
_VARIABLES = ("VISUAL", "EDITOR")

_NOT_EXECUTABLE = (126, 127)
"""Source: POSIX, "Shell Command Language", section 2.8.2: exit status for errors."""

# A shell that a signal ends leaves its editor alone with the terminal.
_STAY = "trap : INT QUIT"

# It ends with this process, however that ends: then the pipe is at its end.
_REMOVE = 'read -r _; rm -rf -- "$0"'

_ASIDE_S = 10.0
"""Seconds to wait for a shell that removes one folder; a guess: it takes milliseconds."""


@attrs.frozen
class Editor:
    """
    An editor, and the one file that it edits.

    Attributes:
        command: The editor as a shell runs it; the file's name follows.
        path: The file.
        lock: The descriptor that tells other runs that the folder is in use.
    """

    command: str
    path: Path
    lock: int

    def edit(self, text: str) -> str:
        """
        Let the user edit a text, and return it as it was saved.

        Bytes that are not UTF-8 are given as lone surrogates, which no format takes.

        Raises:
            CommandError: The editor cannot be run, has failed or was killed, or left no file.
        """
        # Made anew: an editor may have left a file with other permissions in its place.
        self.path.unlink(missing_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(text.encode(errors="surrogateescape"))
        self._check(self._run())
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            message = "the editor left no file; nothing was written"
            raise CommandError(message, ExitCode.DECLINED) from None
        return content.decode(errors="surrogateescape")

    def _run(self) -> int:
        if sys.platform == "win32":  # pragma: no cover
            return subprocess.call(f'{self.command} "{self.path}"', shell=True)  # noqa: S602
        # In an editor Ctrl-C does not mean us. A handler, unlike SIG_IGN, is not inherited.
        before = {
            number: signal.signal(number, _do_nothing) for number in (signal.SIGINT, signal.SIGQUIT)
        }
        try:
            return subprocess.call(  # noqa: S603 (the user's)
                ["/bin/sh", "-c", f'{_STAY}; {self.command} "$@"', "sh", str(self.path)],
                # The folder is in use as long as the editor runs, also if we are killed.
                pass_fds=(self.lock,),
            )
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _check(self, code: int) -> None:
        if code in _NOT_EXECUTABLE:
            name = shlex.join(self.command.split()[:1])
            message = f"the editor {name} cannot be run: set VISUAL or EDITOR to another one"
            raise CommandError(message)
        if code:
            message = f"the editor ended with exit code {code}; nothing was written"
            raise CommandError(message, ExitCode.DECLINED)


def _do_nothing(*_: object) -> None:
    """Handle a signal that is meant for the editor."""


@contextmanager
def editor_with(name: str) -> Iterator[Editor]:
    """
    Give the user's editor a file of this name, until the end of the block.

    The file is in a private folder (mode 0700), in memory where the system has such a place, and
    the folder is removed with all that the editor put there. A helper process does so if this one
    is killed, and the next run if both were.
    """
    _sweep()
    folder, lock = _private_folder()
    try:
        with _removed_at_our_end(folder):
            yield Editor(_command(), folder / name, lock)
    finally:
        # An exception here would hide the one of the block; the next run sweeps.
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _command() -> str:
    given = next(filter(None, map(os.environ.get, _VARIABLES)), None)
    # Source of vi: POSIX has it wherever it has an editor of screens.
    return given or ("notepad" if sys.platform == "win32" else "vi")


def _places() -> Iterator[Path]:
    """Where private files can be, those in memory first."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    for place in (runtime, "/dev/shm", tempfile.gettempdir()):  # noqa: S108 (mkdtemp is private)
        if place and os.path.isabs(place) and os.access(place, os.W_OK | os.X_OK):
            yield Path(place)


def _private_folder() -> tuple[Path, int]:
    """Make a folder that nobody else can look into, and lock it."""
    place = next(_places(), Path(tempfile.gettempdir()))
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        if sys.platform == "win32":  # pragma: no cover  # a folder cannot be locked there
            return folder, os.open(os.devnull, os.O_RDONLY)
        # Another run may sweep it away before it is locked.
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)


@contextmanager
def _removed_at_our_end(folder: Path) -> Iterator[None]:
    """Have another process remove the folder as soon as this one ends, however it ends."""
    if sys.platform == "win32":  # pragma: no cover
        yield
        return
    with subprocess.Popen(  # noqa: S603 (no argument is a user's)
        ["/bin/sh", "-c", _REMOVE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C, and the end of a terminal, are not meant for it.
        start_new_session=True,
    ) as remover:
        try:
            yield
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                remover.communicate(timeout=_ASIDE_S)


def _sweep() -> None:
    """Remove the folders of runs that were killed together with their helper."""
    if sys.platform == "win32":  # pragma: no cover
        return
    for place in _places():
        for folder in place.glob(f"{_PREFIX}*"):
            # Somebody else's, or gone meanwhile.
            with contextlib.suppress(OSError):
                _remove_abandoned(folder)


def _remove_abandoned(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return
    lock = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(lock)
