"""`confstore deploy` under kill -9: the state is one of three, and `doctor` knows which."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confstore import LocalKeys
from confstore._cli import main
from effort import at_length
from preloaded import preloaded

from ..conftest import Confstore

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL"),
    pytest.mark.slow("deploys in processes that are killed"),
]

KILLS = at_length(100, short=6)
PATIENCE_S = 60
OLD = {"db": {"host": "old"}, "login": {"password": "hunter2"}}
NEW = {"db": {"host": "new"}, "cache": {"size": 3}}

COUNTED = ("open", "os.", "subprocess.Popen", "fcntl.", "time.sleep", "shutil.")


def killed(at: int, count: Path) -> int:
    """
    Run the command line in this process, and kill it at a certain moment.

    A moment is something that the process does (with files, programs, signals, locks) once it looks
    at the store; the file says at the end how many there were.
    """
    seen = 0

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if not seen and not (event == "open" and "dev.json" in str(arguments[0])):
            return
        if event.startswith(COUNTED):
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    code = main()
    count.write_text(str(seen))
    return code


@pytest.mark.parametrize("is_sealed", [False, True], ids=["plain", "sealed"])
@pytest.mark.parametrize("check", ["true", "false"])
def test_killed_at_random_moments(
    tmp_path: Path,
    environment: dict[str, str],
    confstore: Confstore,
    report: Callable[[str], None],
    check: str,
    is_sealed: bool,
) -> None:
    """The store is as before, deployed, or rolled back; the advised command leads back."""
    if is_sealed:
        (tmp_path / "keys").write_text(LocalKeys.generate().text)
        (tmp_path / "keys").chmod(0o600)
        environment["CONFSTORE_URL"] = "file:dev.json?secrets=local:keys"
    new = {**NEW, **({"login": {"password": "hunter3"}} if is_sealed else {})}
    (tmp_path / "new.json").write_text(json.dumps(new))
    count = tmp_path / "count"

    def deploy(killed_at: int) -> int:
        for path in [*tmp_path.glob("dev.*"), *tmp_path.glob(".dev.*")]:
            path.unlink()
        (tmp_path / "dev.json").write_text(json.dumps(OLD))
        if is_sealed:
            assert confstore("secrets", "seal", "login", "password").code == 0
        assert confstore("init", "--journal").code == 0
        command = ["confstore", "deploy", "new.json", "--check", check]
        ended = subprocess.run(
            **preloaded(
                lambda: killed(killed_at, count),
                [*command, "--every", "1ms", "--bake", "5ms"],
                environment,
            ),
            cwd=tmp_path,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return ended.returncode

    assert deploy(0) == (0 if check == "true" else 6)
    moments = int(count.read_text())
    # The same at each run, and others for the other check.
    chosen = random.Random(check).sample(range(1, moments + 1), min(KILLS, moments))
    states = [_state_after(deploy, moment, confstore, new) for moment in chosen]
    told = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    kind = " of secrets" if is_sealed else ""
    report(f"deploy{kind} with {check!r}, killed at {len(chosen)} of {moments} moments: {told}")


def _state_after(
    deploy: Callable[[int], int], moment: int, confstore: Confstore, new: dict[str, Any]
) -> str:
    """The state of the store, which `doctor` must name, and from which there is a way back."""
    assert deploy(moment) in {-signal.SIGKILL, 0, 6}
    ran = confstore("doctor")
    assert ran.code == 0, ran.stdout
    found = [one for one in ran.json if one["check"] == "deploy"]
    present = confstore("export", "--reveal").json
    if not found:
        assert present == OLD
        return "old"
    (deployed,) = found
    if "rolled back" in deployed["text"]:
        assert (deployed["is_ok"], present) == (True, OLD)
        return "rolled back"
    assert present == {**OLD, **new}
    if "was confirmed by version 3" in deployed["text"]:
        assert deployed["is_ok"] is True
        return "confirmed"
    assert deployed["is_ok"] is None
    assert "is to be confirmed until" in deployed["text"]
    command = re.search(r"killed: confstore rollback (.*); or deploy", deployed["advice"])
    assert command is not None
    assert confstore("rollback", "--yes", *shlex.split(command[1])).code == 0
    assert confstore("export", "--reveal").json == OLD
    (deployed,) = [one for one in confstore("doctor").json if one["check"] == "deploy"]
    assert "was rolled back by version 3" in deployed["text"]
    return "deployed"
