"""The machine's clock."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

SLEPT_S = 1_000_000
# A machine that has slept is one whose time since the boot is ahead of its monotonic clock.
SLEPT = ["unshare", "--time", "--boottime", str(SLEPT_S)]


def can_be_ahead() -> bool:
    """True where a process may get a time since the boot of its own: Linux 5.6, and root."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*SLEPT, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_be_ahead(), reason="needs root and Linux's time namespaces")
def test_monotonic_clock_counts_sleep() -> None:
    """What was before a sleep is as old as the sleep was long, also if the time was set back."""
    code = (
        "import time\n"
        "from confstore._process.clock import SystemClock\n"
        "print(SystemClock().monotonic() - time.monotonic())"
    )
    ran = subprocess.run(
        [*SLEPT, sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert float(ran.stdout) > SLEPT_S - 1
