"""
An adapter whose stores do what a command must survive.

It is copied beside metadata that announce it, so that the installed script finds it by its scheme.
"""

from __future__ import annotations

import logging
import os
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from confstore import Change, Commit
from confstore.errors import (
    AccessDeniedError,
    NotJournaledError,
    OptionNotFoundError,
    StoreUnavailableError,
)
from confstore_memory import MemoryStore

CANARY = "hunter2"
LOG = logging.getLogger("mischief")


class Wrapped:
    """A store in memory with an option `db`, of which a subclass changes a method."""

    name = "mischief"

    def __init__(self) -> None:
        self.inner = MemoryStore(self.name, {"db": {"host": "db.example"}})

    def get(self, option: str, **how: Any) -> Any:
        return self.inner.get(option, **how)

    def items(self, **how: Any) -> Iterator[Any]:
        return self.inner.items(**how)

    def set(self, option: str, values: Any) -> None:
        self.inner.set(option, values)

    def update(self, option: str, values: Any, **how: Any) -> None:
        self.inner.update(option, values, **how)

    def delete(self, option: str) -> None:
        self.inner.delete(option)

    def close(self) -> None:
        self.inner.close()


class Bug(Wrapped):
    def get(self, option: str, **how: Any) -> Any:
        raise RuntimeError(f"the password is {CANARY}")


class BugOnClose(Wrapped):
    def close(self) -> None:
        raise RuntimeError(f"the password is {CANARY}")


class MissingModule(Wrapped):
    def get(self, option: str, **how: Any) -> Any:
        import module_that_is_not_there

        return module_that_is_not_there


class BrokenDisk(Wrapped):
    def get(self, option: str, **how: Any) -> Any:
        raise OSError("no number, and no name")


class NotJournaled(Wrapped):
    def get(self, option: str, **how: Any) -> Any:
        raise NotJournaledError(self.name)


class Interrupted(Wrapped):
    def get(self, option: str, **how: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return self.inner.get(option, **how)


class OneOptionOnly(Wrapped):
    """Who may read one option, but not all."""

    def items(self, **how: Any) -> Iterator[Any]:
        raise AccessDeniedError(self.name, "Query")


class ElsewhereNamed(Wrapped):
    """An error that names a store which is not open."""

    def get(self, option: str, **how: Any) -> Any:
        raise OptionNotFoundError("another", option)


class Talkative(Wrapped):
    def get(self, option: str, **how: Any) -> Any:
        try:
            raise ValueError(f"the password is {CANARY}")
        except ValueError:
            LOG.exception("line one\nline two")
        LOG.info("nobody asked")
        logging.getLogger("confstore").debug("our own details")
        warnings.warn("old\nthing", DeprecationWarning, stacklevel=1)
        warnings.warn("beware\x1b[31m", UserWarning, stacklevel=1)
        return self.inner.get(option, **how)


class Racing(Wrapped):
    """A journaled store in which somebody else writes right before our first commits."""

    others = 1

    def __init__(self) -> None:
        super().__init__()
        self.inner.enable_journal()

    def is_journaled(self) -> bool:
        return True

    def baseline(self) -> int:
        return self.inner.baseline()

    def enable_journal(self) -> None:
        self.inner.enable_journal()

    def version(self) -> int:
        return self.inner.version()

    def commits(self, since: int = 0, **how: Any) -> list[Commit]:
        return self.inner.commits(since, **how)

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        if self.others:
            self.others -= 1
            self.inner.update("db", {"other": self.others})
        return self.inner.commit(changes, **how)


class RacingAtTheSecondCommit(Racing):
    """Somebody else writes right before our second commit."""

    others = 0
    ours = 0

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        self.ours += 1
        self.others = int(self.ours == 2)
        return super().commit(changes, **how)


class BurnsAfterTheFirstCommit(Racing):
    """A journaled store that is unavailable after one commit, but for reading."""

    others = 0
    is_burning = False

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        if self.is_burning:
            raise StoreUnavailableError(self.name, "it is on fire")
        self.is_burning = True
        return super().commit(changes, **how)


class BurnsInACommit(Racing):
    """The commit is made, and nobody hears of it."""

    others = 0

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        super().commit(changes, **how)
        raise StoreUnavailableError(self.name, "it is on fire")


class InterruptedInACommit(Racing):
    """Ctrl-C comes right after our first commit, before anybody knows its version."""

    others = 0
    is_first = True

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        made = super().commit(changes, **how)
        if self.is_first:
            self.is_first = False
            os.kill(os.getpid(), signal.SIGINT)
        return made


class AlwaysRacing(Racing):
    others = 1_000_000


class Interleaved(Racing):
    """Somebody else writes right before each of our commits, and never what we write."""

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        self.inner.set("theirs", {"version": self.inner.version()})
        return self.inner.commit(changes, **how)


class StopsAtTheSecondCommit(Racing):
    """A store of 150 options, all of which changed after version 2; somebody else writes to one."""

    ours = 0
    last = 2
    theirs = "o99"

    def __init__(self) -> None:
        self.inner = MemoryStore(self.name, {f"o{number}": {"k": number} for number in range(150)})
        self.inner.enable_journal()
        for numbers in (range(99), range(99, 150)):
            self.inner.commit([Change(f"o{number}", {"k": "new"}) for number in numbers])

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        self.ours += 1
        if self.ours == self.last:
            self.inner.set(self.theirs, {"k": "newer"})
        return self.inner.commit(changes, **how)


class StopsAtTheFirstCommit(StopsAtTheSecondCommit):
    last = 1
    theirs = "o0"


class StopsAtTheThird(Wrapped):
    """Something happens in the third write."""

    writes = 0

    def set(self, option: str, values: Any) -> None:
        self.writes += 1
        if self.writes == 3:
            self.happen()
        super().set(option, values)

    def happen(self) -> None:
        raise StoreUnavailableError(self.name, "it is on fire")


class InterruptedAtTheThird(StopsAtTheThird):
    def happen(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


class DeletedMeanwhile(Wrapped):
    """Somebody else deletes each option right before we do."""

    def delete(self, option: str) -> None:
        self.inner.delete(option)
        self.inner.delete(option)


STORES: dict[str, Callable[[], Any]] = {
    kind.__name__: kind
    for kind in (
        AlwaysRacing,
        BrokenDisk,
        Bug,
        BurnsAfterTheFirstCommit,
        BurnsInACommit,
        BugOnClose,
        DeletedMeanwhile,
        ElsewhereNamed,
        Interleaved,
        Interrupted,
        InterruptedInACommit,
        InterruptedAtTheThird,
        MissingModule,
        NotJournaled,
        OneOptionOnly,
        Racing,
        RacingAtTheSecondCommit,
        StopsAtTheFirstCommit,
        StopsAtTheSecondCommit,
        StopsAtTheThird,
        Talkative,
        Wrapped,
    )
}


def open_url(url: str) -> Any:
    return STORES[url.partition(":")[2]]()
