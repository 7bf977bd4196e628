"""Groups and rooms: create, join, leave. Every change of membership is a row of the log.

What admins, owners and operators do with a group is in `governing`.
"""

from dataclasses import replace
from typing import Literal, Protocol

import sqlalchemy as sa

from main_server.effects import Entered, Left, Stored
from main_server.rules.messages import insert_conversation, insert_member
from main_server.rules.people import asker_of, find_reachable
from main_server.rules.roles import heir_of
from main_server.store.ledger import Conversation, Member
from main_server.store.schema import conversations, memberships
from main_server.store.writer import Job, Transaction
from realm_protocol.bodies import SystemBody, SystemEvent, pack_system_body
from realm_protocol.commands import CreateGroup, Joined, JoinGroup, LeaveGroup, Role
from realm_protocol.errors import (
    AlreadyMember,
    Blocked,
    GroupClosed,
    GroupExists,
    GroupNotFound,
    InviteOnly,
    NameReserved,
    NotAllowed,
    NotMember,
    RemovedFromGroup,
)
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.rooms import ROOM_NAME


class Doer(Protocol):
    """Who does what a row says: a session, or a member."""

    @property
    def person_id(self) -> int: ...

    @property
    def address(self) -> Address: ...


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
    invited = find_invited(tx, command.members, session)
    owner = Member(session.person_id, session.address, "owner", 1, 1, 1, joined_seq=1)
    conversation = insert_conversation(
        tx,
        group_conversation(group),
        "group",
        group,
        {owner.person_id: owner},
        invite_only=command.invite_only,
    )
    seq = _enter(tx, conversation, owner, "created", session)
    for person_id, address in invited.items():
        add_member(tx, conversation, new_member(person_id, address), session)
    return Joined(group, conversation.public_id, seq)


def join_group(tx: Transaction, job: Job) -> Joined:
    """Enter an open group; one that nobody is in has an owner again so."""
    session, command = asker_of(job), job.command
    if not isinstance(command, JoinGroup):
        raise TypeError(command)
    conversation = find_group(tx, command.group)
    if session.person_id in conversation.members:
        raise AlreadyMember(group=str(command.group))
    if conversation.is_closed:
        raise GroupClosed(group=str(command.group))
    if _was_removed(tx, conversation, session.person_id):
        raise RemovedFromGroup(group=str(command.group))
    if conversation.is_invite_only:
        raise InviteOnly(group=str(command.group))
    newcomer = new_member(session.person_id, session.address)
    if conversation.kind == "group" and not conversation.members:
        newcomer = replace(newcomer, role="owner")
    return _joined(command.group, conversation, add_member(tx, conversation, newcomer, session))


def leave_group(tx: Transaction, job: Job) -> Joined:
    """One's own going."""
    session, command = asker_of(job), job.command
    if not isinstance(command, LeaveGroup):
        raise TypeError(command)
    conversation = find_group(tx, command.group)
    member = conversation.members.get(session.person_id)
    if member is None:
        raise NotMember(group=str(command.group))
    return _joined(command.group, conversation, leave(tx, conversation, member))


def leave(tx: Transaction, conversation: Conversation, member: Member) -> int:
    """The last owner hands the group over before they go. Returns the seq of the leaving."""
    heir = heir_of(conversation, member)
    if heir is not None:
        give_role(tx, conversation, heir, "owner", member)
    return remove_member(tx, conversation, member, "left", member)


def give_role(
    tx: Transaction, conversation: Conversation, member: Member, role: Role, by: Doer
) -> None:
    """Told to everybody by a row, and to the member's sessions by a head."""
    tx.effects.append(append_change(tx, conversation, by, "role", member.address, role=role))
    member.role = role
    _update_membership(tx, conversation, member)
    head = conversation.head_for(member)
    tx.effects.append(Entered(member.person_id, head, None, member.address, tx.position))


def _was_removed(tx: Transaction, conversation: Conversation, person_id: int) -> bool:
    role = tx.connection.scalar(
        sa.select(memberships.c.role).where(
            memberships.c.conversation_id == conversation.row_id,
            memberships.c.person_id == person_id,
        )
    )
    return role == "removed"


