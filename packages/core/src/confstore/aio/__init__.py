"""
Configuration for asyncio: stores and configs whose calls are coroutines.

- `open_config(url)` is for services: `async with open_config(url) as config`. Its options are read
  without `await`: a read is a look into a dict, and a thread keeps the snapshot fresh.
- `async with open_store(url) as store` gives an `AsyncStore`, whose methods are those of
  `confstore.Store`.
- `AsyncSimpleConfigStore` asks the backend on every read; `AsyncCachedConfigStore` holds single
  options.

Nothing is bound to a loop when it is made, so one object serves every loop of the process, one
after the other or in several threads at once. DynamoDB is read on the loop; everything else runs in
a few threads of the store's own. The loop is asyncio's, or uvloop's.
"""

from __future__ import annotations

from confstore._lazy import lazy_names

# Type checkers take this name for true. That of `typing` would cost nine tenths of this import.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from confstore.aio._cached import AsyncCachedConfigStore as AsyncCachedConfigStore
    from confstore.aio._changes import Changes as Changes, ConfigChange as ConfigChange
    from confstore.aio._opening import (
        StoreOpening as StoreOpening,
        open_config as open_config,
        open_store as open_store,
    )
    from confstore.aio._simple import AsyncSimpleConfigStore as AsyncSimpleConfigStore
    from confstore.aio._store import AsyncStore as AsyncStore
    from confstore.aio._time_based import AsyncTimeBasedConfigStore as AsyncTimeBasedConfigStore

_names = lazy_names(
    __name__,
    {
        "confstore.aio._cached": "AsyncCachedConfigStore",
        "confstore.aio._changes": "Changes ConfigChange",
        "confstore.aio._opening": "StoreOpening open_config open_store",
        "confstore.aio._simple": "AsyncSimpleConfigStore",
        "confstore.aio._store": "AsyncStore",
        "confstore.aio._time_based": "AsyncTimeBasedConfigStore",
    },
)

# Behind a `__getattr__` a type checker believes in every name.
if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = _names
