"""Groups and rooms: create, join, leave. Every change of membership is a row of the log."""

from dataclasses import replace
from typing import Literal, Protocol

import sqlalchemy as sa

from main_server.effects import Entered, Left, LiveSession, Stored
from main_server.rules.messages import insert_conversation, insert_member
from main_server.rules.people import asker_of, find_reachable
from main_server.store.ledger import Conversation, Member
from main_server.store.schema import conversations, memberships
from main_server.store.writer import Job, Transaction
from realm_protocol.bodies import SystemBody, pack_system_body
from realm_protocol.commands import CreateGroup, Joined, JoinGroup, LeaveGroup
from realm_protocol.errors import (
    AlreadyMember,
    GroupClosed,
    GroupExists,
    GroupNotFound,
    NameReserved,
    NotAllowed,
    NotMember,
)
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.rooms import ROOM_NAME


def create_group(tx: Transaction, job: Job) -> Joined:
    """A group of the asker's own realm, theirs, with whom they name as members."""
    session, command = asker_of(job), job.command
    if not isinstance(command, CreateGroup):
        raise TypeError(command)
    group = command.group
    if group.realm != session.address.realm:
        raise NotAllowed(detail=f"a group is made in one's own realm, {session.address.realm}")
    if group.name == ROOM_NAME:
        raise NameReserved(name=group.name)
    if tx.connection.scalar(sa.select(conversations.c.id).where(conversations.c.address == group)):
        raise GroupExists(group=str(group))
    invited = _existing_people(tx, command.members, session)
    owner = Member(session.person_id, session.address, "owner", 1, 1, 1)
    conversation = insert_conversation(
        tx, group_conversation(group), "group", group, {owner.person_id: owner}
    )
    seq = _enter(tx, conversation, owner, "created", session)
    for person_id, address in invited.items():
        add_member(tx, conversation, _new_member(person_id, address), session)
    return Joined(group, conversation.public_id, seq)


def join_group(tx: Transaction, job: Job) -> Joined:
    """Enter an open group; its history is visible from the start."""
    session, command = asker_of(job), job.command
    if not isinstance(command, JoinGroup):
        raise TypeError(command)
    conversation = _find_group(tx, command.group)
    if session.person_id in conversation.members:
        raise AlreadyMember(group=str(command.group))
    if conversation.is_closed:
        raise GroupClosed(group=str(command.group))
    seq = add_member(tx, conversation, _new_member(session.person_id, session.address), session)
    return _joined(command.group, conversation, seq)


def leave_group(tx: Transaction, job: Job) -> Joined:
    """One's own going."""
    session, command = asker_of(job), job.command
    if not isinstance(command, LeaveGroup):
        raise TypeError(command)
    conversation = _find_group(tx, command.group)
    member = conversation.members.get(session.person_id)
    if member is None:
        raise NotMember(group=str(command.group))
    seq = remove_member(tx, conversation, member, "left", session)
    return _joined(command.group, conversation, seq)


def _joined(group: GroupAddress, conversation: Conversation, seq: int) -> Joined:
    kind: Literal["group", "room"] = "room" if conversation.kind == "room" else "group"
    return Joined(group, conversation.public_id, seq, kind)


def _find_group(tx: Transaction, group: GroupAddress) -> Conversation:
    conversation = tx.ledger.conversation(group_conversation(group))
    if conversation is None:
        raise GroupNotFound(group=str(group))
    return conversation


def _existing_people(
    tx: Transaction, addresses: list[Address], session: LiveSession
) -> dict[int, Address]:
    found = {}
    for address in addresses:
        person = find_reachable(tx.connection, address)
        if person.id != session.person_id:
            found[person.id] = address
    return found


def _new_member(person_id: int, address: Address) -> Member:
    """Of an open group: its history is visible from the start."""
    return Member(person_id, address, "member", 1, 0, 0)


class Doer(Protocol):
    """Who does what a row says: a session, or a member."""

    @property
    def person_id(self) -> int: ...

    @property
    def address(self) -> Address: ...


def add_member(tx: Transaction, conversation: Conversation, member: Member, by: Doer) -> int:
    """Joining sets both watermarks to the row that says so. Returns its seq."""
    seq = conversation.last_seq + 1
    member = replace(member, read=seq, delivered=seq)
    conversation.members[member.person_id] = member
    insert_member(tx, conversation.row_id, member)
    event = "entered" if conversation.kind == "room" else "joined"
    return _enter(tx, conversation, member, event, by)


def remove_member(
    tx: Transaction, conversation: Conversation, member: Member, event: str, by: Doer
) -> int:
    """The row that says so is the last one that the leaver gets. Returns its seq."""
    told = _append_system_row(tx, conversation, event, by, member.address)
    tx.effects.append(told)
    seq = conversation.last_seq
    tx.undo.append(tx.ledger.unmark(conversation, member.person_id))
    left = replace(member, role="left", read=seq, delivered=seq)
    tx.connection.execute(
        sa.update(memberships)
        .where(
            memberships.c.conversation_id == conversation.row_id,
            memberships.c.person_id == member.person_id,
        )
        .values(role="left", read=seq, delivered=seq, changed_at=tx.position)
    )
    del conversation.members[member.person_id]
    tx.effects.append(Left(member.person_id, conversation.head_for(left)))
    return seq


def _enter(
    tx: Transaction, conversation: Conversation, member: Member, event: str, by: Doer
) -> int:
    """The row of an entry, and who hears of it in which order. Returns its seq."""
    told = _append_system_row(tx, conversation, event, by, member.address)
    # Routed before the row is told, so that the newcomer gets it like everybody.
    entered = Entered(member.person_id, conversation.head_for(member), None)
    tx.effects.extend((entered, told))
    return conversation.last_seq


def _append_system_row(
    tx: Transaction, conversation: Conversation, event: str, by: Doer, who: Address
) -> Stored:
    if conversation.group is None:
        raise TypeError("a private conversation has no system rows")
    body = pack_system_body(
        SystemBody(event=event, who=who, by=by.address, group=conversation.group)  # type: ignore[arg-type]  # one of its words
    )
    packed, answer = tx.ledger.append(
        conversation, (by.person_id, by.address), None, "system", body, (tx.now, tx.now)
    )
    return Stored(conversation.public_id, packed, None, answer)
