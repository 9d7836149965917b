"""The sessions of docs/guides/safe-changes.md are what the program prints."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    from sessions import as_recorded, environment_of_a_session, printed, steps_of

DOCUMENT = Path(__file__).parents[1] / "docs" / "guides" / "safe-changes.md"

_FILE = re.compile(r"`([\w.]+)`:\n\n```\w+\n(.*?)```\n", re.DOTALL)
_SESSION = re.compile(r"```console\n(\$ .*?)```\n", re.DOTALL)


@pytest.mark.slow("starts programs, one after the other")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_sessions(tmp_path: Path) -> None:
    """Each file is as printed, and each command prints what stands below it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, content in _FILE.findall(text):
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"settings.py", "new.yaml"}
    (tmp_path / "health").write_text("#!/bin/sh\nexec grep -q '\"port\": 27018' prod.json\n")
    (tmp_path / "health").chmod(0o755)
    env = environment_of_a_session()
    # What somebody types in an editor.
    env["EDITOR"] = f"{tmp_path}/editor"
    (tmp_path / "editor").write_text('#!/bin/sh\nexec sed -i s/localhost/db.example/ "$1"\n')
    (tmp_path / "editor").chmod(0o755)
    steps = [step for session in _SESSION.findall(text) for step in steps_of(session)]
    assert len(steps) >= 6
    for command, expected in steps:
        assert printed(command, tmp_path, env) == as_recorded(expected), command
