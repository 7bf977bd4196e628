"""Sending a message to a person or a group. This is what scripts run most: import little here."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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
    return show_outcome(call, sent)


# --- what became of it ---------------------------------------------------------------------------


class _Words(NamedTuple):
    """What was done with a text and with a file, and what is beside it."""

    text: texts.Text
    file: texts.Text
    note: texts.Text | None = None


_AT_MAIN = _Words(texts.SENT, texts.FILE_SENT)
_SAVED = _Words(texts.SAVED, texts.FILE_SAVED, texts.SAVED_NOTE)
_AT_NEIGHBOUR = _Words(texts.SENT_WITHIN, texts.FILE_SENT_WITHIN, texts.NEIGHBOUR_NOTE)
_AT_GROUP = _Words(texts.SENT_WITHIN, texts.FILE_SENT_WITHIN, texts.GROUP_NOTE)


def show_outcome(call: Call, sent: Mapping[str, Any], *, file: str = "") -> ExitCode:
    """How far a message has got; `file` is the name of the one that it is."""
    realm = call.account.rpartition("@")[2]
    to = sent["to"]
    name = to["group"] if isinstance(to, dict) else to
    words = _words(sent["state"], to, realm)
    if words.note is not None:
        call.note(words.note, name=name, realm=realm)
    call.show(sent, words.file if file else words.text, name=name, realm=realm, file=file)
    return exit_codes.of_state(sent["state"])


def _words(state: str, to: str | dict[str, str], realm: str) -> _Words:
    """What the realm keeps for main, people of the site see at once; all others must wait."""
    if exit_codes.of_state(state) is ExitCode.DONE:
        return _AT_MAIN
    if state == "saved":
        return _SAVED
    if isinstance(to, dict):
        return _AT_GROUP
    return _AT_NEIGHBOUR if to.endswith(f"@{realm}") else _SAVED
