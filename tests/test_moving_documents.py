"""The commands of the pages about moving from other tools, typed into a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDES = Path(__file__).parent.parent / "docs" / "guides"

CHAMBER = """#!/bin/sh
test "$*" = "export --format json uploads" && echo '{"db_password": "s3cret", "limit": "100"}'
"""


def run(page: str, folder: Path) -> str:
    """Run every command of a page, in its order and with the files that it names; the output."""
    text = (GUIDES / page).read_text(encoding="utf-8")
    for name, content in re.findall(r"`([\w.]+)`:\n\n```\w+\n(.*?)```\n", text, re.DOTALL):
        (folder / name).write_text(content, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONFSTORE")}
    ran = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            "\n".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL)),
        ],
        cwd=folder,
        env={**kept, "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.slow("runs five programs")
def test_from_dynaconf(tmp_path: Path) -> None:
    """The last section counts, and a variable of dynaconf's overrides it, as a number."""
    output = run("from-dynaconf.md", tmp_path)
    assert json.loads((tmp_path / "dev.json").read_text()) == {
        "db": {"host": "localhost", "port": 5432}
    }
    assert json.loads((tmp_path / "prod.json").read_text()) == {
        "db": {"host": "db.example", "port": 5432}
    }
    assert "\n5433\n" in output
    assert '"layer": "file:prod.json"' in output


@pytest.mark.slow("runs five programs")
def test_from_chamber(tmp_path: Path) -> None:
    """The password is sealed, shown to nobody, and passed to the program that is given it."""
    (tmp_path / "chamber").write_text(CHAMBER)
    (tmp_path / "chamber").chmod(0o755)
    output = run("from-chamber.md", tmp_path)
    uploads = json.loads((tmp_path / "prod.json").read_text())["uploads"]
    assert uploads["db_password"].startswith("secret+local:")
    assert uploads["limit"] == "100"
    assert "s3cret" not in output
    assert '"limit": "100"' in output
    assert not (tmp_path / "uploads.json").exists()
