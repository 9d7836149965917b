"""`confstore validate`: whether options fit a class of Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Confstore

CANARY = "hunter2"

SETTINGS = """
import dataclasses
import attrs
import pydantic

print("imported", 1)

@attrs.frozen
class Database:
    host: str
    port: int

@dataclasses.dataclass
class Login:
    password: str

@attrs.frozen
class Settings:
    db: Database
    login: Login

class Model(pydantic.BaseModel):
    db: dict[str, int]
    limits: dict[str, int]

class Outer:
    Inner = Database

OPTIONS = {"db": Database, "login": Login}
EMPTY = {}
SECRET = "hunter2"
"""


@pytest.fixture
def module(tmp_path: Path, dev: Path) -> Callable[..., None]:
    """Write a module into the working directory: `settings.py`, or another name."""

    def write(source: str = SETTINGS, name: str = "settings") -> None:
        path = tmp_path / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")

    write()
    return write


@pytest.mark.usefixtures("module")
class TestFits:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("settings:Settings",),
            ("settings:OPTIONS",),
            ("settings:Database", "--option", "db"),
            ("settings:Login", "--option", "login"),
            ("settings:Outer.Inner", "--option", "db"),
        ],
    )
    def test_nothing_to_say(self, confstore: Confstore, arguments: tuple[str, ...]) -> None:
        """Code 0 and no problems; what the module prints is no data."""
        ran = confstore("validate", *arguments)
        assert (ran.json, ran.code, ran.stderr) == ([], 0, "imported 1\n")

    def test_in_words(self, confstore: Confstore) -> None:
        """A table without rows is a sentence."""
        ran = confstore("validate", "settings:Settings", "-o", "table")
        assert (ran.stdout, ran.code) == ("", 0)
        assert "store 'dev' fits settings:Settings\n" in ran.stderr
        ran = confstore("validate", "settings:Database", "--option", "db", "-o", "table")
        assert "option 'db' fits settings:Database\n" in ran.stderr


class TestDoesNotFit:
    def test_each_problem(
        self, confstore: Confstore, module: Callable[..., None], dev: Path
    ) -> None:
        """Option, key and what was expected; code 3, and never a value."""
        content = {"db": {"host": [CANARY], "port": CANARY}}
        dev.write_text(json.dumps(content), encoding="utf-8")
        ran = confstore("validate", "settings:Settings")
        assert ran.code == 3
        assert ran.json == [
            {
                "option": "db",
                "key": "host",
                "problem": "expected str, found list",
                "place": "dev.json:1",
            },
            {
                "option": "db",
                "key": "port",
                "problem": "expected int, found text",
                "place": "dev.json:1",
            },
            {"option": "login", "key": None, "problem": "is missing", "place": None},
        ]
        assert ran.stderr.endswith(
            "confstore: store 'dev' does not fit settings:Settings: 3 problems\n"
        )
        assert CANARY not in ran.stdout + ran.stderr

    def test_as_a_table(self, confstore: Confstore, module: Callable[..., None]) -> None:
        """One problem a line; a whole option has no key."""
        ran = confstore("validate", "settings:Model", "-o", "table")
        rows = [line.split() for line in ran.stdout.splitlines()]
        assert rows == [
            ["OPTION", "KEY", "PROBLEM", "PLACE"],
            ["db", "host", "expected", "int,", "found", "text", "(int_parsing)", "dev.json:3"],
            ["limits", "-", "is", "missing", "-"],
        ]
        assert ran.code == 3

    def test_text_in_the_place_of_a_number(
        self, confstore: Confstore, module: Callable[..., None], dev: Path
    ) -> None:
        """A note says how the first key of each kind is written; the table has no empty column."""
        module(
            "import attrs\n@attrs.frozen\nclass All:\n    db: dict[str, int]\n    flags: 'Flags'\n"
            "@attrs.frozen\nclass Flags:\n    is_on: bool\n    names: list[str]\n    key: bytes\n"
            "    other: int\n    host: str\n    tags: set[str]\n    more: dict\n"
        )
        flags = {"is-on": "yes", "names": "a,b", "key": "a", "other": "1", "host": 1, "tags": "a"}
        content = {"db": {"a=b": CANARY}, "flags": {**flags, "more": "{}"}}
        dev.write_text(json.dumps(content), encoding="utf-8")
        ran = confstore("validate", "settings:All")
        assert (ran.code, len(ran.json)) == (3, 8)
        assert ran.stderr.splitlines()[:-1] == [
            "note: write 'a\\=b:=1' for a number; a=b=VALUE is text",
            "note: write is-on:=true for true or false; is-on=VALUE is text",
            """note: write 'names:=["a"]' for a list; names=VALUE is text""",
            """note: write 'key:={"$bytes": "BASE64"}' for bytes; key=VALUE is text""",
            """note: write 'tags:={"$set": ["a"]}' for a set; tags=VALUE is text""",
            """note: write 'more:={"a": 1}' for a dict; more=VALUE is text""",
        ]

    def test_place(
        self,
        confstore: Confstore,
        module: Callable[..., None],
        dev: Path,
    ) -> None:
        """In layers it is that of the layer, and there is no column where nothing is known."""
        url = "env:PLACED_ file:dev.json"
        env = {"CONFSTORE_URL": url, "PLACED_DB__HOST": "[1]"}
        dev.write_text('{"db": {"host": [2],\n"port": "1"}, "login": {"password": "x"}}')
        ran = confstore("validate", "settings:Settings", env=env)
        assert [one["place"] for one in ran.json] == ["PLACED_DB__HOST", "dev.json:2"]
        dev.write_text("{}", encoding="utf-8")
        ran = confstore("validate", "settings:Settings", "-o", "table")
        assert ran.stdout.splitlines()[0].split() == ["OPTION", "KEY", "PROBLEM"]

    def test_one_option(self, confstore: Confstore, module: Callable[..., None]) -> None:
        """The class is of one option, and one problem is one."""
        ran = confstore("validate", "settings:Login", "--option", "db")
        assert ran.json == [
            {"option": "db", "key": "password", "problem": "is missing", "place": None}
        ]
        assert "option 'db' does not fit settings:Login: 1 problem\n" in ran.stderr

    def test_the_whole_store(self, confstore: Confstore, module: Callable[..., None]) -> None:
        """What a class says of all its fields together has no option."""
        module(
            "import attrs\n@attrs.frozen\nclass All:\n    db: dict\n    login: dict\n"
            f"    def __attrs_post_init__(self): raise ValueError({CANARY!r})\n"
        )
        ran = confstore("validate", "settings:All")
        problem = "is refused by All: ValueError at settings.py:6"
        assert ran.json == [{"option": None, "key": None, "problem": problem, "place": None}]
        assert CANARY not in ran.stdout + ran.stderr

    def test_unknown_names(
        self, confstore: Confstore, module: Callable[..., None], dev: Path
    ) -> None:
        """A note without --strict, a problem with it; both with the closest name."""
        content = {
            "db": {"host": "h", "port": 1, "prot": CANARY},
            "login": {"password": CANARY},
            "logins": {"password": CANARY},
        }
        dev.write_text(json.dumps(content), encoding="utf-8")
        ran = confstore("validate", "settings:Settings")
        assert (ran.code, ran.json) == (0, [])
        assert ran.stderr.splitlines()[1:] == [
            "note: there is the unknown option 'logins'",
            "note: option 'db' has the unknown key 'prot'",
        ]
        ran = confstore("validate", "settings:Settings", "--strict")
        assert ran.code == 3
        assert ran.json == [
            {"option": "logins", "key": None, "problem": "is unknown", "place": None},
            {"option": "db", "key": "prot", "problem": "is unknown", "place": "dev.json:1"},
        ]
        del content["login"], content["db"]["port"]
        dev.write_text(json.dumps(content), encoding="utf-8")
        ran = confstore("validate", "settings:Settings", "--strict")
        assert [row["problem"] for row in ran.json] == [
            "is missing",
            "is missing",
            "is unknown: did you mean 'login'?",
            "is unknown: did you mean 'port'?",
        ]
        assert CANARY not in ran.stdout + ran.stderr

    def test_absent_option(self, confstore: Confstore, module: Callable[..., None]) -> None:
        """It is not there, and that is no question of the schema."""
        ran = confstore("validate", "settings:Database", "--option", "dbb")
        assert ran.code == 1
        assert "did you mean 'db'?" in ran.stderr


class TestNoSchema:
    @pytest.mark.parametrize(
        ("reference", "text"),
        [
            ("settings", "a schema is MODULE:CLASS, such as settings:Settings, not 'settings'"),
            ("settings:", "a schema is MODULE:CLASS"),
            (":Settings", "a schema is MODULE:CLASS"),
            ("./settings.py:Settings", "a schema is MODULE:CLASS"),
            ("settings:Settings:x", "a schema is MODULE:CLASS"),
            ("settigns:Settings", "no module 'settigns' here, or installed; did you mean 'sett"),
            ("settings.py:Settings", "no module 'settings.py' in 'settings'; did you mean 'setti"),
            ("json.decodr:X", "no module 'json.decodr' in 'json'; did you mean 'json.decoder'?"),
            ("settings:Setings", "module 'settings' has no 'Setings'; did you mean 'Settings'?"),
            ("settings:Outer.Iner", "'Outer' of module 'settings' has no 'Iner'; did you mean 'I"),
            ("settings:SECRET", "dataclass or pydantic model, but a str"),
            ("settings:EMPTY", "dataclass or pydantic model, but a dict"),
        ],
    )
    def test_usage(
        self, confstore: Confstore, module: Callable[..., None], reference: str, text: str
    ) -> None:
        """Code 2, and the closest name."""
        ran = confstore("validate", reference)
        assert (ran.code, ran.stdout) == (2, "")
        assert text in ran.stderr
        assert ran.stderr.count("confstore: ") == 1
        assert CANARY not in ran.stderr

    def test_several_for_one(self, confstore: Confstore, module: Callable[..., None]) -> None:
        """A dict of option to class says itself which options it is for."""
        ran = confstore("validate", "settings:OPTIONS", "--option", "db")
        assert ran.code == 2
        assert "leave --option out, or name a class" in ran.stderr

    def test_submodule(self, confstore: Confstore, module: Callable[..., None]) -> None:
        """Packages of the working directory are found as well."""
        module(SETTINGS, "package.schemas")
        assert confstore("validate", "package.schemas:Settings").code == 0
        ran = confstore("validate", "package.schema:Settings")
        assert "did you mean 'package.schemas'?" in ran.stderr

    def test_safe_path(self, script: Confstore, module: Callable[..., None]) -> None:
        """Where Python is told not to import from the working directory, neither do we."""
        ran = script("validate", "settings:Settings", env={"PYTHONSAFEPATH": "1"})
        assert ran.code == 2

    def test_without_cattrs(
        self, script: Confstore, module: Callable[..., None], tmp_path: Path
    ) -> None:
        """The pip command is said."""
        hidden = tmp_path / "hidden"
        hidden.mkdir()
        text = "raise ModuleNotFoundError('hidden', name='cattrs')\n"
        (hidden / "cattrs.py").write_text(text, encoding="utf-8")
        ran = script("validate", "settings:Settings", env={"PYTHONPATH": str(hidden)})
        assert ran.code == 2
        assert "python -m pip install 'confstore[typed]'\n" in ran.stderr


class TestBrokenModule:
    @pytest.mark.parametrize(
        ("source", "text"),
        [
            ("\nraise ValueError('hunter2')\n", "ValueError at settings.py:2;"),
            ("import json\njson.loads('hunter2')\n", "JSONDecodeError at settings.py:2;"),
            ("x = 1\ndef (:\n", "SyntaxError at settings.py:2;"),
            ("import sys\nsys.exit('hunter2')\n", "SystemExit at settings.py:2;"),
            ("import no_such\n", "ModuleNotFoundError (there is no module 'no_such') at settings"),
            ("raise ModuleNotFoundError('hunter2')", "ModuleNotFoundError at settings.py:1;"),
        ],
    )
    def test_one_line_of_where(
        self, confstore: Confstore, module: Callable[..., None], source: str, text: str
    ) -> None:
        """Its type and its place, not its text: that may be a secret."""
        module(source)
        ran = confstore("validate", "settings:Settings")
        assert (ran.code, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)
        assert ran.stderr.startswith(f"confstore: module 'settings' failed: {text}")
        assert CANARY not in ran.stderr
        assert "Traceback" in confstore("validate", "settings:Settings", "--debug").stderr

    def test_annotation_that_cannot_be_evaluated(
        self, confstore: Confstore, module: Callable[..., None]
    ) -> None:
        """It fails when it is looked at, and is told all the same."""
        module("import attrs\n@attrs.define\nclass Settings:\n    db: 'Missing'\n")
        ran = confstore("validate", "settings:Settings")
        assert (ran.code, ran.stderr.count("\n")) == (3, 1)
        assert ran.stderr.startswith("confstore: settings:Settings failed: NameError")

    def test_elsewhere(
        self,
        script: Confstore,
        module: Callable[..., None],
        tmp_path_factory: pytest.TempPathFactory,
    ) -> None:
        """A module that is installed is named by its whole path."""
        folder = tmp_path_factory.mktemp("installed")
        (folder / "installed.py").write_text("1 / 0\n", encoding="utf-8")
        ran = script("validate", "installed:X", env={"PYTHONPATH": str(folder)})
        assert f"ZeroDivisionError at {folder / 'installed.py'}:1;" in ran.stderr
