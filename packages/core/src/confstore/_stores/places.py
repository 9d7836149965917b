"""The places of values and of stores, for errors."""

from __future__ import annotations

from confstore._stores.protocols import CoLocatedStore, LocatedStore, Store, TracedStore, ability

__all__ = ["exact_place", "where_to_look"]


def exact_place(store: Store, option: str, key: str, checkpoint: object = None) -> str | None:
    """
    The place of a key's value, where it says more than the store's name: a file's line, a layer.

    Args:
        store: The store.
        option: An option that it has.
        key: A key that the option has.
        checkpoint: That of the poll that found the value; None stands for the store as it is.
    """
    traced = ability(store, TracedStore)
    if traced is not None:
        return traced.place_of(option, key, checkpoint)
    located = ability(store, LocatedStore)
    if located is None or not located.is_local():
        return None
    place = located.place_of(option, key, checkpoint)
    return None if place == located.location() else place


def where_to_look(store: Store) -> str:
    """How to find the store that was meant, where there are others in its place; else empty."""
    if ability(store, CoLocatedStore) is None:
        return ""
    return " `confstore list` names others of its table"
