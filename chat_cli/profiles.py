"""Profiles: several homes of one person, each with its own service, accounts and settings.

Light to import, for commands that run for a moment. The default profile is the home itself; others
lie below it.
"""

import os
from pathlib import Path

from realm_protocol.errors import InvalidName, InvalidSetting
from realm_protocol.names import check_name
from realm_service.home import home_folder, settings_file

PROFILE_VARIABLE = "CHAT_CLI_PROFILE"
CONFIG_VARIABLE = "CHAT_CLI_CONFIG"
DEFAULT_PROFILE = "default"

_FOLDER = "profiles"
_SERVICE = "chat-cli"


def current_profile() -> str:
    """The profile that the environment names; raises `InvalidSetting` where it can't be one."""
    return check_profile(os.environ.get(PROFILE_VARIABLE) or DEFAULT_PROFILE, PROFILE_VARIABLE)


def check_profile(name: str, origin: str) -> str:
    """A name that a profile can have; `origin` is the flag or variable that gave it."""
    try:
        return check_name(name)
    except InvalidName as exc:
        raise InvalidSetting(setting=origin, detail=f"“{name}” is no name") from exc


def home(profile: str | None = None) -> Path:
    """Where everything of a profile lies, the current one when none is named."""
    return home_folder(_SERVICE) / _below(profile or current_profile())


def config_file() -> Path:
    """The current profile's file of settings, which need not be there."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    return settings_file(_SERVICE, _below(current_profile()))


def profiles() -> list[str]:
    """The default one, and every other that has been used."""
    folder = home_folder(_SERVICE) / _FOLDER
    used = [entry.name for entry in folder.iterdir() if entry.is_dir()] if folder.is_dir() else []
    return [DEFAULT_PROFILE, *sorted(used)]


def _below(profile: str) -> str:
    return "" if profile == DEFAULT_PROFILE else f"{_FOLDER}/{profile}"
