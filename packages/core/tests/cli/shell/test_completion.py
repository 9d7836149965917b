"""What a shell completes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ..conftest import Confstore
from ..in_terminal import run_in_terminal


def completed(confstore: Confstore, line: str, url: str | None = "file:dev.json") -> list[str]:
    """What bash is offered at the end of a line."""
    ran = confstore(
        env={
            "_CONFSTORE_COMPLETE": "bash_complete",
            "COMP_LINE": line,
            "COMP_WORD": line.rpartition(" ")[2],
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


def test_versions_of_a_rollback(confstore: Confstore, journaled: Path) -> None:
    """Those of the journal, newest first."""
    for number in range(1, 4):
        confstore("set", "db", f"a={number}")
    assert completed(confstore, "confstore rollback ") == ["4", "3", "2", "1"]


def test_path_of_a_store(confstore: Confstore, dev: Path, tmp_path: Path) -> None:
    """Files of JSON and folders, behind the scheme `file:`."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "prod.json").write_text("{}")
    (tmp_path / "dev.txt").write_text("")
    for line in ("confstore -s ", "confstore list --store "):
        assert completed(confstore, f"{line}file:de") == ["file:deep/", "file:dev.json"]
        assert completed(confstore, f"{line}file:deep/") == ["file:deep/prod.json"]
        assert completed(confstore, f"{line}file:none/") == []
        assert completed(confstore, f"{line}dynamodb://de") == []


def test_names_that_a_shell_cannot_take(confstore: Confstore, dev: Path) -> None:
    """A name that needs quotes, or that cannot be seen, is not offered."""
    dev.write_text(json.dumps({"db": {"a=b": 1, "ab": 2}, "c\nd": {}}), encoding="utf-8")
    assert completed(confstore, "confstore set db a") == ["ab="]
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


BASH = shutil.which("bash")

# What readline does: it splits the line into words, tells the function that `complete` named of
# them, and takes its replies.
ASK = r"""
eval "$(confstore completion bash)"
spec=$(complete -p confstore)
[[ $spec =~ -F\ ([^ ]+) ]]
COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2)) COMPREPLY=()
"${BASH_REMATCH[1]}" confstore "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@pytest.mark.slow("bash starts the program for its script, and once more for a tab")
class TestBash:
    """The script as a user sets it up, in a real bash."""

    @pytest.mark.parametrize(
        ("line", "words", "offered"),
        [
            ("confstore get d", ["confstore", "get", "d"], ["db"]),
            ("confstore get db ", ["confstore", "get", "db", ""], ["host", "port"]),
            ("confstore doc", ["confstore", "doc"], ["doctor"]),
            ("confstore exec --opt", ["confstore", "exec", "--opt"], ["--option"]),
            (
                "confstore validate x:Y --option l",
                ["confstore", "validate", "x", ":", "Y", "--option", "l"],
                ["login"],
            ),
            (
                "confstore -s file:dev.json exec --option ",
                ["confstore", "-s", "file", ":", "dev.json", "exec", "--option", ""],
                ["db", "login"],
            ),
        ],
    )
    def test_function_of_complete(
        self,
        tmp_path: Path,
        dev: Path,
        environment: dict[str, str],
        line: str,
        words: list[str],
        offered: list[str],
    ) -> None:
        """Commands, options and keys; a URL, which bash splits at its colon, is still one."""
        ran = subprocess.run(
            [str(BASH), "--norc", "-c", ASK, "bash", line, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (ran.stdout.splitlines(), ran.stderr) == (offered, "")

    @pytest.mark.parametrize(
        ("typed", "line"),
        [
            ("confstore get d", "confstore get db "),
            ("confstore -s file:dev.json get db p", "confstore -s file:dev.json get db port "),
            ("confstore get a:", "confstore get a:b=c "),
            ('confstore get "a:', 'confstore get "a:b=c" '),
            ("confstore get a:b=", "confstore get a:b=c "),
            # Bash would run what is between the parentheses.
            ("confstore get it", "confstore get it"),
            ('confstore get "it', 'confstore get "it'),
            ("confstore update db ho", "confstore update db host="),
            ("confstore exec -- ./de", "confstore exec -- ./dev.json "),
        ],
    )
    def test_tab(
        self,
        tmp_path: Path,
        dev: Path,
        environment: dict[str, str],
        typed: str,
        line: str,
    ) -> None:
        """What stands in the line after a tab can be entered; a name in it is never run."""
        content = json.loads(dev.read_text(encoding="utf-8"))
        content |= {"a:b=c": {}, "it's $(touch pwned)": {}}
        dev.write_text(json.dumps(content), encoding="utf-8")
        # A key that shows the line between marks, and forgets it.
        setup = (
            'eval "$(confstore completion bash)"; '
            "show() { printf '\\n<%s>\\n' \"$READLINE_LINE\"; READLINE_LINE=; }; "
            "bind -x '\"\\C-o\": show' 2>/dev/null; PS1='REA''DY '\n"
        )
        screen, code = run_in_terminal(
            {
                "args": [str(BASH), "--norc", "--noprofile", "-i"],
                "env": {
                    **environment,
                    "PS1": "START ",
                    "INPUTRC": os.devnull,
                    "TERM": "dumb",
                    "COLUMNS": "100",
                },
            },
            tmp_path,
            [
                ("START ", setup),
                ("READY ", f"{typed}\t\x0f"),
                (">\n".replace("\n", "\r\n"), "exit\n"),
            ],
        )
        assert f"<{line}>" in screen
        assert code == 0
        assert not (tmp_path / "pwned").exists()
