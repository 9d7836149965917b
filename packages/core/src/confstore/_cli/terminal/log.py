"""Log lines and warnings of a command, each as one line on standard error."""

from __future__ import annotations

import logging
import sys
import warnings

from confstore._cli.terminal.text import visible

__all__ = ["log_to_stderr"]

_OURS = ("confstore", "confstore_dynamodb", "confstore_file", "confstore_memory")


class _OneLine(logging.Formatter):
    """The message alone: a traceback can quote values."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(f"confstore: {record.levelname.lower()}: {record.getMessage()}")


def log_to_stderr(*, is_debug: bool) -> None:
    """Print warnings; with `--debug`, every log line of our own packages."""
    # Never more than warnings of other packages: botocore's debug log holds values.
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    root.addHandler(handler)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if is_debug else logging.WARNING)
    warnings.showwarning = _show_warning


def _show_warning(
    message: Warning | str, category: type[Warning], *_: object, **__: object
) -> None:
    sys.stderr.write(visible(f"confstore: warning: {category.__name__}: {message}") + "\n")
