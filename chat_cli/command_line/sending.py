"""Sending a message to a person or a group. This is what scripts run most: import little here."""

from collections.abc import Mapping

from chat_cli.command_line import exit_codes, texts
from chat_cli.command_line.call import Call
from chat_cli.command_line.exit_codes import ExitCode
from realm_protocol.names import check_key

Arguments = Mapping[str, str]


def send(call: Call, arguments: Arguments, *, key: str | None, wait: float | None) -> ExitCode:
    return _send(call, arguments["person"], arguments["text"], key, wait)


def sendgroup(call: Call, arguments: Arguments, *, key: str | None, wait: float | None) -> ExitCode:
    return _send(call, {"group": arguments["group"]}, arguments["text"], key, wait)


def _send(
    call: Call, to: str | dict[str, str], text: str, key: str | None, wait: float | None
) -> ExitCode:
    body = {"to": to, "text": text} | ({} if key is None else {"key": check_key(key)})
    seconds = call.configuration.value("wait") if wait is None else wait
    sent = call.service.post(call.path("messages"), body, wait_seconds=seconds)
    code = exit_codes.of_state(sent["state"])
    name = sent["to"]["group"] if isinstance(sent["to"], dict) else sent["to"]
    if code is ExitCode.SAVED:
        call.note(texts.SAVED_NOTE, name=name)
    call.show(sent, texts.SAVED if code is ExitCode.SAVED else texts.SENT, name=name)
    return code
