"""`confstore secrets`: list, seal, rewrap and check secrets, and make a key."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from confstore import (
    Environment,
    LayeredStore,
    LocalKeys,
    Plan,
    SealedStore,
    Secret,
    Store,
    Values,
    beneath_of,
    is_sealed_text,
    open_secrets,
    plan_rewrap,
)
from confstore._cli.arguments.names import complete_keys, complete_options
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, absent_key, options_now
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import counted, shown_url
from confstore._cli.writing.flags import Writing, writing_flags
from confstore._cli.writing.sealing import texts_for
from confstore._cli.writing.write import Write, version_of
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

    list names secrets and their kinds; check opens each of them. Both take an OPTION, or all, and
    look at each of several layers.

    seal replaces the plain values of KEYs of an OPTION by secrets. rewrap seals anew what an older
    key had sealed, of an OPTION or of all, so that the older key can go. keygen makes a local key.

    All but keygen and list need a store whose URL has secrets=.
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


def _parts(
    session: Session, option: str | None, seen: Callable[[Store], Store]
) -> list[tuple[str, Store, Mapping[str, Values]]]:
    """Each store, its name among layers (else none), and its options in what `seen` makes of it."""
    store = session.store()
    if not isinstance(store, LayeredStore):
        one = seen(store)
        return [("", store, {option: one.get(option)} if option is not None else dict(one.items()))]
    if option is not None:
        # It is an error if no layer has it.
        store.get(option)
    parts = [
        (shown_url(url), part)
        for url, part in zip(session.layers, store[:], strict=True)
        if not isinstance(part, Environment)
    ]
    return [
        (
            name,
            part,
            dict(seen(part).items()) if option is None else options_now(seen(part), [option]),
        )
        for name, part in parts
    ]


def _show(
    session: Session, columns: Sequence[str], rows: Sequence[tuple[str, ...]], *, empty: str
) -> None:
    """Show rows that begin with a layer, and leave that column out for a single store."""
    if not any(row[0] for row in rows):
        columns, rows = columns[1:], [row[1:] for row in rows]
    session.show(
        [{name: cell or None for name, cell in zip(columns, row, strict=True)} for row in rows],
        ["REFERS TO" if name == "reference" else name.upper() for name in columns],
        rows,
        empty=empty,
    )


def _list(session: Session, option: str | None) -> None:
    rows = [
        (layer, name, key, *_described(value))
        for layer, _, options in _parts(session, option, beneath_of)
        for name in sorted(options)
        for key, value in options[name].items()
        if is_sealed_text(value)
    ]
    columns = ("layer", "option", "key", "kind", "reference")
    _show(session, columns, rows, empty="there are no secrets")


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
    parts = _parts(session, option, lambda store: store)
    if not any(isinstance(store, SealedStore) for _, store, _ in parts):
        _sealed_store(session)
    found: list[tuple[tuple[str, str, str], Any]] = [
        ((layer, name, key), value)
        for layer, _, options in parts
        for name in sorted(options)
        for key, value in options[name].items()
        if isinstance(value, Secret) or is_sealed_text(value)
    ]
    open_secrets(value for _, value in found if isinstance(value, Secret))
    rows = [(*place, reason) for place, value in found if (reason := _fault(value))]
    count = counted(len(found), "secret")
    columns = ("layer", "option", "key", "problem")
    _show(session, columns, rows, empty=f"{count}, all of which can be opened")
    if rows:
        raise CommandError(f"{len(rows)} of {count} cannot be opened")


def _fault(value: Secret[Any] | str) -> str:
    """Why a secret cannot be opened; empty if it can."""
    if isinstance(value, str):
        return "the URL of its layer has no secrets="
    try:
        value.reveal()
    except SecretError as error:
        return error.reason
    return ""


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
