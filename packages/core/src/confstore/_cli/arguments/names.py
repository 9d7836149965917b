"""Completion of options and keys."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import click

from confstore import history
from confstore._cli.arguments.assignments import escaped_key
from confstore._cli.session import Session

__all__ = ["complete_assignments", "complete_keys", "complete_options", "complete_versions"]


def complete_options(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Complete an option of the store."""
    return _completed(
        context,
        incomplete,
        lambda store: [option for option, _ in store.items(consistent=False)],
    )


def complete_keys(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Complete a key of the option before it."""
    # While a flag waits for its value, click leaves the arguments unparsed.
    option = context.params.get("option") or next(iter(context.args), "")
    return _completed(context, incomplete, lambda store: list(store.get(option, consistent=False)))


def complete_versions(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Complete a version of the journal, newest first."""

    def versions(store: Any) -> list[str]:
        return [str(commit.version) for commit in reversed(list(history(store)))]

    return _completed(context, incomplete, versions)


def complete_assignments(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete a key of the option before it, up to its equals sign."""
    return [f"{escaped_key(key)}=" for key in complete_keys(context, parameter, incomplete)]


def _completed(
    context: click.Context, incomplete: str, names: Callable[[Any], list[str]]
) -> list[str]:
    # A message would appear in the middle of the line that the user is typing.
    logging.disable()
    warnings.simplefilter("ignore")
    session = context.find_object(Session)
    if session is None:
        return []
    try:
        with session:
            found = names(session.store())
    except Exception:  # nobody can be told, and a missing completion is harmless
        return []
    return [name for name in found if name.startswith(incomplete) and name.isprintable()]
