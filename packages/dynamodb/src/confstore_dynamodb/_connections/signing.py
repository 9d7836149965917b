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
from hmac import HMAC, digest
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
    """
    A signing key, as the start of its signatures, with the parts that it was made of.

    Attributes:
        day: The day.
        secret_key: The secret access key.
        scope: The scope of signatures with the key.
        signature: A signature of nothing yet; a copy costs less than one that begins with the key.
    """

    day: str
    secret_key: str
    scope: str
    signature: HMAC


class _Form(NamedTuple):
    """
    The part of a signature that follows from the names of the headers.

    Attributes:
        kept: The headers that are given and sent.
        names_host: The header `Host` is one of them.
        signed: The headers to sign, in lower case and as they are sent.
        signed_names: How a signature lists them.
    """

    kept: list[str]
    names_host: bool
    signed: list[tuple[str, str]]
    signed_names: str


@lru_cache(maxsize=32)
def _form_of(given: tuple[str, ...], has_token: bool) -> _Form:
    """The form of requests with headers of these names; a client has a few forms."""
    kept = [name for name in given if name.lower() not in _OURS]
    names_host = "host" in map(str.lower, kept)
    sent = [*kept, "X-Amz-Date"]
    if not names_host:
        sent.append("Host")
    if has_token:
        sent.append("X-Amz-Security-Token")
    signed = sorted((name.lower(), name) for name in sent if name.lower() not in _UNSIGNED)
    return _Form(kept, names_host, signed, ";".join([lower for lower, _ in signed]))


class Signer:
    """
    Signs requests to DynamoDB in one region.

    Many threads may use it at once: what it keeps is replaced whole.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._kept: _KeptKey | None = None
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
        form = _form_of(tuple(headers), bool(key.token))
        sent = {name: headers[name] for name in form.kept}
        if not form.names_host:
            sent["Host"] = host
        sent["X-Amz-Date"] = stamp
        if key.token:
            sent["X-Amz-Security-Token"] = key.token
        names = form.signed_names
        lines = "\n".join([f"{low}:{' '.join(sent[name].split())}" for low, name in form.signed])
        canonical = f"POST\n/\n\n{lines}\n\n{names}\n{sha256(body).hexdigest()}"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{kept.scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = kept.signature.copy()
        signature.update(text.encode())
        sent["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={key.access_key}/{kept.scope}, SignedHeaders={names}, "
            f"Signature={signature.hexdigest()}"
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
        if kept is None or kept.day != day or kept.secret_key != secret_key:
            made = f"AWS4{secret_key}".encode()
            for part in (day, self._region, _SERVICE, "aws4_request"):
                made = digest(made, part.encode(), "sha256")
            scope = f"{day}/{self._region}/{_SERVICE}/aws4_request"
            self._kept = kept = _KeptKey(day, secret_key, scope, HMAC(made, digestmod="sha256"))
        return kept
