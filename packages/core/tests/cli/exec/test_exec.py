"""`confstore exec`: a program with the store's options as environment variables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..conftest import SCRIPT, Confstore, program

CANARY = "hunter2"
MEASURING = "COVERAGE_"

TEXTS = [
    "",
    " ",
    "two\nlines\n",
    "\r\n\t",
    "'\"`$HOME\\n%s*?",
    "a=b=c",
    "äöü € 😀 \u2028",
    "-n",
]


@pytest.fixture
def confstore(process: Confstore) -> Confstore:
    """A process each: it becomes another program."""
    return process


def write(path: Path, **options: Any) -> None:
    """Make the store's file."""
    path.write_text(json.dumps(options), encoding="utf-8")


def variables(raw: bytes) -> dict[str, str]:
    """What `env -0` printed, less what measures the coverage."""
    pairs = (entry.decode().partition("=") for entry in raw.split(b"\0") if entry)
    return {name: value for name, _, value in pairs if not name.startswith(MEASURING)}


def script(path: Path, text: str) -> Path:
    """An executable file."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


class TestEnvironment:
    def test_beside_what_is_there(self, confstore: Confstore, dev: Path) -> None:
        """Every key is a variable; the others are passed on, the URL of the store among them."""
        found = variables(confstore("exec", "--", "env", "-0", env={"MINE": "1"}).raw)
        assert found["DB_HOST"] == "db.example"
        assert found["DB_PORT"] == "27017"
        assert found["LOGIN_PASSWORD"] == CANARY
        assert found["MINE"] == "1"
        assert found["CONFSTORE_URL"] == "file:dev.json"

    def test_store_given_as_option_is_no_variable(self, confstore: Confstore, dev: Path) -> None:
        """`--store` is for this command, and not for the program."""
        ran = confstore("exec", "-s", "file:dev.json", "env", "-0", env={"CONFSTORE_URL": None})
        assert variables(ran.raw).get("DB_PORT") == "27017"
        assert "CONFSTORE_URL" not in variables(ran.raw)

    def test_store_wins(self, confstore: Confstore, dev: Path) -> None:
        """A variable that is there already is replaced."""
        ran = confstore("exec", "--", "env", "-0", env={"DB_HOST": "mine"})
        assert variables(ran.raw)["DB_HOST"] == "db.example"

    def test_pristine(self, confstore: Confstore, dev: Path) -> None:
        """Only the store's variables; the program is found in our PATH all the same."""
        ran = confstore("exec", "--pristine", "--", "env", "-0")
        assert variables(ran.raw) == {
            "DB_HOST": "db.example",
            "DB_PORT": "27017",
            "LOGIN_PASSWORD": CANARY,
        }

    def test_chosen_options(self, confstore: Confstore, dev: Path) -> None:
        """`--option` can be given several times; what is not named is not set."""
        write(dev, a={"x": 1}, b={"x": 2}, c={"x": 3})
        ran = confstore("exec", "--pristine", "--option", "a", "--option=c", "--", "env", "-0")
        assert variables(ran.raw) == {"A_X": "1", "C_X": "3"}

    @pytest.mark.parametrize("given", [None, "C", "C.UTF-8"])
    def test_locale_is_the_callers(self, script: Confstore, dev: Path, given: str | None) -> None:
        """In the locale C, Python sets LC_CTYPE; the program gets what the caller had."""
        plain = {"LC_ALL": None, "LANG": None, "PYTHONCOERCECLOCALE": None, "LC_CTYPE": given}
        found = variables(script("exec", "--", "env", "-0", env=plain).raw)
        assert found.get("LC_CTYPE") == given

    @pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
    def test_text_is_exact(self, script: Confstore, dev: Path, locale: str) -> None:
        """No shell sees it, and it is UTF-8 whatever the locale."""
        write(dev, db={f"x{number}": text for number, text in enumerate(TEXTS)})
        plain = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
        ran = script("exec", "--pristine", "--", "env", "-0", env=plain)
        expected = {f"DB_X{number}": text for number, text in enumerate(TEXTS)}
        assert variables(ran.raw) == expected

    def test_foreign_bytes_are_kept(
        self, tmp_path: Path, dev: Path, environment: dict[str, str]
    ) -> None:
        """Arguments and variables that are no UTF-8 reach the program as they are."""
        found = subprocess.run(
            [SCRIPT, "exec", "--", "sh", "-c", 'printf %s "$1$OLD"', "sh", b"\xff"],
            env={**environment, b"OLD": b"\xfe"},  # type: ignore[dict-item]  # bytes are allowed
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
        assert found.stdout == b"\xff\xfe"

    def test_nothing_is_printed(self, confstore: Confstore, dev: Path) -> None:
        """All output is the program's."""
        ran = confstore("exec", "--", "sh", "-c", "echo out; echo err >&2")
        assert (ran.stdout, ran.stderr, ran.code) == ("out\n", "err\n", 0)


class TestArguments:
    def test_program_gets_its_own(self, confstore: Confstore, dev: Path) -> None:
        """Options of the program are not ours, with the two dashes and without."""
        for dashes in ([], ["--"]):
            ran = confstore("exec", *dashes, "printf", "[%s]", "--pristine", "", "--", "-s x", "*")
            assert ran.stdout == "[--pristine][][--][-s x][*]"

    def test_no_command(self, confstore: Confstore, dev: Path) -> None:
        """It is a usage error."""
        ran = confstore("exec", "--")
        assert ran.code == 2
        assert "missing argument" in ran.stderr

    def test_standard_input(self, confstore: Confstore, dev: Path) -> None:
        """Not a byte of it is read before the program does."""
        content = os.urandom(100_000)
        assert confstore("exec", "--", "cat", input=content).raw == content


class TestProcess:
    @pytest.mark.parametrize("code", [0, 5, 255])
    def test_exit_code(self, confstore: Confstore, dev: Path, code: int) -> None:
        """It is the program's own."""
        assert confstore("exec", "--", "sh", "-c", f"exit {code}").code == code

    @pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
    def test_signal_reaches_the_program(
        self, tmp_path: Path, dev: Path, environment: dict[str, str], name: str
    ) -> None:
        """Who sends one to our process sends it to the program, which takes our place."""
        reacting = (
            "import os, signal, sys\n"
            f"signal.signal(signal.{name}, lambda *_: sys.exit(77))\n"
            "print(os.getpid(), flush=True)\n"
            "while True: signal.pause()\n"
        )
        told = ("exec", "--", sys.executable, "-I", "-S", "-c", reacting)
        process = subprocess.Popen(
            **program(*told, environment=environment),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout is not None
            assert int(process.stdout.readline()) == process.pid
            process.send_signal(getattr(signal, name))
            assert process.wait(60) == 77

    @pytest.mark.parametrize("name", ["TERM", "PIPE", "XFSZ", "INT"])
    def test_death_by_signal(self, confstore: Confstore, dev: Path, name: str) -> None:
        """A signal that Python ignores is not ignored in the program."""
        ran = confstore("exec", "--", "sh", "-c", f"kill -s {name} $$; echo survived")
        assert ran.stdout == ""
        assert ran.code == -getattr(signal, f"SIG{name}")


class TestNoProgram:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("no-such-command", "there is no command 'no-such-command' in PATH"),
            ("./absent", "there is no command './absent'"),
            ("dev.json/x/tool", "there is no command 'dev.json/x/tool'"),
            ("", "there is no command '' in PATH"),
        ],
    )
    def test_absent(self, confstore: Confstore, dev: Path, name: str, text: str) -> None:
        """127, as a shell says it, and one line."""
        ran = confstore("exec", "--", name, CANARY)
        assert (ran.code, ran.stderr) == (127, f"confstore: {text}\n")

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            (".", "Permission denied"),
            ("./dev.json", "Permission denied"),
            ("./formless", "a script begins with a line like #!/bin/sh"),
            ("./orphan", "its interpreter or loader does not exist"),
            (f"./{'x' * 300}", "File name too long"),
        ],
    )
    def test_cannot_be_run(
        self, confstore: Confstore, dev: Path, tmp_path: Path, name: str, text: str
    ) -> None:
        """126, as a shell says it, and one line with the reason."""
        script(tmp_path / "formless", "echo no first line")
        script(tmp_path / "orphan", "#!/no/such/interpreter\n")
        ran = confstore("exec", "--", name, CANARY)
        assert ran.code == 126
        assert ran.stderr.startswith(f"confstore: command {name!r} cannot be run: ")
        assert ran.stderr.count("\n") == 1
        assert text in ran.stderr
        assert CANARY not in ran.stderr

    def test_nobody_reads_the_reason(
        self, tmp_path: Path, dev: Path, environment: dict[str, str]
    ) -> None:
        """127 also where the reader of our errors has gone: it is no death by SIGPIPE."""
        reader, writer = os.pipe()
        os.close(reader)
        command = program("exec", "--", "no-such-command", environment=environment)
        with os.fdopen(writer, "wb") as pipe:
            ran = subprocess.run(**command, cwd=tmp_path, stderr=pipe, timeout=60, check=False)
        assert ran.returncode == 127

    def test_path_is_searched_to_its_end(
        self, confstore: Confstore, dev: Path, tmp_path: Path
    ) -> None:
        """A file that cannot be run hides none that can, and is told of if there is no other."""
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
        (tmp_path / "first" / "tool").write_text("not executable")
        path = f"{tmp_path / 'first'}:{tmp_path / 'second'}:{os.environ['PATH']}"
        assert confstore("exec", "tool", env={"PATH": path}).code == 126
        script(tmp_path / "second" / "tool", "#!/bin/sh\necho found\n")
        assert confstore("exec", "tool", env={"PATH": path}).stdout == "found\n"

    def test_too_large_a_variable(self, confstore: Confstore, dev: Path) -> None:
        """One line names the largest, with its size, and says what to do."""
        write(dev, small={"x": "y"}, db={"cert": "x" * 200_000})
        ran = confstore("exec", "--", "env")
        assert (ran.code, ran.stdout) == (126, "")
        assert ran.stderr == (
            "confstore: command 'env' cannot be run: its arguments and environment are too large "
            "for this system; DB_CERT alone has 200,008 bytes: choose fewer with --option, or let "
            "the program read the store itself\n"
        )


