"""The asyncio strategy that asks the backend on every read."""

from __future__ import annotations

import pytest

from confstore.aio import AsyncSimpleConfigStore, AsyncStore
from confstore.errors import OptionNotFoundError

from ..conftest import ScriptedStore
from .conftest import Run


def test_reads(run: Run, store: ScriptedStore) -> None:
    """An option, its keys, every option, and a default for an absent one."""

    async def use() -> None:
        async with AsyncStore(store) as opened, AsyncSimpleConfigStore(opened) as config:
            assert await config.get("db") == store.options["db"]
            assert await config.get("db", keys=["port"]) == {"port": 27017}
            assert await config.get("nothing", default=None) is None
            with pytest.raises(OptionNotFoundError):
                await config.get("nothing")
            assert await config.get() == store.options
            assert await config.get(keys=["port"]) == {"db": {"port": 27017}, "external-port": {}}
            assert [option async for option in config] == list(store.options)
            store.options["db"] = {"port": 1}
            await config.reload()
            assert await config.get("db") == {"port": 1}
            assert repr(config) == "<AsyncSimpleConfigStore of store 'prod'>"
            assert not store.is_closed

    run(use())
