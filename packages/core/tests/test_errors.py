"""Errors: one tree, whose texts and facts survive a process pool."""

from __future__ import annotations

import concurrent.futures
import copy
import multiprocessing
import pickle
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any, cast

import pytest

from confstore import errors
from confstore.errors import (
    ERRORS_PAGE,
    AccessDeniedError,
    BackendError,
    BackendNotInstalledError,
    ConfigStoreError,
    CorruptStoreError,
    InvalidCommitError,
    InvalidDocumentError,
    InvalidNameError,
    InvalidURLError,
    InvalidValueError,
    JournalGapError,
    JournalNotSupportedError,
    NotJournaledError,
    OptionNotFoundError,
    ReadOnlyStoreError,
    SchemaError,
    SchemaProblem,
    SecretError,
    SecretUnavailableError,
    StaleConfigError,
    StoreClosedError,
    StoreNotFoundError,
    StoreUnavailableError,
    VersionConflictError,
)

TEXTS = {
    ConfigStoreError("text"): "text",
    OptionNotFoundError("prod", "db"): "store 'prod' has no option 'db'",
    InvalidNameError("prod", "option", "", "why"): "store 'prod': invalid option name '': why",
    InvalidNameError(None, "store", "", "why"): "invalid store name '': why",
    InvalidValueError(
        "prod", "db", "host['a'][0]", "why"
    ): "store 'prod': option 'db', at host['a'][0]: why",
    InvalidValueError(None, "db", "", "why"): "option 'db': why",
    InvalidDocumentError("app.yaml:1:2", "why"): "app.yaml:1:2: why",
    InvalidURLError("x:y", "why"): "store URL 'x:y': why",
    InvalidURLError("", "why"): "why",
    BackendNotInstalledError("redis", "why"): "no installed adapter serves 'redis': why",
    SecretError("prod", "db", "password", "why"): (
        "store 'prod', option 'db': the secret 'password': why"
    ),
    SecretUnavailableError("prod", "db", "token", "why"): (
        "store 'prod', option 'db': the secret 'token': why"
    ),
    SchemaError(
        "prod",
        (
            SchemaProblem("db", ("hosts", 0), "expected str"),
            SchemaProblem("cache", (), "is missing"),
            SchemaProblem(None, (), "is refused by Settings: ValueError"),
        ),
    ): (
        "store 'prod' does not fit its schema: option 'db', key hosts.0: expected str; "
        "option 'cache': is missing; the store: is refused by Settings: ValueError"
    ),
    StoreClosedError("prod"): "store 'prod' is closed: open it again to use it",
    StoreUnavailableError("prod", "why"): "store 'prod' is unavailable: why",
    StaleConfigError("prod", "why"): "store 'prod' has only stale data: why",
    AccessDeniedError("prod", "why"): "store 'prod' refused access: why",
    ReadOnlyStoreError("prod", "why"): "store 'prod' only reads: why",
    StoreNotFoundError("prod", "why"): "store 'prod' does not exist: why",
    CorruptStoreError("prod.json:1:2", "why"): "prod.json:1:2: why",
    BackendError("prod", "why"): "store 'prod' was refused by its backend: why",
    InvalidCommitError("prod", "why"): "store 'prod' cannot take this commit: why",
    VersionConflictError("prod", 1, 3, ("db",)): (
        "store 'prod' is at version 3, and 'db' changed after version 1: read it again, then commit"
    ),
    JournalGapError("prod", 2, 5, ()): (
        "store 'prod': the journal begins at version 5, too late for version 2"
    ),
    NotJournaledError("prod"): (
        "store 'prod' has no journal: call its enable_journal() first, or run "
        "`confstore init --journal`"
    ),
    JournalNotSupportedError("prod"): (
        "store 'prod' cannot have a journal: its backend does not support it; files, DynamoDB and "
        "memory do"
    ),
}
MORE_TEXTS = {
    VersionConflictError("prod", 9, 3, ("db",)): (
        "store 'prod' is at version 3, and has no version 9: that is another store's, or this one "
        "was restored to an earlier point; read 'db' again, then commit"
    ),
    VersionConflictError("prod", 3, 3, ("db",)): (
        "store 'prod': 'db' changed since it was read, without the journal: read it again"
    ),
}


