"""The console script `chat-cli`: finds the command, runs it, and makes an exit code of every end.

A command runs for a moment, so nothing here imports a server or a database, and only the command
that runs is made. What commands do is in the modules that the vocabulary names.
"""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from chat_cli import profiles
from chat_cli.command_line import texts
from chat_cli.command_line.exit_codes import ExitCode, exit_code
from chat_cli.command_line.output import OutputFailed, flush, put, put_error, put_note
from chat_cli.command_line.texts import Language, say, speak
from chat_cli.command_line.vocabulary import COMMAND_BY_NAME, COMMANDS
from chat_cli.command_line.words import click_command, everywhere, in_words
from chat_cli.configuration import language_without_file, of_this_run
from realm_protocol.errors import RealmchatError
from realm_service.version import VERSION

if TYPE_CHECKING:
    from chat_cli.configuration import Configuration


class Program(click.Group):
    """All commands of the vocabulary, each made only when it is asked for."""

    def __init__(self, configuration: "Configuration") -> None:
        super().__init__(
            "chat-cli",
            help=say(texts.PROGRAM),
            context_settings={"help_option_names": ["-h", "--help"]},
            params=[
                click.Option(
                    ["--version"],
                    is_flag=True,
                    is_eager=True,
                    expose_value=False,
                    callback=_put_version,
                    help=say(texts.VERSION_OPTION),
                ),
                *everywhere(configuration),
            ],
        )
        self._configuration = configuration

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from chat_cli.command_line.explaining import write_program  # only when help is asked for

        write_program(formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return in_words(super().get_help_option(ctx))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [command.name for command in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = COMMAND_BY_NAME.get(cmd_name.lower())
        return click_command(command, self._configuration) if command else None


COMPLETION_VARIABLE = "_CHAT_CLI_COMPLETE"
"""Set by a shell that asks what completes a line; click answers it."""


def _put_version(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked:
        put(f"chat-cli {VERSION}")
        ctx.exit()


def main() -> NoReturn:
    """Run a command; every end is an exit code and, where it failed, one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    code = run(sys.argv[1:])
    # What was printed is out. Taking the interpreter apart would cost a tenth of the command.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """One command to its end: what it came to, as an exit code."""
    try:
        code = _run(arguments)
        flush()
    except OutputFailed as failure:
        if failure.reader_is_gone:
            return ExitCode.DONE
        put_note(texts.OUTPUT_FAILED, why=failure.why)
        return ExitCode.UNEXPECTED
    return code


def _run(arguments: list[str]) -> int:
    as_json = "--json" in _before_texts(arguments)
    try:
        configuration = _configured(arguments, as_json=as_json)
        program = Program(configuration)
        if COMPLETION_VARIABLE in os.environ:
            # Here, because a person's shell asks it seldom, beside what else is run.
            from chat_cli.command_line.completion import register

            register()
        code = program.main(arguments or ["--help"], prog_name="chat-cli", standalone_mode=False)
        return int(code or ExitCode.DONE)
    except RealmchatError as error:
        put_error(error, as_json=as_json)
        return exit_code(error)
    except click.ClickException as slip:
        from chat_cli.command_line.slips import usage_error  # most commands are typed well

        put_error(usage_error(slip, arguments), as_json=as_json)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        put_note(texts.STOPPED)
        return ExitCode.UNEXPECTED
    except OutputFailed:
        raise
    except Exception as exc:
        _report(exc)
        return ExitCode.UNEXPECTED


def _configured(arguments: list[str], *, as_json: bool) -> "Configuration":
    """The settings of this run, whose language is spoken from here on."""
    try:
        configuration = of_this_run(arguments)
        language = Language(configuration.value("lang"))
    except RealmchatError:
        _speak_of_settings(arguments, as_json=as_json)
        raise
    # What programs read is the same whoever's locale they run under.
    speak(Language.ENGLISH if as_json else language)
    return configuration


def _speak_of_settings(arguments: list[str], *, as_json: bool) -> None:
    """What is wrong with the settings is told in the language that they would have come to."""
    with suppress(RealmchatError):  # the language is what is wrong, then: it stays English
        language = Language(language_without_file(arguments))
        speak(Language.ENGLISH if as_json else language)


def _before_texts(arguments: list[str]) -> list[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _report(exc: Exception) -> None:
    """A defect of the command line: one line for people, its traceback in a file of the home."""
    what = type(exc).__name__
    try:
        log = _log_traceback()
    except (OSError, RealmchatError):
        put_note(texts.UNEXPECTED_UNLOGGED, what=what)
    else:
        put_note(texts.UNEXPECTED, what=what, log=log)


def _log_traceback() -> Path:
    import traceback  # here, because it is seldom needed and takes a while to import

    log = profiles.home() / "command-line.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        traceback.print_exc(file=file)
    return log
