"""Secrets on the command line: sealed, listed, rewrapped, and shown only when asked for."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from confstore import LocalKeys, Place, SecretFault

from ..conftest import Confstore

CANARY = "hunter2-canary"
URL = "file:dev.json?secrets=local:keys"


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeys:
    """A local key in a file, of the store in `dev.json`."""
    keys = LocalKeys.generate()
    (tmp_path / "keys").write_text(keys.text)
    (tmp_path / "keys").chmod(0o600)
    return keys


@pytest.fixture
def sealed(confstore: Confstore, keys: LocalKeys, environment: dict[str, str]) -> Confstore:
    """The command line, with a store that seals, and a secret in its option `db`."""
    environment["CONFSTORE_URL"] = URL
    arguments = ("set", "db", "host=db.example", "password=-", "--secret", "password")
    ran = confstore(*arguments, input=CANARY)
    assert (ran.code, ran.stderr) == (0, "set option 'db' of store 'dev'\n")
    return confstore


def stored(folder: Path, option: str = "db") -> Any:
    """An option as it is in the file."""
    return json.loads((folder / "dev.json").read_text())[option]


# -- writing ------------------------------------------------------------------------------------


def test_set_seals(sealed: Confstore, tmp_path: Path) -> None:
    """The file holds a text; readers see a mask."""
    assert stored(tmp_path)["password"].startswith("secret+local:")
    ran = sealed("get", "db")
    assert ran.json == {"host": "db.example", "password": "***"}
    assert CANARY not in (tmp_path / "dev.json").read_text()


def test_an_equal_secret_is_no_change(sealed: Confstore, tmp_path: Path) -> None:
    """Setting what is there already writes nothing."""
    before = stored(tmp_path)
    arguments = ("db", "password=-", "--secret", "password")
    assert "nothing to change" in sealed("update", *arguments, input=CANARY).stderr
    assert stored(tmp_path) == before
    assert sealed("update", *arguments, input="other").code == 0
    assert stored(tmp_path) != before
    assert stored(tmp_path)["host"] == "db.example"


def test_a_secret_among_the_arguments_is_refused(sealed: Confstore, tmp_path: Path) -> None:
    """Other users can see them."""
    before = stored(tmp_path)
    ran = sealed("set", "db", f"password={CANARY}", "--secret", "password")
    assert ran.code == 2
    assert "give password=- for standard input, or password=@FILE" in ran.stderr
    assert CANARY not in ran.stderr
    assert stored(tmp_path) == before


def test_a_secret_from_a_file(sealed: Confstore, tmp_path: Path) -> None:
    """JSON is as good as text."""
    (tmp_path / "value.json").write_text('{"user": 1}')
    assert sealed("update", "db", "both:=@value.json", "--secret", "both").code == 0
    assert sealed("get", "db", "both", "--reveal").json == {"user": 1}


def test_a_reference(sealed: Confstore, tmp_path: Path) -> None:
    """A reference is no secret, and may be an argument."""
    ran = sealed("update", "db", "api=asm:prod/api#key", "--reference", "api")
    assert ran.code == 0
    assert stored(tmp_path)["api"] == "secret+asm:prod/api#key"
    ran = sealed("update", "db", "api=prod/api", "--reference", "api")
    assert (ran.code, "a reference is KIND:NAME" in ran.stderr) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("a=1", "--secret", "b"), "no assignment gives it"),
        (("a=-", "--secret", "a", "--reference", "a"), "either --secret or --reference"),
    ],
)
def test_flags_that_contradict(sealed: Confstore, arguments: tuple[str, ...], reason: str) -> None:
    """A flag names a key that an assignment gives."""
    ran = sealed("set", "db", *arguments, input="x")
    assert (ran.code, reason in ran.stderr) == (2, True)


def test_what_looks_like_a_secret_is_refused(sealed: Confstore) -> None:
    """A mask that was exported is not imported as a value."""
    for text in ("***", "secret+local:AAAA"):
        ran = sealed("set", "db", f"pasted={text}")
        assert (ran.code, "Secret" in ran.stderr) == (3, True)


def test_a_store_without_secrets(confstore: Confstore) -> None:
    """Nothing is sealed that was not asked for, and nothing is written."""
    ran = confstore("set", "db", "password=-", "--secret", "password", input=CANARY)
    assert (ran.code, "open it by a URL with secrets=" in ran.stderr) == (3, True)
    confstore("set", "db", "a=plain")
    for action in (("seal", "db", "a"), ("rewrap",), ("check",)):
        ran = confstore("secrets", *action)
        assert ran.code == 2
        assert "add secrets= to its URL" in ran.stderr


def test_a_dry_run_shows_no_plaintext(sealed: Confstore) -> None:
    """What would be written is sealed."""
    arguments = ("update", "db", "password=-", "--secret", "password", "--dry-run", "--values")
    ran = sealed(*arguments, input="other-canary")
    assert ran.code == 0
    assert "other-canary" not in ran.stdout + ran.stderr
    assert CANARY not in ran.stdout


def test_a_plain_value_over_a_secret_is_refused(sealed: Confstore, tmp_path: Path) -> None:
    """Who forgets --secret would write the password in clear."""
    before = stored(tmp_path)
    for command in ("set", "update"):
        ran = sealed(command, "db", "host=a", f"password={CANARY}")
        assert (ran.code, "give --secret password" in ran.stderr) == (3, True)
        assert CANARY not in ran.stderr
    assert stored(tmp_path) == before
    assert sealed("delete", "db", "password", "--yes").code == 0
    assert sealed("update", "db", "password=plain").code == 0


def test_import_keeps_secrets_sealed(sealed: Confstore, tmp_path: Path) -> None:
    """A file that was exported with --reveal is imported as what it was."""
    sealed("export", "--reveal", "--file", "backup.json")
    before = stored(tmp_path)
    assert "0 written, 1 equal" in sealed("import", "backup.json").stderr
    assert stored(tmp_path) == before
    backup = json.loads((tmp_path / "backup.json").read_text())
    backup["db"]["password"] = "new-canary"
    (tmp_path / "backup.json").write_text(json.dumps(backup))
    assert "1 written" in sealed("import", "backup.json").stderr
    assert stored(tmp_path)["password"].startswith("secret+local:")
    assert sealed("get", "db", "password", "--reveal").stdout == "new-canary\n"


def test_delete_of_a_key(sealed: Confstore, tmp_path: Path) -> None:
    """Other secrets of the option stay as they are."""
    before = stored(tmp_path)
    assert sealed("delete", "db", "host", "--yes").code == 0
    assert stored(tmp_path) == {"password": before["password"]}


def test_a_schema_before_a_write(sealed: Confstore, tmp_path: Path) -> None:
    """What is written is checked as a service would read it, with secrets closed."""
    (tmp_path / "app_schema.py").write_text(
        "from dataclasses import dataclass\nfrom confstore import Secret\n"
        "@dataclass\nclass Database:\n    host: str\n    password: Secret[str]\n"
        "OPTIONS = {'db': Database}\n"
    )
    env = {"CONFSTORE_SCHEMA": "app_schema:OPTIONS", "PYTHONPATH": str(tmp_path)}
    ran = sealed("update", "db", "host=b", "password=-", "--secret", "password", input="x", env=env)
    assert (ran.code, ran.stderr) == (0, "updated option 'db' of store 'dev'\n")
    ran = sealed("update", "db", "host=-", "--secret", "host", input="x", env=env)
    assert (ran.code, "is a secret: give the field the type Secret" in ran.stderr) == (3, True)
    assert sealed("delete", "db", "--yes", env=env).code == 3


def test_an_editor_sees_texts(sealed: Confstore, tmp_path: Path) -> None:
    """A secret is edited as the text that it is in the file, and stays as it is."""
    before = stored(tmp_path)
    ran = sealed("edit", "db", env={"EDITOR": "sed -i s/db.example/other/"})
    assert ran.code == 0
    assert stored(tmp_path) == {**before, "host": "other"}
    assert CANARY not in ran.stdout + ran.stderr


def test_an_editor_seals_a_new_value(sealed: Confstore, tmp_path: Path) -> None:
    """A plain value in the place of a secret is sealed; an equal one keeps its text."""
    before = stored(tmp_path)
    ran = sealed("edit", "db", env={"EDITOR": "sed -i 's/secret+local:.*/new-canary/'"})
    assert (ran.code, "new-canary" in ran.stderr + ran.stdout) == (0, False)
    assert stored(tmp_path)["password"].startswith("secret+local:")
    assert sealed("get", "db", "password", "--reveal").stdout == "new-canary\n"
    now = stored(tmp_path)
    assert now != before
    ran = sealed("edit", "db", env={"EDITOR": "sed -i 's/secret+local:.*/new-canary/'"})
    assert "nothing to change" in ran.stderr
    assert stored(tmp_path) == now


def test_an_editor_moves_secrets(sealed: Confstore, tmp_path: Path) -> None:
    """At another key, and in another option, a secret is sealed anew."""
    text = stored(tmp_path)["password"]
    editor = {"EDITOR": "sed -i -e s/^db:/database:/ -e s/password/login/"}
    ran = sealed("edit", env=editor)
    assert (ran.code, "give --yes" in ran.stderr) == (2, True)
    ran = sealed("edit", "--yes", env=editor)
    assert ran.code == 0, ran.stderr
    assert stored(tmp_path, "database")["login"] != text
    assert sealed("get", "database", "login", "--reveal").stdout == f"{CANARY}\n"


@pytest.mark.parametrize("command", ["set", "update", "edit", "import", "copy", "deploy"])
def test_no_plain_value_replaces_a_secret_where_nothing_is_sealed(
    sealed: Confstore, tmp_path: Path, command: str
) -> None:
    """Who forgets secrets= in the URL would write the password in clear, by any command."""
    assert sealed("init", "--journal").code == 0
    before = stored(tmp_path)
    (tmp_path / "new.json").write_text(json.dumps({"db": {"password": CANARY}}))
    arguments = {
        "set": ("db", "password=-"),
        "update": ("db", "password=-"),
        "copy": ("file:new.json", "file:dev.json", "--yes"),
        "edit": ("db",),
    }.get(command, ("new.json",))
    around = {"CONFSTORE_URL": "file:dev.json", "EDITOR": f"sed -i 's/secret+local:.*/{CANARY}/'"}
    ran = sealed(command, *arguments, input=CANARY, env=around)
    assert (ran.code, "with secrets= in its URL" in ran.stderr) == (3, True), ran.stderr
    assert CANARY not in ran.stderr + ran.stdout
    assert stored(tmp_path) == before
    # The text itself may be written: it is what a backup has.
    (tmp_path / "backup.json").write_text(json.dumps({"db": {**before, "host": "b"}}))
    assert sealed("import", "backup.json", env=around).code == 0
    assert sealed("get", "db", "password", "--reveal").stdout == f"{CANARY}\n"


REFUSED = {
    "a mask": ("'***'", "how a Secret shows itself", 3),
    "a text that was cut": ("secret+local:AAAA", "it was changed or cut off", 4),
    "no kind": ("secret+no kind", "a plain text cannot begin with 'secret+'", 3),
}


@pytest.mark.parametrize("key", ["host", "password"])
@pytest.mark.parametrize(("text", "reason", "code"), REFUSED.values(), ids=REFUSED)
def test_an_editor_shows_why_a_secret_is_refused(
    sealed: Confstore, tmp_path: Path, key: str, text: str, reason: str, code: int
) -> None:
    """The editor opens again with the reason above the line, and the text as it was typed."""
    before = stored(tmp_path)
    editor = tmp_path / "editor.sh"
    editor.write_text(f'#!/bin/sh\ncp "$1" seen\nsed -i "s/^  {key}:.*/  {key}: {text}/" "$1"\n')
    editor.chmod(0o700)
    ran = sealed("edit", "db", env={"EDITOR": str(editor)})
    assert (ran.code, reason in ran.stderr) == (code, True), ran.stderr
    assert stored(tmp_path) == before
    marked, line = (tmp_path / "seen").read_text().split("#:")[-1].splitlines()[:2]
    assert reason in marked
    assert line == f"  {key}: {text}"


def test_an_editor_takes_references(sealed: Confstore, tmp_path: Path) -> None:
    """A reference is a text that anybody may type, over a setting and over a secret."""
    for key in ("host", "password"):
        editor = f"sed -i 's|{key}:.*|{key}: secret+asm:prod/db#{key}|'"
        assert sealed("edit", "db", env={"EDITOR": editor}).code == 0
        assert stored(tmp_path)[key] == f"secret+asm:prod/db#{key}"
    assert sealed("edit", "db", env={"EDITOR": "sed -i s/host:/h:/"}).code == 0
    assert stored(tmp_path)["h"] == "secret+asm:prod/db#host"


VAULT = """
import base64
from confstore import Fetched, Opened, SecretFault

