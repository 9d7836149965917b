"""The canary: in 200 random scenes no plaintext shows, whatever is called, and whatever fails."""

from __future__ import annotations

import io
import json
import logging
import pickle
import random
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
from rich.console import Console
from rich.traceback import Traceback

from confstore import (
    BulkStore,
    CachedConfigStore,
    Change,
    JournaledStore,
    LocalKeys,
    PollableStore,
    SealedStore,
    Secret,
    SecretFault,
    SimpleConfigStore,
    TimeBasedConfigStore,
    ability,
    diagnose,
    diff,
    history,
    open_store,
    plan_rewrap,
    reconcile,
    rollback,
    state_at,
)
from confstore.testing import CANARY, traces_of_canary
from effort import at_length

from .conftest import SCRIPT, Confstore

SCENES = at_length(200, short=40)
STEPS = 8
OPTIONS = ("db", "api", "caf\u00e9")
KEYS = ("password", "token", "host")


def value(chance: random.Random) -> Any:
    """A value with the canary in it, in one of the forms that a value has."""
    text = f'{CANARY} \u00e4"\n{chance.random()}'
    return chance.choice([text, text.encode(), [text], {CANARY: {"in": [text]}}, {text}])


@attrs.frozen
class Typed:
    password: Secret[Any]


class FaultyKeys(LocalKeys):
    """Local keys that fail now and then, in each way that keys can."""

    chance = random.Random(0)

    def seal(self, plaintext: bytes, place: Any) -> Any:
        return self.fault() or super().seal(plaintext, place)

    def open_many(self, sealed: Any) -> Any:
        return [self.fault() or answer for answer in super().open_many(sealed)]

    def fault(self) -> SecretFault | None:
        draw = self.chance.random()
        if draw < 0.05:
            message = f"a bug that quotes {CANARY}"
            raise RuntimeError(message)
        return SecretFault("refused", draw < 0.15) if draw < 0.2 else None


