"""Variables named by the key alone, and variables of nested values."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Confstore

CANARY = "hunter2"
# Without what measures the coverage, and what Python sets where the locale is C.
SHOW_CODE = """
import json, os
names = [name for name in os.environ if not name.startswith(("COVERAGE_", "LC_CTYPE"))]
print(json.dumps({name: os.environ[name] for name in names}))
"""
SHOW = ("--", sys.executable, "-I", "-S", "-c", SHOW_CODE)


def write(path: Path, **options: Any) -> None:
    """Make the store's file."""
    path.write_text(json.dumps(options), encoding="utf-8")


def test_bare_option_is_named_by_its_keys(process: Confstore, dev: Path) -> None:
    """As they are written, and without the other options."""
    write(dev, app={"DATABASE_URL": "pg://a", "debug": True, "a.b": 1}, db={"host": "a"})
    ran = process("exec", "--bare", "app", "--pristine", *SHOW)
    assert ran.json == {"DATABASE_URL": "pg://a", "debug": "true", "a.b": "1"}


def test_bare_and_other_options_together(process: Confstore, dev: Path) -> None:
    """Of the named options, only the bare one loses its name."""
    write(dev, app={"DEBUG": "1"}, db={"host": "a"}, other={"x": "y"})
    ran = process("exec", "--bare", "app", "--option", "db", "--pristine", *SHOW)
    assert ran.json == {"DEBUG": "1", "DB_HOST": "a"}


def test_option_that_is_bare_and_chosen(process: Confstore, dev: Path) -> None:
    """To name it twice is no contradiction: it is bare."""
    ran = process("exec", "--bare", "db", "--option", "db", "--pristine", *SHOW)
    assert ran.json == {"host": "db.example", "port": "27017"}


def test_prefix_of_a_bare_option(process: Confstore, dev: Path) -> None:
    """It begins every variable's name."""
    ran = process("exec", "--bare", "db", "--prefix", "APP_", "--pristine", *SHOW)
    assert ran.json == {"APP_host": "db.example", "APP_port": "27017"}


@pytest.mark.parametrize(
    "key",
    [
        "PATH",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "IFS",
        "HOME",
        "PERL5OPT",
        "RUBYOPT",
        "EDITOR",
        "CLASSPATH",
        "LD_PRELOAD",
        "NODE_OPTIONS",
        "npm_config_registry",
        "CONFSTORE_SCHEMA",
        "XDG_CONFIG_HOME",
    ],
)
@pytest.mark.parametrize("command", ["exec", "export"])
def test_bare_name_that_runs_code(confstore: Confstore, dev: Path, key: str, command: str) -> None:
    """A name without the name of its option can be any; the known ones need a permission."""
    write(dev, app={key: CANARY})
    rest = ("--", "no-such-command") if command == "exec" else ("--format", "dotenv")
    ran = confstore(command, "--bare", "app", *rest)
    assert (ran.code, ran.stdout) == (3, "")
    assert f"option 'app', key {key!r} would be {key}, which can make programs run" in ran.stderr
    assert f"--allow {key}\n" in ran.stderr
    assert CANARY not in ran.stderr
    allowed = confstore(command, "--bare", "app", "--allow", key, *rest)
    assert allowed.code == (127 if command == "exec" else 0)


@pytest.mark.skipif(sys.platform == "win32", reason="ignores the case of variables")
@pytest.mark.parametrize("key", ["path", "home", "env", "shell"])
def test_bare_name_in_lower_case(confstore: Confstore, dev: Path, key: str) -> None:
    """It is another variable than the one that makes programs run code."""
    write(dev, app={key: "x"})
    assert confstore("exec", "--bare", "app", "--", "no-such-command").code == 127


def test_bare_option_that_is_absent(confstore: Confstore, dev: Path) -> None:
    """An error, as for every option that is named."""
    ran = confstore("exec", "--bare", "dv", "--", "no-such-command")
    assert (ran.code, ran.stderr) == (
        1,
        "confstore: store 'dev' has no option 'dv'; did you mean 'db'?\n",
    )


def test_two_bare_options_with_one_key(confstore: Confstore, dev: Path) -> None:
    """Neither silently wins."""
    write(dev, a={"DEBUG": CANARY}, b={"DEBUG": CANARY})
    ran = confstore("exec", "--bare", "a", "--bare", "b", "--", "no-such-command")
    assert ran.code == 3
    assert "its variable DEBUG is that of option 'a', key 'DEBUG', too" in ran.stderr
    assert CANARY not in ran.stderr


SETTINGS = {
    "LogLevel": {"Default": "Information", "Microsoft.Web": "Warning"},
    "Hosts": ["a", {"name": "b", "ports": [80, 443]}],
    "Empty": {},
    "None": [],
    "Deep": [[1, None], []],
}


