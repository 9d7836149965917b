"""
Calls of DynamoDB as requests and replies, without botocore and without input or output.

A reply becomes what botocore would make of it. Where that is not plain to see, because the reply is
not as DynamoDB writes it, botocore's own parser is imported and asked.
"""

from __future__ import annotations

import json
import os
import random
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from confstore_dynamodb._connections.early_parsing import EarlyReader, early_member
from confstore_dynamodb._connections.replies import Reply, error_of
from confstore_dynamodb._connections.retries import MAX_ATTEMPTS

__all__ = [
    "ONLY_AN_ITEM",
    "Call",
    "Caller",
    "RefusedError",
    "caller_of",
    "invocation_id",
    "metadata_of",
    "operation_name",
]

ONLY_AN_ITEM = b'{"Item":{}}'
"""The rest of a reply without another member, once its item was read early."""

_TARGET = "DynamoDB_20120810"

_outside_of_part = re.compile(r"[^!$%&'*+.^_`|~,0-9A-Za-z-]").sub
"""Source: botocore 1.44: what it replaces by a dash in a part of `User-Agent`."""


class RefusedError(Exception):
    """
    DynamoDB's refusal, as botocore's `ClientError` has it.

    Attributes:
        response: The reply.
        operation_name: DynamoDB's name of the operation.
    """

    def __init__(self, response: dict[str, Any], operation_name: str) -> None:
        super().__init__(response, operation_name)
        self.response = response
        self.operation_name = operation_name

    def __str__(self) -> str:
        return f"{self.operation_name}: {self.response['Error']['Code']}"


@cache
def operation_name(method: str) -> str:
    """DynamoDB's name of a client's method: `GetItem` of `get_item`."""
    return "".join(word.capitalize() for word in method.split("_"))


def invocation_id() -> str:
    """A name for a call, by which AWS knows its retries; no secret."""
    text = f"{random.getrandbits(128):032x}"
    # The form of a random UUID, without the cost of an object of that kind.
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def metadata_of(reply: Reply) -> dict[str, Any]:
    """The `ResponseMetadata` of a reply, without its retries."""
    metadata: dict[str, Any] = {"HTTPStatusCode": reply.status, "HTTPHeaders": reply.headers}
    if "x-amzn-requestid" in reply.headers:
        metadata["RequestId"] = reply.headers["x-amzn-requestid"]
    return metadata


class Caller(NamedTuple):
    """
    Who makes the calls of a client.

    Attributes:
        user_agent: The header `User-Agent`.
        is_lambda: It is a function in AWS Lambda.
    """

    user_agent: str
    is_lambda: bool


def caller_of(environ: Mapping[str, str], app_id: str | None = None) -> Caller:
    """
    The caller by an environment's variables, which stay the same as long as a client lives.

    Args:
        environ: The variables.
        app_id: What the application calls itself towards AWS, if not as the environment says.
    """
    named = {
        "exec-env": environ.get("AWS_EXECUTION_ENV"),
        "app": app_id or environ.get("AWS_SDK_UA_APP_ID"),
    }
    parts = [f"{name}/{_outside_of_part('-', text)}" for name, text in named.items() if text]
    return Caller(" ".join(["confstore-dynamodb", *parts]), "AWS_LAMBDA_FUNCTION_NAME" in environ)


