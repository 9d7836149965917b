"""
Measures one subject once, in a process of its own, and prints its figures as JSON.

Usage: python -m benchmarks._worker MODULE SUBJECT SETTING
"""

from __future__ import annotations

import importlib
import json
import sys

from benchmarks._setting import Setting, SkippedError

__all__ = ["MARK"]

MARK = "benchmark: "
"""Begins the line of the result: the libraries measured may print lines of their own."""


def main() -> None:
    """Measure, or say why not."""
    module_name, subject, setting = sys.argv[1:]
    module = importlib.import_module(f"benchmarks.rows.{module_name}")
    answer: dict[str, object]
    try:
        figures = module.SUBJECTS[subject](Setting.load(setting))
    except SkippedError as error:
        answer = {"skipped": str(error)}
    else:
        if not isinstance(figures, dict):
            figures = {subject: figures}
        answer = {"figures": figures}
    print(MARK + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
