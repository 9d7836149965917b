"""Plans of commits."""

from __future__ import annotations

import pytest

from confstore import Plan, plan_rollback, rollback
from confstore.testing import CANARY

from ..testing.journaled_reference_store import JournaledReferenceStore


class OneByOne(JournaledReferenceStore):
    """Cannot make several commits at once."""

    commit_all = None  # type: ignore[assignment]  # as if it were not there


def test_foreign_commit_between_two_batches() -> None:
    """Somebody who commits another option between two commits of a plan is no conflict."""
    store = OneByOne({}, "prod")
    store.enable_journal()
    plan = Plan.between(0, {}, {f"{number:03}": {"k": 1} for number in range(250)})
    versions = []
    for commit in plan.commits(store):
        versions.append(commit.version)
        if len(versions) == 1:
            store.set("other", {})
    assert versions == [1, 3, 4]
    assert len(store.options) == 251


# -- edits by hand that a rollback overwrites ----------------------------------------------------


@pytest.fixture
def store() -> JournaledReferenceStore:
    """A journaled store at version 2."""
    store = JournaledReferenceStore({}, "prod")
    store.enable_journal()
    store.set("db", {"port": 1})
    store.set("db", {"port": 2})
    return store


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_rollback_over_an_edit(
    store: JournaledReferenceStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names what the journal does not have, before it is lost, and the way to keep it."""
    store.options["db"] = {"port": 2, "host": CANARY}
    store.options["new"] = {"host": CANARY}
    rollback(store, 1)
    (text,) = warnings_of(caplog)
    assert text == (
        "store 'prod': the rollback overwrites what was written without the journal, in 'db', "
        "'new': `confstore reconcile` records it first"
    )
    assert dict(store.items()) == {"db": {"port": 1}}


def test_rollback_of_what_was_deleted_by_hand(
    store: JournaledReferenceStore, caplog: pytest.LogCaptureFixture
) -> None:
    """An option that somebody deleted comes back, and that is said; many are counted."""
    for number in range(7):
        store.set(f"option {number}", {})
    store.options.clear()
    plan_rollback(store, 9)
    (text,) = warnings_of(caplog)
    assert "in 'db', 'option 0', 'option 1', 'option 2', 'option 3' and 3 more: " in text


def test_rollback_without_an_edit(
    store: JournaledReferenceStore, caplog: pytest.LogCaptureFixture
) -> None:
    """What the journal has is not lost; nor is an edit that the rollback leaves alone."""
    store.set("other", {"a": 1})
    store.options["other"] = {"a": 2}
    rollback(store, 1, ["db"])
    assert warnings_of(caplog) == []


def test_commit_while_a_rollback_is_planned(
    store: JournaledReferenceStore,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A commit that comes after the journal was read is no edit by hand."""
    version = store.version

    def version_after_a_commit() -> int:
        monkeypatch.setattr(store, "version", version)
        store.set("db", {"port": 3})
        return version()

    monkeypatch.setattr(store, "version", version_after_a_commit)
    plan = plan_rollback(store, 1)
    assert (plan.version, plan.old) == (3, {"db": {"port": 3}})
    assert warnings_of(caplog) == []
