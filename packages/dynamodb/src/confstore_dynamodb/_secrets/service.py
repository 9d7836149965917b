"""A client of one of AWS's services for secrets; whatever it raises is a fault without values."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from confstore import SecretFault
from confstore.adapter import call_after_fork
from confstore_dynamodb._connections.forks import renew_client
from confstore_dynamodb._connections.refusals.error_reply import code_of, status_of
from confstore_dynamodb._connections.refusals.wrong_settings import settings_advice
from confstore_dynamodb._secrets.silence import silenced

__all__ = ["Service", "fault_of", "in_parallel"]

_MAX_THREADS = 8
"""Calls at a time; a guess: 100 secrets open within 13 times the time of one."""

# Source: AWS, "Common errors" and the errors of Encrypt, Decrypt, BatchGetSecretValue and
# GetParameters in the API references.
_PASSING = frozenset(
    {
        "DependencyTimeoutException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMSInternalException",
        "KeyUnavailableException",
        "LimitExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# Credentials that another minute may renew.
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)

T = TypeVar("T")
R = TypeVar("R")


class Service:
    """
    One of AWS's services, asked through a client that is made at the first call.

    Attributes:
        title: Its name in messages.
    """

    def __init__(
        self,
        name: str,
        title: str,
        *,
        client: Any = None,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        self.title = title
        self._name = name
        self._client = client
        self._profile = profile
        self._region = region
        self._endpoint_url = endpoint_url
        self._lock = threading.Lock()
        self._notice_fork = call_after_fork(self._after_fork)

    def _after_fork(self) -> None:
        # A thread of the parent may have held it, and uses the parent's connections.
        self._lock = threading.Lock()
        if self._client is not None:
            renew_client(self._client)

    def call(self, method: str, operation: str, **parameters: Any) -> dict[str, Any] | SecretFault:
        """
        Ask the service.

        Args:
            method: The client's method, such as `batch_get_secret_value`.
            operation: The operation, as in a policy.
            **parameters: Its parameters.

        Returns:
            The reply, or why there is none. It raises nothing, because a traceback would hold the
            frames in which plaintexts are local variables.
        """
        self._notice_fork()
        with silenced():
            try:
                reply: dict[str, Any] = getattr(self._api(), method)(**parameters)
            except Exception as error:
                return self._fault(error, operation)
        return reply

    def _api(self) -> Any:
        with self._lock:
            if self._client is None:
                # Not at the top, and without boto3, which takes longer still.
                import botocore.session
                from botocore.config import Config

                from confstore_dynamodb._connections.services import find_services_singly

                session = botocore.session.Session(profile=self._profile)
                find_services_singly(session)
                # A dead endpoint costs seconds; botocore's own defaults would make it minutes.
                config = Config(
                    connect_timeout=1,
                    read_timeout=2,
                    tcp_keepalive=True,
                    retries={"mode": "standard", "total_max_attempts": 3},
                    parameter_validation=False,
                )
                self._client = session.create_client(
                    self._name,
                    config=config,
                    region_name=self._region,
                    endpoint_url=self._endpoint_url,
                )
            return self._client

    def _fault(self, error: Exception, operation: str) -> SecretFault:
        import botocore.exceptions as aws

        asked = f"{operation} of {self.title}"
        if not isinstance(error, aws.ClientError):
            # Only its type: botocore's own errors quote files, parameters and replies.
            advice = settings_advice(error, aws, is_creation=self._client is None)
            reason = f"{asked}: {type(error).__name__}"
            return SecretFault(f"{reason}; {advice}" if advice else reason, is_lasting=False)
        code, status = code_of(error.response), status_of(error.response)
        if code in _CREDENTIALS or error.operation_name != operation:
            # The error of a service that gives credentials has its own operation.
            reason = f"{asked}: {code}; the credentials were refused"
            return SecretFault(reason, is_lasting=False)
        # Where botocore finds no code, as on the page of a proxy, it takes the status for one.
        if code.isdigit() or status >= 500:
            return SecretFault(f"{asked}: {code}, status {status}", is_lasting=False)
        return fault_of(asked, code)


def fault_of(asked: str, code: str) -> SecretFault:
    """The fault of an error code of AWS's."""
    return SecretFault(f"{asked}: {code}", is_lasting=code not in _PASSING)


def in_parallel(call: Callable[[T], R], arguments: Sequence[T]) -> list[R]:
    """The results of one call for each argument, in their order; at most eight at a time."""
    if len(arguments) <= 1:
        return [call(argument) for argument in arguments]
    # Not at the top: most programs have few secrets.
    from concurrent.futures import ThreadPoolExecutor

    # For these calls only: a thread that lives on would be missing in a forked child.
    with ThreadPoolExecutor(min(_MAX_THREADS, len(arguments)), "confstore-secrets") as threads:
        return list(threads.map(call, arguments))
