"""A process that commits and says so; test_processes kills it and starts it again."""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from confstore import Change
from confstore.errors import VersionConflictError
from confstore_dynamodb import DynamoDBStore, open_url

OPTIONS = 15
SEED = 4


def write(url: str, number: int, begin: int, end: int) -> None:
    """
    Commit, as one of the processes; a line says what is begun, another one that it is done.

    Args:
        url: The store.
        number: The process.
        begin: The first of its commits that is not done.
        end: The number of all its commits.
    """
    store = open_url(url)
    for count in range(begin, end):
        chance = random.Random(f"{SEED}-{number}-{count}")
        mark = f"{number}-{count}"
        options = [f"option-{chance.randrange(OPTIONS)}" for _ in range(2)]
        say("begin", mark)
        kind = chance.choice(["set", "update", "commit", "delete"])
        if kind == "set":
            store.set(options[0], {"mark": mark, "size": "x" * chance.randrange(2000)})
        elif kind == "update":
            store.update(options[0], {"mark": mark, f"key-{number}": mark})
        else:
            changes: dict[str, Any] = {option: {"mark": mark} for option in options}
            if kind == "delete":
                changes = {options[0]: None, "marks": {"mark": mark}}
            commit(store, changes, mark)
        say("done", mark)
    store.close()


def say(what: str, mark: str) -> None:
    """Tell the test."""
    sys.stdout.write(json.dumps([what, mark]) + "\n")
    sys.stdout.flush()


def commit(store: DynamoDBStore, changes: dict[str, Any], author: str) -> None:
    """Commit on condition of the version that is seen, until nobody comes first."""
    while True:
        try:
            version = store.version()
            made = [Change(option, values) for option, values in changes.items()]
            store.commit(made, if_version=version, author=author)
            return
        except VersionConflictError:
            continue


if __name__ == "__main__":
    write(sys.argv[1], *map(int, sys.argv[2:]))
