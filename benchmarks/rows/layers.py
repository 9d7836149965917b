"""
Two and three layers of 10,000 options, beside the same stores without layers.

The layers have the same options and the same keys, so that every option is merged. They are files,
whose refresh with one change is mostly the parsing of the file; those of a row of its own are in
memory, where nothing is parsed, and what merging costs stands alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from benchmarks._cpu import once_s
from benchmarks._options import options, store_in_file
from benchmarks._setting import Setting
from benchmarks.rows.hot_read import read_s
from benchmarks.rows.memory import closed_config, held_b

__all__ = ["SUBJECTS"]

COUNT = 10_000
LAYERS = 3
HOUR_S = 3600


def files(setting: Setting, number: int, count: int = COUNT) -> list[Path]:
    """Files of the same options, of which each says in a value which one it is."""
    made = []
    for layer in range(number):
        path = Path(setting.folder) / f"layer-{layer}-{count}.json"
        if not path.exists():
            given = {
                option: {**values, "user": f"layer-{layer}", "port": values["port"] + layer}
                for option, values in options(count).items()
            }
            part = path.with_suffix(f".{id(setting)}")
            store_in_file(part, given).replace(path)
        made.append(path)
    return made


def layered(paths: list[Path]) -> Any:
    from confstore import LayeredStore
    from confstore_file import FileStore

    return LayeredStore([FileStore(path) for path in paths])


def read_of_layers(setting: Setting) -> float:
    from confstore import TimeBasedConfigStore

    with TimeBasedConfigStore[Any](layered(files(setting, LAYERS)), HOUR_S) as config:
        return read_s(setting, 'config.db["host"]', {"config": config})


def read_of_one(setting: Setting) -> float:
    from confstore import TimeBasedConfigStore
    from confstore_file import FileStore

    (path,) = files(setting, 1)
    with TimeBasedConfigStore[Any](FileStore(path), HOUR_S) as config:
        return read_s(setting, 'config.db["host"]', {"config": config})


def own_files(setting: Setting) -> list[Any]:
    """Stores in files of this process, to write to."""
    from confstore_file import FileStore

    stores = []
    for number, path in enumerate(files(setting, LAYERS)):
        own = path.with_name(f"layer-{number}-{os.getpid()}.json")
        shutil.copyfile(path, own)
        stores.append(FileStore(own))
    return stores


def memory_stores(_: Setting) -> list[Any]:
    """Stores whose polls cost next to nothing: what is left is the config's and the layers' own."""
    from confstore_memory import MemoryStore

    return [
        MemoryStore(
            f"layer-{layer}",
            {name: {**values, "user": f"layer-{layer}"} for name, values in options(COUNT).items()},
        )
        for layer in range(LAYERS)
    ]


def refreshes_s(setting: Setting, configs: list[Any], store: Any) -> float:
    """The least seconds in which all configs are refreshed, after one option of one store."""
    least_s = float("inf")
    for turn in range(setting.times(20)):
        store.update("db", {"turn": turn})
        version = configs[0].status.version
        least_s = min(least_s, sum(once_s(config.reload) for config in configs))
        assert configs[0].status.version > version
    return least_s


def refresh_of_layers(setting: Setting, stores: list[Any]) -> float:
    """One config of all layers."""
    from confstore import LayeredStore, TimeBasedConfigStore

    with TimeBasedConfigStore[Any](LayeredStore(stores), HOUR_S) as config:
        return refreshes_s(setting, [config], stores[0])


def refresh_of_each(setting: Setting, stores: list[Any]) -> float:
    """The sum of three configs of one store each: one finds the change, and two find none."""
    from confstore import TimeBasedConfigStore

    with contextlib.ExitStack() as closing:
        configs = [
            closing.enter_context(TimeBasedConfigStore[Any](store, HOUR_S)) for store in stores
        ]
        return refreshes_s(setting, configs, stores[0])


def memory_of_layers(setting: Setting) -> float:
    return held_b(lambda count: closed_config(layered(files(setting, 2, count))), COUNT)


def memory_of_json(setting: Setting, number: int) -> float:
    """So many of the files, parsed."""

    def parsed(count: int) -> Any:
        paths = files(setting, number, count)
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths]

    return held_b(parsed, COUNT)


SUBJECTS = {
    "read": read_of_layers,
    "read_alone": read_of_one,
    "refresh": lambda setting: refresh_of_layers(setting, own_files(setting)),
    "refresh_alone": lambda setting: refresh_of_each(setting, own_files(setting)),
    "refresh_memory": lambda setting: refresh_of_layers(setting, memory_stores(setting)),
    "refresh_memory_alone": lambda setting: refresh_of_each(setting, memory_stores(setting)),
    "memory": memory_of_layers,
    "memory_json": lambda setting: memory_of_json(setting, 2),
    "memory_json_of_one": lambda setting: memory_of_json(setting, 1),
}
