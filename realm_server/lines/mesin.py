"""The dialect `mesin`: its words, what they do, and the forms of its messages.

An inbox of it hands out each message once. Bodies bear a leading space, people their full names.
"""

import hashlib
import json
from collections.abc import Callable

from realm_protocol.bodies import FileBody, read_file_body
from realm_protocol.commands import (
    AddRealm,
    EndSession,
    FindPeople,
    Person,
    RealmAdded,
    StoredMessage,
)
from realm_protocol.names import Address, GroupAddress, Target
from realm_server.lines import inboxes
from realm_server.lines import words as w
from realm_server.lines.answers import MESIN, Answer, said
from realm_server.lines.deeds import (
    Content,
    Dialect,
    Entry,
    Turn,
    auth,
    create_group,
    drain,
    group,
    join,
    person,
    realm_called,
    registered,
    send,
    send_group,
    send_to,
    send_to_foreign_group,
    shown,
    text,
)
from realm_server.lines.file_deeds import send_file, send_group_file, slot_for, uploaded
from realm_server.lines.framing import FileForm
from realm_server.lines.inner_client import Standing

_GROUP_PREFIX = "group:"


async def _register(turn: Turn) -> Answer:
    opened = await registered(turn, turn["full_name"], turn["country"])
    await turn.connection.open(opened.token)
    return {"status": "OK", "tokenid": opened.token}


async def _add_group(turn: Turn) -> Answer:
    return await create_group(turn, (), "Add group successful")


async def _join_group(turn: Turn) -> Answer:
    return said(await join(turn, group(turn["group"], turn.site.realm), "Join group successful"))


async def _send_group(turn: Turn) -> Answer:
    return await send_group(turn, "Message Sent")


async def _send_group_file(turn: Turn) -> Answer:
    return await send_group_file(turn, "File Sent")


async def _logout(turn: Turn) -> Answer:
    await turn.session.ask(EndSession, session_id="")
    turn.connection.forget(turn["token"])
    return {"status": "OK"}


async def _info(turn: Turn) -> Answer:
    """Who is signed in here. What stands in the place of their tokens opens nothing."""
    client = await turn.connection.last()
    people: list[Person] = await client.ask(FindPeople, query="", realm=turn.site.realm, limit=1000)
    sessions = {
        hashlib.sha256(one.address.encode()).hexdigest()[:32]: {
            "username": one.address.name,
            "userdetail": {"nama": one.display_name, "negara": one.country},
        }
        for one in people
        if one.online
    }
    return {"status": "OK", "message": sessions}


# --- other realms --------------------------------------------------------------------------------


async def _add_realm(turn: Turn) -> Answer:
    client = await turn.connection.last()
    added: RealmAdded = await client.ask(
        AddRealm, name=turn["realm"].lower(), host=turn["address"], port=int(turn["port"])
    )
    return {"status": "OK"} | ({"key": added.key} if added.key else {})


async def _send_private_realm(turn: Turn) -> Answer:
    realm = await realm_called(turn.session, turn["realm"])
    await send_to(turn, text(turn), person(turn["user"], realm))
    return said("Message Sent to Realm")


async def _send_file_realm(turn: Turn) -> Answer:
    realm = await realm_called(turn.session, turn["realm"])
    target = person(turn["user"], realm)
    await send_to(turn, await uploaded(turn, target), target)
    return said("File Sent to Realm")


async def _send_group_realm(turn: Turn) -> Answer:
    return await _send_to_all(turn, text(turn), *await _named(turn))


async def _send_group_file_realm(turn: Turn) -> Answer:
    targets = await _named(turn)
    return await _send_to_all(turn, await uploaded(turn, *targets), *targets)


async def _named(turn: Turn) -> list[Target]:
    """A group of the other realm, or several of its people."""
    realm = await realm_called(turn.session, turn["realm"])
    named = turn["users"]
    if named.startswith(_GROUP_PREFIX):
        return [group(named.removeprefix(_GROUP_PREFIX), realm)]
    return [person(name, realm) for name in named.split(",")]


async def _send_to_all(turn: Turn, content: Content, *targets: Target) -> Answer:
    answer = "Message Sent to Group in Realm"
    if len(targets) == 1 and isinstance(targets[0], GroupAddress):
        return await send_to_foreign_group(turn, content, targets[0], answer)
    await send_to(turn, content, *targets)
    return said(answer)


# --- inboxes -------------------------------------------------------------------------------------