class Keys:
    kind, key_id = "vault", "one"

    @classmethod
    def from_url(cls, text, parameters):
        return cls()

    def seal(self, plaintext, place):
        return base64.b64encode(f"{place.option}.{place.key}=".encode() + plaintext).decode()

    def open_many(self, sealed):
        return [self.opened(text, place) for text, place in sealed]

    def opened(self, text, place):
        where, _, plaintext = base64.b64decode(text).partition(b"=")
        if where.decode() != f"{place.option}.{place.key}":
            return SecretFault("it was sealed for another place")
        return Opened(plaintext, "one")

class Shelf:
    @classmethod
    def from_url(cls, text, parameters):
        return cls()

    def fetch_many(self, names):
        return [Fetched(name, "1") for name in names]
"""


@pytest.fixture
def vault(
    tmp_path: Path,
    confstore: Confstore,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Confstore:
    """A store with a secret, sealed by the keys of somebody else's adapter."""
    metadata = tmp_path / "installed" / "vault_keys-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: vault-keys\nVersion: 1.0\n")
    entry = "[confstore.keys]\nvault = vault_keys:Keys\nshelf = vault_keys:Shelf\n"
    (metadata / "entry_points.txt").write_text(entry)
    (metadata.parent / "vault_keys.py").write_text(VAULT)
    monkeypatch.syspath_prepend(str(metadata.parent))
    monkeypatch.setitem(sys.modules, "vault_keys", None)
    monkeypatch.delitem(sys.modules, "vault_keys")
    environment["CONFSTORE_URL"] = "file:dev.json?secrets=vault"
    arguments = ("db", "host=db.example", "password=-", "--secret", "password")
    assert confstore("set", *arguments, input=CANARY).code == 0
    return confstore


