"""The session at a terminal that the README records is what the program prints."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    from sessions import as_recorded, environment_of_a_session, printed, steps_of

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.slow("starts more than 10 programs, one after the other")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_session(tmp_path: Path) -> None:
    """Each command of the README prints what stands below it."""
    section = README.read_text(encoding="utf-8").split("## On the command line\n")[1]
    steps = steps_of(section.split("```console\n")[1].split("```")[0])
    assert len(steps) >= 10
    for command, expected in steps:
        assert printed(command, tmp_path, environment_of_a_session()) == as_recorded(expected), (
            command
        )
