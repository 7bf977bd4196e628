"""The shell without a terminal: one line a command, the exit code of the first that failed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from chat_cli.command_line import texts
from chat_cli.command_line.accounts import choose_account
from chat_cli.command_line.exit_codes import ExitCode, exit_code
from chat_cli.command_line.output import flush, put_error
from chat_cli.command_line.shell.doing import CHANGES_WHO, SIGNING_IN, Doing
from chat_cli.command_line.shell.lines import (
    missing_passwords,
    read_line,
    realm_url_of,
    sign_in_place,
)
from chat_cli.command_line.shell.words import QUIT
from chat_cli.command_line.texts import say
from realm_protocol.errors import (
    RealmchatError,
    TextNotUnicode,
    TextTooLong,
    WrongArguments,
)
from realm_protocol.grammar import ParsedLine
from realm_protocol.limits import TEXT_LIMIT

LONGEST_LINE = 2 * TEXT_LIMIT
"""Bytes of one line of a script; a text that is refused as too long is shorter than that."""


def lines_of(script: BinaryIO) -> Iterator[bytes]:
    """One after the other, as they come: whoever writes them may wait for what one answers."""
    return iter(lambda: script.readline(LONGEST_LINE), b"")


class Batch:
    """A script: each line is done when the one before it has ended."""

    def __init__(self, doing: Doing, account: str | None, *, as_json: bool) -> None:
        self._doing = doing
        self._account = account
        self._as_json = as_json

    def run(self, lines: Iterable[bytes]) -> ExitCode:
        """Goes on behind a line that failed, unless all that follow could be somebody else's: it
        said who one is, or isn't understood.
        """
        first = ExitCode.DONE
        for line in lines:
            parsed, code = self._take(line)
            first = first or code
            if parsed is not None and parsed.word is QUIT:
                break
            if code and (parsed is None or parsed.word.name in CHANGES_WHO):
                break
        return first

    def _take(self, line: bytes) -> tuple[ParsedLine | None, ExitCode]:
        """The line as it was read, and how it ended."""
        parsed = None
        try:
            parsed = read_line(_text(line))
            code = self._do(parsed) if parsed and parsed.word is not QUIT else ExitCode.DONE
            flush()
        except RealmchatError as error:
            put_error(error, as_json=self._as_json)
            code = exit_code(error)
        return parsed, code

    def _do(self, parsed: ParsedLine) -> ExitCode:
        for missing in missing_passwords(parsed):
            raise WrongArguments(
                detail=say(texts.MISSING, name=missing.name.upper()), usage=parsed.word.usage
            )
        if parsed.word.name == "use":
            rows = self._doing.accounts()
            self._account = choose_account(rows, parsed.arguments["address"])
            return ExitCode.DONE
        if parsed.word.name in SIGNING_IN:
            return self._sign_in(parsed)
        if parsed.word.name == "guest":
            return self._enter_as_guest(parsed)
        return self._doing.do(parsed, self._account, {})

    def _sign_in(self, parsed: ParsedLine) -> ExitCode:
        name = parsed.arguments["address"]
        address, realm_url = sign_in_place(name, self._account, self._doing.accounts())
        placed = replace(parsed, arguments={**parsed.arguments, "address": address})
        code = self._doing.do(placed, None, {"realm_url": realm_url})
        self._account = choose_account(self._doing.accounts(), address if "@" in address else None)
        return code

    def _enter_as_guest(self, parsed: ParsedLine) -> ExitCode:
        realm_url = realm_url_of(self._account, self._doing.accounts())
        code = self._doing.do(parsed, None, {"realm_url": realm_url})
        self._account = choose_account(self._doing.accounts(), None)  # whoever signed in last
        return code


def _text(line: bytes) -> str:
    if len(line) == LONGEST_LINE:
        raise TextTooLong(size=LONGEST_LINE, limit=TEXT_LIMIT)
    try:
        return line.decode()
    except UnicodeDecodeError as exc:
        raise TextNotUnicode from exc
