"""Opens secrets: each text once, for as long as somebody holds it."""

from __future__ import annotations

import json
import re
import threading
import weakref
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import attrs

from confstore._documents.tagged_json import values_from_json, values_to_json
from confstore._process.forks import call_after_fork
from confstore._process.log import logger
from confstore._secrets.protocols import Fetched, Keys, Opened, Place, References, SecretFault
from confstore._values.canonical import canonical_values
from confstore._values.numbers import number_from_text
from confstore._values.secret import PREFIX, Secret, kind_of
from confstore.errors import InvalidValueError, SecretError, SecretUnavailableError

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = [
    "Opener",
    "is_sealed_text",
    "open_secrets",
    "plaintext_of",
    "refetch",
    "source_of",
    "try_again",
]

_MAX_PLAINTEXT_B = 4_096
"""
Bytes of a plaintext.

Source: AWS, "Encrypt" of the KMS API reference. Other keys have the same limit, so that what a test
seals can be sealed in production.
"""


@attrs.frozen(eq=False)
class _Value:
    value: Any = attrs.field(repr=False)
    version: str | None = None
    key_id: str | None = None


class _Cell:
    """
    The source of every secret that was read with one text at one place, and what came of it.

    A fault that is not lasting is forgotten by the next `reveal`, which tries again.
    """

    __slots__ = ("__weakref__", "logged", "opener", "outcome", "place", "text")

    def __init__(self, opener: Opener, text: str, place: Place) -> None:
        self.opener = opener
        self.text = text
        self.place = place
        self.outcome: _Value | SecretFault | None = None
        # The fault that the log has.
        self.logged: str | None = None

    @property
    def version(self) -> str | None:
        outcome = self.outcome
        return outcome.version if outcome.__class__ is _Value else None

    @property
    def is_settled(self) -> bool:
        outcome = self.outcome
        return isinstance(outcome, _Value) or (outcome is not None and outcome.is_lasting)

    def reveal(self) -> Any:
        outcome = self.outcome
        if outcome.__class__ is _Value:
            return outcome.value
        return self._reveal()

    def _reveal(self) -> Any:
        self.opener.revealed.add((self.place.option, self.place.key))
        self.opener.open([self])
        outcome = self.outcome
        if isinstance(outcome, _Value):
            return outcome.value
        raise self.opener.error_of(self)


