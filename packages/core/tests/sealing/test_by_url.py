"""Sealing by URL: keys and references are taken before an adapter sees it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from confstore import LocalKeys, SealedStore, Secret, Store, open_store
from confstore.errors import BackendNotInstalledError, InvalidURLError, SecretError

CANARY = "canary-5e1f"

ADAPTER = """
class Vault:
    kind = "vault"
    key_id = "one"
    texts = []
    def __init__(self, text, parameters):
        Vault.texts.append((text, dict(parameters)))
    @classmethod
    def from_url(cls, text, parameters):
        if text == "bad":
            raise ValueError("the vault's text is bad")
        return cls(text, parameters)
    def seal(self, plaintext, place):
        return plaintext.hex()
    def open_many(self, sealed):
        from confstore import Opened
        return [Opened(bytes.fromhex(text), "one") for text, _ in sealed]

class Shelf:
    @classmethod
    def from_url(cls, text, parameters):
        return cls()
    def fetch_many(self, names):
        from confstore import Fetched
        return [Fetched(name.upper(), "1") for name in names]
"""


@pytest.fixture(autouse=True)
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution with keys of the kind `vault`, and references of `shelf`."""
    (tmp_path / "vault_adapter.py").write_text(ADAPTER)
    metadata = tmp_path / "vault-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: vault\nVersion: 1.0\n")
    entry = "[confstore.keys]\nvault = vault_adapter:Vault\nshelf = vault_adapter:Shelf\n"
    (metadata / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("CONFSTORE_SECRET_KEY", raising=False)
    monkeypatch.setitem(sys.modules, "vault_adapter", None)
    monkeypatch.delitem(sys.modules, "vault_adapter")


@pytest.fixture
def no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages without *.dist-info, as in a slim package of Lambda."""
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: ())


def password(store: Store) -> Any:
    """The secret of the store, as it is read."""
    return store.get("db")["password"]


def sealed_through(url: str) -> Any:
    """A secret that was written by one handle and is read by another one."""
    open_store(url, purpose="create").set("db", {"password": Secret(CANARY)})
    return password(open_store(url, purpose="create"))


def refused(url: str) -> str:
    """Why a URL is refused; the reason never shows its query."""
    with pytest.raises((InvalidURLError, BackendNotInstalledError)) as caught:
        open_store(url, purpose="create")
    assert CANARY not in str(caught.value)
    return str(caught.value)


# -- keys ---------------------------------------------------------------------------------------


def test_a_random_key() -> None:
    """Every handle of the process opens what another one has sealed; for tests."""
    assert sealed_through("memory:by-url-random?secrets=random").reveal() == CANARY
    assert "takes no text" in refused("memory:x?secrets=random:a")


def test_keys_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path may begin with a tilde."""
    (tmp_path / "keys").write_text(LocalKeys.generate().text)
    (tmp_path / "keys").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    url = f"file:{tmp_path}/prod.json?secrets=local:~/keys"
    assert sealed_through(url).reveal() == CANARY
    assert CANARY not in (tmp_path / "prod.json").read_text()


def test_a_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`CONFSTORE_SECRET_KEY` holds what a key file does."""
    monkeypatch.setenv("CONFSTORE_SECRET_KEY", LocalKeys.generate().text)
    assert sealed_through("memory:by-url-environment?secrets=local").reveal() == CANARY


def test_a_key_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each error says what to set, or which file."""
    assert "CONFSTORE_SECRET_KEY, which is not set" in refused("memory:x?secrets=local")
    monkeypatch.setenv("CONFSTORE_SECRET_KEY", CANARY)
    made = "`confstore secrets keygen` makes one"
    said = f"CONFSTORE_SECRET_KEY holds no local key: {made}"
    assert refused("memory:x?secrets=local").endswith(said)
    said = f"the key file '{tmp_path}/absent' of secrets=local is not there: {made}"
    assert refused(f"memory:x?secrets=local:{tmp_path}/absent").endswith(said)
    assert "is not a file" in refused(f"memory:x?secrets=local:{tmp_path}")
    keys = tmp_path / "keys"
    keys.write_text(CANARY)
    assert "keys holds no local keys" in refused(f"memory:x?secrets=local:{keys}")
    keys.chmod(0o666)
    assert "others may write it" in refused(f"memory:x?secrets=local:{keys}")


@pytest.mark.parametrize(
    ("secrets", "advice"),
    [
        ("my.key", "a key file is written secrets=local:my.key"),
        ("keys", "a key file is written secrets=local:keys"),
        ("./keys", "a key file is written secrets=local:./keys"),
        ("~/keys", "a key file is written secrets=local:~/keys"),
        ("c:%5Ckeys", "a key file is written secrets=local:c:\\keys"),
        ("alias/config", "a key of KMS is written secrets=kms:alias/config"),
        ("arn:aws:kms:eu-west-1:1:key/a", "is written secrets=kms:arn:aws:kms:eu-west-1:1:key/a"),
        ("KMS!", "secrets= has kms:KEY, local:KEYFILE or local, and here something else"),
    ],
)
def test_a_kind_that_was_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secrets: str, advice: str
) -> None:
    """A path or a key of KMS is said to need its kind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").write_text(LocalKeys.generate().text)
    assert refused(f"memory:x?secrets={secrets}").endswith(advice)


def test_a_key_in_the_url() -> None:
    """It belongs into a file or the environment, and is not shown."""
    text = LocalKeys.generate().text.strip()
    for secrets in (text, f"local:{text}", text.partition(":")[2]):
        said = refused(f"memory:x?secrets={secrets.replace('/', '%2F').replace('+', '%2B')}")
        assert text.partition(":")[2] not in said
        assert "CONFSTORE_SECRET_KEY" in said or "secrets= has kms:KEY" in said


def test_keys_of_another_adapter() -> None:
    """A third party serves a kind of its own, and sees the URL's other parameters."""
    with pytest.raises(InvalidURLError):
        # Memory takes no parameters: it is the adapter that says so.
        open_store("memory:x?region=a&secrets=vault:some%20text")
    import vault_adapter  # type: ignore[import-not-found]  # made by this test

    assert sealed_through("memory:by-url-vault?secrets=vault:b").reveal() == CANARY
    assert vault_adapter.Vault.texts[-1] == ("b", {})
    assert "the vault's text is bad" in refused("memory:x?secrets=vault:bad")