def test_an_editor_knows_texts_of_other_adapters(vault: Confstore, tmp_path: Path) -> None:
    """A text of any keys is moved and checked like one of ours, and no reference."""
    text = stored(tmp_path)["password"]
    assert text.startswith("secret+vault:")
    ran = vault("edit", "db", env={"EDITOR": "sed -i s/password/login/"})
    assert ran.code == 0, ran.stderr
    assert stored(tmp_path)["login"] != text
    assert vault("get", "db", "login", "--reveal").stdout == f"{CANARY}\n"
    ran = vault("edit", "db", env={"EDITOR": f"sed -i 's|secret+vault:.*|{text}|'"})
    assert (ran.code, "it was sealed for another place" in ran.stderr) == (4, True), ran.stderr
    editor = "sed -i 's|host:.*|host: secret+shelf:a/b|'"
    assert vault("edit", "db", env={"EDITOR": editor}).code == 0
    assert stored(tmp_path)["host"] == "secret+shelf:a/b"


def test_copy_knows_texts_of_other_adapters(vault: Confstore, tmp_path: Path) -> None:
    """Without their keys they are refused, as ours are: they would open nowhere else."""
    ran = vault("copy", "file:dev.json", "file:other.json")
    assert (ran.code, "option 'db', key 'password' is sealed for" in ran.stderr) == (3, True)
    assert not (tmp_path / "other.json").exists()
    (tmp_path / "dev.json").write_text('{"db": {"host": "secret+shelf:a/b"}}')
    assert vault("copy", "file:dev.json", "file:other.json").code == 0


