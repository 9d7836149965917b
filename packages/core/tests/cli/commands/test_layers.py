"""Layers on the command line: reading, writing to one, and where values come from."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from confstore import Change, LocalKeys
from confstore.testing import CANARY
from confstore_file import FileStore

from ..conftest import SCRIPT, Confstore

DEV = {"db": {"port": 2, "user": "dev"}}
PROD = {"db": {"port": 1, "host": "prod"}, "other": {"a": "x"}}
LAYERS = "env:APP_ file:dev.json?optional file:prod.json"
VARIABLES = {"CONFSTORE_URL": LAYERS, "APP_DB__PORT": "5"}
MERGED = {"db": {"port": 5, "host": "prod", "user": "dev"}, "other": {"a": "x"}}


@pytest.fixture(autouse=True)
def stores(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text(json.dumps(DEV, indent=2))
    (tmp_path / "prod.json").write_text(json.dumps(PROD, indent=2))


@pytest.fixture
def layered(environment: dict[str, str]) -> None:
    environment.update(VARIABLES)


# -- reading -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("layered")
def test_reading_commands_read_layers(confstore: Confstore) -> None:
    """Every reading command sees the merged options."""
    assert confstore("get", "db").json == MERGED["db"]
    assert confstore("get", "db", "port").stdout == "5\n"
    assert confstore("list", "--values").json == MERGED
    assert confstore("export").json == MERGED
    exported = confstore("export", "--format", "dotenv", "db", "--separator", "__").stdout
    assert "DB__PORT=5" in exported
    assert confstore("doctor").code == 0


def test_several_flags_are_layers(confstore: Confstore) -> None:
    """-s takes several, before the command and behind it; the environment's are replaced."""
    flags = [part for url in LAYERS.split() for part in ("-s", url)]
    for arguments in (["get", "db", *flags], [*flags, "get", "db"], ["-s", LAYERS, "get", "db"]):
        assert confstore(*arguments, env={"APP_DB__PORT": "5"}).json == MERGED["db"]
    assert confstore("-s", "file:prod.json", "get", "db", "-s", "file:dev.json").json == DEV["db"]


@pytest.mark.usefixtures("layered")
@pytest.mark.parametrize("layer", ["2", "3"])
def test_one_layer_alone(confstore: Confstore, layer: str) -> None:
    """--layer reads one of the layers."""
    expected = {"2": DEV, "3": PROD}[layer]
    assert confstore("get", "db", "--layer", layer).json == expected["db"]


@pytest.mark.usefixtures("layered")
def test_the_closest_name_is_that_of_any_layer(confstore: Confstore) -> None:
    """A mistyped option is looked for in all layers."""
    answer = confstore("get", "othr")
    assert answer.code == 1
    assert "has no option 'othr'; did you mean 'other'?" in answer.stderr


@pytest.mark.usefixtures("layered")
def test_diff_of_layers(confstore: Confstore) -> None:
    """Either side may be layers."""
    answer = confstore("diff", "file:prod.json", "--values")
    assert answer.code == 1
    assert [(one["option"], one["key"]) for one in answer.json] == [("db", "port"), ("db", "user")]
    assert confstore("diff", LAYERS, "file:dev.json file:prod.json").code == 1
    assert confstore("diff", LAYERS, LAYERS).code == 0


@pytest.mark.usefixtures("layered")
def test_exec_passes_on_what_the_layers_give(process: Confstore) -> None:
    """A program gets the merged options."""
    answer = process("exec", "--option", "db", "--pristine", "--", "/usr/bin/env")
    assert set(answer.stdout.split()) >= {"DB_PORT=5", "DB_HOST=prod", "DB_USER=dev"}


SCHEMA = """
import attrs

@attrs.frozen
class Database:
    port: int
    host: str
    user: str
    pool: int = 0

@attrs.frozen
class Unbuildable:
    port: "Nothing"
"""


