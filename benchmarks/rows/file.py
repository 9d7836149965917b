"""A store of 10,000 options in a JSON file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._cpu import least_s
from benchmarks._options import options
from benchmarks._setting import Setting

__all__ = ["SUBJECTS"]

COUNT = 10_000
IMPORTED = 20_000
READS = 200


def cpu_s(setting: Setting, work: Callable[[], Any]) -> float:
    """Seconds of the processor for a piece of work that was done before."""
    work()
    return least_s(work, setting.times(10))


def read_cpu_s(setting: Setting, read: Callable[[], Any]) -> float:
    """Seconds of the processor for one of many reads."""

    def reads() -> None:
        for _ in range(READS):
            read()

    return cpu_s(setting, reads) / READS


def wall_s(setting: Setting, write: Callable[[], Any]) -> float:
    """Seconds until a write has returned: waiting for the disk is most of it."""
    write()
    waits = []
    for _ in range(setting.times(5)):
        begin = time.perf_counter()
        write()
        waits.append(time.perf_counter() - begin)
    return median(waits)


def load_of_ours(setting: Setting, *, is_nested: bool = False) -> float:
    """A new store, read and made read-only, as a config takes it over."""
    from confstore_file import FileStore

    path = setting.file(COUNT, is_nested=is_nested)
    return cpu_s(setting, lambda: FileStore(path).poll())


def load_of_json(setting: Setting, *, is_nested: bool = False) -> float:
    path = setting.file(COUNT, is_nested=is_nested)
    return cpu_s(setting, lambda: json.loads(path.read_text(encoding="utf-8")))


def load_of_dynaconf(setting: Setting) -> float:
    from dynaconf import Dynaconf

    # All below one name: with a name for each option it takes 20 s, for each looks at all before.
    with setting.own_file(COUNT) as path:
        path.write_text('{"config": ' + path.read_text(encoding="utf-8") + "}", encoding="utf-8")

        def load() -> Any:
            settings = Dynaconf(settings_files=[str(path)])
            assert settings.CONFIG["db"]["host"]
            return settings

        load()
        return least_s(load, setting.times(3))


def load_of_pydantic(setting: Setting) -> float:
    """pydantic's own JSON reader; the model knows the shape of an option."""
    from pydantic import BaseModel, TypeAdapter

    class Option(BaseModel):
        host: str
        port: int
        user: str
        timeout: float
        tls: bool
        comment: str

    path = setting.file(COUNT)
    adapter = TypeAdapter(dict[str, Option])
    return cpu_s(setting, lambda: adapter.validate_json(path.read_bytes()))


def unchanged_of_ours(setting: Setting) -> dict[str, float]:
    from confstore_file import FileStore

    store = FileStore(setting.file(COUNT))
    checkpoint = store.poll().checkpoint
    assert store.poll(checkpoint).changed == {}
    return {
        "unchanged_poll": read_cpu_s(setting, lambda: store.poll(checkpoint)),
        "unchanged_get": read_cpu_s(setting, lambda: store.get("db")),
        "unchanged_get_key": read_cpu_s(setting, lambda: store.get("db", keys=["host"])),
    }


def stat_of_os(setting: Setting) -> float:
    path = setting.file(COUNT)
    return read_cpu_s(setting, lambda: os.stat(path))


def write_of_ours(setting: Setting) -> float:
    """One option of a store that stands in the file."""
    from confstore_file import FileStore

    values = options(1)["db"]
    with setting.own_file(COUNT) as path:
        store = FileStore(path)
        return wall_s(setting, lambda: store.set("db", values))


def write_of_json(setting: Setting) -> float:
    """The same text, neither atomic nor durable, and without reading what is there."""
    content = options(COUNT)
    with setting.own_file(COUNT) as path:

        def write() -> None:
            text = json.dumps(content, indent=2, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8")

        return wall_s(setting, write)


def write_of_bytes(setting: Setting) -> float:
    """The bytes alone, which are ready."""
    with setting.own_file(COUNT) as path:
        content = path.read_bytes()
        return wall_s(setting, lambda: path.write_bytes(content))


def write_of_compact_json(setting: Setting) -> float:
    """The same options in one line, by the encoder in C, which indents nothing before 3.14."""
    content = options(COUNT)
    with setting.own_file(COUNT) as path:
        return wall_s(setting, lambda: path.write_text(json.dumps(content), encoding="utf-8"))


def write_of_bytes_durably(setting: Setting) -> float:
    """The bytes alone, to a new file that replaces the old one and survives a power cut."""
    with setting.own_file(COUNT) as path:
        content = path.read_bytes()
        part = path.with_name("part")

        def write() -> None:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            sync_folder(path.parent)

        return wall_s(setting, write)


def import_of_ours(setting: Setting, *, is_journaled: bool = False) -> float:
    """Seconds of the command that imports a file into an empty store, the start of Python too."""
    from confstore_file import FileStore

    confstore = [sys.executable, "-m", "confstore"]
    source, waits = setting.file(IMPORTED), []
    with setting.own_file(1) as path:
        for number in range(setting.times(5)):
            target = path.with_name(f"import-{number}.json")
            store = FileStore(target)
            store.create()
            if is_journaled:
                store.enable_journal()
            command = [*confstore, "import", str(source), "--store", f"file:{target}"]
            begin = time.perf_counter()
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            waits.append(time.perf_counter() - begin)
            assert len(dict(store.items())) == IMPORTED
    return median(waits)


def sync_folder(folder: Path) -> None:
    """Have the disk keep what was renamed, where a folder can be opened."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


SUBJECTS: dict[str, Callable[[Setting], float | dict[str, float]]] = {
    "load_ours": load_of_ours,
    "load_json": load_of_json,
    "load_pydantic": load_of_pydantic,
    "load_dynaconf": load_of_dynaconf,
    "load_ours_nested": lambda setting: load_of_ours(setting, is_nested=True),
    "load_json_nested": lambda setting: load_of_json(setting, is_nested=True),
    "unchanged": unchanged_of_ours,
    "stat": stat_of_os,
    "write_ours": write_of_ours,
    "write_json": write_of_json,
    "write_json_compact": write_of_compact_json,
    "write_bytes": write_of_bytes,
    "write_bytes_durably": write_of_bytes_durably,
    "import_journaled": lambda setting: import_of_ours(setting, is_journaled=True),
    "import": import_of_ours,
}
