"""Fixtures of every test in the repository, and the snippets of its documents as tests."""

from __future__ import annotations

import functools
import gc
import os
import signal
import tempfile
from contextlib import ExitStack, chdir
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from forked import renew_the_lock_of_coverage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest_plugins = ["dynamodb_local"]

renew_the_lock_of_coverage()

# A shell has a run in the background ignore Ctrl-C, and nohup a hangup: so would every program that
# a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


def enter_document(namespace: dict[str, Any]) -> None:
    """Run a document's snippets in a folder of its own, with an AWS that is moto's."""
    from moto import mock_aws

    stack = namespace["_stack"] = ExitStack()
    stack.enter_context(chdir(stack.enter_context(tempfile.TemporaryDirectory())))
    stack.enter_context(patch.dict(os.environ, AWS_ENVIRONMENT))
    stack.enter_context(mock_aws())


def leave_document(namespace: dict[str, Any]) -> None:
    """Put everything back; what a snippet left open is closed, for its thread would go on."""
    from confstore import ConfigStore, TimeBasedConfigStore

    for left in list(namespace.values()):
        if isinstance(left, ConfigStore | TimeBasedConfigStore):
            left.close()
    namespace["_stack"].close()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    setup=enter_document,
    teardown=leave_document,
).pytest()


SLOW_S = 2.0
"""Seconds after which a test has to say why it takes them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests, so that no worker is left alone with one of them at the end."""
    for item in items:
        for marker in item.iter_markers("slow"):
            item.user_properties.append(("slow", marker.args[0]))
    items.sort(key=lambda item: not item.user_properties)


def pytest_collection_finish() -> None:
    """Keep the garbage collector, which many tests call, from going through all test items."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests found, and the tests that are slow without a reason."""
    figures = []
    unexplained: list[tuple[float, str]] = []
    for report in terminalreporter.getreports("passed"):
        properties = dict(report.user_properties)
        figures += [value for name, value in report.user_properties if name == "figure"]
        if report.duration > SLOW_S and "slow" not in properties:
            unexplained.append((report.duration, report.nodeid))
    for title, lines in {
        "figures": figures,
        f"over {SLOW_S:.0f} s, and not marked slow with the reason": [
            f"{duration_s:.1f} s {test}" for duration_s, test in sorted(unexplained, reverse=True)
        ],
    }.items():
        if lines:
            terminalreporter.section(title)
            terminalreporter.line("\n".join(lines))


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Print a figure that a test found in the summary of the run."""
    return functools.partial(record_property, "figure")


@pytest.fixture(scope="session", autouse=True)
def shared_descriptions() -> Iterator[None]:
    """Read AWS's descriptions of its services once for all clients; it takes 50 ms a time."""
    from botocore.session import create_loader

    with patch("botocore.session.create_loader", functools.cache(create_loader)):
        yield
