"""`confstore exec --on-change`, with real programs that go on until they are ended."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from confstore import LocalKeys
from confstore.testing import CANARY
from confstore_file import FileStore

from ..conftest import Confstore, program

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.slow("starts programs, and restarts them"),
]

PATIENCE_S = 60
OFTEN = "0.02"

# Says what it was started with, and each signal; ends at SIGTERM, SIGINT and the end of its input.
PROGRAM = """\
import os, signal, sys
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def told(number, _):
    say("got", signal.Signals(number).name)
    if number in ENDING:
        sys.exit(7)
ENDING = {signal.SIGTERM, signal.SIGINT}
for name in ("HUP", "INT", "TERM", "USR1", "USR2", "QUIT"):
    signal.signal(getattr(signal, "SIG" + name), told)
MORE
say("started", os.getpid(), os.environ.get("DB_PORT"))
while True:
    signal.pause()
"""


@attrs.frozen
class Run:
    """A running `confstore exec`."""

    process: subprocess.Popen[str]

    def line(self) -> str:
        """The next line of the program."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def started(self) -> tuple[int, str]:
        """The process and the port that the program was started with."""
        word, pid, port = self.line().split()
        assert word == "started"
        return int(pid), port

    def said(self) -> str:
        """The next line of standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def ended(self) -> int:
        """The status, once it has ended by itself."""
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


Running = Callable[..., Run]


@pytest.fixture
def running(tmp_path: Path, environment: dict[str, str], dev: Path) -> Iterator[Running]:
    """Start a program under `exec --on-change`."""
    begun: list[tuple[subprocess.Popen[str], threading.Timer]] = []

    def start(
        *flags: str,
        reaction: str = "restart",
        more: str = "",
        first: Callable[[], object] = lambda: None,
        command: list[str] | None = None,
        **how: Any,
    ) -> Run:
        # Without `site`: it is not ours, and its coverage would be measured.
        ours = command or [sys.executable, "-I", "-S", "-c", PROGRAM.replace("MORE", more)]
        flags = ("--on-change", reaction, "--interval", OFTEN, *flags)
        process = subprocess.Popen(
            **program("exec", *flags, "--", *ours, environment=environment, first=first),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            **{"stdin": subprocess.DEVNULL, "start_new_session": True, **how},
        )
        killer = threading.Timer(PATIENCE_S, process.kill)
        killer.start()
        begun.append((process, killer))
        return Run(process)

    yield start
    for process, killer in begun:
        # The killer ends what does not end so.
        process.terminate()
        process.communicate()
        killer.cancel()


def is_running(pid: int) -> bool:
    """Whether there is a process, not counting one that has ended and was not waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until_gone(pid: int) -> None:
    """Wait for the end of a process that is no child of ours."""
    deadline_s = time.monotonic() + PATIENCE_S
    while is_running(pid):
        assert time.monotonic() < deadline_s
        os.sched_yield()


def set_port(dev: Path, port: Any) -> None:
    """Change the option of the program."""
    FileStore(dev).update("db", {"port": port})


def test_restart(running: Running, dev: Path) -> None:
    """The program is ended, and started with the new options; no process of it stays."""
    run = running()
    first, port = run.started()
    assert port == "27017"
    set_port(dev, 1)
    assert run.line() == "got SIGTERM"
    second, port = run.started()
    assert (port, run.said()) == ("1", "the store has changed: restarting the program\n")
    assert second != first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)  # neither running nor a zombie
    run.process.send_signal(signal.SIGTERM)
    assert run.line() == "got SIGTERM"
    assert run.ended() == 7
    assert not is_running(second)


