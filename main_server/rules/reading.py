"""Questions that only read: history, directory, members, realms, one's own sessions.

`online` is the set of persons with an attached session; it is not stored.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from main_server.effects import LiveSession
from main_server.rules.people import resolve_group, resolve_person
from main_server.rules.realm_lists import Names, names_for
from main_server.store.schema import (
    blocks,
    conversations,
    is_in,
    memberships,
    message_log,
    people,
    realms,
    sessions,
)
from realm_protocol import commands
from realm_protocol.errors import ConversationNotFound, GroupNotFound, NotMember
from realm_protocol.limits import PAGE_BYTES, PAGE_MESSAGES
from realm_protocol.names import Address, GroupAddress
from realm_protocol.rooms import GUEST_LIMITS

GROUPS_LISTED = 1500
"""In one answer: with their longest names it fits into a frame."""


@dataclass(frozen=True, slots=True)
class RealmState:
    """What main knows of a realm's link."""

    linked: bool
    since: int
    online: int


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks what, and what is known besides the store."""

    session: LiveSession
    command: Any
    online: Collection[int]
    realm_states: dict[str, RealmState]
    now: int


def fetch_messages(connection: Connection, question: Question) -> commands.Page:
    """Rows that the asker may see, ascending, as many as fit."""
    command: commands.FetchMessages = question.command
    place = connection.execute(
        sa.select(conversations.c.id, memberships.c.first_seq)
        .join(memberships, memberships.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.public_id == command.conversation,
            memberships.c.person_id == question.session.person_id,
            is_in(),
        )
    ).one_or_none()
    if place is None:
        raise ConversationNotFound(conversation=command.conversation)
    return read_page(connection, place.id, place.first_seq, command)


def read_page(
    connection: Connection, row_id: int, first_seq: int, command: commands.FetchMessages
) -> commands.Page:
    """What a command asks for of this conversation, as many rows as fit."""
    rows = (
        sa.select(message_log, people.c.address)
        .join(people, people.c.id == message_log.c.sender_id)
        .where(
            message_log.c.conversation_id == row_id,
            message_log.c.seq > max(command.after, first_seq - 1),
        )
        .order_by(message_log.c.seq.desc() if command.newest else message_log.c.seq)
        .limit(min(command.limit, PAGE_MESSAGES) + 1)
    )
    if command.before:
        rows = rows.where(message_log.c.seq < command.before)
    found = connection.execute(rows)
    limit = min(command.limit, PAGE_MESSAGES)
    page: list[commands.StoredMessage] = []
    size = 0
    more = False
    for row in found:
        size += len(row.body) + 160
        if page and (len(page) == limit or size > PAGE_BYTES):
            more = True
            break
        page.append(
            commands.StoredMessage(
                command.conversation,
                row.seq,
                row.key or "",
                row.kind,
                Address(row.address),
                row.body,
                row.sent_at,
                row.at,
            )
        )
    if command.newest:
        page.reverse()
    return commands.Page(page, more)


def _hides_from(question: Question) -> sa.Label[bool]:
    """Whether a person has blocked the asker, who then doesn't see that they are online."""
    asker = question.session.person_id
    return (
        sa.exists()
        .where(blocks.c.person_id == people.c.id, blocks.c.blocked_id == asker)
        .label("hides")
    )


def list_members(connection: Connection, question: Question) -> list[commands.Member]:
    """Who is in a group and how far each has got; for its members."""
    group: GroupAddress = question.command.group
    row_id = connection.scalar(
        sa.select(conversations.c.id).where(conversations.c.address == group)
    )
    if row_id is None:
        raise GroupNotFound(group=str(group))
    rows = connection.execute(
        sa.select(memberships, people.c.address, people.c.display_name, _hides_from(question))
        .join(people, people.c.id == memberships.c.person_id)
        .where(memberships.c.conversation_id == row_id, is_in())
        .order_by(people.c.address)
    ).all()
    if question.session.person_id not in {row.person_id for row in rows}:
        raise NotMember(group=str(group))
    return [
        commands.Member(
            Address(row.address),
            row.display_name,
            row.role,
            row.person_id in question.online and not row.hides,
            row.read,
            row.delivered,
        )
        for row in rows
    ]


