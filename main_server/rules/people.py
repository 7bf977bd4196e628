"""People: who exists, their rights, whom they block, and what a bare name means."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from main_server.effects import LiveSession, PresenceShown, SessionsEnded, SiteChanged
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
from main_server.store.writer import Job, Transaction
from realm_protocol.commands import BlockPerson, Done, UnblockPerson
from realm_protocol.errors import (
    AmbiguousName,
    ForeignSender,
    GroupNotFound,
    IsGuest,
    NameReserved,
    NotAllowed,
    RealmDisabled,
    RealmNotFound,
    SessionEnded,
    UserDisabled,
    UserExists,
    UserNotFound,
)
from realm_protocol.link import SiteFacts, SitePerson
from realm_protocol.names import Address, GroupAddress, check_name, private_conversation
from realm_protocol.rooms import GUEST_LIMITS, is_guest


def find_person(connection: Connection, address: Address) -> Row[Any]:
    """A person's row; raises `UserNotFound`, or `RealmNotFound` where even the realm is unknown."""
    row = connection.execute(
        sa.select(people, realms.c.name.label("realm"))
        .join(realms, realms.c.id == people.c.realm_id)
        .where(people.c.address == address)
    ).one_or_none()
    if row is None:
        find_realm(connection, address.realm)
        raise UserNotFound(address=str(address))
    return row


def find_reachable(connection: Connection, address: Address) -> Row[Any]:
    """Somebody who can be written to and put into groups: neither disabled nor a guest."""
    person = find_person(connection, address)
    if person.disabled:
        raise UserDisabled(address=str(address))
    if person.limit_class == GUEST_LIMITS:
        raise IsGuest(address=str(address))
    return person


class Sender(NamedTuple):
    """Somebody for whom their realm may speak without a session."""

    id: int
    limit_class: str
    disabled: bool
    realm: str


_SENDER = (
    "SELECT p.id, p.limit_class, p.disabled, r.name"
    " FROM people p JOIN realms r ON r.id = p.realm_id WHERE p.address = ?"
)


def find_sender(connection: Connection, address: Address, realm: str) -> Sender:
    """Who is behind a message that a realm has kept; raises `ForeignSender` or `UserDisabled`."""
    # By the driver: a site that comes back has thousands, and this would be most of their cost.
    driver: Any = connection.connection.driver_connection
    row = driver.execute(_SENDER, (address,)).fetchone()
    if row is None:
        find_person(connection, address)  # raises who or what is unknown
    sender = Sender(*row)
    if sender.realm != realm:
        raise ForeignSender(address=str(address), realm=realm)
    if sender.disabled:
        raise UserDisabled(address=str(address))
    return sender


def find_realm(connection: Connection, name: str) -> Row[Any]:
    """A realm's row; raises `RealmNotFound`."""
    row = connection.execute(sa.select(realms).where(realms.c.name == name)).one_or_none()
    if row is None:
        raise RealmNotFound(realm=name)
    return row


def asker_of(job: Job) -> LiveSession:
    """The session that asks, still valid; raises `SessionEnded`."""
    if job.session is None:
        raise NotAllowed(detail="this needs a session")
    if job.session.end_reason:
        raise SessionEnded(reason=job.session.end_reason)
    return job.session


def add_person(
    tx: Transaction,
    address: Address,
    password_hash: str,
    display_name: str,
    country: str,
    *,
    limit_class: str = "standard",
    registering_realm: str | None = None,
) -> int:
    """Make a person. A realm registers only its own."""
    if is_guest(address):
        raise NameReserved(name=address.name)
    if registering_realm is not None and address.realm != registering_realm:
        raise ForeignSender(address=str(address), realm=registering_realm)
    return insert_person(
        tx,
        address,
        password_hash=password_hash,
        display_name=display_name or address.name,
        country=country,
        limit_class=limit_class,
    )


