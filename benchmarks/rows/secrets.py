"""
A start with secrets that KMS opens, where each call takes a fixed time.

Wall time: waiting is what it is about. The client of KMS is made before, as it costs once what it
costs boto3. No secret is opened before the start.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from benchmarks._server import DECRYPT_S
from benchmarks._setting import Setting

__all__ = ["SUBJECTS"]

COUNT = 100


def keys_and_texts() -> tuple[Any, list[tuple[str, Any]]]:
    """Keys whose client is ready, and texts with their places."""
    from confstore import Place
    from confstore_dynamodb import KMSKeys

    keys = KMSKeys("alias/config")
    text = base64.b64encode(b'"s3cret"').decode()
    sealed = [(text, Place("prod", "db", f"secret_{number}")) for number in range(COUNT)]
    keys.open_many(sealed[:1])
    return keys, sealed


def wall_s(setting: Setting, work: Callable[[], Any]) -> float:
    """The least seconds of a piece of work."""
    least_s = float("inf")
    for _ in range(setting.times(10)):
        began_s = time.perf_counter()
        work()
        least_s = min(least_s, time.perf_counter() - began_s)
    assert least_s >= DECRYPT_S
    return least_s


def of_start(setting: Setting) -> float:
    """A config whose schema names all secrets, from its beginning until it can be read."""
    import attrs

    from confstore import SealedStore, Secret, TimeBasedConfigStore
    from confstore_memory import MemoryStore

    keys, sealed = keys_and_texts()
    database = attrs.make_class(
        "Database", {place.key: attrs.field(type=Secret[str]) for _, place in sealed}, frozen=True
    )
    texts = {place.key: f"secret+kms:{text}" for text, place in sealed}

    def start() -> None:
        store = SealedStore(MemoryStore("prod", {"db": texts}), keys)
        with TimeBasedConfigStore[Any](store, 3600, schema={"db": database}) as config:
            assert config.db.secret_99.reveal() == "s3cret"

    return wall_s(setting, start)


def of_call(setting: Setting) -> float:
    keys, sealed = keys_and_texts()
    return wall_s(setting, lambda: keys.open_many(sealed[:1]))


def of_calls(setting: Setting) -> float:
    keys, sealed = keys_and_texts()

    def calls() -> None:
        for one in sealed:
            keys.open_many([one])

    return wall_s(setting, calls)


SUBJECTS = {"start": of_start, "call": of_call, "calls": of_calls}
