"""How the shell prints what is its own: arrivals, refusals and notes. Pure."""

from collections.abc import Mapping
from typing import Any

from prompt_toolkit.utils import get_cwidth

from chat_cli.command_line import texts
from chat_cli.command_line.look import Look
from chat_cli.command_line.shell.arrivals import (
    Message,
    Missed,
    NotSent,
    Sent,
    Shown,
    Withdrawn,
)
from chat_cli.command_line.texts import say
from realm_protocol.errors import RealmchatError, rebuild
from realm_service.terminal_text import clean

_REFUSED = "✗"
_DONE = "✓"
_NOTE = "·"


def refusal_line(error: RealmchatError, look: Look) -> str:
    """What was wrong, and what to do."""
    return _said(_REFUSED, texts.say_error(error), "red", look)


def note_line(text: texts.Bilingual, look: Look, **fields: object) -> str:
    """What is beside a result."""
    return _said(_NOTE, say(text, **fields), "dim", look)


def arrival_line(shown: Shown, look: Look) -> str:
    """Anything but a message, which looks as other commands print it."""
    match shown:
        case Sent(to):
            return _said(_DONE, say(texts.SHELL_SENT_LATER, name=to), "green", look)
        case NotSent(to, error):
            why = texts.say_error(_rebuilt(error))
            return _said(_REFUSED, say(texts.SHELL_NOT_SENT, name=to, why=why), "red", look)
        case Withdrawn(reason):
            why = texts.say_error(_rebuilt(reason)) if isinstance(reason, Mapping) else str(reason)
            return _said(_REFUSED, say(texts.SHELL_WITHDRAWN, why=why), "red", look)
        case Missed():
            return _said(_NOTE, say(texts.SHELL_MISSED), "yellow", look)
        case Message():
            raise TypeError("messages are printed with their conversation")


def _rebuilt(error: Mapping[str, Any]) -> RealmchatError:
    fields = {name: value for name, value in error.items() if name not in ("code", "message")}
    return rebuild(str(error.get("code")), fields)


def _said(sign: str, text: str, style: str, look: Look) -> str:
    """A sentence of the shell's, broken between words where the terminal is too narrow."""
    rows = wrapped(f"{sign} {clean(text)}", look.width)
    return "\n".join(look.paint(row, style) for row in rows)


def wrapped(text: str, width: int) -> list[str]:
    """Rows of so many columns; what has no space to be broken at, the terminal breaks."""
    rows: list[str] = []
    for piece in text.split():
        if rows and get_cwidth(rows[-1]) + 1 + get_cwidth(piece) <= width:
            rows[-1] += f" {piece}"
        else:
            rows.append(f"  {piece}" if rows else piece)
    return rows
