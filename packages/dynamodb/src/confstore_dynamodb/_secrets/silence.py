"""Keeps botocore from logging what a client of secrets sends and receives."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["silenced"]

_is_silenced: ContextVar[bool] = ContextVar("confstore_is_silenced", default=False)
# The loggers of these packages write whole requests and replies at DEBUG, plaintexts included.
_PACKAGES = ("boto3", "botocore", "urllib3")
_known = 0


class _Filter(logging.Filter):
    def filter(self, _: logging.LogRecord) -> bool:
        return not _is_silenced.get()


_FILTER = _Filter()


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """In this block, nothing that this thread does is logged by botocore, at any level."""
    _add_filters()
    token = _is_silenced.set(True)
    try:
        yield
    finally:
        _is_silenced.reset(token)


def _add_filters() -> None:
    """Add the filter to every logger that is new; a filter of a parent is not asked."""
    global _known
    loggers = logging.Logger.manager.loggerDict
    if len(loggers) == _known:
        return
    _known = len(loggers)
    for name, logger in list(loggers.items()):
        if name.partition(".")[0] in _PACKAGES and isinstance(logger, logging.Logger):
            # Adding it twice is adding it once.
            logger.addFilter(_FILTER)
