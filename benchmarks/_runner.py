"""
Rounds of measurements, in which ours and every peer take turns.

A machine is faster in one minute than in the next. So every round measures all subjects of a family
once, each in a new process, in an order that is turned round from one round to the next; and what
is compared are the figures of one round.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import attrs

from benchmarks._setting import Setting, aws_environment
from benchmarks._worker import MARK

__all__ = ["Figures", "order_of", "run_family"]

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 300


@attrs.define
class Figures:
    """
    What was measured.

    Attributes:
        samples: One figure a round, by its name: `family/figure`.
        problems: Why there is none, by the name of the subject: `family/subject`.
    """

    samples: dict[str, list[float]] = attrs.Factory(dict)
    problems: dict[str, str] = attrs.Factory(dict)

    def problem(self, name: str) -> str:
        """Why a figure is missing."""
        family = name.partition("/")[0]
        ours = [text for subject, text in self.problems.items() if subject == name]
        of_family = [text for subject, text in self.problems.items() if subject.startswith(family)]
        return (ours or of_family or ["not measured"])[0]


def order_of(subjects: Iterable[str], round_number: int) -> list[str]:
    """The turns of a round: forth, then back, and each time another one begins."""
    order = list(subjects)
    shift = round_number // 2 % len(order)
    order = order[shift:] + order[:shift]
    return order[::-1] if round_number % 2 else order


def run_family(
    family: str, rounds: int, setting: Setting, figures: Figures, say: Callable[[str], None]
) -> None:
    """
    Measure every subject of a module of `rows`, so many times or as the module has it.

    A subject that fails is left out of the rounds that follow.
    """
    module = importlib.import_module(f"benchmarks.rows.{family}")
    subjects = list(module.SUBJECTS)
    for round_number in range(rounds_of(module, rounds)):
        say(f"{family}, round {round_number + 1}")
        for subject in order_of(subjects, round_number):
            name = f"{family}/{subject}"
            if name in figures.problems:
                continue
            answer = measure(family, subject, setting, round_number)
            if isinstance(answer, str):
                say(f"{name}: {answer}")
                figures.problems[name] = answer
                continue
            for figure, sample in answer.items():
                figures.samples.setdefault(f"{family}/{figure}", []).append(sample)


def rounds_of(family: ModuleType, rounds: int) -> int:
    """How many rounds a family takes: what it says of the number wanted."""
    chosen: Callable[[int], int] = getattr(family, "rounds", int)
    return chosen(rounds)


def measure(
    family: str, subject: str, setting: Setting, round_number: int = 0
) -> dict[str, float] | str:
    """The figures of one subject, or why there are none."""
    environment = aws_environment(setting.endpoint)
    # Whether "host" collides with another key in a small dict is half of a hot read's time. So
    # chance is the same for all within a round, and another in the next one.
    environment["PYTHONHASHSEED"] = str(round_number + 1)
    command = [sys.executable, "-m", "benchmarks._worker", family, subject, setting.dump()]
    try:
        process = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"failed: no answer in {TIMEOUT_S} s"
    for line in process.stdout.splitlines():
        if line.startswith(MARK):
            answer = json.loads(line.removeprefix(MARK))
            if "skipped" in answer:
                return f"skipped: {answer['skipped']}"
            figures: dict[str, float] = answer["figures"]
            return figures
    last = (process.stderr.strip() or "it printed nothing").splitlines()[-1]
    return f"failed: {last}"
