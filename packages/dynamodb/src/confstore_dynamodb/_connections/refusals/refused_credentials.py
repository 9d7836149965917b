"""
Refused credentials: who refused them, and what to do about it.

DynamoDB is not the only service that a client asks. A role's credentials come from AWS STS, and
those of a person from IAM Identity Center; both are asked within a call to DynamoDB.
"""

from __future__ import annotations

from typing import Any

__all__ = ["LACKS_PERMISSION", "advice_on", "advice_on_service", "role_of", "service_of"]

LACKS_PERMISSION = frozenset({"AccessDenied", "AccessDeniedException"})
"""Codes that are no fault of the credentials: AWS knows the caller, who may not do this."""

_SERVICES = {
    "AssumeRole": "AWS STS",
    "AssumeRoleWithWebIdentity": "AWS STS",
    "CreateToken": "IAM Identity Center",
    "GetRoleCredentials": "IAM Identity Center",
}
"""The operations by which botocore gets credentials, each by the service that has it."""

# Source: AWS, "Error handling with DynamoDB" and "Common errors" of the API reference.
_ADVICE = {
    "ExpiredToken": "the credentials have expired: sign in again",
    "ExpiredTokenException": "the credentials have expired: sign in again",
    "IncompleteSignature": "look for a proxy that changes the headers of requests",
    "IncompleteSignatureException": "look for a proxy that changes the headers of requests",
    "InvalidAccessKeyId": "check the access key id: AWS does not know it",
    "InvalidClientTokenId": "check the access key id and the session token: AWS does not know them",
    "InvalidSignatureException": "check the secret access key, and the clock of this machine",
    "MissingAuthenticationToken": "look for a proxy that removes the headers of requests",
    "MissingAuthenticationTokenException": "look for a proxy that removes the headers of requests",
    "OptInRequired": "enable the region for this account, or choose another region",
    "RequestExpired": "set the clock of this machine: the request came too late or too early",
    "SignatureDoesNotMatch": "check the secret access key, and the clock of this machine",
    "UnrecognizedClientException": (
        "AWS does not know the credentials: check access key id, session token and region; "
        "temporary credentials need their token, and a region may have to be enabled for the "
        "account"
    ),
}

# Source: AWS, "AssumeRole" and "AssumeRoleWithWebIdentity" of the API reference of STS.
_STS_ADVICE = {
    "AssumeRole": {
        "AccessDenied": (
            "allow sts:AssumeRole to the caller, and name the caller in the role's trust policy"
        ),
        "ExpiredToken": "the credentials that assume it have expired: sign in again",
        "ExpiredTokenException": "the credentials that assume it have expired: sign in again",
    },
    "AssumeRoleWithWebIdentity": {
        "AccessDenied": (
            "name this identity provider and its subject (the service account) in the role's "
            "trust policy"
        ),
        "ExpiredToken": "the token in AWS_WEB_IDENTITY_TOKEN_FILE has expired: have it renewed",
        "ExpiredTokenException": (
            "the token in AWS_WEB_IDENTITY_TOKEN_FILE has expired: have it renewed"
        ),
        "InvalidIdentityToken": (
            "check the token in AWS_WEB_IDENTITY_TOKEN_FILE, its audience, and that the account "
            "has its identity provider"
        ),
    },
}


def service_of(error: BaseException | None) -> str:
    """The other service that a botocore `ClientError` comes from; empty if it is DynamoDB."""
    return _SERVICES.get(getattr(error, "operation_name", ""), "")


def advice_on(code: str) -> str:
    """Advice for credentials that DynamoDB refuses with this code."""
    return _ADVICE.get(code, "ask who runs the account")


def advice_on_service(operation: str, code: str) -> str:
    """What to do about another service's refusal to give credentials."""
    known = {**_ADVICE, **_STS_ADVICE.get(operation, {})}
    return known.get(code, "check the role, its trust policy, and the account of a sign-in")


def role_of(api: Any) -> str:
    """
    The ARN of the role that a client assumes; empty if it is not known.

    Botocore has no public way to tell. Where these private names are others, the error does not
    name the role.
    """
    signer = getattr(api, "_request_signer", None)
    credentials = getattr(signer, "_credentials", None)
    # Those of a client of ours are bounded.
    credentials = getattr(credentials, "inner", credentials)
    refresh = getattr(credentials, "_refresh_using", None)
    role = getattr(getattr(refresh, "__self__", None), "_role_arn", "")
    return role if isinstance(role, str) else ""
