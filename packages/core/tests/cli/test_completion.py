"""What a shell completes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Confstore


def completed(confstore: Confstore, line: str, url: str | None = "file:dev.json") -> list[str]:
    """What bash is offered at the end of a line."""
    words = line.split(" ")
    ran = confstore(
        env={
            "_CONFSTORE_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
            "CONFSTORE_URL": url,
        }
    )
    assert ran.stderr == ""
    return [offer.partition(",")[2] for offer in ran.stdout.split()]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("confstore comp", ["completion"]),
        ("confstore get ", ["db", "login"]),
        ("confstore get l", ["login"]),
        ("confstore get db ", ["host", "port"]),
        ("confstore get -s file:dev.json db h", ["host"]),
        ("confstore list ", ["db", "login"]),
        ("confstore delete db port ", ["host", "port"]),
        ("confstore set ", ["db", "login"]),
        ("confstore set db p", ["port="]),
        ("confstore update db --remove h", ["host"]),
        ("confstore get db host -o ", ["json", "yaml", "table"]),
        ("confstore get nothing ", []),
        ("confstore nothing comp", ["completion"]),
    ],
)
def test_offers(confstore: Confstore, dev: Path, line: str, offered: list[str]) -> None:
    """Commands, options of commands, and the options and keys of the store."""
    assert completed(confstore, line) == offered


def test_names_that_a_shell_cannot_take(confstore: Confstore, dev: Path) -> None:
    """A key is offered as an assignment takes it; a name that cannot be seen is not offered."""
    dev.write_text(json.dumps({"db": {"a=b": 1}, "c\nd": {}}), encoding="utf-8")
    assert completed(confstore, "confstore set db a") == ["a\\=b="]
    assert completed(confstore, "confstore get ") == ["db"]


@pytest.mark.parametrize("url", [None, "file:nothing.json", "nothing:x", "file:"])
def test_no_store_is_no_error(confstore: Confstore, dev: Path, url: str | None) -> None:
    """Whatever is printed would land in the line that somebody is typing."""
    assert completed(confstore, "confstore get ", url) == []


@pytest.mark.usefixtures("mischief")
def test_store_that_fails_is_no_error(confstore: Confstore) -> None:
    """Nor its warnings."""
    assert completed(confstore, "confstore get db ", "mischief:Bug") == []
    assert completed(confstore, "confstore get db ", "mischief:Talkative") == ["host"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_of_each_shell(confstore: Confstore, shell: str) -> None:
    """It is what click makes, and asks this program."""
    ran = confstore("completion", shell)
    assert ran.code == 0
    assert f"_CONFSTORE_COMPLETE={shell}_complete" in ran.stdout
    source = confstore(env={"_CONFSTORE_COMPLETE": f"{shell}_source"})
    assert source.stdout.strip() == ran.stdout.strip()
