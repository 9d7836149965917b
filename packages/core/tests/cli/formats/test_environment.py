"""Options as environment variables: their names, their text, and what a shell makes of it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import dotenv
import pytest
from hypothesis import assume, example, given, settings, strategies as st

from confstore._cli.formats.environment import environment
from confstore._cli.formats.files import dumps, loads
from confstore.adapter import canonical_values
from confstore.errors import InvalidValueError
from confstore.testing import CANARY, any_option, any_values, assert_keeps_values

SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh", "ksh") if shutil.which(shell)]

any_variable_text = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.text("a\\'\"$`{}!#~ \t\n\r=()&;|<>*?[]^-", max_size=8),
)
any_texts = st.lists(any_variable_text, min_size=1, max_size=20)
NASTY = [
    *("", " ", "a", "a b", " a ", "'", "''", "'a'", '"', "it's", 'say "it"', 'it\'s "it"'),
    *("$HOME", "${HOME}", "$(id)", "`id`", "\\", "\\\\", "\\n", "\\'", "a\\", "'\\", "$'\\'"),
    *("\n", "a\nb", "a\n\nb\n", "\r", "a\r\nb", "\t", "#a", "a #b", "a#b", "!", "!!", "~", "*"),
    *("a=b", "export A=1", "\u00fc", "\u65e5\u672c", "\U0001f600", "\x01\x1b\x7f", "\x81\x88"),
    *("\u0085", "\u2028", "'; id; '", '"; id; "', "a;b", "a&b", "(a)", "-n", "%s", "\\0", "\\c"),
]


def numbered(texts: list[str]) -> dict[str, Any]:
    return {"app": {f"key{number}": text for number, text in enumerate(texts)}}


@pytest.mark.parametrize(
    ("option", "key", "name"),
    [
        ("db", "host", "DB_HOST"),
        ("DB", "Host", "DB_HOST"),
        ("external-port", "http.port", "EXTERNAL_PORT_HTTP_PORT"),
        ("a b", "c/d", "A_B_C_D"),
        ("db", "1", "DB_1"),
        ("\u00fc", "stra\u00dfe", "__STRA_E"),
        ("_a", "\n", "_A__"),
    ],
)
def test_variable_is_named_after_option_and_key(option: str, key: str, name: str) -> None:
    """In upper case; what a name cannot have is an underscore."""
    assert environment({option: {key: "a"}}) == {name: "a"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        (" a\n'b' ", " a\n'b' "),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (27017, "27017"),
        (0.1, "0.1"),
        (1e40, "1e+40"),
        (10**37, "1" + "0" * 37),
        (Decimal("0.12345678901234567890123"), "0.12345678901234567890123"),
        (b"text", "dGV4dA=="),
        (b"", ""),
        ([], "[]"),
        ({}, "{}"),
        ([1, "a", None, True, [0.5]], '[1,"a",null,true,[0.5]]'),
        ({"a": {"b": "\u00fc\0"}}, '{"a":{"b":"\u00fc\\u0000"}}'),
        ({"$a": 1}, '{"$a":1}'),
        ({"b", "a"}, '["a","b"]'),
        ({2, 0.5}, "[0.5,2]"),
        ([b"text", {b"a"}], '["dGV4dA==",["YQ=="]]'),
        ([Decimal("0.12345678901234567890123")], '["0.12345678901234567890123"]'),
    ],
)
def test_value_is_text(value: Any, text: str) -> None:
    """As programs expect it that read their environment."""
    assert environment({"db": canonical_values("db", {"key": value})}) == {"DB_KEY": text}


@pytest.mark.parametrize("format", ["dotenv", "shell"])
def test_two_keys_with_one_variable_are_refused(format: str) -> None:
    """Neither would be right; the error names both."""
    options = {"db": {"a-b": CANARY}, "other": {}, "db-a": {"B": CANARY}}
    with pytest.raises(InvalidValueError, match="rename it") as caught:
        dumps(options, format)
    assert (caught.value.option, caught.value.path) == ("db-a", "B")
    assert "DB_A_B is that of option 'db', key 'a-b', too" in caught.value.reason
    assert_keeps_values(caught.value)


@pytest.mark.parametrize("format", ["dotenv", "shell"])
@pytest.mark.parametrize("option", ["8080", "0"])
def test_variable_that_begins_with_a_digit_is_refused(format: str, option: str) -> None:
    """No shell takes it."""
    with pytest.raises(InvalidValueError, match="none begins with a digit") as caught:
        dumps({"db": {"a": CANARY}, option: {"host": CANARY}}, format)
    assert (caught.value.option, caught.value.path) == (option, "host")
    assert_keeps_values(caught.value)


@pytest.mark.parametrize("format", ["dotenv", "shell"])
def test_text_with_nul_is_refused(format: str) -> None:
    """The environment ends a text there."""
    with pytest.raises(InvalidValueError, match="NUL") as caught:
        dumps({"db": {"fine": "a", "key": CANARY + "\0"}}, format)
    assert (caught.value.option, caught.value.path) == ("db", "key")
    assert_keeps_values(caught.value)


@settings(deadline=None)
@given(options=st.dictionaries(any_option, any_values, max_size=3))
def test_options_have_sound_variables_or_are_refused(options: Any) -> None:
    """Whatever options and keys are called."""
    options = {option: canonical_values(option, values) for option, values in options.items()}
    try:
        variables = environment(options)
    except InvalidValueError as error:
        assert error.path in options[error.option]  # noqa: PT017 (refused, and by name)
        return
    assert len(variables) == sum(map(len, options.values()))
    assert all(re.fullmatch("[A-Z_][A-Z0-9_]*", name) for name in variables)


def test_shell_commands_are_readable() -> None:
    """One line a variable, always in quotes."""
    options = {"db": {"host": "localhost", "port": 1, "quote": "it's", "none": None}}
    assert dumps(options, "shell") == (
        "export DB_HOST='localhost'\n"
        "export DB_PORT='1'\n"
        "export DB_QUOTE='it'\\''s'\n"
        "export DB_NONE=''\n"
    )


def what_a_shell_has(shell: str, before: str, text: str, names: list[str], folder: Path) -> Any:
    """The variables that a script sets, as a program that the shell starts would get them."""
    script = folder / "script"
    script.write_bytes(text.encode())
    shown = " ".join(f'"${name}"' for name in names)
    command = f"{before}. {script}\nprintf '%s\\0' {shown}"
    answer = subprocess.run([shell, "-c", command], capture_output=True, check=True, timeout=60)
    assert answer.stderr == b""
    return dict(zip(names, answer.stdout.decode().split("\0")[:-1], strict=True))


@pytest.mark.parametrize("shell", SHELLS)
@settings(deadline=None)
@given(texts=any_texts)
@example(texts=NASTY)
def test_shell_evaluates_to_the_exact_text(
    shell: str, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    """Newlines, quotes, dollars, backquotes, and whatever else a text can have."""
    options = numbered(texts)
    folder = tmp_path_factory.getbasetemp()
    variables = environment(options)
    text = dumps(options, "shell")
    assert what_a_shell_has(shell, "", text, list(variables), folder) == variables


def test_exported_variables_reach_programs(tmp_path: Path) -> None:
    """Not only the shell itself has them."""
    script = tmp_path / "script"
    script.write_text(dumps({"db": {"host": "it's $HOME"}}, "shell"))
    command = f". {script}; env"
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert "DB_HOST=it's $HOME" in answer.stdout.splitlines()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("localhost", "localhost"),
        ("", ""),
        ("a b", "'a b'"),
        ('$HOME "`#', "'$HOME \"`#'"),
        ("a\nb", "'a\nb'"),
        ("a\\nb", "'a\\nb'"),
        ("it's", '"it\'s"'),
        ("it's $5", "'it\\'s $5'"),
        ("a\\", "'a\\\\'"),
        ('a\r\nb$"\\', '"a\\r\nb$\\"\\\\"'),
    ],
)
def test_dotenv_quotes_as_little_as_it_can(text: str, line: str) -> None:
    """Bare, then in single quotes, then in double quotes, then with escapes."""
    assert dumps({"a": {"b": text}}, "dotenv") == f"A_B={line}\n"


@settings(deadline=None)
@given(texts=any_texts)
@example(texts=NASTY)
def test_dotenv_is_read_exactly_by_python_dotenv(texts: list[str]) -> None:
    """Every text, by the library whose dialect it is; and by our own import."""
    options = numbered(texts)
    text = dumps(options, "dotenv")
    variables = environment(options)
    assert dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False) == variables
    assert loads(text, "dotenv", source="x", option="app") == {"app": variables}


@settings(deadline=None)
@given(texts=any_texts)
@example(texts=NASTY)
def test_dotenv_of_a_file_is_read_exactly_by_python_dotenv(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    """Also when it is opened as text, in which line ends are made one."""
    options = numbered(texts)
    path = tmp_path_factory.getbasetemp() / "read-by-python-dotenv.env"
    path.write_bytes(dumps(options, "dotenv").encode())
    assert dotenv.dotenv_values(path, interpolate=False) == environment(options)


def needs_escapes(text: str) -> bool:
    """What the dialects of dotenv do not agree on: see the documentation of the format."""
    quote = "'" in text and re.search(r'[$`"\\]', text)
    return bool(quote or "\r" in text or re.search(r"\\(\\|\Z)", text))


@pytest.mark.parametrize("shell", SHELLS)
@settings(deadline=None)
@given(texts=any_texts)
@example(texts=NASTY)
def test_dotenv_is_read_alike_by_a_shell(
    shell: str, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    """`set -a; . ./.env` gives the same for every text that needs no escape."""
    plain = [text for text in texts if not needs_escapes(text)]
    assume(plain)
    options = numbered(plain)
    variables = environment(options)
    text = dumps(options, "dotenv")
    folder = tmp_path_factory.getbasetemp()
    assert what_a_shell_has(shell, "set -a; ", text, list(variables), folder) == variables
