"""Doing what a line says, by the same functions that `chat-cli WORD` runs.

Only the help on the shell's own words is made here. Blocks while the service works; the terminal
calls it from a thread.
"""

from collections.abc import Mapping
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chat_cli.command_line.call import Call
from chat_cli.command_line.command import Command, Takes
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.shell.explaining import put_help
from chat_cli.command_line.vocabulary import COMMAND_BY_NAME
from realm_protocol.command_table import WhenCutOff
from realm_protocol.errors import ServiceWentAway
from realm_protocol.grammar import ParsedLine

if TYPE_CHECKING:
    from chat_cli.configuration import Configuration

SENDING = ("send", "sendgroup", "sendprivaterealm", "sendgrouprealm")
"""Words that take a key, with which asking twice sends once."""
SIGNING_IN = ("auth", "register")
CHANGES_WHO = (*SIGNING_IN, "guest", "use")
"""Words behind which lines are for somebody else."""

_OF_THE_CALL = ("account", "json", "quiet", "password-stdin")
"""Options of every command, which its function doesn't get."""


class Doing:
    """The lines of one shell; `as_json` as `--json` of a command."""

    def __init__(self, configuration: "Configuration", *, as_json: bool) -> None:
        self._configuration = configuration
        self._as_json = as_json

    def accounts(self) -> list[Mapping[str, Any]]:
        """Who is signed in on this machine, as the service lists them."""
        with closing(self.call("accounts", None)) as call:
            rows: list[Mapping[str, Any]] = call.service.get("/v1/accounts")
        return rows

    def call(self, name: str, account: str | None) -> Call:
        """What the command of this name is handed."""
        command = COMMAND_BY_NAME[name]
        return Call(command, self._configuration, account=account, as_json=self._as_json)

    def do(self, parsed: ParsedLine, account: str | None, options: Mapping[str, Any]) -> ExitCode:
        """How it ended; raises what it was refused with."""
        if parsed.word.name == "help":
            put_help(parsed.arguments.get("word"))
            return ExitCode.DONE
        try:
            return self._once(parsed, account, options)
        except ServiceWentAway:
            if parsed.word.when_cut_off in (WhenCutOff.REFUSED, WhenCutOff.SITE):
                raise  # it may have been done, and done twice it may come to something else
            return self._once(parsed, account, options)

    def _once(
        self, parsed: ParsedLine, account: str | None, options: Mapping[str, Any]
    ) -> ExitCode:
        with closing(self.call(parsed.word.name, account)) as call:
            given = {**_not_given(call.command), **options}
            code: ExitCode | None = _function(call.command)(call, parsed.arguments, **given)
        return code or ExitCode.DONE


def _not_given(command: Command) -> dict[str, Any]:
    """What a command's function gets for options that a line of the grammar doesn't have."""
    return {
        option.argument: False if option.takes is Takes.NOTHING else None
        for option in command.options
        if option.name not in _OF_THE_CALL
    }


def _function(command: Command) -> Any:
    module, _, name = command.does.partition(":")
    return getattr(import_module(f"chat_cli.command_line.{module}"), name)
