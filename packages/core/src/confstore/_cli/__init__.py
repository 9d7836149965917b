"""
The command line `confstore`.

`import confstore` imports nothing of it, and each command imports only what it needs.
"""

from __future__ import annotations

import os
import sys

from confstore._version import __version__

__all__ = ["main"]


def main() -> int:
    """Run the command line on this process's arguments, and return the exit code."""
    try:
        _use_utf8_mode()
        if sys.argv[1:] == ["--version"] and _print_version():
            return 0
        try:
            from confstore._cli.shell.run import run
        except ImportError:
            advice = "the command line needs the extra: python -m pip install 'confstore[cli]'"
            sys.stderr.write(f"confstore: {advice}\n")
            return 2
        # Inside, so that an early or a second Ctrl-C shows no traceback either.
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return 130


def _use_utf8_mode() -> None:
    """
    Start again in UTF-8 mode where the locale is forced to ASCII.

    There Python cannot name a file or an option beyond ASCII. A flag, and not PYTHONUTF8: the
    environment is passed on by `exec`.
    """
    if sys.getfilesystemencoding() == "ascii":
        # As it was started, and not by -m, which would import from the working directory.
        again = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execv(sys.executable, [os.fsencode(argument) for argument in again])  # noqa: S606 (this program)


def _print_version() -> bool:
    """Print the version before importing click, which takes longer than the rest."""
    try:
        # Unbuffered: if it fails, the ordinary way reports the error.
        os.write(1, f"confstore {__version__}\n".encode())
    except OSError:
        return False
    return True
