"""
Every error of confstore, in one tree.

```text
Exception
└── ConfigStoreError
    ├── OptionNotFoundError      (KeyError)      the store has no such option
    ├── InvalidNameError         (ValueError)    a store or an option cannot have this name
    ├── InvalidValueError        (ValueError)    a value is outside the domain of all backends
    ├── InvalidDocumentError     (ValueError)    a file to import is not a document of options
    ├── InvalidURLError          (ValueError)    a store's URL cannot be understood
    ├── BackendNotInstalledError (LookupError)   no installed adapter serves the URL's scheme
    ├── SchemaError              (ValueError)    the options do not fit the schema
    ├── SecretError                              a secret cannot be sealed or opened
    │   └── SecretUnavailableError               nobody answered who seals or opens it: try later
    ├── StoreClosedError                         the store was closed before
    ├── StoreUnavailableError                    the backend gave no usable answer: try again later
    │   ├── SecretUnavailableError               (see above)
    │   └── StaleConfigError                     the last good answer is older than allowed
    ├── AccessDeniedError                        the backend refused the caller
    ├── StoreNotFoundError       (LookupError)   the store does not exist
    ├── ReadOnlyStoreError                       the store has layers, and only reads
    ├── CorruptStoreError                        the stored content is not a store
    ├── InvalidCommitError       (ValueError)    not every backend can make this commit
    ├── VersionConflictError                     somebody else committed to the same option first
    ├── JournalGapError          (LookupError)   the journal does not hold a version
    ├── NotJournaledError                        the store has no journal
    │   └── JournalNotSupportedError             the backend cannot keep one
    └── BackendError                             the backend refused for another reason
```

Errors that only one backend raises are in its package, such as `confstore_dynamodb.errors`.

The text of an error names stores, options and keys; it never holds a value. Behind it a traceback
shows a note, with the address of the error's entry in the documentation: its cause and remedy. The
arguments of an error are its attributes, by position or by name. An error survives pickling (a
process pool sends errors that way), also that of an adapter that has an `__init__` of its own.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar, NamedTuple, dataclass_transform

__all__ = [
    "ERRORS_PAGE",
    "AccessDeniedError",
    "BackendError",
    "BackendNotInstalledError",
    "ConfigStoreError",
    "CorruptStoreError",
    "InvalidCommitError",
    "InvalidDocumentError",
    "InvalidNameError",
    "InvalidURLError",
    "InvalidValueError",
    "JournalGapError",
    "JournalNotSupportedError",
    "NotJournaledError",
    "OptionNotFoundError",
    "ReadOnlyStoreError",
    "SchemaError",
    "SchemaProblem",
    "SecretError",
    "SecretUnavailableError",
    "StaleConfigError",
    "StoreClosedError",
    "StoreNotFoundError",
    "StoreUnavailableError",
    "VersionConflictError",
]

ERRORS_PAGE = "https://confstore.readthedocs.io/en/stable/errors.html"
"""The page that has cause and remedy of every error, under the class's name in lower case."""


@dataclass_transform()
class ConfigStoreError(Exception):
    """
    Base of every error that confstore raises on purpose.

    A subclass declares its attributes, in the order of its arguments, and a template of its text.
    One whose cause and remedy are documented elsewhere sets `address`, without an annotation.
    """

    template: ClassVar[str] = ""
    address: ClassVar[str] = f"{ERRORS_PAGE}#configstoreerror"
    _names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._names = (*cls._names, *_annotated(cls))
        # An error of an adapter has the entry of its base, if it names none.
        if cls.__module__ == __name__ and not cls.__name__.startswith("_"):
            cls.address = f"{ERRORS_PAGE}#{cls.__name__.lower()}"

    def __init__(self, *arguments: object, **named: object) -> None:
        names = self._names
        rest = names[len(arguments) :]
        if named.keys() != set(rest) or (names and len(arguments) > len(names)):
            message = f"{type(self).__name__} takes {', '.join(names) or 'no argument by name'}"
            raise TypeError(message)
        # Those that were given by name, too: a pickle has nothing else of them.
        arguments += tuple(named[name] for name in rest)
        super().__init__(*arguments)
        self.add_note(f"Cause and remedy: {self.address}")
        vars(self).update(zip(names, arguments, strict=False))

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by a call of the class: that of an adapter may have another __init__.
        return _made_again, (type(self), self.args), vars(self)

    def __str__(self) -> str:
        return self.template.format(**vars(self)) if self.template else super().__str__()


