"""The options that `import` and `copy` have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import attrs
import click

from confstore._cli._transfer import Transfer
from confstore._cli._writing import writing_options, yes_option

__all__ = ["transfer_options"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def transfer_options(function: _Function) -> _Function:
    """The options of a command that brings options, given to it as one parameter `transfer`."""

    @functools.wraps(function)
    def with_transfer(*args: Any, **kwargs: Any) -> Any:
        fields = {field.name: kwargs.pop(field.name) for field in attrs.fields(Transfer)}
        return function(*args, transfer=Transfer(**fields), **kwargs)

    decorated: Any = yes_option(writing_options(with_transfer))
    for option in reversed(
        [
            click.option(
                "--prune",
                "is_pruning",
                is_flag=True,
                help="Delete the options of the store that are not brought; asks first.",
            ),
            click.option(
                "--skip-existing",
                "is_skipping",
                is_flag=True,
                help="Leave the options alone that the store has.",
            ),
            click.option(
                "--allow-empty",
                "is_empty_allowed",
                is_flag=True,
                help="Let --prune delete every option when none is brought.",
            ),
        ]
    ):
        decorated = option(decorated)
    return cast("_Function", decorated)
