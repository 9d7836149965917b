"""What a program pays that imports a package and has used none of its names yet."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each is imported by a program that uses a name; `typing` alone would be most of such an import.
LATE = ["typing", "asyncio", "ssl", "http", "boto3", "botocore", "attr", "cachetools", "json"]


@pytest.mark.slow("starts a new interpreter")
@pytest.mark.parametrize(
    "module",
    [
        "confstore",
        "confstore.adapter",
        "confstore.aio",
        "confstore.documents",
        "confstore_dynamodb",
        "confstore_memory",
    ],
)
def test_import_alone_costs_next_to_nothing(module: str) -> None:
    """The names are imported when they are first used, and so is all that they need."""
    program = (
        f"import sys; before = set(sys.modules); import {module};"
        f"print([name for name in {LATE} if name in sys.modules and name not in before])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout == "[]\n"
