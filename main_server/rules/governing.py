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
from main_server.rules.people import asker_of, find_person
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
    ReopenGroup,
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


def invite_members(tx: Transaction, job: Job) -> GroupChanged:
    """An invitation lets in at once, also whom somebody has put out before."""
    session, command = asker_of(job), job.command
    if not isinstance(command, InviteMembers):
        raise TypeError(command)
    group, asker = _governed(tx, session, command.group)
    roles.check_may_invite(group, asker)
    for person_id, address in find_invited(tx, command.members, session).items():
        if person_id not in group.members:
            add_member(tx, group, new_member(person_id, address), asker)
    return _as_it_is(group)


def put_out(tx: Transaction, job: Job) -> GroupChanged:
    """Whoever is put out hears of it as the last thing."""
    session, command = asker_of(job), job.command
    if not isinstance(command, RemoveMember):
        raise TypeError(command)
    group, asker = _governed(tx, session, command.group)
    other = _member(group, command.address)
    if other is asker:
        leave(tx, group, asker)
    else:
        roles.check_may_remove(group, asker, other)
        remove_member(tx, group, other, "removed", asker)
    return _as_it_is(group)


def set_role(tx: Transaction, job: Job) -> GroupChanged:
    session, command = asker_of(job), job.command
    if not isinstance(command, SetRole):
        raise TypeError(command)
    group, asker = _governed(tx, session, command.group)
    other = _member(group, command.address)
    roles.check_may_give(group, asker, other, command.role)
    if other.role != command.role:
        give_role(tx, group, other, command.role, asker)
    return _as_it_is(group)


def rename_group(tx: Transaction, job: Job) -> GroupChanged:
    """In one line, whatever was typed."""
    session, command = asker_of(job), job.command
    if not isinstance(command, RenameGroup):
        raise TypeError(command)
    group, asker = _governed(tx, session, command.group)
    roles.check_admin(group, asker)
    name = " ".join(command.display_name.split())
    if name != group.display_name:
        _tell(tx, group, asker, "renamed", display_name=name)
        _keep(tx, group, display_name=name)
        group.display_name = name
    return _as_it_is(group)


def set_access(tx: Transaction, job: Job) -> GroupChanged:
    """A group that opens shows what is written from then on to those who join it then."""
    session, command = asker_of(job), job.command
    if not isinstance(command, SetGroupAccess):
        raise TypeError(command)
    group, asker = _governed(tx, session, command.group)
    roles.check_owner(group, asker)
    if command.invite_only != group.is_invite_only:
        access = "invite-only" if command.invite_only else "open"
        _tell(tx, group, asker, "access", access=access)
        open_from = None if command.invite_only else group.last_seq
        _keep(tx, group, open_from=open_from)
        group.open_from = open_from
    return _as_it_is(group)


def close_group(tx: Transaction, job: Job) -> GroupChanged:
    """By an operator, who need not be in it."""
    if not isinstance(job.command, CloseGroup):
        raise TypeError(job.command)
    return _set_closed(tx, asker_of(job), job.command.group, closed=True)


def reopen_group(tx: Transaction, job: Job) -> GroupChanged:
    if not isinstance(job.command, ReopenGroup):
        raise TypeError(job.command)
    return _set_closed(tx, asker_of(job), job.command.group, closed=False)


def _set_closed(
    tx: Transaction, operator: LiveSession, address: GroupAddress, *, closed: bool
) -> GroupChanged:
    if not find_person(tx.connection, operator.address).operator:
        raise NotOperator
    group = _find_no_room(tx, address)
    if group.is_closed != closed:
        _tell(tx, group, operator, "closed" if closed else "reopened")
        _keep(tx, group, closed_at=tx.now if closed else None)
        group.is_closed = closed
        action = "close group" if closed else "reopen group"
        note(tx, actor=str(operator.address), action=action, subject=str(address))
    return _as_it_is(group)


# --- what they share -----------------------------------------------------------------------------


def _find_no_room(tx: Transaction, address: GroupAddress) -> Conversation:
    group = find_group(tx, address)
    if group.kind != "group":
        raise NotAllowed(detail="an open room is its realm's")
    return group


def _governed(
    tx: Transaction, session: LiveSession, address: GroupAddress
) -> tuple[Conversation, Member]:
    """A group that can be changed, and the asker in it."""
    group = _find_no_room(tx, address)
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