@attrs.define
class Scene:
    """One scene; whatever it shows is looked at."""

    chance: random.Random
    folder: Path
    store: SealedStore
    configs: list[Any] = attrs.field(factory=list)

    def look(self, *shown: object) -> None:
        """Look at what somebody sees."""
        for one in shown:
            found = traces_of_canary(one)
            assert not found, f"{found[0]} in {one!r:.2000}"

    def show(self, *what: Any) -> None:
        """Show something in each way that a program might."""
        for one in what:
            self.look(repr(one), str(one), f"{one}")
            for write in (json.dumps, pickle.dumps):
                try:
                    self.look(write(one))
                except AssertionError:
                    raise
                except Exception as error:
                    self.look(repr(error))

    def tell(self, error: BaseException) -> None:
        """Print an error as handlers of errors do, with the variables of each frame."""
        if isinstance(error, AssertionError):
            raise error
        links = [error]
        for link in links:
            self.look(repr(link), str(link), repr(link.args), repr(vars(link)))
            for frame, _ in traceback.walk_tb(link.__traceback__):
                if frame.f_globals.get("__name__") != __name__:
                    self.look(repr(frame.f_locals))
            others = (link.__cause__, link.__context__)
            links += [one for one in others if one is not None and one not in links]
        if self.chance.random() < 0.02:
            page = io.StringIO()
            shown = Traceback.from_exception(
                type(error), error, error.__traceback__, show_locals=True, suppress=[__file__]
            )
            Console(file=page, width=400).print(shown)
            self.look(page.getvalue())

    def attempt(self, call: Callable[[], Any]) -> None:
        """Call something, and show what it gives or raises."""
        try:
            self.show(call())
        except Exception as error:
            self.tell(error)

    @property
    def option(self) -> str:
        return self.chance.choice(OPTIONS)

    @property
    def values(self) -> dict[str, Any]:
        keys = self.chance.sample(KEYS, self.chance.randint(1, 3))
        return {key: Secret(value(self.chance)) for key in keys}

    # -- what is called ------------------------------------------------------------------------

    def write(self) -> None:
        self.attempt(lambda: self.store.set(self.option, self.values))
        self.attempt(lambda: self.store.update(self.option, self.values, remove=["absent"]))

    def write_wrongly(self) -> None:
        wrong: list[dict[str, Any]] = [
            {"nested": [Secret(value(self.chance))]},
            {"large": Secret(CANARY * 1000)},
            {"odd": Secret([CANARY, object()])},
            {**self.values, "odd": object()},
            {**self.values, "": 1},
            {"pasted": "***"},
        ]
        self.attempt(lambda: self.store.set(self.option, self.chance.choice(wrong)))
        self.attempt(lambda: self.store.update("", self.values))
        self.attempt(lambda: self.store.beneath.set(self.option, self.values))

    def delete(self) -> None:
        self.attempt(lambda: self.store.delete(self.option))

    def read(self) -> None:
        self.attempt(lambda: self.store.get(self.option))
        self.attempt(lambda: dict(self.store.items()))
        polled = ability(self.store, PollableStore)
        assert polled is not None
        self.attempt(polled.poll)
        self.attempt(lambda: dict(self.store.beneath.items()))

    def copy_back(self) -> None:
        values: Any = {}
        with suppress(Exception):
            values = self.store.get(self.option)
        self.attempt(lambda: self.store.set(self.option, values))

    def move_by_hand(self) -> None:
        with suppress(Exception):
            self.store.beneath.set(self.option, self.store.beneath.get(self.option))

    def apply(self) -> None:
        bulk = ability(self.store, BulkStore)
        assert bulk is not None
        self.attempt(lambda: bulk.apply([Change(self.option, self.values)]))

    def use_journal(self) -> None:
        held = ability(self.store, JournaledStore)
        assert held is not None
        self.attempt(held.enable_journal)
        changes = [Change(self.option, self.values)]
        self.attempt(lambda: held.commit(changes, comment="scene"))
        self.show(changes)
        self.attempt(lambda: history(held))
        self.attempt(lambda: state_at(held, 1))
        self.attempt(lambda: rollback(held, max(1, held.version() - 1)))
        self.attempt(lambda: reconcile(held))
        self.attempt(lambda: plan_rewrap(self.store))
        self.attempt(lambda: list(diff(state_at(held, 1), self.store)))

    def read_by_config(self) -> None:
        kind = self.chance.choice([SimpleConfigStore, CachedConfigStore])
        config: Any = kind(self.store)
        self.show(config)
        self.attempt(lambda: config.get(self.option))
        self.attempt(config.get)

    def read_by_snapshot(self) -> None:
        schema: Any = {self.option: Typed} if self.chance.random() < 0.5 else None

        def start() -> Any:
            config = TimeBasedConfigStore(
                self.store,
                60,
                schema=schema,
                startup_timeout=0.2,
                fallback=self.folder / "fallback.json",
                background=False,
            )
            config.subscribe(lambda *change: self.show(change))
            self.configs.append(config)
            return config.status

        self.attempt(start)

    def use_snapshots(self) -> None:
        for config in self.configs:
            self.show(config, config.status)
            self.attempt(config.reload)
            self.attempt(config.get)
            self.attempt(lambda config=config: config.current)
            self.attempt(lambda config=config: dir(config))
            for option in OPTIONS:
                self.attempt(lambda config=config, option=option: getattr(config, option))
            with config.override({"other": {"password": Secret(value(self.chance))}}):
                self.show(config["other"])

    def reveal(self) -> None:
        """Open each secret, so that it is at hand; only the program itself sees the value."""
        values: Any = {}
        with suppress(Exception):
            values = self.store.get(self.option)
        for held in values.values():
            try:
                held.reveal()
            except Exception as error:
                self.tell(error)
            self.show(held)

    def diagnose(self) -> None:
        url = f"file:{self.folder}/prod.json?secrets=local:{self.folder}/keys"
        self.attempt(lambda: list(diagnose(url)))

    def close(self) -> None:
        if self.chance.random() < 0.1:
            self.store.close()


ACTIONS = [
    *[Scene.write] * 3,
    *[Scene.read, Scene.reveal, Scene.use_snapshots, Scene.read_by_snapshot] * 2,
    *(Scene.write_wrongly, Scene.delete, Scene.copy_back, Scene.move_by_hand, Scene.apply),
    *(Scene.use_journal, Scene.read_by_config, Scene.diagnose, Scene.close),
]


