"""The forked children of the tests: what they leave alone, and what they say of their end."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
import time
from collections.abc import Callable

import pytest

from forked import fork, fork_in_c

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def test_threads_of_earlier_tests_are_freed_before_a_fork_in_c() -> None:
    """A child that frees one crashes on Python 3.13."""
    gc.disable()
    try:
        for _ in range(5):
            thread = threading.Thread(target=int)
            thread.start()
            while thread.is_alive():
                time.sleep(0)
            thread.itself = thread  # type: ignore[attr-defined]  # garbage that only gc frees
        del thread

        def child() -> str:
            gc.collect()
            others = [threading.Thread(target=int) for _ in range(3)]
            for other in others:
                other.start()
                other.join()
            return "sound"

        assert fork(child, fork_in_c).join() == "sound"
    finally:
        gc.enable()


@pytest.mark.parametrize("by", [None, fork_in_c])
def test_child_that_raises(by: Callable[[], int] | None) -> None:
    """Its test has the traceback."""

    def child() -> None:
        raise LookupError("nothing there")

    with pytest.raises(AssertionError, match="LookupError: nothing there"):
        fork(child, by).join()


def test_child_that_crashes() -> None:
    """The test says where."""

    def reads_at_address_0() -> None:
        ctypes.string_at(0)

    with pytest.raises(AssertionError, match=r"(?s)Segmentation fault.*in reads_at_address_0"):
        fork(reads_at_address_0).join()


def test_child_that_hangs() -> None:
    """So it does of a child that is not done in time."""
    reader, writer = os.pipe()

    def waits() -> None:
        os.write(writer, b"+")
        threading.Event().wait()

    child = fork(waits)
    assert os.read(reader, 1) == b"+"
    with pytest.raises(AssertionError, match=r"(?s)Aborted.*in waits"):
        child.join(timeout_s=0)
    os.close(reader)
    os.close(writer)