def _annotated(cls: type) -> tuple[str, ...]:
    """The names that a class itself annotates, with what may exist for type checkers only."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        # As texts, because here they would be evaluated for the first time.
        return tuple(get_annotations(cls, format=Format.STRING))
    return tuple(cls.__annotations__)


def _made_again(kind: type[ConfigStoreError], arguments: tuple[object, ...]) -> ConfigStoreError:
    """An error out of a copy or a pickle, which set its attributes and notes after this."""
    error = kind.__new__(kind)
    error.args = arguments
    return error


class _PlaceError(ConfigStoreError):
    # The place: FILE:LINE:COLUMN or FILE alone; the option for a table.
    place: str
    reason: str
    template = "{place}: {reason}"


class _StoreError(ConfigStoreError):
    store: str
    reason: str


def _of(store: str | None) -> str:
    return "" if store is None else f"store {store!r}: "


class OptionNotFoundError(ConfigStoreError, KeyError):
    """
    The store has no such option.

    It is a `KeyError`, because `config[option]` raises it. Its text is a sentence, not the quoted
    argument that a `KeyError` shows.
    """

    store: str
    option: str
    template = "store {store!r} has no option {option!r}"


class InvalidNameError(ConfigStoreError, ValueError):
    """
    A store or an option cannot have this name.

    Attributes:
        store: The store that was to have the option; None where no store is open.
        kind: `"store"`, `"option"` or `"table"`.
        name: The name as text; for anything that is not a `str`, its type.
        reason: What is wrong with it.
    """

    store: str | None
    kind: str
    name: str
    reason: str

    def __str__(self) -> str:
        # A name may be megabytes long, which is one of the things that can be wrong with it.
        shown = self.name if len(self.name) <= 80 else self.name[:77] + "..."
        return f"{_of(self.store)}invalid {self.kind} name {shown!r}: {self.reason}"


class InvalidValueError(ConfigStoreError, ValueError):
    """
    A value is outside the domain that all backends share.

    Attributes:
        store: The store of the refused write; None for values that go to no store.
        option: The option of the refused write.
        path: Where in the option: a key, then `[index]` and `['key']`; empty for the whole option.
        reason: What is wrong there, and what would be right.
    """

    store: str | None
    option: str
    path: str
    reason: str

    def __str__(self) -> str:
        where = f", at {self.path}" if self.path else ""
        return f"{_of(self.store)}option {self.option!r}{where}: {self.reason}"


class InvalidDocumentError(_PlaceError, ValueError):
    """A file to import is not a document of options; nothing was written."""


class InvalidURLError(ConfigStoreError, ValueError):
    """A store's URL, shown here without its query and secrets, cannot be understood."""

    url: str
    reason: str

    def __str__(self) -> str:
        return f"store URL {self.url!r}: {self.reason}" if self.url else self.reason


class BackendNotInstalledError(ConfigStoreError, LookupError):
    """No installed adapter serves the scheme of a store's URL, or the kind of its keys."""

    scheme: str
    advice: str
    template = "no installed adapter serves {scheme!r}: {advice}"


class SchemaProblem(NamedTuple):
    """
    One thing that does not fit a schema; its text is one line, without the value.

    Attributes:
        option: The option; None if the schema refuses the store as a whole.
        path: Where in the option: keys, and indexes of lists; empty for the whole option.
        reason: The constraint that failed.
        place: Where the value stands, such as `dev.json:12`; None where that is not known, or is
            the store itself.
    """

    option: str | None
    path: tuple[str | int, ...]
    reason: str
    place: str | None = None

    def __str__(self) -> str:
        where = "the store" if self.option is None else f"option {self.option!r}"
        key = f", key {'.'.join(map(str, self.path))}" if self.path else ""
        place = f" ({self.place})" if self.place else ""
        return f"{where}{key}{place}: {self.reason}"


class SchemaError(ConfigStoreError, ValueError):
    """The options do not fit the schema; `problems` has everything that does not, at once."""

    store: str
    problems: tuple[SchemaProblem, ...]

    def __str__(self) -> str:
        problems = "; ".join(map(str, self.problems))
        return f"store {self.store!r} does not fit its schema: {problems}"


class StoreClosedError(ConfigStoreError):
    """The store was closed before this call."""

    store: str
    template = "store {store!r} is closed: open it again to use it"


