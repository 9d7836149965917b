"""Advice for people whose client cannot reach DynamoDB or is refused."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from confstore.errors import ConfigStoreError, StoreUnavailableError
from confstore_dynamodb._connections.refusals.error_reply import error_code
from confstore_dynamodb._connections.refusals.refused_credentials import (
    advice_on,
    advice_on_service,
    service_of,
)
from confstore_dynamodb._connections.refusals.translation import SIGN_IN

__all__ = ["credentials_advice", "endpoint_advice"]


def credentials_advice(error: ConfigStoreError) -> str:
    """Say what to do about credentials that AWS refuses or the client does not have."""
    code = error_code(error.__cause__)
    if service_of(error.__cause__):
        return advice_on_service(getattr(error.__cause__, "operation_name", ""), code)
    if SIGN_IN in str(error):
        return SIGN_IN
    if not code:
        return (
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, sign in, or run "
            "under a role"
        )
    return advice_on(code)


def endpoint_advice(error: StoreUnavailableError) -> str:
    """Say what to do where DynamoDB does not answer."""
    if service_of(error.__cause__):
        return "try again later: DynamoDB was not asked, for the service that gives the credentials"
    if _is_page(error):
        return "look for a proxy or a sign-in page between here and the endpoint (HTTPS_PROXY)"
    links = list(_chain(error))
    names = {getattr(link, "kind", type(link).__name__) for link in links}
    if "ProxyConnectionError" in names:
        return "check HTTPS_PROXY and HTTP_PROXY: the proxy does not answer"
    if any(isinstance(link, ConnectionRefusedError) for link in links):
        return "start the server that should listen there, or correct the endpoint: nothing listens"
    if any(isinstance(link, socket.gaierror) for link in links):
        return "check region and endpoint, and this machine's DNS: there is no host of this name"
    if "SSLError" in names:
        return "check the certificates (AWS_CA_BUNDLE), and that the endpoint speaks TLS"
    if names & {"ConnectTimeoutError", "ReadTimeoutError"}:
        return (
            "check firewall, routes, security groups and the VPC endpoint of DynamoDB: the "
            "packets go unanswered"
        )
    return "check the network between here and the endpoint, and try again"


def _is_page(error: StoreUnavailableError) -> bool:
    """True if something answered that is not DynamoDB."""
    # Else its context is the client's own exception, which has no reply.
    context = error.__context__
    return context is None or isinstance(getattr(context, "response", None), dict)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it comes from: also what botocore keeps beside its own errors."""
    link: BaseException | None = error
    while link is not None:
        yield link
        kept = getattr(link, "kwargs", {}).get("error")
        link = kept if isinstance(kept, Exception) else link.__cause__ or link.__context__
