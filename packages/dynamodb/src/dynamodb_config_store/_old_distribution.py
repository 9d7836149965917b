"""The distribution of 2014, which has the same import name."""

from __future__ import annotations

import warnings
from importlib.metadata import PackageNotFoundError, distribution

__all__ = ["warn_if_installed"]


def warn_if_installed() -> None:
    """Warn where both are installed: one's files can replace the other's."""
    try:
        distribution("dynamodb-config-store")
    except PackageNotFoundError:
        return
    # Uninstalling the old one takes files away that are ours now; hence the second command.
    message = (
        "dynamodb-config-store is installed beside confstore-dynamodb, and both own the package "
        "dynamodb_config_store. Run: python -m pip uninstall dynamodb-config-store && "
        "python -m pip install --force-reinstall --no-deps confstore-dynamodb"
    )
    warnings.warn(message, UserWarning, stacklevel=3)
