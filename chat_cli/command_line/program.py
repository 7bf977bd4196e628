"""The command line `chat-cli`: what each command asks the service, and what it prints.

A command runs for a moment, so nothing here imports a server or a database; `serve` does.
"""

import io
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from chat_cli.command_line import exit_codes
from chat_cli.command_line.output import message_line, put, put_json, put_note
from chat_cli.command_line.words import Call, Extra, add_word, answer
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.service_client import connect
from realm_protocol.names import Address, check_name
from realm_service.command_line import version_option
from realm_service.home import home_folder

SEND_WAIT_SECONDS = 5.0

app = typer.Typer(
    name="chat-cli",
    help="Chat with people of all realms, from a terminal or a script.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: chat-cli login messi@surabaya, then: chat-cli send henderson@jakarta hello",
)


@app.callback()
def chat_cli(
    show_version: Annotated[
        bool,
        version_option("chat-cli"),
    ] = False,
) -> None:
    """Chat with people of all realms, from a terminal or a script."""


# --- the service ---------------------------------------------------------------------------------


@app.command(epilog="Example: chat-cli serve --port 7000 --realm-url https://chat.example.org")
def serve(
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port on 127.0.0.1. Default: 7000, or a free one when that is taken.",
            show_default=False,
        ),
    ] = None,
    realm_url: Annotated[
        str | None,
        typer.Option(
            help="The realm server for accounts that name no other. Default: this machine's.",
            show_default=False,
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(help="File of certificate authorities to trust.", show_default=False),
    ] = None,
) -> int:
    """Run the service in the foreground; other commands start it themselves."""

    def run() -> None:
        # Here, because a server costs more to import than any other command to run.
        from chat_cli.app import run_service
        from chat_cli.settings import ChatCliSettings
        from realm_service.settings import load

        run_service(load(ChatCliSettings, {"port": port, "realm_url": realm_url, "ca": ca}))

    return answer(run)


@app.command(epilog='Example: curl -H "Authorization: Bearer $(chat-cli token)" …')
def token() -> int:
    """Print the service's token, which opens all accounts of this machine's user."""
    return answer(lambda: put(connect().token))


# --- accounts ------------------------------------------------------------------------------------


def login(call: Call, arguments: Mapping[str, str], realm_url: str | None) -> None:
    _open_account(call, "login", arguments, realm_url)


def register(call: Call, arguments: Mapping[str, str], realm_url: str | None) -> None:
    _open_account(call, "register", arguments, realm_url)


def _open_account(
    call: Call, route: str, arguments: Mapping[str, str], realm_url: str | None
) -> None:
    address = Address.parse(arguments["address"])
    body = {**arguments, "address": address, "realm_url": realm_url}
    given = {name: value for name, value in body.items() if value is not None}
    opened = call.service.post(f"/v1/accounts/{route}", given)
    _show(call, opened, f"Signed in as {opened['account']}.")


def logout(call: Call, arguments: Mapping[str, str], forget: bool) -> None:
    if session := arguments.get("session"):
        call.service.delete(call.path(f"sessions/{quote(session, safe='')}"))
        _show(call, {"session": session}, f"Session {session} has ended.")
        return
    ended = call.service.post(call.path("logout"), {"forget": forget})
    _show(call, ended, f"Signed out {call.account}.")
    if unsent := ended.get("unsent"):
        fate = "were erased with it" if forget else "are kept until you sign in again"
        put_note(f"{unsent} messages had not been sent yet; they {fate}.")


# --- messages ------------------------------------------------------------------------------------


def send(call: Call, arguments: Mapping[str, str], key: str | None, wait: float) -> ExitCode:
    return _send(call, arguments["person"], arguments["text"], key, wait)


def sendgroup(call: Call, arguments: Mapping[str, str], key: str | None, wait: float) -> ExitCode:
    return _send(call, {"group": arguments["group"]}, arguments["text"], key, wait)


def _send(
    call: Call, to: str | dict[str, str], text: str, key: str | None, wait: float
) -> ExitCode:
    body = {"to": to, "text": text} | ({"key": key} if key else {})
    sent = call.service.post(call.path("messages"), body, wait_seconds=wait)
    code = exit_codes.of_state(sent["state"])
    name = sent["to"]["group"] if isinstance(sent["to"], dict) else sent["to"]
    if code is ExitCode.SAVED:
        put_note(f"saved, and sent to {name} as soon as the main server can be reached")
    _show(call, sent, f"Saved for {name}." if code is ExitCode.SAVED else f"Sent to {name}.")
    return code


