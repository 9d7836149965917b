"""
Every error of confstore, in one tree.

```text
Exception
└── ConfigStoreError
    ├── OptionNotFoundError      (LookupError)   the store has no such option
    ├── InvalidNameError         (ValueError)    a store or an option cannot have this name
    ├── InvalidValueError        (ValueError)    a value is outside the domain of all backends
    ├── InvalidDocumentError     (ValueError)    a file to be imported is no document of options
    ├── InvalidURLError          (ValueError)    a store's URL cannot be understood
    ├── BackendNotInstalledError (LookupError)   no installed adapter serves the URL's scheme
    ├── SchemaError              (ValueError)    the options do not fit the schema
    ├── StoreClosedError                         the store was closed before
    ├── StoreUnavailableError                    the backend gave no usable answer: try again later
    │   └── StaleConfigError                     the last good answer is older than allowed
    ├── AccessDeniedError                        the backend refused the caller
    ├── StoreNotFoundError       (LookupError)   the store is not there, and was not to be created
    ├── CorruptStoreError                        what is stored is not a store
    ├── InvalidCommitError       (ValueError)    a commit cannot be made on every backend
    ├── VersionConflictError                     somebody committed to the same option before
    ├── JournalGapError          (LookupError)   the journal does not reach back that far
    ├── NotJournaledError                        the store has no journal
    └── BackendError                             the backend refused for a reason of its own
```

Errors that only one backend raises are in its package, such as `confstore_dynamodb.errors`.

The text of an error names stores, options and keys; it never holds a value. The facts that an error
is made from are its positional attributes, so that every one of them survives pickling (a process
pool sends errors that way).
"""

from __future__ import annotations

__all__ = [
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
    "NotJournaledError",
    "OptionNotFoundError",
    "SchemaError",
    "StaleConfigError",
    "StoreClosedError",
    "StoreNotFoundError",
    "StoreUnavailableError",
    "VersionConflictError",
]


class ConfigStoreError(Exception):
    """Base of every error that confstore raises on purpose."""


class OptionNotFoundError(ConfigStoreError, LookupError):
    """
    The store has no such option.

    Attributes:
        option: The name that was asked for.
        store: The store that was asked.
    """

    def __init__(self, option: str, store: str) -> None:
        super().__init__(option, store)
        self.option = option
        self.store = store

    def __str__(self) -> str:
        return f"store {self.store!r} has no option {self.option!r}"


class InvalidNameError(ConfigStoreError, ValueError):
    """
    A store or an option cannot have this name.

    Attributes:
        kind: What was to be named: `"store"` or `"option"`.
        name: The name as text; of anything that is not a `str`, its type.
        reason: What is wrong with it.
    """

    def __init__(self, kind: str, name: str, reason: str) -> None:
        super().__init__(kind, name, reason)
        self.kind = kind
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        # A name may be megabytes long, which is one of the things that can be wrong with it.
        shown = self.name if len(self.name) <= 80 else self.name[:77] + "..."
        return f"invalid {self.kind} name {shown!r}: {self.reason}"


class InvalidValueError(ConfigStoreError, ValueError):
    """
    A value is outside the domain that all backends share.

    Attributes:
        option: The option that was to be written.
        path: Where in the option: a key, then `[index]` and `['key']`; empty for the whole option.
        reason: What is wrong there, and what would be right.
    """

    def __init__(self, option: str, path: str, reason: str) -> None:
        super().__init__(option, path, reason)
        self.option = option
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        where = f", at {self.path}" if self.path else ""
        return f"option {self.option!r}{where}: {self.reason}"


class _PlaceError(ConfigStoreError):
    """A place in what was read, and what is wrong there."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(place, reason)
        self.place = place
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class InvalidDocumentError(_PlaceError, ValueError):
    """
    A file to be imported is no document of options; nothing was written.

    Attributes:
        place: Where: `FILE:LINE:COLUMN`; `FILE` alone where the format's reader knows no more.
        reason: What is wrong there, and what would be right.
    """


class InvalidURLError(ConfigStoreError, ValueError):
    """
    A store's URL cannot be understood.

    Attributes:
        url: The URL, without its query: that may hold what is not to be shown.
        reason: What is wrong with it, and what would be right.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return f"store URL {self.url!r}: {self.reason}"


class BackendNotInstalledError(ConfigStoreError, LookupError):
    """
    No installed adapter serves the scheme of a store's URL.

    Attributes:
        scheme: The scheme that was asked for.
        advice: What to do about it.
    """

    def __init__(self, scheme: str, advice: str) -> None:
        super().__init__(scheme, advice)
        self.scheme = scheme
        self.advice = advice

    def __str__(self) -> str:
        return f"no installed adapter opens {self.scheme!r} stores: {self.advice}"


