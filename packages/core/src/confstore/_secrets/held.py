"""The secrets that a snapshot holds, whichever stores they were read from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from confstore._secrets.opening import Cell
from confstore._secrets.protocols import SecretFault
from confstore._stores.given import described
from confstore._values.secret import Secret

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = [
    "check_available",
    "is_open",
    "open_secrets",
    "refetch",
    "source_of",
    "texts_of",
    "try_again",
    "was_revealed",
]


def source_of(secret: Secret[Any]) -> Cell | None:
    """The source of a secret that was read from a store; None for any other."""
    if not isinstance(secret, Secret):
        raise TypeError(f"a Secret belongs here, not {described(secret)}")
    source = secret._origin
    return source if isinstance(source, Cell) else None


def _by_store(secrets: Iterable[Secret[Any]]) -> Iterable[list[Cell]]:
    cells: defaultdict[int, list[Cell]] = defaultdict(list)
    for secret in secrets:
        cell = source_of(secret)
        if cell is not None:
            cells[id(cell.opener)].append(cell)
    return cells.values()


def open_secrets(secrets: Iterable[Secret[Any]]) -> None:
    """
    Open secrets, those of one store at once; faults are theirs, and raised by `reveal`.

    Raises:
        TypeError: They are no secrets.
    """
    if not isinstance(secrets, Iterable):
        raise TypeError(f"open_secrets takes an iterable of secrets, not {described(secrets)}")
    for cells in _by_store(secrets):
        cells[0].opener.open(cells)


def try_again(secrets: Iterable[Secret[Any]]) -> None:
    """Forget lasting faults: the next `reveal` asks again."""
    for cells in _by_store(secrets):
        for cell in cells:
            if isinstance(cell.outcome, SecretFault):
                cell.outcome = None


def was_revealed(secret: Secret[Any]) -> bool:
    """True if a program has revealed a secret of this place, with this text or another one."""
    cell = source_of(secret)
    return cell is not None and (cell.place.option, cell.place.key) in cell.opener.revealed


def is_open(value: object) -> TypeGuard[Secret[Any]]:
    """True for a secret whose value is at hand."""
    return isinstance(value, Secret) and value._origin.is_open


def check_available(secret: Secret[Any]) -> None:
    """
    Check that a secret is open, or cannot be opened for a lasting reason.

    Raises:
        SecretUnavailableError: It is neither.
    """
    cell = source_of(secret)
    if cell is not None and not cell.is_settled:
        raise cell.opener.error_of(cell)


def refetch(secrets: Iterable[Secret[Any]]) -> tuple[dict[object, Secret[Any]], bool]:
    """
    Fetch what open references refer to again.

    Returns:
        The secrets of new versions, by the `source_of` the old ones; and False if somebody did not
        answer, so that old ones stay and it is to be tried again soon.
    """
    renewed: dict[object, Secret[Any]] = {}
    is_complete = True
    for cells in _by_store(secrets):
        open_references = [cell for cell in cells if cell.version is not None]
        found, has_answers = cells[0].opener.refetched(open_references)
        renewed |= found
        is_complete &= has_answers
    return renewed, is_complete


def texts_of(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Values with the texts of their secrets, as a store holds them; nothing is opened."""
    return {
        key: value._origin.text if isinstance(value, Secret) else value
        for key, value in values.items()
    }
