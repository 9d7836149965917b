"""
Stores that each break one promise of the `Store` protocol, and keep all others.

The docstring of each says what it does wrong. `BROKEN_STORES` holds all of them.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

import attrs

from confstore import Poll, Values
from confstore.adapter import (
    ReadOnlyDict,
    canonical_update,
    canonical_values,
    checked_option,
    freeze,
    is_same,
    poll_between,
)
from confstore.errors import (
    InvalidNameError,
    InvalidValueError,
    OptionNotFoundError,
    StoreClosedError,
)

from .reference_store import Backend, Checkpoint, ReferenceStore

Keys = Collection[str] | None

# ------------------------------------------------------------------ whose data it is


class KeepsWhatItIsGiven(ReferenceStore):
    """Stores the caller's own dict."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        if is_same(values, self.options[option]):
            self.options[option] = values


class KeepsWhatIsInsideOfWhatItIsGiven(ReferenceStore):
    """Copies the option and not what is inside of it."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        if is_same(values, self.options[option]):
            self.options[option] = dict(values)


class KeepsWhatAnUpdateIsGiven(ReferenceStore):
    """Copies on `set` and not on `update`."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        for key, value in values.items():
            if is_same(value, self.options[option][key]):
                self.options[option][key] = value


class ChangesWhatItIsGiven(ReferenceStore):
    """Uses the caller's dict for its own purposes."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        if type(values) is dict:
            values["_store"] = self.name


class GivesItsOwnOption(ReferenceStore):
    """Answers a `get` with the dict that it holds."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return self.options[option] if keys is None else values  # type: ignore[no-any-return]


class GivesItsOwnValues(ReferenceStore):
    """Answers a `get` of keys with the values that it holds."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        return {key: self.options[option][key] for key in super().get(option, keys=keys)}


class GivesItsOwnItems(ReferenceStore):
    """Streams the dicts that it holds."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        yield from dict(self.options).items()


class GivesReadOnlyValues(ReferenceStore):
    """Answers a `get` with what the caller cannot change."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        return freeze(super().get(option, keys=keys))


class GivesReadOnlyItems(ReferenceStore):
    """Streams what the caller cannot change."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        for option, values in super().items():
            yield option, freeze(values)


class RefusesReadOnlyValues(ReferenceStore):
    """Takes a plain dict and nothing that is like one."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        if isinstance(values, ReadOnlyDict):
            raise InvalidValueError(option, "", "this is no dict")
        super().set(option, values)


# ------------------------------------------------------------------ names


class _Renaming(ReferenceStore):
    """Takes some names of options for others."""

    def renamed(self, option: str) -> str:
        raise NotImplementedError

    def existing(self, option: str) -> Values:
        checked_option(option)
        try:
            return super().existing(self.renamed(option))
        except OptionNotFoundError:
            raise OptionNotFoundError(option, self.name) from None

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(self.renamed(checked_option(option)), values)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(self.renamed(checked_option(option)), values, remove=remove)

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


# ------------------------------------------------------------------ items


class StopsAfterOnePage(ReferenceStore):
    """Streams the first megabyte."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        size_b = 0
        for option, values in super().items():
            if size_b > 1_000_000:
                return
            size_b += sum(len(value) for value in values.values() if isinstance(value, str))
            yield option, values


class StopsAfterTwoPages(ReferenceStore):
    """Follows the first page, and not the second."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        size_b = 0
        for option, values in super().items():
            if size_b > 2_000_000:
                return
            size_b += sum(len(value) for value in values.values() if isinstance(value, str))
            yield option, values


class LosesTheLast(ReferenceStore):
    """Streams all options but the last of several."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        entries = list(super().items())
        yield from entries[: max(1, len(entries) - 1)]


class GivesOneTwice(ReferenceStore):
    """Streams the first option again at the end."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        entries = list(super().items())
        yield from entries + entries[: len(entries) > 2]


class CannotBeWrittenWhileItIsRead(ReferenceStore):
    """Streams from the very dict that writers change."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        for option, values in self.options.items():
            yield option, deepcopy(values)


