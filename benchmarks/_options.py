"""The options that every subject reads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["nested_options", "options", "store_in_file", "wire_item", "wire_items"]

TEAMS = ("billing", "search", "identity", "delivery")


def flat_values(number: int) -> dict[str, Any]:
    """Six keys, about 200 bytes by DynamoDB's rule: as in a service's configuration."""
    return {
        "host": f"db-{number:06d}.cluster.internal.example",
        "port": 1024 + number % 50_000,
        "user": f"service-{number:06d}",
        "timeout": 0.25 + number % 8,
        "tls": number % 3 > 0,
        "comment": f"owned by team {TEAMS[number % 4]}; how to change it is in the runbook, "
        f"chapter {number % 10}",
    }


def nested_values(number: int) -> dict[str, Any]:
    """About as many bytes, in lists and objects within the option."""
    flat = flat_values(number)
    return {
        "primary": {"host": flat["host"], "port": flat["port"], "tls": flat["tls"]},
        "replicas": [f"replica-{number:06d}-{letter}.example" for letter in "ab"],
        "limits": {"timeout": flat["timeout"], "pool": [1, 8, {"burst": 16}]},
    }


def named_options(count: int, values: Callable[[int], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """So many options; the one named `db` stands in the middle."""
    names = [f"option-{number:06d}" for number in range(count)]
    names[count // 2] = "db"
    return {name: values(number) for number, name in enumerate(names)}


def options(count: int) -> dict[str, dict[str, Any]]:
    """So many options without nesting."""
    return named_options(count, flat_values)


def nested_options(count: int) -> dict[str, dict[str, Any]]:
    """So many options with nesting."""
    return named_options(count, nested_values)


def store_in_file(path: Path, content: Mapping[str, Any]) -> Path:
    """Write a file as FileStore writes it, old enough for its stat to be trusted."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    return path


def wire(value: Any) -> dict[str, Any]:
    """A value as DynamoDB sends it."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [wire(entry) for entry in value]}
    return {"M": {key: wire(entry) for key, entry in value.items()}}


def wire_item(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """An option as DynamoDB sends it."""
    return {
        "_store": {"S": "prod"},
        "_option": {"S": name},
        **{key: wire(value) for key, value in values.items()},
    }


def wire_items(content: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every option as DynamoDB sends it."""
    return (wire_item(name, values) for name, values in content.items())
