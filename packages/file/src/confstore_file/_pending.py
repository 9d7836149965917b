"""
Whether the options file still has to follow its journal.

A writer writes the next options file beside the old one, then the journal's line, then puts the one
in the place of the other. If it dies before that, the old file is still what the line was made
from, and the next one is still there. If the next one is not there, it has been in its place, and
somebody has since put the old content back by hand (`git checkout`, undo in an editor): that is an
edit like any other.
"""

from __future__ import annotations

from confstore_file._journal_file import JournalState
from confstore_file._replacement import temporary_of
from confstore_file._watched_file import State, digest_of

__all__ = ["is_behind", "is_pending"]


def is_behind(state: State, journal: JournalState) -> bool:
    """Whether the options lack the last commit: they are what it was made from, or gone."""
    last = journal.last
    if last is None or state.digest == last.digest:
        return False
    return state.is_absent or state.digest == last.digest_before


def is_pending(target: str, state: State, journal: JournalState) -> bool:
    """
    Whether the options that the last commit makes still wait beside the options that are behind.

    Raises:
        OSError: That cannot be found out.
    """
    last = journal.lines[-1]
    if state.digest != last.digest_before:
        return False
    try:
        with open(temporary_of(target), "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return False
    return digest_of(content) == last.digest
