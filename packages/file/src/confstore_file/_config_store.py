"""The facade over a store in a JSON file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from confstore import ConfigStore, TimeBasedConfigStore
from confstore_file._store import FileStore

__all__ = ["FileConfigStore"]

_UPDATE_INTERVAL_S = 1.0
"""Reading an unchanged file costs microseconds, and whoever edits it waits for the effect."""


class FileConfigStore(ConfigStore):
    """A `ConfigStore` over a `FileStore`."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        config_store: str | Callable[..., Any] = "SimpleConfigStore",
        **config_options: Any,
    ) -> None:
        """
        Open a file and read it through a strategy.

        Args:
            path: The file, as for `FileStore`.
            config_store: The strategy, as for `ConfigStore`.
            **config_options: The strategy's arguments. `update_interval` of a
                `TimeBasedConfigStore` is one second by default, so that an edit shows at once.

        Raises:
            InvalidNameError: The path names no file.
            ValueError: No strategy has this name.
        """
        is_time_based = config_store == "TimeBasedConfigStore" or (
            isinstance(config_store, type) and issubclass(config_store, TimeBasedConfigStore)
        )
        if is_time_based:
            config_options.setdefault("update_interval", _UPDATE_INTERVAL_S)
        super().__init__(FileStore(path), config_store, **config_options)
