"""The diagnosis of a store: its options, its journal, and the drift between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import cast

import attrs

from confstore._journal.history import recorded_states
from confstore._journal.reconcile import NEWEST_COMMITS
from confstore._opening.stores import open_store
from confstore._secrets.held import open_secrets
from confstore._secrets.opening import is_sealed_text
from confstore._stores.protocols import (
    DiagnosableStore,
    Finding,
    JournaledStore,
    PartedStore,
    Store,
    ability,
    beneath_of,
)
from confstore._values.canonical import MAX_OPTION_SIZE_B
from confstore._values.counted import counted
from confstore._values.differences import diff
from confstore._values.secret import Secret, kind_of
from confstore._values.sizes import option_size_b
from confstore.errors import (
    AccessDeniedError,
    BackendNotInstalledError,
    ConfigStoreError,
    InvalidURLError,
    SecretError,
)

__all__ = ["diagnose", "findings_of"]

_NEAR = 0.9
"""The part of the largest size from which an option is said to be large; a guess."""

_PASSWORDS = re.compile(
    "pass(word|wd|phrase|code)|secret|token|credential|(api|access|private|signing)[_-]?key",
    re.IGNORECASE,
)

_SEALED = "sealed"
_OPENED_BY = {
    "kms": "secrets=kms:KEY",
    "local": "secrets=local:KEYFILE",
    "asm": "references=asm:NAMES",
    "ssm": "references=ssm:NAMES",
}
"""The parameter of a URL that opens each kind of secret of our packages."""

_MAX_NAMES = 5
"""Options that a finding names, so that it stays a line."""


def diagnose(url: str | Sequence[str] | None = None) -> Iterator[Finding]:
    """
    Look at the store that a URL names, even if it cannot be opened; nothing is written.

    Of layers, each store is looked at, and the variables of each environment. A `DiagnosableStore`
    looks at itself; any other store is read, and its journal with it.

    Args:
        url: As for `open_store`; None takes `CONFSTORE_URL` from the environment.

    Raises:
        InvalidURLError: There is no URL, or it cannot be understood.
        BackendNotInstalledError: No installed adapter serves its scheme.
    """
    try:
        store = open_store(url, purpose="read")
    except (BackendNotInstalledError, InvalidURLError):
        raise
    except ConfigStoreError as error:
        check = "credentials" if isinstance(error, AccessDeniedError) else "store"
        finding = Finding.of_error(check, error)
        # It cannot be opened, whoever looks; the error says what to do.
        return iter([attrs.evolve(finding, is_ok=False, advice="")])
    return _findings(store)


def _findings(store: Store) -> Iterator[Finding]:
    with closing(store):
        if ability(store, PartedStore) is None:
            yield from _of_store(store)
            return
        # Not at the top: only layers need them.
        from confstore._layers.diagnosis import environment_findings
        from confstore._layers.environment import Environment
        from confstore._layers.layered import LayeredStore, location_of

        layers = cast("LayeredStore", store)
        for layer in layers[:]:
            if not isinstance(layer, Environment):
                for finding in _of_store(layer):
                    yield attrs.evolve(finding, check=f"{location_of(layer)}, {finding.check}")
        yield from environment_findings(layers)


def _of_store(store: Store) -> Iterator[Finding]:
    beneath = beneath_of(store)
    diagnosable = ability(beneath, DiagnosableStore)
    findings = findings_of(beneath) if diagnosable is None else diagnosable.diagnose()
    if beneath is store:
        yield from findings
    else:
        # The store beneath does not know who opens its secrets.
        yield from (finding for finding in findings if finding.check != _SEALED)
        yield _of_secrets(store)


def findings_of(store: Store, *, kept: str = "", can_drift: bool = True) -> Iterator[Finding]:
    """
    Look at the options, the journal and the drift between them, in any store.

    Args:
        store: The store; it needs no journal.
        kept: For how long its commits are kept, if the backend knows.
        can_drift: False where nothing can be written without the journal.
    """
    yield from _of_options(store)
    journaled = ability(store, JournaledStore)
    if journaled is None:
        return
    finding = _of_journal(journaled, kept)
    yield finding
    if can_drift and finding.is_ok and journaled.is_journaled():
        yield _of_drift(journaled)


def _of_options(store: Store) -> Iterator[Finding]:
    count, largest_b = 0, 0
    large: list[str] = []
    plain: list[str] = []
    sealed: dict[str, str | None] = {}
    try:
        for option, values in store.items():
            texts = {key: value for key, value in values.items() if is_sealed_text(value)}
            sealed |= {f"{option}.{key}": kind_of(text) for key, text in texts.items()}
            plain += [f"{option}.{key}" for key, value in values.items() if _is_bare(key, value)]
            size_b = option_size_b(option, values)
            count, largest_b = count + 1, max(largest_b, size_b)
            if size_b >= _NEAR * MAX_OPTION_SIZE_B:
                large.append(option)
    except ConfigStoreError as error:
        yield Finding.of_error("options", error)
        return
    text = f"{counted(count, 'option')}, all readable"
    if count:
        text += f"; the largest has {largest_b:,} of at most {MAX_OPTION_SIZE_B:,} bytes"
    advice = f"split the options near the limit: {_named(large)}" if large else ""
    yield Finding("options", True, text, advice)
    if plain:
        text = f"named like passwords, and in clear text: {_named(plain)}"
        yield Finding("secrets", True, text, "seal them: `confstore secrets seal OPTION KEY`")
    if sealed:
        yield _of_sealed(sealed)


def _of_sealed(kinds: Mapping[str, str | None]) -> Finding:
    """Name the secrets that a URL without keys leaves sealed; `kinds` are those of their texts."""
    text = f"{counted(len(kinds), 'secret')}, which this URL does not open: {_named(list(kinds))}"
    parameters = [known for kind, known in _OPENED_BY.items() if kind in kinds.values()]
    if not set(kinds.values()) <= _OPENED_BY.keys():
        parameters.append(f"{'and for other kinds ' if parameters else ''}secrets= or references=")
    return Finding(_SEALED, None, text, f"add to the URL what opens them: {', '.join(parameters)}")


def _is_bare(key: str, value: object) -> bool:
    """True for a text or bytes, in clear text, under a name like that of a password."""
    if not isinstance(value, str | bytes) or not value or is_sealed_text(value):
        return False
    return _PASSWORDS.search(key) is not None


def _of_secrets(store: Store) -> Finding:
    """Open every secret of a store that seals."""
    try:
        secrets = {
            f"{option}.{key}": value
            for option, values in store.items()
            for key, value in values.items()
            if isinstance(value, Secret)
        }
    except ConfigStoreError as error:
        return Finding.of_error("secrets", error)
    open_secrets(secrets.values())
    closed: list[str] = []
    reasons: dict[str, None] = {}
    for name, secret in secrets.items():
        try:
            secret.reveal()
        except SecretError as error:
            closed.append(name)
            reasons[error.reason] = None
    count = counted(len(secrets), "secret")
    if not closed:
        return Finding("secrets", True, f"{count}, all of which can be opened")
    text = f"{len(closed):,} of {count} cannot be opened: {_named(closed)}"
    return Finding("secrets", False, text, "; ".join(list(reasons)[:_MAX_NAMES]))


def _of_journal(store: JournaledStore, kept: str) -> Finding:
    try:
        if not store.is_journaled():
            return Finding("journal", True, "not enabled: no versions, history or rollback")
        version = store.version()
        # That the last commit can be read: the drift needs more of them.
        store.commits(max(0, version - 1))
        text = f"version {version}, baseline {store.baseline()}"
    except ConfigStoreError as error:
        return Finding.of_error("journal", error)
    return Finding("journal", True, f"{text}; {kept}" if kept else text)


def _of_drift(store: JournaledStore) -> Finding:
    try:
        recorded = recorded_states(store, NEWEST_COMMITS)
        present = {
            option: values for option, values in store.items() if option not in recorded.unknown
        }
    except ConfigStoreError as error:
        return Finding.of_error("drift", error)
    edited = sorted({difference.option for difference in diff(recorded.states, present)})
    unknown = sorted(recorded.unknown)
    facts = []
    if edited:
        facts.append(
            f"{counted(len(edited), 'option')} written without the journal: {_named(edited)}"
        )
    if unknown:
        facts.append(
            f"edits by hand cannot be found in {counted(len(unknown), 'option')} without a commit "
            f"among the newest {NEWEST_COMMITS:,} that are held: {_named(unknown)}"
        )
    if edited:
        advice = "commit this with `confstore reconcile`, or roll it back"
        return Finding("drift", False, "; ".join(facts), advice)
    if unknown:
        return Finding("drift", None, facts[0], "record them as they are: `confstore reconcile`")
    return Finding("drift", True, "options and journal agree")


def _named(options: list[str]) -> str:
    more = len(options) - _MAX_NAMES
    names = ", ".join(repr(option) for option in options[:_MAX_NAMES])
    return f"{names} and {more:,} more" if more > 0 else names
