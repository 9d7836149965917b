"""
Measures ours, the peers and the limit side by side, and says which goals are reached.

A whole run also writes RESULTS.md and results.svg; one of some rows only, or a quick one, prints.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks._chart import chart
from benchmarks._environment import described, versions
from benchmarks._lines import GrowthLine, Line, growth_lines, lines_of
from benchmarks._row import Row, families_of
from benchmarks._runner import Figures, run_family
from benchmarks._server import running_server
from benchmarks._setting import Setting
from benchmarks._table import Cells, growth_table, in_markdown, in_text, table
from benchmarks.goals import GROWTH, ROWS
from benchmarks.rows import growth

__all__ = ["main"]

FOLDER = Path(__file__).parent
ROUNDS = 5
ROUNDS_QUICK = 2
GROWTH_ROW = "growth"
FAMILIES_OF_GROWTH = {line.figures.partition("/")[0] for line in GROWTH}


def arguments_of(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    names = [row.name for row in ROWS] + [GROWTH_ROW]
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="rough figures, in a minute or two")
    parser.add_argument(
        "--rows", nargs="+", choices=names, metavar="NAME", help=f"only these: {', '.join(names)}"
    )
    parser.add_argument("--rounds", type=int, help=f"how many; {ROUNDS} unless given")
    return parser.parse_args(given)


def measured(rows: Sequence[Row], with_growth: bool, rounds: int, is_quick: bool) -> Figures:
    """The figures of the rows, each family of them in rounds of its own."""
    families = {family: None for row in rows for family in families_of(row)}
    if with_growth:
        families |= dict.fromkeys(sorted(FAMILIES_OF_GROWTH))
    figures = Figures()
    begin = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - begin:5.0f} s  {what}", file=sys.stderr, flush=True)

    with (
        running_server() as endpoint,
        # The file store's lock and its durable writes want a disk; a temporary folder may be none,
        # but it is the same for all.
        tempfile.TemporaryDirectory(prefix="confstore-benchmarks-") as folder,
    ):
        setting = Setting(is_quick, endpoint, folder)
        for family in families:
            run_family(family, rounds, setting, figures, say)
    return figures


def outcome(lines: Sequence[Line | GrowthLine]) -> str:
    """How many goals are reached, and which are not."""
    reached = [line for line in lines if line.is_reached]
    missed = [line for line in lines if line.is_reached is False]
    unknown = [line for line in lines if isinstance(line, Line) and line.goal and line.problem]
    text = f"{len(reached)} of {len(reached) + len(missed)} goals measured are reached"
    return text + (f"; {len(unknown)} could not be measured." if unknown else ".")


def results(cells: Sequence[Cells], cells_of_growth: Sequence[Cells], said: str) -> str:
    """The text of RESULTS.md."""
    packages = ", ".join(f"{package} {number}" for package, number in versions().items())
    return f"""# Results

Written by `nox -s benchmarks`; [how to read it](README.md).

{described()}; medians over {ROUNDS} rounds, with the least and greatest ratio of a round.
{said}

A service that refreshes once a minute notices nothing of most of these figures. Who makes many
uncached reads, uses asyncio or starts small Lambda functions has them:
[who gains, and who does not](../docs/how/performance.md).

![Our cost as a share of others', with the goals](results.svg)

{in_markdown(cells)}

## How cost grows with the number of options

Medians over {growth.rounds(ROUNDS)} rounds; the exponent is fitted through the three largest sizes.

{in_markdown(cells_of_growth)}

## Versions

{packages}.
"""


def main(given: Sequence[str] | None = None) -> int:
    """Measure, print, and after a whole run write the results; 1 if something failed."""
    arguments = arguments_of(given)
    is_whole = arguments.rows is None and not arguments.quick
    wanted = set(arguments.rows or [*(row.name for row in ROWS), GROWTH_ROW])
    rows = [row for row in ROWS if row.name in wanted]
    rounds = arguments.rounds or (ROUNDS_QUICK if arguments.quick else ROUNDS)
    figures = measured(rows, GROWTH_ROW in wanted, rounds, arguments.quick)

    lines = lines_of(rows, figures, sys.version_info[:2])
    lines_of_growth = growth_lines(GROWTH, growth.SIZES, figures)
    cells = table(lines)
    cells_of_growth = growth_table(lines_of_growth, growth.SIZES)
    said = outcome([*lines, *lines_of_growth])
    print(described())
    if rows:
        print(f"\n{in_text(cells)}")
    if GROWTH_ROW in wanted:
        print(f"\n{in_text(cells_of_growth)}")
    print(f"\n{said}")
    for name, problem in figures.problems.items():
        print(f"{name}: {problem}")
    if is_whole:
        text = results(cells, cells_of_growth, said)
        (FOLDER / "RESULTS.md").write_text(text, encoding="utf-8")
        (FOLDER / "results.svg").write_text(chart(lines, described()), encoding="utf-8")
    return int(any(problem.startswith("failed") for problem in figures.problems.values()))


if __name__ == "__main__":
    sys.exit(main())