def test_signal(running: Running, dev: Path) -> None:
    """The program goes on, and reads the store by itself."""
    run = running(reaction="hup")
    first, _ = run.started()
    set_port(dev, 1)
    assert run.line() == "got SIGHUP"
    assert run.said() == "the store has changed: sending SIGHUP\n"
    set_port(dev, 2)
    assert run.line() == "got SIGHUP"
    assert is_running(first)


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGINT", "SIGTERM"])
def test_signals_are_passed_on(running: Running, name: str) -> None:
    """Those that a process manager sends come to the program."""
    run = running()
    run.started()
    run.process.send_signal(getattr(signal, name))
    assert run.line() == f"got {name}"
    if name in {"SIGINT", "SIGTERM"}:
        assert run.ended() == 7


@pytest.mark.parametrize("code", [0, 1, 42])
def test_exit_code(running: Running, code: int) -> None:
    """It is the program's own, when that ends by itself."""
    assert (
        running(command=[sys.executable, "-I", "-S", "-c", f"raise SystemExit({code})"]).ended()
        == code
    )


def test_end_by_a_signal(running: Running) -> None:
    """Whoever waits sees the signal that ended the program."""
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    ]
    assert running(command=command).ended() == -signal.SIGKILL


def test_end_without_a_handler(running: Running) -> None:
    """SIGTERM that the program does not handle ends both in the same way."""
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import os, time; os.write(1, b'up\\n'); time.sleep(80000)",
    ]
    run = running(command=command)
    assert run.line() == "up"
    run.process.send_signal(signal.SIGTERM)
    assert run.ended() == -signal.SIGTERM


def test_program_that_is_absent(running: Running) -> None:
    """As without --on-change."""
    assert running(command=["no-such-command"]).ended() == 127


def test_program_that_cannot_be_run(running: Running, tmp_path: Path) -> None:
    """As without --on-change."""
    (tmp_path / "data").write_text("x")
    assert running(command=["./data"]).ended() == 126


def test_program_that_ignores_sigterm(running: Running, dev: Path) -> None:
    """It is killed after the grace period."""
    run = running("--grace", "0.05", more="ENDING.remove(signal.SIGTERM)")
    first, _ = run.started()
    set_port(dev, 1)
    assert run.line() == "got SIGTERM"
    second, port = run.started()
    assert (port, is_running(first)) == ("1", False)
    run.process.send_signal(signal.SIGINT)
    assert run.line() == "got SIGINT"
    assert run.ended() == 7
    assert not is_running(second)


# Ends at the second SIGTERM: the first one is still being worked on.
SECOND_TERM = """\
terminated = []
def terminate(number, _):
    say("got SIGTERM")
    terminated.append(number)
    if len(terminated) == 2:
        sys.exit(7)
signal.signal(signal.SIGTERM, terminate)
"""


def test_change_while_the_program_ends(running: Running, dev: Path) -> None:
    """Whoever has sent SIGTERM wants the end: a change in the store starts nothing anew."""
    run = running("--grace", "60", more=SECOND_TERM)
    first, _ = run.started()
    run.process.send_signal(signal.SIGTERM)
    assert run.line() == "got SIGTERM"
    set_port(dev, 1)
    assert run.line() == "got SIGTERM"
    assert run.line() == ""
    assert run.ended() == 7
    assert not is_running(first)


def test_change_long_after_a_signal(running: Running, dev: Path) -> None:
    """A program that has not ended within the grace period goes on, and is restarted."""
    run = running("--grace", "0.05", more=SECOND_TERM)
    run.started()
    run.process.send_signal(signal.SIGTERM)
    assert run.line() == "got SIGTERM"
    set_port(dev, 1)
    assert run.line() == "got SIGTERM"
    assert run.started()[1] == "1"
    run.process.send_signal(signal.SIGTERM)
    run.process.send_signal(signal.SIGINT)


# Says on standard error when options are checked.
WITH_PASSWORD = """\
import attrs
from confstore import Secret
@attrs.frozen
class Login:
    password: Secret[str]
    def __attrs_post_init__(self):
        print("checked")
@attrs.frozen
class Settings:
    login: Login
    db: dict[str, object]
"""


