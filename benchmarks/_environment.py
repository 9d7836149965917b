"""On what was measured: versions, the date, the number of cores; nothing that names a machine."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

__all__ = ["described", "versions"]

PACKAGES = (
    "confstore",
    "confstore-dynamodb",
    "confstore-file",
    "aiodynamo",
    "aiohttp",
    "attrs",
    "aws-lambda-powertools",
    "boto3",
    "botocore",
    "cachetools",
    "cattrs",
    "click",
    "dynaconf",
    "filelock",
    "launchdarkly-server-sdk",
    "pydantic",
    "pydantic-settings",
    "pynamodb",
    "pyperf",
    "urllib3",
)


def versions() -> dict[str, str]:
    """The version of each package that is installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def described() -> str:
    """One line: when, on which Python, on how many cores."""
    today = datetime.now(UTC).date()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.machine()}"
    return f"{today}, {python}, {system}, {cores()} cores"
