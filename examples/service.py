"""
A small service with typed settings.

It runs on `examples/dev.json`, and wherever `CONFSTORE_URL` says. The password of the database is
plain there, and sealed where the URL has keys, without a change of code:

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
from pathlib import Path

import attrs

from confstore import Secret, TimeBasedConfigStore, open_config
from confstore.errors import ConfigStoreError

DEVELOPMENT = f"file:{Path(__file__).parent / 'dev.json'}"


@attrs.frozen
class Database:
    host: str
    port: int = 27017
    password: Secret[str] = attrs.field(factory=lambda: Secret(""))


@attrs.frozen
class Uploads:
    limit: int = attrs.field(validator=attrs.validators.ge(0))


@attrs.frozen
class SecretKey:
    secret_key: str = attrs.field(repr=False)


@attrs.frozen
class Settings:
    db: Database
    uploads: Uploads
    secret_key: SecretKey


class LimitReachedError(Exception):
    """The user has as many uploads as the configuration allows."""


class UploadService:
    """Accepts uploads up to a limit and signs a receipt for each."""

    def __init__(self, config: TimeBasedConfigStore[Settings]) -> None:
        self._config = config
        self._uploads: Counter[str] = Counter()

    def database(self) -> str:
        """The address of the database, as the configuration has it now."""
        db = self._config.current.db
        return f"{db.host}:{db.port}"

    def dsn(self) -> str:
        """What the database's driver connects with; it has the password: never print it."""
        db = self._config.current.db
        return f"mongodb://uploads:{db.password.reveal()}@{db.host}:{db.port}"

    def upload(self, user: str, content: bytes) -> str:
        """
        Accept an upload.

        Raises:
            LimitReachedError: The user has reached the limit.
        """
        # One snapshot for the whole call: a refresh in between changes nothing here.
        settings = self._config.current
        limit = settings.uploads.limit
        if self._uploads[user] >= limit:
            message = f"{user} has reached the limit of {limit} uploads"
            raise LimitReachedError(message)
        self._uploads[user] += 1
        key = settings.secret_key.secret_key.encode()
        return hmac.new(key, content, hashlib.sha256).hexdigest()[:16]


def main() -> None:
    """Take three uploads, of which the development configuration allows two."""
    try:
        config = open_config(os.environ.get("CONFSTORE_URL") or DEVELOPMENT, schema=Settings)
    except ConfigStoreError as error:
        # One line that says what to do, and exit code 1.
        sys.exit(f"service: {error}")
    with config:
        service = UploadService(config)
        print(f"database at {service.database()}")
        for number in range(1, 4):
            try:
                print(f"upload {number} accepted, receipt {service.upload('ada', b'holiday.jpg')}")
            except LimitReachedError as error:
                print(f"upload {number} refused: {error}")


if __name__ == "__main__":
    main()