def test_the_other_parameters_reach_the_keys(tmp_path: Path) -> None:
    """Keys of AWS are in the region of the table, unless they say otherwise."""
    from confstore._secrets.by_url import take_sealing

    url = "dynamodb://t/s?region=eu-west-1&secrets=vault:k&profile=a%2Bb&secrets_context=old%2Fs"
    rest, sealing = take_sealing(url, "dynamodb://t/s")
    assert rest == "dynamodb://t/s?region=eu-west-1&profile=a%2Bb"
    assert sealing is not None
    assert sealing.others == {"region": "eu-west-1", "profile": "a+b"}
    assert sealing.context == "old/s"
    assert take_sealing("memory:x?my_secrets=1", "memory:x") == ("memory:x?my_secrets=1", None)


def test_kms_without_metadata(no_metadata: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own adapter is found without entry points; where it is absent, the error says so."""
    store = open_store("memory:by-url-kms?secrets=kms:alias/config", purpose="create")
    assert isinstance(store, SealedStore)
    monkeypatch.setitem(sys.modules, "confstore_dynamodb", None)
    assert "pip install confstore-dynamodb" in refused("memory:x?secrets=kms:alias/config")


def test_an_adapter_that_lacks_something(
    no_metadata: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A package that is there, and needs another one, says so itself."""
    (tmp_path / "confstore_dynamodb.py").write_text("import absent_package")
    monkeypatch.setitem(sys.modules, "confstore_dynamodb", None)
    monkeypatch.delitem(sys.modules, "confstore_dynamodb")
    with pytest.raises(ModuleNotFoundError, match="absent_package"):
        open_store("memory:x?secrets=kms:alias/config", purpose="create")


def test_an_unknown_kind() -> None:
    """A mistyped kind is told the closest one."""
    assert "did you mean 'kms'?" in refused("memory:x?secrets=kmss:alias/config")
    assert "did you mean 'kms'?" in refused("memory:x?secrets=kmss")
    assert "known are asm, kms, local" in refused("memory:x?secrets=something:else")


# -- references ---------------------------------------------------------------------------------


def test_references() -> None:
    """Which names may be followed is said by the operator."""
    url = "memory:by-url-references?references=shelf:prod/*,shelf:other"
    store = open_store(url, purpose="create")
    values: Mapping[str, Any] = {
        name: Secret.reference(f"shelf:{name}") for name in ("prod/db", "other", "secret")
    }
    store.set("db", values)
    read: Mapping[str, Any] = store.get("db")
    assert read["prod/db"].reveal() == "PROD/DB"
    assert read["other"].reveal() == "OTHER"
    with pytest.raises(SecretError, match="does not allow 'shelf:secret'"):
        read["secret"].reveal()


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("references=prod/*", "references= has KIND:NAMES"),
        ("references=shelf:a,", "references= has KIND:NAMES"),
        ("references=shelf:", "a pattern of references is KIND:NAMES"),
        ("references=vault:a", "'vault' refers to nothing: give it to secrets="),
        ("secrets=shelf:a", "'shelf' seals nothing: give it to references="),
        ("references=shel:a", "did you mean 'shelf'?"),
        ("secrets=", "'secrets' is given once, and not empty"),
        ("secrets=random&secrets=random", "'secrets' is given once, and not empty"),
        ("secrets_context", "'secrets_context' is given once, and not empty"),
    ],
)
def test_what_cannot_be_understood(query: str, reason: str) -> None:
    """A mistake in the URL is an error at the start."""
    assert reason in refused(f"memory:x?{query}")


# -- context ------------------------------------------------------------------------------------


def test_a_restored_store() -> None:
    """After a restore under another name, the URL gives the old one."""
    sealed_through("memory:by-url-before?secrets=random")
    before = open_store("memory:by-url-before", purpose="create")
    open_store("memory:by-url-after", purpose="create").set("db", before.get("db"))
    url = "memory:by-url-after?secrets=random"
    with pytest.raises(SecretError, match="secrets_context"):
        password(open_store(url, purpose="create")).reveal()
    store = open_store(f"{url}&secrets_context=by-url-before", purpose="create")
    assert password(store).reveal() == CANARY


def test_without_parameters_nothing_is_sealed() -> None:
    """A store that was not asked to seal shows texts, and refuses secrets."""
    store = open_store("memory:by-url-plain", purpose="create")
    assert not isinstance(store, SealedStore)
    assert os.environ.get("CONFSTORE_SECRET_KEY") is None


def test_the_word_in_another_parameter() -> None:
    """A store is sealed by the parameter of that name, and by nothing else."""
    url = "dynamodb://config/prod?region=eu-west-1&endpoint_url=http://127.0.0.1:9/secrets"
    with closing(open_store(url, purpose="read")) as store:
        assert not isinstance(store, SealedStore)
