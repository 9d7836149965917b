"""
The command line `confstore`.

Nothing here is imported by `import confstore`, and a command imports only what it needs: stores are
opened, and rich and YAML imported, by the command that gets so far.
"""

from __future__ import annotations

import sys

from confstore._version import __version__

__all__ = ["main"]


def main() -> int:
    """
    Run the command line on this process's arguments.

    Returns:
        The exit code; see `confstore._cli._exit_codes`.
    """
    if sys.argv[1:] == ["--version"]:
        # Scripts ask this before all else; click would take longer than the rest.
        sys.stdout.write(f"confstore {__version__}\n")
        return 0
    try:
        # Within, so that whoever presses Ctrl-C early, or twice, sees no traceback either.
        return _run(sys.argv[1:])
    except _ExtraNotInstalledError:
        advice = "the command line needs the extra: python -m pip install 'confstore[cli]'"
        sys.stderr.write(f"confstore: {advice}\n")
        return 2
    except KeyboardInterrupt:
        return 130


class _ExtraNotInstalledError(Exception):
    """The packages of the extra `cli` are not there."""


def _run(arguments: list[str]) -> int:
    try:
        from confstore._cli._run import run
    except ImportError:
        raise _ExtraNotInstalledError from None
    return run(arguments)
