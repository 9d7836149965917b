"""The facade over a store in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from confstore import ConfigStore, Value
from confstore_memory._store import MemoryStore

__all__ = ["MemoryConfigStore"]


class MemoryConfigStore(ConfigStore):
    """
    A config whose store is in process memory: what a unit test gives to the code under test.

    Attributes:
        store: The store; `store.fail()` and `store.heal()` play an outage.
        config: The reading strategy.
    """

    store: MemoryStore

    def __init__(
        self,
        name: str = "test",
        options: Mapping[str, Mapping[str, Value]] | None = None,
        *,
        config_store: str | Callable[..., Any] = "SimpleConfigStore",
        **config_options: Any,
    ) -> None:
        """
        Make a store of its own and read it through a strategy.

        Args:
            name: The store's name.
            options: What it holds from the start: option to values.
            config_store: The strategy: the name of one of confstore's, or its class.
            **config_options: What the strategy takes, such as `update_interval`.

        Raises:
            InvalidNameError: The store or an option cannot have this name.
            InvalidValueError: Some values are outside the domain.
            ValueError: No strategy has this name.
        """
        super().__init__(MemoryStore(name, options), config_store=config_store, **config_options)
