"""Open rooms: one of each realm that opens it, who is a guest there, and who may read its record.

Everybody in a room sees everything, and its realm's operators may read it too. What is said here
names no conversation: it is always the room of the realm that asks.
"""

import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from main_server.effects import Entered, LiveSession
from main_server.rules.audit import note
from main_server.rules.groups import add_member, remove_member
from main_server.rules.messages import insert_conversation
from main_server.rules.people import (
    end_sessions,
    find_person,
    insert_person,
    let_guest_go,
    tell_site,
)
from main_server.rules.reading import read_page
from main_server.rules.sessions import issue_session
from main_server.store.ledger import Conversation, Member
from main_server.store.schema import conversations, people
from main_server.store.writer import Transaction
from realm_protocol import commands
from realm_protocol.errors import (
    GroupExists,
    NotForGuests,
    RoomNotOpen,
    TooManyGuests,
)
from realm_protocol.limits import GUESTS_AT_ONCE
from realm_protocol.link import EnterAsGuest, FetchRoom, ReadRoom, Room, Session
from realm_protocol.names import Address, group_conversation
from realm_protocol.rooms import GUEST_ENDING, GUEST_LIMITS, ROOM_NAME, guest_address, room_address

# --- opening and closing -------------------------------------------------------------------------


def set_room(tx: Transaction, realm: str, *, is_open: bool) -> None:
    """Bring a realm's room to what its server says.

    Raises `GroupExists` where a group has its address: what was written there was for its members.
    """
    address = room_address(realm)
    conversation = tx.ledger.conversation(group_conversation(address))
    if conversation is not None and conversation.kind != "room":
        if is_open:
            raise GroupExists(group=str(address))
        return
    was_open = conversation is not None and not conversation.is_closed
    if was_open == is_open:
        return
    if conversation is None:
        insert_conversation(tx, group_conversation(address), "room", address, {})
    else:
        _set_closed(tx, conversation, closed=not is_open)
    action = "open room" if is_open else "close room"
    note(tx, actor=f"realm {realm}", action=action, subject=str(address))


def _set_closed(tx: Transaction, room: Conversation, *, closed: bool) -> None:
    """Told to everybody in it by a head; guests have nothing to stay for in a closed one."""
    room.is_closed = closed
    tx.connection.execute(
        sa.update(conversations)
        .where(conversations.c.id == room.row_id)
        .values(closed_at=tx.now if closed else None, changed_at=tx.position)
    )
    for member in room.members.values():
        head = room.head_for(member)
        tx.effects.append(Entered(member.person_id, head, None, member.address, tx.position))
        if closed:
            let_guest_go(tx, member.person_id)


def _room_of(connection: Connection, realm: str) -> Row[Any]:
    """The row of this realm's room, open or closed; raises `RoomNotOpen`."""
    found = connection.execute(
        sa.select(conversations).where(
            conversations.c.public_id == group_conversation(room_address(realm)),
            conversations.c.kind == "room",
        )
    ).one_or_none()
    if found is None:
        raise RoomNotOpen(realm=realm)
    return found


# --- guests --------------------------------------------------------------------------------------


def enter_as_guest(tx: Transaction, realm: str, request: EnterAsGuest) -> Session:
    """A guest of this realm's room, and their one session."""
    room = tx.ledger.conversation(group_conversation(room_address(realm)))
    if room is None or room.kind != "room" or room.is_closed:
        raise RoomNotOpen(realm=realm)
    present = sum(member.role == "guest" for member in room.members.values())
    if present >= GUESTS_AT_ONCE:
        raise TooManyGuests(realm=realm, limit=GUESTS_AT_ONCE)
    address = _free_address(tx.connection, request.name, realm)
    until = tx.now + request.seconds * 1000
    person_id = insert_person(
        tx,
        address,
        password_hash="",  # there is none to know
        display_name=request.name + GUEST_ENDING,
        country="",
        limit_class=GUEST_LIMITS,
        guest_until=until,
    )
    guest = Member(person_id, address, "guest", 1, 0, 0)
    add_member(tx, room, guest, guest)
    return issue_session(tx, find_person(tx.connection, address), request.device, until)


def _free_address(connection: Connection, name: str, realm: str) -> Address:
    """As asked, else with something behind it: an address is never given twice."""
    address = guest_address(name, realm)
    while connection.scalar(sa.select(people.c.id).where(people.c.address == address)) is not None:
        address = guest_address(name, realm, secrets.token_hex(2))
    return address


def guests_to_go(connection: Connection, now: int) -> list[str]:
    """Addresses of the guests whose time is over."""
    return list(connection.scalars(sa.select(people.c.address).where(people.c.guest_until <= now)))


def dismiss_guest(tx: Transaction, address: str) -> None:
    """A guest's time is over: they leave the room, and the person is nobody's any more."""
    person = find_person(tx.connection, Address(address))
    room = tx.ledger.conversation(group_conversation(room_address(person.realm)))
    member = room.members.get(person.id) if room is not None else None
    if room is not None and member is not None:
        remove_member(tx, room, member, "left", member)
    end_sessions(tx, person, "a guest's time is over")
    gone = {"disabled": True, "guest_until": None, "revision": tx.position}
    tx.connection.execute(sa.update(people).where(people.c.id == person.id).values(gone))
    tell_site(tx, Address(address))


_FOR_GUESTS = (
    commands.FetchMessages,
    commands.ListMembers,
    commands.ListSessions,
    commands.EndSession,
    commands.OpenConversation,
    commands.SetTyping,
)
"""Each looks for itself at what its asker is in; that is the room alone."""


def check_guest(session: LiveSession, command: object) -> None:
    """What a guest may ask: to read and write in the room. Raises `NotForGuests`."""
    if session.limit_class != GUEST_LIMITS or isinstance(command, _FOR_GUESTS):
        return
    match command:
        case commands.SendMessage(to=to, kind="text") if to.startswith("group:"):
            return
        case commands.ResolveName(kind="group", name=name) if name.lower() == ROOM_NAME:
            return
    raise NotForGuests


# --- its operators -------------------------------------------------------------------------------


def read_room(tx: Transaction, realm: str, request: ReadRoom) -> Room:
    """An operator begins to read; the audit log has it. A closed room can't be watched."""
    found = _room_of(tx.connection, realm)
    if request.watch and found.closed_at is not None:
        raise RoomNotOpen(realm=realm)
    address = room_address(realm)
    action = "watch room" if request.watch else "export room"
    note(tx, actor=f"{request.by} at realm {realm}", action=action, subject=str(address))
    last_seq = max(found.last_seq, tx.ledger.uncounted(found.id))
    return Room(address, found.public_id, last_seq, found.closed_at is None)


def fetch_room(connection: Connection, realm: str, request: FetchRoom) -> commands.Page:
    """Rows of this realm's room."""
    found = _room_of(connection, realm)
    asked = commands.FetchMessages(
        request.ref, found.public_id, request.after, request.before, request.limit, False
    )
    return read_page(connection, found.id, 1, asked)