def test_an_editor_takes_an_older_text_of_the_place(sealed: Confstore, tmp_path: Path) -> None:
    """Who brings back what the journal holds gets what it was."""
    old = stored(tmp_path)["password"]
    sealed("update", "db", "password=-", "--secret", "password", input="new-canary")
    editor = f"sed -i 's|secret+local:.*|{old}|'"
    assert sealed("edit", "db", env={"EDITOR": editor}).code == 0
    assert sealed("get", "db", "password", "--reveal").stdout == f"{CANARY}\n"


@pytest.mark.parametrize("command", ["import", "deploy"])
def test_a_mask_in_a_file_is_refused(sealed: Confstore, tmp_path: Path, command: str) -> None:
    """What a command showed was copied into the file: it would replace the secret."""
    assert sealed("init", "--journal").code == 0
    before = stored(tmp_path)
    (tmp_path / "new.json").write_text(json.dumps({"db": {"host": "b", "password": "***"}}))
    ran = sealed(command, "new.json")
    assert (ran.code, "Secret" in ran.stderr) == (3, True), ran.stderr
    assert stored(tmp_path) == before


@pytest.mark.parametrize("command", ["import", "deploy"])
def test_an_exported_file_comes_back(sealed: Confstore, tmp_path: Path, command: str) -> None:
    """A sealed text that is in the store at the same key is no change, and needs no key."""
    assert sealed("init", "--journal").code == 0
    before = stored(tmp_path)
    exported = sealed("export", env={"CONFSTORE_URL": "file:dev.json"})
    assert exported.json["db"] == before
    (tmp_path / "keys").write_text(LocalKeys.generate().text)
    (tmp_path / "new.json").write_text(exported.stdout)
    ran = sealed(command, "new.json")
    assert ran.code == 0, ran.stderr
    assert ("1 equal" if command == "import" else "nothing to change") in ran.stderr
    (tmp_path / "new.json").write_text(exported.stdout.replace("db.example", "other"))
    ran = sealed(command, "new.json")
    assert ran.code == 0, ran.stderr
    assert stored(tmp_path) == {**before, "host": "other"}


