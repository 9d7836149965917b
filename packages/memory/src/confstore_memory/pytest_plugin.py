"""
Fixtures for pytest, which finds them by itself: a config store in memory for each test.

`config_store` writes and reads, `live_config` is what a service reads. Both are filled from the
start by the mark `@pytest.mark.config_store({...})` on a test, a class or a module, and by the
fixture `config_store_options`, which a project overrides. By option, the mark closest to the test
wins, and every mark wins over the fixture.
`Secret` values are sealed with a random key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from confstore import SimpleConfigStore, TimeBasedConfigStore
    from confstore_memory import MemoryConfigStore

__all__ = ["config_store", "config_store_options", "live_config"]

_MARK = "config_store"
_EXAMPLE = f"@pytest.mark.{_MARK}({{'db': {{'host': 'localhost'}}}})"


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, for `--strict-markers` and `--markers`."""
    line = f"{_MARK}(options): what config_store and live_config hold, option to values"
    config.addinivalue_line("markers", line)


@pytest.fixture
def config_store_options() -> Mapping[str, Mapping[str, Any]]:
    """The options that `config_store` holds from the start: option to values; override it."""
    return {}


@pytest.fixture
def config_store(
    request: pytest.FixtureRequest, config_store_options: Mapping[str, Mapping[str, Any]]
) -> Iterator[MemoryConfigStore[SimpleConfigStore]]:
    """A `confstore_memory.MemoryConfigStore` for this test alone, closed after it."""
    # Here and not above: pytest imports its plugins before coverage begins to measure.
    from confstore.errors import InvalidNameError, InvalidValueError
    from confstore_memory import MemoryConfigStore

    options = _checked(config_store_options, "the fixture config_store_options gives")
    for mark in reversed(list(request.node.iter_markers(_MARK))):
        options |= _options_of(mark)
    try:
        store = MemoryConfigStore.sealed(options=options)
    except (InvalidNameError, InvalidValueError) as error:
        pytest.fail(f"the options of config_store cannot be stored: {error}", pytrace=False)
    with store:
        yield store


@pytest.fixture
def live_config(
    config_store: MemoryConfigStore[SimpleConfigStore],
) -> Iterator[TimeBasedConfigStore[dict[str, dict[str, Any]]]]:
    """A `TimeBasedConfigStore` of the same memory: what `config_store` writes shows at once."""
    from confstore import TimeBasedConfigStore

    with TimeBasedConfigStore(config_store.store) as config:
        yield config


def _options_of(mark: pytest.Mark) -> dict[str, Any]:
    if mark.kwargs or len(mark.args) != 1:
        given = f"{len(mark.args)} arguments"
        if mark.kwargs:
            given = f"the keywords {', '.join(mark.kwargs)}"
        message = f"the mark {_MARK} takes one dict of options, not {given}: {_EXAMPLE}"
        pytest.fail(message, pytrace=False)
    return _checked(mark.args[0], f"the mark {_MARK} has")


def _checked(given: object, whose: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        message = f"{whose} {type(given).__name__}, and not a dict of options: {_EXAMPLE}"
        pytest.fail(message, pytrace=False)
    return dict(given)