class SchemaError(ConfigStoreError, ValueError):
    """
    The options of a store do not fit the schema that the application gave.

    Attributes:
        store: The store whose options were loaded.
        problems: Each problem as one line: option, key and the expected type; never the value.
    """

    def __init__(self, store: str, problems: tuple[str, ...]) -> None:
        super().__init__(store, problems)
        self.store = store
        self.problems = problems

    def __str__(self) -> str:
        return f"store {self.store!r} does not fit its schema: " + "; ".join(self.problems)


class _StoreError(ConfigStoreError):
    """A store, and the reason why it could not do what was asked."""

    _what = "failed"

    def __init__(self, store: str, reason: str) -> None:
        super().__init__(store, reason)
        self.store = store
        self.reason = reason

    def __str__(self) -> str:
        return f"store {self.store!r} {self._what}: {self.reason}"


class StoreClosedError(ConfigStoreError):
    """
    The store was closed before this call.

    Attributes:
        store: The store that was closed.
    """

    def __init__(self, store: str) -> None:
        super().__init__(store)
        self.store = store

    def __str__(self) -> str:
        return f"store {self.store!r} is closed: open it again to use it"


class StoreUnavailableError(_StoreError):
    """
    The backend gave no usable answer; the same call may succeed later.

    Attributes:
        store: The store that was asked.
        reason: What happened: a refused connection, throttling, a reply that is not DynamoDB's.
    """

    _what = "is unavailable"


class StaleConfigError(StoreUnavailableError):
    """
    The last good snapshot is older than `max_stale` allows.

    Attributes:
        store: The store whose snapshot it is.
        reason: How old it is, and what the last refresh failed of.
    """

    _what = "has only stale data"


class AccessDeniedError(_StoreError):
    """
    The backend refused the caller's identity or permissions.

    Attributes:
        store: The store that was asked.
        reason: The operation that was refused, and what it needs.
    """

    _what = "refused access"


class StoreNotFoundError(_StoreError, LookupError):
    """
    What the store lives in does not exist and was not to be created.

    Attributes:
        store: The store that was to be opened.
        reason: The file, folder or table that is missing.
    """

    _what = "does not exist"


class CorruptStoreError(_PlaceError):
    """
    What is stored is not a store: broken JSON, a wrong shape, an unknown type.

    It is never overwritten: mend it by hand, then go on.

    Attributes:
        place: Where: `FILE:LINE:COLUMN` for a file, the option for a table.
        reason: What is wrong there.
    """


class BackendError(_StoreError):
    """
    The backend refused, for a reason that no other error here stands for.

    Attributes:
        store: The store that was asked.
        reason: The operation and the backend's own code for the error.
    """

    _what = "was refused by its backend"


class InvalidCommitError(_StoreError, ValueError):
    """
    A commit is one that not every backend could make; nothing is written.

    Attributes:
        store: The store that was to be written.
        reason: What is too much, empty or double, and what would be right.
    """

    _what = "cannot take this commit"


class VersionConflictError(ConfigStoreError):
    """
    An option was committed after the version that the caller had seen.

    Attributes:
        store: The store that was to be written.
        if_version: The version that the caller had seen.
        version: The store's version now.
        options: The options of the commit that were committed in between.
    """

    def __init__(self, store: str, if_version: int, version: int, options: tuple[str, ...]) -> None:
        super().__init__(store, if_version, version, options)
        self.store = store
        self.if_version = if_version
        self.version = version
        self.options = options

    def __str__(self) -> str:
        options = ", ".join(map(repr, self.options))
        return (
            f"store {self.store!r} is at version {self.version}, and {options} changed after "
            f"version {self.if_version}: read it again, then commit"
        )


class JournalGapError(ConfigStoreError, LookupError):
    """
    The journal does not hold every commit that is needed.

    Attributes:
        store: The store whose journal it is.
        version: The version that was asked for; one after the last is not there yet.
        first: The first version from which on the journal has no hole; what is possible begins
            there.
    """

    def __init__(self, store: str, version: int, first: int) -> None:
        super().__init__(store, version, first)
        self.store = store
        self.version = version
        self.first = first

    def __str__(self) -> str:
        if self.version > self.first:
            return f"the journal of store {self.store!r} does not hold version {self.version}"
        return (
            f"the journal of store {self.store!r} begins at version {self.first}, "
            f"too late for version {self.version}"
        )


class NotJournaledError(ConfigStoreError):
    """
    The store has no journal.

    Attributes:
        store: The store that was asked.
    """

    def __init__(self, store: str) -> None:
        super().__init__(store)
        self.store = store

    def __str__(self) -> str:
        return f"store {self.store!r} has no journal: call its enable_journal() first"
