"""The dialect `kelompok5`: its words, what they do, and the forms of its messages.

An inbox of it shows everything each time: the newest thousand, received and sent.
"""

from datetime import UTC, datetime

from realm_protocol.bodies import read_file_body
from realm_protocol.commands import (
    EndSession,
    FindPeople,
    Group,
    ListGroups,
    ListMembers,
    Person,
    StoredMessage,
)
from realm_protocol.errors import AmbiguousName, NotSignedIn, RealmNotFound, SessionEnded
from realm_protocol.names import Address, group_conversation
from realm_server.lines import inboxes
from realm_server.lines import words as w
from realm_server.lines.answers import KELOMPOK5, Answer, said
from realm_server.lines.deeds import (
    Dialect,
    Entry,
    Turn,
    auth,
    create_group,
    device_of,
    fetch_newest,
    group,
    open_inbox,
    other_realms,
    person,
    registered,
    send,
    send_group,
    send_to,
    send_to_foreign_group,
    shown,
    text,
)
from realm_server.lines.file_deeds import send_file, send_group_file
from realm_server.lines.framing import FileForm
from realm_server.lines.inner_client import InnerClient


async def _register(turn: Turn) -> Answer:
    """Nobody is signed in by it: the session that main opened ends at once."""
    opened = await registered(turn, turn["user"], "")
    client = await turn.site.enter(opened.token, device_of(turn.dialect))
    try:
        await client.ask(EndSession, session_id="")
    finally:
        client.leave()
    return said("User Registered Successfully")


async def _create_group(turn: Turn) -> Answer:
    members = turn.arguments.get("members", "").split()
    return await create_group(turn, members, "Group Created")


async def _send_group(turn: Turn) -> Answer:
    return await send_group(turn, "Message Sent to Group")


async def _send_group_file(turn: Turn) -> Answer:
    return await send_group_file(turn, "File Sent to Group")


# --- other realms --------------------------------------------------------------------------------


async def _realm_of(turn: Turn, name: str) -> str:
    """Of a bare name: with two realms it is of the other one."""
    others = [realm.name for realm in await other_realms(turn.session)]
    if not others:
        raise RealmNotFound(realm=name[:100])
    if len(others) > 1:
        candidates = [f"{name[:100]}@{realm}" for realm in others]
        raise AmbiguousName(name=name[:100], candidates=candidates)
    return others[0]


async def _send_realm(turn: Turn) -> Answer:
    name = turn["user"]
    realm = "" if "@" in name else await _realm_of(turn, name)
    await send_to(turn, text(turn), person(name, realm))
    return said("Message Sent")


async def _send_group_realm(turn: Turn) -> Answer:
    name = turn["group"]
    realm = "" if "@" in name else await _realm_of(turn, name)
    target = group(name, realm)
    return await send_to_foreign_group(turn, text(turn), target, "Message Sent to Group")


# --- lists ---------------------------------------------------------------------------------------


_PEOPLE_LISTED = 1000


async def _list_users(turn: Turn) -> Answer:
    realm, client = turn.site.realm, await _asker(turn)
    if client is None:
        users = await turn.site.known.people(_PEOPLE_LISTED)
    else:
        found: list[Person] = await client.ask(
            FindPeople, query="", realm=realm, limit=_PEOPLE_LISTED
        )
        users = [one.address for one in found]
    return {"status": "OK", "users": [address.name for address in users]}


async def _list_groups(turn: Turn) -> Answer:
    realm, client = turn.site.realm, await _asker(turn)
    if client is None:
        groups = await turn.site.known.open_groups()
    else:
        found: list[Group] = await client.ask(ListGroups)
        groups = [one.address for one in found]
    return {"status": "OK", "groups": [shown(address, realm) for address in groups]}


async def _asker(turn: Turn) -> InnerClient | None:
    """Who signed in last on the connection; None where nobody did, who need not for these lists."""
    try:
        return await turn.connection.last()
    except (NotSignedIn, SessionEnded):
        return None


# --- inboxes -------------------------------------------------------------------------------------


async def _inbox(turn: Turn) -> Answer:
    client = turn.session
    await open_inbox(turn)
    rows: list[StoredMessage] = []
    names: dict[str, Address] = {}
    for conversation, standing in list(client.standings.items()):
        if standing.kind == "private":
            names[conversation] = Address(standing.name)
            found = await fetch_newest(client, conversation)
            # Each time, so that no more is held than one answer shows.
            rows = inboxes.newest(inboxes.in_order([rows, found]))
    messages = [_private_message(turn, row, names[row.conversation]) for row in rows]
    return {"status": "OK", "messages": messages}


async def _group_inbox(turn: Turn) -> Answer:
    client = turn.session
    address = group(turn["group"], turn.site.realm)
    await open_inbox(turn)
    conversation = group_conversation(address)
    if conversation not in client.standings:
        await client.ask(ListMembers, group=address)  # says why it can't be read
    rows = await fetch_newest(client, conversation)
    shown_rows = inboxes.newest([row for row in rows if row.kind != "system"])
    return {"status": "OK", "messages": [_group_message(turn, row) for row in shown_rows]}


def _private_message(turn: Turn, row: StoredMessage, peer: Address) -> dict[str, str]:
    me, realm = turn.session.address, turn.site.realm
    to = peer if row.sender == me else me
    message = {"msg_from": shown(row.sender, realm), "msg_to": shown(to, realm)}
    return message | _content(row, "") | {"timestamp": _iso(row.at)}


def _group_message(turn: Turn, row: StoredMessage) -> dict[str, str]:
    sender = shown(row.sender, turn.site.realm)
    return {"msg_from": sender} | _content(row, f"{sender}: ") | {"timestamp": _iso(row.at)}


def _content(row: StoredMessage, prefix: str) -> dict[str, str]:
    if row.kind == "file":
        return {"file": read_file_body(row.body).name}
    return {"msg": prefix + row.body.decode()}


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


# --- the words -----------------------------------------------------------------------------------


_FILE_BEHIND = FileForm(4, in_line=False)

_ENTRIES = (
    Entry(w.word("auth", w.USER, w.PASSWORD), auth, at_sign_in=True),
    Entry(w.word("register", w.USER, w.PASSWORD), _register),
    Entry(w.word("send", w.TOKEN, w.USER, w.TEXT), send),
    Entry(w.word("sendrealm", w.TOKEN, w.USER, w.TEXT), _send_realm),
    Entry(w.word("sendgrouprealm", w.TOKEN, w.GROUP, w.TEXT), _send_group_realm),
    Entry(w.word("inbox", w.TOKEN), _inbox),
    Entry(w.word("groupinbox", w.TOKEN, w.GROUP), _group_inbox),
    Entry(w.word("creategroup", w.TOKEN, w.GROUP, w.MEMBERS), _create_group),
    Entry(w.word("sendgroup", w.TOKEN, w.GROUP, w.TEXT), _send_group),
    Entry(w.word("listusers"), _list_users),
    Entry(w.word("listgroups"), _list_groups),
    Entry(w.word("sendfile", w.TOKEN, w.USER, w.FILE), send_file, _FILE_BEHIND),
    Entry(w.word("sendgroupfile", w.TOKEN, w.GROUP, w.FILE), _send_group_file, _FILE_BEHIND),
)

DIALECT = Dialect("kelompok5", {entry.word.name: entry for entry in _ENTRIES}, KELOMPOK5)
