"""Secrets that are kept by Secrets Manager and Parameter Store, fetched in batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from confstore import Fetched, SecretFault
from confstore_dynamodb._secrets.service import Service, fault_of, in_parallel

if TYPE_CHECKING:
    from typing import Self

__all__ = ["ParameterStore", "SecretsManager"]

_Answers = dict[str, "Fetched | SecretFault"]


class _Reader:
    """Fetches in batches, each of which may fail because of one name."""

    if TYPE_CHECKING:
        batch_size: int
        # botocore's name of the service, and that of messages.
        _names: tuple[str, str]

        def _batch(self, names: Sequence[str]) -> _Answers | SecretFault: ...

    def __init__(
        self,
        *,
        client: Any = None,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
    ) -> None:
        """
        Name the service of an account; nothing is asked yet.

        Args:
            client: boto3's or botocore's client of the service; None makes one.
            region: The region; None takes the environment's.
            profile: The profile of the AWS configuration; None takes the environment's.
            endpoint_url: Where it is, if not at AWS.
        """
        self._service = Service(
            *self._names, client=client, region=region, profile=profile, endpoint_url=endpoint_url
        )

    @classmethod
    def from_url(cls, _: str, parameters: Mapping[str, str]) -> Self:
        """Make one for a store's URL with `references=`, with its region and profile."""
        return cls(region=parameters.get("region"), profile=parameters.get("profile"))

    def fetch_many(self, names: Sequence[str]) -> list[Fetched | SecretFault]:
        """Fetch the present versions; see `confstore.References`."""
        batches = list(_batches(names, self.batch_size))
        answers: _Answers = {}
        for found in in_parallel(self._fetched, batches):
            answers |= found
        return [answers[name] for name in names]

    def _fetched(self, names: Sequence[str]) -> _Answers:
        answer = self._batch(names)
        if not isinstance(answer, SecretFault):
            return answer
        if answer.is_lasting and len(names) > 1:
            # One name that is refused or malformed must not take the others with it.
            answers: _Answers = {}
            for name in names:
                answers |= self._fetched([name])
            return answers
        return dict.fromkeys(names, answer)


class SecretsManager(_Reader):
    """
    Fetches secrets from Secrets Manager, `asm:NAME` or `asm:NAME#KEY`, 20 in one call.

    The role needs `secretsmanager:BatchGetSecretValue`, and `GetSecretValue` on each secret.
    """

    batch_size = 20
    """Source: AWS, "BatchGetSecretValue" of the Secrets Manager API reference."""
    _names = ("secretsmanager", "Secrets Manager")

    def _batch(self, names: Sequence[str]) -> _Answers | SecretFault:
        answers: _Answers = {}
        found: list[dict[str, Any]] = []
        parameters: dict[str, Any] = {"SecretIdList": list(names)}
        while True:
            reply = self._service.call(
                "batch_get_secret_value", "BatchGetSecretValue", **parameters
            )
            if isinstance(reply, SecretFault):
                return reply
            found += reply.get("SecretValues", ())
            for error in reply.get("Errors", ()):
                asked = "GetSecretValue of Secrets Manager"
                answers[str(error.get("SecretId"))] = fault_of(asked, str(error.get("ErrorCode")))
            if not reply.get("NextToken"):
                break
            parameters["NextToken"] = reply["NextToken"]
        for name in names:
            for secret in found:
                if _is_named(secret, name):
                    value = secret.get("SecretString", secret.get("SecretBinary", ""))
                    answers[name] = Fetched(value, str(secret.get("VersionId")))
            answers.setdefault(name, SecretFault(f"Secrets Manager has no secret {name!r}"))
        return answers


def _is_named(secret: Mapping[str, Any], name: str) -> bool:
    """True for its name, its ARN, and its ARN without the six characters at the end."""
    arn = str(secret.get("ARN"))
    return name in {secret.get("Name"), arn, arn.rpartition("-")[0]}


class ParameterStore(_Reader):
    """
    Fetches parameters from Parameter Store, `ssm:NAME`, decrypted, ten in one call.

    The role needs `ssm:GetParameters` on each parameter, and `kms:Decrypt` for a SecureString.
    """

    batch_size = 10
    """Source: AWS, "GetParameters" of the Systems Manager API reference."""
    _names = ("ssm", "Parameter Store")

    def _batch(self, names: Sequence[str]) -> _Answers | SecretFault:
        reply = self._service.call(
            "get_parameters", "GetParameters", Names=list(names), WithDecryption=True
        )
        if isinstance(reply, SecretFault):
            return reply
        answers: _Answers = {
            name: SecretFault(f"Parameter Store has no parameter {name!r}") for name in names
        }
        for parameter in reply.get("Parameters", ()):
            # One that was asked for by its ARN, or with a version, answers by its name.
            asked = {
                parameter.get("Name", "") + parameter.get("Selector", ""),
                parameter.get("ARN"),
            }
            for name in asked & answers.keys():
                answers[name] = Fetched(parameter["Value"], str(parameter["Version"]))
        return answers


def _batches(names: Sequence[str], size: int) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(itertools.islice(rest, size)):
        yield batch
