"""Environment variables that make programs run other code."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from confstore import variable_name
from confstore._cli.terminal.exit_codes import CommandError, ExitCode

__all__ = ["check_variables"]

_RUNS_CODE = re.compile(
    r"""
    BASH_ENV | DOTNET_STARTUP_HOOKS | ERL_(?:A|Z)?FLAGS | GCONV_PATH | GEM_(?:HOME|PATH)
  | GLIBC_TUNABLES | GTK_MODULES | JAVA_TOOL_OPTIONS | JDK_JAVA_OPTIONS | NODE_(?:OPTIONS|PATH)
  | PHP_INI_SCAN_DIR | PROMPT_COMMAND | QT_PLUGIN_PATH | R_(?:ENVIRON|PROFILE)
  | (?:SSH|SUDO)_ASKPASS | _JAVA_OPTIONS
  | (?:CORECLR_PROFILER|COR_PROFILER|DYLD_|GIT_|LD_|LUA_CPATH|LUA_INIT|LUA_PATH|OPENSSL_).*
    """,
    re.VERBOSE,
)
"""
Names, and families of names; those of ld.so and dyld are taken whole, as sudo does.

Sources: glibc's `unsecvars.h`, sudo's `env.c`, and the manuals of the programs; each name of an
option's key has an underscore, so PATH, IFS or PYTHONPATH cannot come from a store.
"""


def check_variables(
    options: Mapping[str, Mapping[str, Any]], *, allowed: Collection[str] = ()
) -> None:
    """Refuse variables that make programs load code, unless they are allowed by name."""
    # Whoever may write a store may not be allowed to run programs where it is read.
    for option, values in options.items():
        for key in values:
            name = variable_name(option, key)
            if name not in allowed and _RUNS_CODE.fullmatch(name):
                message = (
                    f"option {option!r}, key {key!r} would be {name}, which makes programs run "
                    f"other code: rename the key, or give --allow {name}"
                )
                raise CommandError(message, ExitCode.INVALID)
