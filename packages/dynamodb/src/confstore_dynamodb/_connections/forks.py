"""
A caller's botocore client in a forked child.

The child inherits the parent's connections: two processes that share one connection read each
other's replies. It also inherits locks in the state in which the parent's threads held them, and
no thread that would release them. Botocore has no public way to renew either. Here, and nowhere
else, these private names of botocore are used; tests with real forks fail when one is renamed:

- client: `_endpoint`, `_request_signer._credentials`
- credentials: `_refresh_lock`, and the objects of `botocore.credentials` and `botocore.utils` that
  refresh them and keep a session or a client
- HTTP session: `_manager`, `_proxy_managers`, `_get_pool_manager_kwargs`, `_pool_classes_by_scheme`
"""

from __future__ import annotations

import contextlib
import copy
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["UnsupportedClientError", "renew_client"]

# The child keeps the inherited sessions for ever: closing or collecting one takes its pools' locks,
# which a thread of the parent may have held.
_inherited: list[Any] = []


def renew_client(api: Any) -> None:
    """
    Give a botocore client fresh connections and locks; anything else stays as it is.

    Its credentials may be refreshed over connections of their own. A role that is assumed with
    credentials of a metadata server is a chain of such objects.

    Raises:
        Exception: It cannot be renewed: it shares its parent's connections, and must not be used.
    """
    _check_names(api)
    seen: dict[int, Any] = {}
    found = [api]
    while found:
        part = found.pop()
        if id(part) in seen:
            continue
        seen[id(part)] = part
        for owner, name, value in _parts(part):
            if name == "_refresh_lock":
                # Held during a refresh, which asks a server and so can take seconds.
                owner._refresh_lock = threading.Lock()
            elif hasattr(value, "_get_pool_manager_kwargs"):
                _inherited.append(value)
                setattr(owner, name, _fresh_session(value))
            else:
                found.append(value)


class UnsupportedClientError(RuntimeError):
    """A client whose connections cannot be renewed, and so cannot be used in a forked child."""

    def __init__(self) -> None:
        super().__init__(
            "this client's connections are those of another process, and this version of botocore "
            "keeps them where they cannot be renewed: make the client after the fork, or pass None"
        )


def _check_names(api: Any) -> None:
    client = sys.modules.get("botocore.client")
    if client is None or not isinstance(api, client.BaseClient):
        # A stand-in, or what wraps a client.
        return
    session = getattr(getattr(api, "_endpoint", None), "http_session", None)
    if not hasattr(session, "_get_pool_manager_kwargs"):
        raise UnsupportedClientError


def _parts(part: Any) -> Iterator[tuple[Any, str, Any]]:
    """The objects that a client, a function or credentials refer to, each with its attribute."""
    endpoint = getattr(part, "_endpoint", None)
    if endpoint is not None:
        yield endpoint, "http_session", endpoint.http_session
        yield part, "_request_signer", part._request_signer._credentials
    elif type(part).__module__ in ("botocore.credentials", "botocore.utils"):
        # The credentials of a moment are a tuple.
        for name, value in list(getattr(part, "__dict__", {}).items()):
            yield part, name, value
    elif hasattr(part, "__func__"):
        yield part, "__self__", part.__self__
    else:
        for cell in getattr(part, "__closure__", None) or ():
            # A cell may still be empty.
            with contextlib.suppress(ValueError):
                yield part, "cell_contents", cell.cell_contents


def _fresh_session(session: Any) -> Any:
    """A session with the settings of the given one and no connections."""
    fresh = copy.copy(session)
    fresh._proxy_managers = {}
    fresh._manager = type(session._manager)(**session._get_pool_manager_kwargs())
    fresh._manager.pool_classes_by_scheme = session._pool_classes_by_scheme
    return fresh
