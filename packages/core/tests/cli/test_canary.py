"""The canary: in 200 random scenes no plaintext shows, whatever is called, and whatever fails."""

from __future__ import annotations

import io
import json
import logging
import pickle
import random
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

from .conftest import Confstore

SCENES = 200
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


@pytest.mark.slow("200 scenes")
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
]


@pytest.mark.slow("runs every command many times")
def test_no_command_shows_a_plaintext(
    confstore: Confstore, tmp_path: Path, environment: dict[str, str]
) -> None:
    """Without --reveal, on either stream, with --debug and without, whatever fails."""
    (tmp_path / "keys").write_text(LocalKeys.generate().text)
    (tmp_path / "keys").chmod(0o600)
    url = "file:prod.json?secrets=local:keys"
    environment["CONFSTORE_URL"] = url
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
        wrong = {"CONFSTORE_URL": "file:prod.json"} if chance.random() < 0.2 else {}
        ran = confstore(*debug, *command, input=f'{CANARY}"\u00e4', env=wrong)
        # What the user typed into the arguments is not ours.
        for shown in (ran.stdout, ran.stderr.replace(f"password={CANARY}", "")):
            assert traces_of_canary(shown) == [], (number, command, shown)
    for path in tmp_path.iterdir():
        if path.is_file():
            assert traces_of_canary(path.read_bytes()) == [], path
