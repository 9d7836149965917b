"""pydantic-settings: options of a store as a source of settings."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from confstore import Secret, SimpleConfigStore, TimeBasedConfigStore
from confstore.errors import SchemaError, StoreUnavailableError
from confstore.integrations.pydantic_settings import ConfigSettingsSource
from confstore_memory import MemoryConfigStore, MemoryStore


class Database(BaseModel):
    host: str
    port: int = 5432
    hosts: list[str] = []
    password: SecretStr = SecretStr("")


class FromStore(BaseSettings):
    """Settings whose last source is the store of a test."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, ConfigSettingsSource(settings_cls, CONFIGS[-1])


CONFIGS: list[Any] = []


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore("prod", {"db": {"host": "localhost"}, "other-service": {"key": 1}})


@pytest.fixture(params=[TimeBasedConfigStore, SimpleConfigStore])
def config(request: pytest.FixtureRequest, store: MemoryStore) -> Any:
    with request.param(store) as config:
        CONFIGS.append(config)
        yield config
        CONFIGS.pop()


def test_settings(store: MemoryStore, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options are settings, below the environment, merged by field; a change shows in new ones."""

    class Settings(FromStore, env_nested_delimiter="__"):
        db: Database
        debug: bool = False

    assert Settings().db == Database(host="localhost")
    monkeypatch.setenv("DB__PORT", "5433")
    monkeypatch.setenv("DEBUG", "true")
    settings = Settings()
    assert (settings.db, settings.debug) == (Database(host="localhost", port=5433), True)
    store.set("db", {"host": "elsewhere", "port": 1})
    config.reload()
    assert settings.db.host == "localhost"
    assert Settings().db == Database(host="elsewhere", port=5433)
    assert Settings(db=Database(host="given")).db.host == "given"


def test_names(store: MemoryStore, config: Any) -> None:
    """A field takes an option by its aliases, a part of it by a path, and `-` is read as `_`."""

    class Settings(FromStore):
        database: Database = Field(validation_alias=AliasChoices("postgres", "db"))
        host: str = Field(validation_alias=AliasPath("db", "host"))
        region: str = Field("eu", validation_alias=AliasPath("place", "region"))
        other_service: dict[str, int] = {}

    settings = Settings()
    assert settings.database.host == settings.host == "localhost"
    assert settings.other_service == {"key": 1}
    assert settings.region == "eu"
    store.set("postgres", {"host": "elsewhere"})
    store.set("place", {"region": "us"})
    config.reload()
    settings = Settings()
    assert (settings.database.host, settings.host) == ("elsewhere", "localhost")
    assert settings.region == "us"
    source = ConfigSettingsSource(Settings, config)
    field = Settings.model_fields["other_service"]
    assert source.get_field_value(field, "other_service") == ({"key": 1}, "other_service", False)


def test_no_options(store: MemoryStore, config: Any) -> None:
    """Defaults hold for options that the store does not have."""

    class Settings(FromStore):
        cache: dict[str, int] = {"size": 10}

    assert Settings().cache == {"size": 10}


def test_extra(store: MemoryStore, config: Any) -> None:
    """With `extra="allow"` the other services' options are settings, too."""

    class Settings(FromStore):
        model_config = SettingsConfigDict(extra="allow")
        db: Database

    assert Settings().model_extra == {"other-service": {"key": 1}}


def test_two_options_for_one_field(store: MemoryStore, config: Any) -> None:
    """Two options that fit one field are an error that names both."""
    store.set("other_service", {})
    config.reload()

    class Settings(FromStore):
        other_service: dict[str, Any]

    with pytest.raises(
        SchemaError, match="'other_service': fits the same field as 'other-service'"
    ):
        Settings()


def test_values_are_not_shown(store: MemoryStore, config: Any) -> None:
    """The source's `repr`, which pydantic-settings logs, names options and no value."""
    store.set("db", {"host": "localhost", "password": "s3cret"})
    config.reload()

    class Settings(FromStore):
        db: Database

    assert repr(ConfigSettingsSource(Settings, config)) == "ConfigSettingsSource(options=['db'])"
    assert "s3cret" not in repr(Settings())


def test_values_are_the_callers(store: MemoryStore, config: Any) -> None:
    """Settings are plain values, which may be changed, and change nothing of the config."""
    store.set("db", {"host": "localhost", "hosts": ["a"]})
    config.reload()

    class Settings(FromStore):
        db: dict[str, Any]

    Settings().db["hosts"].append("b")
    assert Settings().db["hosts"] == ["a"]


def test_store_is_down(store: MemoryStore) -> None:
    """A store that does not answer raises its own error."""
    CONFIGS.append(SimpleConfigStore(store))
    store.fail()
    with pytest.raises(StoreUnavailableError):
        FromStore()
    CONFIGS.pop()


class WithSecrets(FromStore):
    db: Database


def test_secrets(request: pytest.FixtureRequest) -> None:
    """Pydantic's secrets are made of ours; one in a field for settings is an error."""
    sealed = MemoryConfigStore.sealed(
        options={"db": {"host": "localhost", "password": Secret("s3cret")}}
    )
    request.addfinalizer(sealed.close)
    CONFIGS.append(sealed.config)
    request.addfinalizer(CONFIGS.pop)
    settings = WithSecrets()
    assert settings.db.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)
    sealed.update("db", {"host": Secret("a host")})
    with pytest.raises(SchemaError, match="option 'db', key host: is a secret"):
        WithSecrets()
