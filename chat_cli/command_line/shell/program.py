"""The command `chat-cli shell`: for a person at a terminal, or for a script in a pipe."""

import sys
from collections.abc import Mapping

from chat_cli import profiles
from chat_cli.command_line.call import Call
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.shell.batch import Batch, lines_of
from chat_cli.command_line.shell.doing import Doing
from realm_protocol.errors import NotSignedIn


def shell(call: Call, arguments: Mapping[str, str]) -> ExitCode:
    """Take lines until the person, or the pipe, has no more."""
    doing = Doing(call.configuration, as_json=call.as_json)
    if sys.stdin is None:
        return ExitCode.DONE
    if not (sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty()):
        return Batch(doing, call.named, as_json=call.as_json).run(lines_of(sys.stdin.buffer))
    # Here, because a script has no use for a line editor.
    import asyncio

    from chat_cli.command_line.shell.terminal import Terminal

    terminal = Terminal(doing, profiles.home())
    return asyncio.run(terminal.run(_account(call)))


def _account(call: Call) -> str | None:
    """Who to be at first; None where nobody is signed in, for whom the shell has `auth`."""
    try:
        return call.account
    except NotSignedIn:
        return None
