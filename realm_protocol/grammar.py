"""The text grammar: lines that people and older programs type, read and printed.

A line is a word of the command table and its parameters, parted by single spaces. Spaces and line
ends behind the last one don't count, nor does a second space before a text. Pure: who a name means,
and what a word does, is decided by the service that runs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from realm_protocol.command_table import BY_NAME, Kind, Parameter, Word
from realm_protocol.errors import UnknownCommand, WrongArguments

_ENDS = " \r\n"
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """A word and what was given for its parameters, by their names."""

    word: Word
    arguments: Mapping[str, str]


def parse_line(line: str, words: Mapping[str, Word] = BY_NAME) -> ParsedLine:
    """Read a line; raise `UnknownCommand` or `WrongArguments`.

    `words`, by name and alias, may have more than the table where more can be typed.
    """
    name, _, rest = line.lstrip(" ").rstrip(_ENDS).partition(" ")
    if not name:
        raise WrongArguments(detail="The line is empty.", usage="WORD …; `help` lists the words.")
    word = find_word(name, words)
    arguments: dict[str, str] = {}
    for parameter in word.parameters:
        if not rest:
            break
        arguments[parameter.name], rest = _take(word, parameter, rest)
    if rest:
        # Not shown: it may be the end of a password that holds a space.
        raise _wrong(word, "There are too many words.")
    _check_complete(word, arguments)
    return ParsedLine(word, arguments)


def print_line(parsed: ParsedLine) -> str:
    """The line that `parse_line` reads as this; raises `WrongArguments` where there is none."""
    _check_complete(parsed.word, parsed.arguments)
    values = (
        _printed(parameter, parsed.arguments[parameter.name])
        for parameter in parsed.word.parameters
        if parameter.name in parsed.arguments
    )
    return " ".join((parsed.word.name, *values))


def find_word(name: str, words: Mapping[str, Word] = BY_NAME) -> Word:
    """The word of this name or alias, in whatever case; else `UnknownCommand` with the nearest."""
    word = words.get(name.lower())
    if word is None:
        shown = _shown(name)
        raise UnknownCommand(word=shown, nearest=_nearest(shown.lower(), words))
    return word


def _nearest(name: str, words: Mapping[str, Word]) -> str:
    return max(words, key=lambda known: SequenceMatcher(None, name, known).ratio())


def _take(word: Word, parameter: Parameter, rest: str) -> tuple[str, str]:
    """What the line gives for a parameter, and what is left of the line."""
    if parameter.kind is Kind.TEXT:
        return rest.removeprefix(" "), ""  # older programs put one there
    if parameter.kind in (Kind.PEOPLE, Kind.PATH):
        value, rest = rest.lstrip(" ") if parameter.kind is Kind.PATH else rest, ""
    else:
        value, _, rest = rest.partition(" ")
    if "" in value.split(" ") and parameter.kind is not Kind.PATH:
        raise _wrong(word, "One space parts two words, not more.")
    if "\n" in value or "\r" in value:
        raise _wrong(word, "Only a text may hold line breaks.")
    return _read(word, parameter, value), rest


def _read(word: Word, parameter: Parameter, value: str) -> str:
    match parameter.kind:
        case Kind.DISPLAY_NAME:
            return value.replace("_", " ")
        case Kind.NUMBER if not (value.isascii() and value.isdecimal()):
            raise _wrong(word, f"“{_shown(value)}” is no number.")
        case Kind.NUMBER if parameter.most is not None and _exceeds(value, parameter.most):
            raise _wrong(word, f"{parameter.name.upper()} is at most {parameter.most}.")
        case Kind.FLAG if value.lower() != parameter.name:
            raise _wrong(word, f"“{_shown(value)}” is too much.")
        case Kind.FLAG:
            return parameter.name
        case Kind.WORD if parameter.choices:
            return _choose(word, parameter, value)
    return value


def _exceeds(value: str, most: int) -> bool:
    """However many digits it has, with which `int` would take long."""
    digits = value.lstrip("0")
    return len(digits) > len(str(most)) or int(digits or "0") > most


def _choose(word: Word, parameter: Parameter, value: str) -> str:
    if value.lower() not in parameter.choices:
        choices = ", ".join(parameter.choices)
        raise _wrong(word, f"“{_shown(value)}” is none of {choices}.")
    return value.lower()


def _printed(parameter: Parameter, value: str) -> str:
    match parameter.kind:
        case Kind.DISPLAY_NAME:
            return value.replace(" ", "_")
        case Kind.TEXT if value.startswith(" "):
            return f" {value}"
    return value


def _check_complete(word: Word, arguments: Mapping[str, str]) -> None:
    """None is missing that must be there, or that another one stands behind."""
    last = max((i for i, p in enumerate(word.parameters) if p.name in arguments), default=-1)
    for i, parameter in enumerate(word.parameters):
        if parameter.name not in arguments and (i < last or not parameter.optional):
            raise _wrong(word, f"{parameter.name.upper()} is missing.")


def _wrong(word: Word, detail: str) -> WrongArguments:
    return WrongArguments(detail=detail, usage=word.usage)


def _shown(text: str) -> str:
    """As much of what was typed as an error needs to show."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
