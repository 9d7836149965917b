"""
A botocore client in a forked child.

The child inherits the parent's connections: two processes that use one connection read each other's
answers. It also inherits locks in whatever state the parent's threads held them, and with them no
thread that would release them. Botocore offers nothing for this, so its private fields are used;
tests with real forks notice when one is renamed.
"""

from __future__ import annotations

import copy
import threading
from typing import Any

__all__ = ["renew_client"]

# The old sessions are neither closed nor collected in the child: both take their pools' locks.
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
