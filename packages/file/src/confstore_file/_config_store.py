"""The facade over a store in a JSON file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from confstore import ConfigStore
from confstore_file._store import FileStore

__all__ = ["FileConfigStore"]


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
            **config_options: The strategy's arguments, such as `update_interval`.

        Raises:
            InvalidNameError: The path names no file.
            ValueError: No strategy has this name.
        """
        super().__init__(FileStore(path), config_store, **config_options)
