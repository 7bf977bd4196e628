"""Sessions: issued for one realm, attached when their client connects, ended by their person.

A token is 256 random bits; the store keeps its SHA-256 only.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from main_server.effects import AttachedSession, LiveSession, SessionsEnded
from main_server.rules.people import asker_of, blocked_by, find_person, let_guest_go
from main_server.store.schema import conversations, memberships, people, realms, sessions
from main_server.store.writer import Job, Transaction
from realm_protocol.commands import GONE, Done, EndSession, Head
from realm_protocol.errors import (
    NotAllowed,
    NotSignedIn,
    SessionEnded,
    SessionNotFound,
    UserDisabled,
    WrongPassword,
    WrongRealm,
)
from realm_protocol.link import Attach, Session
from realm_protocol.names import Address
from realm_protocol.rooms import GUEST_LIMITS

SESSION_DAYS = 90
ENDED_DAYS = 30
"""So long a client that comes back is told why its session ended; then it is unknown."""
_HOUR = 3600 * 1000
_DAY = 24 * _HOUR
_SESSION_MS = SESSION_DAYS * _DAY
_SEEN_EVERY = _HOUR
"""To within how long it is known when a session was last there."""


def open_session(
    tx: Transaction, address: Address, realm: str, device: str, idle_seconds: int = 0
) -> Session:
    """A new session of a person whose password has been checked, at their home realm."""
    person = find_person(tx.connection, address)
    check_may_sign_in(person, realm)
    return issue_session(tx, person, device, end_of_session(tx.now, idle_seconds))


def end_of_session(now: int, idle_seconds: int) -> int:
    """When a session ends that begins now and is not used; 0 seconds are as long as may be."""
    return now + min(idle_seconds * 1000 or _SESSION_MS, _SESSION_MS)


def issue_session(tx: Transaction, person: Row[Any], device: str, expires_at: int) -> Session:
    """A session for whom nothing is to be checked any more."""
    token = secrets.token_urlsafe(32)
    session_id = secrets.token_hex(8)
    insert_session(tx, person, session_id, hash_token(token), device, expires_at)
    address = Address(person.address)
    return Session(address, session_id, token, expires_at, person.password_revision)


def insert_session(
    tx: Transaction,
    person: Row[Any],
    session_id: str,
    token_hash: bytes,
    device: str,
    expires_at: int,
) -> None:
    """The row of a session that begins now."""
    tx.connection.execute(
        sa.insert(sessions).values(
            id=session_id,
            person_id=person.id,
            realm_id=person.realm_id,
            token_hash=token_hash,
            device=device,
            created_at=tx.now,
            last_seen_at=tx.now,
            expires_at=expires_at,
        )
    )


def check_may_sign_in(person: Row[Any], realm: str) -> None:
    """Sign-in is at one's home realm, and neither for guests nor for the disabled."""
    if person.realm != realm:
        raise WrongRealm(address=person.address, realm=person.realm)
    if person.limit_class == GUEST_LIMITS:
        raise WrongPassword(address=person.address)
    if person.disabled:
        raise UserDisabled(address=person.address)


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def attach(tx: Transaction, job: Job, command: Attach, realm: str) -> None:
    """A session's client has connected over this realm's link: confirm it and tell its heads."""
    if job.asker is None:
        raise TypeError("an attach is answered")
    row = valid_session(tx.connection, command.token_hash, realm, tx.now)
    session = LiveSession(
        session_id=row.id,
        person_id=row.person_id,
        address=Address(row.address),
        realm=realm,
        expires_at=row.expires_at,
        limit_class=row.limit_class,
    )
    if tx.now - row.last_seen_at >= _SEEN_EVERY and row.limit_class != GUEST_LIMITS:
        # Seldom, so that people can come in and read while the disk is full.
        # For as long again as it was opened for.
        session.expires_at = tx.now + row.expires_at - row.last_seen_at
        tx.connection.execute(
            sa.update(sessions)
            .where(sessions.c.id == row.id)
            .values(last_seen_at=tx.now, expires_at=session.expires_at)
        )
    if tx.ledger.has_marks:
        tx.ledger.flush_marks()
    # A client of another epoch, or one that is ahead of a store that crashed, is told everything.
    since = command.position if command.epoch == tx.epoch else 0
    if since > tx.position:
        since = 0
    routed, peers, heads = read_memberships(tx, session.person_id, since)
    hidden_from = blocked_by(tx.connection, session.person_id) if peers else frozenset()
    tx.effects.append(
        AttachedSession(
            asker=job.asker,
            handle=command.handle,
            session=session,
            conversations=routed,
            peers=[peer for peer in peers if peer not in hidden_from],
            heads=heads,
            epoch=tx.epoch,
            position=tx.position,
        )
    )


def valid_session(connection: Connection, token_hash: bytes, realm: str, now: int) -> Row[Any]:
    """The session of a token that may be used at this realm now; raises why it may not."""
    row = connection.execute(
        sa.select(
            sessions,
            people.c.address,
            people.c.disabled,
            people.c.limit_class,
            realms.c.name.label("realm"),
        )
        .join(people, people.c.id == sessions.c.person_id)
        .join(realms, realms.c.id == sessions.c.realm_id)
        .where(sessions.c.token_hash == token_hash)
    ).one_or_none()
    if row is None:
        raise NotSignedIn
    if row.realm != realm:
        raise WrongRealm(address=row.address, realm=row.realm)
    if row.end_reason is not None:
        raise SessionEnded(reason=row.end_reason)
    if row.disabled:
        raise UserDisabled(address=row.address)
    if row.expires_at <= now:
        raise SessionEnded(reason="expired")
    return row


