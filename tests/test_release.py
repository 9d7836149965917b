"""The checks of a release find what they look for, in small repositories that are made for it."""

from __future__ import annotations

import ast
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from distributions import copy_of, direct_requirements, not_reproduced
from release import ROOT, Package, change_log, packages_in, problems_of, supported_pythons

PYPROJECT = """
[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
classifiers = ["Programming Language :: Python :: 3.11", "Programming Language :: Python :: 3.12"]
dependencies = [{dependencies}]
"""
TOOLS = """
[tool.ruff]
target-version = "py311"
[tool.mypy]
python_version = "3.11"
[tool.pyright]
pythonVersion = "3.11"
"""
MODULE = """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from {name}._store import Store as Store, open_store as open_store

_names = make_names()

if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = _names
"""
STORE = """
class Store:
    def get(self, option): ...

def open_store(url, purpose): ...

def private(): ...
"""
LOG = """\
# Changelog of {name}

## [Unreleased]

### Added

- {folder}: `Store`, a place
  for options.
"""


class Repository:
    """A repository of two packages, `confstore` and `confstore-file`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("noxfile.py", 'SUPPORTED = ("3.11", "3.12")\n')
        self.write("pyproject.toml", TOOLS)
        self.write("LICENSE", "Apache")
        self.write(".github/workflows/tests.yml", 'matrix:\n  python: ["3.11", "3.12"]\n')
        for name, folder, needs in (
            ("confstore", "core", ""),
            ("confstore-file", "file", '"confstore>=0.1,<0.2"'),
        ):
            package = f"packages/{folder}"
            imported = name.replace("-", "_")
            self.write(f"{package}/LICENSE", "Apache")
            self.write(f"{package}/CHANGELOG.md", LOG.format(name=name, folder=folder))
            self.write(f"{package}/pyproject.toml", PYPROJECT.format(name=name, dependencies=needs))
            self.write(f"{package}/src/{imported}/__init__.py", MODULE.format(name=imported))
            self.write(f"{package}/src/{imported}/_store.py", STORE)
        self.git("init", "--quiet")
        self.commit()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self, tag: str = "") -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change")
        if tag:
            self.git("tag", tag)

    def release(self) -> None:
        """Publish confstore 0.1.0."""
        path = "packages/core/CHANGELOG.md"
        self.edit(path, "## [Unreleased]\n", "## [Unreleased]\n\n## [0.1.0] - 2030-01-31\n")
        self.commit("confstore-v0.1.0")

    def problems(self, tag: str = "") -> list[str]:
        return list(problems_of(self.root, tag))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_nothing_to_report(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """A first release has no interface to compare with, and is told so."""
    assert repository.problems() == []
    assert "confstore-file: no earlier release" in capsys.readouterr().err


def test_this_repository() -> None:
    """The versions, classifiers and change logs here are in order."""
    assert list(problems_of(ROOT, "")) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        (
            "packages/core/pyproject.toml",
            'version = "0.1.0"',
            'version = "0.2.0"',
            "confstore-file requires confstore>=0.1,<0.2, and the version here is 0.2.0",
        ),
        (
            "packages/file/pyproject.toml",
            ', "Programming Language :: Python :: 3.12"',
            "",
            "confstore-file: the classifiers name Python 3.11",
        ),
        (
            "packages/file/pyproject.toml",
            ">=3.11",
            ">=3.12",
            "confstore-file: requires-python is >=3.12",
        ),
        ("pyproject.toml", "py311", "py312", "ruff checks for Python 3.12, and not for 3.11"),
        (".github/workflows/tests.yml", "3.12", "3.13", "the matrix is not of Python 3.11, 3.12"),
        ("packages/file/LICENSE", "Apache", "MIT", "LICENSE is not the one of the repository"),
        ("packages/file/CHANGELOG.md", "of confstore-file", "of x", "title is another package's"),
        ("packages/file/CHANGELOG.md", "Unreleased", "Next", "first section is not [Unreleased]"),
        ("packages/file/CHANGELOG.md", "### Added", "### New", "### New is none of Added, "),
        ("packages/file/CHANGELOG.md", "- file: ", "- ", "does not begin with '- file: '"),
        ("packages/file/CHANGELOG.md", "options.", "options", "end with a period: - file: `Store`"),
        (
            "packages/file/CHANGELOG.md",
            "## [Unreleased]\n",
            "## [Unreleased]\n\n## [0.0.1] - January\n",
            "## [0.0.1] - January is not of the form [1.2.3] - 2030-12-31",
        ),
        (
            "packages/file/CHANGELOG.md",
            "### Added",
            "## [0.0.1] - 2030-01-01\n\n## [0.0.2] - 2030-01-02\n\n### Added",
            "the releases are not in order",
        ),
        (
            "packages/file/CHANGELOG.md",
            "## [Unreleased]\n",
            "## [Unreleased]\n\n## [0.2.0] - 2030-01-01\n",
            "the change log has 0.2.0, and the version is 0.1.0",
        ),
    ],
)
def test_disagreement(repository: Repository, path: str, old: str, new: str, problem: str) -> None:
    """Each thing that a release says twice is compared."""
    repository.edit(path, old, new)
    assert [one for one in repository.problems() if problem in one]


def test_release_without_an_entry(repository: Repository) -> None:
    """A section of a release has an entry."""
    text = "# Changelog of confstore\n\n## [Unreleased]\n\n## [0.1.0] - 2030-01-31\n"
    repository.write("packages/core/CHANGELOG.md", text)
    assert repository.problems() == ["confstore: 0.1.0 has no entry"]


def test_unknown_tag(repository: Repository) -> None:
    """A tag that is no package's name and version publishes nothing."""
    assert repository.problems("confstore-v9.9.9") == [
        "confstore-v9.9.9 is not the name and version of a package"
    ]


