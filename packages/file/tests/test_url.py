"""File stores by URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from confstore.errors import InvalidURLError
from confstore_file import open_url


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:prod.json", "prod.json"),
        ("file:config/prod.json", "config/prod.json"),
        ("FILE:./config/prod.json", "config/prod.json"),
        ("file:{folder}/prod.json", "prod.json"),
        ("file://{folder}/prod.json", "prod.json"),
        ("file://localhost{folder}/prod.json", "prod.json"),
        ("file://LocalHost{folder}/prod.json", "prod.json"),
        ("file:my%20config/100%25%23%3F.json", "my config/100%#?.json"),
        ("file:Gr%C3%B6%C3%9Fe.json", "Größe.json"),
        ("file:Größe+1.json", "Größe+1.json"),
        ("file:prod.json?", "prod.json"),
    ],
)
def test_opened(url: str, path: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL names a file, relative or absolute, with percent escapes."""
    monkeypatch.chdir(folder)
    open_url(url.format(folder=folder)).set("db", {"port": 1})
    assert (folder / path).exists()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("memory:prod", "file stores are named like file:config/prod.json"),
        ("prod.json", "file stores are named like file:config/prod.json"),
        ("file:", "a name has 1 to"),
        ("file:///", "a name has 1 to"),
        ("file:config/", "a name has 1 to"),
        ("file://localhost", "a name has 1 to"),
        ("file:..", "the path names no file"),
        ("file://config/prod.json", "'config' would be a host"),
        ("file:prod.json?indent=4", "take no parameters"),
        ("file:prod.json#db", "written %23"),
        ("file:100%.json", "written %25"),
        ("file:%zz.json", "written %25"),
        ("file:%FF.json", "not UTF-8"),
        ("file:a%00b.json", "the path names no file"),
    ],
)
def test_refused(url: str, reason: str) -> None:
    """A URL that cannot be meant says what is wrong with it."""
    with pytest.raises(InvalidURLError) as caught:
        open_url(url)
    assert reason in str(caught.value)
    assert "indent" not in str(caught.value)