class TestRefused:
    def test_option_of_that_name_by_name(self, confstore: Confstore, dev: Path) -> None:
        """The caller decides: an option that is named is passed on."""
        write(dev, aws={"region": "eu-west-1"}, http={"port": 80})
        named = ("--option", "aws", "--option", "http")
        ran = confstore("exec", "--pristine", *named, "--", "env", "-0")
        assert variables(ran.raw) == {"AWS_REGION": "eu-west-1", "HTTP_PORT": "80"}

    def test_allowed_by_name(self, confstore: Confstore, dev: Path) -> None:
        """Who runs the command decides; each name by itself."""
        write(dev, node={"options": "--trace-warnings", "path": "/opt"})
        arguments = ("--allow", "NODE_OPTIONS", "--", "printenv", "NODE_OPTIONS")
        assert "NODE_PATH" in confstore("exec", *arguments).stderr
        ran = confstore("exec", "--allow", "NODE_PATH", *arguments)
        assert ran.stdout == "--trace-warnings\n"

    def test_prefix_lifts_both(self, confstore: Confstore, dev: Path) -> None:
        """No program reads a name with the application's own prefix."""
        write(dev, ld={"preload": "a"}, tar={"options": "b"}, **{"2fa": {"key": "c"}})
        ran = confstore("exec", "--pristine", "--prefix", "APP_", "--", "env", "-0")
        assert variables(ran.raw) == {
            "APP_LD_PRELOAD": "a",
            "APP_TAR_OPTIONS": "b",
            "APP_2FA_KEY": "c",
        }

    def test_separator(self, confstore: Confstore, dev: Path) -> None:
        """Two underscores show where the option ends."""
        write(dev, my_db={"max_size": 1})
        arguments = ("--pristine", "--separator", "__", "--prefix", "APP_", "--", "env", "-0")
        assert variables(confstore("exec", *arguments).raw) == {"APP_MY_DB__MAX_SIZE": "1"}

    def test_key_without_a_variable(self, confstore: Confstore, dev: Path) -> None:
        """A name that begins with a digit: its option can be left out."""
        write(dev, **{"db": {"x": "1"}, "2fa": {"key": CANARY}})
        ran = confstore("exec", "--", "echo", "run")
        assert (ran.code, ran.stdout) == (3, "")
        assert "none begins with a digit" in ran.stderr
        assert CANARY not in ran.stderr
        assert confstore("exec", "--option", "db", "--", "echo", "run").code == 0

    def test_absent_option(self, confstore: Confstore, dev: Path) -> None:
        """The closest name is offered, and nothing is run."""
        ran = confstore("exec", "--option", "dbb", "--", "echo", "run")
        assert (ran.code, ran.stdout) == (1, "")
        assert "did you mean 'db'?" in ran.stderr


