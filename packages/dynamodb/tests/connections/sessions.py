"""What others do to every session of botocore: botocore's public initializers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore import register_initializer, unregister_initializer

__all__ = ["Resolver", "each_session", "with_credentials"]


@contextmanager
def each_session(act: Callable[[Any], object]) -> Iterator[None]:
    """Do this to every session that is made within the block."""
    register_initializer(act)
    try:
        yield
    finally:
        unregister_initializer(act)


class Resolver:
    """Gives credentials to a session."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        """See botocore."""
        return self._credentials


@contextmanager
def with_credentials(credentials: Any) -> Iterator[None]:
    """Give every session within the block these credentials."""
    resolver = Resolver(credentials)
    with each_session(lambda s: s.register_component("credential_provider", resolver)):
        yield