def read_memberships(
    tx: Transaction, person_id: int, since: int
) -> tuple[list[str], list[int], list[Head]]:
    """A person's conversations: ids to route, private peers, heads changed after `since`."""
    query: sa.Select[Any] = MEMBERSHIPS.where(memberships.c.person_id == person_id)
    rows: Sequence[Row[Any]] = tx.connection.execute(query).all()
    routed = [row.public_id for row in rows if row.role not in GONE]
    peers = [row.peer_id for row in rows if row.peer_id is not None]
    heads = []
    for row in rows:
        uncounted = tx.ledger.uncounted(row.id)
        has_news = uncounted > 0 and row.role not in GONE
        if has_news or head_changed_at(row) > since:
            heads.append(head_of(row, uncounted))
    return routed, peers, heads


_peer = memberships.alias("peer")
_peer_person = people.alias("peer_person")
MEMBERSHIPS = (
    sa.select(
        conversations.c.id,
        conversations.c.public_id,
        conversations.c.kind,
        conversations.c.address,
        conversations.c.last_seq,
        conversations.c.changed_at,
        conversations.c.display_name,
        conversations.c.open_from,
        conversations.c.closed_at,
        memberships.c.role,
        memberships.c.first_seq,
        memberships.c.read,
        memberships.c.delivered,
        memberships.c.changed_at.label("own_changed_at"),
        _peer.c.person_id.label("peer_id"),
        _peer.c.read.label("peer_read"),
        _peer.c.delivered.label("peer_delivered"),
        _peer.c.changed_at.label("peer_changed_at"),
        _peer_person.c.address.label("peer_address"),
        people.c.address.label("own_address"),
    )
    .select_from(memberships)
    .join(conversations, conversations.c.id == memberships.c.conversation_id)
    .join(people, people.c.id == memberships.c.person_id)
    .outerjoin(
        _peer,
        (conversations.c.kind == "private")
        & (_peer.c.conversation_id == conversations.c.id)
        & (_peer.c.person_id != memberships.c.person_id),
    )
    .outerjoin(_peer_person, _peer_person.c.id == _peer.c.person_id)
)
"""Memberships with all that a head tells; `head_of` reads its rows."""
CHANGED_AFTER = (memberships.c.changed_at > sa.bindparam("since")) | (
    memberships.c.role.not_in(GONE)
    & (
        (conversations.c.changed_at > sa.bindparam("since"))
        | (_peer.c.changed_at > sa.bindparam("since"))
    )
)
"""Of `MEMBERSHIPS`: those whose `head_changed_at` lies after `since`."""


def head_changed_at(row: Row[Any]) -> int:
    """The position at which a head last became another one."""
    # Whoever is gone hears of their own membership only.
    if row.role in GONE:
        return int(row.own_changed_at)
    return int(max(row.changed_at, row.own_changed_at, row.peer_changed_at or 0))


def head_of(row: Row[Any], uncounted: int = 0) -> Head:
    """How a conversation stands for one of its members; `uncounted` as the ledger has it."""
    with_oneself = row.kind == "private" and row.peer_id is None
    return Head(
        conversation=row.public_id,
        kind=row.kind,
        name=row.address or row.peer_address or row.own_address,
        last_seq=max(row.last_seq, uncounted) if row.role not in GONE else row.read,
        read=row.read,
        delivered=row.delivered,
        peer_read=(row.read if with_oneself else row.peer_read) or 0,
        peer_delivered=(row.delivered if with_oneself else row.peer_delivered) or 0,
        first_seq=row.first_seq,
        role=row.role,
        display_name=row.display_name,
        invite_only=row.open_from is None,
        closed=row.closed_at is not None,
    )


def end_session(tx: Transaction, job: Job) -> Done:
    """End one of one's own sessions; an empty id is the one that asks."""
    session, command = asker_of(job), job.command
    if not isinstance(command, EndSession):
        raise NotAllowed(detail="this ends a session")
    session_id = command.session_id or session.session_id
    ended = tx.connection.execute(
        sa.update(sessions)
        .where(
            sessions.c.id == session_id,
            sessions.c.person_id == session.person_id,
            sessions.c.end_reason.is_(None),
        )
        .values(end_reason="signed out", expires_at=tx.now, end_revision=tx.position)
    )
    if ended.rowcount == 0:
        raise SessionNotFound(session=session_id)
    let_guest_go(tx, session.person_id)
    # A session that ends itself still gets its answer.
    tx.afterwards.append(SessionsEnded([session_id], "signed out", session.address.realm))
    return Done()


# --- forgetting ----------------------------------------------------------------------------------


def ended_long_ago(connection: Connection, now: int, limit: int) -> list[str]:
    """Ids of sessions that ended or expired more than `ENDED_DAYS` ago."""
    old = sessions.c.expires_at < now - ENDED_DAYS * _DAY
    return list(connection.scalars(sa.select(sessions.c.id).where(old).limit(limit)))


def forget(tx: Transaction, ids: Sequence[str]) -> None:
    """Remove sessions for good."""
    tx.connection.execute(sa.delete(sessions).where(sessions.c.id.in_(ids)))
