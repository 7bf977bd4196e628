"""`config` and `profiles`: what holds, where it comes from, and where things lie."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from chat_cli import profiles
from chat_cli.command_line import texts
from chat_cli.command_line.asking import show_rows
from chat_cli.command_line.look import Look
from chat_cli.command_line.output import put, put_json
from chat_cli.command_line.service_client import find
from chat_cli.command_line.tables import Column
from chat_cli.command_line.texts import say

if TYPE_CHECKING:
    from chat_cli.command_line.call import Call
    from chat_cli.configuration import Found


def config(call: "Call", arguments: Mapping[str, str], origin: bool) -> None:
    """Print all settings, as a file of settings has them; or where that file is."""
    if arguments["what"] == "path":
        file = str(call.configuration.file)
        if call.as_json:
            put_json({"path": file, "exists": call.configuration.file.exists()})
        else:
            put(file)
        return
    found = list(call.configuration.all())
    if call.as_json:
        for setting in found:
            put_json(_as_json(setting))
        return
    lines = [_line(setting) for setting in found]
    width = max(map(len, lines))
    for line, setting in zip(lines, found, strict=True):
        put(f"{line:{width}}  # {_origin(setting)}" if origin else line)


def _line(found: "Found") -> str:
    """`wait = 5.0`; behind a number sign where there is no value."""
    if found.value is None:
        return f"# {found.setting.name} ="
    return f"{found.setting.name} = {json.dumps(found.value, ensure_ascii=False)}"


def _origin(found: "Found") -> str:
    return found.origin or found.source.value


def _as_json(found: "Found") -> dict[str, object]:
    return {
        "setting": found.setting.name,
        "value": found.value,
        "source": found.source.value,
        "origin": found.origin or None,
    }


def list_profiles(call: "Call", arguments: Mapping[str, str]) -> None:
    """Print each profile, where it lies, and where its service listens if one runs."""
    current = profiles.current_profile()
    show_rows(call, _COLUMNS, [_profile(name, current) for name in profiles.profiles()])


def _yes_or_no(value: bool, look: Look) -> str:
    return say(texts.YES if value else texts.NO)


_COLUMNS = (
    Column(texts.PROFILE, "profile"),
    Column(texts.CURRENT, "current", _yes_or_no),
    Column(texts.HOME, "home"),
    Column(texts.SERVICE, "service"),
)


def _profile(name: str, current: str) -> dict[str, object]:
    home = profiles.home(name)
    service = find(home)
    return {
        "profile": name,
        "current": name == current,
        "home": str(home),
        "service": service.url if service else None,
    }
