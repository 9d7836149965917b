"""A store by its URL: the scheme finds the adapter."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from confstore import open_store
from confstore._opening.stores import Purpose
from confstore.errors import BackendNotInstalledError, InvalidURLError


@pytest.fixture(autouse=True)
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution with an adapter for `third-party:` URLs."""
    (tmp_path / "third_party_adapter.py").write_text(
        "def open_url(url):\n    return ('store', url)\n"
        "def open_for(url, *, purpose='create'):\n    return (purpose, url)\n"
    )
    metadata = tmp_path / "third_party-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: third-party\nVersion: 1.0\n")
    entry = "[confstore.stores]\nthird-party = third_party_adapter:open_url\n"
    entry += "purposeful = third_party_adapter:open_for\n"
    (metadata / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("CONFSTORE_URL", raising=False)


@pytest.fixture
def no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages without *.dist-info, as in a slim package of Lambda or a program of PyInstaller."""
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: ())


@pytest.fixture
def no_adapters(no_metadata: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no adapter were installed."""
    for scheme in ("dynamodb", "file", "memory"):
        monkeypatch.setitem(sys.modules, f"confstore_{scheme}", None)


def opened(url: str | None = None) -> Any:
    return open_store(url)


def test_adapter_is_found_by_scheme() -> None:
    """Whoever publishes an entry point serves a scheme; the URL reaches it as it is."""
    assert opened("third-party:a%20B?c=D") == ("store", "third-party:a%20B?c=D")


@pytest.mark.parametrize("purpose", ["read", "write", "create"])
def test_adapter_is_told_the_purpose(purpose: Purpose) -> None:
    """What may be made that is absent is for the adapter to know, if it asks."""
    told: Any = open_store("purposeful:prod", purpose=purpose)
    assert told == (purpose, "purposeful:prod")
    not_told: Any = open_store("third-party:prod", purpose=purpose)
    assert not_told == ("store", "third-party:prod")


def test_scheme_has_no_case() -> None:
    """A scheme is the same in capitals."""
    assert opened("Third-Party:Prod") == ("store", "Third-Party:Prod")


def test_url_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same program runs elsewhere by a variable."""
    monkeypatch.setenv("CONFSTORE_URL", "third-party:prod")
    assert opened() == ("store", "third-party:prod")


def test_given_url_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is asked only where the caller says nothing."""
    monkeypatch.setenv("CONFSTORE_URL", "third-party:prod")
    assert opened("third-party:test") == ("store", "third-party:test")


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
def test_no_url_at_all(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable."""
    if value is not None:
        monkeypatch.setenv("CONFSTORE_URL", value)
    said = "no URL of a store is given: pass one, or set CONFSTORE_URL to file:config/prod.json"
    for url in (None, "", " "):
        with pytest.raises(InvalidURLError) as caught:
            open_store(url)
        assert str(caught.value) == said


@pytest.mark.parametrize("url", ["prod", "config/prod.json", ":a", "1a:b", "//a/b"])
def test_url_without_a_scheme(url: str) -> None:
    """The error shows what a URL looks like."""
    with pytest.raises(InvalidURLError, match="starts with a scheme"):
        open_store(url)


def test_error_does_not_show_the_query() -> None:
    """A query may hold what is not to be shown."""
    with pytest.raises(InvalidURLError) as caught:
        open_store("prod?password=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.usefixtures("no_metadata")
def test_adapter_of_ours_without_metadata() -> None:
    """It can be imported, so it is found."""
    store = open_store("memory:without-metadata")
    assert store.name == "without-metadata"
    store.close()


@pytest.mark.usefixtures("no_metadata")
def test_adapter_that_lacks_another_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, and not the adapter that is there."""
    for name in [name for name in sys.modules if name.startswith("confstore_memory")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "confstore_memory._url", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        open_store("memory:test")
    assert caught.value.name == "confstore_memory._url"


@pytest.mark.usefixtures("no_adapters")
@pytest.mark.parametrize("scheme", ["dynamodb", "file", "memory"])
def test_missing_adapter_of_ours(scheme: str) -> None:
    """The error is the command that installs it."""
    with pytest.raises(
        BackendNotInstalledError, match=f"(?m)pip install confstore-{scheme}$"
    ) as caught:
        open_store(f"{scheme}:test")
    assert caught.value.scheme == scheme


def test_mistyped_scheme() -> None:
    """The error says what was probably meant, of what is installed, too."""
    with pytest.raises(BackendNotInstalledError, match=r"did you mean 'third-party'\?"):
        open_store("thirdparty:test")


@pytest.mark.usefixtures("no_adapters")
def test_unknown_scheme() -> None:
    """The error names every scheme there is."""
    with pytest.raises(BackendNotInstalledError, match="known are dynamodb, file, memory"):
        open_store("https://example.org")