@pytest.mark.usefixtures("layered")
def test_validate_reads_variables_by_the_schema(confstore: Confstore, tmp_path: Path) -> None:
    """Over nothing, a variable has the type of the schema's field, as in the service."""
    (tmp_path / "settings.py").write_text(SCHEMA)
    variables = {"APP_DB__POOL": "7"}
    answer = confstore("validate", "settings:Database", "--option", "db", env=variables)
    assert (answer.code, answer.json) == (0, [])
    answer = confstore("validate", "settings:Unbuildable", "--option", "db")
    assert answer.code == 3
    assert "settings:Unbuildable failed: NameError" in answer.stderr


# -- writing -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("layered")
@pytest.mark.parametrize(
    "arguments",
    [
        ["set", "db", "a=b"],
        ["update", "db", "a=b"],
        ["delete", "db", "--yes"],
        ["import", "new.json"],
        ["init"],
        ["edit", "db"],
        ["history"],
        ["rollback", "1", "--yes"],
        ["reconcile"],
        ["get", "db", "--show-version"],
        ["diff", "1"],
    ],
)
def test_writing_needs_one_layer(
    confstore: Confstore, tmp_path: Path, arguments: list[str]
) -> None:
    """What writes, or reads a journal, names the layers and does nothing."""
    (tmp_path / "new.json").write_text("{}")
    answer = confstore(*arguments)
    assert answer.code == 2
    assert (
        "one at a time: name one with --layer: 1 env:APP_, 2 file:dev.json, 3 file:prod.json"
        in (answer.stderr)
    )
    assert json.loads((tmp_path / "dev.json").read_text()) == DEV


@pytest.mark.usefixtures("layered")
def test_writes_to_a_layer(confstore: Confstore, tmp_path: Path) -> None:
    """--layer names the layer by its number or its scheme."""
    assert confstore("update", "db", "port:=7", "--layer", "2").code == 0
    assert json.loads((tmp_path / "dev.json").read_text())["db"]["port"] == 7
    assert confstore("--layer", "3", "delete", "other", "--yes").code == 0
    assert json.loads((tmp_path / "prod.json").read_text()).keys() == {"db"}
    assert confstore("init", "--journal", "--layer", "3").code == 0
    answer = confstore(
        "set", "db", "a=b", "--layer", "FILE", "-s", "memory:x", "-s", "file:dev.json"
    )
    assert answer.code == 0
    assert json.loads((tmp_path / "dev.json").read_text()) == {"db": {"a": "b"}}


@pytest.mark.usefixtures("layered")
@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (
            "4",
            "there is no layer '4': the layers are 1 env:APP_, 2 file:dev.json, 3 file:prod.json",
        ),
        ("0", "there is no layer '0'"),
        ("dynamodb", "there is no layer 'dynamodb'"),
        ("file", "there are several layers 'file'"),
        ("1", "env:APP_ is the environment of this process, and no store"),
        ("env", "env:APP_ is the environment of this process, and no store"),
    ],
)
def test_names_the_layers_if_there_is_no_such_one(
    confstore: Confstore, layer: str, reason: str
) -> None:
    """A wrong --layer is a usage error with the names of the layers."""
    answer = confstore("set", "db", "a=b", "--layer", layer)
    assert answer.code == 2
    assert reason in answer.stderr


def test_a_store_alone_is_layer_one(confstore: Confstore) -> None:
    """--layer is harmless with one store."""
    assert confstore("get", "db", "--layer", "1").json == DEV["db"]
    assert confstore("get", "db", "--layer", "file").json == DEV["db"]
    assert confstore("get", "db", env={"CONFSTORE_URL": None}).code == 2


def test_copy_freezes_layers(confstore: Confstore, tmp_path: Path) -> None:
    """A copy of layers to one store holds what they give now."""
    answer = confstore("copy", LAYERS, "file:frozen.json", env={"APP_DB__PORT": "5"})
    assert answer.code == 0
    assert json.loads((tmp_path / "frozen.json").read_text()) == MERGED
    assert "copied env:APP_ file:dev.json file:prod.json into file:frozen.json" in answer.stderr
    answer = confstore("copy", "file:dev.json", LAYERS)
    assert answer.code == 2
    assert "TO is one store: copy to one of its layers" in answer.stderr


@pytest.mark.usefixtures("layered")
def test_export_does_not_replace_the_file_of_a_layer(confstore: Confstore) -> None:
    """A file of any layer is the store's own."""
    answer = confstore("export", "--file", "dev.json", "--yes")
    assert answer.code == 2
    assert "'dev.json' is a file of the store itself" in answer.stderr


