"""Looks for the plaintext of a secret wherever a store that seals could show it."""

from __future__ import annotations

import base64
import copy
import functools
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from confstore._stores.protocols import (
    BulkStore,
    Change,
    JournaledStore,
    PollableStore,
    Store,
    ability,
    beneath_of,
)
from confstore._values.secret import Secret
from confstore.testing._checks import CANARY

__all__ = ["assert_keeps_secrets", "traces_of_canary"]

# Quotes and letters that JSON escapes, around a core that it does not.
_VALUES: dict[str, Any] = {
    "text": f'\u00e4"{CANARY}"\n',
    "bytes": CANARY.encode(),
    "list": [CANARY, {"in": CANARY}],
    "dict": {CANARY: CANARY},
}
_MODULE = __name__


def traces_of_canary(shown: object) -> list[str]:
    """
    The forms in which a text or bytes, or the `repr` of anything else, holds the canary.

    Args:
        shown: What a program shows: a line of a log, the content of a file, an object.
    """
    if isinstance(shown, bytes):
        text = shown.decode("utf-8", "replace")
    else:
        text = shown if isinstance(shown, str) else repr(shown)
    return [form for form, trace in _FORMS.items() if trace in text]


def _forms() -> dict[str, str]:
    canary = CANARY.encode()
    forms = {"text": CANARY, "hex": canary.hex(), "reversed": CANARY[::-1]}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + canary).decode().rstrip("=")
        # The first and the last characters depend on what is around.
        forms[f"base64, shifted by {shift}"] = encoded[4 if shift else 0 : -1]
    return forms


_FORMS = _forms()


def assert_keeps_secrets(open_store: Callable[[], AbstractContextManager[Store]]) -> None:
    """
    Check that a store which seals never shows a secret, whatever is done with it.

    It writes secrets by every call that the store has, reads them back, makes calls fail, and looks
    for the plaintext in what the store gives, shows, raises and logs, and in what it writes to the
    store beneath: as it is, in hexadecimal, in base64.

    Args:
        open_store: Opens a store that is empty each time, as a context manager that closes it.

    Raises:
        AssertionError: A plaintext was found; the text says where.
    """
    for play in (_write_and_read, _poll, _apply, _commit, _fail):
        with _watched_logs() as records, open_store() as store:
            play(store)
            _assert_kept(store)
            store.close()
            _assert_refused(functools.partial(store.set, "db", _secrets()), "a closed store")
        for record in records:
            _assert_record(record)


def _assert_kept(store: Store) -> None:
    _assert_clean((repr(store), str(store)), "the repr of the store")
    for option, values in beneath_of(store).items():
        _assert_clean(values, f"option {option!r} of the store beneath")


def _secrets() -> dict[str, Secret[Any]]:
    return {key: Secret(value) for key, value in _VALUES.items()}


def _write_and_read(store: Store) -> None:
    store.set("db", {"plain": 1, **_secrets()})
    store.update("db", _secrets())
    store.update("updated", _secrets(), remove=["absent"])
    for option in ("db", "updated"):
        read = store.get(option)
        _assert_secrets(read, "get")
        _assert_secrets(store.get(option, keys=["text"], consistent=False), "get of a key")
    for option, values in store.items():
        _assert_secrets(values, "items")
        # Written back, as it was read, and elsewhere.
        store.set(option, values)
        store.set(f"copy of {option}", values)
        _assert_secrets(store.get(f"copy of {option}"), "get of a copy")
    store.delete("updated")


def _poll(store: Store) -> None:
    pollable = ability(store, PollableStore)
    if pollable is None:
        return
    first = pollable.poll()
    store.set("db", _secrets())
    for poll in (pollable.poll(first.checkpoint), pollable.poll()):
        _assert_clean(poll, "the repr of a poll")
        _assert_secrets(poll.changed["db"], "poll")


def _apply(store: Store) -> None:
    bulk = ability(store, BulkStore)
    if bulk is not None:
        changes = [Change("db", _secrets()), Change("absent", None)]
        bulk.apply(changes)
        _assert_clean(changes, "the repr of a change")
        _assert_secrets(store.get("db"), "get after apply")