def insert_person(tx: Transaction, address: Address, **values: object) -> int:
    """A person's row, of an enabled realm. An address is never given twice."""
    realm = find_realm(tx.connection, address.realm)
    if not realm.enabled:
        raise RealmDisabled(realm=realm.name)
    if tx.connection.scalar(sa.select(people.c.id).where(people.c.address == address)):
        raise UserExists(address=str(address))
    person_id = tx.connection.scalar(
        sa.insert(people)
        .values(
            address=address,
            name=address.name,
            realm_id=realm.id,
            disabled=False,
            operator=False,
            created_at=tx.now,
            revision=tx.position,
            password_revision=tx.position,
            **values,
        )
        .returning(people.c.id)
    )
    tell_site(tx, address)
    return int(person_id)


def change_person(tx: Transaction, address: Address, **values: object) -> Row[Any]:
    """Change columns of a person; returns the row as it was."""
    person = find_person(tx.connection, address)
    tx.connection.execute(
        sa.update(people).where(people.c.id == person.id).values(revision=tx.position, **values)
    )
    # Rights are cached with conversations.
    tx.ledger.forget()
    tell_site(tx, address)
    return person


def set_password(
    tx: Transaction, address: Address, password_hash: str, *, keep_session: str = ""
) -> Row[Any]:
    """Another password; all sessions of the person end but one. Returns the row as it was."""
    changed = {"password_hash": password_hash, "password_revision": tx.position}
    person = change_person(tx, address, **changed)
    end_sessions(tx, person, "password changed", keep=keep_session)
    return person


def tell_site(tx: Transaction, address: Address) -> None:
    """A person's row has changed: their realm hears of it."""
    person = find_person(tx.connection, address)
    known = site_person(person, neighbours_blocked(tx.connection, [person.id])[person.id])
    tx.effects.append(SiteChanged(address.realm, SiteFacts(people=[known])))


def neighbours_blocked(connection: Connection, person_ids: Sequence[int]) -> dict[int, list[int]]:
    """For each of these: whom of their own realm they have blocked."""
    blocker, blocked = people.alias("blocker"), people.alias("blocked")
    query = (
        sa.select(blocks)
        .join(blocker, blocker.c.id == blocks.c.person_id)
        .join(blocked, blocked.c.id == blocks.c.blocked_id)
        .where(blocks.c.person_id.in_(person_ids), blocker.c.realm_id == blocked.c.realm_id)
    )
    found: dict[int, list[int]] = {person_id: [] for person_id in person_ids}
    for row in connection.execute(query):
        found[row.person_id].append(row.blocked_id)
    return found


def site_person(row: Row[Any], blocked: list[int]) -> SitePerson:
    """What a realm knows of one of its people."""
    return SitePerson(
        person=row.id,
        address=Address(row.address),
        display_name=row.display_name,
        country=row.country,
        disabled=bool(row.disabled),
        limit_class=row.limit_class,
        password_revision=row.password_revision,
        revision=row.revision,
        blocked=blocked,
    )


def end_sessions(tx: Transaction, person: Row[Any], reason: str, *, keep: str = "") -> None:
    """End all sessions of a person but one."""
    ended = list(
        tx.connection.scalars(
            sa.update(sessions)
            .where(
                sessions.c.person_id == person.id,
                sessions.c.id != keep,
                sessions.c.end_reason.is_(None),
            )
            .values(end_reason=reason, expires_at=tx.now, end_revision=tx.position)
            .returning(sessions.c.id)
        )
    )
    let_guest_go(tx, person.id)
    tx.effects.append(SessionsEnded(ended, reason, person.realm))


def let_guest_go(tx: Transaction, person_id: int) -> None:
    """A guest without a session has no way back: their time is over. Nothing for anybody else."""
    tx.connection.execute(
        sa.update(people)
        .where(people.c.id == person_id, people.c.guest_until.is_not(None))
        .values(guest_until=tx.now)
    )


def blocked_by(connection: Connection, person_id: int) -> frozenset[int]:
    """Whom a person has blocked."""
    return frozenset(
        connection.scalars(sa.select(blocks.c.blocked_id).where(blocks.c.person_id == person_id))
    )