@pytest.mark.parametrize("reaction", ["restart", "HUP"])
def test_secrets_that_are_rewrapped(
    running: Running,
    dev: Path,
    confstore: Confstore,
    environment: dict[str, str],
    reaction: str,
) -> None:
    """Another text of an equal secret is no change; another value is one."""
    old, new = LocalKeys.generate().text, LocalKeys.generate().text
    for name, text in {"keys": old + new, "new-first": new + old}.items():
        (dev.parent / name).write_text(text)
        (dev.parent / name).chmod(0o600)
    (dev.parent / "settings.py").write_text(WITH_PASSWORD)
    environment["CONFSTORE_URL"] = "file:dev.json?secrets=local:keys"
    assert confstore("secrets", "seal", "login", "password").code == 0
    flags = ("--schema", "settings:Settings", "--reveal", "login.password")
    run = running(*flags, reaction=reaction)
    assert run.said() == "checked\n"
    run.started()
    rewrapping = ("secrets", "rewrap", "-s", "file:dev.json?secrets=local:new-first")
    assert "again" in confstore(*rewrapping).stderr
    assert run.said() == "checked\n"
    arguments = ("update", "login", "password=-", "--secret", "password")
    assert confstore(*arguments, input=CANARY).code == 0
    # Nothing stands between the two: the rewrapped secret has changed nothing.
    assert run.said() == "checked\n"
    assert "the store has changed" in run.said()
    assert run.line().startswith("got SIG")


CHILD = """\
import subprocess
child = subprocess.Popen(["sleep", "80000"])
say("child", child.pid)
"""


def test_what_a_program_leaves_running(running: Running, dev: Path) -> None:
    """Without a terminal, a restart and the end also end the processes of its group."""
    run = running(more=CHILD)
    left = int(run.line().split()[1])
    run.started()
    set_port(dev, 1)
    assert run.line() == "got SIGTERM"
    wait_until_gone(left)
    left = int(run.line().split()[1])
    run.started()
    run.process.send_signal(signal.SIGTERM)
    run.ended()
    wait_until_gone(left)


@pytest.mark.skipif(sys.platform != "linux", reason="a service of Linux")
def test_death_of_confstore(running: Running) -> None:
    """After kill -9 the program is told to end, and is no orphan."""
    run = running()
    pid, _ = run.started()
    run.process.kill()
    assert run.line() == "got SIGTERM"
    wait_until_gone(pid)


def test_other_options(running: Running, dev: Path) -> None:
    """Only the chosen options count, and what is written again as it was does not."""
    run = running("--option", "db", reaction="HUP")
    run.started()
    store = FileStore(dev)
    store.set("other", {"a": 1})
    store.set("db", {"host": "db.example", "port": 27017})
    store.set("db", {"host": "db.example", "port": 1})
    assert run.line() == "got SIGHUP"
    assert run.said() == "the store has changed: sending SIGHUP\n"
    run.process.send_signal(signal.SIGTERM)
    assert run.line() == "got SIGTERM"  # and no second SIGHUP


def test_chosen_option_that_disappears(running: Running, dev: Path) -> None:
    """The program goes on, and hears of the option when it is there again."""
    run = running("--option", "db", reaction="HUP")
    run.started()
    FileStore(dev).delete("db")
    assert run.said() == "store 'dev' has no option 'db'; the program goes on as it is\n"
    FileStore(dev).set("db", {"port": 1})
    assert run.line() == "got SIGHUP"


def test_many_changes_are_one(running: Running, dev: Path) -> None:
    """Whoever writes option by option does not restart a program with each of them."""
    run = running()
    run.started()
    for port in range(20):
        set_port(dev, port)
    restarts, port = 0, ""
    while port != "19":
        assert run.line() == "got SIGTERM"
        restarts, port = restarts + 1, run.started()[1]
    assert restarts < 20  # one, where the disk is not very slow


