"""Governing groups: inviting, removing, roles, names, access, closing. Each is a row of the log.

Who may do it is said in `roles`, how a row and its effects are made in `groups`.
"""

from typing import Any

import sqlalchemy as sa

from main_server.effects import LiveSession
from main_server.rules import roles
from main_server.rules.audit import note
from main_server.rules.groups import (
    Doer,
    add_member,
    append_change,
    find_group,
    find_invited,
    give_role,
    leave,
    new_member,
    remove_member,
)
from main_server.rules.people import asker_of, find_person, let_guest_go
from main_server.store.ledger import Conversation, Member
from main_server.store.schema import conversations
from main_server.store.writer import Job, Transaction
from realm_protocol.bodies import SystemEvent
from realm_protocol.commands import (
    CloseGroup,
    GroupChanged,
    InviteMembers,
    RemoveMember,
    RenameGroup,
    Role,
    SetGroupAccess,
    SetRole,
)
from realm_protocol.errors import (
    GroupClosed,
    MemberNotFound,
    NotAllowed,
    NotMember,
    NotOperator,
)
from realm_protocol.names import Address, GroupAddress

_ITS_REALMS = "an open room is its realm's"


def govern(tx: Transaction, job: Job) -> GroupChanged:
    """What one member does with a group, where their role lets them."""
    session, command = asker_of(job), job.command
    if (room := find_group(tx, command.group)).kind == "room":
        _govern_room(tx, room, session, command)
        return _as_it_is(room)
    group, asker = _governed(tx, session, command.group)
    match command:
        case InviteMembers(members=members):
            _invite(tx, group, asker, members)
        case RemoveMember(address=address):
            _put_out(tx, group, asker, _member(group, address))
        case SetRole(address=address, role=role):
            _set_role(tx, group, asker, _member(group, address), role)
        case RenameGroup(display_name=display_name):
            _rename(tx, group, asker, display_name)
        case SetGroupAccess(invite_only=invite_only):
            _set_access(tx, group, asker, invite_only=invite_only)
    return _as_it_is(group)


def _govern_room(
    tx: Transaction, room: Conversation, session: LiveSession, command: object
) -> None:
    """An operator puts somebody out of an open room, or lets them in again; who, is noted."""
    if not find_person(tx.connection, session.address).operator:
        raise NotAllowed(detail=_ITS_REALMS)
    match command:
        case RemoveMember(address=address):
            member = _member(room, address)
            remove_member(tx, room, member, "removed", session)
            let_guest_go(tx, member.person_id)
            _note_of_room(tx, session, "remove from room", room, address)
        case InviteMembers(members=members) if not room.is_closed:
            for person_id, address in find_invited(tx, members, session).items():
                if person_id not in room.members:
                    add_member(tx, room, new_member(person_id, address), session)
                    _note_of_room(tx, session, "let into room", room, address)
        case _:
            raise NotAllowed(detail=_ITS_REALMS)


def _note_of_room(
    tx: Transaction, by: LiveSession, action: str, room: Conversation, address: Address
) -> None:
    note(tx, actor=str(by.address), action=action, subject=f"{room.group}: {address}")


def _invite(tx: Transaction, group: Conversation, asker: Member, invited: list[Address]) -> None:
    """An invitation lets in at once, also whom somebody has put out before."""
    roles.check_may_invite(group, asker)
    for person_id, address in find_invited(tx, invited, asker).items():
        if person_id not in group.members:
            add_member(tx, group, new_member(person_id, address), asker)


def _put_out(tx: Transaction, group: Conversation, asker: Member, other: Member) -> None:
    if other is asker:
        leave(tx, group, asker)
    else:
        roles.check_may_remove(group, asker, other)
        remove_member(tx, group, other, "removed", asker)


def _set_role(
    tx: Transaction, group: Conversation, asker: Member, other: Member, role: Role
) -> None:
    roles.check_may_give(group, asker, other, role)
    if other.role != role:
        give_role(tx, group, other, role, asker)


def _rename(tx: Transaction, group: Conversation, asker: Member, display_name: str) -> None:
    """In one line, whatever was typed."""
    roles.check_admin(group, asker)
    name = " ".join(display_name.split())
    if name != group.display_name:
        _tell(tx, group, asker, "renamed", display_name=name)
        _keep(tx, group, display_name=name)
        group.display_name = name


def _set_access(tx: Transaction, group: Conversation, asker: Member, *, invite_only: bool) -> None:
    """A group that opens shows what is written from then on to those who join it then."""
    roles.check_owner(group, asker)
    if invite_only != group.is_invite_only:
        _tell(tx, group, asker, "access", access="invite-only" if invite_only else "open")
        open_from = None if invite_only else group.last_seq
        _keep(tx, group, open_from=open_from)
        group.open_from = open_from


def open_or_close(tx: Transaction, job: Job) -> GroupChanged:
    """By an operator, who need not be in the group."""
    operator, command = asker_of(job), job.command
    if not find_person(tx.connection, operator.address).operator:
        raise NotOperator
    closes = isinstance(command, CloseGroup)
    group = find_governable(tx, command.group)
    if set_closed(tx, group, operator, closed=closes):
        action = "close group" if closes else "reopen group"
        note(tx, actor=str(operator.address), action=action, subject=str(group.group))
    return _as_it_is(group)


def set_closed(tx: Transaction, group: Conversation, operator: Doer, *, closed: bool) -> bool:
    """Told by a row in the operator's name; whether it was otherwise before."""
    if group.is_closed == closed:
        return False
    _tell(tx, group, operator, "closed" if closed else "reopened")
    _keep(tx, group, closed_at=tx.now if closed else None)
    group.is_closed = closed
    return True


# --- what they share -----------------------------------------------------------------------------


def find_governable(tx: Transaction, address: GroupAddress) -> Conversation:
    """Any group; raises `NotAllowed` of a room."""
    group = find_group(tx, address)
    if group.kind != "group":
        raise NotAllowed(detail=_ITS_REALMS)
    return group


def _governed(
    tx: Transaction, session: LiveSession, address: GroupAddress
) -> tuple[Conversation, Member]:
    """A group that can be changed, and the asker in it."""
    group = find_governable(tx, address)
    asker = group.members.get(session.person_id)
    if asker is None:
        raise NotMember(group=str(address))
    if group.is_closed:
        raise GroupClosed(group=str(address))
    return group, asker


def _member(group: Conversation, address: Address) -> Member:
    found = next((each for each in group.members.values() if each.address == address), None)
    if found is None:
        raise MemberNotFound(address=str(address), group=str(group.group))
    return found


def _tell(tx: Transaction, group: Conversation, by: Doer, event: SystemEvent, **facts: str) -> None:
    tx.effects.append(append_change(tx, group, by, event, by.address, **facts))


def _keep(tx: Transaction, group: Conversation, **values: Any) -> None:
    tx.connection.execute(
        sa.update(conversations).where(conversations.c.id == group.row_id).values(**values)
    )


def _as_it_is(group: Conversation) -> GroupChanged:
    if group.group is None:
        raise TypeError("a private conversation is no group")
    return GroupChanged(group.group, group.public_id, group.last_seq)
