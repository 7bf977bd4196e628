"""Realms by the command line: adding them, writing to people and groups there, sending files."""

from collections.abc import Callable, Mapping, Sequence

from chat_cli.command_line import texts
from chat_cli.command_line.asking import result_of
from chat_cli.command_line.call import Call
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.sending import send_to
from chat_cli.command_line.sending_files import STDIN, To, send_file_to
from chat_cli.command_line.texts import say
from realm_protocol.errors import RealmchatError, WrongArguments

Arguments = Mapping[str, str]

_GROUP = "group:"


def addrealm(call: Call, arguments: Arguments) -> None:
    added = result_of(call, arguments)
    if "key" not in added:
        call.show(added, texts.REALM_ADDED, **added)
        return
    call.show(added, texts.REALM_ENROLLED, **added)


def sendprivaterealm(
    call: Call, arguments: Arguments, *, key: str | None, wait: float | None
) -> ExitCode:
    person, text = arguments["person"], arguments["text"]
    return send_to(call, person, text, key, wait, arguments["realm"])


def sendgrouprealm(
    call: Call, arguments: Arguments, *, key: str | None, wait: float | None
) -> ExitCode:
    named = _named(arguments)
    text, realm = arguments["text"], arguments["realm"]

    def send(number: int, name: str) -> ExitCode:
        own_key = key if key is None or len(named) == 1 else f"{key}.{number}"
        to = {"group": name.removeprefix(_GROUP)} if name.startswith(_GROUP) else name
        return send_to(call, to, text, own_key, wait, realm)

    return _each(named, send)


def sendfilerealm(
    call: Call, arguments: Arguments, *, wait: float | None, name: str | None
) -> ExitCode:
    to = To(arguments["person"], arguments["realm"])
    return send_file_to(call, to, arguments["path"], wait, name)


def sendgroupfilerealm(
    call: Call, arguments: Arguments, *, wait: float | None, name: str | None
) -> ExitCode:
    named, path = _named(arguments), arguments["path"]
    if path == STDIN and len(named) > 1:
        raise WrongArguments(detail=say(texts.STDIN_GOES_TO_ONE), usage=call.command.usage)

    def send(_: int, to: str) -> ExitCode:
        return send_file_to(call, To(to, arguments["realm"]), path, wait, name)

    return _each(named, send)


def _named(arguments: Arguments) -> list[str]:
    """A group, or people with commas between."""
    named = arguments["recipients"]
    if named.lower().startswith(_GROUP):
        return [_GROUP + named[len(_GROUP) :]]
    return named.split(",")


def _each(named: Sequence[str], send: Callable[[int, str], ExitCode]) -> ExitCode:
    """To each; raises the first refusal once all were offered."""
    codes: list[ExitCode] = []
    refusals: list[RealmchatError] = []
    for number, name in enumerate(named):
        try:
            codes.append(send(number, name))
        except RealmchatError as error:
            refusals.append(error)
    if refusals:
        raise refusals[0]
    return max(codes)
