"""Shell: commands that export variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from confstore._cli.formats.environment import Naming, environment, variables_of
from confstore.errors import InvalidValueError

__all__ = ["dumps"]


_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def dumps(options: Mapping[str, Mapping[str, Any]], naming: Naming) -> str:
    """A command for each key; in single quotes a shell leaves everything as it is."""
    for variable in variables_of(options, naming):
        if not _NAME.fullmatch(variable.name):
            reason = (
                f"{variable.name} is not the name of a shell's variable, which has letters, digits "
                "and _ only: rename it, or export dotenv"
            )
            raise InvalidValueError(None, variable.option, variable.path, reason)
    return "".join(
        "export {}='{}'\n".format(name, text.replace("'", "'\\''"))
        for name, text in environment(options, naming).items()
    )
