"""A store in memory, and the same store read through one strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from confstore import ConfigStore
from confstore_memory._store import MemoryStore

__all__ = ["MemoryConfigStore"]


class MemoryConfigStore(ConfigStore):
    """
    A config store in process memory, which a unit test gives to the code under test.

    Attributes:
        store: The store; `store.fail()` and `store.heal()` simulate an outage.
        config: The reading strategy.
    """

    store: MemoryStore

    def __init__(
        self,
        name: str = "test",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        config_store: str | Callable[..., Any] = "SimpleConfigStore",
        **config_options: Any,
    ) -> None:
        """
        Make a store of its own and read it through a strategy.

        Args:
            name: The store's name.
            options: The options that it holds from the start: option to values.
            config_store: The strategy: the name of one of ours, or its class.
            **config_options: The strategy's own arguments, such as `update_interval`.

        Raises:
            InvalidNameError: The store or an option cannot have this name.
            InvalidValueError: Some values are outside the domain.
            ValueError: No strategy has this name.
        """
        super().__init__(MemoryStore(name, options), config_store=config_store, **config_options)