# -- explain -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("layered")
def test_explains_each_key(confstore: Confstore) -> None:
    """Winner and losers, with the variable or the line, and without values."""
    answer = confstore("explain", "db")
    assert answer.json == [
        {
            "option": "db",
            "key": "port",
            "layer": "env:APP_",
            "source": "APP_DB__PORT",
            "overridden": [
                {"layer": "file:dev.json", "source": "dev.json:3"},
                {"layer": "file:prod.json", "source": "prod.json:3"},
            ],
        },
        {
            "option": "db",
            "key": "host",
            "layer": "file:prod.json",
            "source": "prod.json:4",
            "overridden": [],
        },
        {
            "option": "db",
            "key": "user",
            "layer": "file:dev.json",
            "source": "dev.json:4",
            "overridden": [],
        },
    ]
    assert len(confstore("explain").json) == 4


@pytest.mark.usefixtures("layered")
def test_explains_with_values_in_a_table(confstore: Confstore) -> None:
    """A row for each layer, the read value first."""
    lines = confstore("explain", "db", "port", "--values", "-o", "table").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["OPTION", "KEY", "LAYER", "SOURCE", "VALUE"],
        ["db", "port", "1", "env:APP_", "APP_DB__PORT", "5"],
        ["db", "port", "2", "file:dev.json", "dev.json:3", "2", "overridden"],
        ["db", "port", "3", "file:prod.json", "prod.json:3", "1", "overridden"],
    ]
    (one,) = confstore("explain", "db", "port", "--values").json
    assert (one["value"], [other["value"] for other in one["overridden"]]) == (5, [2, 1])


@pytest.mark.usefixtures("layered")
def test_explains_who_wrote_it(confstore: Confstore) -> None:
    """The version and the author of the commit that gave each value, where there is a journal."""
    for command in (
        ["init", "--journal"],
        ["update", "db", "port:=8", "--author", "grace"],
        ["update", "db", "host=new", "--author", "linus"],
        ["delete", "other", "--yes"],
    ):
        assert confstore(*command, "--layer", "3").code == 0
    (one,) = confstore("explain", "db", "port", "--history").json
    assert (one["version"], one["author"]) == (None, None)
    assert [(other["version"], other["author"]) for other in one["overridden"]] == [
        (None, None),
        (2, "grace"),
    ]
    table = confstore("explain", "db", "--history", "-o", "table").stdout
    assert ["db", "host", "3", "file:prod.json", "prod.json:4", "3", "linus"] in [
        line.split() for line in table.splitlines()
    ]
    (one,) = confstore("explain", "db", "port", "--history", "-s", "file:prod.json").json
    assert (one["version"], one["author"]) == (2, "grace")


@pytest.mark.usefixtures("layered")
def test_explains_a_fault(confstore: Confstore, tmp_path: Path) -> None:
    """An option with ambiguous variables, and one without keys, have a row."""
    (tmp_path / "dev.json").write_text('{"d-b": {"a": 1}, "d_b": {"a": 1}, "empty": {}}')
    answer = confstore("explain", env={"APP_D_B__A": "2"})
    assert answer.code == 0
    found = {one["option"]: one for one in answer.json}
    assert "the variable APP_D_B__A stands for option 'd-b'" in found["d-b"]["fault"]
    assert found["empty"] == {"option": "empty", "key": None}
    table = confstore("explain", "-o", "table", env={"APP_D_B__A": "2"}).stdout
    assert "APP_D_B__A stands for" in " ".join(table.split())
    assert "empty" in table
    (one,) = confstore("explain", "d-b", "a", env={"APP_D_B__A": "2"}).json
    assert "fault" in one


@pytest.mark.usefixtures("layered")
def test_explain_of_what_is_not_there(confstore: Confstore) -> None:
    """An absent option or key is not found, with the closest name."""
    answer = confstore("explain", "dbb")
    assert answer.code == 1
    assert "did you mean 'db'?" in answer.stderr
    answer = confstore("explain", "db", "prot")
    assert answer.code == 1
    assert "option 'db' has no key 'prot'; did you mean 'port'?" in answer.stderr
    answer = confstore("explain", "-s", "memory:none", "-o", "table")
    assert (answer.code, answer.stdout) == (0, "")
    assert "has no options" in answer.stderr


