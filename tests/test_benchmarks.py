"""What the benchmarks compute and draw, and what they ask; never how long anything takes."""

from __future__ import annotations

import base64
import importlib
import itertools
import xml.etree.ElementTree as ElementTree

import boto3
import pytest

from benchmarks._chart import Scale, chart
from benchmarks._lines import growth_lines, lines_of
from benchmarks._options import options
from benchmarks._row import Against, Growth, Row, families_of, goal_on
from benchmarks._runner import Figures, measure, order_of
from benchmarks._server import running_server
from benchmarks._setting import Setting
from benchmarks._statistics import exponent, percentile, ratios, summary
from benchmarks._table import growth_table, in_markdown, in_text, quantity, table
from benchmarks.capacity import connected, read_costs
from benchmarks.count_calls import facades, operations
from benchmarks.goals import GROWTH, ROWS
from confstore import Opened, Place
from confstore_dynamodb import DynamoDBStore, KMSKeys

PYTHON = (3, 11)
ROW = Row(
    "read",
    "read <one> & `all`",
    "s",
    "some/ours",
    (
        Against("peer", "some/peer", 0.5),
        Against("rival", "some/rival", {(3, 10): 2.0, (3, 11): 1.0}),
        Against("best", "some/best", is_limit=True),
    ),
)


def figures(**samples: list[float]) -> Figures:
    """Figures of the family `some`."""
    return Figures({f"some/{name}": given for name, given in samples.items()})


WHOLE = {
    "ours": [0.001, 0.003, 0.002],
    "peer": [0.004, 0.004, 0.004],
    "rival": [0.0005, 0.001, 0.001],
    "best": [0.001, 0.001, 0.001],
}


# -- statistics --------------------------------------------------------------------------


def test_summary():
    """A summary is the median with the range."""
    assert (summary([3, 1, 2]).median, summary([3, 1, 2]).low, summary([3, 1, 2]).high) == (2, 1, 3)


def test_ratios_are_taken_in_the_round():
    """Ours is divided by what was measured in the same round."""
    assert ratios([1.0, 20.0], [2.0, 40.0]) == [0.5, 0.5]


def test_ratios_of_unequal_rounds():
    """A missing sample is an error, and not another pairing."""
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (0, 1)])
def test_percentile(percent, expected):
    """A percentile is the least sample that so many percent do not exceed."""
    assert percentile(range(100, 0, -1), percent) == expected


@pytest.mark.parametrize("function", [summary, lambda none: percentile(none, 99)])
def test_no_samples(function):
    """Of nothing there is no summary."""
    with pytest.raises(ValueError, match="no samples"):
        function([])


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_exponent(power):
    """The exponent of a power of the size is that power, whatever its factor."""
    sizes = [10, 100, 1000, 100_000]
    assert exponent(sizes, [7 * size**power for size in sizes]) == pytest.approx(power)


def test_exponent_of_one_size():
    """One size has no exponent."""
    with pytest.raises(ValueError, match="two sizes"):
        exponent([10], [1.0])


# -- rounds ------------------------------------------------------------------------------


def test_order_of_rounds():
    """Every subject has its turn in every round, and none is always before another."""
    rounds = [order_of("abc", number) for number in range(6)]
    assert all(sorted(turns) == ["a", "b", "c"] for turns in rounds)
    assert {turns[0] for turns in rounds} == {"a", "b", "c"}
    assert rounds[1] == rounds[0][::-1]


def test_a_subject_that_fails(tmp_path):
    """What a subject failed of is its answer."""
    setting = Setting(True, "http://127.0.0.1:9", str(tmp_path))
    assert measure("start", "nobody", setting) == "failed: KeyError: 'nobody'"


def test_setting_for_another_process(tmp_path):
    """A setting arrives in another process as it was."""
    setting = Setting(True, "http://127.0.0.1:9", str(tmp_path))
    assert Setting.load(setting.dump()) == setting


# -- goals -------------------------------------------------------------------------------


def test_every_goal_is_declared():
    """These are the works that have a goal."""
    with_goal = {row.name for row in ROWS if any(each.goal is not None for each in row.against)}
    assert with_goal == {
        "cold-read",
        "cold-read-lambda",
        "cold-read-lambda-tls",
        "cold-read-tls",
        "command-line",
        "file-get",
        "file-import",
        "file-load",
        "file-unchanged",
        "file-write",
        "hot-read",
        "hot-read-secret",
        "import",
        "import-dynamodb",
        "import-modules",
        "journaled-change",
        "journaled-change-bytes",
        "journaled-refresh",
        "layers-memory",
        "layers-read",
        "layers-refresh",
        "layers-refresh-memory",
        "load",
        "load-tls",
        "memory",
        "memory-file",
        "reads-of-tasks",
        "reads-of-tasks-tls",
        "reads-of-threads",
        "reveal",
        "secrets-start",
        "stalls",
        "typed-read",
        "unchanged-refresh",
        "uncached-read",
        "uncached-read-account",
        "uncached-read-alone",
        "uncached-read-alone-tls",
        "uncached-read-on-a-loop",
        "uncached-read-on-a-loop-tls",
        "uncached-read-tls",
    }


