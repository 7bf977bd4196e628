"""Sending a message to a person or a group. This is what scripts run most: import little here."""

from collections.abc import Mapping

from chat_cli.command_line import exit_codes, texts
from chat_cli.command_line.call import Call
from chat_cli.command_line.exit_codes import ExitCode
from realm_protocol.names import check_key

Arguments = Mapping[str, str]


def send(call: Call, arguments: Arguments, *, key: str | None, wait: float | None) -> ExitCode:
    return send_to(call, arguments["person"], arguments["text"], key, wait)


def sendgroup(call: Call, arguments: Arguments, *, key: str | None, wait: float | None) -> ExitCode:
    return send_to(call, {"group": arguments["group"]}, arguments["text"], key, wait)


def send_to(
    call: Call,
    to: str | dict[str, str],
    text: str,
    key: str | None,
    wait: float | None,
    realm: str | None = None,
) -> ExitCode:
    """`realm`: of which a bare name is; else it is looked for as usual."""
    body = {"to": to, "text": text} | ({} if key is None else {"key": check_key(key)})
    if realm is not None:
        body["realm"] = realm
    seconds = call.configuration.value("wait") if wait is None else wait
    sent = call.service.post(call.path("messages"), body, wait_seconds=seconds)
    code = exit_codes.of_state(sent["state"])
    name = sent["to"]["group"] if isinstance(sent["to"], dict) else sent["to"]
    if code is ExitCode.SAVED:
        call.note(texts.SAVED_NOTE, name=name)
    call.show(sent, texts.SAVED if code is ExitCode.SAVED else texts.SENT, name=name)
    return code
