"""Explaining the commands: `chat-cli help`, which says what `--help` says."""

from collections.abc import Mapping

import click

from chat_cli.command_line.call import Call
from chat_cli.command_line.output import put, put_json
from chat_cli.command_line.program import Program
from chat_cli.command_line.texts import say
from chat_cli.command_line.vocabulary import COMMAND_BY_NAME, COMMANDS
from chat_cli.command_line.words import click_command
from realm_protocol.grammar import find_word


def explain(call: Call, arguments: Mapping[str, str]) -> None:
    """One command, or all; raises `UnknownCommand`."""
    asked = COMMANDS
    if name := arguments.get("word"):
        words = {known: command.word for known, command in COMMAND_BY_NAME.items()}
        asked = (COMMAND_BY_NAME[find_word(name, words).name],)
    if call.as_json:
        for command in asked:
            put_json(
                {
                    "word": command.name,
                    "aliases": list(command.names[1:]),
                    "usage": command.usage,
                    "help": say(command.word.help),
                }
            )
        return
    program = Program(call.configuration)
    context = click.Context(program, info_name="chat-cli")
    if name:
        shown = click_command(asked[0], call.configuration)
        context = click.Context(shown, info_name=shown.name, parent=context)
    put(context.get_help())