def _joined(group: GroupAddress, conversation: Conversation, seq: int) -> Joined:
    kind: Literal["group", "room"] = "room" if conversation.kind == "room" else "group"
    return Joined(group, conversation.public_id, seq, kind)


def find_group(tx: Transaction, group: GroupAddress) -> Conversation:
    conversation = tx.ledger.conversation(group_conversation(group))
    if conversation is None:
        raise GroupNotFound(group=str(group))
    return conversation


def find_invited(tx: Transaction, addresses: list[Address], by: Doer) -> dict[int, Address]:
    """By their ids; raises `Blocked` where one of them wants nothing of the asker."""
    found = {}
    for address in addresses:
        person = find_reachable(tx.connection, address)
        if person.id != by.person_id:
            found[person.id] = address
    for blocker in tx.ledger.blockers_of(by.person_id) & found.keys():
        raise Blocked(address=str(found[blocker]))
    return found


def new_member(person_id: int, address: Address) -> Member:
    """Since when and from where on is said when they are added."""
    return Member(person_id, address, "member", 1, 0, 0)


def add_member(tx: Transaction, conversation: Conversation, member: Member, by: Doer) -> int:
    """Joining sets both watermarks to the row that says so. Returns its seq.

    Whoever was invited to where one has to be sees what is written from then on.
    """
    seq = conversation.last_seq + 1
    first_seq = seq if conversation.open_from is None else conversation.open_from
    member = replace(member, first_seq=first_seq, read=seq, delivered=seq, joined_seq=seq)
    conversation.members[member.person_id] = member
    insert_member(tx, conversation.row_id, member)
    event: SystemEvent = "entered" if conversation.kind == "room" else "joined"
    return _enter(tx, conversation, member, event, by)


def remove_member(
    tx: Transaction,
    conversation: Conversation,
    member: Member,
    event: Literal["left", "removed"],
    by: Doer,
) -> int:
    """The row that says so is the last one that the leaver gets. Returns its seq."""
    tx.effects.append(append_change(tx, conversation, by, event, member.address))
    seq = conversation.last_seq
    gone = replace(member, role=event, read=seq, delivered=seq)
    _update_membership(tx, conversation, gone)
    del conversation.members[member.person_id]
    head = conversation.head_for(gone)
    tx.effects.append(Left(member.person_id, head, member.address, tx.position))
    return seq


def _update_membership(tx: Transaction, conversation: Conversation, member: Member) -> None:
    """The row has the last word, also over watermarks that wait to be written."""
    tx.undo.append(tx.ledger.unmark(conversation, member.person_id))
    tx.connection.execute(
        sa.update(memberships)
        .where(
            memberships.c.conversation_id == conversation.row_id,
            memberships.c.person_id == member.person_id,
        )
        .values(
            role=member.role,
            read=member.read,
            delivered=member.delivered,
            changed_at=tx.position,
        )
    )


def _enter(
    tx: Transaction, conversation: Conversation, member: Member, event: SystemEvent, by: Doer
) -> int:
    """The row of an entry, and who hears of it in which order. Returns its seq."""
    told = append_change(tx, conversation, by, event, member.address)
    # Routed before the row is told, so that the newcomer gets it like everybody.
    head = conversation.head_for(member)
    entered = Entered(member.person_id, head, None, member.address, tx.position)
    tx.effects.extend((entered, told))
    return conversation.last_seq


def append_change(
    tx: Transaction,
    conversation: Conversation,
    by: Doer,
    event: SystemEvent,
    who: Address,
    **facts: str,
) -> Stored:
    """The row that says it; to be told where it stands in the order of effects."""
    if conversation.group is None:
        raise TypeError("a private conversation has no system rows")
    body = pack_system_body(
        SystemBody(event=event, who=who, by=by.address, group=conversation.group, **facts)  # type: ignore[arg-type]  # its words
    )
    packed, answer = tx.ledger.append(
        conversation, (by.person_id, by.address), None, "system", body, (tx.now, tx.now)
    )
    return Stored(conversation.public_id, packed, None, answer)