def test_tag_before_its_section(repository: Repository) -> None:
    """A release has a dated section, and nothing is left under [Unreleased]."""
    assert repository.problems("confstore-v0.1.0") == [
        "confstore: the change log has no section [0.1.0]",
        "confstore: entries stand under [Unreleased]: move them under [0.1.0]",
    ]


def test_tag_of_a_release(repository: Repository) -> None:
    """A tag with its section is released."""
    repository.release()
    assert repository.problems("confstore-v0.1.0") == []
    assert repository.problems() == []


def test_change_of_a_released_version(repository: Repository) -> None:
    """What changes after a release needs the next version."""
    repository.release()
    entry = "## [Unreleased]\n\n### Fixed\n\n- core: a fault.\n"
    repository.edit("packages/core/CHANGELOG.md", "## [Unreleased]\n", entry)
    assert repository.problems() == [
        "confstore: confstore-v0.1.0 is released, and more has changed: choose the next version"
    ]


def add_a_name(repository: Repository) -> None:
    module = "packages/core/src/confstore/__init__.py"
    repository.edit(module, "Store as Store,", "Store as Store, private as private,")


def remove_a_name(repository: Repository) -> None:
    module = "packages/core/src/confstore/__init__.py"
    repository.edit(module, "Store as Store, open", "open")


def remove_a_parameter(repository: Repository) -> None:
    repository.edit("packages/core/src/confstore/_store.py", "url, purpose", "url")


def remove_a_method(repository: Repository) -> None:
    repository.edit("packages/core/src/confstore/_store.py", "def get", "def read")


