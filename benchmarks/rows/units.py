"""
Read units and bytes of refreshes, counted by DynamoDB Local; `capacity.py` prints more of them.

These are counts and not times: one round says as much as five.
"""

from __future__ import annotations

import os

from benchmarks._setting import Setting, SkippedError

__all__ = ["SIZES", "SUBJECTS", "rounds"]

SIZES = (10, 100, 1_000, 10_000)


def rounds(_: int) -> int:
    """One: a count does not vary."""
    return 1


def of_refreshes(_: Setting) -> dict[str, float]:
    """Every kind of refresh of small stores and of large ones."""
    from benchmarks.capacity import connected, read_costs
    from dynamodb_local import UnavailableError

    figures: dict[str, float] = {}
    # DynamoDB Local is itself a client of AWS, and would ask the server with the ready answers.
    os.environ.pop("AWS_ENDPOINT_URL", None)
    try:
        with connected() as client:
            for size in SIZES:
                for kind, cost in read_costs(client, size).items():
                    name = f"{kind.replace(' ', '_').lower()}_{size}"
                    figures[f"{name}_units"] = cost.units
                    figures[f"{name}_b"] = cost.size_b
    except UnavailableError as error:
        raise SkippedError(str(error)) from error
    return figures


SUBJECTS = {"refreshes": of_refreshes}
