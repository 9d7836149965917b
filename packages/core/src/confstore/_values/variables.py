"""The names of environment variables that stand for the keys of options."""

from __future__ import annotations

import re

from confstore.errors import InvalidValueError

__all__ = ["variable_name"]

_NOT_IN_A_VARIABLE = re.compile("[^A-Za-z0-9]")


def variable_name(option: str, key: str, *, prefix: str = "", separator: str = "_") -> str:
    """
    The environment variable of a key, such as `DB_HOST` for the key `host` of the option `db`.

    Option and key are in upper case; any other character than an ASCII letter or digit is `_`.

    Args:
        option: The option.
        key: The key.
        prefix: The beginning of the name, as it is.
        separator: One or more `_` between option and key.

    Raises:
        InvalidValueError: The name would begin with a digit, which no shell accepts.
    """
    option_part, key_part = (_NOT_IN_A_VARIABLE.sub("_", part).upper() for part in (option, key))
    name = f"{prefix}{option_part}{separator}{key_part}"
    if name[0].isdigit():
        reason = f"its variable would be {name}, and none begins with a digit: "
        raise InvalidValueError(None, option, key, reason + "rename it, or leave its option out")
    return name
