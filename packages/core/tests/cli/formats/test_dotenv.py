"""Dotenv files that people wrote, as one option."""

from __future__ import annotations

import io
import logging

import dotenv
import pytest
from hypothesis import example, given, settings, strategies as st

from confstore._cli.formats.files import loads
from confstore.errors import InvalidDocumentError
from confstore.testing import CANARY, assert_keeps_values


def test_names_are_keys_as_they_are_written() -> None:
    """Nobody can tell where in DB_HOST the option ended; so the file is one option, all text."""
    text = """
        # the database
        DB_HOST=localhost
        export db.port = 27017   # as text
        EMPTY=
        QUOTED='it is # no comment'   # a comment
        ESCAPED="a\\tb\\n\\"c\\" \\$d"
        KEPT='a\\tb\\'c\\\\'
        LINES="a
b"
        DOLLAR=${DB_HOST}
        HASH=a#b
    """
    assert loads(text, "dotenv", source="x", option="app") == {
        "app": {
            "DB_HOST": "localhost",
            "db.port": "27017",
            "EMPTY": "",
            "QUOTED": "it is # no comment",
            "ESCAPED": 'a\tb\n"c" \\$d',
            "KEPT": "a\\tb'c\\",
            "LINES": "a\nb",
            "DOLLAR": "${DB_HOST}",
            "HASH": "a#b",
        }
    }


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "\t# nothing\r\n"])
def test_empty_file_is_an_option_without_keys(text: str) -> None:
    """There is such an option."""
    assert loads(text, "dotenv", source="x", option="app") == {"app": {}}


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        (f"A=1\n={CANARY}\n", "2:1", "this is not NAME=value"),
        (f"A=1\nexport ={CANARY}\n", "2:1", "this is not NAME=value"),
        (f"A=1\n  {CANARY}", "2:3", "an = is missing"),
        (f"A=1\nB {CANARY}=2", "2:1", "this is not NAME=value"),
        (f"A=1\nB='{CANARY}\n", "2:1", "this is not NAME=value"),
        (f'A=1\n B="{CANARY}\\"\n', "2:2", "this is not NAME=value"),
        (f"A=1\nB='a' {CANARY}\n", "2:1", "this is not NAME=value"),
        (f"if [ {CANARY} ]; then\n", "1:1", "a command of a shell script"),
        (f". {CANARY}\n", "1:1", "a command of a shell script"),
        (f"[[ {CANARY} ]]\n", "1:1", "a command of a shell script"),
        (f"export A {CANARY}=1\n", "1:1", "a command of a shell script"),
        ("A=1\nexport A\n", "2:1", "the shell script sets elsewhere"),
        (f"A=1\nB=2\n A={CANARY}", "3:2", "this name is there twice, first on line 1"),
        (f"A=1\n_store={CANARY}", "2:1", "the key is reserved"),
        (f"A=1\nB={CANARY}\ud800", "2:1", "lone surrogate"),
        (f"A={'b' * 400_000}", "1:1", "split it into several options"),
    ],
)
def test_faulty_file_is_refused_where_it_is_at_fault(text: str, place: str, reason: str) -> None:
    """Line, column and what to do; and nothing of the file."""
    with pytest.raises(InvalidDocumentError, match=r"^\.env:") as caught:
        loads(text, "dotenv", source=".env", option="app")
    assert caught.value.place == f".env:{place}"
    assert reason in caught.value.reason
    assert caught.value.__context__ is None
    assert_keeps_values(caught.value)


def test_option_needs_a_name_that_it_can_have() -> None:
    """The name is the caller's, and is checked all the same."""
    with pytest.raises(InvalidDocumentError, match="an option cannot have this name"):
        loads("A=1", "dotenv", source=".env", option="")


any_line = st.builds(
    lambda name, equals, value: name + equals + "".join(value),
    st.sampled_from(["A", "B", "export A", " a.b", "export", "#A", ""]),
    st.sampled_from(["=", " = ", "=\t", ""]),
    st.lists(
        st.sampled_from(
            [
                *("'", '"', "'a'", '"b"', "\\", "\\n", "\\'", '\\"', "\\$", "\\\\", "=", "a", "$A"),
                *(" ", "\t", "\n", "\r\n", "\r", "#", " # ", "${A}", "\u00fc", "\xa0", "\u2028"),
            ]
        ),
        max_size=6,
    ),
)


@settings(deadline=None)
@given(text=st.lists(any_line, min_size=1, max_size=3).map("\nC=1\n".join))
@example(text="A=#a\nB= #b")
@example(text="A=a#b #c")
@example(text="export =a")
@example(text='A="\\a\\b\\f\\v\\r\\q"')
def test_what_is_read_is_what_python_dotenv_reads(text: str) -> None:
    """Where both read a file, they read the same."""
    try:
        options = loads(text, "dotenv", source="x", option="app")
    except InvalidDocumentError:
        return
    logging.disable(logging.WARNING)
    try:
        expected = dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False)
    finally:
        logging.disable(logging.NOTSET)
    assert options == {"app": expected}
