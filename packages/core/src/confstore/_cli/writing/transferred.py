"""Options from a file or a store, on their way into another store: import, copy and deploy."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from confstore import Plan, Store, Values, beneath_of
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError
from confstore._cli.terminal.text import counted
from confstore._cli.writing.flags import Transfer, Writing
from confstore._cli.writing.sealing import texts_of_options
from confstore._cli.writing.write import Write, version_of
from confstore.adapter import canonical_values, checked_option, is_same

__all__ = ["Transferred"]


@attrs.define
class Transferred:
    """Options from a source, on their way into a store."""

    _do: str
    _did: str
    _source: str
    _options: Mapping[str, Values] = attrs.field(repr=False)
    _store: Store
    _transfer: Transfer
    _shown_target: str
    _asks_to_overwrite: bool = False
    _equal: int = 0
    _prunable: Collection[str] | None = None

    def write(self, session: Session, writing: Writing) -> None:
        """Write them, or show the changes, and print the numbers."""
        into = f"{self._source} into {self._shown_target}"
        planned: list[Plan] = []

        def plan() -> Plan:
            planned.append(self.plan())
            return planned[-1]

        def ask(plan: Plan) -> bool:
            self.confirm(session, plan)
            return True

        written = Write(session, self._store, writing, plan, is_split=True).run(ask)
        if written is None:
            to_write, to_delete = len(planned[0].new), len(planned[0].old.keys() - planned[0].new)
            session.say(
                f"would {self._do} {into}: {to_write} to write, {self._equal} equal, {to_delete} "
                f"to delete, {len(self._options) - to_write - self._equal} to skip"
            )
            return
        # Somebody else may have written some of them between two tries.
        left = len(self._options) - written.options
        equal = self._equal if self._transfer.is_skipping else left
        session.say(
            f"{self._did} {into}: {written.options} written, {equal} equal, "
            f"{written.deleted} deleted, {left - equal} skipped{written.version}"
        )

    def plan(self) -> Plan:
        """Plan what to write and delete in the store as it is now."""
        version, there = version_of(self._store), dict(beneath_of(self._store).items())
        given = {
            option: values
            for option, values in self._options.items()
            if not (self._transfer.is_skipping and option in there)
        }
        # A file that was exported holds texts for secrets, or secrets in clear.
        new = texts_of_options(self._store, there, given)
        if self._prunable is None:
            # An option that appears after the question is not deleted by a later try.
            self._prunable = there.keys() - self._options if self._transfer.is_pruning else ()
            self._equal = sum(
                option in there and is_same(there[option], new.get(option, values))
                for option, values in self._options.items()
            )
        concerned = new.keys() | set(self._prunable)
        old = {option: values for option, values in there.items() if option in concerned}
        plan = Plan.between(version, old, new)
        # Somebody may have written values of the source without confstore's checks.
        checked = {
            checked_option(option): canonical_values(option, values)
            for option, values in plan.new.items()
        }
        return attrs.evolve(plan, new=checked)

    def confirm(self, session: Session, plan: Plan) -> None:
        """Ask before options are deleted, or those of another store overwritten."""
        gone, target = len(plan.old.keys() - plan.new.keys()), self._shown_target
        replaced = len(plan.old.keys() & plan.new.keys()) if self._asks_to_overwrite else 0
        doing = []
        if replaced:
            what = counted(replaced, "option")
            doing.append(f"overwrite {what} of {target} by those of {self._source}")
        if gone:
            doing.append(self._deleting(gone))
        if doing:
            session.confirm(", and ".join(doing), is_confirmed=self._transfer.is_confirmed)

    def _deleting(self, count: int) -> str:
        what, target = counted(count, "option"), self._shown_target
        if not (self._options or self._transfer.is_empty_allowed):
            message = f"{self._source} has no options, so --prune would delete all ({what}) of "
            raise CommandError(f"{message}{target}; if that is intended, give --allow-empty, too")
        return f"delete {what} of {target} that {self._source} does not have"
