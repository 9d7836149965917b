"""The names of environment variables that stand for the keys of options."""

from __future__ import annotations

import re

from confstore.errors import InvalidValueError

__all__ = ["variable_name"]

_NOT_IN_A_VARIABLE = re.compile("[^A-Za-z0-9]")

# Beside letters, digits and underscores, dots and dashes: Spring, .NET and dotenv files have them.
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def variable_name(
    option: str,
    key: str,
    *inner: str | int,
    prefix: str = "",
    separator: str = "_",
    is_bare: bool = False,
) -> str:
    """
    The environment variable of a key, such as `DB_HOST` for the key `host` of the option `db`.

    Option and key are in upper case; any other character than an ASCII letter or digit is `_`. A
    value within a dict or list has its keys, and its indices from 0, behind that:
    `LOGGING__LOGLEVEL__DEFAULT` and `SERVER__HOSTS__0` with the separator `__`, as .NET names them.

    Args:
        option: The option.
        key: The key.
        inner: The keys and indices that lead from the key to a value within it.
        prefix: The beginning of the name, as it is.
        separator: One or more `_` between the parts.
        is_bare: Leave the option out, and the other parts as they are written.

    Raises:
        InvalidValueError: The name would begin with a digit, which no shell accepts; or a bare one
            has another character than ASCII letters, digits, `_`, `.` and `-`.
    """
    parts = [str(part) for part in ((key, *inner) if is_bare else (option, key, *inner))]
    if not is_bare:
        parts = [_NOT_IN_A_VARIABLE.sub("_", part).upper() for part in parts]
    name = f"{prefix}{separator.join(parts)}"
    if name[:1].isdigit():
        reason = f"its variable would be {name}, and none begins with a digit: "
        raise InvalidValueError(None, option, _named(key, inner), f"{reason}rename it, or {_LEAVE}")
    if is_bare and not _BARE.fullmatch(name):
        reason = "a bare variable has its name as it is, and that has ASCII letters, digits, _, . "
        raise InvalidValueError(
            None, option, _named(key, inner), f"{reason}and - only: rename it, or {_LEAVE}"
        )
    return name


_LEAVE = "leave its option out"


def _named(key: str, inner: tuple[str | int, ...]) -> str:
    return key + "".join(f"[{part!r}]" for part in inner)
