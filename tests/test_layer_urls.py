"""Layers by their URLs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from confstore import (
    Environment,
    LayeredStore,
    Store,
    open_config,
    open_journaled_store,
    open_store,
    origin,
)
from confstore.errors import (
    BackendNotInstalledError,
    CorruptStoreError,
    InvalidURLError,
    ReadOnlyStoreError,
    StoreClosedError,
    StoreNotFoundError,
)
from confstore_file import FileStore


@attrs.frozen
class Database:
    port: int
    host: str = ""


@attrs.frozen
class Settings:
    db: Database


@pytest.fixture
def base(tmp_path: Path) -> str:
    (tmp_path / "base.json").write_text('{"db": {"host": "base", "port": 1}}')
    return f"file:{tmp_path}/base.json"


def layers_of(store: Store) -> LayeredStore:
    assert isinstance(store, LayeredStore)
    return store


@pytest.mark.parametrize("separator", [" ", "  ", "\n", "\t \r\n"])
def test_blanks_separate_layers(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str
) -> None:
    """Several URLs are layers, the strongest first; also with line breaks, from the environment."""
    monkeypatch.setenv("APP_DB__PORT", "5")
    urls = ["env:APP_", f"file:{tmp_path}/dev.json?optional", base]
    text = separator + separator.join(urls) + separator
    monkeypatch.setenv("CONFSTORE_URL", text)
    for url in (text, urls, tuple(urls), None):
        with layers_of(open_store(url, purpose="read")) as store:
            assert store.name == f"env:APP_ file:{tmp_path}/dev.json {base}"
            assert store.get("db") == {"host": "base", "port": 5}
            environment, file = store[:2]
            assert isinstance(environment, Environment)
            assert isinstance(file, FileStore)
    with open_config(schema=Settings) as config:
        assert config.current.db == Database(5, "base")
        assert origin(config, "db", "port").source == "APP_DB__PORT"


def test_one_url_in_a_sequence_is_a_store(base: str) -> None:
    """One URL needs no layers."""
    with FileStore(base.removeprefix("file:")) as expected:
        store: Any = open_store([base])
        assert type(store) is type(expected)
        store.close()


def test_a_schema_is_handed_over(
    base: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Over nothing, a variable has the type of the schema's field."""
    monkeypatch.setenv("APP_DB__PORT", "5")
    (tmp_path / "base.json").write_text("{}")
    with open_config(f"env:APP_ {base}", schema=Settings) as config:
        assert config.current.db.port == 5


def test_a_hand_edit_shows_through_a_config(base: str, tmp_path: Path) -> None:
    """The config looks at the file of a layer again by its own interval."""
    with open_config(f"memory:strong {base}", background=False) as config:
        (tmp_path / "base.json").write_text('{"db": {"port": 7}}')
        config.reload()
        assert config.db == {"port": 7}


@pytest.mark.parametrize(
    ("text", "character", "shown"),
    [
        ("env:A_,file:x.json", ",", "env:A_"),
        ("env:A_, file:x.json", ",", "env:A_"),
        ("file:x.json;FILE:y.json", ";", "file:x.json"),
        ("file:x.json?optional,dynamodb://c/p", ",", "file:x.json"),
        ("memory:x|memory:y", "|", "memory:x"),
        ("file:a.json file:b.json,redis://ada:CANARY@host/0", ",", "file:b.json"),
        (["memory:x,memory:y"], ",", "memory:x"),
        (["memory:x,", "memory:y"], ",", "memory:x"),
    ],
)
def test_another_separator(text: str | list[str], character: str, shown: str) -> None:
    """A comma between two URLs is no part of a name, and the error says what separates them."""
    with pytest.raises(InvalidURLError) as caught:
        open_store(text)
    said = f"store URL {shown!r}: it has a {character!r} where blanks separate the URLs of layers"
    assert str(caught.value).startswith(said)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("name", ["a,b.json", "a,", "a;b", "a,file%3Ab", "files|memory"])
def test_a_separator_in_a_name(tmp_path: Path, name: str) -> None:
    """A name may have one."""
    for url in (f"file:{tmp_path}/{name}", f"env:A_ memory:{name}"):
        with closing(open_store(url, purpose="create")) as store:
            assert dict(store.items() if "memory" in url else {}) == {}


