"""A value that must never be seen outside of its store."""

# ruff: noqa: S101 (a contract is made of assertions)

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["CANARY", "Canary", "assert_keeps_values"]

CANARY = "canary-8d2f71"
"""Text that the contract writes as a value; where it turns up, any other value would, too."""


class Canary:
    """Something that cannot be stored, and whose text is the canary."""

    def __repr__(self) -> str:
        return CANARY


def assert_keeps_values(error: BaseException) -> None:
    """Check that neither an error nor what a log would print of its causes shows a value."""
    for link in _chain(error):
        shown = (str(link), repr(link), repr(link.args), repr(getattr(link, "__notes__", ())))
        assert all(CANARY not in text for text in shown), (
            f"a {type(error).__name__} shows a value, by way of {type(link).__name__}"
        )


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