class StoreUnavailableError(_StoreError):
    """
    The backend gave no usable answer; the same call may succeed later.

    The reason is a refused connection, throttling, or a reply that is not DynamoDB's.
    """

    template = "store {store!r} is unavailable: {reason}"


class SecretError(ConfigStoreError):
    """
    A secret cannot be sealed or opened; the reason never holds its value.

    Attributes:
        store: The store.
        option: The option.
        key: The key whose value is the secret.
        reason: What failed, and what to do.
    """

    store: str
    option: str
    key: str
    reason: str
    template = "store {store!r}, option {option!r}: the secret {key!r}: {reason}"


class SecretUnavailableError(SecretError, StoreUnavailableError):
    """Whoever seals or opens the secret gave no answer; the same call may succeed later."""


class StaleConfigError(StoreUnavailableError):
    """The last good snapshot is older than `max_stale`, because refreshes failed."""

    template = "store {store!r} has only stale data: {reason}"


class AccessDeniedError(_StoreError):
    """The backend refused the caller's identity, or an operation without permission."""

    template = "store {store!r} refused access: {reason}"


class StoreNotFoundError(_StoreError, LookupError):
    """The file, folder or table of the store does not exist, and was not to be created."""

    template = "store {store!r} does not exist: {reason}"


class ReadOnlyStoreError(_StoreError):
    """The store is made of layers, and does not write."""

    template = "store {store!r} only reads: {reason}"


class CorruptStoreError(_PlaceError):
    """The stored content is not a store: repair it by hand, it is never overwritten."""


class BackendError(_StoreError):
    """The backend refused for another reason: its operation, and its own error code."""

    template = "store {store!r} was refused by its backend: {reason}"


class InvalidCommitError(_StoreError, ValueError):
    """Not every backend can make this commit; nothing was written."""

    template = "store {store!r} cannot take this commit: {reason}"


class VersionConflictError(ConfigStoreError):
    """
    An option was committed after the version that the caller had read (optimistic locking).

    Attributes:
        store: The store of the refused commit.
        if_version: The version that the caller had read. It is higher than `version` if the store
            never had it, and equal if options changed without the journal.
        version: The store's version now.
        options: The options of the refused commit that changed in between; all of them if the store
            never had the caller's version.
    """

    store: str
    if_version: int
    version: int
    options: tuple[str, ...]

    def __str__(self) -> str:
        options = ", ".join(map(repr, self.options))
        if self.if_version > self.version:
            return (
                f"store {self.store!r} is at version {self.version}, and has no version "
                f"{self.if_version}: that is another store's, or this one was restored to an "
                f"earlier point; read {options} again, then commit"
            )
        if self.if_version == self.version:
            return (
                f"store {self.store!r}: {options} changed since it was read, without the journal: "
                "read it again"
            )
        return (
            f"store {self.store!r} is at version {self.version}, and {options} changed after "
            f"version {self.if_version}: read it again, then commit"
        )


class JournalGapError(ConfigStoreError, LookupError):
    """
    The journal does not hold every commit that is needed.

    Attributes:
        store: The store of the journal.
        version: The requested version; one after the last does not exist yet.
        first: The first version from which on the journal has no gap.
        options: The options of which it is not known; empty where nothing is.
    """

    store: str
    version: int
    first: int
    options: tuple[str, ...]

    def __str__(self) -> str:
        if self.options:
            named = ", ".join(map(repr, self.options[:5]))
            more = f" and {len(self.options) - 5:,} more" if len(self.options) > 5 else ""
            return (
                f"store {self.store!r}: the journal does not hold {named}{more} of version "
                f"{self.version} any more, only of version {self.first} or later: choose a later "
                "version, or other options; reconcile records options that no commit holds"
            )
        if self.version > self.first:
            return f"store {self.store!r}: the journal does not hold version {self.version}"
        return (
            f"store {self.store!r}: the journal begins at version {self.first}, "
            f"too late for version {self.version}"
        )


class NotJournaledError(ConfigStoreError):
    """The store has no journal."""

    store: str
    template = (
        "store {store!r} has no journal: call its enable_journal() first, or run "
        "`confstore init --journal`"
    )


class JournalNotSupportedError(NotJournaledError):
    """The store cannot have a journal, because its backend does not support it."""

    template = (
        "store {store!r} cannot have a journal: its backend does not support it; files, DynamoDB "
        "and memory do"
    )
