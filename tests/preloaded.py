"""
Processes that run a function of this program, without the start of an interpreter.

A new interpreter that imports confstore, click and a backend takes 0.2 to 0.5 s of processor time
before it does anything, and the tests start hundreds. These are forked by `subprocess` from the
process of the tests, which has imported it all: processes as any other, with an identity, streams,
a terminal, a working directory, an environment and signals of their own, that end, are killed, and
replace themselves by other programs.

For a test of how a program starts, or of what the interpreter makes of its environment or does at
its end, start the program itself.
"""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

__all__ = ["preloaded"]

_ALL_FILES = 1 << 20


def preloaded(
    main: Callable[[], object], command: Sequence[str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """
    Arguments of `subprocess.run` and `Popen` for a process that runs a function.

    Args:
        main: The function; the exit code is what it returns if that is an int, else 0.
        command: Its `sys.argv`.
        environment: Its `os.environ`.
    """

    # Now: it may be our own.
    variables = dict(environment)

    # It is called in the child, at the place where that would execute a program.
    def become() -> NoReturn:
        code = 1
        try:
            _forget_the_tests()
            os.environ.clear()
            os.environ.update(variables)
            _open_streams()
            sys.argv = list(command)
            code = _run(main)
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)

    return {"args": list(command), "env": variables, "preexec_fn": become}


def _run(main: Callable[[], object]) -> int:
    """The exit code of the function, as the interpreter would end with it."""
    try:
        returned = main()
        code = returned if isinstance(returned, int) else 0
    except SystemExit as error:
        if isinstance(error.code, int | None):
            code = error.code or 0
        else:
            sys.stderr.write(f"{error.code}\n")
            code = 1
    except KeyboardInterrupt:
        traceback.print_exc()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


def _forget_the_tests() -> None:
    """Take back what pytest has set in this process, and what a new interpreter sets itself."""
    # What the tests opened is closed, and objects that hold it must never close it again.
    gc.freeze()
    gc.enable()
    faulthandler.disable()
    # By this, `subprocess` also learns in the parent that the child has begun.
    os.closerange(3, _ALL_FILES)
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    logging.getLogger().handlers[:] = []
    logging.disable(logging.NOTSET)
    warnings.resetwarnings()
    for category in (
        DeprecationWarning,
        PendingDeprecationWarning,
        ImportWarning,
        ResourceWarning,
    ):
        warnings.simplefilter("ignore", category)


def _open_streams() -> None:
    """Standard streams on the descriptors of this process, in UTF-8 or as the environment says."""
    encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
    sys.stdin = sys.__stdin__ = open(0, encoding=encoding)  # noqa: SIM115 (for good)
    sys.stdout = sys.__stdout__ = open(1, "w", encoding=encoding)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(  # noqa: SIM115
        2, "w", encoding=encoding, errors="backslashreplace", buffering=1
    )
