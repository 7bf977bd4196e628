"""Where services keep their data and find their settings. Light to import: no library is needed
while `REALMCHAT_HOME` says where."""

import os
import sys
from pathlib import Path

HOME_VARIABLE = "REALMCHAT_HOME"
SETTINGS_FILE = "config.toml"

_APPLICATION = "realmchat"
_FOLDERS = {"main-server": "main", "chat-cli": "chat-cli", "realm-server": "realm"}


def home_folder(service: str) -> Path:
    """Where a service keeps its data: below `REALMCHAT_HOME`, else the platform's place."""
    name = _FOLDERS.get(service, service)
    return _chosen_home(name) or _platform_folder("data") / name


def config_folder(service: str) -> Path:
    """Where people keep a service's settings: with its data below `REALMCHAT_HOME`, else the
    platform's place for settings."""
    name = _FOLDERS.get(service, service)
    return _chosen_home(name) or _platform_folder("config") / name


def settings_file(service: str, below: str = "") -> Path:
    """The file of settings, which need not be there.

    Beside the data it counts only while none is in the folder of settings.
    """
    file = config_folder(service) / below / SETTINGS_FILE
    beside_the_data = home_folder(service) / below / SETTINGS_FILE
    # Not as a path is asked: where a folder can't be looked into, there is no file to be read.
    only_beside = os.path.exists(beside_the_data) and not os.path.exists(file)  # noqa: PTH110
    return beside_the_data if only_beside else file


def _chosen_home(name: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home).expanduser().absolute() / name if home else None


_XDG = {
    "data": ("XDG_DATA_HOME", ".local/share"),
    "config": ("XDG_CONFIG_HOME", ".config"),
}


def _platform_folder(of: str) -> Path:
    if sys.platform == "linux":
        # By the specification that platformdirs goes by, without the 8 ms that it takes to import:
        # a test holds that it comes to the same.
        variable, below = _XDG[of]
        chosen = os.environ.get(variable, "").strip()
        return Path(chosen or Path.home() / below) / _APPLICATION
    import platformdirs

    folder = {"data": platformdirs.user_data_dir, "config": platformdirs.user_config_dir}[of]
    return Path(folder(_APPLICATION, appauthor=False))
