"""Realms: enrolled once, and on people's lists under their own name or one that a person gave."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from main_server.effects import LiveSession
from main_server.rules.audit import note
from main_server.rules.people import find_person, find_realm
from main_server.rules.sessions import hash_token
from main_server.store.schema import people, realm_names, realms
from main_server.store.writer import Transaction
from realm_protocol.commands import AddRealm, RealmAdded
from realm_protocol.errors import RealmExists, RealmNotEnrolled, SessionEnded, TooManyRealms
from realm_protocol.names import check_name

Ports = Mapping[str, Collection[int]]
"""Of line listeners, by realm: as realms told them when they linked."""

NAMES_OF_PERSON = 1000
"""On one's list."""
NAMES_OF_OTHERS = 1000
"""That are told of what all other people call one's realm."""


def enrol(tx: Transaction, name: str, host: str, port: int) -> str:
    """A new realm. Its key, of which nothing but a hash is kept."""
    key = secrets.token_urlsafe(32)
    tx.connection.execute(
        sa.insert(realms).values(
            name=name,
            key_hash=hash_token(key),
            host=host,
            port=port,
            enabled=True,
            created_at=tx.now,
        )
    )
    return key


def add_realm(
    tx: Transaction, session: LiveSession, command: AddRealm, line_ports: Ports
) -> RealmAdded:
    """Raises `RealmExists` where it is on the list, and where none is meant `RealmNotEnrolled`:
    an operator enrols it instead.
    """
    if session.end_reason:
        raise SessionEnded(reason=session.end_reason)
    name = check_name(command.name)
    place = {"person_id": session.person_id, "name": name}
    known = sa.select(realm_names.c.realm_id).filter_by(**place)
    if tx.connection.scalar(known) is not None:
        raise RealmExists(realm=name)
    count = sa.select(sa.func.count()).where(realm_names.c.person_id == session.person_id)
    if tx.connection.execute(count).scalar_one() >= NAMES_OF_PERSON:
        raise TooManyRealms(limit=NAMES_OF_PERSON)
    key = ""
    realm = _realm_meant(tx.connection, name, command, line_ports)
    if realm is None:
        key = _enrol_for(tx, session, name, command)
        realm = find_realm(tx.connection, name)
    tx.connection.execute(sa.insert(realm_names).values(**place, realm_id=realm.id))
    return RealmAdded(realm.name, key)


def _realm_meant(
    connection: Connection, name: str, command: AddRealm, line_ports: Ports
) -> Row[Any] | None:
    enabled = connection.execute(sa.select(realms).where(realms.c.enabled)).all()
    for realm in enabled:
        if realm.name == name:
            return realm
    for realm in enabled:
        if _listens(realm, command, line_ports.get(realm.name, ())):
            return realm
    return None


def _enrol_for(tx: Transaction, session: LiveSession, name: str, command: AddRealm) -> str:
    """The key of a new realm for an operator; raises `RealmNotEnrolled` for anybody else."""
    if not find_person(tx.connection, session.address).operator:
        raise RealmNotEnrolled(realm=name, host=command.host, port=command.port)
    if tx.connection.scalar(sa.select(realms.c.id).where(realms.c.name == name)):
        raise RealmExists(realm=name)  # a disabled one: its name is taken
    note(tx, actor=str(session.address), action="realm add", subject=name)
    return enrol(tx, name, command.host, command.port)


def _listens(realm: Row[Any], command: AddRealm, line_ports: Collection[int]) -> bool:
    same_host = _host(realm.host) == _host(command.host)
    return same_host and (command.port == realm.port or command.port in line_ports)


def _host(host: str) -> str:
    return {"localhost": "127.0.0.1"}.get(host.lower(), host.lower())


@dataclass(slots=True)
class Names:
    """What a realm is called besides its name."""

    own: list[str] = field(default_factory=list)
    """By the asker."""
    all: list[str] = field(default_factory=list)
    """And, of another realm, what its people call the asker's."""


def names_for(connection: Connection, session: LiveSession) -> dict[str, Names]:
    """What the asker calls each realm, and what each other realm's people call the asker's.

    Programs at both ends of a pair of realms use one name for the other end.
    """
    own = _own_names(connection, session.person_id)
    others = _names_by_others(connection, session.address.realm)
    told = {(realm, name) for realm, name in others if name not in own}
    told.update((realm, name) for name, realm in own.items())
    found: dict[str, Names] = {}
    for name, realm in own.items():
        found.setdefault(realm, Names()).own.append(name)
    for realm, name in sorted(told):
        found.setdefault(realm, Names()).all.append(name)
    return found


def _own_names(connection: Connection, person_id: int) -> dict[str, str]:
    """The realm that each of one's own names means."""
    rows = connection.execute(
        sa.select(realm_names.c.name, realms.c.name.label("meant"))
        .join(realms, realms.c.id == realm_names.c.realm_id)
        .where(realm_names.c.person_id == person_id, realm_names.c.name != realms.c.name)
        .order_by(realm_names.c.name)
    )
    return {row.name: row.meant for row in rows}


def _names_by_others(connection: Connection, own_realm: str) -> list[tuple[str, str]]:
    """Realms, and what their people call one's own: of very many names those that most use."""
    home = realms.alias("home")
    rows = connection.execute(
        sa.select(home.c.name.label("home"), realm_names.c.name)
        .join(realms, realms.c.id == realm_names.c.realm_id)
        .join(people, people.c.id == realm_names.c.person_id)
        .join(home, home.c.id == people.c.realm_id)
        .where(
            realms.c.name == own_realm,
            home.c.name != own_realm,
            realm_names.c.name != realms.c.name,
        )
        .group_by(home.c.name, realm_names.c.name)
        .order_by(sa.func.count().desc(), realm_names.c.name)
        .limit(NAMES_OF_OTHERS)
    )
    return [(row.home, row.name) for row in rows]