def test_names_of_rows():
    """A row is named once."""
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "family",
    sorted(
        {family for row in ROWS for family in families_of(row)}
        | {growth.figures.partition("/")[0] for growth in GROWTH}
    ),
)
def test_every_figure_has_its_family(family):
    """What a row names is measured by a module, which needs no peer to be imported."""
    assert importlib.import_module(f"benchmarks.rows.{family}").SUBJECTS


def test_growth_is_asked_of_both_backends():
    """How load, refresh, hot read and memory grow is asked of DynamoDB and of files."""
    asked = {growth.figures for growth in GROWTH}
    works = ("load", "refresh", "hot_read", "memory")
    for backend in ("dynamodb", "file"):
        assert {f"growth/{backend}_{work}_{{}}" for work in works} <= asked


@pytest.mark.parametrize(
    ("version", "expected"),
    [((3, 9), 1.5), ((3, 10), 1.5), ((3, 11), 1.0), ((3, 12), 1.15), ((3, 14), 1.15)],
)
def test_goal_by_version(version, expected):
    """A goal that depends on Python is that of the newest version not above it."""
    assert goal_on({(3, 10): 1.5, (3, 11): 1.0, (3, 12): 1.15}, version) == expected


def test_goal_for_every_version():
    """Another goal is the same everywhere."""
    assert goal_on(0.5, (3, 10)) == 0.5


# -- lines and tables --------------------------------------------------------------------


def test_reached():
    """A goal is reached by the median; what has no goal is neither reached nor missed."""
    lines = lines_of([ROW], figures(**WHOLE), PYTHON)
    assert [line.is_reached for line in lines] == [True, False, None]


def test_ratio_is_of_the_rounds():
    """The ratio is the median of the rounds' ratios, with their range."""
    line = lines_of([ROW], figures(**WHOLE), PYTHON)[0]
    assert line.ratio == summary([0.25, 0.75, 0.5])


def test_fixed_figure():
    """Ours can stand beside a fixed figure."""
    row = Row("units", "units", "units", "some/ours", (Against("half a unit", 0.5, 1.0),))
    (line,) = lines_of([row], figures(ours=[0.5]), PYTHON)
    assert (line.ratio, line.is_reached) == (summary([1.0]), True)


def test_skipped():
    """A line without figures says why, and counts as neither reached nor missed."""
    given = figures(ours=[0.001])
    given.problems["some/peer"] = "skipped: no peer"
    line = lines_of([ROW], given, PYTHON)[0]
    assert (line.ratio, line.is_reached, line.problem) == (None, None, "skipped: no peer")
    assert table([line])[1][-1] == "skipped: no peer"


def test_a_subject_that_fails_later():
    """Of a subject that failed in a later round the earlier rounds are compared."""
    line = lines_of([ROW], figures(ours=[1.0, 2.0], peer=[4.0]), PYTHON)[0]
    assert line.ratio == summary([0.25])


def test_table():
    """Only the first line of a row names its work and our figure."""
    cells = table(lines_of([ROW], figures(**WHOLE), PYTHON))
    assert cells[1] == (
        "read <one> & `all`",
        "2.00 ms",
        "peer",
        "4.00 ms",
        "0.50",
        "0.25 to 0.75",
        "≤ 0.5",
        "yes",
    )
    assert cells[2][:3] == ("", "", "rival")
    assert cells[2][-2:] == ("≤ 1", "NO")
    assert cells[3][2:] == ("limit: best", "1.00 ms", "2.00", "1.00 to 3.00", "", "")


def test_text():
    """As text the columns stand below each other."""
    text = in_text([("work", "ours"), ("a long work", "1 s")])
    assert text.splitlines() == ["work         ours", "-----------  ----", "a long work  1 s"]


def test_markdown():
    """In Markdown a missed goal stands out, and a bar does not end a cell."""
    assert in_markdown([("a|b", "reached"), ("x", "NO")]).splitlines() == [
        "| a\\|b | reached |",
        "| --- | --- |",
        "| x | **NO** |",
    ]


@pytest.mark.parametrize(
    ("number", "unit", "expected"),
    [
        (31.2e-9, "s", "31.2 ns"),
        (0.0012, "s", "1.20 ms"),
        (2.5, "s", "2.50 s"),
        (0, "s", "0 ns"),
        (7_259_395, "B", "7.26 MB"),
        (674, "B", "674 B"),
        (0.5, "units", "0.5"),
        (245.0, "units", "245"),
    ],
)
def test_quantity(number, unit, expected):
    """A figure is shown in the unit that suits its size."""
    assert quantity(number, unit) == expected


