"""What the composer makes of its text: a message, a command, or a slip; and what completes it.

The words are those of the command table. Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from realm_protocol.command_table import BY_NAME, WORDS, Kind, Parameter, Word

SHOWN = 6
_NOT_HERE = frozenset(
    {
        *("auth", "register", "guest", "logout", "passwd"),
        *("sendfile", "sendgroupfile", "sendfilerealm", "sendgroupfilerealm", "receivefile"),
    }
)
"""Words that change who is signed in, hold a password, or name a file of the service's machine,
which is no business of a browser."""
_FOR_GUESTS = frozenset(
    {
        *("sendgroup", "members", "inbox", "inboxgroup", "history", "read"),
        *("sessions", "info", "mute", "unmute", "help"),
    }
)
"""What main lets a guest do; the rest isn't offered to them."""
_FITTING = {
    Kind.PERSON: ("person",),
    Kind.PEOPLE: ("person",),
    Kind.GROUP: ("group",),
    Kind.CONVERSATION: ("person", "group"),
}


@dataclass(frozen=True, slots=True)
class Send:
    """A message to whom the conversation is with."""

    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """A line of the grammar."""

    line: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Begins like a command and is none: nothing is sent."""

    word: str
    text: str


@dataclass(frozen=True, slots=True)
class NotHere:
    """A command that the window doesn't run."""

    word: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Only blanks."""


Meaning = Send | Run | Unknown | NotHere | Nothing


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could stand at the end of the line, and the text once it does."""

    shown: str
    usage: str
    help: str
    text: str


@dataclass(frozen=True, slots=True)
class Known:
    """A name that completes an argument; `kind` is `person` or `group`."""

    kind: str
    address: str


def meaning(text: str) -> Meaning:
    """What Enter does with a text. Blanks before a command are a slip, and don't send it."""
    line = text.lstrip()
    if not line:
        return Nothing()
    if line.startswith("//"):
        return Send(line[1:])
    if not line.startswith("/"):
        return Send(text)
    name = line[1:].split(maxsplit=1)[0] if line[1:].split() else ""
    word = BY_NAME.get(name.lower())
    if word is None or line[1:2].isspace():
        return Unknown(f"/{name}", text)
    if word.name in _NOT_HERE:
        return NotHere(f"/{name}")
    return Run(line[1:])


def candidates(
    text: str, known: Iterable[Known], language: str, *, guest: bool = False
) -> list[Candidate]:
    """What completes a command that is being written, without the blanks before it; nothing where
    it is a message.
    """
    line = text.lstrip()
    if not line.startswith("/") or line.startswith("//") or "\n" in line:
        return []
    name, blank, rest = line[1:].partition(" ")
    if not blank:
        return _words(name.lower(), language, guest)
    word = BY_NAME.get(name.lower())
    if word is None:
        return []
    return _arguments(line, word, rest, known, language)[:SHOWN]


def is_finished(text: str) -> bool:
    """Whether the word of a command is written out, so that Enter runs it."""
    return text.lstrip()[1:].partition(" ")[0].lower() in BY_NAME


def in_full(line: str, name: str, address: str) -> str:
    """A line with the address in place of the bare name; the texts in it stay as they are."""
    parts = re.split(r"(\s+)", line)
    word = BY_NAME[parts[0].lower()]
    for index, given in enumerate(parts[2::2]):
        parameter = _parameter(word, index)
        if parameter is not None and parameter.kind in _FITTING:
            kind, colon, named = given.rpartition(":")
            if named.lower() == name:
                parts[2 + 2 * index] = f"{kind}{colon}{address}"
    return "".join(parts)


def _words(begun: str, language: str, guest: bool) -> list[Candidate]:
    found = []
    for word in WORDS:
        if word.name in _NOT_HERE or not any(n.startswith(begun) for n in word.names):
            continue
        if guest and word.name not in _FOR_GUESTS:
            continue
        end = " " if word.parameters else ""
        found.append(
            Candidate(f"/{word.name}", word.usage, _help(word, language), f"/{word.name}{end}")
        )
    return found


def _help(word: Word, language: str) -> str:
    return word.help.indonesian if language == "id" else word.help.english


def _arguments(
    line: str, word: Word, rest: str, known: Iterable[Known], language: str
) -> list[Candidate]:
    given = rest.split(" ")
    parameter = _parameter(word, len(given) - 1)
    if parameter is None or parameter.kind not in _FITTING:
        return [Candidate(f"/{word.name}", word.usage, _help(word, language), line)]
    begun = given[-1].lower()
    found = []
    for one in known:
        if one.kind not in _FITTING[parameter.kind]:
            continue
        prefix = "group:" if parameter.kind is Kind.CONVERSATION and one.kind == "group" else ""
        value = prefix + one.address
        if value.startswith(begun) and value != begun:
            completed = line[: len(line) - len(given[-1])] + value
            found.append(Candidate(value, "", "", completed + " "))
    return found or [Candidate(f"/{word.name}", word.usage, _help(word, language), line)]


def _parameter(word: Word, index: int) -> Parameter | None:
    if index < len(word.parameters):
        return word.parameters[index]
    last = word.parameters[-1] if word.parameters else None
    return last if last is not None and last.kind is Kind.PEOPLE else None
