"""Files, clocks and processes for the tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from forked import fork

# In memory where there is such a folder: a durable write waits for the disk several times.
FAST_FOLDER = "/dev/shm" if os.path.isdir("/dev/shm") else None


@attrs.define
class WallClock:
    """Seconds since the epoch, as the test says."""

    now_s: float

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that every user may enter."""
    path = Path(tempfile.mkdtemp(dir=FAST_FOLDER))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def file(folder: Path) -> Path:
    """Where the store's file is to be; it does not exist."""
    return folder / "prod.json"


@pytest.fixture
def now() -> WallClock:
    """A clock that stands at a second of its own."""
    return WallClock(1_700_000_000.0)


def passes_in_child(check: Callable[[], object]) -> Callable[[], bool]:
    """Run a check in a forked child; what is returned waits for it, and says whether it passed."""
    child = fork(lambda: bool(check()))
    return lambda: child.join() == "True"


def written_at(path: Path, text: str, at_s: float) -> None:
    """Write a file in place, and say when that was."""
    path.write_text(text)
    os.utime(path, (at_s, at_s))