class LosesWhatIsWrittenWhileItIsRead(ReferenceStore):
    """Streams by position, which moves when an option is removed."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        position = 0
        while position < len(self.options):
            option = list(self.options)[position]
            yield option, deepcopy(self.options[option])
            position += 1


class TakesEmptyForAbsent(ReferenceStore):
    """Takes an option without a key for none."""

    def existing(self, option: str) -> Values:
        values = super().existing(option)
        if not values:
            raise OptionNotFoundError(option, self.name)
        return values


class StreamsNoEmptyOptions(ReferenceStore):
    """Streams only options that have a key."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        yield from ((option, values) for option, values in super().items() if values)


# ------------------------------------------------------------------ values


class _Encoding(ReferenceStore):
    """Keeps some values as others."""

    def encoded(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.encoded(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.encoded(entry) for entry in value]
        return value

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.options[option] = self.encoded(self.options[option])


class DropsFalsyValues(ReferenceStore):
    """Keeps only keys whose value is true."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        stored = self.options[option].items()
        self.options[option] = {key: value for key, value in stored if value}


class DropsNone(ReferenceStore):
    """Takes None for absent."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        stored = self.options[option].items()
        self.options[option] = {key: value for key, value in stored if value is not None}


class TakesEmptyTextForNone(_Encoding):
    """Keeps empty text as None, as DynamoDB's clients did before 2020."""

    def encoded(self, value: Any) -> Any:
        return None if value == "" else super().encoded(value)


class KeepsBoolsAsNumbers(_Encoding):
    """Keeps True as 1."""

    def encoded(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else super().encoded(value)


class KeepsNumbersAsFloats(_Encoding):
    """Keeps a Decimal as the nearest float."""

    def encoded(self, value: Any) -> Any:
        return float(value) if isinstance(value, Decimal) else super().encoded(value)


class KeepsNumbersAsDecimals(_Encoding):
    """Keeps a float as a Decimal, as boto3's resource does."""

    def encoded(self, value: Any) -> Any:
        return Decimal(repr(value)) if isinstance(value, float) else super().encoded(value)


class RoundsNumbers(_Encoding):
    """Keeps 15 digits of a float."""

    def encoded(self, value: Any) -> Any:
        return float(f"{value:.15g}") if isinstance(value, float) else super().encoded(value)


class KeepsIntsAsFloats(_Encoding):
    """Keeps an int of more than 53 bits as a float, as JSON in a browser does."""

    def encoded(self, value: Any) -> Any:
        is_large = type(value) is int and abs(value) > 2**53
        return int(float(value)) if is_large else super().encoded(value)


class KeepsSetsAsLists(_Encoding):
    """Keeps a set as a list, as JSON does."""

    def encoded(self, value: Any) -> Any:
        return sorted(value) if isinstance(value, set) else super().encoded(value)


class KeepsBytesAsText(_Encoding):
    """Keeps bytes as base64 and forgets that they were bytes."""

    def encoded(self, value: Any) -> Any:
        is_bytes = isinstance(value, bytes)
        return base64.b64encode(value).decode() if is_bytes else super().encoded(value)


class TakesDictsForTags(_Encoding):
    """Takes a user's own dict for its tag of bytes."""

    def encoded(self, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return super().encoded(value)


class NormalisesText(_Encoding):
    """Keeps text in one normal form."""

    def encoded(self, value: Any) -> Any:
        is_text = isinstance(value, str)
        return unicodedata.normalize("NFC", value) if is_text else super().encoded(value)


class ChangesLineEnds(_Encoding):
    """Keeps text as a file opened in text mode does."""

    def encoded(self, value: Any) -> Any:
        is_text = isinstance(value, str)
        return value.replace("\r\n", "\n") if is_text else super().encoded(value)


class KeepsWhatIsNotCanonical(ReferenceStore):
    """Checks values and keeps them as they came: 1.0 stays a float, a Decimal a Decimal."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.options[option] = deepcopy(dict(values))


class CutsLargeValues(_Encoding):
    """Keeps 64 KiB of a text."""

    def encoded(self, value: Any) -> Any:
        return value[:65_536] if isinstance(value, str) else super().encoded(value)


# ------------------------------------------------------------------ writing


class MergesWhatIsSet(ReferenceStore):
    """Leaves keys that a `set` does not name."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, {**self.options.get(checked_option(option), {}), **values})


class SkipsEqualValues(ReferenceStore):
    """Does not write what Python finds equal to what is there."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        canonical = canonical_values(checked_option(option), values)
        if self.options.get(option) != canonical:
            super().set(option, values)


class SkipsEqualKeys(ReferenceStore):
    """Does not update keys whose value Python finds equal to what is there."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        changes, _ = canonical_update(checked_option(option), values, remove)
        before = self.options.get(option, {})
        changed = {
            key: value
            for key, value in changes.items()
            if key not in before or before[key] != value
        }
        super().update(option, changed, remove=remove)


class ReplacesWhatIsUpdated(ReferenceStore):
    """Loses keys that an `update` does not name."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        self.options[option] = canonical_values(option, values)


class RemovesNothing(ReferenceStore):
    """Forgets about the keys to remove."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        canonical_update(checked_option(option), values, remove)
        super().update(option, values)


class UpdatesOnlyWhatIsThere(ReferenceStore):
    """Refuses to update an option that is absent."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        canonical_update(checked_option(option), values, remove)
        self.existing(option)
        super().update(option, values, remove=remove)


class MakesNoOptionByRemoving(ReferenceStore):
    """Takes an update that sets nothing, of an absent option, for nothing to do."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        changes, _ = canonical_update(checked_option(option), values, remove)
        if changes or option in self.options:
            super().update(option, values, remove=remove)


class RefusesToRemoveWhatIsAbsent(ReferenceStore):
    """Takes the removal of an absent key for an error."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        _, removed = canonical_update(checked_option(option), values, remove)
        if removed - self.options.get(option, {}).keys():
            raise InvalidValueError(option, "", "there is no such key")
        super().update(option, values, remove=remove)


class UpdatesWhatItRemembers(ReferenceStore):
    """Updates an option as this handle has last written it, and so loses another's update."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.written: dict[str, Values] = {}

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        if checked_option(option) in self.options and option in self.written:
            self.options[option] = self.written[option]
        super().update(option, values, remove=remove)
        self.written[option] = dict(self.options[option])

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.written[option] = dict(self.options[option])


class DeletesWhatIsAbsent(ReferenceStore):
    """Says nothing when there is nothing to delete."""

    def delete(self, option: str) -> None:
        self.options.pop(checked_option(option), None)


class DeletesByPrefix(ReferenceStore):
    """Deletes every option whose name begins like that."""

    def delete(self, option: str) -> None:
        super().delete(option)
        for other in list(self.options):
            if other.startswith(option):
                del self.options[other]


class OnlyEmpties(ReferenceStore):
    """Empties an option that is to be deleted."""

    def delete(self, option: str) -> None:
        self.existing(option)
        self.options[option] = {}


# ------------------------------------------------------------------ reading keys


class TakesNoKeysForAll(ReferenceStore):
    """Reads every key when none is asked for."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return values if keys else super().get(option)


class MissesKeys(ReferenceStore):
    """Refuses a read of a key that the option does not have."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        if keys and not values:
            raise OptionNotFoundError(option, self.name)
        return values


class GivesNothingForAbsent(ReferenceStore):
    """Answers a read of keys of an absent option with no keys."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        try:
            return super().get(option, keys=keys)
        except OptionNotFoundError:
            if keys is None:
                raise
            return {}


class GivesNoneForMissingKeys(ReferenceStore):
    """Answers None for a key that the option does not have."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return {**dict.fromkeys(keys or ()), **values}


class TakesTextForKeys(ReferenceStore):
    """Takes a string for a collection of its letters."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        return super().get(option, keys=list(keys) if isinstance(keys, str) else keys)


class TakesAMappingForKeys(ReferenceStore):
    """Takes a mapping for a collection of its keys."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        return super().get(option, keys=list(keys) if isinstance(keys, dict) else keys)


class ShowsItsOwnAttributes(ReferenceStore):
    """Reads attributes of its item that are not the user's."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return {**values, "_store": self.name} if keys and "_store" in keys else values


class ReadsKeysAsPaths(ReferenceStore):
    """Takes a key with a dot for a path into the option."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return {key: value for key, value in values.items() if keys is None or "." not in key}


class ReadsSomeKeys(ReferenceStore):
    """Reads the first 300 keys that are asked for."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        asked = None if keys is None else list(keys)[:300]
        return {key: value for key, value in values.items() if asked is None or key in asked}


class KnowsOnlyConsistentReads(ReferenceStore):
    """Has no parameter `consistent`."""

    def get(self, option: str, *, keys: Keys = None) -> Values:  # type: ignore[override]
        return super().get(option, keys=keys)


# ------------------------------------------------------------------ polling


class _ForgetsToPoll(ReferenceStore):
    """Polls as it should, and then leaves something out."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        raise NotImplementedError

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        if answer.is_full:
            return answer
        assert isinstance(checkpoint, Checkpoint)
        return self.left_out(checkpoint.state, answer)


class MissesRemovals(_ForgetsToPoll):
    """Says nothing of options that are gone."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        return attrs.evolve(answer, removed=frozenset())


class MissesNewOptions(_ForgetsToPoll):
    """Looks only at options that it has seen before."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        known = {option: values for option, values in answer.changed.items() if option in old}
        return attrs.evolve(answer, changed=known)


class MissesChangesInside(_ForgetsToPoll):
    """Looks only at the keys of an option."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        changed = {
            option: values
            for option, values in answer.changed.items()
            if option not in old or old[option].keys() != values.keys()
        }
        return attrs.evolve(answer, changed=changed)


class PollsByEquality(_ForgetsToPoll):
    """Finds unchanged what Python finds equal."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        changed = {
            option: values
            for option, values in answer.changed.items()
            if option not in old or old[option] != values
        }
        return attrs.evolve(answer, changed=changed)


class SaysRemovedAndChanged(_ForgetsToPoll):
    """Calls an option with new values removed and changed."""

    def left_out(self, old: dict[str, ReadOnlyDict], answer: Poll) -> Poll:
        return attrs.evolve(answer, removed=answer.removed | (answer.changed.keys() & old.keys()))


class PollsInFull(ReferenceStore):
    """Answers every poll in full."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        return super().poll(None, consistent=consistent)


class MissesWhatWasMadeAgain(ReferenceStore):
    """Counts options, and so misses one that was removed and made again."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        if answer.is_full:
            return answer
        assert isinstance(checkpoint, Checkpoint)
        is_of_old_size = len(checkpoint.state) == len(self.options)
        return Poll(answer.checkpoint, {}) if is_of_old_size else answer


class TrustsAnyCheckpoint(ReferenceStore):
    """Takes another store's checkpoint for its own."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        if isinstance(checkpoint, Checkpoint):
            checkpoint = attrs.evolve(checkpoint, store=self.name)
        return super().poll(checkpoint, consistent=consistent)


class RefusesStrangeCheckpoints(ReferenceStore):
    """Takes what is not its checkpoint for a mistake of the caller."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
            raise TypeError("this is no checkpoint")
        return super().poll(checkpoint, consistent=consistent)


class KnowsOnlyTheLastCheckpoint(ReferenceStore):
    """Compares with its own last answer, whatever checkpoint it is given."""

    last: dict[str, ReadOnlyDict] | None = None

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        assert isinstance(answer.checkpoint, Checkpoint)
        old, self.last = self.last, answer.checkpoint.state
        return answer if answer.is_full else poll_between(answer.checkpoint, old, self.last)


class SaysFullTooOften(ReferenceStore):
    """Counts calls of `set`, refused ones too, and answers in full when there was one."""

    calls = 0

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        self.calls += 1
        super().set(option, values)

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        calls, self.calls = self.calls, 0
        return super().poll(None if calls else checkpoint, consistent=consistent)


class PollsPlainValues(ReferenceStore):
    """Says what is new in plain dicts."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        changed = {option: deepcopy(self.options[option]) for option in answer.changed}
        return attrs.evolve(answer, changed=changed)


class PollsPlainValuesInside(ReferenceStore):
    """Says what is new in dicts that only look read-only."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        changed = {
            option: ReadOnlyDict(deepcopy(self.options[option])) for option in answer.changed
        }
        return attrs.evolve(answer, changed=changed)


class PollsItsOwnState(ReferenceStore):
    """Gives a state of its own away, and goes on changing it."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.state: dict[str, ReadOnlyDict] = {}

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        answer = super().poll(checkpoint, consistent=consistent)
        if not answer.is_full:
            return answer
        self.state.clear()
        self.state.update((option, freeze(self.options[option])) for option in answer.changed)
        return attrs.evolve(answer, changed=self.state)


# ------------------------------------------------------------------ refusing


class WritesBeforeItChecks(ReferenceStore):
    """Writes the good keys of an invalid option, then refuses it."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError:
            if isinstance(values, dict) and "canary" in values:
                self.options[option] = {"canary": values["canary"]}
            raise


class RemovesBeforeItChecks(ReferenceStore):
    """Removes what is to be replaced, then refuses the new values."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        self.options.pop(checked_option(option), None)
        super().set(option, values)


class UpdatesBeforeItChecks(ReferenceStore):
    """Removes keys, then refuses the new values."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        if checked_option(option) in self.options:
            super().update(option, {}, remove=remove)
        super().update(option, values, remove=remove)


class ShowsValuesInErrors(ReferenceStore):
    """Quotes what it refuses."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError as error:
            raise InvalidValueError(error.option, error.path, f"in {values!r:.200}") from None


class ShowsValuesInCauses(ReferenceStore):
    """Refuses because of an error that quotes the values."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError as error:
            raise error from ValueError(values)


class ShowsStoredValuesInErrors(ReferenceStore):
    """Quotes what is stored when it refuses a contradiction."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        try:
            super().update(option, values, remove=remove)
        except TypeError as error:
            raise TypeError(f"{error}: {self.options[option]}") from None


class _Lenient(ReferenceStore):
    """Accepts some values that it should refuse."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        raise NotImplementedError

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError as error:
            if not self.is_accepted(error):
                raise
            self.options[option] = values


class AcceptsLongKeys(_Lenient):
    """Knows no limit of a key."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "longer than" in error.reason


class AcceptsReservedKeys(_Lenient):
    """Knows no reserved keys."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "reserved" in error.reason


class AcceptsDeepValues(_Lenient):
    """Knows no limit of nesting."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "nested" in error.reason


class AcceptsManyDigits(_Lenient):
    """Knows no limit of digits."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "digits" in error.reason


class AcceptsNaN(_Lenient):
    """Takes NaN for a number."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "NaN" in error.reason


class AcceptsLargeOptions(_Lenient):
    """Knows no limit of an option."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "bytes by" in error.reason


class LetsUpdatesOutgrow(ReferenceStore):
    """Checks the size of what an update sets, and not of what comes out."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        try:
            super().update(option, values, remove=remove)
        except InvalidValueError:
            changes, removed = canonical_update(option, values, remove)
            merged = {**self.options.get(option, {}), **changes}
            self.options[option] = {
                key: value for key, value in merged.items() if key not in removed
            }


class AcceptsContradictions(ReferenceStore):
    """Sets a key that is to be set and removed."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        try:
            super().update(option, values, remove=remove)
        except InvalidValueError as error:
            if "both" not in error.reason:
                raise
            super().update(option, values)


class RemovesText(ReferenceStore):
    """Takes a string for a collection of keys to remove."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        removed = list(remove) if isinstance(remove, str) else remove
        super().update(option, values, remove=removed)


class FindsNoOptionOfAnInvalidName(ReferenceStore):
    """Takes an option that cannot be for one that is absent."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        try:
            return super().get(option, keys=keys)
        except InvalidNameError:
            raise OptionNotFoundError(option, self.name) from None


class AcceptsLongNames(ReferenceStore):
    """Knows no limit of a name."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidNameError as error:
            if "bytes of UTF-8" not in error.reason or not option:
                raise
            self.options[option] = canonical_values(option, values)


class RaisesKeyError(ReferenceStore):
    """Leaves a failure to Python."""

    def existing(self, option: str) -> Values:
        return self.options[checked_option(option)]  # type: ignore[no-any-return]


class NamesTheWrongStore(ReferenceStore):
    """Puts the arguments of an error in the wrong order."""

    def existing(self, option: str) -> Values:
        try:
            return super().existing(option)
        except OptionNotFoundError:
            raise OptionNotFoundError(self.name, option) from None


class NamesNoPath(ReferenceStore):
    """Does not say where in an option the value is that it refuses."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError as error:
            raise InvalidValueError(option, "", error.reason) from None


# ------------------------------------------------------------------ handles and neighbours


class SharesOneStore(ReferenceStore):
    """Keeps the options of every store in one place."""

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        return self.backend.setdefault("", {})


class FoldsCaseOfStores(ReferenceStore):
    """Takes the store `Prod` for `prod`."""

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        return self.backend.setdefault(self.name.casefold(), {})


class ReadsStoresByPrefix(ReferenceStore):
    """Streams the options of every store whose name begins like its own."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        own = deepcopy(self.options)
        for name, options in self.backend.items():
            if name.startswith(self.name):
                own = {**deepcopy(options), **own}
        yield from own.items()


class JoinsNames(ReferenceStore):
    """Takes store and option for one name."""

    def joined(self, option: str) -> dict[str, Any]:
        return self.backend.setdefault(f"{self.name}:{option}", {})

    def existing(self, option: str) -> Values:
        super().existing(option)
        return self.joined(option).get("values", {})  # type: ignore[no-any-return]

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.joined(option)["values"] = self.options[option]

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        self.joined(option)["values"] = self.options[option]


class RemembersWhatItHasRead(ReferenceStore):
    """Reads an option once, and never sees what another handle writes."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.read: dict[str, Values] = {}

    def existing(self, option: str) -> Values:
        if checked_option(option) not in self.read:
            self.read[option] = super().existing(option)
        return super().existing(option) and self.read[option]

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.read.pop(option, None)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        self.read.pop(option, None)

    def delete(self, option: str) -> None:
        super().delete(option)
        self.read.pop(option, None)


class WritesWhenItIsClosed(ReferenceStore):
    """Keeps the last option that it wrote back until it is closed."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.kept: dict[str, Any] = {}

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        if not self.kept:
            self.kept = deepcopy(self.backend.get(self.name, {}))
        return self.kept

    def close(self) -> None:
        if not self.is_closed:
            self.backend[self.name] = self.options
        super().close()


class ForgetsWhenItIsClosed(ReferenceStore):
    """Loses everything when it is closed, and calls itself durable."""

    def close(self) -> None:
        super().close()
        self.backend.pop(self.name, None)


class ForgetsHalfWhenItIsOpened(ReferenceStore):
    """Loses an option when it is opened again."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        if self.options:
            self.options.popitem()


class AnswersWhenItIsClosed(ReferenceStore):
    """Goes on reading after it was closed."""

    @property
    def options(self) -> dict[str, Any]:
        return self.backend.setdefault(self.name, {})


class WritesAfterItIsClosed(ReferenceStore):
    """Goes on writing after it was closed."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        canonical = canonical_values(checked_option(option), values)
        self.backend.setdefault(self.name, {})[option] = canonical


class PollsAfterItIsClosed(ReferenceStore):
    """Goes on polling after it was closed."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        if self.is_closed:
            return Poll(checkpoint, {})
        return super().poll(checkpoint, consistent=consistent)


class StreamsNothingWhenItIsClosed(ReferenceStore):
    """Streams no options after it was closed, as if there were none."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        if not self.is_closed:
            yield from super().items()


class ClosesOnce(ReferenceStore):
    """Refuses to be closed again."""

    def close(self) -> None:
        if self.is_closed:
            raise StoreClosedError(self.name)
        super().close()


class ClosesEveryHandle(ReferenceStore):
    """Closes all handles of a store with the first."""

    @property
    def options(self) -> dict[str, Any]:
        if self.is_closed or self.name in self.backend.get("closed", {}):
            raise StoreClosedError(self.name)
        return self.backend.setdefault(self.name, {})

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.backend.get("closed", {}).pop(name, None)

    def close(self) -> None:
        super().close()
        self.backend.setdefault("closed", {})[self.name] = True


BROKEN_STORES = sorted(
    (
        value
        for name, value in globals().items()
        if isinstance(value, type)
        and issubclass(value, ReferenceStore)
        and value is not ReferenceStore
        and not name.startswith("_")
    ),
    key=lambda store: store.__name__,
)
"""Every store of this module: each breaks one promise."""
