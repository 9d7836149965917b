"""Each promise of docs/how/promises.md is held by tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "how" / "promises.md"


def promises() -> list[tuple[str, list[str]]]:
    """Each promise, and the names of what holds it."""
    rows = re.findall(r"^\| (.+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    rows = [row for row in rows if row[1] != "held by" and set(row[1]) != {"-"}]
    return [(promise, re.findall(r"`(\w+)`", holders)) for promise, holders in rows]


def functions(pattern: str) -> set[str]:
    """The functions and methods in the files of a pattern."""
    return {
        name
        for path in ROOT.glob(pattern)
        for name in re.findall(r"^ *(?:async )?def (\w+)", path.read_text(encoding="utf-8"), re.M)
    }


def test_every_promise_is_held() -> None:
    """By tests, or by rules and invariants of the contract, of this very name."""
    tests = functions("packages/*/tests/**/test_*.py") | functions("tests/**/test_*.py")
    tests = {name for name in tests if name.startswith("test_")}
    rules = functions("packages/core/src/confstore/testing/_rules/*.py")
    found = promises()
    assert len(found) > 40
    missing = {
        (promise, name)
        for promise, names in found
        for name in names
        if name not in (tests if name.startswith("test_") else rules)
    }
    assert missing == set()
    assert [promise for promise, names in found if not names] == []
