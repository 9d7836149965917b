"""
Credentials that expire, refreshed by a helper thread.

Botocore refreshes within the call that needs them, and a server of credentials that hangs then
holds every call. Here a call waits only while there are no valid ones, and not for ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from confstore_dynamodb._connections.failures import CredentialRetrievalError, NoCredentialsError
from confstore_dynamodb._connections.signing import Key

__all__ = ["KeySource"]

_PATIENCE_S = 10.0
"""Seconds that a call waits for credentials."""

_PAUSE_S = 1.0
"""Seconds between two refreshes while valid credentials are there."""


class KeySource:
    """
    The keys of botocore's credentials, by their public methods alone.

    It belongs to one process: a helper thread does not survive a fork.
    """

    def __init__(self, credentials: Any, *, patience_s: float = _PATIENCE_S) -> None:
        """Take botocore's credentials; None if there are none."""
        self._credentials = credentials
        self._needs_refresh: Callable[..., bool] = getattr(credentials, "refresh_needed", _never)
        self._patience_s = patience_s
        self._last: Key | None = None
        self._lock = threading.Lock()
        self._refresh: _Refresh | None = None

    def key(self) -> Key:
        """
        The present key.

        Raises:
            NoCredentialsError: There are no credentials.
            CredentialRetrievalError: A refresh took too long, and the older ones have expired.
            Exception: Whatever the refresh raised.
        """
        if self._credentials is None:
            raise NoCredentialsError
        if not self._needs_refresh():
            self._last = key = self._read()
            return key
        last = self._last
        is_valid = last is not None and not self._needs_refresh(refresh_in=0)
        with self._lock:
            refresh = self._refresh
            # A refresh that fails is not tried by every call, unless there is nothing else.
            if refresh is None or refresh.is_over(for_s=_PAUSE_S if is_valid else 0):
                self._refresh = refresh = _Refresh(self._read)
        if last is not None and is_valid:
            return last
        self._last = key = refresh.wait(self._patience_s)
        return key

    def _read(self) -> Key:
        frozen = self._credentials.get_frozen_credentials()
        return Key(frozen.access_key, frozen.secret_key, frozen.token)


def _never(**_: Any) -> bool:
    return False


class _Refresh:
    """One refresh, in a thread of its own."""

    def __init__(self, read: Callable[[], Key]) -> None:
        self._read = read
        self._result: Key | BaseException | None = None
        self._ended = threading.Event()
        self._ended_s = 0.0
        threading.Thread(target=self._run, name="confstore-credentials", daemon=True).start()

    def _run(self) -> None:
        try:
            self._result = self._read()
        except BaseException as error:
            # It is raised where it is waited for.
            self._result = error
        finally:
            self._ended_s = time.monotonic()
            self._ended.set()

    def is_over(self, *, for_s: float) -> bool:
        """True if it ended, well or not, so many seconds ago."""
        return self._ended.is_set() and time.monotonic() - self._ended_s >= for_s

    def wait(self, timeout_s: float) -> Key:
        """Its result, or its error."""
        if not self._ended.wait(timeout_s):
            raise CredentialRetrievalError("")
        if isinstance(self._result, Key):
            return self._result
        assert self._result is not None  # noqa: S101 (for the type checker)
        raise self._result
