"""The version of this distribution: hatchling reads it here, and so does the command line."""

__all__ = ["__version__"]

__version__ = "0.1.0"
