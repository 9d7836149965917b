"""`confstore deploy`: commit a file, check it for a while, and roll it back if a check fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import attrs
import click

from confstore import JournaledStore, Plan, Values, beneath_of, plan_rollback
from confstore._cli.arguments.baking import Baking, baking_flags
from confstore._cli.arguments.operands import FILE_FORMATS
from confstore._cli.arguments.written import schema_flag
from confstore._cli.changes.deploys import (
    Deploy,
    confirm_comment,
    deploy_comment,
    deploys_of,
    newest_commits,
    rollback_command,
    rollback_comment,
)
from confstore._cli.commands.command import Example, command
from confstore._cli.commands.transfer import options_of_file
from confstore._cli.exec.deploy_check import Check, Stopped, Stopping
from confstore._cli.session import Session, options_now
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import counted
from confstore._cli.writing.flags import Transfer, Writing, writing_flags, yes_flag
from confstore._cli.writing.transferred import Transferred
from confstore._cli.writing.write import Write
from confstore.adapter import canonical_values, is_same
from confstore.errors import (
    ConfigStoreError,
    SecretError,
    StoreUnavailableError,
    VersionConflictError,
)

__all__ = ["deploy"]


@command(
    "deploy",
    examples=(
        Example(
            "confstore deploy new.yaml --check 'curl -fsS localhost:8080/health' --bake 10m",
            "roll back if the service fails within ten minutes",
            is_run=False,
        ),
        Example("confstore deploy new.yaml --check true --bake 0s", "one check, right afterwards"),
    ),
)
@click.argument("path", metavar="FILE", type=click.Path(allow_dash=True))
@click.option(
    "--format", type=click.Choice(FILE_FORMATS), help="The format; else that of the file's suffix."
)
@schema_flag
@baking_flags
@click.option(
    "--prune",
    "is_pruning",
    is_flag=True,
    help="Delete the store's options that the file does not have; asks first.",
)
@click.option(
    "--allow-empty",
    "is_empty_allowed",
    is_flag=True,
    help="Let --prune delete every option if the file has none.",
)
@yes_flag
@writing_flags
def deploy(
    session: Session,
    path: str,
    format: str | None,
    baking: Baking,
    is_pruning: bool,
    is_empty_allowed: bool,
    is_confirmed: bool,
    writing: Writing,
) -> None:
    """
    Commit the options of a file, run a check for a while, and roll back if the check fails.

    Each option of the file replaces that of the store. Other options stay, unless --prune is given.
    All of it is one commit, so the store needs a journal.

    The check runs right after the commit, then at intervals, and once more at the end.
    CONFSTORE_VERSION is the version to check. Then another commit confirms this one.

    A rollback is one more commit with the old values. It is made if a check fails (exit code 6),
    after Ctrl-C (130), and after SIGTERM or SIGHUP (143). If somebody else has changed one of the
    options meanwhile, nothing is rolled back (exit code 5), and the message has the command for it.

    If this command is killed, confstore doctor shows the command that rolls it back. To deploy the
    same file again continues the checks instead.
    """
    baking.check()
    transfer = Transfer(is_pruning, False, is_empty_allowed, is_confirmed)
    source, options = options_of_file(path, format, None, (), transfer)
    store = session.journaled_store()
    shown = f"store {store.name!r}"
    transferred = Transferred(
        "deploy", "deployed", source, options, store, transfer, shown_target=shown
    )
    _Deployment(session, store, writing, baking, source, options, transferred).run()


@attrs.define(eq=False)
class _Deployment:
    """One deploy, from its plan to its end."""

    _session: Session
    _store: JournaledStore
    _writing: Writing
    _baking: Baking
    _source: str
    _options: Mapping[str, Values] = attrs.field(repr=False)
    _transferred: Transferred
    _plan: Plan | None = None
    _told: str = ""

    def run(self) -> None:
        """Commit, and check until the end."""
        with Stopping() as stopping:
            version = self._commit(stopping)
            if version is None:
                return
            try:
                self._session.say(self._told)
                reason = self._failure(stopping, version) if self._baking.is_needed else None
            except Stopped as stopped:
                self._roll_back(version, f"stopped by {stopped.name}")
                if stopped.name == "SIGINT":
                    raise KeyboardInterrupt from None
                click.get_current_context().exit(ExitCode.TERMINATED)
            except BaseException as error:
                # Such as a closed standard error, or a machine that can start no program.
                if self._baking.is_needed:
                    self._roll_back(version, f"stopped by {type(error).__name__}")
                raise
            if reason is not None:
                self._roll_back(version, reason)
                message = f"version {version} of store {self._store.name!r} was rolled back: "
                raise CommandError(message + reason, ExitCode.ROLLED_BACK)
            if self._baking.is_needed:
                self._confirm(version)

    # -- commit ----------------------------------------------------------------------------------

    def _commit(self, stopping: Stopping) -> int | None:
        """Commit the file, and return the version to check; None if nothing is to be checked."""
        comment = self._writing.comment
        if self._baking.is_needed:
            comment = deploy_comment(self._source, self._baking.within_s, comment)
        elif not comment:
            comment = f"deploy of {self._source}"

        def ask(plan: Plan) -> bool:
            if plan.options:
                self._transferred.confirm(self._session, plan)
                # From here on a commit may be made, of which somebody has to take care.
                stopping.defer()
            return bool(plan.options)

        writing = attrs.evolve(self._writing, comment=comment)
        try:
            written = Write(self._session, self._store, writing, self._planned).run(ask)
        except StoreUnavailableError as error:
            # A secret is sealed before anything is committed.
            if self._baking.is_needed and not isinstance(error, SecretError):
                self._session.say("if it was committed all the same, confstore doctor tells of it")
            raise
        if self._writing.is_dry_run:
            return None
        if written is None:
            return self._resumed(stopping)
        version, count = written.versions[0], counted(written.changes, "option")
        self._told = (
            f"deployed {count} of {self._source} to store {self._store.name!r}, version {version}"
            f"{self._announced()}"
        )
        return version

    def _planned(self) -> Plan:
        self._plan = self._transferred.plan()
        return self._plan

    def _announced(self) -> str:
        lasts_s = self._baking.lasts_s
        return f"; to be confirmed after {lasts_s:g} s" if self._baking.is_needed else ""

    def _resumed(self, stopping: Stopping) -> int | None:
        """The version of a killed deploy of these options, which is to be checked still."""
        store = self._store
        found = [one for one in deploys_of(newest_commits(store)) if self._is_ours(one)]
        if not (found and self._baking.is_needed):
            self._session.say(f"nothing to change: store {store.name!r} has these options already")
            return None
        stopping.defer()
        killed = found[-1]
        version = killed.commit.version
        # What the options are now, and were before that version.
        self._plan = plan_rollback(store, version - 1, killed.options)
        self._plan = Plan(version, self._plan.new, self._plan.old)
        self._told = (
            f"store {store.name!r} has these options already, and version {version} is to be "
            f"confirmed: checking it{self._announced()}"
        )
        return version

    def _is_ours(self, deploy: Deploy) -> bool:
        """Return True if a deploy made the options what they are, and the file has all of them."""
        # They are compared as the store beneath has them: the file has secrets in clear.
        present = options_now(beneath_of(self._store), deploy.options)
        changed = {change.option: change.values for change in deploy.commit.changes}
        return not deploy.outcome and all(
            (option in self._options) == (option in present)
            and is_same(changed[option], present.get(option))
            for option in deploy.options
        )

    # -- check -----------------------------------------------------------------------------------

    def _failure(self, stopping: Stopping, version: int) -> str | None:
        """Check until the end, and return why it has failed; None if it has not."""
        begin_s, lasts_s = time.monotonic(), self._baking.lasts_s
        check = self._check(version)
        while True:
            left_s = begin_s + lasts_s - time.monotonic()
            reason = check(stopping)
            if reason is not None or left_s <= 0:
                return reason
            left_s = begin_s + lasts_s - time.monotonic()
            stopping.sleep(max(0.0, min(self._baking.every_s, left_s)))

    def _check(self, version: int) -> Callable[[Stopping], str | None]:
        command = self._baking.command
        if command is None:
            return lambda stopping: stopping.sleep(0)
        variables = {
            "CONFSTORE_VERSION": str(version),
            # What services read: of several layers, all.
            "CONFSTORE_URL": self._session.url or "",
        }
        return Check(command, self._baking.timeout_s, variables).run

    # -- end -------------------------------------------------------------------------------------

    def _roll_back(self, version: int, reason: str) -> None:
        store, done = self._store, self._plan
        assert done is not None  # noqa: S101 (see run)
        layer = self._session.layer
        command = rollback_command(version, done.options, layer)
        undo = Plan(version, done.new, done.old)
        try:
            self._check_unchanged(version, done)
            written = self._writes(undo, rollback_comment(version, reason), version).run()
        except VersionConflictError as error:
            message = (
                f"{reason}, and version {version} was not rolled back: somebody else changed "
                f"{', '.join(map(repr, error.options))} after it, which is left as it is; "
                f"confstore history shows it, and to roll back all the same, run: "
                f"{rollback_command(version, done.options, layer, is_forced=True)}"
            )
            raise CommandError(message, ExitCode.CONFLICT) from None
        except ConfigStoreError:
            self._session.say(
                f"{reason}, and rolling version {version} back has failed, too: run {command}"
            )
            raise
        assert written is not None  # noqa: S101 (nothing was asked)
        what = counted(written.changes, "option")
        self._session.say(f"rolled back {what} of store {store.name!r}{written.version}")

    def _check_unchanged(self, version: int, done: Plan) -> None:
        """Raise if an option was changed by hand, which no version tells of."""
        present = options_now(beneath_of(self._store), done.options)
        changed = [one for one in done.options if not is_same(present.get(one), done.new.get(one))]
        if changed:
            at = self._store.version()
            raise VersionConflictError(self._store.name, version, at, tuple(changed))

    def _writes(
        self, plan: Plan, comment: str, version: int | None, *, is_record: bool = False
    ) -> Write:
        writing = attrs.evolve(self._writing, comment=comment, if_version=version)
        return Write(
            self._session,
            self._store,
            writing,
            lambda: plan,
            is_retried=False,
            is_return=not is_record,
            is_record=is_record,
        )

    def _confirm(self, version: int) -> None:
        """Tell the journal that the version is good, by recording one of its options again."""
        store, done = self._store, self._plan
        assert done is not None  # noqa: S101 (see run)
        for option in done.options:
            version_now, present = store.version(), options_now(beneath_of(store), [option])
            if not is_same(present.get(option), done.new.get(option)):
                continue
            absent = {} if present else {option: canonical_values(option, {})}
            plan = Plan(version_now, absent, present)
            written = self._writes(plan, confirm_comment(version), None, is_record=True).run()
            # There is none if somebody has changed the option right now.
            if written is not None and written.versions:
                self._session.say(f"confirmed version {version}{written.version}")
                return
        self._session.say(
            f"no check failed; somebody else has changed all options of version {version} since"
        )
