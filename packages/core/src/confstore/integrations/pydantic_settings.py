"""pydantic-settings: the options of a store as a source of settings."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pydantic_settings import PydanticBaseSettingsSource

from confstore import health
from confstore._schemas.fields import Field, Problem, fields_of, model_fields, renamed
from confstore._schemas.secrets import secret_values
from confstore._schemas.unknown import class_within
from confstore.errors import SchemaError, SchemaProblem

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

    from confstore import Config

__all__ = ["ConfigSettingsSource"]


class ConfigSettingsSource(PydanticBaseSettingsSource):
    """
    A source for `settings_customise_sources`: each field takes the option of its name.

    Names are those of a schema (`schema=`): a field's aliases, with `-` in an option read as `_`.
    Options without a field are left out, because other services use the same store; with
    `extra="allow"` they are settings, too. The source reads when settings are made, from memory if
    the config holds a snapshot, and a later change shows in the settings that are made then.
    """

    def __init__(self, settings_cls: type[BaseSettings], config: Config) -> None:
        """
        Read the options.

        Args:
            settings_cls: The class of the settings.
            config: A config of any strategy; whoever opened it closes it.

        Raises:
            SchemaError: Two options fit one field.
            ConfigStoreError: The config could not be read.
        """
        super().__init__(settings_cls)
        # Plain copies: a validator may change what it gets.
        self._given = deepcopy(_settings(settings_cls, config))

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Give the values of a field and their name, and False: they are no JSON."""
        name = field.validation_alias if isinstance(field.validation_alias, str) else field_name
        return self._given.get(name), name, False

    def __call__(self) -> dict[str, Any]:
        """Give the values of every field that has an option."""
        return self._given

    def __repr__(self) -> str:
        # pydantic-settings logs it.
        return f"{type(self).__name__}(options={sorted(self._given)})"


def _settings(cls: type[BaseSettings], config: Config) -> dict[str, Any]:
    options = config.get()
    fields = model_fields(cls)
    option_of, problems = renamed(options, fields, {})
    if problems:
        found = tuple(SchemaProblem(str(path[0]), (), reason) for path, reason in problems)
        raise SchemaError(health(config).store, found)
    given: dict[str, Any] = {}
    # All sources call a field by the first of its names, by which their values are merged.
    first: dict[str, str] = {}
    faults: list[SchemaProblem] = []
    for name, field in fields.items():
        if not field.is_part:
            preferred = first.setdefault(field.attribute, name)
            if name in option_of:
                values, found_in = _with_secrets(field, options[option_of[name]])
                faults += [SchemaProblem(option_of[name], *one) for one in found_in]
                given.setdefault(preferred, values)
    if faults:
        raise SchemaError(health(config).store, tuple(faults))
    # A path begins in an option, also in one that is a field itself.
    for name in _beginnings_of_paths(cls):
        if name in option_of:
            given.setdefault(name, options[option_of[name]])
    if cls.model_config.get("extra") == "allow":
        taken = set(option_of.values())
        given |= {option: values for option, values in options.items() if option not in taken}
    return given


def _with_secrets(field: Field, values: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values of an option, with its secrets as the fields of its class take them."""
    cls = class_within(field)
    if cls is None:
        return values, []
    key_of, _ = renamed(values, fields_of(cls), {})
    replaced, problems = secret_values(values, fields_of(cls), key_of)
    return {**values, **{key_of[name]: value for name, value in replaced.items()}}, problems


def _beginnings_of_paths(cls: type[BaseSettings]) -> Iterator[str]:
    for field in cls.model_fields.values():
        for choice in getattr(field.validation_alias, "choices", [field.validation_alias]):
            yield from getattr(choice, "path", [])[:1]
