"""Celery: one snapshot a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from celery import current_app

if TYPE_CHECKING:
    from confstore import TimeBasedConfigStore

__all__ = ["snapshot"]

T = TypeVar("T")

_HELD = "confstore_snapshots"


def snapshot(config: TimeBasedConfigStore[T]) -> T:
    """
    Give the snapshot of the task that is running here.

    It is what `config.current` is at its first call in a task, and stays that until the task ends,
    also in the functions and tasks that it calls directly. A retry is another run, with a snapshot
    of its own. Outside of a task it is `config.current`.

    Make the config where the application is made: each process of a prefork pool refreshes its own.

    Args:
        config: The config; one task may read several.

    Raises:
        StaleConfigError: The config has `max_stale`, and its snapshot is older.
    """
    task = current_app.current_worker_task
    if task is None:
        return config.current
    # The request of a task is made for one run of it, and nobody sends its attributes anywhere.
    held = vars(task.request).setdefault(_HELD, {})
    if config not in held:
        held[config] = config.current
    return cast("T", held[config])
