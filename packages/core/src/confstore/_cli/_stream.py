"""Changes on standard output as they come, one a line, and how to wait for the next."""

from __future__ import annotations

import math
import select
import sys
import time
from collections.abc import Iterable
from datetime import datetime, timezone

from confstore import Difference
from confstore._cli._differences import by_key, record_of, row_of
from confstore._cli._output import print_json_line, print_yaml_document
from confstore._cli._session import Session
from confstore._cli._text import visible

__all__ = ["print_changes", "wait_s"]


def print_changes(session: Session, differences: Iterable[Difference], *, has_values: bool) -> None:
    """
    Print changes, with the time now, and have them leave this process.

    Args:
        session: The run, which knows the format: a line for people, a line of JSON, or a document
            of YAML for each key.
        differences: What has changed.
        has_values: Whether values are shown; else only their types.
    """
    at = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
    for one in (key for difference in differences for key in by_key(difference)):
        record = {"at": at, **record_of(one, has_values=has_values)}
        if session.format == "json":
            print_json_line(record)
        elif session.format == "yaml":
            print_yaml_document(record)
        else:
            *names, old, new = row_of(one, has_values=has_values)
            sys.stdout.write(visible("  ".join([at, *names, f"{old} -> {new}"])) + "\n")
    sys.stdout.flush()


def wait_s(seconds: float) -> None:
    """
    Wait, unless whoever reads standard output goes away.

    Raises:
        BrokenPipeError: Nobody reads any more; the next line could be hours away.
    """
    if not hasattr(select, "poll"):  # pragma: no cover  # Windows: it shows at the next line
        time.sleep(seconds)
        return
    poller = select.poll()
    # Errors and hang-ups are reported without being asked for; readiness is of no interest.
    poller.register(sys.stdout, 0)
    events = poller.poll(math.ceil(seconds * 1000))
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in events):
        raise BrokenPipeError
    if events:  # pragma: no cover  # macOS, which cannot poll a terminal, and says so at once
        time.sleep(seconds)