def inbox(call: Call, arguments: Mapping[str, str]) -> None:
    messages = call.service.get(call.path("inbox"), peek="true")
    if call.as_json:
        for message in messages:
            put_json(message)
    else:
        _put_messages(call, messages)
    # Read is only what has been written out: a reader that went away has not seen it.
    sys.stdout.flush()
    if "peek" not in arguments:
        for conversation, seq in _last_seqs(messages).items():
            call.service.post(call.path(f"conversations/{conversation}/read"), {"seq": seq})


def _put_messages(call: Call, messages: list[dict[str, Any]]) -> None:
    if not messages:
        put_note("no unread messages")
        return
    conversations = {c["conversation"]: c for c in call.service.get(call.path("conversations"))}
    for message in messages:
        put(message_line(message, conversations[message["conversation"]]))


def _last_seqs(messages: list[dict[str, Any]]) -> dict[str, int]:
    """The last number of each conversation among these; those that have none yet don't count."""
    return {
        message["conversation"]: message["seq"]
        for message in messages
        if message["seq"] is not None
    }


# --- groups --------------------------------------------------------------------------------------


def creategroup(call: Call, arguments: Mapping[str, str]) -> None:
    body: dict[str, Any] = {"name": arguments["group"]}
    if members := arguments.get("members"):
        body["members"] = members.split(" ")
    created = call.service.post(call.path("groups"), body)
    _show(call, created, f"Created group {created['group']}.")


def joingroup(call: Call, arguments: Mapping[str, str]) -> None:
    group = _in_a_path(arguments["group"])
    joined = call.service.post(call.path(f"groups/{group}/join"), {})
    _show(call, joined, f"You are in group {joined['group']}.")


def _in_a_path(group: str) -> str:
    """The name of a group, which must be one to stand in a URL."""
    name, at, realm = group.partition("@")
    return f"{check_name(name)}@{check_name(realm)}" if at else check_name(name)


def _show(call: Call, result: Mapping[str, Any], line: str) -> None:
    if call.as_json:
        put_json(result)
    else:
        put(line)


# --- the table of commands -----------------------------------------------------------------------

_REALM_URL = Extra(
    "realm_url",
    Annotated[
        str | None,
        typer.Option(
            envvar="CHAT_CLI_REALM_URL",
            help="The realm server of this account. Default: the service's.",
            show_default=False,
        ),
    ],
    None,
)
_FORGET = Extra(
    "forget",
    Annotated[bool, typer.Option("--forget", help="Erase its messages from this machine too.")],
    False,
)
_WAIT = Extra(
    "wait",
    Annotated[
        float,
        typer.Option(min=0, max=60, metavar="SECONDS", help="How long to wait for main's answer."),
    ],
    SEND_WAIT_SECONDS,
)
_KEY = Extra(
    "key",
    Annotated[
        str | None,
        typer.Option(help="Names this message: sent again with it, it is not sent twice."),
    ],
    None,
)

add_word(
    app,
    "auth",
    login,
    extras=(_REALM_URL,),
    shown_as="login",
    example="chat-cli login messi@surabaya",
)
add_word(
    app,
    "register",
    register,
    extras=(_REALM_URL,),
    example='chat-cli register messi@surabaya --name "Lionel Messi"',
)
add_word(app, "logout", logout, extras=(_FORGET,), example="chat-cli logout --forget")
add_word(
    app,
    "send",
    send,
    extras=(_KEY, _WAIT),
    example="echo hi | chat-cli send henderson@jakarta -",
)
add_word(app, "inbox", inbox, example="chat-cli inbox --json --peek")
add_word(
    app,
    "addgroup",
    creategroup,
    shown_as="creategroup",
    example="chat-cli creategroup jarkom3",
)
add_word(app, "joingroup", joingroup, example="chat-cli joingroup jarkom3@surabaya")
add_word(
    app,
    "sendgroup",
    sendgroup,
    extras=(_KEY, _WAIT),
    example="chat-cli sendgroup jarkom3@surabaya hello all",
)


# --- the console script --------------------------------------------------------------------------


def main() -> None:
    """Run a command; every end is an exit code and, where it failed, one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    arguments = sys.argv[1:] or ["--help"]
    sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    try:
        return app(arguments, prog_name="chat-cli", standalone_mode=False) or ExitCode.DONE
    except typer.TyperException as exc:
        message = " ".join(exc.format_message().split())
        put_note(f"{message} `chat-cli --help` explains.")
        return ExitCode.USAGE
    except typer.Abort:  # the terminal closed while a password was asked for
        put_note("stopped; nothing was done")
        return ExitCode.UNEXPECTED
    except Exception as exc:
        log = _log_defect()
        put_note(f"unexpected: {type(exc).__name__}; {log} has more")
        return ExitCode.UNEXPECTED


def _log_defect() -> Path:
    """Where the traceback of a defect of the command line is kept."""
    log = home_folder("chat-cli") / "command-line.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        traceback.print_exc(file=file)
    return log
