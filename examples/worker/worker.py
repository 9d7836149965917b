"""
A worker that takes jobs from standard input, one a line, until its end.

It runs on `dev.json` beside it, and wherever `CONFSTORE_URL` says:

    echo 'ada: your order is on its way' | python examples/worker/worker.py
    ... | CONFSTORE_URL='dynamodb://config/prod?region=eu-west-1' python examples/worker/worker.py
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs

from confstore import TimeBasedConfigStore, open_config
from confstore.errors import ConfigStoreError

log = logging.getLogger("worker")
DEVELOPMENT = f"file:{Path(__file__).parent / 'dev.json'}"


@attrs.frozen
class Mail:
    sender: str
    is_paused: bool = False
    pause: float = attrs.field(default=1.0, validator=attrs.validators.gt(0))


@attrs.frozen
class Settings:
    mail: Mail


class Worker:
    """Sends a mail for each job, and none while the configuration pauses it."""

    def __init__(
        self,
        config: TimeBasedConfigStore[Settings],
        send: Callable[[str, str], object],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._config = config
        self._send = send
        self._sleep = sleep

    def handle(self, job: str) -> None:
        """Do one job with one snapshot of the configuration."""
        mail = self._config.current.mail
        while mail.is_paused:
            self._sleep(mail.pause)
            mail = self._config.current.mail
        self._send(mail.sender, job)


def main() -> None:
    """Work until standard input ends."""
    logging.basicConfig(format="worker: %(message)s")
    log.setLevel(logging.INFO)
    try:
        config = open_config(os.environ.get("CONFSTORE_URL") or DEVELOPMENT, schema=Settings)
    except ConfigStoreError as error:
        # One line that says what to do, and exit code 1.
        sys.exit(f"worker: {error}")
    with config:
        config.subscribe(lambda option, _old, _new: log.info("option %r changed", option))
        worker = Worker(config, send=lambda sender, job: print(f"{sender} > {job}", flush=True))
        for line in sys.stdin:
            worker.handle(line.rstrip("\n"))


if __name__ == "__main__":
    main()
