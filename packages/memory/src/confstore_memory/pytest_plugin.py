"""
A `config_store` fixture for pytest, which finds it by itself.

A test that asks for `config_store` has one of its own. A module or a class that overrides
`config_store_options` fills it from the start. `Secret` values are sealed with a random key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from confstore_memory import MemoryConfigStore

__all__ = ["config_store", "config_store_options"]


@pytest.fixture
def config_store_options() -> Mapping[str, Mapping[str, Any]]:
    """The options that `config_store` holds from the start: option to values; override it."""
    return {}


@pytest.fixture
def config_store(
    config_store_options: Mapping[str, Mapping[str, Any]],
) -> Iterator[MemoryConfigStore]:
    """A `confstore_memory.MemoryConfigStore` for this test alone, closed after it."""
    # Here and not above: pytest imports its plugins before coverage begins to measure.
    from confstore_memory import MemoryConfigStore

    with MemoryConfigStore.sealed(options=config_store_options) as store:
        yield store
