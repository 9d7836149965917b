"""
What botocore does over and over, done once, in a client of ours.

Some of it goes through what botocore does not promise to keep, and is left out where that is not
as expected: then the client does the same in more time. Only a client of ours is touched.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["find_services_quickly", "shorten"]


def shorten(api: Any) -> None:
    """Have a botocore client do less for each request."""
    _remember_user_agent(api)
    endpoint: Any = getattr(api, "_endpoint", None)
    _renew_pools(getattr(endpoint, "http_session", None))


def find_services_quickly(session: Any) -> None:
    """
    Have a botocore session look for the service that a client is made for, not for every service.

    It reads four hundred folders twice to learn whether DynamoDB is among them: a tenth of what a
    process spends until it has a client. What loads botocore's data is a documented part of a
    session that may be changed.
    """
    loader = session.get_component("data_loader")
    loader.list_available_services = functools.partial(
        _Services, loader, loader.list_available_services
    )


class _Services:
    """The names of the services of which there is a description of one type."""

    def __init__(self, loader: Any, names: Callable[[str], list[str]], type_name: str) -> None:
        self._loader = loader
        self._names = names
        self._type_name = type_name

    def __contains__(self, service: str) -> bool:
        from botocore.exceptions import DataNotFoundError

        try:
            return bool(self._loader.list_api_versions(service, self._type_name))
        except DataNotFoundError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(self._names(self._type_name))


def _remember_user_agent(api: Any) -> None:
    """
    Have the SDK's own text for the header `User-Agent` made once, and not twice a request.

    That is a twentieth of what a read costs. Botocore has no setting for it: one of a text of one's
    own comes too early to be the SDK's.
    """
    creator: Any = getattr(api, "_user_agent_creator", None)
    if hasattr(creator, "to_string"):
        creator.to_string = functools.cache(creator.to_string)


def _renew_pools(session: Any) -> None:
    """
    Have botocore's HTTP session find its connections, and send, in fewer steps.

    To find out which pool of connections a URL belongs to takes about as long as to send a request.
    And a request leaves in one piece, not its head and its body each by a call of the system:
    botocore means to do so, but urllib3 2 sends the two apart.
    """
    pools = getattr(session, "_pool_classes_by_scheme", None)
    settings = getattr(session, "_get_pool_manager_kwargs", None)
    if not isinstance(pools, dict) or settings is None:
        return
    for scheme, pool in pools.items():
        pools[scheme] = _pool_of_whole_requests(pool)
    session._manager = _pool_manager()(**settings())
    session._manager.pool_classes_by_scheme = pools


@functools.cache
def _pool_manager() -> Any:
    """A urllib3 `PoolManager` that remembers the pool of the last URL: nearly always the next."""
    from urllib3 import PoolManager

    class OnePoolManager(PoolManager):
        _last: tuple[str, Any] = ("", None)

        def connection_from_url(self, url: str, pool_kwargs: Any = None) -> Any:
            last, pool = self._last
            # A pool that was closed has None in place of its connections.
            if url != last or pool.pool is None or pool_kwargs is not None:
                pool = super().connection_from_url(url, pool_kwargs)
                self._last = url, pool
            return pool

    return OnePoolManager


@functools.cache
def _pool_of_whole_requests(pool: Any) -> Any:
    """A kind of pool like the given one, whose connections send whole requests."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]  # known only now
        _held: list[bytes] | None = None

        def request(self, *arguments: Any, **parameters: Any) -> None:
            self._held = []
            try:
                super().request(*arguments, **parameters)
                whole, self._held = b"".join(self._held), None
                # It connects first if need be, which may send something of its own to a proxy.
                self.send(whole)
            finally:
                self._held = None

        def send(self, data: Any) -> None:
            if self._held is None:
                super().send(data)
            else:
                self._held.append(data)

    return type(pool.__name__, (pool,), {"ConnectionCls": Connection})
