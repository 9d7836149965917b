"""
What every store has to do, as a test suite; and what such tests are made of.

It needs the extra `testing`: `python -m pip install "confstore[testing]"`.
"""

# ruff: noqa: E402 (pytest rewrites the assertions of modules that it knows of before their import)

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    "confstore.testing._canary",
    "confstore.testing._commit_rules",
    "confstore.testing._handle_rules",
    "confstore.testing._journal_checks",
    "confstore.testing._journal_rules",
    "confstore.testing._machine",
    "confstore.testing._outcome",
    "confstore.testing._ownership",
    "confstore.testing._poll_rules",
    "confstore.testing._read_rules",
    "confstore.testing._write_rules",
)

from confstore.testing._canary import CANARY, Canary, assert_keeps_values
from confstore.testing._contract import StoreContract
from confstore.testing._edges import EDGE_VALUES
from confstore.testing._fake_clock import FakeClock
from confstore.testing._invalid import (
    INVALID_KEYS,
    INVALID_OPTION_NAMES,
    INVALID_STORE_NAMES,
    INVALID_VALUES,
)
from confstore.testing._names import HOSTILE_NAMES
from confstore.testing._profile import Profile
from confstore.testing._strategies import (
    any_key,
    any_number,
    any_option,
    any_store_name,
    any_text,
    any_value,
    any_values,
)

__all__ = [
    "CANARY",
    "EDGE_VALUES",
    "HOSTILE_NAMES",
    "INVALID_KEYS",
    "INVALID_OPTION_NAMES",
    "INVALID_STORE_NAMES",
    "INVALID_VALUES",
    "Canary",
    "FakeClock",
    "Profile",
    "StoreContract",
    "any_key",
    "any_number",
    "any_option",
    "any_store_name",
    "any_text",
    "any_value",
    "any_values",
    "assert_keeps_values",
]
