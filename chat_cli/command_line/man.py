"""Manual pages in roff, one of the program and one of each command, from the vocabulary alone."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chat_cli import profiles
from chat_cli.command_line import texts
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.output import put
from chat_cli.command_line.texts import Bilingual, Language, say
from chat_cli.command_line.vocabulary import COMMAND_BY_NAME, COMMANDS, EVERYWHERE, Command, Option
from chat_cli.configuration import SETTINGS
from realm_protocol.command_table import Kind, Parameter
from realm_protocol.errors import StoreUnwritable
from realm_protocol.grammar import find_word
from realm_service.home import HOME_VARIABLE
from realm_service.version import VERSION

if TYPE_CHECKING:
    from chat_cli.command_line.call import Call

_PROGRAM = "chat-cli"
_SECTION = 1
_FOLDERS = {Language.ENGLISH: "man1", Language.INDONESIAN: "id/man1"}
"""Below what `MANPATH` names; a page in another language lies below that language's code."""


def man(call: "Call", arguments: Mapping[str, str], to: str | None) -> None:
    """Print one page, or write all of them, in both languages."""
    if to is not None:
        count = _write_all(Path(to))
        call.show({"pages": count, "folder": to}, texts.PAGES_WRITTEN, count=count, folder=to)
        return
    word = arguments.get("word")
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
    return _page(
        _PROGRAM,
        say(texts.PROGRAM),
        _section(texts.MAN_SYNOPSIS, [f"{_bold(_PROGRAM)} {_roff(say(texts.MAN_COMMAND))}"]),
        _section(texts.MAN_DESCRIPTION, [_roff(say(texts.MAN_ABOUT))]),
        _section(texts.MAN_COMMANDS, _terms((_usage(c), say(c.word.help)) for c in COMMANDS)),
        _section(texts.MAN_OPTIONS, _terms(map(_option, EVERYWHERE))),
        _section(texts.MAN_EXIT_STATUS, _terms(_exit_codes())),
        _section(
            texts.MAN_ENVIRONMENT,
            _terms((_bold(name), say(meaning)) for name, meaning in _variables()),
        ),
        _section(texts.MAN_FILES, _terms((_bold(name), say(of)) for name, of in _FILES)),
        _section(
            texts.MAN_SEE_ALSO, [", ".join(f"{_bold(f'{_PROGRAM}-{c.name}')}(1)" for c in COMMANDS)]
        ),
    )


def page(command: Command) -> str:
    """The page of one command."""
    others = [name for name in command.names if name != command.name]
    parameters = [p for p in command.word.parameters if p.kind is not Kind.PASSWORD]
    return _page(
        f"{_PROGRAM}-{command.name}",
        say(command.word.help),
        _section(texts.MAN_SYNOPSIS, [_usage(command)]),
        _section(
            texts.MAN_DESCRIPTION,
            [
                _roff(say(command.word.help)),
                *(
                    [".PP", _roff(say(texts.MAN_ALIASES, names=", ".join(others)))]
                    if others
                    else []
                ),
            ],
        ),
        _section(texts.MAN_ARGUMENTS, _terms(map(_parameter, parameters))),
        _section(texts.MAN_OPTIONS, _terms(map(_option, command.options))),
        _section(
            texts.MAN_EXAMPLE, [".EX", _roff(command.example), ".EE"] if command.example else []
        ),
        _section(texts.MAN_SEE_ALSO, [f"{_bold(_PROGRAM)}(1)"]),
    )


_FILES = (
    ("config.toml", texts.FILE_CONFIG),
    ("service.json", texts.FILE_SERVICE),
    ("service.log", texts.FILE_LOG),
    ("accounts/", texts.FILE_ACCOUNTS),
)


def _variables() -> Iterator[tuple[str, Bilingual]]:
    yield HOME_VARIABLE, texts.VARIABLE_HOME
    yield from ((o.variable, o.meaning) for o in EVERYWHERE if o.name not in SETTINGS)
    yield profiles.CONFIG_VARIABLE, texts.VARIABLE_CONFIG
    yield from ((setting.variable, setting.meaning) for setting in SETTINGS.values())


def _exit_codes() -> Iterator[tuple[str, str]]:
    return ((_bold(str(code.value)), say(texts.EXIT_MEANINGS[code.name])) for code in ExitCode)


def _usage(command: Command) -> str:
    program, name, *rest = command.usage.split(" ")
    return " ".join((_bold(program), _bold(name), *map(_roff, rest)))


def _parameter(parameter: Parameter) -> tuple[str, str]:
    return _bold(parameter.name.upper()), say(parameter.meaning)


def _option(option: Option) -> tuple[str, str]:
    metavar = f" {_italic(option.metavar)}" if option.metavar else ""
    return _bold(f"--{option.name}") + metavar, say(option.meaning)


# --- roff ----------------------------------------------------------------------------------------


def _page(name: str, summary: str, *sections: str) -> str:
    head = f'.TH "{_roff(name.upper())}" {_SECTION} "" "realmchat {VERSION}" "realmchat"'
    title = _section(texts.MAN_NAME, [f"{_roff(name)} \\- {_roff(summary.rstrip('.'))}"])
    return "\n".join([head, title, *filter(None, sections)]) + "\n"


def _section(heading: Bilingual, lines: Iterable[str]) -> str:
    body = list(lines)
    return "\n".join([f".SH {_roff(say(heading))}", *body]) if body else ""


def _terms(terms: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Each a term, and indented below it what it means."""
    for term, meaning in terms:
        yield from (".TP", term, _roff(meaning))


def _bold(text: str) -> str:
    return f"\\fB{_roff(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{_roff(text)}\\fR"


def _roff(text: str) -> str:
    """A text that roff prints as it is; hyphens stay hyphens, so that options can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    ascii_only = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)
    return "\n".join(
        "\\&" + line if line[:1] in (".", "'") else line for line in ascii_only.split("\n")
    )
