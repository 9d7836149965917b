"""`confstore secrets`: list, seal, rewrap and check secrets, and make a key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from confstore import (
    LocalKeys,
    Plan,
    SealedStore,
    Secret,
    Values,
    beneath_of,
    open_secrets,
    plan_rewrap,
)
from confstore._cli.arguments.names import complete_keys, complete_options
from confstore._cli.arguments.secrets import secret_keys
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, absent_key
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import counted
from confstore._cli.writing.flags import Writing, writing_flags
from confstore._cli.writing.write import Write, texts_for, version_of
from confstore.adapter import canonical_values
from confstore.errors import SecretError
from confstore.files import replaced_file

__all__ = ["secrets"]

_ACTIONS = ("list", "seal", "rewrap", "check", "keygen")


@command(
    "secrets",
    examples=(
        Example("confstore secrets keygen --file my.key", "a new local key, readable by you only"),
        Example("confstore secrets list", "the keys that are sealed, or refer to a secret"),
        Example(
            "confstore secrets seal db password --comment sealed",
            "seal a value that is plain",
            is_run=False,
        ),
        Example("confstore secrets check", "open each secret, and show none", is_run=False),
    ),
)
@click.argument("action", type=click.Choice(_ACTIONS))
@click.argument("option", required=False, shell_complete=complete_options)
@click.argument("keys", metavar="[KEY...]", nargs=-1, shell_complete=complete_keys)
@click.option("--file", "path", metavar="PATH", help="The new file of keygen; else it is printed.")
@writing_flags
def secrets(
    session: Session,
    action: str,
    option: str | None,
    keys: tuple[str, ...],
    path: str | None,
    writing: Writing,
) -> None:
    """
    Work with the secrets of a store; no value is ever shown.

    list names secrets and their kinds, and check opens each of them: both take an OPTION, or all.
    seal replaces the plain values of KEYs of an OPTION by secrets. rewrap seals again whatever an
    older key had sealed, of an OPTION or of all, so that the older key can go. keygen makes a local
    key. All but keygen and list need a store whose URL has secrets=.
    """
    actions: dict[str, Callable[[], None]] = {
        "list": lambda: _list(session, option),
        "seal": lambda: _seal(session, option, keys, writing),
        "rewrap": lambda: _rewrap(session, option, writing),
        "check": lambda: _check(session, option),
        "keygen": lambda: _make_key(session, path),
    }
    if action == "seal" and not keys:
        raise CommandError("seal takes an option and its keys: confstore secrets seal db password")
    if action != "seal" and (keys or (action == "keygen" and option)):
        takes = "none: --file names the file" if action == "keygen" else "an option at most"
        raise CommandError(f"of arguments, {action} takes {takes}")
    if path is not None and action != "keygen":
        raise CommandError("--file is for keygen")
    actions[action]()


def _sealed_store(session: Session, purpose: Any = "read") -> SealedStore:
    store = session.store(purpose)
    if not isinstance(store, SealedStore):
        message = f"store {store.name!r} is opened without secrets: add secrets= to its URL"
        raise CommandError(f"{message}, such as secrets=kms:alias/config or secrets=local:KEYFILE")
    return store


def _options(session: Session, option: str | None) -> dict[str, Values]:
    store = session.store()
    return {option: store.get(option)} if option is not None else dict(sorted(store.items()))


def _list(session: Session, option: str | None) -> None:
    beneath = beneath_of(session.store())
    options = {option: beneath.get(option)} if option is not None else dict(sorted(beneath.items()))
    rows = [
        (name, key, *_described(value))
        for name, values in options.items()
        for key, value in values.items()
        if isinstance(value, str) and value.startswith("secret+")
    ]
    columns = ("option", "key", "kind", "refers to")
    session.show(
        [
            {**dict(zip(columns[:3], row, strict=False)), "reference": row[3] or None}
            for row in rows
        ],
        [column.upper() for column in columns],
        rows,
        empty="there are no secrets",
    )


def _described(text: str) -> tuple[str, str]:
    """The kind of a secret, and the name that a reference has."""
    kind, _, name = text.removeprefix("secret+").partition(":")
    # A sealed text says nothing to a reader.
    return kind, "" if kind in {"kms", "local"} else name


def _seal(session: Session, option: str | None, keys: tuple[str, ...], writing: Writing) -> None:
    store = _sealed_store(session, "write")
    name = str(option)

    def plan() -> Plan:
        version, now = version_of(store), store.beneath.get(name)
        new: dict[str, Any] = store.get(name)
        for key in keys:
            if key not in now:
                raise absent_key(store, name, key)
            if not isinstance(new[key], Secret):
                new[key] = Secret(new[key])
        texts = canonical_values(name, texts_for(store, name, new, now))
        return Plan.between(version, {name: now}, {name: texts})

    written = Write(session, store, writing, plan).run(lambda plan: _asked(session, plan))
    if written is not None:
        named = ", ".join(map(repr, keys))
        session.say(f"sealed {named} of option {name!r} of store {store.name!r}{written.version}")


def _asked(session: Session, plan: Plan) -> bool:
    if not plan.options:
        session.say("nothing to change: the values are sealed already")
    return bool(plan.options)


def _rewrap(session: Session, option: str | None, writing: Writing) -> None:
    store = _sealed_store(session, "write")

    def plan() -> Plan:
        return plan_rewrap(store, None if option is None else [option])

    write = Write(session, store, writing, plan, comment="rewrap", is_split=True)
    written = write.run(lambda plan: _asked(session, plan))
    if written is not None:
        what = counted(written.options, "option")
        session.say(f"sealed the secrets of {what} of store {store.name!r} again{written.version}")


def _check(session: Session, option: str | None) -> None:
    _sealed_store(session)
    options = _options(session, option)
    found: list[tuple[str, str, Any]] = [
        (name, key, values[key]) for name, values in options.items() for key in secret_keys(values)
    ]
    open_secrets(secret for _, _, secret in found)
    rows = list(_faults(found))
    columns = ("option", "key", "problem")
    session.show(
        [dict(zip(columns, row, strict=True)) for row in rows],
        [column.upper() for column in columns],
        rows,
        empty=f"{counted(len(found), 'secret')}, all of which can be opened",
    )
    if rows:
        raise CommandError(f"{len(rows)} of {counted(len(found), 'secret')} cannot be opened")


def _faults(found: list[tuple[str, str, Any]]) -> Iterator[tuple[str, str, str]]:
    for option, key, secret in found:
        try:
            secret.reveal()
        except SecretError as error:
            yield option, key, error.reason


def _make_key(session: Session, path: str | None) -> None:
    keys = LocalKeys.generate()
    if path is None:
        click.echo(keys.text, nl=False)
        return
    if os.path.lexists(path):
        message = f"{path!r} exists: a key that is overwritten opens nothing any more"
        raise CommandError(message, ExitCode.INVALID)
    with replaced_file(Path(path)) as file:
        file.write(keys.text)
    session.say(f"wrote the local key {keys.key_id} to {path!r}: secrets=local:{path}")
