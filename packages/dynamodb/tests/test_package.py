"""The public names of the package, which are imported when they are first used."""

from __future__ import annotations

import pytest

import confstore_dynamodb


def test_names_are_listed() -> None:
    """`dir` lists the public names before any of them is used."""
    assert set(confstore_dynamodb.__all__) <= set(dir(confstore_dynamodb))


def test_unknown_name() -> None:
    """A name that the package does not have is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'Client'"):
        confstore_dynamodb.Client  # noqa: B018
