"""The names of environment variables."""

from __future__ import annotations

import pytest

from confstore import variable_name
from confstore.errors import InvalidValueError


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("db", "host"), "DB__HOST"),
        (("Logging", "LogLevel", "Default"), "LOGGING__LOGLEVEL__DEFAULT"),
        (("server", "hosts", 0), "SERVER__HOSTS__0"),
        (("app", "a.b", "c-d", 12, "é"), "APP__A_B__C_D__12___"),
    ],
)
def test_value_within_a_key(parts: tuple[str, ...], name: str) -> None:
    """The keys and indices that lead to it stand behind option and key."""
    assert variable_name(*parts, separator="__") == name


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("app", "DATABASE_URL"), "DATABASE_URL"),
        (("app", "debug"), "debug"),
        (("app", "spring.datasource.url"), "spring.datasource.url"),
        (("app", "_x-y"), "_x-y"),
        (("app", "Logging", "LogLevel", "Microsoft.Web"), "Logging__LogLevel__Microsoft.Web"),
    ],
)
def test_bare_name(parts: tuple[str, ...], name: str) -> None:
    """The key alone, as it is written."""
    assert variable_name(*parts, separator="__", is_bare=True) == name


def test_bare_name_with_a_prefix() -> None:
    """It stands before a bare name, too, and can be what makes it one."""
    assert variable_name("app", "2FA", prefix="APP_", is_bare=True) == "APP_2FA"


@pytest.mark.parametrize("key", ["a b", "a=b", "ü", "a\0", "a\n", "#a", "-a", "$(id)"])
def test_key_that_is_no_bare_name(key: str) -> None:
    """It would not be read back, or not by a shell; the error names it and not its value."""
    with pytest.raises(InvalidValueError, match="has ASCII letters, digits") as caught:
        variable_name("app", key, is_bare=True)
    assert (caught.value.option, caught.value.path) == ("app", key)


def test_bare_name_that_begins_with_a_digit() -> None:
    """No shell accepts it; the path leads to the value."""
    with pytest.raises(InvalidValueError, match="would be 2FA__a__0, and none begins") as caught:
        variable_name("app", "2FA", "a", 0, separator="__", is_bare=True)
    assert caught.value.path == "2FA['a'][0]"
