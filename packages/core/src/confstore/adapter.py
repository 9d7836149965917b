"""
The parts of an adapter.

They keep one promise: all backends accept, refuse and give back the same. `confstore.testing` has
the contract that checks it. The protocols and records of an adapter, `Store` first of all, are
names of `confstore`; `confstore/_stores/protocols.py` defines them. `confstore.documents` has
options as JSON, `confstore.files` what files with secrets need. The page "Write an adapter" of the
documentation follows a complete adapter, for SQLite.

- **Checks, enough for a plain adapter:** `checked_store` and `checked_option` check names,
  `checked_keys` the keys of a read, which `select` selects. `canonical_values` and
  `canonical_update` check values, copy them and make them read-only; `merge_update` applies an
  update. `ClosesOnExit` closes the store at the end of a `with` block.
- **URLs and connections:** `StoreURL` splits a URL and checks its query, `looks_like_url` finds one
  that was given for a name or a path; `closest`, `Backoff`, `call_after_fork`.
- **Values:** `RESERVED_KEYS`, `is_same`.
- **Polls:** `poll_between`, `paced`, and for a journal in a remote backend `JournalPoller`.
- **A journal:** `checked_draft`, `split_into_drafts`, `next_commit`, `apply_changes`,
  `check_if_version`, `without_gap`, `journal_form`.
- **A diagnosis:** `findings_of`.

What an adapter decides for itself:

- **Errors**, whose class decides what a reader does. A backend that does not answer, is busy or
  full is a `StoreUnavailableError`, which a first load waits for. A refused caller is an
  `AccessDeniedError`. An absent file, table or database is a `StoreNotFoundError`, after which
  `confstore init` creates it. Content that is no option is a `CorruptStoreError`, and everything
  else a `BackendError`.
- **Forks**: a forked child must not use the connection of its parent, nor a lock that another
  thread may have held. `call_after_fork` has both renewed.
- **The URL**: an entry point of the group `confstore.stores` names the scheme and a function of
  the URL. With a parameter `purpose` that function is told what it may create: for `"read"` it
  checks nothing yet, for `"write"` it raises `StoreNotFoundError`, for `"create"` it creates.
- **Abilities**: each further protocol in `confstore` is optional. Two are easily missed:
  `HintedStore`, without which a config refreshes every 300 s, and `ContextStore`, without which
  the sealed secrets of two stores of one name open in each other.

A plain adapter, whose backend is a dict of dicts:

```python
from confstore.adapter import (
    ClosesOnExit,
    canonical_update,
    canonical_values,
    checked_keys,
    checked_option,
    checked_store,
    merge_update,
    select,
)
from confstore.errors import OptionNotFoundError, StoreClosedError


class PlainStore(ClosesOnExit):
    def __init__(self, backend, name):
        self.name = checked_store(name)
        self._options = backend.setdefault(self.name, {})
        self._is_closed = False

    def get(self, option, *, keys=None, consistent=True):
        self._check_open()
        option, keys = checked_option(option, store=self.name), checked_keys(keys)
        values = self._options.get(option)
        if values is None:
            raise OptionNotFoundError(self.name, option)
        return select(values, keys).copy()

    def items(self, *, consistent=True):
        self._check_open()
        options = dict(self._options)
        return ((option, values.copy()) for option, values in options.items())

    def set(self, option, values):
        self._check_open()
        option = checked_option(option, store=self.name)
        self._options[option] = canonical_values(option, values, store=self.name)

    def update(self, option, values, *, remove=()):
        self._check_open()
        option = checked_option(option, store=self.name)
        changed, removed = canonical_update(option, values, remove, store=self.name)
        # A backend that others write to needs a lock or a condition here.
        old = self._options.get(option)
        self._options[option] = merge_update(option, old, changed, removed, store=self.name)

    def delete(self, option):
        self._check_open()
        option = checked_option(option, store=self.name)
        if self._options.pop(option, None) is None:
            raise OptionNotFoundError(self.name, option)

    def close(self):
        self._is_closed = True

    def _check_open(self):
        if self._is_closed:
            raise StoreClosedError(self.name)
```

The names are imported when they are first used.
"""

from __future__ import annotations

from confstore._lazy import lazy_names

# Type checkers take this name for true. That of `typing` would cost nine tenths of this import.
TYPE_CHECKING = False

# Written twice: a type checker reads imports, and the program reads the mapping below.
if TYPE_CHECKING:
    from confstore._doctor import findings_of as findings_of
    from confstore._journal.chain import (
        check_if_version as check_if_version,
        without_gap as without_gap,
    )
    from confstore._journal.commits import (
        apply_changes as apply_changes,
        checked_draft as checked_draft,
        journal_form as journal_form,
        next_commit as next_commit,
        split_into_drafts as split_into_drafts,
    )
    from confstore._journal.poller import JournalPoller as JournalPoller
    from confstore._opening.urls import StoreURL as StoreURL
    from confstore._process.closing import ClosesOnExit as ClosesOnExit
    from confstore._process.fork_hooks import call_after_fork as call_after_fork
    from confstore._process.naps import paced as paced
    from confstore._process.waits import Backoff as Backoff
    from confstore._stores.given import looks_like_url as looks_like_url
    from confstore._stores.polling import poll_between as poll_between
    from confstore._values.canonical import (
        canonical_update as canonical_update,
        canonical_values as canonical_values,
        merge_update as merge_update,
    )
    from confstore._values.keys import (
        RESERVED_KEYS as RESERVED_KEYS,
        checked_keys as checked_keys,
        select as select,
    )
    from confstore._values.names import (
        checked_option as checked_option,
        checked_store as checked_store,
        closest as closest,
    )
    from confstore._values.read_only import is_same as is_same

_names = lazy_names(
    __name__,
    {
        "confstore._doctor": "findings_of",
        "confstore._journal.chain": "check_if_version without_gap",
        "confstore._journal.commits": (
            "apply_changes checked_draft journal_form next_commit split_into_drafts"
        ),
        "confstore._journal.poller": "JournalPoller",
        "confstore._opening.urls": "StoreURL",
        "confstore._process.closing": "ClosesOnExit",
        "confstore._process.fork_hooks": "call_after_fork",
        "confstore._process.naps": "paced",
        "confstore._process.waits": "Backoff",
        "confstore._stores.given": "looks_like_url",
        "confstore._stores.polling": "poll_between",
        "confstore._values.canonical": "canonical_update canonical_values merge_update",
        "confstore._values.keys": "RESERVED_KEYS checked_keys select",
        "confstore._values.names": "checked_option checked_store closest",
        "confstore._values.read_only": "is_same",
    },
)

# Behind a `__getattr__` a type checker believes in every name.
if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = _names
