"""An option that can be named and not read."""

from __future__ import annotations

from typing import Any, NoReturn

from confstore._values.read_only import ReadOnlyDict

__all__ = ["FaultyOption"]


class FaultyOption(ReadOnlyDict):
    """
    Stands for the values of an option that nobody can know; every look at them raises the reason.

    So one faulty option fails nobody who does not read it.

    Attributes:
        fault: The error that a look raises.
    """

    fault: Exception

    def __new__(cls, fault: Exception) -> FaultyOption:
        self: FaultyOption = dict.__new__(cls)
        # The json module takes an empty dict for one without asking it.
        dict.__setitem__(self, "", None)
        self.fault = fault
        return self

    def _raise(self, *_: Any, **__: Any) -> NoReturn:
        raise self.fault.with_traceback(None)

    __getitem__ = __contains__ = __iter__ = __len__ = __eq__ = __ne__ = _raise
    __or__ = __ror__ = __reversed__ = __copy__ = __deepcopy__ = __reduce_ex__ = _raise
    get = keys = values = items = copy = _raise
    __hash__ = None  # type: ignore[assignment]  # as that of a dict

    def __repr__(self) -> str:
        return "<an option with a fault>"
