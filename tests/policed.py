"""Clients of boto3 to which policies apply as in IAM, as far as our documents need that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import attrs
from botocore.exceptions import ClientError

__all__ = ["Request", "Role"]

_PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_EQUATION = re.compile(r"([#\w]+) ?= ?(:\w+)")
_ACCOUNT = "eu-west-1:123456789012"


@attrs.frozen
class Request:
    """One permission that a request needs, and the context in which it needs it."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)


@attrs.define
class Role:
    """
    A caller, by the policies that it has.

    Attributes:
        policies: Documents of IAM, of `Allow` statements.
        key_arn: The key that every alias of KMS stands for.
        denied: The actions that were asked for and refused, in order.
    """

    policies: Sequence[Mapping[str, Any]]
    key_arn: str = ""
    denied: list[str] = attrs.field(factory=list)
    _used: set[tuple[int, str]] = attrs.field(factory=set)

    def police(self, client: Any) -> Any:
        """Apply the policies to every later call of a client."""
        service = client.meta.service_model.service_name
        client.meta.events.register(f"before-parameter-build.{service}", self._check)
        return client

    def unused(self) -> list[str]:
        """The actions of statements that no call needed."""
        return sorted(
            f"statement {number}: {action}"
            for number, statement in enumerate(self._statements())
            for action in _listed(statement["Action"])
            if (number, action) not in self._used
        )

    def _statements(self) -> Iterator[Mapping[str, Any]]:
        for policy in self.policies:
            assert policy["Version"] == "2012-10-17"
            yield from policy["Statement"]

    def _check(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        for request in self._requests(service, model.name, params):
            if not self._is_allowed(request):
                self.denied.append(request.action)
                error = {"Code": "AccessDeniedException", "Message": "no statement allows it"}
                metadata = {"HTTPStatusCode": 400, "RetryAttempts": 0}
                response: Any = {"Error": error, "ResponseMetadata": metadata}
                raise ClientError(response, model.name)

    def _is_allowed(self, request: Request) -> bool:
        is_allowed = False
        for number, statement in enumerate(self._statements()):
            assert statement["Effect"] == "Allow"
            if (
                request.action in _listed(statement["Action"])
                and fnmatchcase(request.resource, statement["Resource"])
                and _holds(statement.get("Condition", {}), request.context)
            ):
                self._used.add((number, request.action))
                is_allowed = True
        return is_allowed

    def _requests(self, service: str, operation: str, params: dict[str, Any]) -> list[Request]:
        if service == "dynamodb":
            return list(_of_dynamodb(operation, params))
        if service == "kms":
            context = {
                f"kms:EncryptionContext:{name}": (value,)
                for name, value in params["EncryptionContext"].items()
            }
            return [Request(f"kms:{operation}", self.key_arn, context)]
        if service == "secretsmanager":
            arn = f"arn:aws:secretsmanager:{_ACCOUNT}:secret:"
            names = params["SecretIdList"]
            return [
                Request(f"secretsmanager:{operation}", "*"),
                *(Request("secretsmanager:GetSecretValue", arn + name) for name in names),
            ]
        assert (service, operation) == ("ssm", "GetParameters")
        arn = f"arn:aws:ssm:{_ACCOUNT}:parameter"
        return [Request(f"ssm:{operation}", arn + name) for name in params["Names"]]


def _of_dynamodb(operation: str, params: dict[str, Any]) -> Iterator[Request]:
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            for part, inner in item.items():
                yield _of_item(_PARTS[part], inner, operation)
    else:
        yield _of_item(operation, params, "")


def _of_item(operation: str, params: dict[str, Any], enclosing: str) -> Request:
    context: dict[str, tuple[str, ...]] = {}
    if enclosing:
        context["dynamodb:EnclosingOperation"] = (enclosing,)
    partition = _partition(params)
    if partition is not None:
        context["dynamodb:LeadingKeys"] = (partition,)
    table = params["TableName"]
    return Request(f"dynamodb:{operation}", f"arn:aws:dynamodb:{_ACCOUNT}:table/{table}", context)


def _partition(params: dict[str, Any]) -> str | None:
    """The partition that a request is about; None if it is about the table."""
    place = params.get("Key") or params.get("Item")
    if place is not None:
        return str(place["_store"]["S"])
    if "KeyConditionExpression" not in params:
        return None
    names = params.get("ExpressionAttributeNames", {})
    for name, value in _EQUATION.findall(params["KeyConditionExpression"]):
        if names.get(name, name) == "_store":
            return str(params["ExpressionAttributeValues"][value]["S"])
    raise AssertionError("a query names its partition")


def _holds(
    conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, tuple[str, ...]]
) -> bool:
    # Source: AWS, "Set operators for multivalued context keys": ForAllValues is true where the
    # request lacks the key, ForAnyValue and a plain operator are false.
    rules = {
        "ForAllValues:StringEquals": lambda found, wanted: all(one in wanted for one in found),
        "ForAnyValue:StringEquals": lambda found, wanted: any(one in wanted for one in found),
        "StringEquals": lambda found, wanted: any(one in wanted for one in found),
    }
    return all(
        rules[operator](context.get(key, ()), _listed(wanted))
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
