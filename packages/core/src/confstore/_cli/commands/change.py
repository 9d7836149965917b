"""`confstore set`, `confstore update` and `confstore delete`: change one option."""

from __future__ import annotations

import click

from confstore import Plan, SealingStore, Store, Values, ability, beneath_of, diff
from confstore._cli.arguments.names import complete_assignments, complete_keys, complete_options
from confstore._cli.arguments.secrets import Hiding, hiding_flags
from confstore._cli.arguments.written import UnfitPlanError
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, absent_key, options_now
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.writing.flags import Writing, writing_flags, yes_flag
from confstore._cli.writing.sealing import still_secret, texts_for
from confstore._cli.writing.write import Write, Written, version_of
from confstore.adapter import canonical_update, canonical_values, checked_option
from confstore.errors import OptionNotFoundError

__all__ = ["delete", "set_option", "update"]


@command(
    "set",
    examples=(
        Example("confstore set db host=db.example port:=27017", "text, and a number"),
        Example("printf hunter2 | confstore set login password=-", "a text from standard input"),
        Example(
            "confstore set db host=db.example password=- --secret password",
            "a text, and a secret that is asked for",
            is_run=False,
        ),
    ),
)
@click.argument("option", shell_complete=complete_options)
@click.argument(
    "assignments",
    metavar="KEY=VALUE...",
    nargs=-1,
    required=True,
    shell_complete=complete_assignments,
)
@hiding_flags
@writing_flags
def set_option(
    session: Session,
    option: str,
    assignments: tuple[str, ...],
    hiding: Hiding,
    writing: Writing,
) -> None:
    """
    Replace a whole option: keys that are not given are removed (to change some keys, use update).

    KEY=VALUE is text and KEY:=JSON any value: a number, true, null, a list, {"$bytes": "BASE64"}.
    KEY=@FILE and KEY:=@FILE read it from a file, KEY=- and KEY:=- from standard input, without its
    last line feed; in a terminal, KEY=- asks for it, hidden. A backslash before =, : or @ makes it
    an ordinary character. A missing file is created if its folder exists.

    A secret is sealed by the keys that the store's URL names with secrets=.
    """
    checked_option(option)
    store = session.store("write")
    values = hiding.values(option, assignments)

    def plan() -> Plan:
        version, now = version_of(store), options_now(beneath_of(store), [option])
        _check_still_secret(store, option, values, now.get(option))
        given = texts_for(store, option, values, now.get(option))
        return Plan(version, now, {option: canonical_values(option, given, store=store.name)})

    written = _run(session, option, Write(session, store, writing, plan))
    if written is not None:
        session.say(f"set option {option!r} of store {store.name!r}{written.version}")


def _check_still_secret(store: Store, option: str, values: Values, present: Values | None) -> None:
    """Refuse to write a plain value over a secret, which would be a slip of the keyboard."""
    if ability(store, SealingStore) is None:
        return
    _, plain = still_secret(values, present)
    if plain:
        message = (
            f"option {option!r}, key {plain[0]!r} is a secret: give --secret {plain[0]}, and the "
            "value by standard input; to make it plain, delete the key first"
        )
        raise CommandError(message, ExitCode.INVALID)


def _run(session: Session, option: str, write: Write) -> Written | None:
    """Write what assignments give; say how to write values of other types where it does not fit."""

    def ask(plan: Plan) -> bool:
        """Write only what differs: a commit without a change would only hide the others."""
        if plan.old.keys() == plan.new.keys() and not list(diff(plan.old, plan.new)):
            store = write.store.name
            session.say(f"nothing to change: option {option!r} of store {store!r} is so already")
            return False
        return True

    try:
        return write.run(ask)
    except UnfitPlanError as error:
        for note in error.notes:
            session.say(f"note: {note}")
        raise


@command(
    "update",
    examples=(
        Example("confstore update db port:=27018", "change one key, keep the others"),
        Example("confstore update db host=db2.example --remove port --dry-run", "look first"),
    ),
)
@click.argument("option", shell_complete=complete_options)
@click.argument(
    "assignments", metavar="[KEY=VALUE...]", nargs=-1, shell_complete=complete_assignments
)
@click.option(
    "--remove",
    "removed",
    metavar="KEY",
    multiple=True,
    shell_complete=complete_keys,
    help="Remove a key if the option has it; can be given several times.",
)
@hiding_flags
@writing_flags
def update(
    session: Session,
    option: str,
    assignments: tuple[str, ...],
    removed: tuple[str, ...],
    hiding: Hiding,
    writing: Writing,
) -> None:
    """
    Change keys of an option and keep the others; an assignment creates a missing option.

    KEY=VALUE is as for set.
    """
    if not assignments and not removed:
        raise CommandError("nothing to update: give KEY=VALUE or --remove KEY")
    checked_option(option)
    store = session.store("write")
    beneath = beneath_of(store)
    given = hiding.values(option, assignments)
    present = options_now(beneath, [option]).get(option)
    _check_still_secret(store, option, given, present)
    texts = texts_for(store, option, given, present)
    values, gone = canonical_update(option, texts, removed, store=store.name)

    def plan() -> Plan:
        version, now = version_of(store), options_now(beneath, [option])
        if not values and not now:
            # Removing keys creates no option: a mistyped name is an error.
            raise OptionNotFoundError(store.name, option)
        both = {**now.get(option, {}), **values}
        kept = {key: value for key, value in both.items() if key not in gone}
        return Plan(version, now, {option: canonical_values(option, kept, store=store.name)})

    write = Write(
        session,
        store,
        writing,
        plan,
        unjournaled=lambda: beneath.update(option, values, remove=gone),
    )
    written = _run(session, option, write)
    if written is not None:
        session.say(f"updated option {option!r} of store {store.name!r}{written.version}")


@command(
    "delete",
    examples=(
        Example("confstore delete db --yes", "an option, without a question"),
        Example("confstore delete db port --dry-run", "the effect of removing a key"),
    ),
)
@click.argument("option", shell_complete=complete_options)
@click.argument("keys", metavar="[KEY...]", nargs=-1, shell_complete=complete_keys)
@yes_flag
@writing_flags
def delete(
    session: Session, option: str, keys: tuple[str, ...], is_confirmed: bool, writing: Writing
) -> None:
    """Delete an option, or keys of it; asks first."""
    store = session.single_store()
    names = f"{', '.join(map(repr, keys))} of " if keys else ""
    what = f"{names}option {option!r} of store {store.name!r}"

    def plan() -> Plan:
        version, old = version_of(store), beneath_of(store).get(option)
        for key in keys:
            if key not in old:
                raise absent_key(store, option, key)
        left = {key: value for key, value in old.items() if key not in keys}
        new: dict[str, Values] = {option: left} if keys else {}
        return Plan(version, {option: old}, new)

    def unjournaled() -> None:
        if keys:
            store.update(option, {}, remove=keys)
        else:
            store.delete(option)

    def ask(_: Plan) -> bool:
        session.confirm(f"delete {what}", is_confirmed=is_confirmed)
        return True

    written = Write(session, store, writing, plan, unjournaled=unjournaled).run(ask)
    if written is not None:
        session.say(f"deleted {what}{written.version}")
