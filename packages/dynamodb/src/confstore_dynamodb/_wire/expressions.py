"""
DynamoDB's expressions for reading and changing some keys of an option.

Keys stand in an expression as aliases (`#0`, `:0`), because a key may hold any character or be one
of DynamoDB's reserved words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from confstore_dynamodb._wire.encoder import Wire

__all__ = ["condition_of_values", "projection", "update_of_keys"]

# Source: AWS, "Quotas in Amazon DynamoDB", expression parameters: 4 KB for an expression, 300
# operators or functions in it. For an update the limit here is lower, because moto's parser
# recurses and ends at about 160.
_MAX_EXPRESSION_B = 4096
_MAX_PROJECTED_KEYS = 300
_MAX_UPDATED_KEYS = 100
# A comparison and the AND after it are two operators; moto's parser recurses here, too.
_MAX_COMPARED_KEYS = 100


def projection(keys: Collection[str], option_key: str) -> dict[str, Any]:
    """
    Parameters of `get_item` that read only some keys.

    The option's own key is always read, so that an option without any of the keys is told from an
    absent one. Where the expression would be too long, there are none: the whole item is read.
    """
    aliases = {f"#{number}": key for number, key in enumerate([option_key, *keys])}
    expression = ",".join(aliases)
    if len(aliases) > _MAX_PROJECTED_KEYS or len(expression) > _MAX_EXPRESSION_B:
        return {}
    return {"ProjectionExpression": expression, "ExpressionAttributeNames": aliases}


def update_of_keys(values: Mapping[str, Wire], removed: Collection[str]) -> dict[str, Any]:
    """
    Parameters of `update_item` that change some keys, in one atomic write.

    Where an expression would have too many parts, or none, these are the older `AttributeUpdates`:
    it knows no such limit, and creates an absent option even if there is nothing to set.
    """
    if 0 < len(values) + len(removed) <= _MAX_UPDATED_KEYS:
        return _update_expression(values, removed)
    updates: dict[str, Any] = {
        key: {"Action": "PUT", "Value": wire} for key, wire in values.items()
    }
    updates.update((key, {"Action": "DELETE"}) for key in removed)
    return {"AttributeUpdates": updates}


def _update_expression(values: Mapping[str, Wire], removed: Collection[str]) -> dict[str, Any]:
    names = {f"#{number}": key for number, key in enumerate([*values, *removed])}
    wires = {f":{number}": wire for number, wire in enumerate(values.values())}
    aliases = list(names)
    clauses = []
    if values:
        changes = (f"{name}={wire}" for name, wire in zip(aliases, wires, strict=False))
        clauses.append("SET " + ",".join(changes))
    if removed:
        clauses.append("REMOVE " + ",".join(aliases[len(values) :]))
    parameters = {"UpdateExpression": " ".join(clauses), "ExpressionAttributeNames": names}
    # DynamoDB refuses an empty set of values.
    return {**parameters, "ExpressionAttributeValues": wires} if wires else parameters


def condition_of_values(values: Mapping[str, Wire] | None, option_key: str) -> dict[str, Any]:
    """
    Parameters of a condition that an option has these values; None: that it is absent.

    It compares as many keys as an expression holds, and cannot say that there is no other key.
    """
    names = {"#k": option_key}
    if values is None:
        return {
            "ConditionExpression": "attribute_not_exists(#k)",
            "ExpressionAttributeNames": names,
        }
    compared = list(values)[:_MAX_COMPARED_KEYS]
    names.update((f"#{number}", key) for number, key in enumerate(compared))
    wires = {f":{number}": values[key] for number, key in enumerate(compared)}
    equal = (f"#{number}=:{number}" for number in range(len(compared)))
    parameters: dict[str, Any] = {
        "ConditionExpression": " AND ".join(["attribute_exists(#k)", *equal]),
        "ExpressionAttributeNames": names,
    }
    return {**parameters, "ExpressionAttributeValues": wires} if wires else parameters
