"""
A client's settings, where the environment's variables say all of them.

Botocore's rules for files, profiles, endpoints and proxies are botocore's: whatever one of them
could decide is a reason to leave the settings to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from confstore_dynamodb._connections.requests import Endpoint, endpoint_of
from confstore_dynamodb._connections.signing import Key
from confstore_dynamodb._connections.wire_errors import NoCredentialsError

__all__ = ["EnvironmentSettings", "NotSaidError", "ca_file_of", "key_of", "settings_of"]

_REGION = re.compile(r"(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-[0-9]{1,2}").fullmatch
"""Source: botocore 1.44, `partitions.json`: regions of the partition `aws`."""

_ENDPOINTS = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")

_UNUSUAL = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCOUNT_ID",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DATA_PATH",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
)
"""Variables that have botocore decide."""

_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
}


class NotSaidError(Exception):
    """The environment does not say everything; the text says what is in the way."""


class EnvironmentSettings(NamedTuple):
    """
    The settings of a client.

    Attributes:
        endpoint: Where requests go.
        region: The region that they are signed for.
        ca_file: A bundle of certificates; None for botocore's choice.
    """

    endpoint: Endpoint
    region: str
    ca_file: str | None


def settings_of(
    environ: Mapping[str, str], region: str | None, endpoint_url: str | None
) -> EnvironmentSettings:
    """
    The settings by the variables of an environment.

    Args:
        environ: The variables.
        region: A region that is given, and so is not looked up.
        endpoint_url: The same of an endpoint.

    Raises:
        NotSaidError: The variables do not say everything.
    """
    for name in _UNUSUAL:
        if environ.get(name):
            raise NotSaidError(f"{name} is set")
    for name, usual in _FILES.items():
        path = os.path.expanduser(environ.get(name) or usual)
        if path != os.devnull and os.path.exists(path):
            raise NotSaidError(f"there is a file of settings ({name}, else {usual})")
    try:
        key_of(environ)
    except NoCredentialsError:
        raise NotSaidError("no credentials are in the environment") from None
    region = region or environ.get("AWS_DEFAULT_REGION") or ""
    if not _REGION(region):
        raise NotSaidError("no usual region is in AWS_DEFAULT_REGION")
    found = next(filter(None, map(environ.get, _ENDPOINTS)), None)
    url = endpoint_url or found or f"https://dynamodb.{region}.amazonaws.com"
    endpoint = endpoint_of(url)
    if endpoint is None:
        raise NotSaidError("the endpoint has an unusual URL")
    return EnvironmentSettings(endpoint, region, ca_file_of(environ, environ.get("AWS_CA_BUNDLE")))


def ca_file_of(environ: Mapping[str, str], configured: str | None) -> str | None:
    """The bundle of certificates that is configured, or else named for Python's HTTP clients."""
    return configured or environ.get("REQUESTS_CA_BUNDLE") or None


def key_of(environ: Mapping[str, str]) -> Key:
    """
    The credentials of an environment.

    Raises:
        NoCredentialsError: There are none.
    """
    access_key = environ.get("AWS_ACCESS_KEY_ID")
    secret_key = environ.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key:
        raise NoCredentialsError
    token = environ.get("AWS_SESSION_TOKEN") or environ.get("AWS_SECURITY_TOKEN")
    return Key(access_key, secret_key, token or None)
