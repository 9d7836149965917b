"""
What is to be reached: every row, as data.

A figure is named `family/figure`: what the module `rows/family.py` reports under that name.
"""

from __future__ import annotations

from benchmarks._row import BYTES, COUNT, SECONDS, UNITS, Against, Goal, Growth, Row

__all__ = ["GROWTH", "ROWS"]

HOT_READ: Goal = {(3, 11): 1.0, (3, 12): 1.15}
"""3.12 and 3.13 cache less of a subclass."""

LAYERED_READ = 1.05
"""The same work, so 1.0; the rest is where things lie in the memory of two processes."""

ROWS = (
    Row(
        "hot-read",
        '`config.db["host"]`, 10,000 options',
        SECONDS,
        "hot_read/ours",
        (
            Against("plain dict of dicts", "hot_read/dict", HOT_READ),
            Against("the same read at 10 options", "hot_read/ours_at_10", 1.15),
            Against("Powertools, cached `get`", "hot_read/powertools", 0.05),
            Against("dynaconf", "hot_read/dynaconf", 0.05),
            Against("cachetools TTLCache", "hot_read/cachetools", 0.15),
            Against("pydantic-settings", "hot_read/pydantic_settings"),
            Against("LaunchDarkly", "hot_read/launchdarkly"),
            Against("an attribute in slots", "hot_read/slots", is_limit=True),
        ),
    ),
    Row(
        "hot-read-file",
        "the same from a file, whose keys are not interned",
        SECONDS,
        "hot_read/ours_from_file",
        (Against("plain dict of dicts", "hot_read/dict"),),
    ),
    Row(
        "typed-read",
        "`config.db.host`, typed, 10,000 options",
        SECONDS,
        "hot_read/typed",
        (
            Against("plain dict of dicts", "hot_read/dict", 0.6),
            Against("pydantic-settings", "hot_read/pydantic_settings"),
        ),
    ),
    Row(
        "hot-read-secret",
        '`config.db["host"]` beside a secret, 10,000 options',
        SECONDS,
        "hot_read/with_a_secret",
        (Against("the same option without one", "hot_read/without_a_secret", 1.1),),
    ),
    Row(
        "reveal",
        "`reveal()` of a secret that is open",
        SECONDS,
        "hot_read/reveal",
        (Against("a microsecond", 1e-6, 1.0),),
    ),
    Row(
        "secrets-start",
        "start with 100 secrets of a KMS that takes 20 ms a call, wall time",
        SECONDS,
        "secrets/start",
        (
            Against("one such call", "secrets/call", 20.0),
            Against("100 calls, one after the other", "secrets/calls"),
        ),
    ),
    Row(
        "uncached-read",
        "one uncached read from DynamoDB, client CPU",
        SECONDS,
        "uncached_read/ours",
        (
            Against("botocore `get_item`", "uncached_read/botocore", 0.33),
            Against("aiodynamo", "uncached_read/aiodynamo", 0.9),
            Against("boto3 Table", "uncached_read/boto3_table"),
            Against("Powertools", "uncached_read/powertools"),
            Against("PynamoDB", "uncached_read/pynamodb"),
            Against("http.client and json, unsigned", "uncached_read/limit", is_limit=True),
        ),
    ),
    Row(
        "uncached-read-alone",
        "the same in AWS Lambda, without AWS's SDK",
        SECONDS,
        "uncached_read/ours_alone",
        (
            Against("botocore `get_item`", "uncached_read/botocore", 0.2),
            Against("aiodynamo", "uncached_read/aiodynamo"),
        ),
    ),
    Row(
        "reads-of-threads",
        "a read of 16 threads that read at once, wall time",
        SECONDS,
        "throughput/ours",
        (Against("botocore `get_item`", "throughput/botocore", 0.5),),
    ),
    Row(
        "uncached-read-on-a-loop",
        "`await get` of AsyncSimpleConfigStore, client CPU",
        SECONDS,
        "uncached_read/ours_on_loop",
        (
            Against("aiodynamo", "uncached_read/aiodynamo", 0.5),
            Against("botocore `get_item`", "uncached_read/botocore"),
        ),
    ),
    Row(
        "uncached-read-tls",
        "one uncached read from DynamoDB over TLS, client CPU",
        SECONDS,
        "tls/ours",
        (
            Against("botocore `get_item`", "tls/botocore", 0.33),
            Against("aiodynamo", "tls/aiodynamo", 0.9),
        ),
    ),
    Row(
        "uncached-read-alone-tls",
        "the same in AWS Lambda, without AWS's SDK",
        SECONDS,
        "tls/ours_alone",
        (Against("botocore `get_item`", "tls/botocore", 0.2),),
    ),
    Row(
        "uncached-read-on-a-loop-tls",
        "`await get` of AsyncSimpleConfigStore over TLS, client CPU",
        SECONDS,
        "tls/ours_on_loop",
        (Against("aiodynamo", "tls/aiodynamo", 0.5),),
    ),
    Row(
        "uncached-read-account",
        "one uncached read, credentials with an account id, client CPU",
        SECONDS,
        "tls/ours_with_account",
        (Against("botocore `get_item`", "tls/botocore_with_account", 0.35),),
    ),
    Row(
        "reads-of-tasks",
        "a read of 50 asyncio tasks that read at once, client CPU",
        SECONDS,
        "throughput/our_tasks",
        (Against("aiodynamo", "throughput/aiodynamos_tasks", 0.4),),
    ),
    Row(
        "reads-of-tasks-tls",
        "the same over TLS",
        SECONDS,
        "tls/our_tasks",
        (Against("aiodynamo", "tls/aiodynamos_tasks", 0.4),),
    ),
    Row(
        "uncached-read-given",
        "one uncached read through a client that boto3 made, client CPU",
        SECONDS,
        "uncached_read/ours_with_client",
        (Against("botocore `get_item`", "uncached_read/botocore"),),
    ),
    Row(
        "load",
        "load 10,000 options from DynamoDB, client CPU",
        SECONDS,
        "load/ours",
        (
            Against("botocore and TypeDeserializer", "load/botocore", 0.2),
            Against("Powertools `get_multiple`", "load/powertools", 0.2),
            Against("aiodynamo", "load/aiodynamo", 0.9),
            Against("boto3 Table", "load/boto3_table"),
            Against("PynamoDB", "load/pynamodb"),
            Against("http.client and json, wire form", "load/limit", is_limit=True),
        ),
    ),
    Row(
        "load-tls",
        "the same over TLS",
        SECONDS,
        "tls/our_load",
        (
            Against("botocore and TypeDeserializer", "tls/botocores_load", 0.2),
            Against("aiodynamo", "tls/aiodynamos_load", 0.9),
        ),
    ),
    Row(
        "unchanged-refresh",
        "refresh 10,000 unchanged options, not journaled, client CPU",
        SECONDS,
        "load/unchanged",
        (
            Against("botocore's full load", "load/botocore", 0.02),
            Against("our full load", "load/ours"),
            Against("http.client, bytes not looked at", "load/bytes", is_limit=True),
        ),
    ),
    Row(
        "journaled-refresh",
        "refresh 10,000 unchanged options, journaled, read units",
        UNITS,
        "units/unchanged_10000_units",
        (
            Against("half a unit", 0.5, 1.0),
            Against("the same at 10 options", "units/unchanged_10_units", 1.0),
            Against("a full Query", "units/full_query_10000_units"),
        ),
    ),
    Row(
        "journaled-change",
        "refresh with one changed option of 10,000, journaled, read units",
        UNITS,
        "units/one_changed_10000_units",
        (Against("a full Query", "units/full_query_10000_units", 0.01),),
    ),
    Row(
        "journaled-change-bytes",
        "the same, bytes received",
        BYTES,
        "units/one_changed_10000_b",
        (Against("a full Query", "units/full_query_10000_b", 0.01),),
    ),
    Row(
        "stalls",
        "p99 of a 1 ms reader while 10,000 options are refreshed",
        SECONDS,
        "stalls/ours",
        (
            Against("botocore and TypeDeserializer", "stalls/botocore", 0.2),
            Against("no refresh", "stalls/idle", is_limit=True),
        ),
    ),
    Row(
        "import",
        "`import confstore`, CPU above a bare Python's",
        SECONDS,
        "start/import_ours",
        (
            Against("`import boto3`", "start/import_boto3", 0.07),
            Against("Powertools' parameters", "start/import_powertools"),
            Against("dynaconf", "start/import_dynaconf"),
            Against("pydantic-settings", "start/import_pydantic_settings"),
        ),
    ),
    Row(
        "import-dynamodb",
        "`import confstore_dynamodb`, CPU above a bare Python's",
        SECONDS,
        "start/import_ours_dynamodb",
        (Against("`import boto3`", "start/import_boto3", 0.15),),
    ),
    Row(
        "import-modules",
        "of boto3, botocore, cattrs, click, hypothesis it imports",
        COUNT,
        "start/unwanted",
        (Against("none of the five", 5, 0.0),),
    ),
    Row(
        "cold-read",
        "first read from a cold process, CPU above a bare Python's",
        SECONDS,
        "start/read_ours",
        (
            Against("boto3.client and `get_item`", "start/read_boto3", 0.95),
            Against("botocore and `get_item`", "start/read_botocore"),
            Against("boto3 Table", "start/read_boto3_table"),
            Against("Powertools", "start/read_powertools"),
        ),
    ),
    Row(
        "cold-read-lambda",
        "the same in AWS Lambda, without AWS's SDK",
        SECONDS,
        "start/read_ours_in_lambda",
        (
            Against("boto3.client and `get_item`", "start/read_boto3", 0.35),
            Against("Powertools", "start/read_powertools"),
        ),
    ),
    Row(
        "cold-read-tls",
        "first read from a cold process over TLS, CPU above a bare Python's",
        SECONDS,
        "tls/read_ours",
        (Against("boto3.client and `get_item`", "tls/read_boto3", 0.95),),
    ),
    Row(
        "cold-read-lambda-tls",
        "the same in AWS Lambda, without AWS's SDK",
        SECONDS,
        "tls/read_ours_in_lambda",
        (Against("boto3.client and `get_item`", "tls/read_boto3", 0.35),),
    ),
    Row(
        "command-line",
        "`confstore --version`, CPU of the whole process",
        SECONDS,
        "start/version",
        (Against('`python -c "import click"`', "start/click", 2.0),),
    ),
    Row(
        "file-load",
        "load 10,000 options from a file, CPU",
        SECONDS,
        "file/load_ours",
        (
            Against("json.loads", "file/load_json", 3.0),
            Against("pydantic", "file/load_pydantic"),
            Against("dynaconf", "file/load_dynaconf"),
        ),
    ),
    Row(
        "file-load-nested",
        "load 10,000 nested options from a file, CPU",
        SECONDS,
        "file/load_ours_nested",
        (Against("json.loads", "file/load_json_nested"),),
    ),
    Row(
        "file-unchanged",
        "poll an unchanged file, CPU",
        SECONDS,
        "file/unchanged_poll",
        (Against("os.stat", "file/stat", 2.0),),
    ),
    Row(
        "file-get",
        "`get` an option of an unchanged file, CPU",
        SECONDS,
        "file/unchanged_get",
        (Against("os.stat", "file/stat", 2.0),),
    ),
    Row(
        "file-write",
        "write one of 10,000 options of a file durably, wall time",
        SECONDS,
        "file/write_ours",
        (
            Against("plain write of `json.dumps(..., indent=2)`", "file/write_json", 4.0),
            Against("plain write of `json.dumps(...)`", "file/write_json_compact"),
            Against("durable write of ready bytes", "file/write_bytes_durably", is_limit=True),
        ),
    ),
    Row(
        "file-import",
        "import 20,000 options into a journaled file, wall time",
        SECONDS,
        "file/import_journaled",
        (Against("without a journal", "file/import", 3.0),),
    ),
    Row(
        "memory",
        "memory of 10,000 options from DynamoDB",
        BYTES,
        "memory/dynamodb",
        (
            Against("the parsed JSON", "memory/json", 1.3),
            Against("botocore and TypeDeserializer", "memory/botocore"),
            Against("cachetools TTLCache", "memory/cachetools"),
        ),
    ),
    Row(
        "memory-file",
        "memory of 10,000 options from a file",
        BYTES,
        "memory/file",
        (Against("the parsed JSON", "memory/json", 1.3),),
    ),
    Row(
        "layers-read",
        '`config.db["host"]` through three layers, 10,000 options',
        SECONDS,
        "layers/read",
        (Against("the same read without layers", "layers/read_alone", LAYERED_READ),),
    ),
    Row(
        "layers-refresh",
        "refresh three layers of 10,000 options in files with one change, CPU",
        SECONDS,
        "layers/refresh",
        (Against("the sum of the three without layers", "layers/refresh_alone", 1.3),),
    ),
    Row(
        "layers-refresh-memory",
        "the same in memory, where nothing is parsed",
        SECONDS,
        "layers/refresh_memory",
        (Against("the sum of the three without layers", "layers/refresh_memory_alone", 1.3),),
    ),
    Row(
        "layers-memory",
        "memory of two layers of the same 10,000 options, from files",
        BYTES,
        "layers/memory",
        (
            Against("the parsed JSON of one", "layers/memory_json_of_one", 2.2),
            Against("the parsed JSON of both", "layers/memory_json"),
        ),
    ),
)

