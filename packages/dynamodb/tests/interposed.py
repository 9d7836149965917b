"""A client between a store and DynamoDB, to which a test can do what networks and others do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import botocore.exceptions as aws

Send = Callable[[], dict[str, Any]]
"""Sends the request, now or later, once or twice."""

Act = Callable[[Send], dict[str, Any]]
"""What is done about one request."""


class Interposed:
    """
    The client; what it is not told about passes through.

    Attributes:
        calls: The operations that were asked for, and their parameters, in order.
    """

    def __init__(self, client: Any) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._client = client
        self._acts: dict[str, list[Act]] = defaultdict(list)
        self._denied: Callable[[str, dict[str, Any]], bool] = lambda *_: False

    def next(self, operation: str, *acts: Act) -> None:
        """Do these about the next requests of an operation, one each."""
        self._acts[operation] += acts

    def deny(self, is_denied: Callable[[str, dict[str, Any]], bool]) -> None:
        """Refuse requests as a policy does."""
        self._denied = is_denied

    def count(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(called == operation for called, _ in self.calls)

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._client, operation)

        def call(**parameters: Any) -> Any:
            self.calls.append((operation, parameters))
            if self._denied(operation, parameters):
                raise refusal("AccessDeniedException")
            acts = self._acts[operation]
            act = acts.pop(0) if acts else passes
            return act(lambda: method(**parameters))

        return call


def refusal(code: str, *reasons: str, message: str = "no", retries: int = 0) -> aws.ClientError:
    """An error of DynamoDB, with the reasons why a transaction was cancelled."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "CancellationReasons": [{"Code": reason, "Message": message} for reason in reasons],
        "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": retries},
    }
    return aws.ClientError(response, "TransactWriteItems")


def passes(send: Send) -> dict[str, Any]:
    """Nothing is done about it."""
    return send()


def lose_request(_: Send) -> dict[str, Any]:
    """It never arrives."""
    raise aws.ReadTimeoutError(endpoint_url="x")


def lose_reply(send: Send) -> dict[str, Any]:
    """It arrives, and the reply does not."""
    send()
    raise aws.ReadTimeoutError(endpoint_url="x")


def refuse(code: str, *reasons: str, retries: int = 0, message: str = "no") -> Act:
    """DynamoDB refuses it."""

    def act(_: Send) -> dict[str, Any]:
        raise refusal(code, *reasons, retries=retries, message=message)

    return act


def cancel(*reasons: str) -> Act:
    """DynamoDB cancels a transaction."""
    return refuse("TransactionCanceledException", *reasons)


def echo(answer: Act) -> Act:
    """It arrives twice, and the answer to the second is heard."""

    def act(send: Send) -> dict[str, Any]:
        send()
        return answer(send)

    return act


def after(doing: Callable[[], object]) -> Act:
    """It passes after something else was done."""

    def act(send: Send) -> dict[str, Any]:
        doing()
        return send()

    return act


class Late:
    """Requests that are under way while their sender has given up on them."""

    def __init__(self) -> None:
        self._sends: list[Send] = []

    def keep(self, send: Send) -> dict[str, Any]:
        """It does not arrive yet."""
        self._sends.append(send)
        raise aws.ReadTimeoutError(endpoint_url="x")

    def arrive(self) -> None:
        """They arrive, whatever becomes of them."""
        while self._sends:
            # Nobody hears the answer.
            with suppress(aws.ClientError):
                self._sends.pop(0)()
