"""A store whose secrets are sealed, over any other store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from confstore._process.closing import ClosesOnExit
from confstore._secrets.abilities import class_for
from confstore._secrets.asking import Services
from confstore._secrets.opening import Opener, is_sealed_text
from confstore._secrets.protocols import Keys, References
from confstore._stores.given import check_methods, checked_object, described
from confstore._stores.protocols import (
    ContextStore,
    Store,
    ability,
)
from confstore._values.canonical import canonical_values
from confstore._values.keys import checked_keys, select
from confstore._values.names import checked_option
from confstore._values.read_only import freeze, is_same
from confstore._values.secret import MASK, PREFIX, Secret
from confstore._values.types import Values
from confstore.errors import (
    AccessDeniedError,
    InvalidValueError,
    OptionNotFoundError,
)

__all__ = ["SealedStore"]


class SealedStore(ClosesOnExit):
    """
    A store that takes and gives `Secret` values; in the store beneath they are sealed texts.

    What is read is opened when it is revealed. Nothing is opened or followed that the arguments do
    not allow: a secret of another kind shows its mask, and its `reveal` says what is missing.

    It polls, applies many changes and keeps a journal where the store beneath does. Its journal
    holds sealed texts, and so do `history`, `state_at` and the plans of a rollback.

    Attributes:
        beneath: The store beneath, which holds the texts.
        context: The store's name in sealed texts.
    """

    beneath: Store
    context: str

    if TYPE_CHECKING:
        _opener: Opener
    else:

        def __new__(cls, store, *_, **__):
            # A class with the abilities of the store: `ability` looks for methods.
            return object.__new__(class_for(cls, checked_object(store)))

    def __init__(
        self,
        store: Store,
        keys: Keys | None = None,
        *,
        references: Mapping[str, References] | None = None,
        context: str | None = None,
    ) -> None:
        """
        Seal the secrets of a store.

        Args:
            store: The store beneath; it is closed with this one.
            keys: Seals and opens: `LocalKeys`, `confstore_dynamodb.KMSKeys`, or your own; None
                seals and opens nothing.
            references: Which references are followed, and by whom, such as `{"asm:prod/*":
                SecretsManager()}`; `*` stands for any characters but `/`.
            context: The store's name in sealed texts; None takes the store's own, `TABLE/STORE` in
                DynamoDB. After a restore or a rename, give the old one.

        Raises:
            TypeError: The store is sealed already, or is no store; or the keys or references are
                no such objects.
            ValueError: A pattern of references has another form than `KIND:NAMES`.
        """
        if isinstance(store, SealedStore):
            message = "this store is a SealedStore already"
            raise TypeError(message)
        if keys is not None:
            check_methods("keys are LocalKeys, KMSKeys or an object", keys, "seal", "open_many")
        _check_references(references)
        if not (context is None or isinstance(context, str)):
            raise TypeError(f"context is the name of a store, a str, not {described(context)}")
        self.beneath = store
        if context is None:
            named = ability(store, ContextStore)
            context = store.name if named is None else named.secrets_context()
        self.context = context
        self._opener = Opener(store.name, context, Services(keys, references or {}))

    @property
    def name(self) -> str:
        """The store's name."""
        return self.beneath.name

    # -- reading -------------------------------------------------------------------------------

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """One option, or those of the given keys that it has."""
        return self._shown(option, self.beneath.get(option, keys=keys, consistent=consistent))

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        """Every option, streamed in the backend's order; an incomplete answer raises."""
        items = self.beneath.items(consistent=consistent)
        return ((option, self._shown(option, values)) for option, values in items)

    def _shown(self, option: str, values: Values) -> Values:
        """Replace texts by secrets, in place."""
        for key, value in values.items():
            if value.__class__ is str and value.startswith(PREFIX):
                values[key] = self._opener.secret(option, key, value)
        return values

    def unsealed(self, option: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        An option's values with secrets for texts, read-only; nothing is opened.

        Args:
            option: The option.
            values: Its values, as the store beneath holds them.
        """
        if not any(map(is_sealed_text, values.values())):
            return values
        return freeze(self._shown(option, dict(values)))

    def rewrapped(self, option: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """
        An option's values with new texts for those that an older key had sealed.

        A secret that cannot be opened keeps its text.

        Args:
            option: The option.
            values: Its values, as the store beneath holds them.

        Raises:
            SecretError: A secret cannot be sealed.
        """
        texts = {key: value for key, value in values.items() if is_sealed_text(value)}
        return {**values, **self._opener.rewrapped(option, texts)}

    # -- writing -------------------------------------------------------------------------------

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        """
        Replace the whole option; an equal one with equal secrets is not written again.

        Raises:
            InvalidValueError: A value is outside the domain, or a text that only a secret may have;
                nothing is written.
            SecretError: A secret cannot be sealed; nothing is written.
        """
        present = self._present(option, values)
        sealed = self.sealed(option, values, present)
        if present is not None and is_same(
            present, canonical_values(option, sealed, store=self.name)
        ):
            return
        self.beneath.set(option, sealed)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        """
        Change the named keys and leave the others; create the option if it is absent.

        Raises:
            InvalidValueError: See `set`.
            SecretError: A secret cannot be sealed; nothing is written.
        """
        present = self._present(option, values)
        sealed = self.sealed(option, values, present)
        if present is not None and not remove:
            held = select(present, checked_keys(list(values)))
            if is_same(held, canonical_values(option, sealed, store=self.name)):
                return
        self.beneath.update(option, sealed, remove=remove)

    def delete(self, option: str) -> None:
        """Remove the option."""
        self.beneath.delete(option)

    def sealed(
        self,
        option: str,
        values: Mapping[str, Any],
        present: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """
        An option's values as the store beneath holds them, with texts for secrets.

        Args:
            option: The option.
            values: Its values.
            present: What it holds now, as the store beneath gives it: an equal secret keeps its
                text.

        Raises:
            InvalidValueError: A text is one that only a secret may have.
            SecretError: A secret cannot be sealed.
        """
        if not _is_by_text(values):
            # The store beneath refuses it.
            return values
        sealed: dict[str, Any] = {}
        for key, value in values.items():
            if isinstance(value, Secret):
                sealed[key] = self._opener.seal(option, key, value, (present or {}).get(key))
            else:
                _check_text(self.name, option, key, value)
                sealed[key] = value
        return sealed

    def _present(self, option: str, values: Mapping[str, Any]) -> Values | None:
        """Read the option beneath, as it is now, if new secrets are to be compared with it."""
        if not _is_by_text(values):
            return None
        if not any(
            isinstance(value, Secret) and self._opener.text_at_home(option, key, value) is None
            for key, value in values.items()
        ):
            return None
        checked_option(option, store=self.name)
        try:
            return self.beneath.get(option)
        # A role may be allowed to write only.
        except (AccessDeniedError, OptionNotFoundError):
            return None

    # -- its life ------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the store beneath; the second call does nothing."""
        self.beneath.close()

    def __repr__(self) -> str:
        return f"<SealedStore over {self.beneath!r}>"


def _check_references(given: object) -> None:
    if given is None:
        return
    if not isinstance(given, Mapping):
        message = (
            "references are a dict such as {'asm:prod/*': SecretsManager()}, not "
            f"{described(given)}"
        )
        raise TypeError(message)
    for reader in given.values():
        what = "references are followed by SecretsManager, ParameterStore or an object"
        check_methods(what, reader, "fetch_many")


def _is_by_text(values: object) -> bool:
    return isinstance(values, Mapping) and all(isinstance(key, str) for key in values)


def _check_text(store: str, option: str, key: str, text: object) -> None:
    if not isinstance(text, str):
        return
    if text.startswith(PREFIX):
        reason = (
            f"a plain text cannot begin with {PREFIX!r}, which stands for a secret: give a Secret, "
            "or Secret.reference(...)"
        )
        raise InvalidValueError(store, option, key, reason)
    if text == MASK:
        reason = f"{MASK!r} is how a Secret shows itself: give the Secret, or leave the key out"
        raise InvalidValueError(store, option, key, reason)