GROWTH = (
    Growth("DynamoDB: load", SECONDS, "growth/dynamodb_load_{}"),
    Growth("DynamoDB: refresh, unchanged", SECONDS, "growth/dynamodb_refresh_{}"),
    Growth("DynamoDB: refresh, an option a page changed", SECONDS, "growth/dynamodb_changed_{}"),
    Growth("DynamoDB: hot read", SECONDS, "growth/dynamodb_hot_read_{}"),
    Growth("DynamoDB: memory", BYTES, "growth/dynamodb_memory_{}"),
    Growth("DynamoDB: full Query, read units", UNITS, "units/full_query_{}_units"),
    Growth(
        "DynamoDB: refresh, journaled, unchanged, read units", UNITS, "units/unchanged_{}_units"
    ),
    Growth("file: load", SECONDS, "growth/file_load_{}"),
    Growth("file: refresh, unchanged", SECONDS, "growth/file_refresh_{}"),
    Growth("file: refresh, an option changed", SECONDS, "growth/file_changed_{}"),
    Growth("file: hot read", SECONDS, "growth/file_hot_read_{}"),
    Growth("file: memory", BYTES, "growth/file_memory_{}"),
    Growth("json.loads of the file", SECONDS, "growth/json_load_{}", is_limit=True),
)