def test_nested_values(process: Confstore, dev: Path) -> None:
    """Each has a variable, as .NET reads it; what is empty is the text of its JSON."""
    write(dev, logging=SETTINGS)
    ran = process("exec", "--separator", "__", "--nested", "--pristine", *SHOW)
    assert ran.json == {
        "LOGGING__LOGLEVEL__DEFAULT": "Information",
        "LOGGING__LOGLEVEL__MICROSOFT_WEB": "Warning",
        "LOGGING__HOSTS__0": "a",
        "LOGGING__HOSTS__1__NAME": "b",
        "LOGGING__HOSTS__1__PORTS__0": "80",
        "LOGGING__HOSTS__1__PORTS__1": "443",
        "LOGGING__EMPTY": "{}",
        "LOGGING__NONE": "[]",
        "LOGGING__DEEP__0__0": "1",
        "LOGGING__DEEP__0__1": "",
        "LOGGING__DEEP__1": "[]",
    }


def test_nested_values_of_a_bare_option(process: Confstore, dev: Path) -> None:
    """The names as they are written, dots included: .NET tells by them which logger is meant."""
    write(dev, app={"Logging": SETTINGS["LogLevel"]})
    ran = process("exec", "--bare", "app", "--separator", "__", "--nested", "--pristine", *SHOW)
    assert ran.json == {"Logging__Default": "Information", "Logging__Microsoft.Web": "Warning"}


def test_nested_values_in_shell(confstore: Confstore, dev: Path) -> None:
    """An export has the same variables, with sets as JSON."""
    write(dev, db={"a": {"b": [1]}, "tags": {"$set": ["x", "y"]}})
    ran = confstore("export", "--format", "shell", "--separator", "__", "--nested")
    assert ran.stdout == "export DB__A__B__0='1'\nexport DB__TAGS='[\"x\",\"y\"]'\n"


@pytest.mark.parametrize("command", ["exec", "export"])
def test_nested_needs_a_long_separator(confstore: Confstore, dev: Path, command: str) -> None:
    """With one underscore nobody could tell where a key ends."""
    rest = ("--", "no-such-command") if command == "exec" else ("--format", "dotenv")
    ran = confstore(command, "--nested", *rest)
    assert (ran.code, ran.stdout) == (2, "")
    assert "--nested needs --separator __" in ran.stderr


def test_nested_value_with_the_variable_of_another(confstore: Confstore, dev: Path) -> None:
    """The error names both, by the way to them."""
    write(dev, db={"a": {"b": CANARY}, "a__b": CANARY})
    ran = confstore("exec", "--separator", "__", "--nested", "--", "no-such-command")
    assert ran.code == 3
    assert "its variable DB__A__B is that of option 'db', key \"a['b']\", too" in ran.stderr
    assert CANARY not in ran.stderr


def test_nested_name_that_runs_code(confstore: Confstore, dev: Path) -> None:
    """Underscores in a row do not hide it, nor does the place where the parts meet."""
    write(dev, java={"tool": {"options": CANARY}})
    arguments = ("exec", "--option", "java", "--separator", "__", "--nested")
    ran = confstore(*arguments, "--", "no-such-command")
    assert ran.code == 3
    assert "would be JAVA__TOOL__OPTIONS, which can make programs run other code" in ran.stderr


@pytest.mark.parametrize("key", ["a.b", "a-b"])
def test_bare_name_that_no_shell_has(confstore: Confstore, dev: Path, key: str) -> None:
    """A program and dotenv take it; a script of a shell would not run."""
    write(dev, app={key: CANARY})
    ran = confstore("export", "--bare", "app", "--format", "shell")
    assert (ran.code, ran.stdout) == (3, "")
    assert f"option 'app', at {key}: {key} is not the name of a shell's variable" in ran.stderr
    assert CANARY not in ran.stderr
    assert confstore("export", "--bare", "app", "--format", "dotenv").stdout == f"{key}={CANARY}\n"


def test_bare_needs_a_format_with_variables(confstore: Confstore, dev: Path) -> None:
    """The other formats hold options by their names."""
    ran = confstore("export", "--bare", "db", "--format", "yaml")
    assert ran.code == 2
    assert "yaml has no variables: --prefix, --separator, --bare" in ran.stderr


def test_export_of_named_and_bare_options(confstore: Confstore, dev: Path) -> None:
    """Each option is exported once."""
    ran = confstore("export", "login", "--bare", "db", "db", "--format", "dotenv")
    assert ran.stdout == "LOGIN_PASSWORD=hunter2\nhost=db.example\nport=27017\n"