@pytest.mark.parametrize(("error", "text"), MORE_TEXTS.items())
def test_text_of_a_conflict_says_why(error: VersionConflictError, text: str) -> None:
    """A version that never was, and options that changed without a commit, are named as such."""
    assert str(error) == text


every_error = pytest.mark.parametrize("error", TEXTS, ids=lambda error: type(error).__name__)

ALSO = {
    BackendNotInstalledError: LookupError,
    InvalidDocumentError: ValueError,
    InvalidNameError: ValueError,
    InvalidURLError: ValueError,
    InvalidValueError: ValueError,
    OptionNotFoundError: KeyError,
    SchemaError: ValueError,
    StaleConfigError: StoreUnavailableError,
    StoreNotFoundError: LookupError,
    InvalidCommitError: ValueError,
    JournalGapError: LookupError,
}


def test_every_error_is_tested() -> None:
    """No error is published without a test of its text."""
    assert {type(error).__name__ for error in TEXTS} == set(errors.__all__) - {
        "ERRORS_PAGE",
        "SchemaProblem",
    }


@every_error
def test_error_says_what_failed_and_on_what(error: ConfigStoreError) -> None:
    """The text names the store or the option, and the reason."""
    assert str(error) == TEXTS[error]


@every_error
def test_error_survives_pickling(error: ConfigStoreError) -> None:
    """A process pool sends an error with its type, its text and its facts."""
    sent = pickle.loads(pickle.dumps(error))
    assert type(sent) is type(error)
    assert (str(sent), sent.args, vars(sent)) == (str(error), error.args, vars(error))


class HostError(StoreUnavailableError):
    """An error of an adapter, whose arguments are its own."""

    def __init__(self, host: str, *, port: int) -> None:
        super().__init__("prod", f"{host}:{port} does not answer")
        self.address_of_host = host, port


def test_error_of_an_adapter_survives_a_process_pool() -> None:
    """Also with an `__init__` of its own: else the pool breaks, with every call in it."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        error = pool.submit(_raise_host_error).exception(60)
    assert isinstance(error, HostError)
    assert str(error) == "store 'prod' is unavailable: db.example:1 does not answer"
    assert (error.store, error.address_of_host) == ("prod", ("db.example", 1))
    for again in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (type(again), str(again), vars(again)) == (HostError, str(error), vars(error))


def _raise_host_error() -> None:
    raise HostError("db.example", port=1)


def test_arguments_by_name() -> None:
    """They are attributes, and type checkers take them by name, too."""
    error = StoreUnavailableError("prod", reason="why")
    named = StoreUnavailableError(reason="why", store="prod")
    assert error.args == named.args == ("prod", "why")
    assert vars(error) == vars(named) == vars(pickle.loads(pickle.dumps(named)))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("prod",), {}),
        (("prod", "why", "more"), {}),
        (("prod", "why"), {"reason": "why"}),
        (("prod",), {"reason": "why", "more": 1}),
        ((), {"reason": "why"}),
    ],
)
def test_wrong_arguments(arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """The error of a mistake names the arguments."""
    with pytest.raises(TypeError, match="StoreUnavailableError takes store, reason"):
        StoreUnavailableError(*arguments, **named)
    with pytest.raises(TypeError, match="ConfigStoreError takes no argument by name"):
        ConfigStoreError("text", reason="why")


@every_error
def test_facts_are_public_attributes(error: ConfigStoreError) -> None:
    """Every argument of an error is one of its attributes, and none is hidden."""
    if type(error) is not ConfigStoreError:
        facts = {name: fact for name, fact in vars(error).items() if name != "__notes__"}
        assert tuple(facts.values()) == error.args
        assert not any(name.startswith("_") for name in facts)


@every_error
def test_a_traceback_ends_with_the_address_of_the_entry(error: ConfigStoreError) -> None:
    """Behind the text, which stays one line: for whoever reads a log."""
    address = f"{ERRORS_PAGE}#{type(error).__name__.lower()}"
    assert error.address == address
    lines = "".join(traceback.format_exception(error)).splitlines()
    assert lines[-1] == f"Cause and remedy: {address}"
    assert str(error).count("\n") == 0


def _pickled(error: ConfigStoreError) -> ConfigStoreError:
    return cast("ConfigStoreError", pickle.loads(pickle.dumps(error)))


def _raised_again(error: ConfigStoreError) -> ConfigStoreError:
    with pytest.raises(ConfigStoreError) as caught:
        raise error
    return caught.value


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, _pickled, _raised_again])
@every_error
def test_the_address_is_there_once(
    error: ConfigStoreError, again: Callable[[ConfigStoreError], ConfigStoreError]
) -> None:
    """However an error travels; a note of the caller's stays with it."""
    error = type(error)(*error.args)
    error.add_note("while starting")
    notes = [f"Cause and remedy: {error.address}", "while starting"]
    assert again(again(error)).__notes__ == notes


