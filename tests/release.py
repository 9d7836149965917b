"""
Checks what a release says of itself: versions, change logs, classifiers and the public interface.

    python tests/release.py                          every package, as it is
    python tests/release.py confstore-file-v0.1.0    the package of a tag, about to be published

A package is released by a tag of its name and version. `nox -s release` calls this, and so does the
workflow that publishes, for its tag.
"""

from __future__ import annotations

import ast
import datetime
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import griffe
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
# https://keepachangelog.com/en/1.1.0/
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")

_HEADING = re.compile(r"\[(?P<version>\d+\.\d+\.\d+)\] - (?P<date>\d{4}-\d\d-\d\d)")
_PYTHON = "Programming Language :: Python :: "


class Package(NamedTuple):
    """One distribution of the repository: its folder, what pyproject.toml says, and its version."""

    folder: Path
    project: dict[str, Any]
    version: Version

    @property
    def name(self) -> str:
        return str(self.project["name"])

    @property
    def tag(self) -> str:
        """The tag that releases this version."""
        return f"{self.name}-v{self.version}"

    def imported(self) -> list[str]:
        """The names of its top-level packages."""
        return sorted(path.parent.name for path in self.folder.glob("src/*/__init__.py"))


class ChangeLog(NamedTuple):
    """The releases of a change log, newest first, and what is wrong with its form."""

    entries: dict[str, list[str]]
    problems: list[str]


def packages_in(root: Path) -> list[Package]:
    """Every package below `packages/`."""
    found = []
    for path in sorted(root.glob("packages/*/pyproject.toml")):
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        project = settings["project"]
        version = project.get("version")
        if version is None:
            module = path.parent / settings["tool"]["hatch"]["version"]["path"]
            (version,) = re.findall(r'^__version__ = "(.*)"$', module.read_text(), re.MULTILINE)
        found.append(Package(path.parent, project, Version(version)))
    return found


def supported_pythons(root: Path) -> tuple[str, ...]:
    """The versions of Python that noxfile.py names."""
    (found,) = re.findall(
        r"^SUPPORTED = (\(.*\))$", (root / "noxfile.py").read_text(), re.MULTILINE
    )
    versions: tuple[str, ...] = ast.literal_eval(found)
    return versions


def version_problems(packages: list[Package]) -> Iterator[str]:
    """A requirement of one package on another does not allow the version that stands beside it."""
    versions = {package.name: package.version for package in packages}
    for package in packages:
        extras = package.project.get("optional-dependencies", {}).values()
        for text in [*package.project["dependencies"], *(one for extra in extras for one in extra)]:
            requirement = Requirement(text)
            beside = versions.get(requirement.name)
            if beside and not requirement.specifier.contains(beside, prereleases=True):
                yield f"{package.name} requires {text}, and the version here is {beside}"


