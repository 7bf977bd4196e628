"""Commands made from the command table: parameters, help and names come from there alone.

A word's own function is called with a `Call` and the word's arguments; what it adds beyond the
table are options of the command line only (`--wait`, `--key`).
"""

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import typer

from chat_cli.command_line.accounts import ask_passwords, choose_account, wanted_account
from chat_cli.command_line.output import put_error
from chat_cli.command_line.exit_codes import ExitCode, exit_code
from chat_cli.command_line.service_client import ServiceClient, connect
from realm_protocol.command_table import BY_NAME, Kind, Parameter, Word
from realm_protocol.errors import RealmchatError, TextNotUnicode

_MANY = (Kind.TEXT, Kind.PEOPLE)
"""Kinds that take all arguments that are left."""


class Call:
    """One run of a command: what every command was given, and the service that it asks."""

    def __init__(self, account: str | None, as_json: bool) -> None:
        self.as_json = as_json
        self._wanted = wanted_account(account)

    @cached_property
    def service(self) -> ServiceClient:
        return connect()

    @cached_property
    def account(self) -> str:
        return choose_account(self.service.get("/v1/accounts"), self._wanted)

    def path(self, route: str) -> str:
        """A route below the account of this call."""
        return f"/v1/accounts/{self.account}/{route}"


Run = Callable[..., ExitCode | None]


@dataclass(frozen=True, slots=True)
class Extra:
    """An option that a command has beyond what the table says."""

    name: str
    annotation: Any
    default: Any


_ACCOUNT = Extra(
    "account",
    Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="ADDRESS",
            help="Who to be. Default: CHAT_CLI_ACCOUNT, else who signed in last.",
            show_default=False,
        ),
    ],
    None,
)
_JSON = Extra("as_json", Annotated[bool, typer.Option("--json", help="Print JSON Lines.")], False)
_PASSWORD_STDIN = Extra(
    "password_stdin",
    Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password from a line of standard input."),
    ],
    False,
)


def add_word(
    app: typer.Typer,
    name: str,
    run: Run,
    *,
    extras: Sequence[Extra] = (),
    shown_as: str | None = None,
    example: str = "",
) -> None:
    """A command of this word, under all its names; one of them is shown in the list."""
    word = BY_NAME[name]
    shown = shown_as or word.name
    command = _command(word, run, extras)
    for known in dict.fromkeys((shown, *word.names)):
        app.command(
            known, help=word.help.english, epilog=f"Example: {example}", hidden=known != shown
        )(command)


def _command(word: Word, run: Run, extras: Sequence[Extra]) -> Callable[..., int]:
    from_table = [_table_parameter(p) for p in word.parameters if p.kind is not Kind.PASSWORD]
    asks = any(p.kind is Kind.PASSWORD for p in word.parameters)
    options = [*([_PASSWORD_STDIN] if asks else []), *extras, _ACCOUNT, _JSON]
    names = {extra.name for extra in extras}

    def command(**given: Any) -> int:
        call = Call(given["account"], given["as_json"])

        def work() -> ExitCode | None:
            arguments = _arguments(word, given)
            if asks:
                arguments |= ask_passwords(word, from_stdin=given["password_stdin"])
            return run(call, arguments, **{name: given[name] for name in names})

        return answer(work, as_json=call.as_json)

    # What typer reads: it knows parameters by a function's signature.
    parameters = [*from_table, *map(_option_parameter, options)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # PEP 362
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _table_parameter(parameter: Parameter) -> inspect.Parameter:
    annotation, default = _on_the_command_line(parameter)
    return inspect.Parameter(
        parameter.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _on_the_command_line(parameter: Parameter) -> tuple[Any, Any]:
    """The type and the default that typer makes an argument or option of."""
    default = None if parameter.optional else inspect.Parameter.empty
    if parameter.kind is Kind.FLAG:
        return Annotated[
            bool, typer.Option(f"--{parameter.name}", help=parameter.meaning.english)
        ], False
    if parameter.kind is Kind.DISPLAY_NAME:
        option = typer.Option(f"--{parameter.name}", help=parameter.meaning.english)
        return Annotated[str | None, option], None
    argument = typer.Argument(
        help=parameter.meaning.english, metavar=parameter.name.upper(), show_default=False
    )
    if parameter.kind in _MANY:
        return Annotated[list[str] | None if parameter.optional else list[str], argument], default
    return Annotated[str | None if parameter.optional else str, argument], default


def _option_parameter(extra: Extra) -> inspect.Parameter:
    return inspect.Parameter(
        extra.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=extra.default,
        annotation=extra.annotation,
    )


def _arguments(word: Word, given: Mapping[str, Any]) -> dict[str, str]:
    """What was given for the word's parameters, as a line of the grammar would give it."""
    arguments = {}
    for parameter in word.parameters:
        value = given.get(parameter.name)
        if value is None or value is False or value == []:
            continue
        if parameter.kind is Kind.TEXT:
            arguments[parameter.name] = _text(value)
        elif parameter.kind is Kind.FLAG:
            arguments[parameter.name] = parameter.name
        else:
            arguments[parameter.name] = " ".join(value) if isinstance(value, list) else value
    return arguments


def _text(words: Sequence[str]) -> str:
    """The text that was given, or standard input for `-`, without the line end that closes it."""
    if list(words) != ["-"]:
        text = " ".join(words)
        if not text.isascii():
            _check_unicode(text)
        return text
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as exc:
        raise TextNotUnicode from exc
    return text.removesuffix("\n").removesuffix("\r")


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as exc:  # bytes of the command line that were no UTF-8
        raise TextNotUnicode from exc


def answer(work: Callable[[], ExitCode | None], *, as_json: bool = False) -> int:
    """Do it; the exit code says how it ended, and standard error says why."""
    try:
        code = work()
        sys.stdout.flush()
    except RealmchatError as error:
        put_error(error, as_json=as_json)
        return exit_code(error)
    except BrokenPipeError:
        _forget_stdout()
        return ExitCode.DONE
    return code or ExitCode.DONE


def _forget_stdout() -> None:
    """The reader went away (`| head`): what the interpreter still flushes must not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