class Call:
    """
    One call.

    Attributes:
        operation: DynamoDB's name of it.
        body: The body of its request.
    """

    def __init__(
        self,
        method: str,
        parameters: dict[str, Any],
        reader: EarlyReader | None,
        caller: Caller,
    ) -> None:
        self.operation = operation_name(method)
        self._reader = reader
        if self.operation == "TransactWriteItems":
            # Not at the top: a process that reads one option does without.
            import uuid

            # A request that is sent twice is applied once.
            parameters = {"ClientRequestToken": str(uuid.uuid4()), **parameters}
        self.body = _to_json(parameters).encode()
        self._headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"{_TARGET}.{self.operation}",
            "User-Agent": caller.user_agent,
            "amz-sdk-invocation-id": invocation_id(),
        }
        # It is new in each invocation. As botocore does it, Lambda detects by it that a function
        # calls itself.
        if caller.is_lambda and (trace := os.environ.get("_X_AMZN_TRACE_ID")):
            self._headers["X-Amzn-Trace-Id"] = quote(trace, safe="-=;:+&[]{}\"',")

    def headers(self, number: int) -> dict[str, str]:
        """The headers of an attempt, before they are signed."""
        self._headers["amz-sdk-request"] = f"attempt={number}; max={MAX_ATTEMPTS}"
        return self._headers

    def response(self, reply: Reply, retries: dict[str, Any]) -> dict[str, Any]:
        """
        A reply as botocore gives it.

        Args:
            reply: The reply.
            retries: What `ResponseMetadata` says of the retries.

        Raises:
            RefusedError: It is a refusal.
            Exception: Whatever botocore raises of a body that is no JSON of DynamoDB's.
        """
        metadata = metadata_of(reply)
        metadata.update(retries)
        if reply.status >= 300:
            raise RefusedError(_refusal(reply, metadata), self.operation)
        if not reply.is_json:
            # A proxy's page, in which botocore finds nothing.
            return {"ResponseMetadata": metadata}
        try:
            response = self._read(reply.body)
        except _UNUSUAL:
            response = _by_botocore(self.operation, reply)
        response["ResponseMetadata"] = metadata
        return response

    def _read(self, body: bytes) -> dict[str, Any]:
        reader = self._reader
        read = None if reader is None else reader.read(body)
        if reader is None or read is None:
            return _members(body)
        name, (content, rest) = reader.member, read
        # Most replies to a `GetItem` have no other member.
        members = {} if rest == ONLY_AN_ITEM else _members(rest)
        members[name] = early_member(name, content, lambda: _members(body)[name])
        return members


_UNUSUAL = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _base64(content: Any) -> str:
    return b64encode(content).decode()


# Made once: with settings of its own `json.dumps` makes one each time.
_to_json = json.JSONEncoder(separators=(",", ":"), default=_base64).encode


def _refusal(reply: Reply, metadata: dict[str, Any]) -> dict[str, Any]:
    code, text = error_of(reply)
    response: dict[str, Any] = {
        "Error": {"Message": text, "Code": code},
        "ResponseMetadata": metadata,
    }
    if code == "TransactionCanceledException":
        response["CancellationReasons"] = json.loads(reply.body).get("CancellationReasons", [])
    return response


def _members(body: bytes) -> dict[str, Any]:
    """The members of a body, with binary values as bytes; any error if it is an unusual one."""
    found = json.loads(body)
    members = {name: member for name, member in found.items() if member is not None}
    for name in ("Attributes", "Item", "LastEvaluatedKey"):
        if name in members:
            members[name] = _item(members[name])
    if "Items" in members:
        members["Items"] = [_item(item) for item in _of_type(list, members["Items"])]
    return members


def _item(item: Any) -> dict[str, Any]:
    return {name: _wire(wire) for name, wire in _of_type(dict, item).items()}


def _wire(wire: Any) -> dict[str, Any]:
    """A value in DynamoDB's form, with binary as bytes."""
    [(kind, content)] = wire.items()
    match kind:
        case "S" | "N":
            return {kind: _of_type(str, content)}
        case "B":
            return {kind: b64decode(content)}
        case "M":
            return {kind: _item(content)}
        case "L":
            return {kind: [_wire(entry) for entry in _of_type(list, content)]}
        case "BS":
            return {kind: [b64decode(entry) for entry in _of_type(list, content)]}
        case "SS" | "NS":
            return {kind: [_of_type(str, entry) for entry in _of_type(list, content)]}
        case "BOOL" | "NULL":
            return {kind: _of_type(bool, content)}
    raise ValueError


def _of_type(kind: type, content: Any) -> Any:
    if type(content) is not kind:
        raise TypeError
    return content


def _by_botocore(operation: str, reply: Reply) -> dict[str, Any]:
    """Parse a reply as botocore's parser does, with its errors."""
    import botocore.session
    from botocore.parsers import create_parser

    service = botocore.session.get_session().get_service_model("dynamodb")
    shape: Any = service.operation_model(operation).output_shape
    response = {
        "body": reply.body,
        "headers": reply.headers,
        "status_code": reply.status,
        "context": {"operation_name": operation},
    }
    parsed: dict[str, Any] = create_parser("json").parse(response, shape)
    return parsed
