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

import botocore.exceptions as aws
from botocore.credentials import Credentials

__all__ = ["BoundedCredentials", "bound_credentials"]

_PATIENCE_S = 10.0
"""Seconds that a call waits for credentials."""

_PAUSE_S = 1.0
"""Seconds between two refreshes while valid credentials are there."""


def bound_credentials(session: Any) -> None:
    """Have a session of ours use credentials that are bounded."""
    session.register_component(
        "credential_provider", _Provider(session.get_component("credential_provider"))
    )


class _Provider:
    """Gives the credentials of another provider, bounded."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def load_credentials(self) -> Any:
        """See botocore; None if there are none."""
        found = self._provider.load_credentials()
        return BoundedCredentials(found) if hasattr(found, "refresh_needed") else found


class BoundedCredentials(Credentials):
    """
    Botocore's credentials that expire, by their public methods.

    They belong to one process: a helper thread does not survive a fork.

    Attributes:
        inner: Botocore's own.
    """

    def __init__(self, inner: Any, *, patience_s: float = _PATIENCE_S) -> None:
        self.inner = inner
        self.method = inner.method
        self._patience_s = patience_s
        self._last: Any = None
        self._lock = threading.Lock()
        self._refresh: _Refresh | None = None

    # Botocore asks for the account, too, before a call: it may be a part of the host's name.
    access_key = property(lambda self: self.get_frozen_credentials().access_key)
    secret_key = property(lambda self: self.get_frozen_credentials().secret_key)
    token = property(lambda self: self.get_frozen_credentials().token)
    account_id = property(lambda self: getattr(self.get_frozen_credentials(), "account_id", None))

    def may_wait(self) -> bool:
        """True if `get_frozen_credentials` may wait: there are no valid ones now."""
        inner = self.inner
        if not inner.refresh_needed():
            return False
        return self._last is None or bool(inner.refresh_needed(refresh_in=0))

    def get_frozen_credentials(self) -> Any:
        """
        The present credentials.

        Raises:
            CredentialRetrievalError: A refresh took too long, and the older ones have expired.
            Exception: Whatever the refresh raised.
        """
        inner = self.inner
        if not inner.refresh_needed():
            self._last = frozen = inner.get_frozen_credentials()
            return frozen
        last = self._last
        is_valid = last is not None and not inner.refresh_needed(refresh_in=0)
        with self._lock:
            refresh = self._refresh
            # A refresh that fails is not tried by every call, unless there is nothing else.
            if refresh is None or refresh.is_over(for_s=_PAUSE_S if is_valid else 0):
                self._refresh = refresh = _Refresh(inner.get_frozen_credentials)
        if is_valid:
            return last
        if not refresh.is_over_within(self._patience_s):
            text = f"no answer in {self._patience_s:g} s"
            raise aws.CredentialRetrievalError(provider=self.method, error_msg=text)
        self._last = frozen = refresh.result()
        return frozen


class _Refresh:
    """One refresh, in a thread of its own."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read
        self._frozen: Any = None
        self._error: BaseException | None = None
        self._ended = threading.Event()
        self._ended_s = 0.0
        thread = threading.Thread(target=self._run, name="confstore-credentials", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # Python is about to end, or the system has no more threads.
            self._run()

    def _run(self) -> None:
        try:
            self._frozen = self._read()
        except BaseException as error:
            # It is raised where it is waited for.
            self._error = error
        finally:
            self._ended_s = time.monotonic()
            self._ended.set()

    def is_over(self, *, for_s: float) -> bool:
        """True if it ended, well or not, so many seconds ago."""
        return self._ended.is_set() and time.monotonic() - self._ended_s >= for_s

    def is_over_within(self, timeout_s: float) -> bool:
        """Wait until it has ended; False if it has not in time."""
        return self._ended.wait(timeout_s)

    def result(self) -> Any:
        """The credentials, or their error."""
        if self._error is not None:
            raise self._error
        return self._frozen