@pytest.mark.parametrize("command", ["import", "deploy"])
def test_a_file_has_an_older_text_of_its_place(
    sealed: Confstore, tmp_path: Path, command: str
) -> None:
    """A text that opens where it stands is a secret; a reference is not followed."""
    assert sealed("init", "--journal").code == 0
    old = stored(tmp_path)
    sealed("update", "db", "password=-", "--secret", "password", input="new-canary")
    options = {"db": old, "api": {"key": "secret+asm:prod/api#key"}}
    (tmp_path / "new.json").write_text(json.dumps(options))
    ran = sealed(command, "new.json")
    assert ran.code == 0, ran.stderr
    assert {name: stored(tmp_path, name) for name in options} == options
    assert sealed("get", "db", "password", "--reveal").stdout == f"{CANARY}\n"


NOT_OPENED = {
    "cut": ("secret+local:AAAA", "its text is not one of this version"),
    "moved": (None, "it was sealed for another store, option or key"),
    "of other keys": ("secret+kms:AAAA", "it was sealed by keys of the kind 'kms'"),
    "of unknown keys": ("secret+acme:AAAA", "it was sealed by keys of the kind 'acme'"),
}


@pytest.mark.parametrize("command", ["import", "deploy"])
@pytest.mark.parametrize(("text", "reason"), NOT_OPENED.values(), ids=NOT_OPENED)
def test_a_text_in_a_file_that_does_not_open(
    sealed: Confstore, tmp_path: Path, command: str, text: str | None, reason: str
) -> None:
    """It is refused before anything is written, with its place and with what to do."""
    assert sealed("init", "--journal").code == 0
    before = (tmp_path / "dev.json").read_text()
    # Who cannot open a secret must not have it sealed for another place by who can.
    there = text or stored(tmp_path)["password"]
    options = {"a": {"b": 1}, "motd": {"text": there}}
    (tmp_path / "new.json").write_text(json.dumps(options))
    ran = sealed(command, "new.json")
    assert ran.code == 4, ran.stderr
    assert f"store 'dev', option 'motd': the secret 'text': {reason}" in ran.stderr
    assert "to keep or seal it, give" in ran.stderr
    assert there not in ran.stderr
    assert (tmp_path / "dev.json").read_text() == before


