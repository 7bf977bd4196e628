"""How a message looks in a line. Pure.

In a pipe the line is plain and stays as it is from version to version; at a terminal it has colours
and times as people say them.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

from chat_cli.command_line import texts
from chat_cli.command_line.amounts import amount
from chat_cli.command_line.look import Look
from chat_cli.command_line.texts import say, spoken
from realm_protocol.system_sentences import system_sentence
from realm_service.terminal_text import clean

SHOWN_ID = 8
"""So much of a file's id tells it from the others."""
_INDENT = "\n    "
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"

STATES = {
    "saved": texts.STATE_SAVED,
    "at_realm": texts.STATE_AT_REALM,
    "at_main": texts.STATE_AT_MAIN,
    "delivered": texts.STATE_DELIVERED,
    "read": texts.STATE_READ,
    "refused": texts.STATE_REFUSED,
}
"""What people are told of how far a message of theirs has got."""


def message_line(
    message: Mapping[str, Any], conversation: Mapping[str, Any] | None, me: str, look: Look
) -> str:
    """`2026-11-21 10:55 messi@surabaya: hello`; further lines of a text are indented.

    `conversation` is None where it isn't known any more.
    """
    at = look.paint(look.time(message["at"] or message["sent_at"]), "dim")
    gap = "  " if look.at_terminal else " "
    where = _where(conversation)
    text = clean(_text(message)).replace("\n", _INDENT) + _file(message)
    if message["kind"] == "system":
        return at + gap + look.paint(f"{message['from']}{where}  ({text})", "dim")
    sender = look.paint(message["from"], "green" if message["from"] == me else "bold")
    line = f"{at}{gap}{sender}{look.paint(where, 'cyan')}: "
    return line + (isolated(text) + _state(message, me, look) if look.at_terminal else text)


def _text(message: Mapping[str, Any]) -> str:
    """Changes of a group are said in the language that is spoken."""
    change = message.get("change")
    sentence = None if change is None else system_sentence(change, spoken().value)
    return sentence or str(message["text"])


def _where(conversation: Mapping[str, Any] | None) -> str:
    """The group behind who wrote; of an open room it is said that it is one."""
    if conversation is None or conversation["kind"] == "private":
        return ""
    title = conversation["title"]
    if conversation["kind"] == "room":
        title = say(texts.IN_OPEN_ROOM, room=title)
    return f" in {title}"


def _file(message: Mapping[str, Any]) -> str:
    """What `receivefile` needs to know of a file, behind its name."""
    file = message.get("file")
    if file is None:
        return ""
    told = say(texts.FILE_OF_MESSAGE, id=file["file_id"][:SHOWN_ID], amount=amount(file["size"]))
    return f" [{told}]"


def isolated(text: str) -> str:
    """A text that runs from right to left, kept from turning round what stands beside it."""
    if text.isascii() or not any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return text
    lines = text.split(_INDENT)
    return _INDENT.join(f"{_FIRST_STRONG_ISOLATE}{line}{_POP_ISOLATE}" for line in lines)


def _state(message: Mapping[str, Any], me: str, look: Look) -> str:
    """How far an own message has got."""
    if message["from"] != me or message["state"] not in STATES:
        return ""
    style = "red" if message["state"] == "refused" else "dim"
    return "  " + look.paint(f"({say(STATES[message['state']])})", style)