class Records(logging.Handler):
    """Every line of every log, and its arguments."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.shown: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.shown += [record.getMessage(), repr(vars(record))]


@pytest.fixture
def records() -> Iterator[Records]:
    handler, root = Records(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.slow("up to 200 scenes")
def test_no_plaintext_is_ever_shown(tmp_path: Path, records: Records) -> None:
    """Not by a value, an error and its frames, a log, a journal or a fallback file."""
    keys = FaultyKeys.generate()
    for number in range(SCENES):
        chance = random.Random(number)
        FaultyKeys.chance = random.Random(number)
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "keys").write_text(keys.text)
        (folder / "keys").chmod(0o600)
        store = SealedStore(open_store(f"file:{folder}/prod.json"), keys)
        scene = Scene(chance, folder, store)
        scene.write()
        for _ in range(STEPS):
            chance.choice(ACTIONS)(scene)
        for config in scene.configs:
            config.close()
        scene.look(*records.shown)
        scene.look(*(path.read_bytes() for path in folder.iterdir() if path.is_file()))
        records.shown.clear()


COMMANDS: list[tuple[str, ...]] = [
    ("get", "db"),
    ("get", "db", "password"),
    ("get", "db", "-o", "table"),
    ("list",),
    ("list", "--values"),
    ("list", "db", "--values", "-o", "yaml"),
    ("export",),
    ("export", "--format", "dotenv"),
    ("diff", "1"),
    ("diff", "1", "2", "--values"),
    ("diff", "file:prod.json", "file:prod.json?secrets=local:keys", "--values"),
    ("history", "--values"),
    ("rollback", "1", "--dry-run", "--values"),
    ("rollback", "1", "--yes"),
    ("reconcile", "--dry-run", "--values"),
    ("secrets", "list"),
    ("secrets", "check"),
    ("secrets", "rewrap"),
    ("secrets", "seal", "db", "host"),
    ("doctor",),
    ("copy", "file:prod.json?secrets=local:keys", "file:copy.json"),
    ("copy", "file:prod.json?secrets=local:keys", "file:copy.json?secrets=local:keys", "--yes"),
    ("delete", "db", "token", "--yes", "--dry-run", "--values"),
    ("update", "db", "password=-", "--secret", "password", "--dry-run", "--values"),
    ("update", "db", "token=-", "--secret", "token"),
    ("set", "db", f"password={CANARY}", "--secret", "password"),
    ("set", "db", "password=-", "--secret", "password", "--if-version", "9"),
    ("exec", "--", "true"),
    ("exec", "--reveal", "db.absent", "--", "true"),
    ("explain", "--values", "--history"),
    ("explain", "db", "password", "--values", "-s", "env:APP_ file:prod.json?secrets=local:keys"),
    ("explain", "-o", "table", "--values"),
    ("validate", "given.settings:Settings"),
    ("validate", "given.settings:Plain"),
    ("edit", "--values"),
    ("edit", "db", "--yes", "--values", "--schema", "given.settings:Plain"),
    ("edit", "--format", "json", "--values", "--dry-run"),
    ("deploy", "given/new.json", "--values", "--dry-run"),
    ("deploy", "given/new.json", "--check", "env -u EDITOR > seen; true", "--bake", "0"),
    ("deploy", "given/new.json", "--check", "env -u EDITOR > seen; false", "--bake", "0"),
    ("deploy", "given/new.json", "--schema", "given.settings:Plain"),
    ("import", "given/new.json", "--values", "--dry-run"),
    ("import", "given/new.json"),
    ("import", "given/broken.yaml"),
    ("secrets", "list", "-o", "table"),
    ("secrets", "check", "-s", "file:prod.json?secrets=local:other-keys"),
    ("secrets", "rewrap", "-s", "file:prod.json?secrets=local:new-keys"),
    ("secrets", "rewrap", "--values", "--dry-run"),
    ("secrets", "seal", "db", "host", "--values", "--dry-run"),
    (
        "copy",
        "file:prod.json?secrets=local:keys",
        "file:moved.json?secrets=local:new-keys",
        "--yes",
    ),
    ("copy", "file:prod.json?secrets=local:other-keys", "file:lost.json?secrets=local:keys"),
    ("copy", "env:APP_ file:prod.json?secrets=local:keys", "file:copy.json?secrets=local:keys"),
    ("diff", "file:prod.json?secrets=local:keys", "file:copy.json?secrets=local:keys", "--values"),
]

# The class Plain has a field for settings where the store has a secret, and another that it lacks.
SETTINGS = """\
import attrs
from confstore import Secret
@attrs.frozen
class Database:
    password: Secret[str]
    token: Secret[str] | None = None
    host: str | Secret[str] | None = None
@attrs.frozen
class Settings:
    db: Database
@attrs.frozen
class PlainDatabase:
    password: str
    absent: int
@attrs.frozen
class Plain:
    db: PlainDatabase
