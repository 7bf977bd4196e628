"""What a typed line is: its word and arguments, what must still be asked, what may be remembered.

Pure. What a word does is not here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chat_cli.command_line.shell.words import SHELL_WORDS
from realm_protocol.command_table import Kind, Parameter, Word
from realm_protocol.errors import UnknownCommand
from realm_protocol.grammar import ParsedLine, find_word, parse_line

_COMMENT = "#"


def read_line(line: str) -> ParsedLine | None:
    """What the line asks, or None when it asks nothing: empty, or a comment.

    Raises `UnknownCommand` or `WrongArguments`.
    """
    stripped = line.strip(" \r\n")
    if not stripped or stripped.startswith(_COMMENT):
        return None
    return parse_line(line, SHELL_WORDS)


def missing_passwords(parsed: ParsedLine) -> list[Parameter]:
    """The passwords that the line doesn't hold, to be typed unseen."""
    return [p for p in _passwords(parsed.word) if p.name not in parsed.arguments]


def with_arguments(parsed: ParsedLine, added: Mapping[str, str]) -> ParsedLine:
    """The same line, as if it had held these too."""
    return replace(parsed, arguments={**parsed.arguments, **added})


def may_be_remembered(text: str) -> bool:
    """Whether the history may have it: nothing of a word that takes a password, well typed or not.

    Where the password stands in a line that is wrong can't be known, so the whole line is left
    out; and a slip of the word (`atuh messi secret`) hides none.
    """
    return not any(_takes_password(line) for line in text.splitlines())


def _takes_password(line: str) -> bool:
    typed = line.split(maxsplit=1)
    return bool(typed) and bool(_passwords(_meant(typed[0])))


def _meant(name: str) -> Word:
    try:
        return find_word(name, SHELL_WORDS)
    except UnknownCommand as slip:
        return SHELL_WORDS[slip.fields["nearest"]]


def _passwords(word: Word) -> list[Parameter]:
    return [p for p in word.parameters if p.kind is Kind.PASSWORD]


def password_spans(text: str) -> list[tuple[int, int]]:
    """Where passwords stand in a line while it is typed, so that nobody reads them in passing."""
    pieces = [(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
    word = SHELL_WORDS.get(text[slice(*pieces[0])].lower()) if pieces else None
    parameters = word.parameters if word else ()
    return [
        piece
        for parameter, piece in zip(parameters, pieces[1:], strict=False)
        if parameter.kind is Kind.PASSWORD
    ]


def sign_in_place(
    name: str, current: str | None, accounts: Iterable[Mapping[str, Any]]
) -> tuple[str, str | None]:
    """Whom a name to sign in with means, and the URL of their realm where this machine knows it.

    A bare name, as people of one site type it: who is known here by it; else of the realm of whom
    one is now. Where nobody is, it stays bare: the service's own realm is meant.
    """
    known = {str(entry["account"]): str(entry["realm_url"]) for entry in accounts}
    address = name.lower()
    if "@" not in address:
        address = _full(address, current, list(known))
    if address in known:
        return address, known[address]
    realm = address.partition("@")[2]
    urls = (url for other, url in known.items() if realm and other.endswith(f"@{realm}"))
    return address, next(urls, None)


def realm_url_of(current: str | None, accounts: Iterable[Mapping[str, Any]]) -> str | None:
    """Where one is now; None where nobody is signed in: the service's own realm is meant."""
    urls = (str(entry["realm_url"]) for entry in accounts if entry["account"] == current)
    return next(urls, None)


def _full(name: str, current: str | None, known: Sequence[str]) -> str:
    named = [address for address in known if address.partition("@")[0] == name]
    if len(named) == 1:
        return named[0]
    return f"{name}@{current.partition('@')[2]}" if current else name