def _commit(store: Store) -> None:
    journaled = ability(store, JournaledStore)
    if journaled is None:
        return
    store.set("before", _secrets())
    journaled.enable_journal()
    _assert_clean(journaled.commit([Change("db", _secrets())]), "the repr of a commit")
    for commit in journaled.commits():
        for change in commit.changes:
            _assert_clean(change.values, "a change of a commit")
    _assert_secrets(store.get("db"), "get after commit")


def _fail(store: Store) -> None:
    store.set("db", _secrets())
    too_large = Secret(CANARY * 1_000)
    unstorable: Secret[Any] = Secret([CANARY, object()])
    bad: Any = object()
    calls: dict[str, Callable[[], object]] = {
        "a secret in a list": lambda: store.set("db", {"list": [Secret(CANARY)]}),
        "a secret that is too large": lambda: store.set("db", {"large": too_large}),
        "a secret that cannot be stored": lambda: store.update("db", {"bad": unstorable}),
        "a value beside a secret": lambda: store.set("db", {**_secrets(), "bad": bad}),
        "a key beside a secret": lambda: store.update("db", {**_secrets(), "": 1}),
        "an invalid option": lambda: store.set("", _secrets()),
        "a contradiction": lambda: store.update("db", _secrets(), remove=["text"]),
        "an absent option": lambda: store.delete("absent"),
    }
    for what, call in calls.items():
        _assert_refused(call, what)
    read = store.get("db")
    _assert_secrets(read, "get after refusals")


def _assert_secrets(values: Any, what: str) -> None:
    for key, value in values.items():
        if key not in _VALUES:
            continue
        assert isinstance(value, Secret), f"{what} gives the plaintext of a secret"
        _assert_hidden(value, what)
        assert value.matches(_VALUES[key]), f"{what} gives another value than was sealed"
        # Once more, now that it is open.
        _assert_hidden(value, what)
    _assert_clean(values, f"the repr of what {what} gives")


def _assert_hidden(secret: Secret[Any], what: str) -> None:
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!s:>20}", "%s" % (secret,)):  # noqa: UP031 (another way to show it)
        _assert_clean(shown, f"the text of a secret of {what}")
    _assert_clean(getattr(secret, "__dict__", {}), f"an attribute of a secret of {what}")
    assert copy.copy(secret) is secret, "a copy of a secret is another object"
    assert copy.deepcopy([secret])[0] is secret, "a deep copy of a secret is another object"
    for name, write in (("JSON", json.dumps), ("pickle", pickle.dumps)):
        try:
            write(secret)
        except Exception as error:
            _assert_error(error, f"{name} of a secret of {what}")
        else:
            raise AssertionError(f"{name} takes a secret of {what}")


def _assert_refused(call: Callable[[], object], what: str) -> None:
    try:
        call()
    except Exception as error:
        _assert_error(error, what)
    else:
        raise AssertionError(f"{what} is not refused")


def _assert_error(error: BaseException, what: str) -> None:
    """Check an error, its causes and contexts, and the variables of the frames it went through."""
    links: list[BaseException] = [error]
    for link in links:
        shown = (str(link), repr(link), repr(link.args), repr(vars(link)))
        _assert_clean("".join(shown), f"the error about {what}")
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if frame.f_globals.get("__name__") != _MODULE:
                name = f"a local variable of {frame.f_code.co_name}, in the error about {what}"
                _assert_clean(list(frame.f_locals.values()), name)
        for other in (link.__cause__, link.__context__):
            # Also a context that is suppressed: it is there for whoever looks.
            if other is not None and other not in links:
                links.append(other)


def _assert_record(record: logging.LogRecord) -> None:
    shown: Iterable[object] = (record.getMessage(), record.args, vars(record))
    for one in shown:
        _assert_clean(one, f"a line that {record.name!r} has logged")
    if record.exc_info and record.exc_info[1] is not None:
        _assert_error(record.exc_info[1], f"a line that {record.name!r} has logged")


def _assert_clean(shown: object, what: str) -> None:
    traces = traces_of_canary(shown)
    assert not traces, f"{what} shows a plaintext, as {traces[0]}"


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def _watched_logs() -> Iterator[list[logging.LogRecord]]:
    """Every record of every logger, down to DEBUG, while the block lasts."""
    handler = _Records()
    root = logging.getLogger()
    known = list(logging.Logger.manager.loggerDict.values())
    loggers = [root, *(one for one in known if isinstance(one, logging.Logger) and one.level)]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        yield handler.records
    finally:
        root.removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
