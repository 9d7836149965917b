"""
Wrong settings of AWS on this machine: files, variables and programs that no retry mends.

Botocore's texts are not shown, for they quote files and the output of programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any

__all__ = ["header_advice", "settings_advice", "trust_advice"]

_CONFIG_FILE = "the AWS config file (AWS_CONFIG_FILE, else ~/.aws/config)"

# By name: botocore grew some of them after the oldest version that this package works with.
_ADVICE = {
    "ConfigNotFound": f"make {_CONFIG_FILE}, or unset the variable that names it",
    "ConfigParseError": f"correct {_CONFIG_FILE}: it cannot be parsed",
    "EndpointProviderError": "correct region, endpoint, and the settings of FIPS and dual stack",
    "InfiniteLoopConfigError": f"correct source_profile in {_CONFIG_FILE}: it goes in circles",
    "InvalidChecksumConfigError": (
        "correct AWS_REQUEST_CHECKSUM_CALCULATION and AWS_RESPONSE_CHECKSUM_VALIDATION: "
        "when_required or when_supported"
    ),
    "InvalidConfigError": (
        f"correct {_CONFIG_FILE}: a profile, an sso-session or a setting that it needs is missing"
    ),
    "InvalidDefaultsMode": "correct AWS_DEFAULTS_MODE, such as standard",
    "InvalidEndpointConfigurationError": "correct the settings of FIPS and dual stack",
    "InvalidIMDSEndpointError": "correct AWS_EC2_METADATA_SERVICE_ENDPOINT: it is no URL",
    "InvalidIMDSEndpointModeError": "correct AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: IPv4 or IPv6",
    "InvalidRegionError": "correct the region, such as eu-west-1 (AWS_DEFAULT_REGION)",
    "InvalidRetryConfigurationError": "correct AWS_MAX_ATTEMPTS and AWS_RETRY_MODE",
    "InvalidSTSRegionalEndpointsConfigError": "set AWS_STS_REGIONAL_ENDPOINTS to regional",
    "MissingDependencyException": "install what this way to sign in needs: pip install awscrt",
    "NoRegionError": "no AWS region: set AWS_DEFAULT_REGION, or add ?region= to the URL",
    "PartialCredentialsError": (
        "give access key id and secret access key together (environment, or AWS files)"
    ),
    "ProfileNotFound": (
        f"correct AWS_PROFILE or the URL's profile, or add the profile to {_CONFIG_FILE}"
    ),
    "RefreshWithMFAUnsupportedError": "a role with MFA cannot be renewed here: sign in by hand",
    "UnknownCredentialError": f"correct credential_source in {_CONFIG_FILE}",
    "UnknownEndpointError": "correct the region, such as eu-west-1 (AWS_DEFAULT_REGION)",
}
_PROCESS = f"run credential_process of {_CONFIG_FILE} by hand: it failed, or gave no credentials"
_FILE = (
    "correct the settings that name it (AWS_WEB_IDENTITY_TOKEN_FILE, credential_process and "
    f"source files in {_CONFIG_FILE}): it is missing or cannot be read"
)
_CREATION = (
    "correct the endpoint (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB, endpoint_url), a URL that "
    f"starts with http:// or https://, and the other settings of {_CONFIG_FILE}"
)

# By the headers that the environment's texts get into.
_VARIABLES = {
    "authorization": "AWS_ACCESS_KEY_ID, or the access key id of the profile",
    "x-amz-security-token": "AWS_SESSION_TOKEN, or the session token of the profile",
    "x-amzn-trace-id": "_X_AMZN_TRACE_ID",
}


def header_advice(header: str) -> str:
    """What to correct where a header would hold a control character."""
    place = _VARIABLES.get(header, f"what sets the header {header!r}")
    return f"correct {place}: it holds a control character, such as a line break"


def settings_advice(error: Exception, aws: Any, *, is_creation: bool) -> str:
    """
    What to correct on this machine; empty if the error is of another kind.

    Args:
        error: What botocore raised.
        aws: Botocore's exceptions.
        is_creation: It was raised by the creation of a client, which validates its settings.
    """
    if is_creation and isinstance(error, JSONDecodeError):
        # The only JSON of a client's creation.
        return _PROCESS
    if type(getattr(error, "kwargs", {}).get("error")).__name__ == "LocationParseError":
        return "correct HTTPS_PROXY and HTTP_PROXY, which are URLs"
    for kind in type(error).__mro__:
        if kind.__name__ in _ADVICE and issubclass(kind, aws.BotoCoreError):
            return _ADVICE[kind.__name__]
    if isinstance(error, aws.CredentialRetrievalError):
        # The others ask a server, which may answer later.
        return _PROCESS if error.kwargs.get("provider") == "custom-process" else ""
    if isinstance(error, aws.SSLError) and trust_advice(error):
        return trust_advice(error)
    if _is_file(error):
        return _FILE
    return _CREATION if is_creation and isinstance(error, ValueError) else ""


def trust_advice(error: Exception) -> str:
    """What to correct where TLS failed for lack of a file; empty if it was not for that."""
    beneath = getattr(error, "kwargs", {}).get("error")
    is_of_file = any(map(_is_file, _chain(beneath)))
    return "correct AWS_CA_BUNDLE: its file is missing or cannot be read" if is_of_file else ""


def _is_file(error: object) -> bool:
    """True if a file is missing or closed to this user, and not a connection."""
    return isinstance(error, OSError) and error.filename is not None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
