"""The words of the shell: the command table's, some of the command line's, and its own."""

from types import MappingProxyType

from chat_cli.command_line.vocabulary import COMMAND_BY_NAME
from realm_protocol.command_table import BY_NAME, Help, Right, WhenCutOff, Word

_AS_COMMANDS = ("login", "accounts", "use", "search", "status")
"""Words beyond the table that mean in a shell what they mean as `chat-cli WORD`."""

QUIT = Word(
    "quit",
    (),
    Help("Leave the shell; so does Ctrl-D.", "Tinggalkan shell; Ctrl-D juga bisa."),
    Right.ANYONE,
    WhenCutOff.LOCAL,
    aliases=("exit",),
)

SHELL_WORDS = MappingProxyType(
    BY_NAME
    | {name: COMMAND_BY_NAME[name].word for name in _AS_COMMANDS}
    | dict.fromkeys(QUIT.names, QUIT)
)
"""Every word that a line of the shell can begin with, under every name and alias."""
