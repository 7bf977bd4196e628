"""One run of a command: what every command was given, the service it asks, and how it prints."""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chat_cli import profiles
from chat_cli.command_line import texts
from chat_cli.command_line.accounts import account_for
from chat_cli.command_line.output import put, put_json, put_note
from chat_cli.command_line.service_client import ServiceClient, connect
from chat_cli.command_line.texts import say

if TYPE_CHECKING:
    from chat_cli.command_line.command import Command
    from chat_cli.command_line.look import Look
    from chat_cli.configuration import Configuration


class Call:
    """Handed to the function of the command. The service is looked for when it is first asked."""

    def __init__(
        self,
        command: "Command",
        configuration: "Configuration",
        *,
        account: str | None = None,
        as_json: bool = False,
        quiet: bool = False,
    ) -> None:
        self.command = command
        self.configuration = configuration
        self.as_json = as_json
        self.quiet = quiet
        self.named = account
        """Who `--account` names, if it does."""

    @cached_property
    def service(self) -> ServiceClient:
        return connect()

    def close(self) -> None:
        """End the connection, where one was needed; a process that ends need not."""
        if "service" in self.__dict__:
            self.service.close()

    @cached_property
    def account(self) -> str:
        """Who the command is for, as a full address."""
        wanted = self.named or self.configuration.value("account")
        return account_for(wanted, profiles.home(), lambda: self.service.get("/v1/accounts"))

    @cached_property
    def look(self) -> "Look":
        """How what is printed shall look; a message that is sent needs none."""
        from chat_cli.command_line.look import look_of_stdout

        return look_of_stdout(self.configuration.value("color"), os.environ)

    def path(self, route: str) -> str:
        """A route below the account of this call."""
        return f"/v1/accounts/{self.account}/{route}"

    def show(self, result: Mapping[str, Any], text: texts.Bilingual, /, **fields: object) -> None:
        """What was done: for programs as it was answered, for people as a sentence."""
        if self.as_json:
            put_json(result)
        elif not self.quiet:
            put(say(text, **fields))

    def note(self, text: texts.Bilingual, /, **fields: object) -> None:
        """What is beside the result, for people."""
        if not self.quiet:
            put_note(text, **fields)
