"""The diagnosis of any store, and by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from confstore import Change, Finding, diagnose, reconcile
from confstore.adapter import findings_of, without_gap
from confstore.errors import (
    AccessDeniedError,
    BackendError,
    BackendNotInstalledError,
    ConfigStoreError,
    CorruptStoreError,
    InvalidURLError,
    JournalGapError,
    StoreUnavailableError,
)
from confstore.testing import CANARY

from .testing.journaled_reference_store import JournaledReferenceStore
from .testing.reference_store import ReferenceStore


class FailingStore(JournaledReferenceStore):
    """A store whose commits can be read, if at all, once: for the journal and not for the drift."""

    reads = 0

    def items(self, *, consistent: bool = True) -> Any:
        raise StoreUnavailableError("prod", "away")

    def commits(self, since: int = 0, *, consistent: bool = True) -> Any:
        self.reads -= 1
        if self.reads < 0:
            raise StoreUnavailableError("prod", "away")
        return super().commits(since)


@pytest.fixture
def store() -> JournaledReferenceStore:
    """A journaled store with one option."""
    store = JournaledReferenceStore({}, "prod")
    store.set("db", {"host": CANARY})
    store.enable_journal()
    return store


@pytest.mark.parametrize(
    ("error", "is_ok"),
    [
        (StoreUnavailableError("prod", "away"), None),
        (AccessDeniedError("prod", "not you"), None),
        (CorruptStoreError("prod.json:1:2", "a comma is expected"), False),
        (BackendError("prod", "no region: set one"), False),
        (JournalGapError("prod", 1, 5, ()), False),
    ],
)
def test_error_becomes_a_finding(error: ConfigStoreError, is_ok: bool | None) -> None:
    """What kept the store from telling is not known; what the store told is bad."""
    finding = Finding.of_error("journal", error)
    assert (finding.check, finding.is_ok, finding.text) == ("journal", is_ok, str(error))


def test_finding_is_a_line() -> None:
    """A line break, which a path may hold, is none in a finding."""
    finding = Finding("file", False, "a\nb is gone", "look\tfor a\n\nb")
    assert (finding.text, finding.advice) == ("a b is gone", "look for a b")


def test_options_are_counted_and_measured(store: JournaledReferenceStore) -> None:
    """Every option is read, and no value shown."""
    # Source: AWS, "DynamoDB item sizes and formats": "db", a map of one entry with its overhead.
    size_b = len("db") + 3 + 1 + len("host") + len(CANARY)
    text = f"1 option, all readable; the largest has {size_b} of at most 390,000 bytes"
    assert next(findings_of(store)) == Finding("options", True, text)


def test_large_options_are_named(store: JournaledReferenceStore) -> None:
    """An option that a few more keys make too large is named before that happens; five at most."""
    for number in range(6):
        store.set(f"big-{number}", {"text": "x" * 360_000})
    finding = next(findings_of(store))
    assert finding.is_ok
    named = "'big-0', 'big-1', 'big-2', 'big-3', 'big-4' and 1 more"
    assert finding.advice == f"split the options near the limit: {named}"


def test_empty_journal() -> None:
    """A journal without commits is at version 0."""
    store = JournaledReferenceStore({}, "prod")
    store.enable_journal()
    _, journal, drift = findings_of(store)
    text = "version 0, baseline 0"
    assert journal == Finding("journal", True, text)
    assert drift == Finding("drift", True, "options and journal agree")


def test_journal_that_is_kept_for_a_while(store: JournaledReferenceStore) -> None:
    """A backend adds how long commits are kept."""
    _, journal, *_ = findings_of(store, kept="kept for 90 days")
    text = "version 1, baseline 1; kept for 90 days"
    assert journal.text == text


def test_drift_names_options_and_no_values(store: JournaledReferenceStore) -> None:
    """What was edited by hand is named, and `reconcile` advised."""
    store.options["db"] = {"host": "other", "port": 1}
    store.options["new"] = {}
    _, _, finding = findings_of(store)
    assert not finding.is_ok
    assert finding.text == "2 options written without the journal: 'db', 'new'"
    assert "confstore reconcile" in finding.advice
    assert CANARY not in repr(finding)


class HasExpired(JournaledReferenceStore):
    """A store whose first commit has expired."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> Any:
        return without_gap(
            self.name, [one for one in super().commits(since) if one.version > 1], since
        )


@pytest.mark.parametrize("is_edited", [False, True])
def test_drift_of_what_has_expired_is_unknown(is_edited: bool) -> None:
    """An option without a commit is neither edited nor sound, and `reconcile` records it."""
    store = HasExpired({}, "prod")
    store.set("db", {"host": CANARY})
    store.enable_journal()
    store.set("new", {})
    if is_edited:
        store.options["new"] = {"edited": True}
    *_, finding = findings_of(store)
    assert finding.is_ok is (False if is_edited else None)
    assert "edits by hand cannot be found in 1 option" in finding.text
    assert "confstore reconcile" in finding.advice


