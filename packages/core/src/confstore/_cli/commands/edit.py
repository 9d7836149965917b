"""`confstore edit`: options in the user's editor, written back by compare-and-set."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import attrs
import click

from confstore import Plan, Store, Values, beneath_of, diff
from confstore._cli.arguments.edited import EditedText
from confstore._cli.arguments.merged import merged_option
from confstore._cli.arguments.names import complete_options
from confstore._cli.arguments.operands import FILE_FORMATS
from confstore._cli.arguments.written import Problem, UnfitPlanError, schema_flag
from confstore._cli.changes.differences import show_differences
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, journal_of, options_now
from confstore._cli.terminal.editor import Editor, editor_with
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import counted
from confstore._cli.writing.flags import Writing, writing_flags, yes_flag
from confstore._cli.writing.sealing import texts_of_options
from confstore._cli.writing.write import Write, version_of
from confstore.adapter import checked_option, is_same
from confstore.errors import (
    InvalidCommitError,
    InvalidDocumentError,
    InvalidValueError,
    SecretError,
    VersionConflictError,
)

__all__ = ["edit"]

_MAX_ROUNDS = 20
"""Times that one command opens the editor, which may be a program that never gives up; a guess."""

Options: TypeAlias = Mapping[str, Values]


class _ConflictError(CommandError):
    """Somebody else has changed what is edited, after it was read."""

    def __init__(self, store: str, options: Collection[str]) -> None:
        named = ", ".join(map(repr, sorted(options)))
        message = f"store {store!r}: somebody else changed {named}; nothing was written"
        super().__init__(message, ExitCode.CONFLICT)
        self.options = options


@command(
    "edit",
    examples=(
        Example("confstore edit db", "one option, in your editor", is_run=False),
        Example(
            "EDITOR='sed -i s/27017/27018/' confstore edit --values",
            "every option, by a program, and the values that it changes",
        ),
    ),
)
@click.argument("options", metavar="[OPTION...]", nargs=-1, shell_complete=complete_options)
@click.option(
    "--format",
    type=click.Choice(FILE_FORMATS),
    default="yaml",
    help="The format of the text; else YAML.",
)
@schema_flag
@yes_flag
@writing_flags
def edit(
    session: Session,
    options: tuple[str, ...],
    format: str,
    is_confirmed: bool,
    writing: Writing,
) -> None:
    """
    Edit options as a text, in the editor that VISUAL or EDITOR names: all options, or those given.

    The result is validated, also by a schema, and shown as a table of changes. It is written if
    nobody else has changed the same options meanwhile.

    If there is a fault, or somebody else wrote first, the editor opens again, with the reason above
    the line. Keys that only the other writer changed are taken over. An option that is removed from
    the text is deleted, after a question.

    Nothing is written if the text is empty, if a text with a fault is saved again as it is, or if
    the editor fails.

    The text is in a private folder, in memory where the system has such a place, and is removed
    however the command or the editor ends.
    """
    for option in options:
        checked_option(option)
    store = session.store("write")
    base = _Base.read(store, options)
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in store.name)
    with editor_with(f"{name[:64]}.{format}") as editor:
        _Edit(session, store, format, writing, is_confirmed, editor, base).run()


@attrs.frozen
class _Base:
    """Options as they were read at a version, and the names of those that were looked for."""

    version: int
    names: frozenset[str]
    options: Options = attrs.field(repr=False)

    @classmethod
    def read(cls, store: Store, names: Collection[str]) -> _Base:
        """Read the options of some names, or all."""
        version = version_of(store)
        # Secrets are edited as the texts that they are beneath.
        beneath = beneath_of(store)
        options = options_now(beneath, sorted(names)) if names else dict(beneath.items())
        return cls(version, frozenset(names or options), options)


@attrs.define(eq=False)
class _Edit:
    """One edit, from the first look at the store until its text is written or given up."""

    _session: Session
    _store: Store
    _format: str
    _writing: Writing
    _is_confirmed: bool
    _editor: Editor
    _base: _Base

    def run(self) -> None:
        """Open the editor until the text can be written, or is given up."""
        # An option that does not exist yet begins without keys.
        text = self._text_of({name: self._base.options.get(name) for name in self._base.names})
        failure: Exception | None = None
        for _ in range(_MAX_ROUNDS):
            before, text = text, text.saved(self._editor.edit(text.shown))
            if text.is_empty:
                raise CommandError("the text is empty; nothing was written", ExitCode.DECLINED)
            if text.content == before.content and not isinstance(failure, _ConflictError):
                # After a conflict, somebody has seen the merged text, and agrees.
                break
            mine: Options = {}
            try:
                mine = text.options()
                self._write(mine)
            except InvalidDocumentError as error:
                failure, text = error, text.with_error(error)
            except UnfitPlanError as error:
                failure, text = error, text.with_reasons(error.problems)
            except InvalidCommitError as error:
                failure, text = error, text.with_reasons([((), str(error))])
            except (InvalidValueError, SecretError) as error:
                key = error.key if isinstance(error, SecretError) else error.path
                failure, text = error, text.with_reasons([((error.option, key), error.reason)])
            except (VersionConflictError, _ConflictError) as error:
                if self._writing.if_version is not None:
                    raise
                failure = _ConflictError(self._store.name, error.options)
                text = self._merged(mine)
            else:
                return
        if failure is not None:
            raise failure
        self._session.say(
            "nothing was changed (an editor that returns at once needs a flag such as --wait)"
        )

    def _text_of(self, options: Mapping[str, Values | None]) -> EditedText:
        store, version = self._store.name, self._base.version
        title = (
            f"Options of store {store!r}" + (f" at version {version}." if version else "."),
            "Save and quit to write them. An option that is removed is deleted. An empty text",
            "writes nothing.",
        )
        known: dict[str, Any] = {name: options[name] or {} for name in sorted(options)}
        return EditedText.of(known, self._format, self._editor.path.name, title)

    # -- write -----------------------------------------------------------------------------------

    def _write(self, mine: Options) -> None:
        base, store = self._base, self._store
        mine = {
            option: values
            for option, values in mine.items()
            # A name without keys that did not exist was shown so, and is not wanted.
            if values or option in base.options or option not in base.names
        }
        mine = texts_of_options(store, base.options, mine, can_move=True)
        plan = Plan.between(base.version, base.options, mine)
        present = options_now(beneath_of(store), plan.options)
        changed = [name for name in plan.options if not _are_same(base.options, present, name)]
        if changed:
            raise _ConflictError(store.name, changed)
        write = Write(
            self._session,
            store,
            self._writing,
            lambda: plan,
            comment="edit",
            is_retried=False,
            unjournaled=lambda: _write_keys(beneath_of(store), plan),
        )
        written = write.run(self._ask)
        if written is not None:
            what = f"{counted(written.changes, 'option')} of store {store.name!r}"
            self._session.say(f"wrote {what}{written.version}")

    def _ask(self, plan: Plan) -> bool:
        if not plan.options:
            self._session.say(f"nothing to change: store {self._store.name!r} is so already")
            return False
        has_values = self._writing.has_values
        show_differences(self._session, diff(plan.old, plan.new), has_values=has_values)
        gone = sorted(plan.old.keys() - plan.new.keys())
        if gone:
            doing = f"delete option {', '.join(map(repr, gone))} of store {self._store.name!r}"
            self._session.confirm(doing, is_confirmed=self._is_confirmed)
        return True

    # -- conflicts -------------------------------------------------------------------------------

    def _merged(self, mine: Options) -> EditedText:
        """The text of what is in the store now, with what was edited; it is the new base."""
        old, names = self._base, self._base.names | mine.keys()
        new = _Base.read(self._store, names)
        who = self._others(old.version)
        merged: dict[str, Values | None] = {}
        reasons: list[Problem] = []
        for name in sorted(names):
            sides = (old.options.get(name), mine.get(name), new.options.get(name))
            merged[name], found = merged_option(name, *sides, who.get(name, "somebody else"))
            reasons += found
        self._base = new
        shown = {name: values for name, values in merged.items() if values is not None}
        return self._text_of(shown).with_reasons(reasons)

    def _others(self, since: int) -> dict[str, str]:
        """Who has committed which option after a version."""
        journal = journal_of(self._store)
        return {
            change.option: f"{commit.author or 'somebody'} (version {commit.version})"
            for commit in (journal.commits(since) if journal is not None else ())
            for change in commit.changes
        }


def _are_same(one: Options, other: Options, name: str) -> bool:
    return is_same(one.get(name), other.get(name))


def _write_keys(store: Store, plan: Plan) -> None:
    """Write to a store without a journal only the keys that differ: others stay as they are."""
    for option in plan.options:
        old, new = plan.old.get(option), plan.new.get(option)
        if new is None:
            store.delete(option)
        elif old is None:
            store.set(option, new)
        else:
            changed = {
                key: value
                for key, value in new.items()
                if key not in old or not is_same(old[key], value)
            }
            store.update(option, changed, remove=sorted(old.keys() - new.keys()))