def test_growth():
    """The exponent is that of the three largest sizes, and the goal a bound of it."""
    sizes = (10, 100, 1000, 10_000)
    costs = dict(zip(sizes, (5.0, 5.0, 50.0, 500.0), strict=True))
    given = figures(**{f"load_{size}": [cost] for size, cost in costs.items()})
    lines = growth_lines(
        [Growth("load", "B", "some/load_{}"), Growth("none", "B", "some/none_{}")], sizes, given
    )
    assert lines[0].costs == costs
    assert lines[0].exponent == pytest.approx(1)
    assert [line.is_reached for line in lines] == [True, None]
    cells = growth_table(lines, sizes)
    assert cells[1] == ("load", "5.00 B", "5.00 B", "50.0 B", "500 B", "1.00", "≤ 1.1", "yes")
    assert cells[2] == ("none", "", "", "", "", "", "≤ 1.1", "")


def test_growth_of_the_limit():
    """Ours may grow as the limit does, where that is more than its goal."""
    sizes = (10, 100, 1000)
    given = figures(
        **{f"load_{size}": [size**1.15] for size in sizes},
        **{f"limit_{size}": [size**1.2] for size in sizes},
    )
    ours = Growth("load", "B", "some/load_{}")
    assert growth_lines([ours], sizes, given)[0].is_reached is False
    limit = Growth("limit", "B", "some/limit_{}", is_limit=True)
    lines = growth_lines([ours, limit], sizes, given)
    assert [line.is_reached for line in lines] == [True, None]


# -- the picture -------------------------------------------------------------------------


def test_chart():
    """The picture is XML with a dot for every goal: who reaches it and who does not."""
    picture = ElementTree.fromstring(chart(lines_of([ROW], figures(**WHOLE), PYTHON), "on <this>"))
    dots = [each.get("class") for each in picture.iter("{http://www.w3.org/2000/svg}circle")]
    texts = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert dots == ["yes", "no"]
    assert "read <one> & all / peer" in texts
    assert "on <this>" in texts


def test_chart_without_figures():
    """Nothing measured is an empty picture."""
    picture = ElementTree.fromstring(chart([], "nothing"))
    assert list(picture.iter("{http://www.w3.org/2000/svg}circle")) == []


def test_scale():
    """Tenfold ratios are equally far apart."""
    scale = Scale.over([0.002, 3.0])
    places = [scale.x(ratio) for ratio in (0.001, 0.01, 0.1, 1.0, 10.0)]
    steps = {round(after - before) for before, after in itertools.pairwise(places)}
    assert len(steps) == 1


# -- the server --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def canned():
    """A client of the server with the ready answers."""
    with running_server() as url:
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        yield client
        client.close()


def test_server_has_the_whole_store(canned):
    """What is read from the server, in several pages, are the options that files hold."""
    count = 6_000
    store = DynamoDBStore(canned, f"options-{count}", "prod", create_table=False)
    assert dict(store.items()) == options(count)


def test_server_has_one_option(canned):
    """The option that is read by itself is that of the files."""
    store = DynamoDBStore(canned, "options-10", "prod")
    assert store.get("db") == options(10)["db"]
    assert not store.is_journaled()


def test_changing_table(canned):
    """Of a changing table every reading finds one changed option a page."""
    store = DynamoDBStore(canned, "options-6000-changing", "prod")
    poll = store.poll()
    for _ in range(3):
        poll = store.poll(poll.checkpoint)
        assert len(poll.changed) == 2
    store = DynamoDBStore(canned, "options-6000", "prod")
    assert store.poll(store.poll().checkpoint).changed == {}


def test_keys_that_take_their_time(canned):
    """A ciphertext of the server's KMS is the plaintext itself."""
    client = boto3.client(
        "kms",
        endpoint_url=canned.meta.endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    keys = KMSKeys("alias/config", client=client)
    places = [Place("prod", "db", str(number)) for number in range(3)]
    texts = [base64.b64encode(place.key.encode()).decode() for place in places]
    assert keys.open_many(list(zip(texts, places, strict=True))) == [
        Opened(place.key.encode(), "alias/config") for place in places
    ]
    client.close()


# -- our own functions -------------------------------------------------------------------


@pytest.mark.slow("imports moto, and makes its tables")
def test_calls_of_our_own_functions():
    """A write and an unchanged reload stay short, on every backend, with a journal or without."""
    for backend, facade, folder in facades():
        calls = {name: counted.total() for name, counted in operations(facade, folder).items()}
        assert 10 <= calls["unchanged reload"] <= 30, (backend, calls)
        assert calls["unchanged reload"] < calls["reload after a write"], (backend, calls)
        if backend.startswith("dynamodb"):
            most = 100 if facade.store.is_journaled() else 35
            assert calls["set"] <= most, (backend, calls)


def test_capacity_of_refreshes(dynamodb_local):
    """What the documents say that refreshes cost is measured on DynamoDB Local."""
    with connected(dynamodb_local) as client:
        costs = read_costs(client, 10)
    assert costs["unchanged"].units == 0.5
    assert costs["one changed"].units <= 1
