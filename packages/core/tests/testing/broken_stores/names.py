"""Stores that take one name for another."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from confstore import Values
from confstore.adapter import checked_option
from confstore.errors import (
    OptionNotFoundError,
)

from ..reference_store import ReferenceStore

Keys = Collection[str] | None


class _Renaming(ReferenceStore):
    """Takes some names of options for others."""

    def renamed(self, option: str) -> str:
        raise NotImplementedError

    def existing(self, option: str) -> Values:
        checked_option(option, store=self.name)
        try:
            return super().existing(self.renamed(option))
        except OptionNotFoundError:
            raise OptionNotFoundError(self.name, option) from None

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(self.renamed(checked_option(option, store=self.name)), values)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(self.renamed(checked_option(option, store=self.name)), values, remove=remove)

    def delete(self, option: str) -> None:
        self.existing(option)
        super().delete(self.renamed(option))


class FoldsCase(_Renaming):
    """Takes `Db` for `db`."""

    def renamed(self, option: str) -> str:
        return option.lower()


class NormalisesNames(_Renaming):
    """Takes two forms of one letter for one name."""

    def renamed(self, option: str) -> str:
        return unicodedata.normalize("NFC", option)


class StripsNames(_Renaming):
    """Takes the blanks around a name for nothing."""

    def renamed(self, option: str) -> str:
        return option.strip() or option


class CutsNamesAtNUL(_Renaming):
    """Takes a name for a string of C."""

    def renamed(self, option: str) -> str:
        return option.partition("\0")[0] or option


class CutsLongNames(_Renaming):
    """Takes a name for a file's, which has at most 255 bytes."""

    def renamed(self, option: str) -> str:
        return option[:255]


class ReplacesSlashes(_Renaming):
    """Takes a name for a file's, which has no slash."""

    def renamed(self, option: str) -> str:
        return option.replace("/", "_")


class _RenamingKeys(ReferenceStore):
    """Takes some keys for others."""

    def renamed(self, key: str) -> str:
        raise NotImplementedError

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        stored = self.options[option].items()
        self.options[option] = {self.renamed(key): value for key, value in stored}


class FoldsCaseOfKeys(_RenamingKeys):
    """Takes the key `Host` for `host`."""

    def renamed(self, key: str) -> str:
        return key.lower()


class CutsKeysAtDots(_RenamingKeys):
    """Takes a key for a path."""

    def renamed(self, key: str) -> str:
        return key.partition(".")[0] or key