# -- doctor --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("layered")
def test_doctor_looks_at_each_layer(confstore: Confstore) -> None:
    """The findings of each store, and of the variables."""
    found = {one["check"]: one for one in confstore("doctor").json}
    assert found["file:dev.json, options"]["is_ok"]
    assert found["file:prod.json, file"]["is_ok"]
    assert found["env:APP_"]["text"] == "1 variable begins with APP_"
    assert found["layers"] == {
        "check": "layers",
        "is_ok": True,
        "text": "2 options after merging",
        "advice": "",
        "address": "https://confstore.readthedocs.io/en/stable/errors.html#layers",
    }


@pytest.mark.usefixtures("layered")
def test_doctor_names_variables_that_match_nothing(confstore: Confstore, tmp_path: Path) -> None:
    """A mistyped variable is named, with the closest one; never a value."""
    mistyped = {"APP_DB__PROT": "CANARY", "APP_HOME": "CANARY"}
    answer = confstore("doctor", env=mistyped)
    found = {one["check"]: one for one in answer.json}["env:APP_"]
    assert answer.code == 0
    assert found["is_ok"] is None
    assert "these match no key of the layers below: APP_DB__PROT, APP_HOME" in found["text"]
    assert found["advice"] == "APP_DB__PROT: did you mean APP_DB__PORT?"
    many = {f"APP_X{number}__Y": "CANARY" for number in range(7)}
    answer = confstore("doctor", env=many)
    found = {one["check"]: one for one in answer.json}["env:APP_"]
    assert "APP_X4__Y and 2 more" in found["text"]
    assert found["advice"] == "they make new keys, or are of another program"
    assert "CANARY" not in answer.stdout


@pytest.mark.usefixtures("layered")
def test_doctor_finds_what_fails_the_layers(confstore: Confstore, tmp_path: Path) -> None:
    """Ambiguous names, a text of a wrong kind, and a layer that cannot be read."""
    (tmp_path / "dev.json").write_text('{"d-b": {"a": 1}, "d_b": {"a": 1}}')
    answer = confstore("doctor", env={"APP_D_B__A": "2"})
    found = [(one["check"], one["is_ok"], one["text"]) for one in answer.json]
    assert answer.code == 4
    shared = "these keys share a variable, and cannot be overridden: d_b.a and d-b.a"
    assert ("env:APP_", True, shared) in [
        (check, ok, text.replace("d-b.a and d_b.a", "d_b.a and d-b.a")) for check, ok, text in found
    ]
    assert found[-1][:2] == ("layers", False)
    assert "APP_D_B__A stands for" in found[-1][2]
    answer = confstore("doctor", env={"APP_DB__PORT": "CANARY"})
    assert answer.code == 4
    assert answer.json[-1]["check"] == "layers"
    assert "the text of the variable APP_DB__PORT" in answer.json[-1]["text"]
    assert "CANARY" not in answer.stdout
    (tmp_path / "dev.json").write_text("{")
    found = {one["check"]: one for one in confstore("doctor").json}
    assert found["env:APP_"]["is_ok"] is None
    assert "a layer cannot be read" in found["env:APP_"]["text"]


def test_doctor_of_two_environments(confstore: Confstore) -> None:
    """Each environment is compared with the stores below it."""
    answer = confstore(
        "doctor",
        "-s",
        "env:APP_ env:BASE_ file:dev.json",
        env={"APP_DB__PORT": "1", "BASE_DB__PORT": "2"},
    )
    found = {one["check"]: one for one in answer.json}
    assert found["env:APP_"]["is_ok"]
    assert found["env:BASE_"]["is_ok"]


def test_doctor_of_an_absent_layer(confstore: Confstore) -> None:
    """A layer that cannot be opened is a finding."""
    answer = confstore("doctor", "-s", "env:APP_ file:none.json")
    assert answer.code == 4
    assert confstore("doctor", "-s", "env:APP_").code == 2


