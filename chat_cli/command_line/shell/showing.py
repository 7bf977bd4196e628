"""How the shell prints what is its own: arrivals, refusals, notes, and help on its words."""

from collections.abc import Mapping
from typing import Any

from chat_cli.command_line import texts
from chat_cli.command_line.look import Look
from chat_cli.command_line.output import clean, put
from chat_cli.command_line.shell.arrivals import (
    Message,
    Missed,
    NotSent,
    Sent,
    Shown,
    Withdrawn,
)
from chat_cli.command_line.shell.words import SHELL_WORDS
from chat_cli.command_line.texts import say
from realm_protocol.command_table import Word
from realm_protocol.errors import RealmchatError, rebuild
from realm_protocol.grammar import find_word

_REFUSED = "✗"
_DONE = "✓"


def refusal_line(error: RealmchatError, look: Look) -> str:
    """One line: what was wrong, and what to do."""
    return look.paint(f"{_REFUSED} {_one_line(texts.say_error(error))}", "red")


def note_line(text: texts.Bilingual, look: Look, **fields: object) -> str:
    """What is beside a result."""
    return look.paint(f"· {say(text, **fields)}", "dim")


def arrival_line(shown: Shown, look: Look) -> str:
    """Anything but a message, which looks as other commands print it."""
    match shown:
        case Sent(to):
            return look.paint(f"{_DONE} {say(texts.SHELL_SENT_LATER, name=to)}", "green")
        case NotSent(to, error):
            why = _one_line(texts.say_error(_rebuilt(error)))
            said = say(texts.SHELL_NOT_SENT, name=to, why=why)
            return look.paint(f"{_REFUSED} {said}", "red")
        case Withdrawn(reason):
            why = texts.say_error(_rebuilt(reason)) if isinstance(reason, Mapping) else str(reason)
            said = say(texts.SHELL_WITHDRAWN, why=_one_line(why))
            return look.paint(f"{_REFUSED} {said}", "red")
        case Missed():
            return look.paint(f"· {say(texts.SHELL_MISSED)}", "yellow")
        case Message():
            raise TypeError("messages are printed with their conversation")


def _rebuilt(error: Mapping[str, Any]) -> RealmchatError:
    fields = {name: value for name, value in error.items() if name not in ("code", "message")}
    return rebuild(str(error.get("code")), fields)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split("\n"))


def put_help(name: str | None) -> None:
    """All words with what they do; of one, what its parameters mean. Raises `UnknownCommand`."""
    if name is not None:
        for line in _explained(find_word(name, SHELL_WORDS)):
            put(line)
        return
    words = list(dict.fromkeys(SHELL_WORDS.values()))
    width = max(len(word.name) for word in words)
    for word in words:
        put(f"  {word.name:<{width}}  {say(word.help)}")


def _explained(word: Word) -> list[str]:
    lines = [word.usage, f"  {say(word.help)}"]
    width = max((len(parameter.name) for parameter in word.parameters), default=0)
    lines += [
        f"  {parameter.name.upper():<{width}}  {say(parameter.meaning)}"
        for parameter in word.parameters
    ]
    if word.aliases:
        lines.append(f"  = {', '.join(word.aliases)}")
    return lines
