"""The tutorial of docs/guides/secrets.md, typed into a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "guides" / "secrets.md"


@pytest.mark.slow("runs a dozen programs")
def test_the_tutorial(tmp_path: Path) -> None:
    """Every command of the tutorial works, in its order, and shows a secret only where it says."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 4
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONFSTORE")}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env={**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    # By `get --reveal`, and by `exec --reveal`.
    assert ran.stdout.count("s3cret") == 2
    assert "DB_PASSWORD=s3cret" in ran.stdout
    assert "in clear text: 'db.token'" in ran.stdout
    stored = json.loads((tmp_path / "dev.json").read_text())["db"]
    assert all(stored[key].startswith("secret+local:") for key in ("password", "token"))


def test_the_costs() -> None:
    """The dollars of the table follow from the prices below it."""
    starts = 30 * 1_000
    rows = re.findall(r"^\| ([\d,]+) \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [row[0] for row in rows] == ["10", "100", "1,000"]
    for number, cells in rows:
        secrets = int(number.replace(",", ""))
        calls = secrets * starts
        wanted = [
            f"{calls:,}",
            f"${1 + calls / 10_000 * 0.03:.2f}",
            f"{-(-secrets // 20) * starts:,}",
            f"${secrets * 0.40 + calls / 10_000 * 0.05:.2f}",
            f"{-(-secrets // 10) * starts:,}",
            f"${calls / 10_000 * 0.03:.2f}",
        ]
        assert cells.split(" | ") == wanted