"""

# Puts a plaintext in the place of each secret, or moves them, or makes a fault beside them.
EDITORS = (
    f"sed -i 's/secret+local:[^\"]*/{CANARY}/'",
    "sed -i s/password/moved/",
    f"sed -i '$a {CANARY}: [{CANARY}'",
    f"sed -i 's/secret+local:[^\"]*/secret+local:{CANARY}/'",
)


def give_files(folder: Path) -> None:
    """Make the files that hold plaintexts, in a folder of their own, and keys."""
    given = folder / "given"
    given.mkdir()
    (given / "settings.py").write_text(SETTINGS)
    (given / "new.json").write_text(json.dumps({"db": {"host": "b", "password": CANARY}}))
    (given / "broken.yaml").write_text(f"db:\n  password: [{CANARY}\n")
    ours, new = LocalKeys.generate().text, LocalKeys.generate().text
    other = LocalKeys.generate().text
    for name, text in {"keys": ours, "new-keys": new + ours, "other-keys": other}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)


@pytest.mark.slow("runs every command many times")
def test_no_command_shows_a_plaintext(
    confstore: Confstore, tmp_path: Path, environment: dict[str, str]
) -> None:
    """Without --reveal, on either stream, with --debug and without, whatever fails."""
    give_files(tmp_path)
    environment["CONFSTORE_URL"] = "file:prod.json?secrets=local:keys"
    environment["APP_DB__PASSWORD"] = f"{CANARY} of the environment"
    confstore("init", "--journal")
    arguments = ("set", "db", "host=a", "password=-", "--secret", "password")
    assert confstore(*arguments, input=CANARY).code == 0
    assert confstore("update", "db", "token=-", "--secret", "token", input=CANARY).code == 0
    chance = random.Random(7)
    for number in range(SCENES):
        command = chance.choice(COMMANDS)
        if command[0] == "exec":
            # It would replace this process: it ends before, with the wrong key.
            command = (*command[:1], "--schema", "nothing:Here", *command[1:])
        debug = ("--debug",) if chance.random() < 0.3 else ()
        around = {"EDITOR": chance.choice(EDITORS)}
        if chance.random() < 0.2:
            around["CONFSTORE_URL"] = "file:prod.json"
        ran = confstore(*debug, *command, input=f'{CANARY}"\u00e4', env=around)
        # What the user typed into the arguments is not ours.
        for shown in (ran.stdout, ran.stderr.replace(f"password={CANARY}", "")):
            assert traces_of_canary(shown) == [], (number, command, shown)
    for path in tmp_path.iterdir():
        # What the check of a deploy sees is what the test itself has put into the environment.
        if path.is_file():
            content = path.read_bytes().replace(f"{CANARY} of the environment".encode(), b"")
            assert traces_of_canary(content) == [], path


# Shows what others can see of the processes around it, and that it has the secret itself.
LOOKS_AROUND = """\
import os, signal, sys
from pathlib import Path
own = os.environ["DB_PASSWORD"].encode()
around = [f"/proc/{os.getppid()}/environ", f"/proc/{os.getppid()}/cmdline", "/proc/self/cmdline"]
for path in around:
    assert own not in Path(path).read_bytes(), path
print(len(own), flush=True)
if len(sys.argv) > 1:
    signal.pause()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
@pytest.mark.slow("runs programs")
def test_no_process_shows_a_plaintext(
    confstore: Confstore, process: Confstore, tmp_path: Path, environment: dict[str, str]
) -> None:
    """A program of `exec` gets a secret in its environment; no process beside it, no argument."""
    give_files(tmp_path)
    environment["CONFSTORE_URL"] = "file:prod.json?secrets=local:keys"
    arguments = ("set", "db", "password=-", "--secret", "password")
    assert confstore(*arguments, input=CANARY).code == 0
    (tmp_path / "looks.py").write_text(LOOKS_AROUND)
    looks = ("--reveal", "db.password", "--", sys.executable, "looks.py")
    ran = process("exec", *looks)
    assert (ran.code, ran.stdout, ran.stderr) == (0, f"{len(CANARY)}\n", "")
    command = [SCRIPT, "exec", "--on-change", "restart", "--interval", "0.02", *looks, "waits"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"%d\n" % len(CANARY)
        assert confstore("update", *arguments[1:], input=f"{CANARY}2").code == 0
        assert running.stdout.readline() == b"%d\n" % len(f"{CANARY}2")
        running.terminate()
        _, said = running.communicate(timeout=60)
    assert b"restarting" in said
    assert traces_of_canary(said) == []


@pytest.mark.skipif(sys.platform == "win32", reason="ends the command by a signal")
@pytest.mark.slow("runs a program")
@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_watching_shows_no_plaintext(
    confstore: Confstore, tmp_path: Path, environment: dict[str, str], debug: tuple[str, ...]
) -> None:
    """Not of the first options, of a new secret, of one that cannot be opened, of an outage."""
    give_files(tmp_path)
    environment["CONFSTORE_URL"] = "file:prod.json?secrets=local:keys"
    arguments = ("db", "password=-", "--secret", "password")
    assert confstore("set", *arguments, input=CANARY).code == 0
    command = [SCRIPT, *debug, "watch", "--initial", "--values", "--interval", "0.02"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        shown = running.stdout.readline()
        assert confstore("update", *arguments, input=f"{CANARY}2").code == 0
        shown += running.stdout.readline()
        content = json.loads((tmp_path / "prod.json").read_text())
        # Moved by hand: it does not open there.
        (tmp_path / "prod.json").write_text(json.dumps({**content, "moved": content["db"]}))
        shown += running.stdout.readline()
        (tmp_path / "prod.json").write_text(json.dumps(content)[:-1])
        running.terminate()
        output, said = running.communicate(timeout=60)
    assert shown.count(b'"password"') == 3
    assert traces_of_canary(shown + output + said) == []
