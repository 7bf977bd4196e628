"""Sites: what a realm server knows of its own people, so that it can go on while it is cut off.

Main answers what changed since a revision, page by page; what changes meanwhile is told at once,
and again by the next answer. Verifiers of passwords never leave main.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from main_server.rules.people import (
    find_person,
    find_realm,
    neighbours_blocked,
    site_person,
)
from main_server.rules.reading import read_page
from main_server.rules.sessions import (
    CHANGED_AFTER,
    MEMBERSHIPS,
    check_may_sign_in,
    end_of_session,
    head_changed_at,
    head_of,
    insert_session,
)
from main_server.store.schema import conversations, memberships, people, realms, sessions
from main_server.store.writer import Transaction
from realm_protocol.commands import GONE, Done, FetchMessages, Page
from realm_protocol.errors import (
    ConversationNotFound,
    MalformedMessage,
    SessionEnded,
    WrongPassword,
)
from realm_protocol.limits import NEW_DEVICE_MESSAGES
from realm_protocol.link import AdoptSession, SiteFacts, SiteHistory, SiteMembership, SitePage

_ROWS = 250
"""Of one page: about as many bytes as a page of messages."""
_ENDED = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the changes is read: those of `realm_id` after `since`, behind `place`."""

    realm_id: int
    since: int
    place: tuple[int, int]


def site_page(
    connection: Connection, realm: str, since: int, revision: int, epoch: int, cursor: list[int]
) -> SitePage:
    """The page at `cursor`. `revision` is one that the store had reached before this is read."""
    part, *place = cursor or [0, 0, 0]
    if part not in range(len(_PARTS)) or len(place) != 2:
        raise MalformedMessage(detail="this is no cursor of main's")
    asked = Asked(find_realm(connection, realm).id, since, (place[0], place[1]))
    facts, behind = _PARTS[part](connection, asked)
    if behind is not None:
        following = [part, *behind]
    else:
        following = [part + 1, 0, 0] if part + 1 < len(_PARTS) else []
    return SitePage(epoch, revision, since, following, facts)


Part = tuple[SiteFacts, tuple[int, int] | None]
"""Facts, and where the next ones of this part begin, if there may be some."""


def _changed_people(connection: Connection, asked: Asked) -> Part:
    query = (
        sa.select(people)
        .where(people.c.realm_id == asked.realm_id, people.c.id > asked.place[0])
        .order_by(people.c.id)
        .limit(_ROWS)
    )
    if asked.since:
        query = query.where(people.c.revision > asked.since)
    rows = connection.execute(query).all()
    behind = (rows[-1].id, 0) if len(rows) == _ROWS else None
    blocked = neighbours_blocked(connection, [row.id for row in rows])
    return SiteFacts(people=[site_person(row, blocked[row.id]) for row in rows]), behind


def _ended_sessions(connection: Connection, asked: Asked) -> Part:
    """In the order in which they ended; as many again as one commit may have ended at once."""
    after, skipped = max(asked.place[0], asked.since), asked.place[1]
    rows = connection.execute(
        sa.select(sessions.c.id, sessions.c.end_revision)
        .where(sessions.c.realm_id == asked.realm_id, sessions.c.end_revision >= after)
        .order_by(sessions.c.end_revision, sessions.c.id)
        .limit(_ENDED)
        .offset(skipped)
    ).all()
    facts = SiteFacts(ended_sessions=[row.id for row in rows])
    if len(rows) < _ENDED:
        return facts, None
    last = rows[-1].end_revision
    same = sum(row.end_revision == last for row in rows)
    return facts, (last, same + (skipped if same == len(rows) else 0))


def _changed_memberships(connection: Connection, asked: Asked) -> Part:
    place = sa.tuple_(memberships.c.person_id, memberships.c.conversation_id)
    query = (
        MEMBERSHIPS.add_columns(memberships.c.person_id, memberships.c.conversation_id)
        .where(people.c.realm_id == asked.realm_id, people.c.id >= asked.place[0])
        .where(place > sa.tuple_(*asked.place))
        .order_by(memberships.c.person_id, memberships.c.conversation_id)
        .limit(_ROWS)
    )
    if asked.since:
        query = query.where(CHANGED_AFTER)
    rows = connection.execute(query, {"since": asked.since} if asked.since else {}).all()
    known = [SiteMembership(row.person_id, head_of(row), head_changed_at(row)) for row in rows]
    last = rows[-1] if len(rows) == _ROWS else None
    behind = (last.person_id, last.conversation_id) if last is not None else None
    return SiteFacts(memberships=known), behind


_PARTS = (_changed_people, _ended_sessions, _changed_memberships)


def settled(tx: Transaction) -> int:
    """The revision that all is known to which was committed before it."""
    tx.ledger.settle()
    return tx.position


def site_history(connection: Connection, realm: str, request: SiteHistory) -> Page:
    """The newest rows that somebody of this realm may see, behind those that the realm has."""
    place: Any = connection.execute(
        sa.select(conversations.c.id, sa.func.min(memberships.c.first_seq).label("first_seq"))
        .join(memberships, memberships.c.conversation_id == conversations.c.id)
        .join(people, people.c.id == memberships.c.person_id)
        .join(realms, realms.c.id == people.c.realm_id)
        .where(
            conversations.c.public_id == request.conversation,
            realms.c.name == realm,
            memberships.c.role.not_in(GONE),
        )
        .group_by(conversations.c.id)
    ).one_or_none()
    if place is None:
        raise ConversationNotFound(conversation=request.conversation)
    wanted = FetchMessages(
        0, request.conversation, request.after, 0, NEW_DEVICE_MESSAGES, newest=True
    )
    return read_page(connection, place.id, place.first_seq, wanted)


def adopt_session(tx: Transaction, realm: str, request: AdoptSession) -> Done:
    """Take over a session that the realm opened while cut off. Asked again, it is there already.

    The realm has checked the password that it knew; whether that is the one in force is checked
    here.
    """
    person = find_person(tx.connection, request.address)
    check_may_sign_in(person, realm)
    if person.password_revision != request.password_revision:
        raise WrongPassword(address=str(request.address))
    known = tx.connection.execute(
        sa.select(sessions).where(
            (sessions.c.token_hash == request.token_hash) | (sessions.c.id == request.session_id)
        )
    ).first()
    if known is None:
        expires_at = end_of_session(tx.now, request.idle_seconds)
        insert_session(
            tx, person, request.session_id, request.token_hash, request.device, expires_at
        )
    elif (known.person_id, known.token_hash) != (person.id, request.token_hash):
        raise MalformedMessage(detail="another session has this id")
    elif known.end_reason is not None:
        raise SessionEnded(reason=known.end_reason)
    return Done()
