"""Manual pages in roff, one of the program and one of each command, from the vocabulary alone."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chat_cli.command_line import texts
from chat_cli.command_line.command import Command
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.explaining import (
    Row,
    arguments,
    options,
    options_everywhere,
    variables,
)
from chat_cli.command_line.output import put
from chat_cli.command_line.texts import Bilingual, Language, say
from chat_cli.command_line.vocabulary import COMMAND_BY_NAME, COMMANDS
from realm_protocol.errors import StoreUnwritable
from realm_protocol.grammar import find_word
from realm_service.version import VERSION

if TYPE_CHECKING:
    from chat_cli.command_line.call import Call

_PROGRAM = "chat-cli"
_SECTION = 1
_LINE = 79
_FOLDERS = {Language.ENGLISH: "man1", Language.INDONESIAN: "id/man1"}
"""Below what `MANPATH` names; a page in another language lies below that language's code."""


def man(call: "Call", given: Mapping[str, str], to: str | None) -> None:
    """Print one page, or write all of them, in both languages."""
    if to is not None:
        count = _write_all(Path(to))
        call.show({"pages": count, "folder": to}, texts.PAGES_WRITTEN, count=count, folder=to)
        return
    word = given.get("word")
    put((page(_command(word)) if word else overview()).rstrip("\n"))


def _command(name: str) -> Command:
    words = {known: command.word for known, command in COMMAND_BY_NAME.items()}
    return COMMAND_BY_NAME[find_word(name, words).name]


def _write_all(folder: Path) -> int:
    pages = {"": overview} | {f"-{c.name}": partial(page, c) for c in COMMANDS}
    spoken = texts.spoken()
    try:
        for language, place in _FOLDERS.items():
            texts.speak(language)
            (folder / place).mkdir(parents=True, exist_ok=True)
            for name, make in pages.items():
                file = folder / place / f"{_PROGRAM}{name}.{_SECTION}"
                file.write_text(make(), encoding="ascii")
    except OSError as exc:
        raise StoreUnwritable(path=exc.filename or str(folder), detail=exc.strerror) from exc
    finally:
        texts.speak(spoken)
    return len(pages) * len(_FOLDERS)


# --- pages ---------------------------------------------------------------------------------------


def overview() -> str:
    """The page of the program: its commands, and what holds for all of them."""
    pages = ", ".join(_reference(f"{_PROGRAM}-{command.name}") for command in COMMANDS)
    return _page(
        _PROGRAM,
        say(texts.PROGRAM),
        _section(texts.MAN_SYNOPSIS, [_typed(f"{_PROGRAM} {say(texts.MAN_COMMAND)}")]),
        _section(texts.MAN_DESCRIPTION, [_filled(_roff(say(texts.MAN_ABOUT)))]),
        _section(texts.MAN_COMMANDS, _terms((_typed(c.usage), say(c.word.help)) for c in COMMANDS)),
        _section(texts.MAN_OPTIONS, _terms(map(_row, options_everywhere()))),
        _section(
            texts.MAN_EXIT_STATUS,
            _terms((_bold(str(c.value)), say(texts.EXIT_MEANINGS[c.name])) for c in ExitCode),
        ),
        _section(texts.MAN_ENVIRONMENT, _terms((_bold(name), of) for name, of in variables())),
        _section(texts.MAN_FILES, _terms((_bold(name), say(of)) for name, of in _FILES)),
        _section(texts.MAN_SEE_ALSO, [_filled(pages)]),
    )


_FILES = (
    ("config.toml", texts.FILE_CONFIG),
    ("service.json", texts.FILE_SERVICE),
    ("service.log", texts.FILE_LOG),
    ("accounts/", texts.FILE_ACCOUNTS),
)


def page(command: Command) -> str:
    """The page of one command."""
    about = [_filled(_roff(say(command.word.help)))]
    if others := [name for name in command.names if name != command.name]:
        about += [".PP", _roff(say(texts.MAN_ALIASES, names=", ".join(others)))]
    example = [".EX", _roff(command.example), ".EE"] if command.example else []
    return _page(
        f"{_PROGRAM}-{command.name}",
        say(command.word.help),
        _section(texts.MAN_SYNOPSIS, [_typed(f"{command.usage} [{say(texts.OPTION_LABEL)}…]")]),
        _section(texts.MAN_DESCRIPTION, about),
        _section(texts.MAN_ARGUMENTS, _terms(map(_row, arguments(command)))),
        _section(texts.MAN_OPTIONS, _terms(map(_row, options(command)))),
        _section(texts.MAN_EXAMPLE, example),
        _section(texts.MAN_SEE_ALSO, [_reference(_PROGRAM)]),
    )


def _typed(usage: str) -> str:
    """A usage with the words in bold that are typed as they are."""
    return " ".join(
        _bold(word) if word == _PROGRAM or word in COMMAND_BY_NAME else _roff(word)
        for word in usage.split(" ")
    )


def _row(row: Row) -> tuple[str, str]:
    typed, value, meaning = row
    return f"{_bold(typed)} {_italic(value)}" if value else _bold(typed), meaning


def _reference(page: str) -> str:
    return f"{_bold(page)}({_SECTION})"


# --- roff ----------------------------------------------------------------------------------------


def _page(name: str, summary: str, *sections: str) -> str:
    head = f'.TH "{_roff(name.upper())}" {_SECTION} "" "realmchat {VERSION}" "realmchat"'
    title = _section(texts.MAN_NAME, [_filled(f"{_roff(name)} \\- {_roff(summary.rstrip('.'))}")])
    return "\n".join([head, title, *filter(None, sections)]) + "\n"


def _section(heading: Bilingual, lines: Iterable[str]) -> str:
    body = list(lines)
    return "\n".join([f".SH {_roff(say(heading))}", *body]) if body else ""


def _terms(terms: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Each a term, and indented below it what it means."""
    for term, meaning in terms:
        yield from (".TP", term, _filled(_roff(meaning)))


def _bold(text: str) -> str:
    return f"\\fB{_roff(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{_roff(text)}\\fR"


def _roff(text: str) -> str:
    """A text that roff prints as it is; hyphens stay hyphens, so that options can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)


def _filled(text: str) -> str:
    """Lines of a length that every roff reads; none begins like a request."""
    lines = textwrap.wrap(text, _LINE, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in lines)
