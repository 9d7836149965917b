"""Keys and references that a test sees through, and can make fail."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping, Sequence

from confstore import Fetched, Opened, Place, SecretFault

DOWN = SecretFault("nobody answers", is_lasting=False)
DENIED = SecretFault("access is denied")


class FakeKeys:
    """
    Keys whose texts are base64 of place and plaintext.

    Attributes:
        opened: The texts of each call of `open_many`.
        sealed: The places that were sealed.
        fault: What every call answers; None lets it work.
        faults: What opening a text of one key answers.
        before: Called at the start of each call; what it raises, the call raises.
    """

    kind = "fake"

    def __init__(self, key_id: str = "one") -> None:
        self.key_id = key_id
        self.opened: list[list[str]] = []
        self.sealed: list[Place] = []
        self.fault: SecretFault | None = None
        self.faults: dict[str, SecretFault] = {}
        self.before: Callable[[], object] = lambda: None

    def seal(self, plaintext: bytes, place: Place) -> str | SecretFault:
        self.before()
        if self.fault is not None:
            return self.fault
        self.sealed.append(place)
        content = [place.store, place.option, place.key, self.key_id, plaintext.decode()]
        return base64.b64encode(json.dumps(content).encode()).decode()

    def open_many(self, sealed: Sequence[tuple[str, Place]]) -> list[Opened | SecretFault]:
        self.opened.append([text for text, _ in sealed])
        self.before()
        return [self._opened(text, place) for text, place in sealed]

    def _opened(self, text: str, place: Place) -> Opened | SecretFault:
        if self.fault is not None or place.key in self.faults:
            return self.fault or self.faults[place.key]
        store, option, key, key_id, plaintext = json.loads(base64.b64decode(text))
        if (store, option, key) != (place.store, place.option, place.key):
            return SecretFault("it was moved")
        return Opened(plaintext.encode(), key_id)


class FakeReferences:
    """
    Secrets in a dict that the test changes.

    Attributes:
        secrets: Name to value.
        fetched: The names of each call.
        fault: What every call answers; None lets it work.
    """

    def __init__(self, secrets: Mapping[str, str | bytes] | None = None) -> None:
        self.secrets = dict(secrets or {})
        self.fetched: list[list[str]] = []
        self.fault: SecretFault | None = None

    def fetch_many(self, names: Sequence[str]) -> list[Fetched | SecretFault]:
        self.fetched.append(list(names))
        return [self._fetched(name) for name in names]

    def _fetched(self, name: str) -> Fetched | SecretFault:
        if self.fault is not None:
            return self.fault
        if name not in self.secrets:
            return SecretFault(f"no secret is named {name!r}")
        value = self.secrets[name]
        return Fetched(value, f"version of {hash(value)}")


def in_threads(*calls: Callable[[], object]) -> None:
    """Make the calls at once, each in a thread of its own, and wait for all of them."""
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
