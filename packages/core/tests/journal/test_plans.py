"""Plans of commits."""

from __future__ import annotations

from confstore import Plan

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
