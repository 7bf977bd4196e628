"""Commands of the vocabulary as click reads them: parameters, options, help, and what is given.

Only the command that runs is made. What a command does is in the module that it names.
"""

import gc
import importlib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from chat_cli.command_line import texts
from chat_cli.command_line.accounts import ask_passwords
from chat_cli.command_line.call import Call
from chat_cli.command_line.command import Command, Option, Takes
from chat_cli.command_line.options import EVERYWHERE
from chat_cli.command_line.texts import say
from realm_protocol.command_table import Kind, Parameter
from realm_protocol.errors import TextNotUnicode, TextTooLong, WrongArguments
from realm_protocol.limits import TEXT_LIMIT

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from chat_cli.configuration import Configuration

Completes = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]

_LONGEST_WAIT_SECONDS = 60
_MANY = (Kind.TEXT, Kind.PEOPLE)
"""Kinds that take all arguments that are left."""
_BY_OPTION = "{}_option"
"""Where a number goes that is given as an option; a line of the grammar has it in its place."""

_TYPES: dict[Takes, Callable[[], click.ParamType[Any]]] = {
    Takes.NUMBER: lambda: click.IntRange(min=1),
    Takes.SECONDS: lambda: _Seconds(0, _LONGEST_WAIT_SECONDS),
    Takes.PORT: lambda: click.IntRange(0, 65535),
}


class _Seconds(click.FloatRange):
    """A range that NaN is not in, though it lies neither below nor above it."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(str(value), param, ctx)
        return seconds


def click_command(command: Command, configuration: "Configuration") -> click.Command:
    """The command, made for one run."""
    return _Explained(
        command,
        callback=lambda **given: _run(command, configuration, given),
        params=[
            *(made for p in command.word.parameters for made in _parameters(p, configuration)),
            *(_option(option, configuration) for option in command.options),
            *everywhere(configuration),
        ],
    )


def everywhere(configuration: "Configuration") -> list[click.Parameter]:
    """The options that every command takes."""
    return [_option(option, configuration) for option in EVERYWHERE]


class _Explained(click.Command):
    """A command whose help is told by the vocabulary, in the language that is spoken."""

    def __init__(
        self,
        command: Command,
        callback: Callable[..., int | None],
        params: list[click.Parameter],
    ) -> None:
        super().__init__(
            command.name,
            callback=callback,
            params=params,
            help=say(command.word.help),
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        self._command = command

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from chat_cli.command_line.explaining import write_command  # only when help is asked for

        write_command(self._command, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return in_words(super().get_help_option(ctx))


def in_words(help_option: click.Option | None) -> click.Option | None:
    """`--help` as a shell shows it that completes it."""
    if help_option is not None:
        help_option.help = say(texts.HELP_OPTION)
    return help_option


def _parameters(parameter: Parameter, configuration: "Configuration") -> list[click.Parameter]:
    """A parameter of the table on a command line: in its place, or as an option."""
    flag = f"--{parameter.name}"
    meaning = say(parameter.meaning)
    match parameter.kind:
        case Kind.PASSWORD:
            return []
        case Kind.FLAG:
            return [click.Option([flag], is_flag=True, help=meaning)]
        case Kind.DISPLAY_NAME:
            return [click.Option([flag], help=meaning, metavar=parameter.name.upper())]
        case Kind.NUMBER:
            number = click.IntRange(min=1, max=parameter.most)
            other = _BY_OPTION.format(parameter.name)
            return [
                click.Argument([parameter.name], required=not parameter.optional, type=number),
                click.Option([flag, other], type=number, metavar="N", help=meaning),
            ]
    return [
        click.Argument(
            [parameter.name],
            required=not parameter.optional,
            nargs=-1 if parameter.kind in _MANY else 1,
            metavar=parameter.name.upper(),
            type=click.Choice(parameter.choices) if parameter.choices else None,
            shell_complete=_completes(parameter.kind, parameter.choices, configuration),
        )
    ]


def _option(option: Option, configuration: "Configuration") -> click.Option:
    taken = (lambda: click.Choice(option.choices)) if option.choices else _TYPES.get(option.takes)
    return click.Option(
        [f"--{option.name}", option.argument],
        is_flag=option.takes is Takes.NOTHING,
        type=taken() if taken else None,
        help=say(option.meaning),
        metavar=option.metavar or None,
        envvar=option.variable or None,
        shell_complete=_completes(option.takes, option.choices, configuration),
    )


def _completes(
    what: Kind | Takes, choices: tuple[str, ...], configuration: "Configuration"
) -> Completes:
    """What a shell offers for it: its choices, or what this machine and the service know."""

    def offered(
        context: click.Context, parameter: click.Parameter, typed: str
    ) -> "list[CompletionItem[str]]":
        from chat_cli.command_line.completion import complete  # only when a shell asks

        account = context.params.get("account")
        return complete(what, choices, account=account, configuration=configuration, typed=typed)

    return offered


def _run(command: Command, configuration: "Configuration", given: dict[str, Any]) -> int | None:
    for option in EVERYWHERE:
        del given[option.argument]
    options = {option.argument: given[option.argument] for option in command.options}
    call = Call(
        command,
        configuration,
        account=options.pop("account", None),
        as_json=options.pop("json", False),
        quiet=options.pop("quiet", False),
    )
    arguments = _arguments(command, given)
    if command.asks_passwords:
        arguments |= ask_passwords(command.word, from_stdin=options.pop("password_stdin"))
    module, _, function = command.does.partition(":")
    does = getattr(importlib.import_module(f"{__package__}.{module}"), function)
    gc.freeze()
    gc.enable()  # some commands run for days
    code: int | None = does(call, arguments, **options)
    return code


def _arguments(command: Command, given: Mapping[str, Any]) -> dict[str, str]:
    """What was given for the word's parameters, as a line of the grammar would give it."""
    arguments = {}
    for parameter in command.word.parameters:
        value = given.get(parameter.name)
        if parameter.kind is Kind.NUMBER:
            value = _number(command, parameter, value, given[_BY_OPTION.format(parameter.name)])
        if value is None or value is False or value == ():
            continue
        if parameter.kind is Kind.TEXT:
            arguments[parameter.name] = _text(value)
        elif parameter.kind is Kind.FLAG:
            arguments[parameter.name] = parameter.name
        else:
            arguments[parameter.name] = " ".join(value) if isinstance(value, tuple) else str(value)
    return arguments


def _number(
    command: Command, parameter: Parameter, in_place: int | None, by_option: int | None
) -> int | None:
    if in_place is not None and by_option is not None:
        detail = say(texts.GIVEN_TWICE, name=parameter.name.upper())
        raise WrongArguments(detail=detail, usage=command.usage)
    return by_option if in_place is None else in_place


def _text(words: Sequence[str]) -> str:
    """The text that was given, or standard input for `-`, without the line end that closes it."""
    if list(words) != ["-"]:
        text = " ".join(words)
        try:
            size = len(text.encode())
        except UnicodeEncodeError as exc:  # bytes of the command line that were no UTF-8
            raise TextNotUnicode from exc
        _check_size(size)
        return text
    # No more than can be refused well: what is piped in may never end.
    given = sys.stdin.buffer.read(16 * TEXT_LIMIT) if sys.stdin else b""
    given = given.removesuffix(b"\n").removesuffix(b"\r")
    _check_size(len(given))
    try:
        return given.decode()
    except UnicodeDecodeError as exc:
        raise TextNotUnicode from exc


def _check_size(size: int) -> None:
    if size > TEXT_LIMIT:
        raise TextTooLong(size=size, limit=TEXT_LIMIT)
