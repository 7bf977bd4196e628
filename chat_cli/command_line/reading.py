"""Reading messages: inbox, inboxgroup, history, search."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chat_cli.command_line import texts
from chat_cli.command_line.asking import result_of
from chat_cli.command_line.call import Call
from chat_cli.command_line.message_lines import message_line
from chat_cli.command_line.output import flush, put, put_json
from realm_protocol.names import Address, check_name

Message = Mapping[str, Any]
Arguments = Mapping[str, str]

_HISTORY_LIMIT = "50"


# --- reading what is unread ----------------------------------------------------------------------


def inbox(call: Call, arguments: Arguments, *, sender: str | None, limit: int | None) -> None:
    wanted = _sent_by(sender)
    unread = call.service.get(call.path("inbox"), peek="true")
    _show_unread(call, unread, [m for m in unread if wanted(m)][:limit], peek="peek" in arguments)


def inboxgroup(call: Call, arguments: Arguments, *, limit: int | None) -> None:
    unread = result_of(call, {**arguments, "peek": "peek"})
    _show_unread(call, unread, unread[:limit], peek="peek" in arguments)


def _sent_by(sender: str | None) -> Callable[[Message], bool]:
    """Whether a message is of the wanted person, who may be named without the realm."""
    if sender is None:
        return lambda _: True
    if "@" in sender:
        address = Address.parse(sender)
        return lambda message: bool(message["from"] == address)
    name = check_name(sender)
    return lambda message: bool(message["from"].partition("@")[0] == name)


def _show_unread(
    call: Call, unread: Sequence[Message], shown: Sequence[Message], *, peek: bool
) -> None:
    show(call, shown, texts.NO_UNREAD)
    # Read is only what has been written out: a reader that went away has not seen it.
    flush()
    if not peek:
        for conversation, seq in seen(unread, shown).items():
            call.service.post(call.path(f"conversations/{conversation}/read"), {"seq": seq})


def seen(unread: Sequence[Message], shown: Sequence[Message]) -> dict[str, int]:
    """How far each conversation can be marked read, when of its unread messages these were shown.

    Up to the first that was not shown. Those that have no number yet don't count.
    """
    keys = {(message["conversation"], message["key"]) for message in shown}
    marks: dict[str, int] = {}
    held_back = set()
    for message in unread:
        conversation = message["conversation"]
        if (conversation, message["key"]) not in keys:
            held_back.add(conversation)
        elif conversation not in held_back and message["seq"] is not None:
            marks[conversation] = message["seq"]
    return marks


# --- reading what there is -----------------------------------------------------------------------


def history(call: Call, arguments: Arguments) -> None:
    show(call, result_of(call, {"limit": _HISTORY_LIMIT, **arguments}), texts.NO_MESSAGES)


def search(call: Call, arguments: Arguments, *, limit: int | None) -> None:
    found = call.service.get(call.path("search"), q=arguments["words"])
    show(call, found[:limit], texts.NOTHING_FOUND)


def show(call: Call, messages: Sequence[Message], when_none: texts.Text) -> None:
    """Messages as JSON Lines, or as a chat reads."""
    if call.as_json:
        for message in messages:
            put_json(message)
        return
    if not messages:
        call.note(when_none)
        return
    conversations = {c["conversation"]: c for c in call.service.get(call.path("conversations"))}
    for message in messages:
        conversation = conversations.get(message["conversation"])
        put(message_line(message, conversation, call.account, call.look))