def test_a_text_in_a_file_while_nobody_opens(
    sealed: Confstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whether it opens: the same import may succeed later."""
    old = stored(tmp_path)
    sealed("update", "db", "password=-", "--secret", "password", input="new-canary")
    before = stored(tmp_path)
    (tmp_path / "new.json").write_text(json.dumps({"db": old}))
    fault = SecretFault("no answer", is_lasting=False)
    monkeypatch.setattr(LocalKeys, "open_many", lambda _, texts: [fault] * len(texts))
    ran = sealed("import", "new.json")
    assert (ran.code, stored(tmp_path)) == (4, before)
    assert ran.stderr == "confstore: store 'dev', option 'db': the secret 'password': no answer\n"


def test_a_deploy_seals(sealed: Confstore, tmp_path: Path) -> None:
    """A plain value for what is a secret is sealed; a failed check brings the old text back."""
    assert sealed("init", "--journal").code == 0
    before = stored(tmp_path)
    content = {"db": {"host": "b", "password": "new-canary"}}
    (tmp_path / "new.json").write_text(json.dumps(content))
    ran = sealed("deploy", "new.json", "--bake", "0", "--check", "false", "--yes")
    assert ran.code != 0
    assert stored(tmp_path) == before
    ran = sealed("deploy", "new.json", "--bake", "0", "--check", "true", "--yes")
    assert (ran.code, "new-canary" in ran.stderr + ran.stdout) == (0, False)
    assert stored(tmp_path)["password"].startswith("secret+local:")
    assert sealed("get", "db", "password", "--reveal").stdout == "new-canary\n"


def test_a_deploy_while_nobody_seals(
    sealed: Confstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was committed, and the error raises no doubt about it."""
    assert sealed("init", "--journal").code == 0
    (tmp_path / "new.json").write_text(json.dumps({"db": {"password": "new-canary"}}))
    fault = SecretFault("no answer", is_lasting=False)
    monkeypatch.setattr(LocalKeys, "seal", lambda *_: fault)
    before = stored(tmp_path)
    ran = sealed("deploy", "new.json", "--check", "true", "--bake", "0")
    assert (ran.code, stored(tmp_path)) == (4, before)
    assert ran.stderr == "confstore: store 'dev', option 'db': the secret 'password': no answer\n"


# -- reading ------------------------------------------------------------------------------------


def test_get_reveals_when_asked(sealed: Confstore) -> None:
    """One value is an error without --reveal: a script would take the mask for it."""
    ran = sealed("get", "db", "password")
    assert (ran.code, ran.stdout) == (3, "")
    assert "--reveal shows it" in ran.stderr
    assert sealed("get", "db", "password", "--reveal").stdout == f"{CANARY}\n"
    assert sealed("get", "db", "--reveal").json["password"] == CANARY
    assert sealed("get", "db", "host", "--reveal").stdout == "db.example\n"
    table = sealed("get", "db", "-o", "table").stdout
    assert "secret" in table
    assert "***" in table


def test_list_shows_masks(sealed: Confstore) -> None:
    """The type of a secret is secret."""
    assert sealed("list").json == {"db": {"host": "string", "password": "secret"}}
    assert sealed("list", "--values").json["db"]["password"] == "***"


def test_export_reveals_when_asked(sealed: Confstore, tmp_path: Path) -> None:
    """A backup in clear text is somebody's decision."""
    ran = sealed("export")
    assert (ran.code, ran.stdout) == (3, "")
    assert "option 'db', key 'password' is a secret" in ran.stderr
    assert sealed("export", "--reveal").json["db"]["password"] == CANARY
    assert sealed("export", "--reveal", "--format", "dotenv").stdout.count(CANARY) == 1


def test_exec_reveals_what_is_named(sealed: Confstore, process: Confstore) -> None:
    """A program gets the secrets that it is given, and never the key."""
    env = {"CONFSTORE_SECRET_KEY": "confstore-key:unused"}
    ran = process("exec", "--", "env", env=env)
    assert "DB_HOST=db.example" in ran.stdout
    assert "DB_PASSWORD" not in ran.stdout
    assert "CONFSTORE_SECRET_KEY" not in ran.stdout
    assert "left out, because no --reveal names them: db.password" in ran.stderr
    ran = process("exec", "--reveal", "db.password", "--", "env", env=env)
    assert f"DB_PASSWORD={CANARY}\n" in ran.stdout
    assert ran.stderr == ""
    ran = sealed("exec", "--reveal", "db.passwort", "--", "env")
    assert (ran.code, "did you mean 'db.password'?" in ran.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "db", "--reveal"),
        ("get", "db", "password", "--reveal"),
        ("export", "--reveal"),
        ("exec", "--reveal", "db.password", "--", "env"),
    ],
)
def test_a_url_without_keys_opens_nothing(
    sealed: Confstore, environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """A sealed text is not given in the place of what it stands for."""
    environment["CONFSTORE_URL"] = "file:dev.json"
    ran = sealed(*arguments)
    assert (ran.code, ran.stdout) == (3, "")
    assert "option 'db', key 'password' is a secret that is not open" in ran.stderr
    assert "secrets= or references= in its URL" in ran.stderr
    assert "secret+local" not in ran.stderr


def test_exec_gives_no_sealed_text(
    sealed: Confstore, process: Confstore, environment: dict[str, str]
) -> None:
    """A program would take the text for the password."""
    environment["CONFSTORE_URL"] = "file:dev.json"
    ran = process("exec", "--", "env")
    assert "DB_HOST=db.example" in ran.stdout
    assert "DB_PASSWORD" not in ran.stdout
    assert ran.stderr.endswith(
        "left out, because the URL has no secrets= to open them: db.password\n"
    )


def test_without_the_library(confstore: Confstore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra that keys of one's own need is named."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    ran = confstore("secrets", "keygen")
    assert ran.code == 2
    assert "pip install 'confstore[secrets]'" in ran.stderr
    assert "None" not in ran.stderr


# -- between stores -----------------------------------------------------------------------------


def test_copy_seals_anew(sealed: Confstore, tmp_path: Path) -> None:
    """Each store has a text of its own, for its own place."""
    target = "file:copy.json?secrets=local:keys"
    assert sealed("copy", URL, target).code == 0
    copied = json.loads((tmp_path / "copy.json").read_text())["db"]
    assert copied["password"] != stored(tmp_path)["password"]
    assert sealed("get", "db", "password", "--reveal", "-s", target).stdout == f"{CANARY}\n"
    again = sealed("copy", URL, target)
    assert "0 written, 1 equal" in again.stderr
    assert (
        "0 written, 0 equal, 0 deleted, 1 skipped"
        in sealed("copy", URL, target, "--skip-existing").stderr
    )


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        (URL, "file:copy.json", "does not seal secrets"),
        ("file:dev.json", "file:copy.json", "would not open in another one"),
        ("file:dev.json", "file:copy.json?secrets=local:keys", "would not open in another one"),
    ],
)
def test_copy_refuses_what_would_not_open(
    sealed: Confstore, source: str, target: str, reason: str
) -> None:
    """A secret is sealed for its target, or not copied at all."""
    ran = sealed("copy", source, target)
    assert (ran.code, reason in ran.stderr) == (3, True)