def test_a_drive_of_windows() -> None:
    """A path is no URL, and one letter is no scheme of an adapter."""
    with pytest.raises(BackendNotInstalledError, match="is written file:///C:/PATH"):
        open_store("c:\\config\\prod.json")


def test_a_piece_without_a_scheme(base: str) -> None:
    """A blank within a URL is written %20, and the error does not show what may be a secret."""
    for text in (f"{base} CANARY", f"{base}?x=a CANARY", f"{base} env:APP_ CANARY.json"):
        with pytest.raises(
            InvalidURLError, match="without a scheme: blanks separate the URLs of layers, and a"
        ) as caught:
            open_store(text)
        assert "CANARY" not in str(caught.value)
    with pytest.raises(InvalidURLError, match=r"it starts with a scheme, as in file:dev\.json"):
        open_store(f"dev.json {base}")
    with pytest.raises(InvalidURLError, match=r"a scheme, as in file:config/prod\.json"):
        open_store("//ada:CANARY@dev.json")
    with pytest.raises(InvalidURLError, match="a blank in a URL is written %20"):
        open_store([f"{base} {base}"])


@pytest.mark.parametrize("url", ["env:APP_", "ENV:APP_ env:OTHER_", ["env:APP_"]])
def test_an_environment_alone_is_no_store(url: Any) -> None:
    """It needs a store below."""
    for opens in (open_store, open_config, open_journaled_store):
        with pytest.raises(
            InvalidURLError,
            match=r"an environment is a layer over a store: name one behind it, as in '(?i:env):",
        ):
            opens(url)


@pytest.mark.parametrize("url", ["env:", "env:APP", "env://APP_", "env:APP_?x=1", "env:%41%zz_"])
def test_an_environment_has_a_prefix(url: str, base: str) -> None:
    """A mistyped environment is a mistyped URL."""
    with pytest.raises(InvalidURLError, match="store URL 'env:"):
        open_store(f"{url} {base}")


@pytest.mark.parametrize("url", [b"file:x", 5, [], [5], ["file:x", None], {"file:x"}])
def test_refuses_what_is_no_url(url: Any) -> None:
    """URLs are text, one or a sequence of them."""
    with pytest.raises(TypeError, match="a store's URL is a str such as"):
        open_store(url)


def test_what_was_opened_is_closed_again(
    base: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If one layer cannot be opened, the others do not stay open."""
    opened: list[Any] = []
    init = FileStore.__init__

    def noted(self: FileStore, *arguments: Any, **options: Any) -> None:
        init(self, *arguments, **options)
        opened.append(self)

    monkeypatch.setattr(FileStore, "__init__", noted)
    with pytest.raises(BackendNotInstalledError):
        open_store(f"{base} nothing:x")
    with pytest.raises(InvalidURLError):
        open_store(f"{base} env:")
    with pytest.raises(ValueError, match="no purpose is named"):
        open_store(f"{base} {base}", purpose="look")  # type: ignore[arg-type]
    (tmp_path / "base.json").write_text("{")
    with pytest.raises(CorruptStoreError):
        open_config(f"env:APP_ {base}")
    assert len(opened) == 3
    for store in opened:
        with pytest.raises(StoreClosedError):
            store.get("db")


def test_a_config_closes_its_layers(base: str) -> None:
    """open_config closes what it opened, also where a schema is handed over."""
    config = open_config(f"env:APP_ {base}", schema={"db": Database})
    config.close()
    with pytest.raises(StoreClosedError):
        config.reload()


def test_layers_have_no_journal_of_their_own(base: str) -> None:
    """The journal is that of a layer."""
    with pytest.raises(ReadOnlyStoreError, match="each of its layers has a journal of its own"):
        open_journaled_store(f"env:APP_ {base}")


def test_the_purpose_is_that_of_each_layer(base: str, tmp_path: Path) -> None:
    """Opening for writing checks that each layer can be there."""
    with pytest.raises(StoreNotFoundError, match="the folder of the file"):
        open_store(f"file:{tmp_path}/none/dev.json {base}")
    store = layers_of(open_store(f"file:{tmp_path}/new/dev.json {base}", purpose="create"))
    file = store[0]
    assert isinstance(file, FileStore)
    file.set("db", {"port": 2})
    assert store.get("db") == {"host": "base", "port": 2}
    store.close()
