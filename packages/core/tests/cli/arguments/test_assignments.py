"""`KEY=VALUE`, `KEY:=JSON`, files and standard input, through `set`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Confstore

CANARY = "hunter2"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    """Files whose content can be a value."""
    (tmp_path / "cert.pem").write_bytes("-----\r\nhöst\n".encode())
    (tmp_path / "limits.json").write_text('{"uploads": [1, 2.5]}', encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")


FORMS = {
    "host=db.example": ("host", "db.example"),
    "empty=": ("empty", ""),
    "digits=27017": ("digits", "27017"),
    "url=https://a/?b=c&d:=e": ("url", "https://a/?b=c&d:=e"),
    "time:of=day": ("time:of", "day"),
    r"path=C:\new\table": ("path", r"C:\new\table"),
    "mail=ada@example.org": ("mail", "ada@example.org"),
    "minus=--": ("minus", "--"),
    "port:=27017": ("port", 27017),
    "one:= 1.0": ("one", 1),
    f"long:={'123456789' * 4}12": ("long", int("123456789" * 4 + "12")),
    "on:=true": ("on", True),
    "none:=null": ("none", None),
    'text:="a"': ("text", "a"),
    'hosts:=["a", {"b": 1}]': ("hosts", ["a", {"b": 1}]),
    'raw:={"$bytes": "AP8="}': ("raw", {"$bytes": "AP8="}),
    'ids:={"$set": [2, 1]}': ("ids", {"$set": [1, 2]}),
    f"exact:=0.{'123456789' * 3}": ("exact", {"$decimal": f"0.{'123456789' * 3}"}),
    "cert=@cert.pem": ("cert", "-----\r\nhöst\n"),
    "limits:=@limits.json": ("limits", {"uploads": [1, 2.5]}),
    r"equals\=sign=c": ("equals=sign", "c"),
    r"colon\:=c": ("colon:", "c"),
    r"backslash\\=c": ("backslash\\", "c"),
    r"other\letter=c": (r"other\letter", "c"),
    r"at=\@ada": ("at", "@ada"),
    r"at2=\\@ada": ("at2", r"\@ada"),
    r"sign=\-": ("sign", "-"),
    r"sign2=\a": ("sign2", r"\a"),
    "line\nfeed=a\nb": ("line\nfeed", "a\nb"),
}


def test_forms(confstore: Confstore, dev: Path, options: Callable[[], Any]) -> None:
    """What each form means."""
    ran = confstore("set", "new", *FORMS)
    assert (ran.stdout, ran.code) == ("", 0), ran.stderr
    assert options()["new"] == dict(FORMS.values())


@pytest.mark.parametrize(
    ("argument", "given", "value"),
    [
        ("k=-", "hunter2\n", "hunter2"),
        ("k=-", "hunter2", "hunter2"),
        ("k=-", "one\ntwo\n\n", "one\ntwo\n"),
        ("k=-", "\n", ""),
        ("k=-", "höst", "höst"),
        ("k:=-", '[1, "a"]\n', [1, "a"]),
    ],
)
def test_standard_input(
    confstore: Confstore,
    dev: Path,
    options: Callable[[], Any],
    argument: str,
    given: str,
    value: object,
) -> None:
    """It is taken less the one line feed that echo and get add."""
    assert confstore("set", "new", argument, input=given).code == 0
    assert options()["new"] == {"k": value}


def test_what_get_prints_can_be_set(
    confstore: Confstore, dev: Path, options: Callable[[], Any]
) -> None:
    """A pipe from get to set keeps the text."""
    printed = confstore("get", "login", "password").raw
    confstore("set", "copy", "password=-", input=printed)
    assert options()["copy"] == options()["login"]


@pytest.mark.parametrize(
    ("arguments", "text", "code"),
    [
        (("password", CANARY), "assignment 1 is none of KEY=VALUE, KEY:=JSON", 2),
        (("a=1", CANARY), "assignment 2 is none of", 2),
        ((f"={CANARY}",), "assignment 1 has an empty key", 2),
        (("a=1", f"a:={CANARY}"), "key 'a' is given twice", 2),
        (("a=-", "b:=-"), "standard input cannot be both 'a' and 'b'", 2),
        ((f"a=@{CANARY}",), "the file for key 'a' cannot be read: No such file", 2),
        (("a=@.",), "cannot be read: Is a directory", 2),
        ((f"a:={CANARY}",), "option 'new', at a: this is not JSON, at line 1, column 1", 3),
        ((f'a:="{CANARY}',), "this is not JSON", 3),
        ((f'a:={{"b": "{CANARY}", "b": 1}}',), "at a: a key is in its object twice", 3),
        (("a:=NaN",), "at a: NaN and infinities are not JSON", 3),
        (("a:=" + "1" * 5000,), "at a: ", 3),
        (("a:=1e999",), "at a: a number other than 0 is at least", 3),
        (("a:=" + "[" * 99_000,), "at a: ", 3),
        (("a:=" + "[" * 40 + "]" * 40,), "at a[0]", 3),
        ((f'a:={{"$bytes": "{CANARY}!"}}',), "at a['$bytes']: this is not base64", 3),
        (('a:={"$set": []}',), "at a['$set']: a set is empty", 3),
        (("a=@binary",), "at a: it is not text in UTF-8", 3),
        ((f"_store={CANARY}",), "at _store: ", 3),
        (("a:=" + '"' + "x" * 400_000 + '"',), "option 'new': ", 3),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_argument(
    confstore: Confstore,
    dev: Path,
    options: Callable[[], Any],
    arguments: tuple[str, ...],
    text: str,
    code: int,
) -> None:
    """One line that says which and why, and shows no value; nothing is written."""
    # The kernel takes no argument of more than 128 KiB.
    if len(arguments[-1]) > 100_000:
        ran = confstore("set", "new", "a:=-", input=arguments[-1].removeprefix("a:="))
    else:
        ran = confstore("set", "new", *arguments)
    assert ran.code == code
    assert ran.stderr.startswith("confstore: ")
    assert ran.stderr.count("\n") == 1
    assert text in ran.stderr
    assert CANARY not in ran.stderr
    assert "new" not in options()


def test_standard_input_that_is_no_text(confstore: Confstore, dev: Path) -> None:
    """Bytes have a form of their own, and the error names it."""
    ran = confstore("set", "new", "a=-", input=b"\xff")
    assert ran.code == 3
    assert 'bytes are given as KEY:={"$bytes": "BASE64"}' in ran.stderr


def test_argument_that_is_no_text(confstore: Confstore, dev: Path) -> None:
    """Bytes that are not UTF-8 reach a program as lone surrogates, which no store keeps."""
    ran = confstore("set", "new", "a=\udcff")
    assert (ran.code, "at a: " in ran.stderr) == (3, True)


def test_nothing_from_standard_input(confstore: Confstore, dev: Path) -> None:
    """What a program pipes in that failed is no secret."""
    before = dev.read_bytes()
    ran = confstore("set", "new", "password=-", input="")
    assert ran.code == 2
    assert "standard input is empty for key 'password'" in ran.stderr
    assert dev.read_bytes() == before
