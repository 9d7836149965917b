"""
Early parsing: reading a reply before botocore does, by botocore's own event `before-parse`.

The event comes once for every try, after the whole body is there, in the thread of the call. A
handler may put members into the reply, and change what is left for botocore to parse. Everything
else of the reply, its metadata and its errors are botocore's, and so are the retries and the
checksum, which it takes of the body as it came. Where there is no such event (a Stubber, a client
that is none of botocore's, or botocore 1.34) the reply is as botocore parses it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import cached_property
from typing import Any, Protocol

__all__ = [
    "EarlyMember",
    "EarlyReader",
    "active_reader",
    "before_parse",
    "early_member",
    "is_heard_by_others",
    "listen",
]


class EarlyReader(Protocol):
    """
    Reads one member of a reply.

    Attributes:
        operation: DynamoDB's name of the operation.
        member: The member of its reply.
    """

    operation: str
    member: str

    def read(self, body: bytes) -> tuple[Any, bytes] | None:
        """
        Read the member from a body, which need not be one of DynamoDB's.

        Returns:
            The member, and the body that is left for botocore; None leaves the whole body to it.
        """
        ...


active_reader: ContextVar[EarlyReader | None] = ContextVar(
    "confstore_dynamodb_reader", default=None
)
"""
The reader of the call that this thread makes.

Per thread: many of them may use one client at once, and others use it for calls of their own.
"""


class EarlyMember:
    """
    A member that was read early.

    Nothing is read early where a handler of the client could see the reply. Whoever else looks into
    it, such as a tracer that wraps botocore's own methods, finds the content that botocore would
    have given.

    Attributes:
        content: What the reader read.
        is_seen: Somebody has looked into it, who may have changed it: then that is the reply.
    """

    def __init__(self, content: Any, parse: Callable[[], Any]) -> None:
        self.content = content
        self.is_seen = False
        self._parse = parse

    @cached_property
    def _plain(self) -> Any:
        self.is_seen = True
        return self._parse()

    def __getitem__(self, key: Any) -> Any:
        return self._plain[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._plain)

    def __len__(self) -> int:
        return len(self._plain)


class _EarlyItems(EarlyMember, Sequence[Any]):
    """Items in botocore's form."""


class _EarlyItem(EarlyMember, Mapping[str, Any]):
    """An item in botocore's form."""


_REPLY_EVENTS = ("after-call", "needs-retry", "response-received")
"""The events of botocore whose handlers are given the parsed reply."""

_VIEWS: dict[str, Callable[..., EarlyMember]] = {"Items": _EarlyItems, "Item": _EarlyItem}


def early_member(member: str, content: Any, parse: Callable[[], Any]) -> EarlyMember:
    """
    A member that was read early.

    Args:
        member: Its name.
        content: What was read.
        parse: Gives it as botocore does, for somebody who looks into it.
    """
    return _VIEWS[member](content, parse)


def listen(api: Any) -> bool:
    """
    Have a client's replies read early, whenever a call of ours asks for it.

    Returns:
        True if it can be done. It is not done with an object that wraps a client and may expect
        exactly what botocore gives, to decrypt it for example.
    """
    botocore_client = sys.modules.get("botocore.client")
    if botocore_client is None or not isinstance(api, botocore_client.BaseClient):
        return False
    # The id makes it once a client, however many stores use it. Other handlers of this event run
    # first: they may change the body.
    api.meta.events.register_last(
        "before-parse.dynamodb", before_parse, unique_id="confstore-early"
    )
    return True


def is_heard_by_others(api: Any, operation: str) -> bool:
    """
    True if a handler that is not botocore's own is given the parsed replies to an operation.

    Botocore has no public way to tell. Where these private names are others, the answer is yes.
    """
    try:
        handlers = api.meta.events._emitter._handlers
        return not all(
            getattr(handler, "__module__", "").startswith("botocore.")
            for event in _REPLY_EVENTS
            for handler in handlers.prefix_search(f"{event}.dynamodb.{operation}")
        )
    except (AttributeError, TypeError):
        return True


def before_parse(
    operation_model: Any,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: Any,
) -> None:
    """Read a member early, as the handler of the event; the arguments are botocore's."""
    reader = active_reader.get()
    if reader is None or reader.operation != operation_model.name:
        return
    if reader.member in customized_response_dict:
        return
    kind = response_dict["headers"].get("content-type", "")
    if response_dict["status_code"] != 200 or not kind.startswith("application/x-amz-json"):
        return
    read = reader.read(response_dict["body"])
    if read is None:
        return
    content, rest = read
    whole = dict(response_dict)

    def parse() -> Any:
        from botocore.parsers import create_parser

        return create_parser("json").parse(whole, operation_model.output_shape)[reader.member]

    customized_response_dict[reader.member] = early_member(reader.member, content, parse)
    response_dict["body"] = rest
