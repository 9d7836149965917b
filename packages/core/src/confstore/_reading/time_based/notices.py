"""Warns once, at the start of a config, of what is probably a mistake in its store or schema."""

from __future__ import annotations

from collections.abc import Collection

from confstore._process.log import logger
from confstore._reading.time_based.views import View
from confstore._schemas.unknown import unknown_text
from confstore._stores.places import where_to_look
from confstore._stores.protocols import Store

__all__ = ["warn_at_start"]

_MOST = 10
"""A schema of another store knows none of the names; nobody reads hundreds of them."""


def warn_at_start(store: Store, view: View, taken: Collection[str]) -> None:
    """
    Warn of an empty store, of names that the schema does not know, and of hidden options.

    `taken` are the names of the config's own attributes. The log names options and keys, and shows
    no value.
    """
    if not view.options:
        text = "store %r has no options: is it the right store?%s It is %r"
        logger.warning(text, store.name, where_to_look(store), store)
    if view.unknown:
        texts = [unknown_text(one) for one in view.unknown]
        logger.warning("store %r: %s", store.name, _shown(texts))
    if hidden := [name for name in taken if name in view.attributes]:
        read = "config[{!r}]" if hidden[0] in view.options else "config.current.{}"
        text = "store %r: the config's own attributes hide %s: read them as in %s"
        names = _shown([repr(name) for name in hidden], ", ")
        logger.warning(text, store.name, names, read.format(hidden[0]))


def _shown(texts: list[str], separator: str = "; ") -> str:
    more = [f"and {len(texts) - _MOST:,} more"] if len(texts) > _MOST else []
    return separator.join([*texts[:_MOST], *more])
