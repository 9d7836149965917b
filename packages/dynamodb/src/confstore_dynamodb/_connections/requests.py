"""Endpoints and requests as bytes, without input or output."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from confstore_dynamodb._connections.wire_errors import HeaderError

__all__ = ["EXCHANGE_S", "Endpoint", "deadline_s", "endpoint_of", "message"]

EXCHANGE_S = 2.0
"""Seconds for an exchange of little data, as boto3's clients of ours had for a read."""

_S_PER_B = 1e-6
"""A second a megabyte."""

_AWS_SUFFIXES = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".api.amazonwebservices.com.cn",
    ".api.aws",
    ".api.cloud-aws.adc-e.uk",
    ".c2s.ic.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
    ".sc2s.sgov.gov",
)
"""Source: botocore 1.44, `partitions.json`: the suffixes of each partition, and of dual stack."""

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9])?").fullmatch

# A line break within a header would begin another one.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search


class Endpoint(NamedTuple):
    """
    Where requests go.

    Attributes:
        url: The URL, as it was given.
        host: The name or the address to connect to.
        port: The port.
        host_header: The text of the header `Host`.
        is_tls: It is asked by TLS.
        is_aws: It is one of AWS's hosts, whose replies are known exactly.
        is_trusted: It says who it is by TLS, or is on this machine.
    """

    url: str
    host: str
    port: int
    host_header: str
    is_tls: bool
    is_aws: bool
    is_trusted: bool


def endpoint_of(url: str) -> Endpoint | None:
    """The endpoint of a URL; None if the URL is an unusual one, which only botocore can ask."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    is_tls = parts.scheme == "https"
    has_more = parts.path not in ("", "/") or "?" in url or "#" in url or "@" in parts.netloc
    if has_more or not (is_tls or parts.scheme == "http") or port == 0:
        return None
    shown = f"[{host}]" if "[" in parts.netloc else host
    if not (_is_address_6(host) if "[" in parts.netloc else _HOST(host)):
        return None
    default_port = 443 if is_tls else 80
    return Endpoint(
        url,
        host,
        port or default_port,
        shown if port in (None, default_port) else f"{shown}:{port}",
        is_tls,
        host.endswith(_AWS_SUFFIXES),
        is_tls or _is_loopback(host),
    )


def _is_address_6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def message(headers: Mapping[str, str], body: bytes) -> bytes:
    """
    A request as it travels.

    Raises:
        HeaderError: A header would hold a control character.
    """
    lines = [f"{name}: {text}" for name, text in headers.items()]
    joined = "".join(lines)
    # No control character is printable, and to ask for that is cheaper than to search.
    if not joined.isprintable() and _CONTROL(joined):
        found = (name for name, text in headers.items() if _CONTROL(f"{name}{text}"))
        raise HeaderError(next(found).lower())
    fields = "\r\n".join(lines)
    head = (
        f"POST / HTTP/1.1\r\n{fields}\r\nAccept-Encoding: identity\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def deadline_s(began_s: float, *, size_b: int) -> float:
    """
    When an exchange must be over.

    Args:
        began_s: When it began, by any clock.
        size_b: The bytes of the request, and of the reply as far as they are known.
    """
    return began_s + EXCHANGE_S + _S_PER_B * size_b
