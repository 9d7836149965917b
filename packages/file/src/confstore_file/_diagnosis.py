"""The diagnosis of a store in a file."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator

from confstore import Finding, JournaledStore
from confstore.adapter import findings_of
from confstore.errors import ConfigStoreError, StoreNotFoundError, StoreUnavailableError
from confstore.files import DistrustedFileError, open_regular
from confstore_file._os_errors import reason_of, store_error
from confstore_file._replacement import check_planted, is_mount, mount_text, temporary_of
from confstore_file._write_lock import WriteLock, lock_of

__all__ = ["findings"]


def findings(store: JournaledStore, path: str) -> Iterator[Finding]:
    """Look at a store, by the absolute path of its options; its files stay as they are."""
    target = os.path.realpath(path)
    missing = _missing(store)
    yield _file(store, path, target)
    yield _folder(store.name, os.path.dirname(target))
    yield _lock(store.name, target)
    if is_mount(target):
        yield Finding("mount", False, mount_text(target))
    if os.path.lexists(temporary_of(target)):
        yield _leftover(target)
    has_file = os.path.exists(path)
    if missing is not None:
        return
    # Of an absent file there is nothing to say about the options.
    yield from (one for one in findings_of(store) if has_file or one.check != "options")


def _file(store: JournaledStore, path: str, target: str) -> Finding:
    shown = path if path == target else f"{path}, which is {target},"
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return Finding("file", False, f"{shown} is not a file", "name a file")
        os.close(open_regular(path))
    except FileNotFoundError:
        return _no_file(store, shown)
    except OSError as error:
        text = f"{shown} cannot be read: {reason_of(error)}"
        return Finding("file", False, text, f"let user {_user()} read it, and enter its folders")
    mode = stat.S_IMODE(status.st_mode)
    text = f"{shown} can be read; {status.st_size:,} bytes, mode {mode:04o}"
    # Windows has other permissions, which the mode does not show.
    is_open = os.name != "nt" and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
    advice = f"chmod 600 {target}, if it holds secrets: others may open it" if is_open else ""
    return Finding("file", True, text, advice)


def _missing(store: JournaledStore) -> StoreNotFoundError | None:
    """The error of an absent file that must be there."""
    try:
        store.is_journaled()
    except StoreNotFoundError as error:
        return error
    except ConfigStoreError:
        # Another check reports it.
        return None
    return None


def _no_file(store: JournaledStore, shown: str) -> Finding:
    missing = _missing(store)
    if missing is not None:
        return Finding("file", False, str(missing), "create it: `confstore init`")
    try:
        if store.is_journaled():
            # The next file may wait beside its place, or be gone although there are commits.
            store.items()
    except ConfigStoreError as error:
        return Finding("file", False, str(error))
    advice = "write an option to make it, or name another file"
    return Finding("file", True, f"{shown} does not exist: the store is empty", advice)


def _folder(store: str, folder: str) -> Finding:
    existing = folder
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    try:
        # On a system that can do so, this file never has a name. The sync finds a full disk.
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        text = f"no file can be made in {existing}: {reason_of(error)}"
        advice = f"let user {_user()} write to it if this store is to be written, or free space"
        is_ok = None if isinstance(store_error(error, store, ""), StoreUnavailableError) else False
        return Finding("folder", is_ok, text, advice)
    if existing != folder:
        return Finding("folder", True, f"{folder} does not exist, and can be made in {existing}")
    return Finding("folder", True, f"files can be made in {folder}")


def _lock(store: str, target: str) -> Finding:
    path = lock_of(target)
    # Taking a lock would make its file.
    if not os.path.lexists(path):
        return Finding("lock", True, "there is no lock file: nobody has written yet")
    try:
        with WriteLock(store, 0).held(target):
            return Finding("lock", True, "no writer holds it")
    except ConfigStoreError as error:
        if isinstance(error.__cause__, OSError):
            advice = f"let user {_user()} write to {path}, or remove it while nobody writes"
            return Finding("lock", False, str(error), advice)
    text = f"a writer holds {path} at this moment"
    return Finding("lock", True, text, f"if that lasts, find it: fuser {path}")


def _leftover(target: str) -> Finding:
    path = temporary_of(target)
    try:
        with open(path, "rb", opener=open_regular) as file:
            check_planted(path, os.fstat(file.fileno()), target)
    except DistrustedFileError as error:
        return Finding("leftover", False, str(error))
    except OSError as error:
        return Finding("leftover", None, f"{path} cannot be read: {reason_of(error)}")
    text = "a writer is at work, or died; the next write finishes what it began, or replaces it"
    return Finding("leftover", True, f"{path} is there: {text}")


def _user() -> str:
    return str(os.geteuid()) if hasattr(os, "geteuid") else "of this program"
