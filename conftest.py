"""Fixtures of every test in the repository, and the snippets of its documents as tests."""

from __future__ import annotations

import os
import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from forked import renew_the_lock_of_coverage

pytest_plugins = ["dynamodb_local"]

renew_the_lock_of_coverage()

# A shell has a run in the background ignore Ctrl-C, and so would every program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


def enter_document(namespace: dict[str, Any]) -> None:
    """Run a document's snippets in a folder of its own, with an AWS that is moto's."""
    from moto import mock_aws

    stack = namespace["_stack"] = ExitStack()
    stack.callback(os.chdir, Path.cwd())
    os.chdir(stack.enter_context(tempfile.TemporaryDirectory()))
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
