"""Settings of a service: flag over environment over TOML file over default."""

import os
from collections.abc import Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from realm_protocol.errors import InvalidSetting, RealmchatError, UnknownSetting
from realm_service.home import HOME_VARIABLE, home_folder, settings_file

__all__ = ["HOME_VARIABLE", "InvalidSetting", "ServiceSettings", "home_folder", "load"]


class ServiceSettings(BaseSettings):
    """Base of each service's settings. A subclass sets `env_prefix` and describes its fields."""

    model_config = SettingsConfigDict(
        extra="forbid", validate_default=True, frozen=True, use_attribute_docstrings=True
    )

    read_elsewhere: ClassVar[frozenset[str]] = frozenset()
    """Keys of the same file that another program reads."""

    @classmethod
    def config_file(cls) -> Path:
        """`PREFIX_CONFIG` names the file; else it is `config.toml` in the service's folder."""
        prefix = cls.model_config["env_prefix"]
        named = os.environ.get(f"{prefix}CONFIG")
        return Path(named) if named else settings_file(prefix.rstrip("_").lower().replace("_", "-"))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _File(cls)


class _File(TomlConfigSettingsSource):
    """The settings of the file that are this service's own."""

    def __init__(self, settings: type[ServiceSettings]) -> None:
        self._others = settings.read_elsewhere
        file = settings.config_file()
        named = f"{settings.model_config['env_prefix']}CONFIG"
        if os.environ.get(named) and not file.exists():
            raise InvalidSetting(setting=named, detail=f"no file {file}")
        super().__init__(settings, file)

    def __call__(self) -> dict[str, Any]:
        return {
            name: value for name, value in super().__call__().items() if name not in self._others
        }


S = TypeVar("S", bound=ServiceSettings)


def load(settings: type[S], flags: Mapping[str, Any]) -> S:
    """Settings from all sources; flags that are None were not given. Raises `InvalidSetting`."""
    try:
        return settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as exc:
        raise _wrong(settings, exc) from exc
    except (OSError, ValueError) as exc:  # a file that can't be read, or is no TOML
        raise InvalidSetting(setting=str(settings.config_file()), detail=str(exc)) from exc


def _wrong(settings: type[ServiceSettings], exc: ValidationError) -> RealmchatError:
    """What is wrong with the first setting that is."""
    first = exc.errors()[0]
    name = ".".join(map(str, first["loc"])) or "combination"
    if first["type"] == "extra_forbidden":
        known = {*settings.model_fields, *settings.read_elsewhere}
        near = max(known, key=lambda key: SequenceMatcher(None, name, key).ratio())
        return UnknownSetting(file=str(settings.config_file()), setting=name, nearest=near)
    return InvalidSetting(setting=name, detail=first["msg"])
