"""
Print how many calls of confstore's own functions a write and a reload make.

Run it as `python -m benchmarks.count_calls`; with an argument it prints the functions, too. Each
store is warm, and DynamoDB is moto's, asked by a client of the caller: what a client of ours calls
to send a request is measured by its time. A reload is counted in the ordinary state, where nobody
has written for a while, and directly after a write of the same process, which it finds.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from confstore import ConfigStore, TimeBasedConfigStore

__all__ = ["calls_of", "facades", "operations"]

_PACKAGES = ("confstore", "confstore_dynamodb", "confstore_file", "confstore_memory")
_ROOTS = tuple(f"{os.sep}src{os.sep}{name}{os.sep}" for name in _PACKAGES) + tuple(
    f"{os.sep}site-packages{os.sep}{name}{os.sep}" for name in _PACKAGES
)
_LONG_AGO_S = 1_000_000_000
# Python 3.12 and later make no call for them.
_COMPREHENSIONS = ("<dictcomp>", "<genexpr>", "<listcomp>", "<setcomp>")
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


def calls_of(action: Callable[[], object]) -> Counter[str]:
    """Count the calls of each function of ours that an action makes in this thread."""
    calls: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or code.co_name in _COMPREHENSIONS:
            return
        if any(root in code.co_filename for root in _ROOTS):
            calls[f"{Path(code.co_filename).stem}.{code.co_name}"] += 1

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return calls


def operations(facade: ConfigStore, folder: Path) -> Mapping[str, Counter[str]]:
    """
    The calls of one `set` of two keys, of an unchanged reload, and of one after a `set`.

    Args:
        facade: The store that is written and read.
        folder: The folder of its files, if it has some.
    """
    for number in range(3):
        facade.set("db", {"host": "db.example", "port": number})
    facade.set("limits", {"requests": 100})
    counted = {"set": calls_of(lambda: facade.set("db", {"host": "db.example", "port": 27017}))}
    with closing(TimeBasedConfigStore(facade.store, update_interval=3600)) as config:
        # A file that was written a moment ago is read at each look.
        for path in folder.iterdir():
            os.utime(path, (_LONG_AGO_S, _LONG_AGO_S))
        for _ in range(3):
            config.reload()
        counted["unchanged reload"] = calls_of(config.reload)
        facade.set("db", {"host": "db.example", "port": 27018})
        counted["reload after a write"] = calls_of(config.reload)
    return counted


def facades() -> Iterator[tuple[str, ConfigStore, Path]]:
    """A facade for each backend, without a journal and with one, and the folder of its files."""
    import boto3
    from moto import mock_aws

    from confstore_dynamodb import DynamoDBConfigStore
    from confstore_file import FileConfigStore
    from confstore_memory import MemoryConfigStore

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(patch.dict(os.environ, _ENVIRONMENT))
        stack.enter_context(mock_aws())
        makers: Mapping[str, Callable[[str], Any]] = {
            "dynamodb": lambda name: DynamoDBConfigStore(boto3.client("dynamodb"), "config", name),
            "memory": MemoryConfigStore,
            "file": lambda name: FileConfigStore(folder / f"{name}.json"),
        }
        for backend, make in makers.items():
            for is_journaled in (False, True):
                with make("journaled" if is_journaled else "plain") as facade:
                    if is_journaled:
                        facade.store.enable_journal()
                    yield f"{backend}{', journaled' if is_journaled else ''}", facade, folder


def main() -> None:
    """Print a line for each operation."""
    is_long = len(sys.argv) > 1
    for backend, facade, folder in facades():
        for operation, calls in operations(facade, folder).items():
            print(f"{backend}, {operation}: {calls.total()}")
            if is_long:
                for function, count in calls.most_common():
                    print(f"    {count:3} {function}")


if __name__ == "__main__":
    main()
