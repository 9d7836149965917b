"""Options and keys as arguments: completed by the shell, and looked for when mistyped."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from confstore._cli._assignments import escaped_key
from confstore._cli._close_names import did_you_mean
from confstore._cli._exit_codes import CommandError, ExitCode
from confstore._cli._session import Session

if TYPE_CHECKING:
    from confstore import Store

__all__ = ["absent_key", "complete_assignments", "complete_keys", "complete_options"]


def absent_key(store: Store, option: str, key: str) -> CommandError:
    """The error of a key that an option does not have, with the closest one that it has."""
    advice = did_you_mean(key, store.get(option)) or f"; confstore list {option} shows what it has"
    return CommandError(f"option {option!r} has no key {key!r}{advice}", ExitCode.NOT_FOUND)


def complete_options(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The store's options that begin with what was typed."""
    return _completed(
        context,
        incomplete,
        lambda store: [option for option, _ in store.items(consistent=False)],
    )


def complete_keys(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The keys of the option before it that begin with what was typed."""
    # After an option that waits for its value, click leaves the arguments where they were.
    option = context.params.get("option") or next(iter(context.args), "")
    return _completed(context, incomplete, lambda store: list(store.get(option, consistent=False)))


def complete_assignments(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """The keys of the option before it, each ready for its value."""
    return [f"{escaped_key(key)}=" for key in complete_keys(context, parameter, incomplete)]


def _completed(
    context: click.Context, incomplete: str, names: Callable[[Any], list[str]]
) -> list[str]:
    # Whatever is printed here lands in the middle of the line that somebody is typing.
    logging.disable()
    warnings.simplefilter("ignore")
    session = context.find_object(Session)
    if session is None:
        return []
    try:
        with session:
            found = names(session.store())
    except Exception:  # there is nobody to tell, and no completion is no harm
        return []
    return [name for name in found if name.startswith(incomplete) and name.isprintable()]
