"""
The contract of every store as a test suite, and parts for tests of your own.

- For an adapter: `StoreContract`, how long it searches (`Profile`), and tables of legal values and
  names that are easily lost (`EDGE_VALUES`, `HOSTILE_NAMES`) and of those that every backend must
  refuse (`INVALID_VALUES`, `INVALID_OPTION_NAMES`, `INVALID_STORE_NAMES`). A test writes `CANARY`
  as a value, and `assert_keeps_values` finds it in an error. `assert_keeps_secrets` plays a store
  that seals, and looks for a plaintext everywhere; `traces_of_canary` looks at one text.
- For an application: `FakeClock`, and the Hypothesis strategies `any_option` and `any_values`.

It needs the extra `testing`: `python -m pip install "confstore[testing]"`.
"""

# ruff: noqa: E402 (pytest rewrites the assertions of modules that are registered before import)

from __future__ import annotations

try:
    import hypothesis  # noqa: F401 (its absence is told here, and not from the depths)
    import pytest
except ModuleNotFoundError as error:
    message = f"confstore.testing needs {error.name}: python -m pip install 'confstore[testing]'"
    raise ModuleNotFoundError(message, name=error.name) from None

pytest.register_assert_rewrite(
    "confstore.testing._checks", "confstore.testing._rules", "confstore.testing._secrecy"
)

from confstore.testing._checks import CANARY, assert_keeps_values
from confstore.testing._contract import Profile, StoreContract
from confstore.testing._fake_clock import FakeClock
from confstore.testing._samples.edges import EDGE_VALUES
from confstore.testing._samples.invalid import (
    INVALID_OPTION_NAMES,
    INVALID_STORE_NAMES,
    INVALID_VALUES,
)
from confstore.testing._samples.names import HOSTILE_NAMES
from confstore.testing._secrecy import assert_keeps_secrets, traces_of_canary
from confstore.testing._strategies import any_option, any_values

__all__ = [
    "CANARY",
    "EDGE_VALUES",
    "HOSTILE_NAMES",
    "INVALID_OPTION_NAMES",
    "INVALID_STORE_NAMES",
    "INVALID_VALUES",
    "FakeClock",
    "Profile",
    "StoreContract",
    "any_option",
    "any_values",
    "assert_keeps_secrets",
    "assert_keeps_values",
    "traces_of_canary",
]