# -- safe changes --------------------------------------------------------------------------------


@pytest.mark.usefixtures("layered")
def test_edits_a_layer(confstore: Confstore, tmp_path: Path) -> None:
    """The editor has the options of that layer, and not what the layers give together."""
    before = (tmp_path / "prod.json").read_bytes()
    answer = confstore("edit", "--layer", "2", env={"EDITOR": "cp -t ."})
    assert "nothing was changed" in answer.stderr
    assert (tmp_path / "dev.yaml").read_text().endswith("db:\n  port: 2\n  user: dev\n")
    answer = confstore("edit", "db", "--layer", "2", env={"EDITOR": "sed -i s/2/9/"})
    assert answer.code == 0, answer.stderr
    assert json.loads((tmp_path / "dev.json").read_text()) == {"db": {"port": 9, "user": "dev"}}
    assert (tmp_path / "prod.json").read_bytes() == before
    assert confstore("get", "db").json == {**MERGED["db"], "port": 5}


@pytest.mark.usefixtures("layered")
@pytest.mark.skipif(sys.platform == "win32", reason="the check is a command of a POSIX shell")
@pytest.mark.parametrize("is_good", [True, False])
def test_deploys_to_a_layer(confstore: Confstore, tmp_path: Path, is_good: bool) -> None:
    """It is that layer that is written and rolled back; the check reads what services read."""
    assert confstore("init", "--journal", "--layer", "3").code == 0
    (tmp_path / "new.json").write_text('{"db": {"port": 3, "host": "new"}}')
    check = f"confstore get db > seen; {str(is_good).lower()}"
    flags = ("--layer", "3", "--check", check, "--bake", "0")
    answer = confstore("deploy", "new.json", *flags)
    assert answer.code == (0 if is_good else 6), answer.stderr
    assert json.loads((tmp_path / "seen").read_text()) == {**MERGED["db"], "host": "new"}
    prod = json.loads((tmp_path / "prod.json").read_text())
    assert prod == ({**PROD, "db": {"port": 3, "host": "new"}} if is_good else PROD)
    assert json.loads((tmp_path / "dev.json").read_text()) == DEV
    outcome = "confirmed" if is_good else "rolled back"
    (found,) = [one for one in confstore("doctor").json if "deploy" in one["check"]]
    assert found["check"] == "file:prod.json, deploy"
    assert f"was {outcome} by version" in found["text"]


KEYS = "secrets=local:keys"
SEALED = f"env:APP_ file:dev.json?{KEYS} file:prod.json?{KEYS}"


@pytest.fixture
def sealed(environment: dict[str, str], tmp_path: Path, confstore: Confstore) -> None:
    """Layers that seal: the password of the weakest is replaced by that of another."""
    (tmp_path / "keys").write_text(LocalKeys.generate().text)
    (tmp_path / "keys").chmod(0o600)
    environment["CONFSTORE_URL"] = SEALED
    for layer in ("2", "3"):
        arguments = ("update", "db", "password=-", "--secret", "password", "--layer", layer)
        assert confstore(*arguments, input=f"{CANARY}-{layer}").code == 0
        assert confstore("init", "--journal", "--layer", layer).code == 0


def text_of(path: Path) -> Any:
    """The password of the option `db` as it is in a file."""
    return json.loads(path.read_text())["db"]["password"]


@pytest.mark.usefixtures("sealed")
def test_edits_a_sealed_layer(confstore: Confstore, tmp_path: Path) -> None:
    """A new value is sealed for its layer; the other layer keeps its own."""
    prod = text_of(tmp_path / "prod.json")
    editor = {"EDITOR": f"sed -i 's/secret+local:.*/{CANARY}-new/'"}
    answer = confstore("edit", "db", "--layer", "2", env=editor)
    assert (answer.code, CANARY in answer.stdout + answer.stderr) == (0, False)
    assert text_of(tmp_path / "dev.json").startswith("secret+local:")
    assert text_of(tmp_path / "prod.json") == prod
    assert confstore("get", "db", "password", "--reveal").stdout == f"{CANARY}-new\n"
    # The text of another layer does not open here.
    editor = {"EDITOR": f"sed -i 's|secret+local:.*|{prod}|'"}
    answer = confstore("edit", "db", "--layer", "2", env=editor)
    assert (answer.code, "the secret 'password'" in answer.stderr) == (4, True), answer.stderr