@pytest.mark.parametrize(
    ("change", "name", "problem"),
    [
        (add_a_name, "private", "confstore.private (is new since confstore-v0.1.0)"),
        (remove_a_name, "Store", "confstore.Store (was removed since confstore-v0.1.0)"),
        (remove_a_parameter, "open_store", "open_store (parameter was removed since"),
        (remove_a_method, "get", "Store.get (public object was removed since"),
    ],
)
def test_interface(
    repository: Repository, change: Callable[[Repository], None], name: str, problem: str
) -> None:
    """A public name that came, went or changed is in the change log of the next version."""
    repository.release()
    change(repository)
    repository.edit("packages/core/pyproject.toml", '"0.1.0"', '"0.1.1"')
    (found,) = repository.problems()
    assert problem in found
    entry = f"## [Unreleased]\n\n### Changed\n\n- core: `{name}` is another one.\n"
    repository.edit("packages/core/CHANGELOG.md", "## [Unreleased]\n", entry)
    assert repository.problems() == []


def test_packages_here() -> None:
    """Every package of the repository is found, also the one whose version is in its sources."""
    names = [package.name for package in packages_in(ROOT)]
    assert names == ["confstore", "confstore-dynamodb", "confstore-file", "confstore-memory"]
    (core, *_) = packages_in(ROOT)
    assert core.tag == f"confstore-v{core.version}"
    assert change_log(core).entries["Unreleased"]


def test_pythons_of_the_distributions() -> None:
    """The oldest Python of noxfile.py is the one that pip looks at."""
    text = (ROOT / "packages/core/pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["project"]["requires-python"] == f">={supported_pythons(ROOT)[0]}"


def test_copy_of_what_git_knows(repository: Repository, tmp_path: Path) -> None:
    """What git ignores is not built: it may be left by tests, or hold secrets."""
    repository.write(".gitignore", "*.key\n")
    repository.write("packages/core/src/confstore/my.key", "secret")
    repository.write("packages/core/src/confstore/new.py", "")
    repository.git("rm", "--quiet", "--cached", "LICENSE")
    (repository.root / "packages/file/LICENSE").unlink()
    copy = tmp_path / "copy"
    copy_of(repository.root, copy)
    names = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert "packages/core/src/confstore/new.py" in names
    assert "packages/core/src/confstore/my.key" not in names
    assert "LICENSE" in names
    assert "packages/file/LICENSE" not in names


def test_builds_that_differ() -> None:
    """A distribution of other bytes, or of one build only, is named."""
    first = {"a.whl": b"1", "b.whl": b"1", "c.whl": b"1"}
    assert not_reproduced(first, {"a.whl": b"1", "b.whl": b"2"}) == ["b.whl", "c.whl"]
    assert not_reproduced(first, dict(first)) == []


def test_direct_requirements() -> None:
    """Of what uv compiled, what a package itself requires."""
    compiled = (
        "# compiled\n"
        "attrs==24.2.0  # via confstore (packages/core/pyproject.toml), cattrs\n"
        "vine==5.1.0  # via celery\n"
    )
    assert direct_requirements(compiled).startswith("attrs==24.2.0 ")
    assert "vine" not in direct_requirements(compiled)


def shared_by(sources: list[Path]) -> set[str]:
    """The modules of `tests/` that Python files import, and what those import of them."""
    shared = {path.stem: path for path in (ROOT / "tests").glob("*.py")}
    found: set[str] = set()
    while sources:
        tree = ast.parse(sources.pop().read_text(encoding="utf-8"))
        names = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
        new = (names & shared.keys()) - found
        found |= new
        sources += [shared[name] for name in new]
    return found


@pytest.mark.parametrize("package", packages_in(ROOT), ids=lambda package: package.name)
def test_source_distribution_has_what_its_tests_import(package: Package) -> None:
    """The shared modules of the tests are in each source distribution that needs them."""
    settings = tomllib.loads((package.folder / "pyproject.toml").read_text(encoding="utf-8"))
    included = settings["tool"]["hatch"]["build"]["targets"]["sdist"]["force-include"]
    needed = shared_by([ROOT / "conftest.py", *package.folder.glob("tests/**/*.py")])
    missing = {f"../../tests/{name}.py" for name in needed} - included.keys()
    assert not missing
