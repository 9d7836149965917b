"""
Type-checks the Python examples of the documents, as they are printed.

    python tests/typed_documents.py FOLDER

mypy --strict and pyright check them as the code of a user, against the packages that are installed.
A document becomes one module in FOLDER, because its examples follow from each other; the comment
`<!--- typed: another program -->` begins another module, and `<!--- typed: app.py -->` one that
later examples of the document can import by this name. Each line keeps its number, and the
messages of the checkers name the document.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("*.md", "docs/**/*.md", "packages/*/*.md")
BUILT = "_build"
"""The folder of the built site, which holds copies of the documents."""
OLDEST_PYTHON = "3.11"

MYPY = ("--strict", "--config-file=", "--python-version", OLDEST_PYTHON)
# What a checker takes for unreachable, it does not check.
MYPY += ("--warn-unreachable",)
# Examples that stand apart in a document may give a name to two things.
MYPY += ("--allow-redefinition",)
# Two files may have one name, in two folders.
MYPY += ("--namespace-packages", "--explicit-package-bases")
PYRIGHT = {"typeCheckingMode": "standard", "pythonVersion": OLDEST_PYTHON}

_FENCE = re.compile(r"( *)```(\w*)")
_ANOTHER_PROGRAM = re.compile(r"<!--- typed: (?:another program|(\w+)\.py) -->")


class Program(NamedTuple):
    """Examples that follow from each other, and the name of their module, if they have one."""

    code: str
    name: str | None = None


def programs_of(document: str) -> list[Program]:
    """The Python examples of a Markdown document, with an empty line for each other line."""
    programs: list[list[str]] = [[]]
    names: list[str | None] = [None]
    margin, language = "", None
    for number, line in enumerate(document.splitlines()):
        fence = _FENCE.match(line)
        if fence and language is None:
            margin, language = fence.groups()
        elif fence:
            language = None
        elif language == "python":
            programs[-1].append(line.removeprefix(margin))
            continue
        elif another := _ANOTHER_PROGRAM.fullmatch(line):
            programs.append([""] * number)
            names.append(another[1])
        programs[-1].append("")
    codes = ("\n".join(lines).rstrip() + "\n" for lines in programs)
    return list(map(Program, codes, names))


def write_modules(root: Path, folder: Path) -> dict[str, str]:
    """Write the modules of all documents; returns module to document, as relative paths."""
    documents = {}
    for path in sorted(path for pattern in DOCUMENTS for path in root.glob(pattern)):
        document = path.relative_to(root)
        if BUILT in document.parts:
            continue
        for number, (code, given) in enumerate(programs_of(path.read_text(encoding="utf-8"))):
            if not code.strip():
                continue
            # A module has a name that can be imported.
            name = document.stem.replace("-", "_") + (f"_{number}" if number else "")
            name = given or name
            module = document.with_name(f"{name}.py")
            (folder / module).parent.mkdir(parents=True, exist_ok=True)
            (folder / module).write_text(code, encoding="utf-8")
            documents[module.as_posix()] = document.as_posix()
    return documents


def with_documents(text: str, folder: Path, documents: Mapping[str, str]) -> str:
    """The messages of a checker, with the names of documents in place of those of modules."""
    text = text.replace(f"{folder}/", "")
    names = "|".join(re.escape(module) for module in documents)
    return re.sub(rf"^(\s*)({names})(?=:|$)", lambda at: at[1] + documents[at[2]], text, flags=re.M)


def check(folder: Path, documents: Mapping[str, str], checker: str, *arguments: str) -> bool:
    """Run a checker over the modules, and print what it says about the documents."""
    # mypy, too, is to find a module that has a name from the examples beside it.
    folders = {
        str((folder / module).parent)
        for module, document in documents.items()
        if not Path(module).stem.startswith(Path(document).stem.replace("-", "_"))
    }
    answer = subprocess.run(
        [sys.executable, "-m", checker, *arguments, *documents],
        cwd=folder,
        env={**os.environ, "MYPYPATH": os.pathsep.join(sorted(folders))},
        capture_output=True,
        text=True,
        check=False,
    )
    text = with_documents(answer.stdout + answer.stderr, folder, documents)
    print(f"{checker}: {text.strip()}")  # noqa: T201 (a program)
    return answer.returncode == 0


def main(folder: Path) -> int:
    """Check every document with both checkers."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    documents = write_modules(ROOT, folder)
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")
    results = [
        check(folder, documents, "mypy", *MYPY),
        check(folder, documents, "pyright", "--pythonpath", sys.executable),
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