def deploys(findings: Any) -> list[dict[str, Any]]:
    """The findings about deploys."""
    return [one for one in findings if one["check"].endswith("deploy")]


@pytest.mark.usefixtures("sealed")
@pytest.mark.skipif(sys.platform == "win32", reason="the check is a command of a POSIX shell")
@pytest.mark.slow("deploys in processes that are killed")
def test_a_killed_deploy_to_a_sealed_layer(
    confstore: Confstore, tmp_path: Path, environment: dict[str, str]
) -> None:
    """`doctor` finds it among the layers; its command rolls back, and the file can be taken up."""
    before = text_of(tmp_path / "prod.json")
    flags = ("--layer", "3", "--bake", "0", "--check")
    (tmp_path / "new.json").write_text(json.dumps({"db": {"host": "new", "password": CANARY}}))
    command = [SCRIPT, "deploy", "new.json", *flags, "kill -9 $PPID"]
    for is_rolled_back in (True, False):
        ended = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        (found,) = deploys(confstore("doctor").json)
        assert (found["check"], found["is_ok"]) == ("file:prod.json, deploy", None)
        advised = re.search(r"killed: (confstore rollback .*); or deploy", found["advice"])
        assert advised is not None
        if is_rolled_back:
            assert confstore(*shlex.split(advised[1])[1:], "--yes").code == 0
            assert text_of(tmp_path / "prod.json") == before
        else:
            answer = confstore("deploy", "new.json", *flags, "true")
            assert "is to be confirmed: checking it" in answer.stderr
        (found,) = deploys(confstore("doctor").json)
        assert found["is_ok"]


@pytest.mark.usefixtures("sealed")
def test_doctor_names_the_layer_in_its_advice(confstore: Confstore, tmp_path: Path) -> None:
    """Also where it looks at one layer alone: the command needs --layer there, too."""
    said = "deploy of 'x', to be confirmed within 0 s"
    FileStore(tmp_path / "dev.json").commit([Change("a", {})], comment=said)
    for flags, check in (((), "file:dev.json, deploy"), (("--layer", "2"), "deploy")):
        answer = confstore("doctor", *flags)
        (found,) = [one for one in answer.json if one["check"] == check]
        assert (answer.code, found["is_ok"]) == (4, False)
        assert "confstore rollback --layer 2 --if-version 2 1 a;" in found["advice"]


def test_doctor_of_layers_of_which_one_has_a_broken_journal(
    confstore: Confstore, tmp_path: Path
) -> None:
    """The deploys of the others are still looked at."""
    url = "memory:a file:dev.json file:prod.json"
    said = "deploy of 'x', to be confirmed within 0 s"
    for layer in ("2", "3"):
        assert confstore("init", "--journal", "-s", url, "--layer", layer).code == 0
    FileStore(tmp_path / "prod.json").commit([Change("a", {})], comment=said)
    (tmp_path / "dev.journal.jsonl").write_bytes(b"not a journal\n")
    found = {one["check"]: one for one in confstore("doctor", "-s", url).json}
    assert found["file:prod.json, deploy"]["is_ok"] is False
    assert "file:dev.json, deploy" not in found


@pytest.mark.usefixtures("sealed")
def test_secrets_of_each_layer(confstore: Confstore, tmp_path: Path) -> None:
    """Each layer has its own, also those that a stronger one replaces; a bad one is named."""
    dev, prod = ({"layer": f"file:{name}.json", "option": "db"} for name in ("dev", "prod"))
    sealed = {"key": "password", "kind": "local", "reference": None}
    wanted = [{**dev, **sealed}, {**prod, **sealed}]
    assert confstore("secrets", "list").json == wanted
    assert confstore("secrets", "list", "db").json == wanted
    assert "file:prod.json" in confstore("secrets", "list", "-o", "table").stdout
    assert confstore("secrets", "list", "--layer", "3").json == [{"option": "db", **sealed}]
    assert confstore("secrets", "check", "other").json == []
    assert confstore("secrets", "check", "absent").code == 1
    answer = confstore("secrets", "check", "-o", "table")
    assert (answer.code, "2 secrets, all of which can be opened" in answer.stderr) == (0, True)
    content = json.loads((tmp_path / "prod.json").read_text())
    (tmp_path / "prod.json").write_text(json.dumps({**content, "moved": content["db"]}))
    (found,) = confstore("secrets", "check").json
    assert (found["layer"], found["option"]) == ("file:prod.json", "moved")


