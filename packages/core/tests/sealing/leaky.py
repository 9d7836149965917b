"""Stores that seal, and each leak a plaintext in one way; the docstring says how."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any

from confstore import LocalKeys, Poll, SealedStore, Secret
from confstore.errors import ConfigStoreError, SecretError
from confstore_memory import MemoryStore

log = logging.getLogger("leaky")


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without their masks."""
    return {
        key: value.reveal() if isinstance(value, Secret) else value for key, value in values.items()
    }


class LeakyStore(SealedStore):
    """Leaks nothing yet."""

    def __init__(self, *_: Any) -> None:
        super().__init__(self.backend(), LocalKeys.generate())

    def __new__(cls, *_: Any) -> Any:
        return SealedStore.__new__(cls, MemoryStore())

    @staticmethod
    def backend() -> MemoryStore:
        return MemoryStore("prod")


class LogsWhatIsWritten(LeakyStore):
    """A line for who debugs."""

    def set(self, option: str, values: Any) -> None:
        log.debug("set %s to %s", option, plain(values))
        super().set(option, values)


class LogsAnErrorWithItsTraceback(LeakyStore):
    """`log.exception` prints the text of the error."""

    def update(self, option: str, values: Any, **others: Any) -> None:
        try:
            raise ValueError(plain(values))
        except ValueError:
            log.debug("odd", exc_info=True)
        super().update(option, values, **others)


class LogsATracebackOfPlaintexts(LeakyStore):
    """A traceback with a local variable, which some handlers print."""

    def update(self, option: str, values: Any, **others: Any) -> None:
        opened = plain(values)
        try:
            raise ValueError(len(opened))
        except ValueError:
            log.debug("odd", exc_info=True)
        super().update(option, values, **others)


class ShowsItselfWithValues(LeakyStore):
    """A repr that is meant to help."""

    last: object = None

    def set(self, option: str, values: Any) -> None:
        super().set(option, values)
        self.last = plain(values)

    def __repr__(self) -> str:
        return f"<store {self.last}>"


class GivesPlaintexts(LeakyStore):
    """`get` opens."""

    def get(self, *arguments: Any, **others: Any) -> Any:
        return plain(super().get(*arguments, **others))


class StreamsPlaintexts(LeakyStore):
    """`items` opens."""

    def items(self, **others: Any) -> Any:
        return ((option, plain(values)) for option, values in super().items(**others))


class _OwnSecret(Secret[Any]):
    """A secret of one's own."""


class _GivesOwnSecrets(LeakyStore):
    """Gives secrets of a class of its own."""

    own: type[Secret[Any]] = _OwnSecret

    def get(self, *arguments: Any, **others: Any) -> Any:
        values: dict[str, Any] = super().get(*arguments, **others)
        return {
            key: self.own(value.reveal()) if isinstance(value, Secret) else value
            for key, value in values.items()
        }


class GivesSecretsWithARepr(_GivesOwnSecrets):
    """A secret whose repr shows it."""

    class own(Secret[Any]):  # noqa: N801 (an attribute)
        def __repr__(self) -> str:
            return f"Secret({self.reveal()})"


class GivesSecretsWithAFormat(_GivesOwnSecrets):
    """A secret that an f-string shows."""

    class own(Secret[Any]):  # noqa: N801 (an attribute)
        def __format__(self, specification: str) -> str:
            return format(str(self.reveal()), specification)


class GivesSecretsThatPickle(_GivesOwnSecrets):
    """A secret that goes into a cache."""

    class own(Secret[Any]):  # noqa: N801 (an attribute)
        def __reduce_ex__(self, protocol: Any) -> Any:
            return Secret, (self.reveal(),)


class GivesMaskedTexts(LeakyStore):
    """A text that looks masked, and goes into JSON as it is."""

    class Masked(str):
        __slots__ = ()

        def __repr__(self) -> str:
            return "Secret('***')"

    def get(self, *arguments: Any, **others: Any) -> Any:
        values = plain(super().get(*arguments, **others))
        return {key: self.Masked(value) for key, value in values.items()}


class GivesSecretsThatAreCopied(_GivesOwnSecrets):
    """A secret of which a deep copy is another object."""

    class own(Secret[Any]):  # noqa: N801 (an attribute)
        def __deepcopy__(self, memo: object) -> Any:
            return Secret(self.reveal())


class WritesPlaintexts(LeakyStore):
    """An update that does not seal."""

    def update(self, option: str, values: Any, **others: Any) -> None:
        super().update(option, values, **others)
        self.beneath.update(f"{option} as plain text", plain(values))


class WritesBase64(LeakyStore):
    """Takes base64 for encryption."""

    def set(self, option: str, values: Any) -> None:
        super().set(option, values)
        content = json.dumps({key: str(value) for key, value in plain(values).items()})
        self.beneath.update("backup", {"all": base64.b64encode(content.encode()).decode()})


class QuotesWhatItRefuses(LeakyStore):
    """An error with the value."""

    def set(self, option: str, values: Any) -> None:
        try:
            super().set(option, values)
        except ConfigStoreError as error:
            raise ConfigStoreError(f"{error}: {plain(values)}") from None


class RefusesBecauseOfAnErrorThatQuotes(LeakyStore):
    """A cause with the value."""

    def set(self, option: str, values: Any) -> None:
        try:
            super().set(option, values)
        except ConfigStoreError as error:
            raise error from ValueError(plain(values))


class HidesAnErrorThatQuotes(LeakyStore):
    """A context with the value, suppressed and still there."""

    def update(self, option: str, values: Any, **others: Any) -> None:
        try:
            super().update(option, values, **others)
        except ConfigStoreError as error:
            try:
                raise ValueError(plain(values))
            except ValueError:
                raise error from None


class RaisesWhileItHoldsPlaintexts(LeakyStore):
    """A local variable, which a traceback with locals prints."""

    def set(self, option: str, values: Any) -> None:
        opened = plain(values) if isinstance(values, dict) else values
        super().set(option, values)
        del opened


class PutsValuesIntoArguments(LeakyStore):
    """An attribute of an error, which its text does not show."""

    def update(self, option: str, values: Any, **others: Any) -> None:
        try:
            super().update(option, values, **others)
        except SecretError:
            raise
        except ConfigStoreError as error:
            raised = ConfigStoreError("refused")
            raised.values = list(plain(values).values())  # type: ignore[attr-defined]  # the leak
            raised.__suppress_context__ = True
            raise raised from error


class PollsPlaintexts(LeakyStore):
    """A poll that opens."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        poll: Poll = super().poll(checkpoint, consistent=consistent)  # type: ignore[misc]  # of memory
        changed = {option: plain(values) for option, values in poll.changed.items()}
        return Poll(poll.checkpoint, changed, poll.removed, poll.is_full)


class CommitsPlaintexts(LeakyStore):
    """A comment that says what was changed."""

    def commit(self, changes: Any, **others: Any) -> Any:
        changes = list(changes)
        comment = str([plain(change.values or {}) for change in changes])
        return super().commit(changes, **{**others, "comment": comment[:500]})  # type: ignore[misc]  # of memory


LEAKY_STORES = [
    value
    for name, value in list(globals().items())
    if isinstance(value, type)
    and issubclass(value, LeakyStore)
    and value is not LeakyStore
    and not name.startswith("_")
]
