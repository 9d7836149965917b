"""
Keep the built site as the frozen copy of this release.

    python docs/freeze.py FOLDER

`FOLDER` is what a web server shows. The copy is `FOLDER/VERSION`, and is never replaced. The newest
release is also `FOLDER/stable`, to which the addresses of errors lead. `FOLDER/versions.json` lists
all of them, the newest first.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from confstore._version import __version__

__all__ = ["freeze"]

SITE = Path(__file__).parent / "_build" / "html"
STABLE = "stable"
LIST = "versions.json"


def freeze(site: Path, folder: Path, version: str) -> None:
    """
    Copy a site to the folder of its version, and list all versions.

    Raises:
        FileExistsError: There is a copy of this version.
    """
    copy = folder / version
    if copy.exists():
        message = f"{copy} exists: the copy of a release is never replaced"
        raise FileExistsError(message)
    shutil.copytree(site, copy)
    versions = sorted(
        (path.name for path in folder.iterdir() if path.name[0].isdigit()), key=_order, reverse=True
    )
    if versions[0] == version:
        shutil.rmtree(folder / STABLE, ignore_errors=True)
        shutil.copytree(site, folder / STABLE)
    text = json.dumps({"stable": versions[0], "versions": versions}, indent=2)
    (folder / LIST).write_text(f"{text}\n", encoding="utf-8")


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def main(arguments: list[str]) -> int:
    """Keep the site that was built."""
    (folder,) = arguments
    try:
        freeze(SITE, Path(folder), __version__)
    except FileExistsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
