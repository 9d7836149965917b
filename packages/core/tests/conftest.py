"""A scripted store, and configs that are closed after their test."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest

from confstore import TimeBasedConfigStore
from confstore.adapter import checked_keys, checked_option
from confstore.errors import OptionNotFoundError
from confstore.testing import FakeClock


class ScriptedStore:
    """
    Options in a dict that the test changes; every read calls `before_read` first.

    Attributes:
        options: What is in the store.
        reads: Whether each read so far was consistent.
        asked: The options of each read so far; None stands for a read of everything.
        before_read: Called at the start of each read; what it raises, the read raises.
    """

    def __init__(self, options: Mapping[str, Any] | None = None, name: str = "prod") -> None:
        self.name = name
        self.options: dict[str, Any] = dict(options or {})
        self.reads: list[bool] = []
        self.asked: list[str | None] = []
        self.before_read: Callable[[], object] = lambda: None
        self.is_closed = False

    def fail(self, error: BaseException | None) -> None:
        """Let every read raise this, or none for None."""

        def raise_() -> None:
            if error is not None:
                raise error.with_traceback(None)

        self.before_read = raise_

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Any:
        self.reads.append(consistent)
        self.asked.append(option)
        self.before_read()
        wanted = checked_keys(keys)
        if checked_option(option) not in self.options:
            raise OptionNotFoundError(self.name, option)
        values = deepcopy(self.options[option])
        return {key: values[key] for key in values if wanted is None or key in wanted}

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Any]]:
        self.reads.append(consistent)
        self.asked.append(None)
        self.before_read()
        yield from deepcopy(self.options).items()

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        self.options[option] = dict(values)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        merged = {**self.options.get(option, {}), **values}
        self.options[option] = {key: merged[key] for key in merged if key not in remove}

    def delete(self, option: str) -> None:
        if self.options.pop(option, None) is None:
            raise OptionNotFoundError(self.name, option)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture(autouse=True)
def _every_config_is_closed() -> Iterator[None]:
    """No test leaves a refresher to the next one, which would find its thread."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("confstore-"):
            thread.join(10)
            assert not thread.is_alive(), f"{thread.name} was left running"


@pytest.fixture
def scripted_store() -> type[ScriptedStore]:
    """The class of stores that do what a test says."""
    return ScriptedStore


@pytest.fixture
def store() -> ScriptedStore:
    """A store of two options."""
    return ScriptedStore(
        {"db": {"host": "localhost", "port": 27017}, "external-port": {"value": 80}}
    )


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def open_config(clock: FakeClock) -> Iterator[Callable[..., Any]]:
    """
    Opens a config that is closed after the test.

    Its jitter is always in the middle: with an interval of 60 s the first refresh comes after 30 s,
    the next ones after 60 s each, the first retry after 3 s and later ones after 57 s.
    """
    with contextlib.ExitStack() as stack:

        def open_(store: Any, update_interval: float = 60, **options: Any) -> Any:
            options = {"clock": clock, "random": lambda: 0.5, **options}
            cls = options.pop("cls", TimeBasedConfigStore)
            return stack.enter_context(cls(store, update_interval, **options))

        yield open_