def test_an_error_of_another_package_has_the_address_of_its_base() -> None:
    """Unless it has one of its own."""

    class ClusterDownError(StoreUnavailableError):
        template = "cluster {store!r} is down: {reason}"

    class ShardDownError(ClusterDownError):
        address = "https://cluster.example/errors#shard"

    base = StoreUnavailableError("prod", "why")
    assert ClusterDownError("prod", "why").__notes__ == base.__notes__
    assert ShardDownError("prod", "why").__notes__ == [
        "Cause and remedy: https://cluster.example/errors#shard"
    ]


@every_error
def test_error_is_caught_as_what_it_is(error: ConfigStoreError) -> None:
    """Every error is a ConfigStoreError, and what Python calls such an error."""
    assert isinstance(error, (ConfigStoreError, ALSO.get(type(error), Exception)))
    assert isinstance(error, ALSO.get(type(error), Exception))


def test_missing_option_is_a_key_error_without_its_quotes() -> None:
    """`config[option]` fails as a mapping does, and its text is a sentence."""
    with pytest.raises(KeyError) as caught:
        raise OptionNotFoundError("prod", "db")
    assert str(caught.value) == "store 'prod' has no option 'db'"


@pytest.mark.parametrize(
    ("length", "shown"), [(80, "a" * 80), (81, "a" * 77 + "...")], ids=["whole", "cut"]
)
def test_long_name_is_cut(length: int, shown: str) -> None:
    """A name that is too long does not fill the log."""
    assert f" {shown!r}:" in str(InvalidNameError(None, "option", "a" * length, "why"))


def test_long_name_is_kept() -> None:
    """What the text cuts, the attribute holds."""
    assert InvalidNameError(None, "option", "a" * 2000, "why").name == "a" * 2000


ADAPTER = """
from typing import TYPE_CHECKING

from confstore.errors import StoreUnavailableError

if TYPE_CHECKING:
    from decimal import Decimal

class ThrottledError(StoreUnavailableError):
    after_s: Decimal
    template = "store {store!r} is unavailable: {reason}, for {after_s} s"
"""


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are evaluated in the class")
def test_annotation_that_is_for_checkers_only() -> None:
    """An adapter's error may be annotated by a name that is only imported for type checkers."""
    namespace: dict[str, Any] = {"__name__": "adapter"}
    exec(compile(ADAPTER, "adapter.py", "exec", dont_inherit=True), namespace)
    error = namespace["ThrottledError"]("prod", "throttled", after_s=1)
    assert str(error) == "store 'prod' is unavailable: throttled, for 1 s"


class _Lazy(type):
    """The classes of Python 3.14, whose annotations are evaluated when they are looked at."""

    @property
    def __annotations__(cls) -> dict[str, Any]:  # type: ignore[override]
        raise NameError("name 'Decimal' is not defined")


def test_annotations_are_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Since Python 3.14 they are asked for as texts; played here for the Pythons before."""

    def get_annotations(cls: type, *, format: object) -> dict[str, str]:
        assert (cls.__name__, format) == ("ThrottledError", "STRING")
        return {"after_s": "Decimal"}

    format = types.SimpleNamespace(STRING="STRING")
    library = types.SimpleNamespace(Format=format, get_annotations=get_annotations)
    monkeypatch.setitem(sys.modules, "annotationlib", cast("types.ModuleType", library))
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    body = {"__module__": "adapter", "template": "store {store!r}: {reason}, for {after_s} s"}
    made: Any = _Lazy("ThrottledError", (StoreUnavailableError,), body)
    assert str(made("prod", "throttled", 1)) == "store 'prod': throttled, for 1 s"
