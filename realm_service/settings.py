"""Settings of a service: flag over environment over TOML file over default."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from realm_protocol.errors import InvalidSetting
from realm_service.home import HOME_VARIABLE, home_folder

__all__ = ["HOME_VARIABLE", "InvalidSetting", "ServiceSettings", "home_folder", "load"]


class ServiceSettings(BaseSettings):
    """Base of each service's settings. A subclass sets `env_prefix` and describes its fields."""

    model_config = SettingsConfigDict(
        extra="forbid", validate_default=True, frozen=True, use_attribute_docstrings=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, _toml_file(settings_cls))
        return init_settings, env_settings, toml


S = TypeVar("S", bound=ServiceSettings)


def load(settings: type[S], flags: Mapping[str, Any]) -> S:
    """Settings from all sources; flags that are None were not given. Raises `InvalidSetting`."""
    try:
        return settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(map(str, first["loc"])) or "combination"
        raise InvalidSetting(setting=name, detail=first["msg"]) from exc
    except ValueError as exc:  # a TOML file that is none
        raise InvalidSetting(setting=str(_toml_file(settings)), detail=str(exc)) from exc


def _toml_file(settings: type[BaseSettings]) -> Path:
    """`PREFIX_CONFIG` names the file; else it is `config.toml` in the service's folder."""
    prefix = settings.model_config.get("env_prefix", "")
    named = os.environ.get(f"{prefix}CONFIG")
    if named:
        return Path(named)
    return home_folder(prefix.rstrip("_").lower().replace("_", "-")) / "config.toml"
