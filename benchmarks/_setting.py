"""What a subject is given, in whichever process it runs."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from benchmarks._options import nested_options, options, store_in_file

__all__ = ["Setting", "SkippedError", "aws_environment"]


class SkippedError(Exception):
    """A subject cannot be measured here; the text says what is missing."""


@attrs.frozen
class Setting:
    """
    Where the measurement happens.

    Attributes:
        is_quick: Whether a rough figure is enough.
        endpoint: The URL of the server with the ready answers.
        folder: Where files may be written.
    """

    is_quick: bool
    endpoint: str
    folder: str

    def dump(self) -> str:
        """As text for another process."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def load(cls, text: str) -> Setting:
        """What `dump` wrote."""
        return cls(**json.loads(text))

    def times(self, full: int) -> int:
        """How often to repeat: so often, or a fifth of it for a rough figure."""
        return max(1, full // 5) if self.is_quick else full

    def file(self, count: int, *, is_nested: bool = False) -> Path:
        """A JSON file of so many options, as a store writes it, which nobody changes."""
        kind = "nested" if is_nested else "flat"
        path = Path(self.folder) / f"{kind}-{count}.json"
        if not path.exists():
            make: Callable[[int], Mapping[str, Any]] = nested_options if is_nested else options
            part = path.with_suffix(f".{os.getpid()}")
            store_in_file(part, make(count)).replace(path)
        return path

    @contextlib.contextmanager
    def own_file(self, count: int) -> Iterator[Path]:
        """A file of so many options to write to."""
        folder = Path(self.folder) / f"own-{os.getpid()}"
        folder.mkdir()
        yield store_in_file(folder / "prod.json", options(count))


def aws_environment(endpoint: str) -> dict[str, str]:
    """The environment in which every SDK finds that server, and nothing of the user's."""
    # Where no bytecode is kept, modules would be compiled again in every process.
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("AWS_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
