"""Opens secrets: each text once, for as long as somebody holds it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from confstore._process.fork_hooks import call_after_fork
from confstore._process.log import logger
from confstore._secrets.asking import Services, seal
from confstore._secrets.plaintexts import Revealed, as_json, plaintext_of
from confstore._secrets.protocols import Keys, Place, SecretFault
from confstore._values.secret import PREFIX, Secret
from confstore.errors import InvalidValueError, SecretError, SecretUnavailableError

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = ["Cell", "Opener", "is_sealed_text"]


class Cell:
    """
    The source of every secret that was read with one text at one place, and what came of it.

    A fault that is not lasting is forgotten by the next `reveal`, which tries again.
    """

    __slots__ = ("__weakref__", "logged", "opener", "outcome", "place", "text")

    def __init__(self, opener: Opener, text: str, place: Place) -> None:
        self.opener = opener
        self.text = text
        self.place = place
        self.outcome: Revealed | SecretFault | None = None
        # The fault that the log has.
        self.logged: str | None = None

    @property
    def version(self) -> str | None:
        outcome = self.outcome
        return outcome.version if outcome.__class__ is Revealed else None

    def refusal(self, reason: str) -> SecretError:
        """The error that its value is of no use, for this reason."""
        return self.opener.refusal(self.place, reason)

    @property
    def is_open(self) -> bool:
        return isinstance(self.outcome, Revealed)

    @property
    def is_settled(self) -> bool:
        outcome = self.outcome
        return isinstance(outcome, Revealed) or (outcome is not None and outcome.is_lasting)

    def reveal(self) -> Any:
        outcome = self.outcome
        if outcome.__class__ is Revealed:
            return outcome.value
        return self._reveal()

    def _reveal(self) -> Any:
        self.opener.revealed.add((self.place.option, self.place.key))
        self.opener.open([self])
        outcome = self.outcome
        if isinstance(outcome, Revealed):
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

    def __init__(self, store: str, context: str, services: Services) -> None:
        self._store = store
        self.context = context
        self._services = services
        self.revealed: set[tuple[str, str]] = set()
        self._cells: weakref.WeakValueDictionary[tuple[str, str, str], Cell] = (
            weakref.WeakValueDictionary()
        )
        self._under_way: dict[Cell, threading.Event] = {}
        self._lock = threading.Lock()
        self._notice_fork = call_after_fork(self._after_fork)

    def _after_fork(self) -> None:
        # A thread of the parent may have held the lock, and waits for replies in the parent only.
        self._lock = threading.Lock()
        self._under_way = {}

    # -- secrets -------------------------------------------------------------------------------

    def secret(self, option: str, key: str, text: str) -> Secret[Any]:
        """The secret that a text in the store stands for; nothing is opened yet."""
        return Secret._of(self._cell(option, key, text))

    def _cell(self, option: str, key: str, text: str) -> Cell:
        self._notice_fork()
        with self._lock:
            cell = self._cells.get((option, key, text))
            if cell is None:
                cell = Cell(self, text, Place(self.context, option, key))
                self._cells[option, key, text] = cell
        return cell

    def error_of(self, cell: Cell) -> SecretError:
        """The error that says why a secret is not open."""
        fault = cell.outcome
        if not isinstance(fault, SecretFault):
            # The thread that opened it was interrupted.
            fault = SecretFault("opening it was interrupted", is_lasting=False)
        kind = SecretError if fault.is_lasting else SecretUnavailableError
        return kind(self._store, cell.place.option, cell.place.key, fault.reason)

    def refusal(self, place: Place, reason: str) -> SecretError:
        """The error about one place."""
        return SecretError(self._store, place.option, place.key, reason)

    # -- sealing -------------------------------------------------------------------------------

    def text_at_home(self, option: str, key: str, secret: Secret[Any]) -> str | None:
        """The text of a secret that was read at this place, or of a reference; else None."""
        source = secret._origin
        if isinstance(source, Cell) and not source.opener._services.is_reference(source.text):
            # Another store of this name may have other keys.
            is_at_home = source.opener is self and source.place == Place(self.context, option, key)
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
        if is_sealed_text(present) and (
            present == secret._origin.text or self._stands_for(option, key, present, secret)
        ):
            return present
        return self.seal_anew(option, key, secret)

    def seal_anew(self, option: str, key: str, secret: Secret[Any]) -> str:
        """A new text of a secret, by the key that seals now; see `seal`."""
        keys = self._services.keys
        if keys is None:
            reason = "no keys seal it: open the store with secrets="
            raise InvalidValueError(self._store, option, key, reason)
        # The plaintext is nobody's local variable here: a traceback with locals would show it.
        place = Place(self.context, option, key)
        answer = _sealed(keys, plaintext_of(option, key, secret), place)
        if isinstance(answer, str):
            return answer
        if isinstance(answer, InvalidValueError):
            raise InvalidValueError(self._store, option, answer.path, answer.reason)
        error = SecretError if answer.is_lasting else SecretUnavailableError
        raise error(self._store, option, key, answer.reason)

    def _stands_for(self, option: str, key: str, text: str, secret: Secret[Any]) -> bool:
        """True if a text in the store can be opened, and has the value of another secret."""
        present = self._cell(option, key, text)
        self.open([present])
        # One that cannot be opened, or may not be by who only writes, is replaced.
        return isinstance(present.outcome, Revealed) and (
            as_json(option, key, present.outcome.value) == as_json(option, key, secret.reveal())
        )

    # -- opening -------------------------------------------------------------------------------

    def open(self, cells: Iterable[Cell]) -> None:
        """Open what is not open, and has no lasting fault; the outcomes are the cells' own."""
        self._notice_fork()
        mine: list[Cell] = []
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
            if mine:
                answers = self._services.reveal([(cell.text, cell.place) for cell in mine])
                for cell, outcome in zip(mine, answers, strict=True):
                    self._settle(cell, outcome)
        finally:
            with self._lock:
                done = [self._under_way.pop(cell, None) for cell in mine]
            for event in filter(None, done):
                event.set()
        for event in foreign:
            event.wait()

    def _settle(self, cell: Cell, outcome: Revealed | SecretFault) -> None:
        cell.outcome = outcome
        if isinstance(outcome, SecretFault) and outcome.is_lasting:
            if cell.logged != outcome.reason:
                logger.warning("%s", self.error_of(cell))
            cell.logged = outcome.reason

    # -- what becomes of secrets ---------------------------------------------------------------

    def rewrapped(self, option: str, values: Mapping[str, str]) -> dict[str, str]:
        """The texts of an option's secrets, new ones for those that an older key had sealed."""
        keys = self._services.keys
        cells = {key: self._cell(option, key, text) for key, text in values.items()}
        self.open(cells.values())
        texts = dict(values)
        for key, cell in cells.items():
            outcome = cell.outcome
            # A reference has no key, and one that cannot be opened stays as it is.
            if not isinstance(outcome, Revealed) or outcome.key_id is None:
                continue
            if keys is not None and outcome.key_id != keys.key_id:
                texts[key] = self.seal_anew(option, key, Secret._of(cell))
        return texts

    def refetched(self, cells: Sequence[Cell]) -> tuple[dict[object, Secret[Any]], bool]:
        """
        Fetch references again; the last good value stays where that fails.

        Returns:
            The secrets of new versions, by the cells of the old ones; and False if somebody did not
            answer.
        """
        renewed: dict[object, Secret[Any]] = {}
        is_complete = True
        answers = self._services.reveal([(cell.text, cell.place) for cell in cells])
        for old, outcome in zip(cells, answers, strict=True):
            if isinstance(outcome, SecretFault):
                is_complete &= outcome.is_lasting
                self._tell_of_stale(old, outcome)
                continue
            old.logged = None
            if outcome.version == old.version:
                continue
            cell = Cell(self, old.text, old.place)
            cell.outcome = outcome
            with self._lock:
                self._cells[old.place.option, old.place.key, old.text] = cell
            renewed[old] = Secret._of(cell)
        return renewed, is_complete

    def _tell_of_stale(self, cell: Cell, fault: SecretFault) -> None:
        if cell.logged != fault.reason:
            text = (
                "store %r, option %r: the last value of the secret %r stays, not fetched again: %s"
            )
            place = cell.place
            logger.warning(text, self._store, place.option, place.key, fault.reason)
        cell.logged = fault.reason


def _sealed(
    keys: Keys, plaintext: bytes | InvalidValueError, place: Place
) -> str | SecretFault | InvalidValueError:
    return plaintext if isinstance(plaintext, InvalidValueError) else seal(keys, plaintext, place)


def is_sealed_text(value: object) -> TypeGuard[str]:
    """True for a text that stands for a secret."""
    return value.__class__ is str and value.startswith(PREFIX)