def test_drift_by_the_newest_commits() -> None:
    """Diagnosis and `reconcile` read the last 1,000 commits, however long the journal is."""
    asked: list[int] = []

    class Long(JournaledReferenceStore):
        def commits(self, since: int = 0, *, consistent: bool = True) -> list[Any]:
            asked.append(since)
            return super().commits(since, consistent=consistent)

    store = Long({}, "prod")
    store.enable_journal()
    store.set("db", {"host": CANARY})
    for number in range(1_000):
        store.set("cache", {"number": number})
    *_, finding = findings_of(store)
    assert finding.is_ok is None
    assert "in 1 option without a commit among the newest 1,000 that are held: 'db'" in finding.text
    commit = reconcile(store)
    assert min(asked) == 1
    assert commit is not None
    assert commit.changes == (Change("db", {"host": CANARY}),)
    *_, finding = findings_of(store)
    assert finding.is_ok is True


def test_store_that_fails() -> None:
    """Every check says that it could not be made, and why."""
    store = FailingStore({}, "prod")
    store.enable_journal()
    options, journal = findings_of(store)
    store.reads = 1
    *_, drift = findings_of(store)
    for check, finding in {"options": options, "journal": journal, "drift": drift}.items():
        assert finding.check == check
        assert finding.is_ok is None
        assert finding.text == "store 'prod' is unavailable: away"


class TestByURL:
    """Of an installed third party's adapter."""

    @pytest.fixture
    def opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """What `third-party:` URLs open, in order; an error is raised."""
        opened: list[Any] = []

        def open_next(how: str) -> Any:
            store = opened.pop(0)
            if callable(store):
                return store(how)
            if isinstance(store, Exception):
                raise store
            return store

        (tmp_path / "adapter_of_diagnosis.py").write_text(
            "def open_url(url):\n    return open_next(url)\n\n"
            "def open_for(url, *, purpose):\n    return open_next(purpose)\n"
        )
        metadata = tmp_path / "third_party-1.0.dist-info"
        metadata.mkdir()
        version = "Metadata-Version: 2.1\nName: third-party\nVersion: 1.0\n"
        (metadata / "METADATA").write_text(version)
        (metadata / "entry_points.txt").write_text(
            "[confstore.stores]\n"
            "third-party = adapter_of_diagnosis:open_url\n"
            "purposeful = adapter_of_diagnosis:open_for\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        import adapter_of_diagnosis  # type: ignore[import-not-found]  # written above

        monkeypatch.setattr(adapter_of_diagnosis, "open_next", open_next, raising=False)
        return opened

    def test_adapter_is_told_what_for(self, opened: list[Any]) -> None:
        """An adapter that takes a purpose can open the store without a look at it."""
        purposes: list[str] = []

        def opening(purpose: str) -> ReferenceStore:
            purposes.append(purpose)
            return ReferenceStore({}, "prod")

        opened.append(opening)
        assert [finding.check for finding in diagnose("Purposeful:prod?a=b")] == ["options"]
        assert purposes == ["read"]

    def test_store_is_opened_asked_and_closed(self, opened: list[Any]) -> None:
        """A store that can look at itself is opened for it."""

        class Diagnosable(ReferenceStore):
            def diagnose(self) -> Any:
                yield Finding("file", True, self.name)

        store = Diagnosable({}, "prod")
        opened.append(store)
        assert list(diagnose("third-party:prod")) == [Finding("file", True, "prod")]
        assert store.is_closed

    def test_any_store(self, opened: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
        """Of any other store at least the options are looked at; by `CONFSTORE_URL`, too."""
        opened.append(ReferenceStore({}, "prod"))
        monkeypatch.setenv("CONFSTORE_URL", "third-party:prod")
        assert [finding.check for finding in diagnose()] == ["options"]

    def test_any_journaled_store(self, opened: list[Any], store: JournaledReferenceStore) -> None:
        """Of a journaled one also the journal, and what was written without it."""
        store.commit([Change("db", None)])
        opened.append(store)
        found = [(finding.check, finding.is_ok) for finding in diagnose("third-party:prod")]
        assert found == [("options", True), ("journal", True), ("drift", True)]

    def test_journal_that_is_off(self, opened: list[Any]) -> None:
        """Without a journal there is no drift."""
        opened.append(JournaledReferenceStore({}, "prod"))
        found = [finding.check for finding in diagnose("third-party:prod")]
        assert found == ["options", "journal"]

    def test_store_that_does_not_open(self, opened: list[Any]) -> None:
        """That is a finding, too."""
        opened.append(BackendError("prod", "no region: set one"))
        (finding,) = diagnose("third-party:prod")
        assert (finding.check, finding.is_ok) == ("store", False)
        assert "no region: set one" in finding.text

    def test_store_that_nobody_can_open(self, opened: list[Any]) -> None:
        """Credentials that are missing are a fault, whoever looks."""
        opened.append(AccessDeniedError("prod", "no usable credentials: sign in"))
        (finding,) = diagnose("third-party:prod")
        assert (finding.check, finding.is_ok, finding.advice) == ("credentials", False, "")

    def test_url_is_checked_at_once(self, opened: list[Any]) -> None:
        """A mistyped URL is an error, and before anybody asks for a finding."""
        with pytest.raises(InvalidURLError):
            diagnose("prod")
        with pytest.raises(BackendNotInstalledError, match="did you mean 'third-party'"):
            diagnose("third-parti:prod")
