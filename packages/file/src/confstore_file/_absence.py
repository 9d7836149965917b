"""A file or a folder that should be there, and is not."""

from __future__ import annotations

import os

from confstore.adapter import closest
from confstore.errors import StoreNotFoundError

__all__ = ["absent_file", "absent_folder"]


def absent_file(path: str, target: str, store: str) -> StoreNotFoundError:
    """
    The error for a file that is not there, with the closest name of a file that may hold a store.

    Args:
        path: The file's absolute path.
        target: The path to which it leads, if it is a link.
        store: The store's name.
    """
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        return absent_folder(path, store)
    advice = _did_you_mean(path, folder) or "correct its path, or make the file"
    return StoreNotFoundError(store, f"the file {path!r} is not there; {advice}")


def absent_folder(path: str, store: str) -> StoreNotFoundError:
    """The error for a file whose folder is not there."""
    reason = f"the folder of the file {path!r} is not there; correct its path, or make the folder"
    return StoreNotFoundError(store, reason)


def _did_you_mean(path: str, folder: str) -> str:
    import glob  # not at the top: only a mistyped name needs it

    # Unlike os.listdir, glob finds nothing in a folder that may not be listed. A link to nowhere is
    # listed, too, and has the name that was asked for.
    stem = os.path.basename(path).removesuffix(".json")
    stems = {name.removesuffix(".json") for name in glob.glob("*.json", root_dir=folder)}
    close = closest(stem, stems - {stem})
    return f"did you mean {close + '.json'!r}?" if close else ""
