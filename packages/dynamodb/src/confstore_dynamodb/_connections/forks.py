"""
A botocore client in a forked child.

The child inherits the parent's connections: two processes that share one connection read each
other's replies. It also inherits locks in the state in which the parent's threads held them, and
no thread that would release them. Botocore has no public way to renew either. Here, and nowhere
else, these private names of botocore are used; tests with real forks fail when one is renamed:

- client: `_endpoint`, `_request_signer._credentials`
- credentials: `_refresh_lock`
- HTTP session: `_manager`, `_proxy_managers`, `_get_pool_manager_kwargs`, `_pool_classes_by_scheme`
"""

from __future__ import annotations

import copy
import threading
from typing import Any

__all__ = ["renew_client"]

# The child keeps the inherited sessions for ever: closing or collecting one takes its pools' locks,
# which a thread of the parent may have held.
_inherited: list[Any] = []


def renew_client(api: Any) -> None:
    """Give a botocore client fresh connections and locks; anything else stays as it is."""
    endpoint = getattr(api, "_endpoint", None)
    if endpoint is None:
        return
    _inherited.append(endpoint.http_session)
    endpoint.http_session = _fresh_session(endpoint.http_session)
    credentials: Any = api._request_signer._credentials
    # Held during a refresh, which asks a server and so can take seconds.
    if hasattr(credentials, "_refresh_lock"):
        credentials._refresh_lock = threading.Lock()


def _fresh_session(session: Any) -> Any:
    """A session with the settings of the given one and no connections."""
    fresh = copy.copy(session)
    fresh._proxy_managers = {}
    fresh._manager = type(session._manager)(**session._get_pool_manager_kwargs())
    fresh._manager.pool_classes_by_scheme = session._pool_classes_by_scheme
    return fresh