SUPERVISE = """
import sys
from confstore._cli.terminal.exit_codes import CommandError
from confstore._cli.exec.program import supervise
try:
    sys.exit(supervise(sys.argv[2:], {"DB_X": "ä\\n"}, is_pristine=sys.argv[1] == "pristine"))
except CommandError as error:
    print(error)
    sys.exit(error.code)
"""


class TestChild:
    """Where no program can take over a process, as on Windows, it is a child."""

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> Any:
        return subprocess.run(
            [sys.executable, "-c", SUPERVISE, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **(env or {})},
        )

    def test_environment_and_exit_code(self) -> None:
        """Both are the program's own."""
        ran = self.run("all", "sh", "-c", 'printf "%s" "$DB_X$MINE"; exit 7', env={"MINE": "1"})
        assert (ran.stdout, ran.returncode) == ("ä\n1", 7)

    def test_pristine_keeps_what_windows_needs(self) -> None:
        """Without SYSTEMROOT, no program of Windows finds its libraries."""
        ran = self.run("pristine", "env", "-0", env={"SYSTEMROOT": "C:", "MINE": "1"})
        assert variables(ran.stdout.encode()) == {"DB_X": "ä\n", "SYSTEMROOT": "C:"}

    def test_no_program(self, tmp_path: Path) -> None:
        """127 and 126 as where the program takes our place."""
        assert self.run("all", "no-such-command").returncode == 127
        ran = self.run("all", str(tmp_path))
        assert ran.returncode == 126
        assert ran.stdout == f"command {str(tmp_path)!r} cannot be run: Permission denied\n"

    def test_interrupt_is_the_programs(self) -> None:
        """A console sends it to both; ours waits for what the program makes of it."""
        program = (
            "import signal, sys\n"
            "signal.signal(signal.SIGINT, lambda *_: sys.exit(77))\n"
            "print('ready', flush=True)\n"
            "signal.pause()\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, "all", sys.executable, "-I", "-S", "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(60) == 77