def test_diff_of_sealed_values(sealed: Confstore, tmp_path: Path) -> None:
    """Texts of equal values differ; only --reveal can tell."""
    target = "file:copy.json?secrets=local:keys"
    sealed("copy", URL, target)
    ran = sealed("diff", URL, target)
    assert (ran.code, ran.stdout) == (0, "[]\n")
    assert "sealed, not compared: option 'db', key 'password'" in ran.stderr
    assert sealed("diff", URL, target, "--reveal").code == 0
    arguments = ("update", "db", "password=-", "--secret", "password")
    sealed(*arguments, "-s", target, input="other-canary")
    ran = sealed("diff", URL, target, "--reveal")
    assert (ran.code, ran.json[0]["key"]) == (1, "password")
    assert CANARY not in ran.stdout


@pytest.mark.parametrize("flags", [[], ["--reveal"], ["--reveal", "--values"]])
def test_diff_with_a_version(sealed: Confstore, flags: list[str]) -> None:
    """A secret that did not change since a version is no difference, however it is compared."""
    assert sealed("init", "--journal").code == 0
    sealed("update", "db", "host=other.example")
    ran = sealed("diff", "1", *flags)
    assert ([one["key"] for one in ran.json], ran.stderr, ran.code) == (["host"], "", 1)


def test_diff_of_a_secret_that_changed(sealed: Confstore) -> None:
    """A secret of a version is opened like one of now, and shown with --reveal --values only."""
    assert sealed("init", "--journal").code == 0
    sealed("update", "db", "password=-", "--secret", "password", input="other-canary")
    hidden = sealed("diff", "1")
    assert (hidden.json, hidden.code) == ([], 0)
    assert hidden.stderr == "sealed, not compared: option 'db', key 'password'\n"
    ran = sealed("diff", "1", "2", "--reveal", "--values")
    assert [(one["old"], one["new"]) for one in ran.json] == [(CANARY, "other-canary")]


def test_diff_opens_only_what_differs(sealed: Confstore, tmp_path: Path) -> None:
    """Equal texts need no key: a URL without secrets= compares them, too."""
    (tmp_path / "copy.json").write_bytes((tmp_path / "dev.json").read_bytes())
    for sides in (["file:copy.json", URL], [URL, "copy.json"], ["file:dev.json", "file:copy.json"]):
        ran = sealed("diff", *sides, "--reveal")
        assert (ran.json, ran.stderr, ran.code) == ([], "", 0)


# -- the command itself -------------------------------------------------------------------------


def test_secrets_list(sealed: Confstore) -> None:
    """Kinds and references, of any store, without opening one."""
    sealed("update", "db", "api=ssm:/prod/api", "--reference", "api")
    wanted = [
        {"option": "db", "key": "password", "kind": "local", "reference": None},
        {"option": "db", "key": "api", "kind": "ssm", "reference": "/prod/api"},
    ]
    assert sealed("secrets", "list").json == wanted
    assert sealed("secrets", "list", "db", "-s", "file:dev.json").json == wanted
    assert "/prod/api" in sealed("secrets", "list", "-o", "table").stdout


