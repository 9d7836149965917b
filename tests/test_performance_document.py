"""The figures of docs/how/performance.md are those that were measured, and follow from prices."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "how" / "performance.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")

_UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "MB": 1e6}


def figures(text: str) -> list[float]:
    """Times in seconds and sizes in bytes, as they come in a text."""
    found = re.findall(r"([\d.]+) (ns|µs|ms|MB)\b", text)
    return [float(number) * _UNITS[unit] for number, unit in found]


@pytest.mark.parametrize(
    ("ours", "measured"),
    [
        ('`config.db["host"]`', '`config.db["host"]`, 10,000 options'),
        ("first load from DynamoDB", "load 10,000 options from DynamoDB, client CPU"),
        ("first load from a file", "load 10,000 options from a file, CPU"),
        ("refresh, a file that did not change", "poll an unchanged file, CPU"),
        ("memory", "memory of 10,000 options from DynamoDB"),
        ("`import confstore`", "`import confstore`, CPU above a bare Python's"),
    ],
)
def test_figures(ours: str, measured: str) -> None:
    """Each figure is within a third of what `nox -s benchmarks` has measured."""
    (said,) = re.findall(rf"^\| {re.escape(ours)} \|(.*)$", PAGE, re.MULTILINE)
    (found,) = re.findall(rf"^\| {re.escape(measured)} \| ([^|]+)\|", RESULTS, re.MULTILINE)
    (figure,), (result,) = figures(said), figures(found)
    assert 0.67 < figure / result < 1.5


def test_dollars() -> None:
    """Units and dollars follow from the intervals, the costs of the journal, and the price."""
    rows = re.findall(r"^\| .+: ([\d.]+) units.* \| ([\d,]+) \| \$([\d.]+) \|$", PAGE, re.MULTILINE)
    (price,) = {float(found) for found in re.findall(r"\$([\d.]+) for a million read", PAGE)}
    journal = (ROOT / "docs" / "how" / "journal-costs.md").read_text(encoding="utf-8")
    costs = re.search(r"^\| 1,000 \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", journal, re.MULTILINE)
    assert costs is not None
    full, first_load, unchanged = map(float, costs.groups())
    minutes = 30 * 24 * 60
    polls = minutes * unchanged
    units = [polls, polls + minutes / 60 * first_load, minutes / 5 * full]
    assert [float(row[0]) for row in rows] == [unchanged, first_load, full]
    assert [row[1] for row in rows] == [f"{each:,.0f}" for each in units]
    assert [row[2] for row in rows] == [f"{each * 1000 * price / 1e6:.2f}" for each in units]
