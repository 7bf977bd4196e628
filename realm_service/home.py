"""Where services keep their data. Light to import, for command lines that run for a moment."""

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "REALMCHAT_HOME"

_FOLDERS = {"main-server": "main", "chat-cli": "chat-cli", "realm-server": "realm"}


def home_folder(service: str) -> Path:
    """Where a service keeps its data: below `REALMCHAT_HOME`, else the platform's place."""
    name = _FOLDERS.get(service, service)
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home).expanduser().absolute() / name
    return Path(platformdirs.user_data_dir("realmchat", appauthor=False)) / name
