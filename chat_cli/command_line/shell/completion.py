"""What completes a line up to the cursor, and the word whose usage is shown meanwhile. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chat_cli.command_line.shell.known import Known
from chat_cli.command_line.shell.words import SHELL_WORDS
from realm_protocol.command_table import Kind, Parameter, Word


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a line the cursor stands."""

    typed: str
    """What of the piece at the cursor is there already."""
    word: Word | None
    """The word of the line, once it is complete."""
    parameter: Parameter | None
    """What is being typed for; None while it is the word itself, or past the last parameter."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may stand in place of what was typed. `word`: where it is one, to be explained."""

    text: str
    goes_on: bool
    """Something follows it in a line, so a space does too."""
    word: Word | None = None


def place_of(text: str) -> Place | None:
    """Where a line that has been typed so far is; None behind what is no word."""
    name, space, rest = text.lstrip(" ").partition(" ")
    if not space:
        return Place(name, None, None)
    word = SHELL_WORDS.get(name.lower())
    return None if word is None else _place_in(word, rest)


def _place_in(word: Word, rest: str) -> Place:
    for parameter in word.parameters:
        if parameter.kind is Kind.TEXT:
            return Place(rest, word, parameter)
        if parameter.kind is Kind.PEOPLE:
            return Place(rest.rpartition(" ")[2], word, parameter)
        piece, space, rest = rest.partition(" ")
        if not space:
            return Place(piece, word, parameter)
    return Place(rest, word, None)


def candidates(text: str, known: Known) -> list[Candidate]:
    """What may complete the line; each begins with what was typed, in whatever case."""
    place = place_of(text)
    if place is None:
        return []
    if place.word is None:
        offered = [
            Candidate(name, bool(word.parameters), word)
            for name, word in SHELL_WORDS.items()
            if name == word.name or (place.typed and not word.name.startswith(place.typed.lower()))
        ]
    else:
        offered = _of_parameter(place.word, place.parameter, known)
    typed = place.typed.lower()
    return [candidate for candidate in offered if candidate.text.startswith(typed)]


def _of_parameter(word: Word, parameter: Parameter | None, known: Known) -> list[Candidate]:
    if parameter is None:
        return []
    if parameter.kind is Kind.COMMAND:
        return [Candidate(w.name, False, w) for n, w in SHELL_WORDS.items() if n == w.name]
    goes_on = parameter.kind is Kind.PEOPLE or parameter is not word.parameters[-1]
    return [Candidate(name, goes_on) for name in _names(parameter, known)]


def _names(parameter: Parameter, known: Known) -> Iterable[str]:
    match parameter.kind:
        case Kind.ACCOUNT:
            return known.accounts
        case Kind.PERSON | Kind.PEOPLE:
            return dict.fromkeys((*known.people, *known.accounts))
        case Kind.GROUP:
            return known.groups
        case Kind.REALM:
            return known.realms
        case Kind.CONVERSATION:
            return (*known.people, *(f"group:{group}" for group in known.groups))
        case Kind.FLAG:
            return (parameter.name,)
        case _:
            return ()


def word_in_hand(text: str) -> Word | None:
    """The word whose usage helps now: the one typed, or the only one that it can become."""
    place = place_of(text)
    if place is None or place.word is not None or not place.typed:
        return place.word if place else None
    typed = place.typed.lower()
    return SHELL_WORDS.get(typed) or _only(
        [word for name, word in SHELL_WORDS.items() if name.startswith(typed)]
    )


def _only(words: Sequence[Word]) -> Word | None:
    return words[0] if words and all(word is words[0] for word in words) else None
