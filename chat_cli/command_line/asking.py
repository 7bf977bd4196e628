"""Words that the service does by their line, and how their answers look: groups, people, realms.

A word that comes into the table is a command from then on; it is shown as its answer stands until
it has columns or a sentence here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chat_cli.command_line import texts
from chat_cli.command_line.call import Call
from chat_cli.command_line.look import Look
from chat_cli.command_line.output import put, put_json
from chat_cli.command_line.tables import Column, lines, plain
from chat_cli.command_line.texts import Text, say
from realm_protocol.grammar import ParsedLine, parse_line, print_line

_DONE: dict[str, Text] = {
    "addgroup": texts.GROUP_CREATED,
    "joingroup": texts.GROUP_JOINED,
    "leavegroup": texts.GROUP_LEFT,
    "addinvitegroup": texts.GROUP_CREATED,
    "invite": texts.GROUP_INVITED,
    "removemember": texts.MEMBER_REMOVED,
    "setrole": texts.ROLE_GIVEN,
    "renamegroup": texts.GROUP_RENAMED,
    "setaccess": texts.ACCESS_SET,
    "closegroup": texts.GROUP_CLOSED,
    "reopengroup": texts.GROUP_REOPENED,
    "read": texts.READ_UP_TO,
    "block": texts.BLOCKED,
    "unblock": texts.UNBLOCKED,
    "mute": texts.MUTED,
    "unmute": texts.UNMUTED,
}
"""What people are told once it is done; the fields are those of the answer."""


def _yes(text: Text, otherwise: Text) -> Callable[[Any, Look], str]:
    return lambda value, _: say(text if value else otherwise)


def _time(value: str | None, look: Look) -> str:
    return look.time(value) if value else ""


def _port(port: int, _: Look) -> str:
    return str(port or "")


def _told_role(role: str | None, _: Look) -> str:
    return say(_ROLES[role]) if role in _ROLES else role or ""


def _told_kind(kind: str, _: Look) -> str:
    return say(texts.KIND_ROOM if kind == "room" else texts.KIND_GROUP)


_ROLES = {
    "owner": texts.ROLE_OWNER,
    "admin": texts.ROLE_ADMIN,
    "member": texts.ROLE_MEMBER,
    "guest": texts.ROLE_GUEST,
}
_PRESENCE = _yes(texts.ONLINE, texts.AWAY)
_NAME = Column(texts.NAME, "name")
_ADDRESS = Column(texts.ADDRESS, "address")

_COLUMNS: dict[str, tuple[Column, ...]] = {
    "sessions": (
        Column(texts.SESSION, "session_id"),
        Column(texts.DEVICE, "device"),
        Column(texts.REALM, "realm"),
        Column(texts.SINCE, "created_at", _time),
        Column(texts.LAST_SEEN, "last_seen_at", _time),
        Column(texts.THIS_ONE, "current", _yes(texts.HERE, texts.ELSEWHERE)),
    ),
    "groups": (
        Column(texts.GROUP, "group"),
        Column(texts.MEMBERS, "members", number=True),
        Column(texts.YOU, "joined", _yes(texts.MEMBER, texts.NO_MEMBER)),
        Column(texts.ROLE, "role", _told_role),
        Column(texts.WHO_ENTERS, "invite_only", _yes(texts.ACCESS_INVITED, texts.ACCESS_OPEN)),
        Column(texts.KIND, "kind", _told_kind),
        _NAME,
    ),
    "members": (
        _ADDRESS,
        _NAME,
        Column(texts.ROLE, "role", _told_role),
        Column(texts.PRESENCE, "online", _PRESENCE),
        Column(texts.HAS_READ, "read", number=True),
    ),
    "users": (
        _ADDRESS,
        _NAME,
        Column(texts.COUNTRY, "country"),
        Column(texts.PRESENCE, "online", _PRESENCE),
    ),
    "realms": (
        Column(texts.REALM, "realm"),
        Column(texts.LINK, "linked", _yes(texts.LINKED, texts.CUT_OFF)),
        Column(texts.SINCE, "since", _time),
        Column(texts.PEOPLE_ONLINE, "online", number=True),
        Column(texts.HOST, "host"),
        Column(texts.PORT, "port", _port),
        Column(texts.CALLED, "names"),
    ),
}


LINK_STATES = {
    "connecting": texts.LINK_CONNECTING,
    "up": texts.LINK_UP,
    "cut_off": texts.LINK_CUT_OFF,
    "unreachable": texts.LINK_UNREACHABLE,
    "signed_out": texts.LINK_SIGNED_OUT,
}
"""What people are told of the connection."""


def told_link(state: str, look: Look) -> str:
    return say(LINK_STATES[state]) if state in LINK_STATES else state


_INFO = (
    Column(texts.ACCOUNT, "account"),
    Column(texts.REALM, "link.realm"),
    Column(texts.CONNECTION, "link.state", told_link),
    Column(texts.SINCE, "link.since", _time),
    Column(texts.SERVER, "realm_url"),
    Column(texts.UNREAD, "unread"),
    Column(texts.UNSENT, "unsent"),
    Column(texts.CONVERSATIONS, "conversations"),
    Column(texts.MESSAGES, "messages"),
)


def ask(call: Call, arguments: Mapping[str, str]) -> None:
    """Have the word done, and show what it came to."""
    result = result_of(call, arguments)
    word = call.command.word.name
    if isinstance(result, list):
        show_rows(call, _COLUMNS.get(word), result)
    elif word in _DONE:
        call.show(result, _DONE[word], **result)
        if word == "joingroup" and result.get("kind") == "room":
            call.note(texts.ROOM_IS_OPEN, room=result["group"])
    else:
        show_facts(call, [Column(Text(key, key), key) for key, _ in flattened(result)], result)


def result_of(call: Call, arguments: Mapping[str, str]) -> Any:
    """What the service answers to the line of this word; raises what it is refused with."""
    line = print_line(ParsedLine(call.command.word, arguments))
    parse_line(line)  # a slip is told before any service is asked or started
    return call.service.post(call.path("commands"), {"line": line})["result"]


def people(call: Call, arguments: Mapping[str, str]) -> None:
    """What is looked for may hold spaces, which a line can't say."""
    found = call.service.get(call.path("users"), q=arguments.get("query", ""))
    show_rows(call, _COLUMNS["users"], found)


