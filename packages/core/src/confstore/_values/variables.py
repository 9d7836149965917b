"""The names of environment variables, after option and key."""

from __future__ import annotations

import re

from confstore.errors import InvalidValueError

__all__ = ["variable_name"]

_NOT_IN_A_NAME = re.compile("[^A-Za-z0-9]")


def variable_name(option: str, key: str) -> str:
    """
    The environment variable of a key, such as `DB_HOST` for the key `host` of the option `db`.

    It is in upper case; any other character than an ASCII letter or digit is `_`.

    Raises:
        InvalidValueError: The name would begin with a digit, which no shell accepts.
    """
    name = _NOT_IN_A_NAME.sub("_", f"{option}_{key}").upper()
    if name[0].isdigit():
        reason = f"its variable would be {name}, and none begins with a digit: "
        raise InvalidValueError(option, key, reason + "rename it, or leave its option out")
    return name
