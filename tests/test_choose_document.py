"""The figures of docs/choose.md and docs/start/aws.md follow from the code, and from each other."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from confstore import CachedConfigStore, TimeBasedConfigStore
from confstore._stores.schedule import schedule_for
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore
from confstore_memory import MemoryStore

DOCS = Path(__file__).parents[1] / "docs"
CHOOSE = (DOCS / "choose.md").read_text(encoding="utf-8")
AWS = (DOCS / "start" / "aws.md").read_text(encoding="utf-8")

MONTH_S = 30 * 24 * 3600
READ_UNIT = 0.125 / 1e6
WRITE_UNIT = 0.625 / 1e6
HOURLY_RELOADS = MONTH_S // 3600


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def measured() -> dict[int, tuple[float, float]]:
    """Options to the read units of a full query and a first load, by the page on its costs."""
    heading = "| options | full `Query` | first load |"
    page = (DOCS / "how" / "journal-costs.md").read_text(encoding="utf-8")
    table = page[page.index(heading) :].split("\n\n")[0].splitlines()[2:]
    rows = (cells(row) for row in table)
    return {int(row[0].replace(",", "")): (float(row[1]), float(row[2])) for row in rows}


def journaled(options: int, interval_s: int) -> float:
    """Read units of one process in a month, with hourly full reloads."""
    return MONTH_S / interval_s * 0.5 + HOURLY_RELOADS * measured()[options][1]


def unjournaled(options: int, interval_s: int) -> float:
    return MONTH_S / interval_s * measured()[options][0]


def test_costs_of_a_refresh_interval() -> None:
    """Units from those that the journal's page has measured, and dollars from the units."""
    heading = "| options | journal, 60 s | journal, 10 s | no journal, 300 s | no journal, 60 s |"
    table = CHOOSE[CHOOSE.index(heading) :].split("\n\n")[0].splitlines()[2:]
    assert [cells(row)[0] for row in table] == ["10", "1,000", "10,000"]
    for row in table:
        options, *found = cells(row)
        count = int(options.replace(",", ""))
        units = (
            *(journaled(count, 60), journaled(count, 10)),
            *(unjournaled(count, 300), unjournaled(count, 60)),
        )
        assert found == [f"{one:,.0f} (${one * READ_UNIT:.3f})" for one in units]


def test_costs_of_the_example_on_aws() -> None:
    """Twenty processes, 1,000 options, 100 changes."""
    reads = 20 * journaled(1_000, 60)
    assert f"| 20 processes that look once a minute | {reads:,.0f} read units |" in AWS
    assert f"| {reads * READ_UNIT:.3f} |" in AWS
    writes = 100 * 4
    assert f"| 100 changes of one small option each | {writes} write units, 200 read units |" in AWS
    assert f"| {writes * WRITE_UNIT + 200 * READ_UNIT:.4f} |" in AWS


@pytest.mark.parametrize(
    ("config", "argument", "text"),
    [
        (TimeBasedConfigStore, "startup_timeout", "`startup_timeout`, 30 s"),
        (TimeBasedConfigStore, "reference_interval", "`reference_interval`, an hour"),
        (CachedConfigStore, "max_age", "`max_age`, 60 s"),
        (CachedConfigStore, "max_options", "`max_options`, 1,024 options"),
        (CachedConfigStore, "max_wait", "`max_wait`, 1 s"),
    ],
)
def test_defaults(config: type, argument: str, text: str) -> None:
    """Each is that of the code."""
    default = inspect.signature(config.__init__).parameters[argument].default  # type: ignore[misc]  # of the class
    number = re.search(r", ([\d,]+)", text)
    assert default == (int(number[1].replace(",", "")) if number else 3600)
    assert text in CHOOSE


def test_intervals(tmp_path: Path) -> None:
    """The hints of the stores, and that of a store without one."""

    class Hintless:
        update_interval_hint = None

    interval_s = schedule_for(Hintless(), None, lambda: 0.0).interval_s  # type: ignore[arg-type]
    assert "| another | its hint, else 300 s |" in CHOOSE
    assert interval_s == 300
    with FileStore(tmp_path / "prod.json") as store:
        assert store.update_interval_hint() == 1
    assert "| file | 1 s |" in CHOOSE
    assert MemoryStore().update_interval_hint() == 0


def test_intervals_of_dynamodb() -> None:
    """With a journal and without."""
    from moto import mock_aws

    with mock_aws():
        import boto3

        client = boto3.client("dynamodb", "eu-west-1")
        with DynamoDBStore(client, "config", "prod") as store:
            assert not store.is_journaled()
            assert store.update_interval_hint() == 300
            store.enable_journal()
            assert store.update_interval_hint() == 60
        client.close()
    assert "| DynamoDB with a journal | 60 s |" in CHOOSE
    assert "| DynamoDB without | 300 s |" in CHOOSE
