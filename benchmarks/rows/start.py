"""
What a new process spends before it is of use; of bare Python only the difference is reported.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks._children import cpu_above_bare_s, cpu_s, program
from benchmarks._clients import table_of
from benchmarks._setting import Setting, SkippedError

__all__ = ["SUBJECTS"]

TABLE = table_of(10)
UNWANTED = ("boto3", "botocore", "cattrs", "click", "hypothesis")
"""Libraries that `import confstore` must leave alone."""

KEY = "{'_store': {'S': 'prod'}, '_option': {'S': 'db'}}"
READ_OURS = f"""
from confstore_dynamodb import DynamoDBStore
DynamoDBStore(None, {TABLE!r}, "prod").get("db")["host"]
"""
FIRST_READS = {
    "read_ours": READ_OURS,
    "read_ours_in_lambda": f"""
import os
os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "benchmark"
{READ_OURS}
""",
    "read_boto3": f"""
import boto3
boto3.client("dynamodb").get_item(TableName={TABLE!r}, Key={KEY})["Item"]["host"]
""",
    "read_botocore": f"""
import botocore.session
client = botocore.session.get_session().create_client("dynamodb")
client.get_item(TableName={TABLE!r}, Key={KEY})["Item"]["host"]
""",
    "read_boto3_table": f"""
import boto3
boto3.resource("dynamodb").Table({TABLE!r}).get_item(
    Key={{"_store": "prod", "_option": "db"}}
)["Item"]["host"]
""",
    "read_powertools": f"""
from aws_lambda_powertools.utilities.parameters import DynamoDBProvider
DynamoDBProvider({TABLE!r}, key_attr="_option", value_attr="host").get("db")
""",
}


def of_program(text: str) -> Callable[[Setting], float]:
    return lambda setting: cpu_above_bare_s(setting, program(text))


def unwanted_after_import() -> int:
    """How many of the unwanted libraries `import confstore` brings along."""
    text = f"import confstore, sys; print(*sys.modules.keys() & {set(UNWANTED)!r})"
    answer = subprocess.run(program(text), capture_output=True, text=True, check=True)
    return len(answer.stdout.split())


def of_import(setting: Setting) -> dict[str, float]:
    cost = cpu_above_bare_s(setting, program("import confstore"))
    return {"import_ours": cost, "unwanted": unwanted_after_import()}


def of_version(setting: Setting) -> float:
    """`confstore --version`; a script stands beside its Python."""
    script = shutil.which("confstore", path=str(Path(sys.executable).parent))
    if script is None:
        raise SkippedError("no program `confstore` is installed")
    return cpu_s(setting, [script, "--version"])


SUBJECTS: dict[str, Callable[[Setting], float | dict[str, float]]] = {
    "import_ours": of_import,
    "import_ours_dynamodb": of_program("import confstore_dynamodb"),
    "import_boto3": of_program("import boto3"),
    "import_powertools": of_program("import aws_lambda_powertools.utilities.parameters"),
    "import_dynaconf": of_program("import dynaconf"),
    "import_pydantic_settings": of_program("import pydantic_settings"),
    **{name: of_program(text) for name, text in FIRST_READS.items()},
    "version": of_version,
    "click": lambda setting: cpu_s(setting, program("import click")),
}