async def _inbox(turn: Turn) -> Answer:
    """What people of this realm wrote, and all groups, by who wrote it."""
    realm = turn.site.realm

    def wanted(standing: Standing) -> bool:
        return standing.kind != "private" or Address(standing.name).realm == realm

    found: dict[str, list[object]] = {}
    for row in await drain(turn, wanted, _weight(turn)):
        found.setdefault(shown(row.sender, realm), []).append(await _message(turn, row))
    return {"status": "OK", "messages": found}


async def _realm_inbox(turn: Turn) -> Answer:
    """What people of another realm wrote; one's own realm's name means any other."""
    realm = await realm_called(turn.session, turn["realm"])
    from_realm = _any_but(realm) if realm == turn.site.realm else realm.__eq__

    def wanted(standing: Standing) -> bool:
        return standing.kind == "private" and bool(from_realm(Address(standing.name).realm))

    rows = await drain(turn, wanted, _weight(turn))
    return {"status": "OK", "messages": [await _message(turn, row) for row in rows]}


def _any_but(realm: str) -> Callable[[str], bool]:
    return lambda other: other != realm


def _weight(turn: Turn) -> Callable[[StoredMessage], int]:
    def weight(row: StoredMessage) -> int:
        file = _carried_file(turn, row)
        return inboxes.body_size(row) if file is None else file.size * 4 // 3

    return weight


def _carried_file(turn: Turn, row: StoredMessage) -> FileBody | None:
    """The file that a row brings along, where it is none that is too large for a line."""
    file = read_file_body(row.body) if row.kind == "file" else None
    return file if file is not None and file.size <= turn.site.file_limit else None


async def _message(turn: Turn, row: StoredMessage) -> dict[str, str] | str:
    client, site = turn.session, turn.site
    message = {
        "msg_from": await site.full_name(client, row.sender),
        "msg_to": await site.full_name(client, client.address),
    }
    file = _carried_file(turn, row)
    if file is not None and (slot := await slot_for(turn, file)):
        return json.dumps(message | {"file_name": file.name, "file_content": f"b'{slot}'"})
    message["msg"] = f" {_text(row)}"
    standing = client.standings.get(row.conversation)
    if standing is not None and standing.kind != "private":
        message["group"] = shown(GroupAddress(standing.name), site.realm)
    return message


def _text(row: StoredMessage) -> str:
    if row.kind == "file":
        file = read_file_body(row.body)
        return f"[{file.name}, {file.size} byte]"
    return row.body.decode()


# --- the words -----------------------------------------------------------------------------------


def _carrying(words: int) -> FileForm:
    return FileForm(words, in_line=True)


_ENTRIES = (
    Entry(w.word("auth", w.USER, w.PASSWORD), auth, at_sign_in=True),
    Entry(w.word("register", w.USER, w.PASSWORD, w.FULL_NAME, w.COUNTRY), _register),
    Entry(w.word("addgroup", w.TOKEN, w.GROUP), _add_group),
    Entry(w.word("joingroup", w.TOKEN, w.GROUP), _join_group),
    Entry(w.word("send", w.TOKEN, w.USER, w.TEXT), send),
    Entry(w.word("sendgroup", w.TOKEN, w.GROUP, w.TEXT), _send_group),
    Entry(w.word("inbox", w.TOKEN), _inbox),
    Entry(w.word("sendfile", w.TOKEN, w.USER, w.FILE), send_file, _carrying(4)),
    Entry(w.word("sendgroupfile", w.TOKEN, w.GROUP, w.FILE), _send_group_file, _carrying(4)),
    Entry(w.word("addrealm", w.REALM, w.ADDRESS, w.PORT), _add_realm),
    Entry(w.word("sendprivaterealm", w.TOKEN, w.REALM, w.USER, w.TEXT), _send_private_realm),
    Entry(w.word("sendgrouprealm", w.TOKEN, w.REALM, w.USERS, w.TEXT), _send_group_realm),
    Entry(w.word("getrealminbox", w.TOKEN, w.REALM), _realm_inbox),
    Entry(
        w.word("sendfilerealm", w.TOKEN, w.REALM, w.USER, w.FILE), _send_file_realm, _carrying(5)
    ),
    Entry(
        w.word("sendgroupfilerealm", w.TOKEN, w.REALM, w.USERS, w.FILE),
        _send_group_file_realm,
        _carrying(5),
    ),
    Entry(w.word("logout", w.TOKEN), _logout),
    Entry(w.word("info"), _info),
)

DIALECT = Dialect("mesin", {entry.word.name: entry for entry in _ENTRIES}, MESIN)
