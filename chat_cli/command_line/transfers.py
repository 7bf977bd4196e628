"""`transfers`: files that are on their way or lately were; stopping one, going on, giving it up."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chat_cli.command_line import texts
from chat_cli.command_line.amounts import amount
from chat_cli.command_line.asking import show_rows
from chat_cli.command_line.call import Call
from chat_cli.command_line.look import Look
from chat_cli.command_line.tables import Column
from chat_cli.command_line.texts import Text, say
from realm_protocol.errors import WrongArguments

_WAYS = {"upload": texts.WAY_UP, "download": texts.WAY_DOWN}
_STATES = {
    "waiting": texts.TRANSFER_WAITING,
    "running": texts.TRANSFER_RUNNING,
    "done": texts.TRANSFER_DONE,
    "refused": texts.STATE_REFUSED,
    "cancelled": texts.TRANSFER_CANCELLED,
}
_REMOVE = "remove"
_TOLD = {
    "cancel": texts.TRANSFER_STOPPED,
    "retry": texts.TRANSFER_GOES_ON,
    _REMOVE: texts.TRANSFER_REMOVED,
}


def transfers(call: Call, arguments: Mapping[str, str]) -> None:
    """All of them; or what the action makes of one."""
    if "action" not in arguments:
        found = call.service.get(call.path("transfers"))
        show_rows(call, _COLUMNS, found, texts.NO_TRANSFERS)
        return
    if "transfer" not in arguments:
        detail = say(texts.MISSING, name="TRANSFER")
        raise WrongArguments(detail=detail, usage=call.command.usage)
    action, transfer = arguments["action"], quote(arguments["transfer"], safe="")
    path = call.path(f"transfers/{transfer}")
    if action == _REMOVE:
        told = call.service.get(path)
        call.service.delete(path)
    else:
        told = call.service.post(f"{path}/{action}", {})
    call.show(told, _TOLD[action], file=told["name"])


def _word(words: Mapping[str, Text]) -> Any:
    return lambda value, _: say(words[value]) if value in words else value


def _amount(value: int | None, _: Look) -> str:
    return "" if value is None else amount(value)


_COLUMNS = (
    Column(texts.TRANSFER, "transfer"),
    Column(texts.WAY, "direction", _word(_WAYS)),
    Column(texts.NAME, "name"),
    Column(texts.SIZE, "size", _amount, number=True),
    Column(texts.BYTES_OVER, "done", _amount, number=True),
    Column(texts.STATE, "state", _word(_STATES)),
)
