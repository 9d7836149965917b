"""
Builds the distributions of every package, twice, and tries them where nothing else is installed.

    python tests/distributions.py FOLDER
    python tests/distributions.py FOLDER lowest|newest REQUIREMENTS

FOLDER receives for each package a source distribution, the wheel that is built from it, and a list
of the software that the wheel brings along (an SBOM in the format of CycloneDX). Nothing is
published. The second form writes what to install for testing the packages in FOLDER with the lowest
dependencies that they allow, or with the newest. The sessions `distributions` and `release` of nox
call this, with what it needs installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from release import ROOT, Package, git, packages_in

IMPORT_EVERYTHING = """
import importlib, sys
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for public in module.__all__:
        getattr(module, public)
"""


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a program; its output appears only if it fails."""
    done = subprocess.run(
        [str(one) for one in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stdout)
        sys.exit(f"failed: {' '.join(map(str, command))}")


def copy_of(root: Path, folder: Path) -> None:
    """Copy the files that git knows or would add, with new times."""
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").decode()
    for name in names.rstrip("\0").split("\0"):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, folder / name)


def build(root: Path, folder: Path) -> dict[str, bytes]:
    """Build every package of a tree, and return the distributions' bytes by their names."""
    # The time in the archives: that of the commit, whenever and wherever they are built.
    epoch = git(ROOT, "log", "-1", "--format=%ct").decode().strip()
    for package in packages_in(root):
        run(
            *(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder),
            package.folder,
            env={"SOURCE_DATE_EPOCH": epoch},
        )
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def not_reproduced(first: dict[str, bytes], second: dict[str, bytes]) -> list[str]:
    """The distributions that two builds do not have in common, byte by byte."""
    names = sorted(first.keys() | second.keys())
    return [name for name in names if first.get(name) != second.get(name)]


def wheel_of(package: Package, folder: Path) -> Path:
    """The wheel of a package."""
    (wheel,) = folder.glob(f"{package.name.replace('-', '_')}-{package.version}-*.whl")
    return wheel


def check_wheel(package: Package, folder: Path) -> None:
    """Check that a wheel holds every module of its sources, and nothing that strays."""
    ignored = ["--ignore", "W009"] if len(package.imported()) > 1 else []
    sources = ["--src-dir", str(package.folder / "src")]
    run("check-wheel-contents", *ignored, *sources, wheel_of(package, folder))


def try_alone(package: Package, folder: Path, environment: Path) -> None:
    """Install a wheel into a new environment, import every public name, and list its software."""
    run("uv", "venv", "--quiet", "--clear", "--python", sys.executable, environment)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # Our other packages come from here as well, and never from a cache of an earlier build.
    names = [one.name for one in packages_in(ROOT)]
    refreshed = [argument for name in names for argument in ("--refresh-package", name)]
    run(
        *("uv", "pip", "install", "--quiet", "--python", python, "--find-links", folder),
        *(*refreshed, wheel_of(package, folder)),
    )
    run("uv", "pip", "check", "--python", python)
    run(python, "-I", "-W", "error", "-c", IMPORT_EVERYTHING, *package.imported())
    list_software(package, folder, python)


def list_software(package: Package, folder: Path, python: Path) -> None:
    """Write the SBOM of a package: what its environment holds, with versions and licenses."""
    # The program wants the version in a pyproject.toml, where core says that it is elsewhere.
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "pyproject.toml")
        root.write_text(
            "[project]\n"
            + "\n".join(
                # A text and a list of texts are written alike in JSON and TOML.
                f"{field} = {json.dumps(value)}"
                for field, value in {**package.project, "version": str(package.version)}.items()
                if field in ("name", "version", "license", "description", "dependencies")
            ),
            encoding="utf-8",
        )
        run(
            *("cyclonedx-py", "environment", "--pyproject", root, "--mc-type", "library"),
            *("--output-reproducible", "--validate", "--of", "JSON"),
            *("-o", folder / f"{package.name}-{package.version}.cdx.json", python),
        )


def direct_requirements(compiled: str) -> str:
    """Of the lines that uv compiled, those of what a pyproject.toml itself names."""
    lines = [line for line in compiled.splitlines() if "pyproject.toml)" in line]
    return "\n".join(lines) + "\n"


def choose_dependencies(folder: Path, which: str, requirements: Path) -> None:
    """Write the versions of everything that the packages and their tests need."""
    projects = [package.folder / "pyproject.toml" for package in packages_in(ROOT)]
    compile_ = ["uv", "pip", "compile", "--python", sys.executable, "--all-extras"]
    compile_ += ["--find-links", str(folder), "--output-file"]
    constraints = Path(f"{requirements}.lowest")
    constraints.write_text("", encoding="utf-8")
    if which == "lowest":
        # Only of the packages' own dependencies: what those need, and the tests, may be newer.
        lowest = ["--resolution", "lowest-direct", "--annotation-style", "line"]
        run(*compile_, constraints, *lowest, *projects)
        direct = direct_requirements(constraints.read_text(encoding="utf-8"))
        constraints.write_text(direct, encoding="utf-8")
    tests = ["--group", "pyproject.toml:tests", "--constraint", constraints]
    run(*compile_, requirements, *tests, *projects)


def main(folder: Path) -> None:
    """Build and try every package."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        # Of copies, since hatchling takes what it is told to include even if git ignores it.
        for name in ("one", "two"):
            copy_of(ROOT, Path(scratch, name))
        again = Path(scratch, "again")
        again.mkdir()
        first, second = build(Path(scratch, "one"), folder), build(Path(scratch, "two"), again)
        if differing := not_reproduced(first, second):
            sys.exit(f"built twice, and not of the same bytes: {', '.join(differing)}")
        run("twine", "check", "--strict", *sorted(folder.iterdir()))
        for package in packages_in(ROOT):
            check_wheel(package, folder)
            try_alone(package, folder, Path(scratch, "alone"))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]).absolute())
    else:
        choose_dependencies(Path(sys.argv[1]).absolute(), sys.argv[2], Path(sys.argv[3]))