def test_secrets_seal(sealed: Confstore, tmp_path: Path) -> None:
    """A plain value becomes secret, in its place."""
    assert sealed("secrets", "seal", "db", "host", "--dry-run").code == 0
    ran = sealed("secrets", "seal", "db", "host")
    assert ran.stderr == "sealed 'host' of option 'db' of store 'dev'\n"
    assert stored(tmp_path)["host"].startswith("secret+local:")
    assert "sealed already" in sealed("secrets", "seal", "db", "host").stderr
    assert sealed("secrets", "seal", "db", "absent").code == 1


def test_secrets_rewrap(sealed: Confstore, tmp_path: Path, keys: LocalKeys) -> None:
    """With a new key first, whatever the old one had sealed is sealed again."""
    sealed("update", "db", "api=ssm:/prod/api", "--reference", "api")
    assert "sealed already" in sealed("secrets", "rewrap").stderr
    new = LocalKeys.generate()
    (tmp_path / "keys").write_text(new.text + keys.text)
    before = stored(tmp_path)
    ran = sealed("secrets", "rewrap", "db")
    assert "sealed the secrets of 1 option of store 'dev' again" in ran.stderr
    after = stored(tmp_path)
    assert after["password"] != before["password"]
    assert after["api"] == before["api"]
    (answer,) = new.open_many(
        [(after["password"].partition(":")[2], Place("dev", "db", "password"))]
    )
    assert CANARY in repr(getattr(answer, "plaintext", None))


def test_secrets_check(sealed: Confstore, tmp_path: Path) -> None:
    """Every secret is opened, and none is shown."""
    ran = sealed("secrets", "check", "-o", "table")
    assert (ran.code, ran.stdout) == (0, "")
    assert "1 secret, all of which can be opened" in ran.stderr
    content = stored(tmp_path)
    (tmp_path / "dev.json").write_text(json.dumps({"db": content, "moved": content}))
    ran = sealed("secrets", "check")
    assert ran.code == 2
    assert [(row["option"], row["key"]) for row in ran.json] == [("moved", "password")]
    assert "1 of 2 secrets cannot be opened" in ran.stderr
    assert sealed("secrets", "check", "db").code == 0


def test_secrets_keygen(confstore: Confstore, tmp_path: Path) -> None:
    """A new key, in a file that only its owner may read, and never over another one."""
    printed = confstore("secrets", "keygen").stdout
    assert LocalKeys.from_text(printed).text == printed
    ran = confstore("secrets", "keygen", "--file", "new")
    assert ran.code == 0
    assert "secrets=local:new" in ran.stderr
    path = tmp_path / "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = path.read_text()
    assert LocalKeys.from_text(written).key_id in ran.stderr
    ran = confstore("secrets", "keygen", "--file", "new")
    assert (ran.code, path.read_text() == written) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("seal", "db"), "seal takes an option and its keys"),
        (("list", "db", "password"), "of arguments, list takes an option at most"),
        (("keygen", "db"), "of arguments, keygen takes none: --file names the file"),
        (("list", "--file", "x"), "--file is for keygen"),
        (("open",), "'open' is not one of"),
    ],
)
def test_wrong_arguments(confstore: Confstore, arguments: tuple[str, ...], reason: str) -> None:
    """Each action says what it takes."""
    ran = confstore("secrets", *arguments)
    assert (ran.code, reason in ran.stderr) == (2, True)


# -- the journal --------------------------------------------------------------------------------


def test_secrets_and_the_journal(sealed: Confstore, tmp_path: Path) -> None:
    """Commits hold texts; a rollback brings a secret back."""
    assert sealed("init", "--journal").code == 0
    arguments = ("update", "db", "password=-", "--secret", "password")
    sealed(*arguments, input="second-canary")
    sealed(*arguments, input="second-canary")
    assert sealed("get", "db", "--show-version").stderr == "version 2\n"
    assert sealed("rollback", "1", "--yes").code == 0
    assert sealed("get", "db", "password", "--reveal").stdout == f"{CANARY}\n"
    shown = sealed("history", "db", "--values").stdout + sealed("diff", "1", "2").stdout
    for path in tmp_path.iterdir():
        if path.is_file():
            shown += path.read_text()
    assert CANARY not in shown
    assert "second-canary" not in shown