def block(tx: Transaction, job: Job) -> Done:
    """Refuse private messages of a person, and hide from them when one is online."""
    session, command = asker_of(job), job.command
    if not isinstance(command, BlockPerson):
        raise TypeError(command)
    other = find_person(tx.connection, command.address)
    place = {"person_id": session.person_id, "blocked_id": other.id}
    known = sa.select(blocks.c.person_id).filter_by(**place)
    if tx.connection.scalar(known) is None:
        tx.connection.execute(sa.insert(blocks).values(**place))
        _tell_blocks(tx, session)
    cached = tx.ledger.cached(private_conversation(session.address, command.address))
    if cached is not None:
        cached.blockers.add(session.person_id)
    tx.effects.append(PresenceShown(session.person_id, session.address, other.id, shown=False))
    return Done()


def unblock(tx: Transaction, job: Job) -> Done:
    session, command = asker_of(job), job.command
    if not isinstance(command, UnblockPerson):
        raise TypeError(command)
    other = find_person(tx.connection, command.address)
    gone = tx.connection.execute(
        sa.delete(blocks).where(
            blocks.c.person_id == session.person_id, blocks.c.blocked_id == other.id
        )
    )
    if gone.rowcount:
        _tell_blocks(tx, session)
    cached = tx.ledger.cached(private_conversation(session.address, command.address))
    if cached is not None:
        cached.blockers.discard(session.person_id)
    shared = private_conversation(session.address, command.address)
    if tx.connection.scalar(sa.select(conversations.c.id).filter_by(public_id=shared)) is not None:
        tx.effects.append(PresenceShown(session.person_id, session.address, other.id, shown=True))
    return Done()


def _tell_blocks(tx: Transaction, session: LiveSession) -> None:
    """Their realm keeps to it while it is cut off."""
    tx.connection.execute(
        sa.update(people).where(people.c.id == session.person_id).values(revision=tx.position)
    )
    tell_site(tx, session.address)


# --- bare names ----------------------------------------------------------------------------------


def resolve_person(connection: Connection, asker: LiveSession, name: str) -> Address:
    """Own realm, else someone written to before, else refused with the candidates."""
    wanted = check_name(name)
    rows = connection.execute(
        sa.select(people.c.id, people.c.address).where(people.c.name == wanted)
    ).all()
    own = Address.of(wanted, asker.address.realm)
    addresses = {row.id: Address(row.address) for row in rows}
    if own in addresses.values():
        return own
    written = [
        address
        for person_id, address in addresses.items()
        if _has_written_to(connection, asker, address)
    ]
    if len(written) == 1:
        return written[0]
    if not addresses:
        raise UserNotFound(address=wanted)
    raise AmbiguousName(name=wanted, candidates=sorted(written or addresses.values()))


def _has_written_to(connection: Connection, asker: LiveSession, address: Address) -> bool:
    own_message = (
        sa.select(message_log.c.seq)
        .join(conversations, conversations.c.id == message_log.c.conversation_id)
        .where(
            conversations.c.public_id == private_conversation(asker.address, address),
            message_log.c.sender_id == asker.person_id,
        )
        .limit(1)
    )
    return connection.scalar(own_message) is not None


def resolve_group(connection: Connection, asker: LiveSession, name: str) -> GroupAddress:
    """One that the asker is in, else their own realm's."""
    wanted = check_name(name)
    joined = [
        GroupAddress(address)
        for address in connection.scalars(
            sa.select(conversations.c.address)
            .join(memberships, memberships.c.conversation_id == conversations.c.id)
            .where(
                memberships.c.person_id == asker.person_id,
                is_in(),
                conversations.c.address.startswith(f"{wanted}@", autoescape=True),
            )
        )
    ]
    own = GroupAddress.of(wanted, asker.address.realm)
    if own in joined or not joined:
        exists = sa.select(conversations.c.id).where(conversations.c.address == own)
        if connection.scalar(exists) is None:
            raise GroupNotFound(group=wanted)
        return own
    if len(joined) > 1:
        raise AmbiguousName(name=wanted, candidates=sorted(joined))
    return joined[0]
