"""
Signature Version 4 for DynamoDB, without input or output.

Source: AWS, "Create a signed AWS API request". The signing key, four digests of the secret key, is
kept for its day; the text of the time is kept for its second.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from hmac import digest
from typing import NamedTuple

__all__ = ["Key", "Signer"]

_SERVICE = "dynamodb"

_UNSIGNED = frozenset(
    {
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    }
)
"""
Headers that proxies and tracers may change on the way.

Source: botocore 1.44, `SIGNED_HEADERS_BLACKLIST`.
"""

_OURS = frozenset({"authorization", "date", "x-amz-date", "x-amz-security-token"})


class Key(NamedTuple):
    """
    Credentials at one moment.

    Attributes:
        access_key: The access key id.
        secret_key: The secret access key.
        token: The session token of temporary credentials.
    """

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return "<Key>"


class _KeptKey(NamedTuple):
    """A signing key, and what it was made of."""

    day: str
    secret_key: str
    scope: str
    signing_key: bytes


@lru_cache(maxsize=32)
def _signed_of(names: tuple[str, ...]) -> tuple[list[tuple[str, str]], str]:
    """The headers to sign, in lower case and as they were given, and how a signature lists them."""
    order = sorted((name.lower(), name) for name in names if name.lower() not in _UNSIGNED)
    return order, ";".join([lower for lower, _ in order])


class Signer:
    """
    Signs requests to DynamoDB in one region.

    Many threads may use it at once: what it keeps is replaced whole.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._kept = _KeptKey("", "", "", b"")
        self._second = (-1, "")

    def sign(
        self, key: Key, host: str, headers: Mapping[str, str], body: bytes, now_s: float
    ) -> dict[str, str]:
        """
        The headers of a `POST /`, signed.

        Args:
            key: The credentials.
            host: The text of the header `Host`.
            headers: The other headers.
            body: The body.
            now_s: Seconds since the epoch.
        """
        stamp = self._stamp(int(now_s))
        kept = self._kept_for(key.secret_key, stamp[:8])
        sent = {name: text for name, text in headers.items() if name.lower() not in _OURS}
        if "host" not in map(str.lower, headers):
            sent["Host"] = host
        sent["X-Amz-Date"] = stamp
        if key.token:
            sent["X-Amz-Security-Token"] = key.token
        order, names = _signed_of(tuple(sent))
        lines = "\n".join([f"{lower}:{' '.join(sent[name].split())}" for lower, name in order])
        canonical = f"POST\n/\n\n{lines}\n\n{names}\n{sha256(body).hexdigest()}"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{kept.scope}\n{sha256(canonical.encode()).hexdigest()}"
        sent["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={key.access_key}/{kept.scope}, SignedHeaders={names}, "
            f"Signature={digest(kept.signing_key, text.encode(), 'sha256').hex()}"
        )
        return sent

    def _stamp(self, now_s: int) -> str:
        second, stamp = self._second
        if second != now_s:
            stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_s))
            self._second = now_s, stamp
        return stamp

    def _kept_for(self, secret_key: str, day: str) -> _KeptKey:
        kept = self._kept
        if kept.day != day or kept.secret_key != secret_key:
            made = f"AWS4{secret_key}".encode()
            for part in (day, self._region, _SERVICE, "aws4_request"):
                made = digest(made, part.encode(), "sha256")
            scope = f"{day}/{self._region}/{_SERVICE}/aws4_request"
            self._kept = kept = _KeptKey(day, secret_key, scope, made)
        return kept
