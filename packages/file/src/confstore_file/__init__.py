"""
A store in a JSON file: readable, made to be edited by hand, written atomically.

One file is one store; it holds one JSON object of option to object of values.
"""

from confstore_file._config_store import FileConfigStore
from confstore_file._store import FileStore
from confstore_file._url import open_url

__all__ = ["FileConfigStore", "FileStore", "open_url"]
