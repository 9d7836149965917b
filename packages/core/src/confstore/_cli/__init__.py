"""
The command line `confstore`.

Nothing here is imported by `import confstore`, and a command imports only what it needs: stores are
opened, and rich and YAML imported, by the command that gets so far.
"""

from __future__ import annotations

import os
import sys

from confstore._version import __version__

__all__ = ["main"]


def main() -> int:
    """
    Run the command line on this process's arguments.

    Returns:
        The exit code; see `confstore._cli._exit_codes`.
    """
    try:
        if sys.argv[1:] == ["--version"] and _print_version():
            return 0
        # Within, so that whoever presses Ctrl-C early, or twice, sees no traceback either.
        return _run(sys.argv[1:])
    except _ExtraNotInstalledError:
        advice = "the command line needs the extra: python -m pip install 'confstore[cli]'"
        sys.stderr.write(f"confstore: {advice}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _print_version() -> bool:
    """Scripts ask this before all else; click would take longer than the rest."""
    try:
        # Not into a buffer: what cannot be written is left to the way of every other command.
        os.write(1, f"confstore {__version__}\n".encode())
    except OSError:
        return False
    return True


class _ExtraNotInstalledError(Exception):
    """The packages of the extra `cli` are not there."""


def _run(arguments: list[str]) -> int:
    try:
        from confstore._cli._run import run
    except ImportError:
        raise _ExtraNotInstalledError from None
    return run(arguments)