class Opener:
    """
    Opens the secrets of one store.

    A value is kept by its text and place, while a secret with this text exists. Threads that need
    the same secret at once make one call.

    Attributes:
        context: The store, as sealed texts name it.
        revealed: Option and key of every secret that a program has revealed.
    """

    def __init__(
        self,
        store: str,
        context: str,
        keys: Keys | None,
        references: Mapping[str, References],
    ) -> None:
        self._store = store
        self.context = context
        self._keys = keys
        self._references = [
            (_pattern(pattern), pattern.partition(":")[0], reader)
            for pattern, reader in references.items()
        ]
        self.revealed: set[tuple[str, str]] = set()
        self._cells: weakref.WeakValueDictionary[tuple[str, str, str], _Cell] = (
            weakref.WeakValueDictionary()
        )
        self._under_way: dict[_Cell, threading.Event] = {}
        self._lock = threading.Lock()
        self._notice_fork = call_after_fork(self._after_fork)

    def _after_fork(self) -> None:
        # A thread of the parent may have held the lock, and waits for replies in the parent only.
        self._lock = threading.Lock()
        self._under_way = {}

    # -- secrets -------------------------------------------------------------------------------

    def secret(self, option: str, key: str, text: str) -> Secret[Any]:
        """The secret that a text in the store stands for; nothing is opened yet."""
        self._notice_fork()
        name = (option, key, text)
        with self._lock:
            cell = self._cells.get(name)
            if cell is None:
                cell = _Cell(self, text, Place(self.context, option, key))
                self._cells[name] = cell
        return Secret._of(cell)

    def error_of(self, cell: _Cell) -> SecretError:
        """The error that says why a secret is not open."""
        fault = cell.outcome
        if not isinstance(fault, SecretFault):
            # Another process or thread tried, and was interrupted.
            fault = SecretFault("opening it was interrupted", is_lasting=False)
        kind = SecretError if fault.is_lasting else SecretUnavailableError
        return kind(self._store, cell.place.option, cell.place.key, fault.reason)

    # -- sealing -------------------------------------------------------------------------------

    def text_at_home(self, option: str, key: str, secret: Secret[Any]) -> str | None:
        """The text of a secret that was read at this place, or of a reference; else None."""
        source = secret._source
        if isinstance(source, _Cell) and not source.opener._is_reference(source.text):
            is_at_home = source.place == Place(self.context, option, key)
            return source.text if is_at_home else None
        return source.text

    def seal(self, option: str, key: str, secret: Secret[Any], present: object = None) -> str:
        """
        The text of a secret for a place in this store.

        Args:
            option: The option.
            key: The key.
            secret: The secret.
            present: The value of the key now; its text is kept if it stands for the same value.

        Raises:
            InvalidValueError: Its value cannot be stored, or the store has no keys.
            SecretError: Its value cannot be opened or sealed.
        """
        text = self.text_at_home(option, key, secret)
        if text is not None:
            return text
        if is_sealed_text(present) and self._stands_for(option, key, present, secret):
            return present
        if self._keys is None:
            raise InvalidValueError(option, key, "no keys seal it: open the store with secrets=")
        # The plaintext is nobody's local variable here: a traceback with locals would show it.
        answer = self._sealed(
            self._keys, plaintext_of(option, key, secret), Place(self.context, option, key)
        )
        if isinstance(answer, str):
            return f"{PREFIX}{self._keys.kind}:{answer}"
        if isinstance(answer, InvalidValueError):
            raise answer
        error = SecretError if answer.is_lasting else SecretUnavailableError
        raise error(self._store, option, key, answer.reason)

    def _stands_for(self, option: str, key: str, text: str, secret: Secret[Any]) -> bool:
        """True if a text in the store is open, and has the value of another secret."""
        present = cast("_Cell", self.secret(option, key, text)._source)
        self.open([present])
        # One that cannot be opened, or may not be by who only writes, is replaced.
        return isinstance(present.outcome, _Value) and (
            _as_json(option, key, present.outcome.value) == _as_json(option, key, secret.reveal())
        )

    def _is_reference(self, text: str) -> bool:
        kind = kind_of(text)
        return kind in {known for _, known, _ in self._references}

    @staticmethod
    def _sealed(
        keys: Keys, plaintext: bytes | InvalidValueError, place: Place
    ) -> str | SecretFault | InvalidValueError:
        if isinstance(plaintext, InvalidValueError):
            return plaintext
        try:
            return keys.seal(plaintext, place)
        except Exception as error:
            return _raised(keys, error)

    # -- opening -------------------------------------------------------------------------------

    def open(self, cells: Iterable[_Cell]) -> None:
        """Open what is not open, and has no lasting fault; the outcomes are the cells' own."""
        self._notice_fork()
        mine: list[_Cell] = []
        foreign: list[threading.Event] = []
        with self._lock:
            for cell in cells:
                if cell.is_settled or cell in mine:
                    continue
                if cell in self._under_way:
                    foreign.append(self._under_way[cell])
                else:
                    self._under_way[cell] = threading.Event()
                    mine.append(cell)
        try:
            self._open(mine)
        finally:
            with self._lock:
                done = [self._under_way.pop(cell, None) for cell in mine]
            for event in filter(None, done):
                event.set()
        for event in foreign:
            event.wait()

    def _open(self, cells: Sequence[_Cell]) -> None:
        sealed: list[_Cell] = []
        referred: list[_Cell] = []
        for cell in cells:
            kind = kind_of(cell.text)
            if self._keys is not None and kind == self._keys.kind:
                sealed.append(cell)
            elif self._is_reference(cell.text):
                referred.append(cell)
            else:
                self._settle(cell, SecretFault(_unasked(kind)))
        if sealed:
            for cell, outcome in zip(sealed, self._unsealed(sealed), strict=True):
                self._settle(cell, outcome)
        if referred:
            for cell, outcome in zip(referred, self._fetched(referred), strict=True):
                self._settle(cell, outcome)

    def _settle(self, cell: _Cell, outcome: _Value | SecretFault) -> None:
        cell.outcome = outcome
        if isinstance(outcome, SecretFault) and outcome.is_lasting:
            if cell.logged != outcome.reason:
                logger.warning("%s", self.error_of(cell))
            cell.logged = outcome.reason

    def _unsealed(self, cells: Sequence[_Cell]) -> list[_Value | SecretFault]:
        keys = cast("Keys", self._keys)
        asked = [(cell.text.partition(":")[2], cell.place) for cell in cells]
        try:
            answers = list(keys.open_many(asked))
            return [_value_of(answer) for answer, _ in zip(answers, asked, strict=True)]
        except Exception as error:
            return [_raised(keys, error)] * len(cells)

    def _fetched(self, cells: Sequence[_Cell]) -> list[_Value | SecretFault]:
        """What references refer to; each name is fetched once, with the others of its reader."""
        asked = [self._asked(cell) for cell in cells]
        names: defaultdict[int, dict[str, Fetched | SecretFault]] = defaultdict(dict)
        readers: dict[int, References] = {}
        for one in asked:
            if isinstance(one, tuple):
                reader, name, _ = one
                readers[id(reader)] = reader
                names[id(reader)][name] = SecretFault("it was not asked for")
        for identity, wanted in names.items():
            names[identity] = _fetch(readers[identity], list(wanted))
        return [
            one if isinstance(one, SecretFault) else _part_of(names[id(one[0])][one[1]], one[2])
            for one in asked
        ]

    def _asked(self, cell: _Cell) -> tuple[References, str, str] | SecretFault:
        """Who fetches a reference, the name, and the key of its JSON; a fault if none may."""
        reference = cell.text.removeprefix(PREFIX)
        name, _, key = reference.partition("#")
        for pattern, _, reader in self._references:
            if pattern.fullmatch(name):
                return reader, name.partition(":")[2], key
        return SecretFault(f"references= does not allow {name!r}: add it there, if it may be read")

    # -- a key that is replaced ----------------------------------------------------------------

    def is_sealed_by_present_key(self, secret: Secret[Any]) -> bool | None:
        """True if the key that seals now had sealed it; None if it cannot be opened."""
        cell = secret._source
        if not isinstance(cell, _Cell):
            return None
        self.open([cell])
        outcome = cell.outcome
        if not isinstance(outcome, _Value):
            return None
        return self._keys is not None and outcome.key_id == self._keys.key_id

    def refetched(self, cells: Sequence[_Cell]) -> dict[object, Secret[Any]]:
        """Fetch references again: the secrets of new versions, by the sources of the old ones."""
        renewed: dict[object, Secret[Any]] = {}
        for old, outcome in zip(cells, self._fetched(cells), strict=True):
            # The last good value stays, also while nobody answers.
            if not isinstance(outcome, _Value) or outcome.version == old.version:
                continue
            cell = _Cell(self, old.text, old.place)
            cell.outcome = outcome
            with self._lock:
                self._cells[old.place.option, old.place.key, old.text] = cell
            renewed[old] = Secret._of(cell)
        return renewed


