"""Processes that commit at once, while one of them is killed every so often."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from confstore_dynamodb import open_url
from effort import at_length
from preloaded import preloaded

PROCESSES = 4
COMMITS = at_length(250, short=75)
# A process is killed after about so many of its lines, again and again, wherever it is just then.
LINES_TO_A_KILL = at_length(120, short=75)
PROGRAM = str(Path(__file__).parent / "committing_process.py")


class Run:
    """One of the processes, which is started again when it was killed."""

    def __init__(self, url: str, number: int) -> None:
        self.done: list[str] = []
        self.interrupted: list[str] = []
        self.kills = 0
        self._url = url
        self._number = number

    def finish(self) -> None:
        """Let it make all of its commits."""
        begin = 0
        while begin < COMMITS:
            begin = self._live(begin)

    def _live(self, begin: int) -> int:
        """Run it until it ends or is killed; the first of its commits that it has not begun."""
        # Now after it has begun, now after it has done, and not all at once.
        limit = LINES_TO_A_KILL + 5 * self._number + self.kills
        numbers = (self._number, begin, COMMITS)
        how = preloaded(
            lambda: runpy.run_path(PROGRAM, run_name="__main__"),
            [PROGRAM, self._url, *map(str, numbers)],
            os.environ,
        )
        begun = None
        with subprocess.Popen(**how, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line, text in enumerate(process.stdout, 1):
                what, mark = json.loads(text)
                if what == "begin":
                    begun, begin = mark, begin + 1
                else:
                    begun = None
                    self.done.append(mark)
                if line == limit:
                    process.send_signal(signal.SIGKILL)
                    self.kills += 1
        assert process.returncode in {0, -signal.SIGKILL}
        if begun is not None:
            self.interrupted.append(begun)
        return begin


@pytest.fixture
def url(dynamodb_local: str, table: str, dynamodb_client: Any) -> Iterator[str]:
    """A journaled store."""
    address = f"dynamodb://{table}/prod?create=true&endpoint_url={dynamodb_local}"
    with closing(open_url(address)) as store:
        store.set("before", {"mark": "before"})
        store.enable_journal()
    yield address
    dynamodb_client.delete_table(TableName=table)


@pytest.mark.slow("each kill is followed by the start of a process")
@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
def test_processes_that_are_killed(url: str) -> None:
    """Versions are consecutive, the journal makes the options, and what was done is in it."""
    runs = [Run(url, number) for number in range(PROCESSES)]
    with ThreadPoolExecutor(PROCESSES) as threads:
        list(threads.map(Run.finish, runs))
    done = {mark for run in runs for mark in run.done}
    interrupted = {mark for run in runs for mark in run.interrupted}
    assert len(done | interrupted) == PROCESSES * COMMITS
    assert sum(run.kills for run in runs) >= at_length(12, short=PROCESSES)

    with closing(open_url(url)) as store:
        commits = store.commits()
        assert [one.version for one in commits] == list(range(1, len(commits) + 1))
        options: dict[str, Any] = {}
        marks: list[str] = []
        for one in commits:
            for change in one.changes:
                options.pop(change.option, None)
                if change.values is not None:
                    options[change.option] = change.values
            values = one.changes[0].values or one.changes[-1].values or {}
            marks.append(str(values["mark"]))
        assert options == dict(store.items())
    assert len(set(marks)) == len(marks)
    assert done <= set(marks) <= done | interrupted | {"before"}
