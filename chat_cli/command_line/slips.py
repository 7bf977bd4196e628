"""Slips in a command line, as click tells them, in the words of our own errors."""

import click

from chat_cli.command_line import texts
from chat_cli.command_line.command import Command
from chat_cli.command_line.texts import say
from chat_cli.command_line.vocabulary import COMMAND_BY_NAME
from realm_protocol.errors import RealmchatError, WrongArguments
from realm_protocol.grammar import find_word

_LONGEST_SHOWN = 40


def usage_error(slip: click.ClickException, arguments: list[str]) -> RealmchatError:
    """`UnknownCommand`, which names the nearest; or `WrongArguments`, which says how it is used."""
    if isinstance(slip, click.NoSuchCommand):
        return _unknown(slip.command_name)
    named = (COMMAND_BY_NAME.get(argument.lower()) for argument in arguments)
    command = next(filter(None, named), None)
    usage = command.usage if command else "chat-cli COMMAND …"
    return WrongArguments(detail=_detail(slip, command), usage=usage)


def _unknown(name: str) -> RealmchatError:
    words = {name: command.word for name, command in COMMAND_BY_NAME.items()}
    try:
        find_word(name, words)
    except RealmchatError as error:
        return error
    raise AssertionError(f"{name} is a command")


def _detail(slip: click.ClickException, command: Command | None) -> str:
    match slip:
        case click.NoSuchOption(option_name=name):
            return say(texts.UNKNOWN_OPTION, option=_shown(name))
        case click.BadOptionUsage(option_name=name) if command and name in command.flags:
            return say(texts.OPTION_TAKES_NO_VALUE, option=name)
        case click.BadOptionUsage(option_name=name):
            return say(texts.OPTION_NEEDS_VALUE, option=name)
        case click.MissingParameter(param=click.Parameter() as parameter):
            return say(texts.MISSING, name=_name(parameter))
        case click.BadParameter(param=click.Parameter(type=click.Choice() as wanted) as parameter):
            choices = ", ".join(wanted.choices)
            return say(texts.NO_CHOICE, name=_name(parameter), choices=choices)
        case click.BadParameter(
            param=click.Parameter(type=click.IntRange() | click.FloatRange() as wanted) as parameter
        ):
            return _number(_name(parameter), wanted.min, wanted.max)
        case click.BadParameter(param=click.Parameter() as parameter):
            return f"{_name(parameter)}: {slip.message}"
    # All that is left are words too many. They are not shown: one may be a password.
    if command is not None and command.asks_passwords:
        return say(texts.PASSWORD_NO_ARGUMENT)
    return say(texts.TOO_MANY_WORDS)


def _number(name: str, least: float | None, most: float | None) -> str:
    if most is None:
        return say(texts.NO_NUMBER_FROM, name=name, least=least)
    return say(texts.NO_NUMBER_WITHIN, name=name, least=least, most=most)


def _name(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return parameter.opts[0]
    return (parameter.name or "").upper()


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