def _value_of(answer: Opened | SecretFault) -> _Value | SecretFault:
    if isinstance(answer, SecretFault):
        return answer
    try:
        raw = json.loads(answer.plaintext, parse_float=number_from_text)
        return _Value(values_from_json({"value": raw})["value"], None, answer.key_id)
    except (ValueError, RecursionError):
        return SecretFault("what was sealed is not a value of confstore: set it again")


def _part_of(answer: Fetched | SecretFault, key: str) -> _Value | SecretFault:
    if isinstance(answer, SecretFault):
        return answer
    if not key:
        return _Value(answer.value, answer.version)
    try:
        content = json.loads(answer.value, parse_float=number_from_text)
        if not isinstance(content, dict):
            return SecretFault(f"what it refers to is not a JSON object, and has no key {key!r}")
        if key not in content:
            return SecretFault(f"what it refers to has no key {key!r}")
        # Its objects are no tags of ours: they are taken as they are.
        value = canonical_values("", {"value": content[key]})["value"]
        return _Value(value, answer.version)
    except (ValueError, RecursionError):
        return SecretFault(f"what it refers to is not JSON, or its key {key!r} holds no value")


def _fetch(reader: References, names: list[str]) -> dict[str, Fetched | SecretFault]:
    try:
        answers = list(reader.fetch_many(names))
        return dict(zip(names, answers, strict=True))
    except Exception as error:
        return dict.fromkeys(names, _raised(reader, error))