@pytest.mark.usefixtures("sealed")
def test_secrets_of_a_layer_that_was_opened_without_keys(confstore: Confstore) -> None:
    """Its secrets are texts that a reader would get; layers of which none seals are refused."""
    url = f"file:dev.json?{KEYS} file:prod.json"
    answer = confstore("secrets", "check", "-s", url)
    assert answer.code != 0
    (found,) = answer.json
    assert found["layer"] == "file:prod.json"
    assert found["problem"] == "the URL of its layer has no secrets="
    answer = confstore("secrets", "check", "-s", "file:dev.json file:prod.json")
    assert (answer.code, "add secrets= to its URL" in answer.stderr) == (2, True)


@pytest.fixture
def table(
    dynamodb_local: str, dynamodb_client: Any, environment: dict[str, str], tmp_path: Path
) -> Iterator[str]:
    """Layers: a file over a table, each sealed; the URL of the table."""
    name = f"Layers-{uuid.uuid4().hex}"
    (tmp_path / "keys").write_text(LocalKeys.generate().text)
    (tmp_path / "keys").chmod(0o600)
    place = f"endpoint_url={dynamodb_local}&region=eu-west-1"
    url = f"dynamodb://{name}/prod?{place}&{KEYS}"
    environment["CONFSTORE_URL"] = f"env:APP_ file:dev.json?optional&{KEYS} {url}"
    yield url
    for made in dynamodb_client.list_tables()["TableNames"]:
        if made.startswith(name):
            dynamodb_client.delete_table(TableName=made)


@pytest.mark.skipif(sys.platform == "win32", reason="the check is a command of a POSIX shell")
@pytest.mark.slow("starts DynamoDB Local, and deploys in a process that is killed")
def test_safe_changes_on_a_sealed_table(
    confstore: Confstore, tmp_path: Path, environment: dict[str, str], table: str
) -> None:
    """Edit, deploy, its kill, doctor and rollback, on the weakest of the layers."""
    layer = ("--layer", "dynamodb")
    assert confstore("init", "--journal", *layer).code == 0
    arguments = ("set", "db", "host=prod", "password=-", "--secret", "password", *layer)
    assert confstore(*arguments, input=CANARY).code == 0
    editor = {"EDITOR": f"sed -i 's/secret+local:.*/{CANARY}-edited/'"}
    answer = confstore("edit", "db", *layer, env=editor)
    assert (answer.code, CANARY in answer.stdout + answer.stderr) == (0, False), answer.stderr
    assert confstore("get", "db", "password", "--reveal").stdout == f"{CANARY}-edited\n"

    (tmp_path / "new.json").write_text(json.dumps({"db": {"host": "new", "password": CANARY}}))
    deploy = ("deploy", "new.json", *layer, "--bake", "0", "--check")
    command = [SCRIPT, *deploy, "kill -9 $PPID"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    answer = confstore("doctor")
    (found,) = deploys(answer.json)
    assert (found["check"].partition("/")[0], found["is_ok"]) == ("dynamodb:", None)
    advised = re.search(r"killed: (confstore rollback .*); or deploy", found["advice"])
    assert advised is not None
    assert "is to be confirmed: checking it" in confstore(*deploy, "true").stderr
    assert deploys(confstore("doctor").json)[0]["is_ok"]

    (tmp_path / "new.json").write_text(json.dumps({"db": {"password": f"{CANARY}-bad"}}))
    answer = confstore(*deploy, "false")
    assert answer.code == 6
    assert CANARY not in answer.stdout + answer.stderr
    assert confstore("get", "db", "password", "--reveal").stdout == f"{CANARY}\n"
    assert CANARY not in confstore("history", "--values", *layer).stdout