def python_problems(root: Path, packages: list[Package]) -> Iterator[str]:
    """A package or a tool names other versions of Python than noxfile.py does."""
    supported = supported_pythons(root)
    oldest = supported[0]
    for package in packages:
        classifiers = package.project["classifiers"]
        named = tuple(
            one.removeprefix(_PYTHON) for one in classifiers if one.startswith(f"{_PYTHON}3.")
        )
        if named != supported:
            yield f"{package.name}: the classifiers name Python {', '.join(named)}"
        if package.project["requires-python"] != f">={oldest}":
            yield f"{package.name}: requires-python is {package.project['requires-python']}"
    tools = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    for tool, version in {
        "ruff": tools["ruff"]["target-version"].replace("py3", "3."),
        "mypy": tools["mypy"]["python_version"],
        "pyright": tools["pyright"]["pythonVersion"],
    }.items():
        if version != oldest:
            yield f"pyproject.toml: {tool} checks for Python {version}, and not for {oldest}"
    workflow = (root / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    if f"python: {json.dumps(supported)}\n" not in workflow:
        yield f"tests.yml: the matrix is not of Python {', '.join(supported)}"


def change_log(package: Package) -> ChangeLog:
    """Read a change log in the form of Keep a Changelog, its entries prefixed by the package."""
    path = package.folder / "CHANGELOG.md"
    prefix = f"- {package.folder.name}: "
    title, *releases = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    entries: dict[str, list[str]] = {}
    problems: list[str] = []
    if not title.startswith(f"# Changelog of {package.name}\n"):
        problems.append("the title is another package's")
    if not releases or not releases[0].startswith("[Unreleased]\n"):
        problems.append("the first section is not [Unreleased]")
    dated: list[tuple[Version, datetime.date]] = []
    for release in releases:
        heading, _, rest = release.partition("\n")
        version = heading.strip("[]")
        if version != "Unreleased":
            found = _HEADING.fullmatch(heading)
            if found is None:
                problems.append(f"## {heading} is not of the form [1.2.3] - 2030-12-31")
                continue
            version = found["version"]
            dated.append((Version(version), datetime.date.fromisoformat(found["date"])))
        kinds = re.split(r"^### ", rest, flags=re.MULTILINE)[1:]
        entries[version] = []
        for kind in kinds:
            name, _, text = kind.partition("\n")
            if name not in SECTIONS:
                problems.append(f"{version}: ### {name} is none of {', '.join(SECTIONS)}")
            found_entries = re.split(r"^(?=- )", text.strip("\n"), flags=re.MULTILINE)
            lines = [" ".join(one.split()) for one in found_entries if one.strip()]
            problems += [
                f"{version}: does not begin with {prefix!r} and end with a period: {line}"
                for line in lines
                if not line.startswith(prefix) or not line.endswith(".")
            ]
            entries[version] += lines
        if not entries[version] and version != "Unreleased":
            problems.append(f"{version} has no entry")
    if dated != sorted(set(dated), reverse=True):
        problems.append("the releases are not in order, the newest first")
    return ChangeLog(entries, problems)


def release_problems(
    root: Path, package: Package, log: ChangeLog, tags: list[str], here: str
) -> Iterator[str]:
    """The version, the change log and the tags of a package do not agree."""
    released = [Version(version) for version in log.entries if version != "Unreleased"]
    if released and released[0] > package.version:
        yield f"the change log has {released[0]}, and the version is {package.version}"
    # About to be published, or published before.
    if (here == package.tag or package.tag in tags) and package.version not in released:
        yield f"the change log has no section [{package.version}]"
    if package.tag in tags and here != package.tag and log.entries.get("Unreleased"):
        yield f"{package.tag} is released, and more has changed: choose the next version"
    if here == package.tag and log.entries.get("Unreleased"):
        yield f"entries stand under [Unreleased]: move them under [{package.version}]"
    if (package.folder / "LICENSE").read_bytes() != (root / "LICENSE").read_bytes():
        yield "LICENSE is not the one of the repository"


# ---------------------------------------------------------------- the public interface


def public_names(folders: list[Path], package: str) -> tuple[set[str], griffe.Module]:
    """The public names of an imported package, by its sources, and the package."""
    loaded = griffe.load(package, search_paths=folders, resolve_aliases=True)
    assert isinstance(loaded, griffe.Module)
    names: set[str] = set()
    _export(loaded, names)
    return names, loaded


def _export(module: griffe.Module, names: set[str]) -> None:
    if module.exports is None and not module.is_namespace_package:
        # `__all__` is made at run time; the same names are imported as themselves, for checkers.
        imports = [node for node in ast.walk(ast.parse(module.source)) if _is_import(node)]
        module.exports = [
            one.name for node in imports for one in node.names if one.asname == one.name
        ]
    names.update(f"{module.path}.{name}" for name in module.exports or ())
    for name, member in module.members.items():
        if not member.is_alias and isinstance(member, griffe.Module) and not name.startswith("_"):
            names.add(member.path)
            _export(member, names)


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom)


def interface_changes(old: list[Path], new: list[Path], package: str) -> dict[str, str]:
    """Each public name that came, went or changed between two trees, and how."""
    before, old_module = public_names(old, package)
    after, new_module = public_names(new, package)
    changes = {
        breakage.obj.path: breakage.kind.value.lower()
        for breakage in griffe.find_breaking_changes(old_module, new_module)
    }
    changes |= dict.fromkeys(sorted(after - before), "is new")
    changes |= dict.fromkeys(sorted(before - after), "was removed")
    return changes


def interface_problems(
    root: Path, package: Package, log: ChangeLog, tags: list[str]
) -> Iterator[str]:
    """A public name changed since the last release, and the change log does not say so."""
    earlier = [tag for tag in tags if tag != package.tag]
    if not earlier:
        note = f"{package.name}: no earlier release, so there is no interface to compare with\n"
        sys.stderr.write(note)
        return
    text = " ".join(log.entries.get("Unreleased", []) + log.entries.get(str(package.version), []))
    new = sorted(root.glob("packages/*/src"))
    with tempfile.TemporaryDirectory() as folder:
        # Every package: the public names of one may be defined in another.
        content = git(root, "archive", "--format=tar", earlier[0], "packages")
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(folder, filter="data")
        old = sorted(Path(folder).glob("packages/*/src"))
        for imported in package.imported():
            for path, change in interface_changes(old, new, imported).items():
                if not re.search(rf"\b{re.escape(path.rpartition('.')[2])}\b", text):
                    yield f"{path} ({change} since {earlier[0]}) is not in the change log"


def git(root: Path, *arguments: str) -> bytes:
    """What git prints in a repository."""
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout


def problems_of(root: Path, tag: str) -> Iterator[str]:
    """Everything that keeps the packages from being released, or the one of a tag."""
    packages = packages_in(root)
    tags = (
        git(root, "tag", "--list", "--merged", "HEAD", "--sort=-version:refname").decode().split()
    )
    if tag and tag not in [package.tag for package in packages]:
        yield f"{tag} is not the name and version of a package"
    yield from version_problems(packages)
    yield from python_problems(root, packages)
    for package in packages:
        log = change_log(package)
        own = [one for one in tags if re.fullmatch(rf"{package.name}-v\d+\.\d+\.\d+", one)]
        for problem in (
            *log.problems,
            *release_problems(root, package, log, own, tag),
            *interface_problems(root, package, log, own),
        ):
            yield f"{package.name}: {problem}"


if __name__ == "__main__":
    found = list(problems_of(ROOT, "".join(sys.argv[1:2])))
    sys.exit("\n".join(found) or None)
