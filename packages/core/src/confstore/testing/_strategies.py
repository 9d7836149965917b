"""Hypothesis strategies for names, keys and values."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from confstore._values.keys import RESERVED_KEYS
from confstore._values.names import JOURNAL_PREFIX
from confstore._values.types import Value, Values
from confstore.testing._samples.names import HOSTILE_NAMES

__all__ = [
    "any_key",
    "any_number",
    "any_option",
    "any_store_name",
    "any_text",
    "any_value",
    "any_values",
]

_characters = st.characters(exclude_categories=["Cs"])
# Few letters, so that names and keys repeat.
_short_names = st.text("abc", min_size=1, max_size=2)
_any_name = st.one_of(
    _short_names, st.sampled_from(HOSTILE_NAMES), st.text(_characters, min_size=1, max_size=8)
)

any_option: st.SearchStrategy[str] = _any_name
"""Names that an option can have: 1 to 1024 bytes of UTF-8."""

any_store_name: st.SearchStrategy[str] = _any_name.filter(
    lambda name: not name.startswith(JOURNAL_PREFIX)
)
"""Names that a store can have: those of options without the prefix of journals."""

any_key: st.SearchStrategy[str] = _any_name.filter(lambda name: name not in RESERVED_KEYS)
"""Keys that an option can have."""

any_text: st.SearchStrategy[str] = st.one_of(
    st.text(_characters, max_size=8), st.sampled_from(HOSTILE_NAMES)
)
"""Text that a key can hold."""


any_number: st.SearchStrategy[int | float | Decimal] = st.one_of(
    st.integers(-9, 9),
    st.integers(1 - 10**38, 10**38 - 1),
    st.floats(-9.0, 9.0, width=16),
    st.floats(1e-130, 1e125),
    st.floats(-1e125, -1e-130),
    st.builds(
        lambda digits, exponent: Decimal(f"{digits}E{exponent}"),
        st.integers(1 - 10**38, 10**38 - 1),
        st.integers(-130, 88),
    ),
)
"""Numbers within the limits, as int, float or Decimal; not always in canonical form."""

_leaves: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    any_number,
    any_text,
    st.binary(max_size=8),
    st.sets(any_text, min_size=1, max_size=3),
    st.sets(st.binary(max_size=4), min_size=1, max_size=3),
    st.sets(any_number, min_size=1, max_size=3),
)

any_value: st.SearchStrategy[Value] = st.recursive(
    _leaves,
    # Only the keys of an option itself can be reserved.
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_any_name, inner, max_size=3)
    ),
    max_leaves=5,
)
"""Values that a key can hold: every type of the domain, nested, falsy and at its limits."""

any_values: st.SearchStrategy[Values] = st.dictionaries(any_key, any_value, max_size=4)
"""Values that an option can hold."""
