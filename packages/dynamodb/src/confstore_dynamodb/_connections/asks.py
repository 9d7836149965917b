"""Reads that say what to ask, and leave the asking to a blocking client or to a loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, NamedTuple, TypeAlias, TypeVar

from confstore.errors import ConfigStoreError
from confstore_dynamodb._connections.early_parsing import EarlyReader

__all__ = ["Ask", "Asks", "run", "run_on_loop"]

T = TypeVar("T")


class Ask(NamedTuple):
    """
    A call that is asked for.

    Attributes:
        operation: The client's method, such as `query`.
        parameters: Its parameters, except `TableName`.
        reader: Reads a member of the reply early.
    """

    operation: str
    parameters: dict[str, Any]
    reader: EarlyReader | None = None


Asks: TypeAlias = Generator[Ask, dict[str, Any], T]
"""
Yields what to ask, is sent the replies, and returns what it makes of them.

An error of a call is thrown into it.
"""


def run(asks: Asks[T], call: Callable[[Ask], dict[str, Any]]) -> T:
    """Make the calls."""
    try:
        ask = next(asks)
        while True:
            try:
                reply = call(ask)
            except ConfigStoreError as error:
                ask = asks.throw(error)
            else:
                ask = asks.send(reply)
    except StopIteration as end:
        result: T = end.value
        return result


async def run_on_loop(asks: Asks[T], call: Callable[[Ask], Awaitable[dict[str, Any]]]) -> T:
    """Make the calls on a loop."""
    try:
        ask = next(asks)
        while True:
            try:
                reply = await call(ask)
            except ConfigStoreError as error:
                ask = asks.throw(error)
            else:
                ask = asks.send(reply)
    except StopIteration as end:
        result: T = end.value
        return result