def info(call: Call, arguments: Mapping[str, str]) -> None:
    show_facts(call, _INFO, call.service.get(call.path("info")))


def show_rows(
    call: Call,
    columns: Sequence[Column] | None,
    rows: Sequence[Mapping[str, Any]],
    when_none: Text = texts.NOTHING_FOUND,
) -> None:
    """Rows as JSON Lines, as a table, or parted by tabs."""
    if call.as_json:
        for row in rows:
            put_json(row)
    elif not rows:
        call.note(when_none)
    else:
        known = columns or [Column(Text(key, key), key) for key in rows[0]]
        for line in lines(known, rows, call.look):
            put(line)


def show_facts(call: Call, facts: Sequence[Column], answer: Mapping[str, Any]) -> None:
    """One object: as it was answered, or a line for each of its values."""
    if call.as_json:
        put_json(answer)
        return
    flat = dict(flattened(answer))
    if not call.look.at_terminal:
        for name, value in flat.items():
            put(f"{name}\t{plain(value)}")
        return
    labels = [say(fact.heading) for fact in facts]
    widest = max(map(len, labels), default=0)
    for label, fact in zip(labels, facts, strict=True):
        told = fact.told(flat.get(fact.key), call.look)
        put(call.look.paint(f"{label:<{widest}}", "dim") + f"  {told}")


def flattened(answer: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with the path to it: `link.state`."""
    for name, value in answer.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{above}{name}.")
        else:
            yield above + name, value