def list_groups(connection: Connection, question: Question) -> list[commands.Group]:
    """The groups and rooms that the asker is in, and those that are open in their own realm.

    Of very many, those that one is in come first, then those with the most members.
    """
    everybody = memberships.alias("everybody")
    own = memberships.alias("own")
    rows = connection.execute(
        sa.select(
            conversations.c.address,
            conversations.c.public_id,
            conversations.c.kind,
            conversations.c.display_name,
            conversations.c.open_from,
            conversations.c.closed_at,
            sa.func.count(everybody.c.person_id).label("members"),
            own.c.role,
        )
        .join(realms, realms.c.id == conversations.c.realm_id)
        .outerjoin(
            everybody,
            (everybody.c.conversation_id == conversations.c.id) & is_in(everybody),
        )
        .outerjoin(
            own,
            (own.c.conversation_id == conversations.c.id)
            & (own.c.person_id == question.session.person_id)
            & is_in(own),
        )
        .where(
            sa.or_(
                own.c.person_id.is_not(None),
                (realms.c.name == question.session.address.realm)
                & conversations.c.open_from.is_not(None)
                & conversations.c.closed_at.is_(None),
            )
        )
        .group_by(conversations.c.id)
        .order_by(own.c.role.is_(None), sa.desc("members"), conversations.c.address)
        .limit(GROUPS_LISTED)
    ).all()
    return [
        commands.Group(
            address=GroupAddress(row.address),
            conversation=row.public_id,
            members=row.members,
            joined=row.role is not None,
            kind=row.kind,
            display_name=row.display_name,
            invite_only=row.open_from is None,
            closed=row.closed_at is not None,
            role=row.role or "",
        )
        for row in sorted(rows, key=lambda row: row.address)
    ]


def find_people(connection: Connection, question: Question) -> list[commands.Person]:
    """People whose address or display name contains the query, those who begin with it first."""
    command: commands.FindPeople = question.command
    query = command.query.strip().lower()
    begins = people.c.address.startswith(query, autoescape=True)
    rows = (
        sa.select(people, _hides_from(question))
        .where(
            people.c.disabled.is_(False),
            people.c.limit_class != GUEST_LIMITS,
            sa.or_(
                people.c.address.contains(query, autoescape=True),
                sa.func.lower(people.c.display_name).contains(query, autoescape=True),
            ),
        )
        .order_by(begins.desc(), people.c.address)
        .limit(command.limit)
    )
    if command.realm:
        rows = rows.join(realms, realms.c.id == people.c.realm_id).where(
            realms.c.name == command.realm.lower()
        )
    return [
        commands.Person(
            Address(row.address),
            row.display_name,
            row.country,
            row.id in question.online and not row.hides,
        )
        for row in connection.execute(rows)
    ]


def list_realms(connection: Connection, question: Question) -> list[commands.Realm]:
    """Every realm in use, where it is and whether its link is up."""
    unknown = RealmState(False, 0, 0)
    names = names_for(connection, question.session)
    states = [
        (row, question.realm_states.get(row.name, unknown), names.get(row.name, Names()))
        for row in connection.execute(
            sa.select(realms).where(realms.c.enabled).order_by(realms.c.name)
        )
    ]
    return [
        commands.Realm(
            row.name,
            row.host,
            row.port,
            state.linked,
            state.since,
            state.online,
            called.all,
            called.own,
        )
        for row, state, called in states
    ]


def list_sessions(connection: Connection, question: Question) -> list[commands.DeviceSession]:
    """The asker's own sessions that are still valid."""
    rows = connection.execute(
        sa.select(sessions, realms.c.name.label("realm"))
        .join(realms, realms.c.id == sessions.c.realm_id)
        .where(
            sessions.c.person_id == question.session.person_id,
            sessions.c.end_reason.is_(None),
            sessions.c.expires_at > question.now,
        )
        .order_by(sessions.c.created_at)
    )
    return [
        commands.DeviceSession(
            row.id,
            row.device,
            row.realm,
            row.created_at,
            row.last_seen_at,
            row.id == question.session.session_id,
        )
        for row in rows
    ]


def resolve_name(connection: Connection, question: Question) -> Address:
    """What a bare name means for the asker."""
    command: commands.ResolveName = question.command
    if command.kind == "person":
        return resolve_person(connection, question.session, command.name)
    return resolve_group(connection, question.session, command.name)


READING: dict[type, Callable[[Connection, Question], Any]] = {
    commands.FetchMessages: fetch_messages,
    commands.ListMembers: list_members,
    commands.ListGroups: list_groups,
    commands.FindPeople: find_people,
    commands.ListRealms: list_realms,
    commands.ListSessions: list_sessions,
    commands.ResolveName: resolve_name,
}
"""Commands of clients that only read, and what answers each."""
