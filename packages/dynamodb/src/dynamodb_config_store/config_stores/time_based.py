"""The strategy that reads everything on a schedule; it is confstore's own."""

from confstore import TimeBasedConfigStore

__all__ = ["TimeBasedConfigStore"]
