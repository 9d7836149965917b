"""
A small service that takes a store and nothing else.

It runs on `examples/config/dev.json` as it stands, and wherever `CONFSTORE_URL` says. The password
of the database is plain there, and sealed where the URL has keys, without a change of code:

    python examples/service.py
    CONFSTORE_URL='file:prod.json?secrets=local:my.key' python examples/service.py
    CONFSTORE_URL='dynamodb://config/prod?region=eu-west-1&secrets=kms:alias/config' \
        python examples/service.py
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from confstore import Secret, Store, TimeBasedConfigStore, open_store
from confstore.errors import ConfigStoreError

DEVELOPMENT = f"file:{Path(__file__).parent / 'config' / 'dev.json'}"


@dataclass(frozen=True)
class Database:
    """The option `db`; a Secret shows itself as `***`, whatever prints it."""

    host: str
    port: int
    password: Secret[str]


class LimitReachedError(Exception):
    """The user has as many uploads as the configuration allows."""


class UploadService:
    """Accepts uploads up to a limit and signs a receipt for each."""

    def __init__(self, store: Store) -> None:
        # Held in memory and refreshed in the background: reading it costs as much as a dict.
        self._config = TimeBasedConfigStore(store, update_interval=60, schema={"db": Database})
        self._uploads: Counter[str] = Counter()

    @property
    def database(self) -> str:
        """The address of the database, as the configuration has it now."""
        db: Database = self._config.db
        return f"{db.host}:{db.port}"

    @property
    def dsn(self) -> str:
        """What the database's driver needs to connect, with the password: never print it."""
        db: Database = self._config.db
        return f"postgresql://uploads:{db.password.reveal()}@{db.host}:{db.port}/uploads"

    def upload(self, user: str, content: bytes) -> str:
        """
        Accept an upload.

        Raises:
            LimitReachedError: The user has reached the limit.
        """
        limit = self._config.uploads["limit"]
        if self._uploads[user] >= limit:
            message = f"{user} has reached the limit of {limit} uploads"
            raise LimitReachedError(message)
        self._uploads[user] += 1
        secret = self._config["secret-key"]["secret-key"]
        return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()[:16]

    def reload(self) -> None:
        """See a changed configuration now, and not within a minute."""
        self._config.reload()

    def close(self) -> None:
        """Stop refreshing."""
        self._config.close()


def main() -> int:
    """Take three uploads, of which the development configuration allows two."""
    try:
        store = open_store(os.environ.get("CONFSTORE_URL") or DEVELOPMENT)
        service = UploadService(store)
    except ConfigStoreError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"store {store.name!r}, database at {service.database}")
    for number in range(1, 4):
        try:
            print(f"upload {number} accepted, receipt {service.upload('ada', b'holiday.jpg')}")
        except LimitReachedError as error:
            print(f"upload {number} refused: {error}")
    service.close()
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
