"""File stores by URL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from confstore.adapter import StoreURL
from confstore.errors import InvalidURLError, StoreNotFoundError, StoreUnavailableError
from confstore_file import FileStore, open_url
from confstore_file._url import path_of


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
    open_url(url.format(folder=folder), purpose="create").set("db", {"port": 1})
    assert (folder / path).exists()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("memory:prod", "file stores are named like file:config/prod.json"),
        ("prod.json", "starts with a scheme"),
        ("file:", "a name has 1 to"),
        ("file:///", "a name has 1 to"),
        ("file:config/", "a name has 1 to"),
        ("file://localhost", "a name has 1 to"),
        ("file:..", "the path names no file"),
        ("file://config/prod.json", "'config' would be a host"),
        ("file:prod.json?indent=4", "unknown parameter 'indent': known are optional"),
        ("file:prod.json?optinal", "did you mean 'optional'"),
        ("file:prod.json?optional=yes", "true or false"),
        ("file:my prod.json", "written %20"),
        ("file:prod.json#db", "written %23"),
        ("file:100%.json", "write %25"),
        ("file:%zz.json", "write %25"),
        ("file:%FF.json", "not UTF-8"),
        ("file:a%00b.json", "the path names no file"),
    ],
)
def test_refused(url: str, reason: str) -> None:
    """A URL that cannot be meant says what is wrong with it."""
    with pytest.raises(InvalidURLError) as caught:
        open_url(url)
    assert reason in str(caught.value)
    assert "4" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["file://ada:s3cret@host/prod.json", "file://ada:s3/cret@/x#y", "file:///a%?p=s3cret"]
)
def test_credentials(url: str) -> None:
    """No error shows a password that somebody put into a URL."""
    with pytest.raises(InvalidURLError) as caught:
        open_url(url)
    assert "s3" not in str(caught.value)
    assert "cret" not in str(caught.value)


def test_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~/` is the home, and an escaped one is a folder of that name."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder)
    assert open_url("file:~/prod.json").files()[0] == str(folder / "prod.json")
    store = open_url("file:%7E/prod.json", purpose="read")
    assert store.files()[0] == str(folder / "~" / "prod.json")


@pytest.mark.parametrize(
    ("encoded", "is_windows", "path"),
    [
        ("/C:/app/prod.json", True, "C:/app/prod.json"),
        ("/c%3A/prod.json", True, "c:/prod.json"),
        ("/C:/app/prod.json", False, "/C:/app/prod.json"),
        ("/app/prod.json", True, "/app/prod.json"),
    ],
)
def test_drive(encoded: str, is_windows: bool, path: str) -> None:
    """On Windows, and only there, the first folder may be a drive."""
    url = StoreURL.parse("file:")
    assert path_of(encoded, url, is_windows=is_windows) == path


def test_path_that_the_locale_cannot_write(folder: Path) -> None:
    """It is refused by an error of confstore, not by one of Python."""
    code = "from confstore_file import FileStore; FileStore('\\xf6.json')"
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "InvalidNameError" in ran.stderr
    assert "PYTHONUTF8=1" in ran.stderr


def test_to_read_the_file_has_to_be_there(folder: Path) -> None:
    """An absent file is mistyped, and no empty store; the closest one is named."""
    (folder / "prod.json").write_text("{}")
    with pytest.raises(StoreNotFoundError, match=r"did you mean 'prod\.json'\?"):
        open_url(f"file:{folder}/prd.json", purpose="read").get("db")
    with pytest.raises(
        StoreNotFoundError, match=r"(?m)is not there; correct its path, or make the file$"
    ):
        open_url(f"file:{folder}/zzz.json", purpose="read").items()
    assert list(open_url(f"file:{folder}/prod.json", purpose="read").items()) == []


def test_to_write_the_folder_has_to_be_there(folder: Path) -> None:
    """An absent folder is mistyped; a file in a folder that is there is made by the write."""
    open_url(f"file:{folder}/prod.json", purpose="write").set("db", {"port": 1})
    for purpose in ("read", "write"):
        with pytest.raises(StoreNotFoundError, match="the folder of the file"):
            open_url(f"file:{folder}/config/prod.json", purpose=purpose).poll()
    open_url(f"file:{folder}/config/prod.json", purpose="create").set("db", {"port": 1})


def test_link_is_looked_at_where_it_leads(folder: Path) -> None:
    """A link to a file that is absent is as absent as that."""
    (folder / "link.json").symlink_to(folder / "real" / "prod.json")
    with pytest.raises(StoreNotFoundError):
        open_url(f"file:{folder}/link.json", purpose="write")
    (folder / "real").mkdir()
    with pytest.raises(StoreNotFoundError):
        open_url(f"file:{folder}/link.json", purpose="read").items()
    open_url(f"file:{folder}/link.json", purpose="write").set("db", {"port": 1})
    assert open_url(f"file:{folder}/link.json", purpose="read").get("db") == {"port": 1}


def test_link_to_nowhere_is_not_meant(folder: Path) -> None:
    """What was asked for is not suggested."""
    (folder / "link.json").symlink_to(folder / "real.json")
    with pytest.raises(
        StoreNotFoundError, match=r"(?m)is not there; correct its path, or make the file$"
    ):
        open_url(f"file:{folder}/link.json", purpose="read").items()


def test_file_that_is_gone_while_its_journal_is_there(folder: Path) -> None:
    """The store is no mistyped one: whoever reads is told how to have it back."""
    store = open_url(f"file:{folder}/prod.json")
    store.enable_journal()
    store.set("db", {"port": 1})
    (folder / "prod.json").unlink()
    with pytest.raises(StoreUnavailableError, match="put it back"):
        open_url(f"file:{folder}/prod.json", purpose="read").items()


def test_created(folder: Path) -> None:
    """The file and its folder are made, once."""
    store = FileStore(folder / "config" / "prod.json")
    store.create()
    assert (folder / "config" / "prod.json").read_text() == "{}\n"
    store.set("db", {"port": 1})
    store.create()
    assert store.get("db") == {"port": 1}


def test_lost_file_is_not_created_anew(file: Path) -> None:
    """A journal without its file is for somebody to look at."""
    store = FileStore(file)
    store.create()
    store.enable_journal()
    store.close()
    file.unlink()
    with pytest.raises(StoreUnavailableError, match="its journal is not"):
        FileStore(file).create()
