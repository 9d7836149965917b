"""The sessions of docs/guides/journal.md are what the program prints."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    from sessions import as_recorded, environment_of_a_session, printed, steps_of

DOCUMENT = Path(__file__).parents[1] / "docs" / "guides" / "journal.md"

_SESSION = re.compile(r"```console\n(\$ .*?)```\n", re.DOTALL)


@pytest.mark.slow("starts programs, one after the other")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_sessions(tmp_path: Path) -> None:
    """Each command prints what stands below it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    steps = [step for session in _SESSION.findall(text) for step in steps_of(session)]
    assert len(steps) >= 8
    for command, expected in steps:
        assert printed(command, tmp_path, environment_of_a_session()) == as_recorded(expected)