SETTINGS = """\
import attrs
print("imported")
@attrs.frozen
class Database:
    host: str
    port: int
@attrs.frozen
class Login:
    password: str
@attrs.frozen
class Settings:
    db: Database
    login: Login
"""


@pytest.fixture
def settings(tmp_path: Path) -> None:
    """A schema."""
    (tmp_path / "settings.py").write_text(SETTINGS)


@pytest.mark.usefixtures("settings")
def test_options_that_do_not_fit(running: Running, dev: Path) -> None:
    """They restart nothing; those that fit again do, and say so."""
    run = running("--schema", "settings:Settings")
    assert run.said() == "imported\n"
    run.started()
    set_port(dev, CANARY)
    assert run.said() == "option 'db', key port: expected int, found text\n"
    assert run.said() == (
        "store 'dev' does not fit settings:Settings: 1 problem; the program goes on as it is\n"
    )
    # That is said once, however often the store is looked at.
    content = dev.read_text()
    dev.write_text("{")
    assert run.said().endswith("; watching on\n")
    dev.write_text(content.replace(CANARY, "x"))
    assert run.said() == "store 'dev' is back\n"
    assert run.said() == "option 'db', key port: expected int, found text\n"
    assert run.said().endswith("; the program goes on as it is\n")
    set_port(dev, 1)
    assert run.said() == "the store has changed: restarting the program\n"
    assert run.line() == "got SIGTERM"
    assert run.started()[1] == "1"


HANGING = """\
import os, threading

class Store:
    name = "hanging"
    looks = 0

    def items(self, *, consistent=True):
        self.looks += 1
        if self.looks > 1:
            os.write(2, b"hanging\\n")
            threading.Event().wait()
        return iter([("db", {"port": 1})])

    def close(self):
        pass

    get = set = update = delete = None

def open_url(url):
    return Store()
"""


def test_end_while_the_store_hangs(running: Running, installed: Callable[[str, str], None]) -> None:
    """A program that ends is not waited for by whoever waits for the store."""
    installed("hanging", HANGING)
    run = running("--store", "hanging:x")
    run.started()
    assert run.said() == "hanging\n"
    run.process.send_signal(signal.SIGTERM)
    assert run.line() == "got SIGTERM"
    assert run.ended() == 7


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("flags", [(), ("--on-change", "restart")])
def test_start_with_options_that_do_not_fit(
    process: Confstore, dev: Path, flags: tuple[str, ...]
) -> None:
    """The program is not started, with and without --on-change."""
    set_port(dev, CANARY)
    ran = process("exec", "--schema", "settings:Settings", *flags, "--", "echo", "started")
    assert (ran.code, ran.stdout) == (3, "")
    assert "option 'db', key port: expected int, found text\n" in ran.stderr
    assert ran.stderr.endswith("confstore: store 'dev' does not fit settings:Settings: 1 problem\n")
    assert CANARY not in ran.stderr


@pytest.mark.usefixtures("settings")
def test_start_with_options_that_fit(process: Confstore, dev: Path) -> None:
    """The schema changes nothing then."""
    ran = process("exec", "--schema", "settings:Settings", "--", "printenv", "DB_PORT")
    assert (ran.code, ran.stdout) == (0, "27017\n")


def test_names_that_are_refused(running: Running, dev: Path) -> None:
    """A new option whose variable could run code is not given to the program."""
    run = running(reaction="HUP")
    run.started()
    FileStore(dev).set("ld", {"preload": CANARY})
    said = run.said()
    assert "would be LD_PRELOAD" in said
    assert CANARY not in said
    FileStore(dev).delete("ld")
    set_port(dev, 1)
    assert run.line() == "got SIGHUP"


def test_store_that_cannot_be_read(running: Running, dev: Path) -> None:
    """The program goes on, and the changes of the meantime follow."""
    run = running(reaction="HUP")
    run.started()
    content = dev.read_text()
    dev.write_text("{")
    assert run.said().endswith("; watching on\n")
    dev.write_text(content.replace("27017", "1"))
    assert run.said() == "store 'dev' is back\n"
    assert run.line() == "got SIGHUP"


