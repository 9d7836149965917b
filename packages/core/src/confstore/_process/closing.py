"""Objects that a `with` block closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ClosesOnExit"]


class ClosesOnExit:
    """Base of a class with a method `close`, which a `with` block calls at its end."""

    __slots__ = ()

    def close(self) -> None:
        """Release what this object holds; the second call does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
