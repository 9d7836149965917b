"""What the documents say in HCL, in CDK's Python and in YAML says what the code needs."""

from __future__ import annotations

import ast
import json
import re
import uuid
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from confstore_dynamodb import DynamoDBStore

GUIDES = Path(__file__).parent.parent / "docs" / "guides"


def blocks(page: str, language: str) -> list[str]:
    """The examples of a page in a language."""
    text = (GUIDES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def plain(value: Any) -> Any:
    """What a parser of HCL gives, without quotes, marks, and lists of one block."""
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items() if "__" not in key}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.strip('"') if isinstance(value, str) else value


@pytest.fixture
def made(dynamodb_client: Any) -> Any:
    """The table that confstore makes, as DynamoDB describes it."""
    table = f"Infrastructure-{uuid.uuid4().hex}"
    DynamoDBStore(dynamodb_client, table, "prod").close()
    yield dynamodb_client.describe_table(TableName=table)["Table"]
    dynamodb_client.delete_table(TableName=table)


def reader() -> Any:
    """The reader's policy of the page about IAM."""
    (statement,) = json.loads(blocks("iam.md", "json")[0])["Statement"]
    return statement


def test_terraform(made: Any) -> None:
    """It makes the table that we make, protected, and gives a reader what the reader needs."""
    (text,) = blocks("terraform-cdk.md", "hcl")
    document = plain(hcl2.loads(text))
    table = document["resource"][0]["aws_dynamodb_table"]["config"]
    keys = {key["KeyType"]: key["AttributeName"] for key in made["KeySchema"]}
    assert {"HASH": table["hash_key"], "RANGE": table["range_key"]} == keys
    types = {each["AttributeName"]: each["AttributeType"] for each in made["AttributeDefinitions"]}
    assert {each["name"]: each["type"] for each in table["attribute"]} == types
    assert table["billing_mode"] == made["BillingModeSummary"]["BillingMode"]
    assert table["deletion_protection_enabled"] is True
    assert table["point_in_time_recovery"] == [{"enabled": True}]
    assert table["ttl"] == [{"attribute_name": "_expires", "enabled": True}]
    policy = document["data"][0]["aws_iam_policy_document"]["config_reader"]["statement"][0]
    assert policy["actions"] == reader()["Action"]
    ((operator, condition),) = reader()["Condition"].items()
    assert policy["condition"] == [
        {
            "test": operator,
            "variable": "dynamodb:LeadingKeys",
            "values": condition["dynamodb:LeadingKeys"],
        }
    ]


def test_cdk(made: Any) -> None:
    """It is Python, and names the keys, the protection and the permissions that we need."""
    (text,) = blocks("terraform-cdk.md", "py")
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    (table,) = [call for call in calls if ast.unparse(call.func) == "dynamodb.TableV2"]
    arguments = {each.arg: ast.unparse(each.value) for each in table.keywords}
    keys = {key["KeyType"]: key["AttributeName"] for key in made["KeySchema"]}
    string = "type=dynamodb.AttributeType.STRING"
    assert arguments["partition_key"] == f"dynamodb.Attribute(name={keys['HASH']!r}, {string})"
    assert arguments["sort_key"] == f"dynamodb.Attribute(name={keys['RANGE']!r}, {string})"
    assert arguments["billing"] == "dynamodb.Billing.on_demand()"
    assert arguments["deletion_protection"] == "True"
    assert (
        "point_in_time_recovery_enabled=True" in arguments["point_in_time_recovery_specification"]
    )
    assert arguments["time_to_live_attribute"] == "'_expires'"
    (statement,) = [call for call in calls if ast.unparse(call.func) == "iam.PolicyStatement"]
    granted = {each.arg: each.value for each in statement.keywords}
    assert ast.literal_eval(granted["actions"]) == reader()["Action"]
    assert "f'_journal:{store}'" in ast.unparse(granted["conditions"])


def test_kubernetes() -> None:
    """Each mounted volume exists, none by `subPath`, and the probes are those of the page."""
    deployment, layers, key = blocks("kubernetes.md", "yaml")
    config_map, found = yaml.safe_load_all(deployment)
    assert json.loads(config_map["data"]["prod.json"])["db"]["port"] == 27017
    pod = found["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (mount,) = container["volumeMounts"]
    assert "subPath" not in mount
    (volume,) = pod["volumes"]
    assert volume == {"name": mount["name"], "configMap": {"name": config_map["metadata"]["name"]}}
    (variable,) = container["env"]
    assert variable["value"] == f"file://{mount['mountPath']}/prod.json"
    assert container["livenessProbe"]["httpGet"]["path"] == "/live"
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    startup = container["startupProbe"]
    # Longer than the first load may take, by default.
    assert startup["periodSeconds"] * startup["failureThreshold"] > 30
    (variable,) = yaml.safe_load(layers)["env"]
    assert [url.partition(":")[0] for url in variable["value"].split()] == [
        "env",
        "file",
        "dynamodb",
    ]
    (secret,) = yaml.safe_load(key)["spec"]["volumes"]
    assert secret["secret"]["defaultMode"] == 0o600
