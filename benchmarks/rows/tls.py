"""What the client spends over TLS, and on a read at the host of an account."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import attrs

from benchmarks._server import running_server
from benchmarks._setting import Setting
from benchmarks.rows import load, start, throughput, uncached_read
from benchmarks.rows.uncached_read import rounds

__all__ = ["SUBJECTS", "rounds"]

Measure = Callable[[Setting], float]

ACCOUNT = "111122223333"
HOST = f"{ACCOUNT}.ddb.eu-west-1.amazonaws.com"


def over_tls(measure: Measure) -> Measure:
    """The same by TLS, whose certificate is verified."""

    def measured(setting: Setting) -> float:
        authority = Path(tempfile.mkdtemp(dir=setting.folder)) / "authority.pem"
        with running_server(authority) as url:
            # Python's own contexts, as aiohttp's, look at the last one.
            trusted = {"AWS_CA_BUNDLE": str(authority), "SSL_CERT_FILE": str(authority)}
            with patch.dict(os.environ, {"AWS_ENDPOINT_URL": url, **trusted}):
                return measure(attrs.evolve(setting, endpoint=url))

    return measured


def with_account(measure: Measure) -> Measure:
    """The same with credentials that name their account, whose host is this machine."""

    def measured(setting: Setting) -> float:
        port, resolve, asked = urlsplit(setting.endpoint).port, socket.getaddrinfo, []

        def here(host: Any, *_: Any, **named: Any) -> Any:
            asked.append(host)
            return resolve("127.0.0.1", port, type=named.get("type", socket.SOCK_STREAM))

        with (
            patch.dict(os.environ, {"AWS_ACCOUNT_ID": ACCOUNT, "NO_PROXY": "*"}),
            patch.object(socket, "getaddrinfo", here),
        ):
            del os.environ["AWS_ENDPOINT_URL"]
            cost_s = measure(setting)
        assert HOST in asked
        return cost_s

    return over_tls(measured)


def of_our_load(setting: Setting) -> float:
    return load.of_ours(setting)["ours"]


SUBJECTS = {
    "ours": over_tls(uncached_read.of_ours),
    "ours_alone": over_tls(uncached_read.of_ours_alone),
    "ours_on_loop": over_tls(uncached_read.of_ours_on_loop),
    "botocore": over_tls(uncached_read.of_botocore),
    "aiodynamo": over_tls(uncached_read.of_aiodynamo),
    "ours_with_account": with_account(uncached_read.of_ours),
    "botocore_with_account": with_account(uncached_read.of_botocore),
    "our_tasks": over_tls(throughput.of_our_tasks),
    "aiodynamos_tasks": over_tls(throughput.of_aiodynamos_tasks),
    "our_load": over_tls(of_our_load),
    "botocores_load": over_tls(load.of_botocore),
    "aiodynamos_load": over_tls(load.of_aiodynamo),
    **{
        name: over_tls(start.of_program(start.FIRST_READS[name]))
        for name in ("read_ours", "read_ours_in_lambda", "read_boto3")
    },
}