def _raised(service: object, error: Exception) -> SecretFault:
    # Only its type: the text of a foreign error may quote a plaintext.
    return SecretFault(f"{type(service).__name__} raised {type(error).__name__}", is_lasting=False)


def _unasked(kind: str | None) -> str:
    if kind is None:
        return "its text is not secret+KIND:TEXT: set it again"
    if kind in {"asm", "ssm"}:
        return f"references= does not allow {kind!r}: add it there, if it may be read"
    return f"it was sealed by keys of the kind {kind!r}: open the store with secrets={kind}:..."


def _pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of `references=`: `*` stands for any characters but `/`."""
    if kind_of(PREFIX + pattern) is None:
        raise ValueError("a pattern of references is KIND:NAMES, as in asm:prod/*")
    return re.compile("[^/]*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def plaintext_of(option: str, key: str, secret: Secret[Any]) -> bytes | InvalidValueError:
    """
    The plaintext of a secret, as tagged JSON; an error if its value cannot be stored.

    Raises:
        SecretError: It cannot be opened.
    """
    plaintext = _as_json(option, key, secret.reveal())
    if isinstance(plaintext, bytes) and len(plaintext) > _MAX_PLAINTEXT_B:
        reason = (
            f"a secret has at most {_MAX_PLAINTEXT_B:,} bytes as JSON, this one {len(plaintext):,}"
        )
        return InvalidValueError(option, key, reason)
    return plaintext


def _as_json(option: str, key: str, value: Any) -> bytes | InvalidValueError:
    try:
        canonical = canonical_values(option, {key: value})
    except InvalidValueError as error:
        return InvalidValueError(error.option, error.path, error.reason)
    tagged = values_to_json(canonical)[key]
    return json.dumps(tagged, ensure_ascii=False, separators=(",", ":")).encode()


def is_sealed_text(value: object) -> TypeGuard[str]:
    """True for a text that stands for a secret."""
    return value.__class__ is str and value.startswith(PREFIX)


# -- the secrets of a snapshot, whichever stores they are from ---------------------------------


def source_of(secret: Secret[Any]) -> _Cell | None:
    """The source of a secret that was read from a store; None for any other."""
    source = secret._source
    return source if isinstance(source, _Cell) else None


def open_secrets(secrets: Iterable[Secret[Any]]) -> None:
    """Open secrets, those of one store at once; faults are theirs, and raised by `reveal`."""
    by_opener: defaultdict[int, list[_Cell]] = defaultdict(list)
    for secret in secrets:
        cell = source_of(secret)
        if cell is not None and not cell.is_settled:
            by_opener[id(cell.opener)].append(cell)
    for cells in by_opener.values():
        cells[0].opener.open(cells)


def try_again(secrets: Iterable[Secret[Any]]) -> None:
    """Forget lasting faults: the next `reveal` asks again."""
    for secret in secrets:
        cell = source_of(secret)
        if cell is not None and isinstance(cell.outcome, SecretFault):
            cell.outcome = None


def refetch(secrets: Iterable[Secret[Any]]) -> dict[object, Secret[Any]]:
    """Fetch what open references refer to again: the secrets of new versions, by `source_of`."""
    by_opener: defaultdict[int, list[_Cell]] = defaultdict(list)
    for secret in secrets:
        cell = source_of(secret)
        if cell is not None and cell.version is not None:
            by_opener[id(cell.opener)].append(cell)
    renewed: dict[object, Secret[Any]] = {}
    for cells in by_opener.values():
        renewed |= cells[0].opener.refetched(cells)
    return renewed
