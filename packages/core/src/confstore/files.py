"""
Files that hold secrets: open them without waiting, distrust planted ones, replace them whole.

- `open_regular` opens a file, and no FIFO, device or folder in its place.
- `check_trusted` refuses a file that somebody else may have written, by `DistrustedFileError`.
- `replaced_file` replaces a file as a whole, readable by its owner only.
"""

from __future__ import annotations

from confstore._process.private_file import (
    DistrustedFileError,
    check_trusted,
    open_regular,
    replaced_file,
)

__all__ = ["DistrustedFileError", "check_trusted", "open_regular", "replaced_file"]
