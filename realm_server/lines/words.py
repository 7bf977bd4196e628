"""What a line listener's words look like: the text grammar, with each dialect's parameters.

What a word does is `mesin`'s and `kelompok5`'s to say.
"""

from collections.abc import Mapping

from realm_protocol.command_table import (
    GREATEST_PORT,
    Help,
    Kind,
    Parameter,
    Right,
    WhenCutOff,
    Word,
)
from realm_protocol.errors import TextNotUnicode, UnknownCommand
from realm_protocol.grammar import ParsedLine, parse_line

_SILENT = Help("", "")

TOKEN = Parameter("token", Kind.WORD, _SILENT)
USER = Parameter("user", Kind.WORD, _SILENT)
USERS = Parameter("users", Kind.WORD, _SILENT)
MEMBERS = Parameter("members", Kind.PEOPLE, _SILENT, optional=True)
PASSWORD = Parameter("password", Kind.PASSWORD, _SILENT)
FULL_NAME = Parameter("full_name", Kind.DISPLAY_NAME, _SILENT)
COUNTRY = Parameter("country", Kind.DISPLAY_NAME, _SILENT)
GROUP = Parameter("group", Kind.WORD, _SILENT)
REALM = Parameter("realm", Kind.WORD, _SILENT)
ADDRESS = Parameter("address", Kind.WORD, _SILENT)
PORT = Parameter("port", Kind.NUMBER, _SILENT, most=GREATEST_PORT)
FILE = Parameter("file", Kind.PATH, _SILENT)
TEXT = Parameter("text", Kind.TEXT, _SILENT)


def word(name: str, *parameters: Parameter) -> Word:
    right = Right.SIGNED_IN if TOKEN in parameters else Right.ANYONE
    return Word(name, parameters, _SILENT, right, WhenCutOff.REFUSED)


def parse_request(line: bytes, words: Mapping[str, Word]) -> ParsedLine:
    """A request's line; raises `UnknownCommand`, `WrongArguments` or `TextNotUnicode`."""
    name = line.partition(b" ")[0].decode("ascii", "replace")
    if name not in words:
        # Asked before the grammar does, which looks for the nearest word.
        raise UnknownCommand(word=name[:40], nearest="")
    try:
        return parse_line(line.decode(), words)
    except UnicodeDecodeError as exc:
        raise TextNotUnicode from exc


def token_of(parsed: ParsedLine) -> str | None:
    """The token that a request acts for; None where its word takes none."""
    return parsed.arguments.get(TOKEN.name)
