"""Environment variables that make programs run other code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from confstore import variable_name
from confstore._cli.terminal.exit_codes import CommandError, ExitCode

__all__ = ["check_variables"]

_NAMES = frozenset(
    {
        "BASH_ENV",
        "DOTNET_STARTUP_HOOKS",
        "ERL_AFLAGS",
        "ERL_FLAGS",
        "ERL_ZFLAGS",
        "GCONV_PATH",
        "GEM_HOME",
        "GEM_PATH",
        "GLIBC_TUNABLES",
        "GTK_MODULES",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "NODE_OPTIONS",
        "NODE_PATH",
        "PHP_INI_SCAN_DIR",
        "PROMPT_COMMAND",
        "QT_PLUGIN_PATH",
        "R_ENVIRON",
        "R_PROFILE",
        "SSH_ASKPASS",
        "SUDO_ASKPASS",
        "_JAVA_OPTIONS",
    }
)
"""Sources: glibc's `unsecvars.h`, sudo's `env.c`, and the manuals of the programs; each name of an
option's key has an underscore, so PATH, IFS or PYTHONPATH cannot come from a store."""

_PREFIXES = (
    "CORECLR_PROFILER",
    "COR_PROFILER",
    "DYLD_",
    "GIT_",
    "LD_",
    "LUA_CPATH",
    "LUA_INIT",
    "LUA_PATH",
    "OPENSSL_",
)
"""Families of such names; ld.so and dyld, as sudo does, are taken whole."""


def check_variables(
    options: Mapping[str, Mapping[str, Any]], *, allowed: Collection[str] = ()
) -> None:
    """
    Refuse variables that make programs load code.

    Whoever may write a store may not be allowed to run programs where it is read.

    Args:
        options: Option to values.
        allowed: Names of variables that are set nevertheless.

    Raises:
        CommandError: There is such a key.
    """
    for option, values in options.items():
        for key in values:
            name = variable_name(option, key)
            if name not in allowed and (name in _NAMES or name.startswith(_PREFIXES)):
                message = (
                    f"option {option!r}, key {key!r} would be {name}, which makes programs run "
                    f"other code: rename the key, or give --allow {name}"
                )
                raise CommandError(message, ExitCode.INVALID)
