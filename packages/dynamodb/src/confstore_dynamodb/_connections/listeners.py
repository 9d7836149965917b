"""Handlers of other people on the events of a client of ours."""

from __future__ import annotations

from collections import Counter
from typing import Any

from botocore.hooks import HierarchicalEmitter

__all__ = ["Listeners", "ListeningEmitter"]

_NEED_BOTOCORE = (
    "before-sign",
    "choose-signer",
    "needs-retry",
    "request-created",
    "response-received",
)
"""Events that the wire does not emit."""

_REPLY_EVENTS = ("after-call", "needs-retry", "response-received")
"""Events whose handlers are given the parsed reply."""

_SERVICE = "dynamodb"
_OWN_MODULES = ("botocore.", "confstore_dynamodb.")


class Listeners:
    """
    What the handlers need that are neither botocore's nor ours.

    Attributes:
        need_botocore: Botocore has to make the requests.
        hear_sending: The event `before-send` has to be emitted.
        hear_parsing: The event `before-parse` has to be emitted.
        need_more_than_sending: They hear more than `before-send`.
        hear_replies: The replies have to be exactly what botocore gives.
    """

    def __init__(self) -> None:
        self.need_botocore = self.hear_replies = False
        self.hear_sending = self.hear_parsing = self.need_more_than_sending = False
        self._counts: Counter[str] = Counter()

    def note(self, event_name: str, handler: Any, change: int) -> None:
        """Note that handlers were added, or removed if the change is negative."""
        event, *service = event_name.split(".")[:2]
        is_ours = str(getattr(handler, "__module__", "")).startswith(_OWN_MODULES)
        if is_ours or service not in ([], [_SERVICE], ["*"]):
            return
        counts = self._counts
        counts[event] = max(0, counts[event] + change)
        more = {name: count for name, count in counts.items() if name != "before-send"}
        self.need_more_than_sending = any(more.values())
        self.need_botocore = _is_any(counts, _NEED_BOTOCORE)
        self.hear_replies = _is_any(counts, _REPLY_EVENTS)
        self.hear_sending = _is_any(counts, ("before-send",))
        self.hear_parsing = _is_any(counts, ("before-parse",))


def _is_any(counts: Counter[str], events: tuple[str, ...]) -> bool:
    return any(counts[event] for event in (*events, "*"))


class ListeningEmitter(HierarchicalEmitter):
    """
    The events of a session of ours, which notes who listens.

    A session copies it for each client. The copies share the notes: who listens to one client of a
    session may as well listen to all.

    Attributes:
        listeners: The notes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.listeners = Listeners()

    def register(self, event_name: str, handler: Any, *more: Any, **named: Any) -> None:
        """See botocore."""
        self.listeners.note(event_name, handler, 1)
        super().register(event_name, handler, *more, **named)

    def register_first(self, event_name: str, handler: Any, *more: Any, **named: Any) -> None:
        """See botocore."""
        self.listeners.note(event_name, handler, 1)
        super().register_first(event_name, handler, *more, **named)

    def register_last(self, event_name: str, handler: Any, *more: Any, **named: Any) -> None:
        """See botocore."""
        self.listeners.note(event_name, handler, 1)
        if event_name.startswith("before-call"):
            # It comes after our own, which answers: as if it needed what is emitted later.
            self.listeners.note("request-created", handler, 1)
        super().register_last(event_name, handler, *more, **named)

    def unregister(self, event_name: str, handler: Any = None, *more: Any, **named: Any) -> None:
        """See botocore; a handler that is only named by its id stays noted."""
        if handler is not None:
            self.listeners.note(event_name, handler, -1)
        super().unregister(event_name, handler, *more, **named)