def test_program_that_cannot_be_run_any_more(running: Running, dev: Path, tmp_path: Path) -> None:
    """The restart fails like a start, and nothing is left."""
    serve = tmp_path / "serve"
    text = PROGRAM.replace("MORE", "")
    serve.write_text(f"#!{sys.executable} -IS\n{text}")
    serve.chmod(0o755)
    run = running(command=["./serve"])
    pid, _ = run.started()
    serve.unlink()
    set_port(dev, 1)
    assert run.line() == "got SIGTERM"
    assert run.ended() == 127
    assert not is_running(pid)


SLOW_END = """\
def slowly(*_):
    say("ending")
    signal.pause()
    sys.exit(9)
signal.signal(signal.SIGTERM, slowly)
"""


def test_end_during_a_restart(running: Running, dev: Path) -> None:
    """SIGTERM while the old program ends: it gets that, too, and no new one is started."""
    run = running(more=SLOW_END)
    run.started()
    set_port(dev, 1)
    assert run.line() == "ending"
    run.process.send_signal(signal.SIGINT)
    assert run.line() == "got SIGINT"
    assert run.ended() == 7


def test_unknown_signal(confstore: Confstore, dev: Path) -> None:
    """The error says what there is."""
    ran = confstore("exec", "--on-change", "reload", "--", "no-such-command")
    assert ran.code == 2
    assert "--on-change is restart or the name of a signal, such as HUP, not 'reload'" in ran.stderr


@pytest.mark.parametrize("seconds", ["0", "nan", "1e9"])
def test_interval(confstore: Confstore, dev: Path, seconds: str) -> None:
    """It has the limits of watch."""
    ran = confstore("exec", "--on-change", "HUP", "--interval", seconds, "--", "no-such-command")
    assert ran.code == 2
    assert "--interval is more than 0" in ran.stderr


def test_in_a_terminal(running: Running, dev: Path) -> None:
    """Ctrl-C comes to the program once, from the terminal, and its exit code is ours."""
    controller, terminal = pty.openpty()

    def take_terminal() -> None:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    run = running(reaction="HUP", stdin=terminal, first=take_terminal)
    run.started()
    set_port(dev, 1)
    assert run.line() == "got SIGHUP"
    os.write(controller, b"\x03")
    assert run.line() == "got SIGINT"
    assert run.line() == ""
    assert run.ended() == 7
    os.close(controller)
    os.close(terminal)


def test_ctrl_c_during_a_restart(running: Running, dev: Path) -> None:
    """In a terminal, too, it ends both."""
    controller, terminal = pty.openpty()

    def take_terminal() -> None:
        import fcntl
        import termios

        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    run = running(more=SLOW_END, stdin=terminal, first=take_terminal)
    run.started()
    set_port(dev, 1)
    assert run.line() == "ending"
    os.write(controller, b"\x03")
    assert run.line() == "got SIGINT"
    assert run.ended() == 7
    os.close(controller)
    os.close(terminal)


def test_nothing_but_the_store_s_variables(running: Running, dev: Path) -> None:
    """A pristine environment is so after a restart, too."""
    dev.write_text(json.dumps({"db": {"port": 1}}))
    code = (
        "import os, signal; os.write(1, (' '.join(sorted(n for n in os.environ "
        "if not n.startswith(('COVERAGE_', 'LC_CTYPE')))) + '\\n').encode()); "
        "signal.signal(signal.SIGTERM, lambda *_: os._exit(0)); signal.pause()"
    )
    run = running("--pristine", command=[sys.executable, "-I", "-S", "-c", code])
    assert run.line() == "DB_PORT"
    FileStore(dev).set("db", {"host": "a"})
    assert run.line() == "DB_HOST"
