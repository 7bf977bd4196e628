"""What there is to say of a command: its usage, arguments and options, in the language spoken.

`--help` and the manual pages are both made of this; the words are those of the vocabulary.
"""

from collections.abc import Iterator, Sequence

import click

from chat_cli.command_line import texts
from chat_cli.command_line.command import Command, Option
from chat_cli.command_line.options import EVERYWHERE
from chat_cli.command_line.texts import Bilingual, say
from chat_cli.command_line.vocabulary import COMMANDS
from chat_cli.configuration import SETTINGS
from chat_cli.profiles import CONFIG_VARIABLE
from realm_protocol.command_table import Kind, Parameter
from realm_service.home import HOME_VARIABLE

Row = tuple[str, str, str]
"""What is typed, what stands for the value behind it, and the meaning."""

_EXAMPLE = "chat-cli login messi@surabaya; chat-cli send henderson@jakarta hello"


def arguments(command: Command) -> list[Row]:
    """What is typed in its place."""
    return [
        (p.name.upper(), "", _meaning(p.meaning, p.choices))
        for p in command.word.parameters
        if p.kind is not Kind.PASSWORD and not _is_option(p)
    ]


def options(command: Command) -> list[Row]:
    """What is typed with two hyphens: of the word, of the command, and help."""
    of_word = [
        (f"--{p.name}", _value(p), say(p.meaning)) for p in command.word.parameters if _is_option(p)
    ]
    return [*of_word, *map(_of_option, command.options), _help()]


def variables() -> Iterator[tuple[str, str]]:
    """What the environment may say, and what of."""
    yield HOME_VARIABLE, say(texts.VARIABLE_HOME)
    yield from ((o.variable, say(o.meaning)) for o in EVERYWHERE if o.name not in SETTINGS)
    yield CONFIG_VARIABLE, say(texts.VARIABLE_CONFIG)
    yield from ((setting.variable, say(setting.meaning)) for setting in SETTINGS.values())


def options_everywhere() -> list[Row]:
    """Those that every command takes."""
    return [("--version", "", say(texts.VERSION_OPTION)), *map(_of_option, EVERYWHERE), _help()]


def _help() -> Row:
    return "-h, --help", "", say(texts.HELP_OPTION)


def _is_option(parameter: Parameter) -> bool:
    return parameter.kind in (Kind.FLAG, Kind.DISPLAY_NAME) or (
        parameter.kind is Kind.NUMBER and parameter.optional
    )


def _value(parameter: Parameter) -> str:
    match parameter.kind:
        case Kind.FLAG:
            return ""
        case Kind.NUMBER:
            return "N"
    return parameter.name.upper()


def _of_option(option: Option) -> Row:
    return f"--{option.name}", option.metavar, say(option.meaning)


def _meaning(text: Bilingual, choices: Sequence[str]) -> str:
    return f"{say(text)}: {', '.join(choices)}" if choices else say(text)


# --- at the terminal -----------------------------------------------------------------------------


def write_command(command: Command, formatter: click.HelpFormatter) -> None:
    """`chat-cli send --help`."""
    _write_usage(formatter, f"{command.usage} [{say(texts.OPTION_LABEL)}…]")
    _write_text(formatter, say(command.word.help))
    _write_rows(formatter, texts.HELP_ARGUMENTS, arguments(command))
    _write_rows(formatter, texts.HELP_OPTIONS, options(command))
    if command.example:
        _write_text(formatter, say(texts.EXAMPLE, example=command.example))


def write_program(formatter: click.HelpFormatter) -> None:
    """`chat-cli --help`."""
    _write_usage(formatter, f"chat-cli {say(texts.MAN_COMMAND)}")
    _write_text(formatter, say(texts.PROGRAM))
    _write_rows(formatter, texts.HELP_OPTIONS, options_everywhere())
    commands = [(command.name, "", say(command.word.help)) for command in COMMANDS]
    _write_rows(formatter, texts.HELP_COMMANDS, commands)
    _write_text(formatter, say(texts.EXAMPLE, example=_EXAMPLE))


def _write_usage(formatter: click.HelpFormatter, usage: str) -> None:
    program, _, rest = usage.partition(" ")
    formatter.write_usage(program, rest, prefix=f"{say(texts.HELP_USAGE)}: ")


def _write_text(formatter: click.HelpFormatter, text: str) -> None:
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(text)


def _write_rows(formatter: click.HelpFormatter, heading: Bilingual, rows: Sequence[Row]) -> None:
    if rows:
        with formatter.section(say(heading)):
            formatter.write_dl(list(_terms(rows)))


def _terms(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    return ((f"{typed} {value}".rstrip(), meaning) for typed, value, meaning in rows)
