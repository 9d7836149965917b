"""
The command line `confstore`.

Nothing here is imported by `import confstore`, and a command imports only what it needs: stores are
opened, and rich and YAML imported, by the command that gets so far.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """
    Run the command line on this process's arguments.

    Returns:
        The exit code; see `confstore._cli._exit_codes`.
    """
    try:
        from confstore._cli._run import run
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        advice = "the command line needs the extra: python -m pip install 'confstore[cli]'"
        sys.stderr.write(f"confstore: {advice}\n")
        return 2
    return run(sys.argv[1:])
