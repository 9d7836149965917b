"""The modules that the type checkers are given in place of the documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from sybil import Document
from sybil.parsers.markdown import PythonCodeBlockParser

from typed_documents import DOCUMENTS, ROOT, Program, programs_of, with_documents, write_modules

ALL = sorted(path for pattern in DOCUMENTS for path in ROOT.glob(pattern))


def test_lines_keep_their_numbers():
    """Of a document stay its Python examples, each line where it was."""
    document = (
        "# Title\n\n```python\nx = 1\n```\n\n```json\n{}\n```\n\n```python\n\ny = x\n```\nEnd\n"
    )
    assert programs_of(document) == [Program("\n\n\nx = 1\n\n\n\n\n\n\n\n\ny = x\n")]


def test_indented_example():
    """An example within a list loses the margin of its fence and no more."""
    document = "1. Do\n\n   ```python\n   if x:\n       y()\n   ```\n"
    assert programs_of(document) == [Program("\n\n\nif x:\n    y()\n")]


def test_another_program():
    """The comment begins another module, whose lines keep their numbers, too."""
    document = "```python\nx = 1\n```\n<!--- typed: another program -->\n```python\nx = 'a'\n```\n"
    assert programs_of(document) == [Program("\nx = 1\n"), Program("\n\n\n\n\nx = 'a'\n")]


def test_program_with_a_name(tmp_path: Path):
    """A comment names a module, which later examples of the document import."""
    document = "<!--- typed: app.py -->\n```python\nx = 1\n```\n"
    document += "<!--- typed: another program -->\n```python\nfrom app import x\n```\n"
    (tmp_path / "README.md").write_text(document)
    modules = write_modules(tmp_path, tmp_path)
    assert modules == {"app.py": "README.md", "README_2.py": "README.md"}
    assert (tmp_path / "app.py").read_text() == "\n\nx = 1\n"


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_runs_is_checked(path: Path):
    """The examples that a reader sees are those that the tests run, at the same lines."""
    text = path.read_text(encoding="utf-8")
    run = "\n" * text.count("\n")
    document = Document.parse(str(path), PythonCodeBlockParser())
    lines = run.split("\n")
    for example in document.examples():
        if text.split("\n")[example.line - 1].startswith("<!---"):
            # It makes what a reader sees run, and is shown to no reader.
            continue
        code = str(example.parsed).splitlines()
        # Behind the line of the fence.
        lines[example.line : example.line + len(code)] = code
    checked = [""] * len(lines)
    for program in programs_of(text):
        for number, line in enumerate(program.code.splitlines()):
            checked[number] = checked[number] or line
    assert checked == lines


def test_modules_of_a_tree(tmp_path: Path):
    """Each document has a module of a name that can be imported, in a folder of the same name."""
    packages = ("packages/a/README.md", "packages/b/README.md")
    for name in ("README.md", "docs/guides/unit-tests.md", *packages):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("```python\nx = 1\n```\n")
    (tmp_path / "NOTES.md").write_text("No code.\n")
    # What the built site copies is checked where it is written.
    (tmp_path / "docs/_build/html").mkdir(parents=True)
    (tmp_path / "docs/_build/html/README.md").write_text("```python\nx = 1\n```\n")
    folder = tmp_path / "modules"
    assert write_modules(tmp_path, folder) == {
        "README.py": "README.md",
        "docs/guides/unit_tests.py": "docs/guides/unit-tests.md",
        "packages/a/README.py": "packages/a/README.md",
        "packages/b/README.py": "packages/b/README.md",
    }
    assert (folder / "docs/guides/unit_tests.py").read_text() == "\nx = 1\n"


def test_messages_name_the_documents(tmp_path: Path):
    """mypy names the module as it was given, pyright in full; the reader sees the document."""
    documents = {"README.py": "README.md", "packages/a/README.py": "packages/a/README.md"}
    text = (
        "packages/a/README.py:3: error: No\n"
        "README.py:4: note: See README.py\n"
        f"{tmp_path}/README.py\n"
        f"  {tmp_path}/README.py:5:1 - error: No\n"
    )
    assert with_documents(text, tmp_path, documents) == (
        "packages/a/README.md:3: error: No\n"
        "README.md:4: note: See README.py\n"
        "README.md\n"
        "  README.md:5:1 - error: No\n"
    )
