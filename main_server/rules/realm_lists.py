"""Realms on people's lists, under their own name or one that a person gave them."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from main_server.effects import LiveSession
from main_server.store.schema import people, realm_names, realms
from main_server.store.writer import Transaction
from realm_protocol.commands import AddRealm, RealmAdded
from realm_protocol.errors import RealmExists, RealmNotFound, SessionEnded
from realm_protocol.names import check_name

Ports = Mapping[str, Collection[int]]
"""Of line listeners, by realm: as realms told them when they linked."""


def add_realm(
    tx: Transaction, session: LiveSession, command: AddRealm, line_ports: Ports
) -> RealmAdded:
    """Raises `RealmNotFound` where none is meant, `RealmExists` where it is on the list."""
    if session.end_reason:
        raise SessionEnded(reason=session.end_reason)
    name = check_name(command.name)
    place = {"person_id": session.person_id, "name": name}
    known = sa.select(realm_names.c.realm_id).filter_by(**place)
    if tx.connection.scalar(known) is not None:
        raise RealmExists(realm=name)
    realm = _realm_meant(tx.connection, name, command, line_ports)
    tx.connection.execute(sa.insert(realm_names).values(**place, realm_id=realm.id))
    return RealmAdded(realm.name)


def _realm_meant(
    connection: Connection, name: str, command: AddRealm, line_ports: Ports
) -> Row[Any]:
    enabled = connection.execute(sa.select(realms).where(realms.c.enabled)).all()
    for realm in enabled:
        if realm.name == name:
            return realm
    for realm in enabled:
        if _listens(realm, command, line_ports.get(realm.name, ())):
            return realm
    raise RealmNotFound(realm=name)


def _listens(realm: Row[Any], command: AddRealm, line_ports: Collection[int]) -> bool:
    same_host = _host(realm.host) == _host(command.host)
    return same_host and (command.port == realm.port or command.port in line_ports)


def _host(host: str) -> str:
    return {"localhost": "127.0.0.1"}.get(host.lower(), host.lower())


def names_for(connection: Connection, session: LiveSession) -> dict[str, list[str]]:
    """What the asker calls each realm, and what each other realm's people call the asker's.

    Programs at both ends of a pair of realms use one name for the other end.
    """
    own_realm = session.address.realm
    home = realms.alias("home")
    rows = connection.execute(
        sa.select(
            realm_names.c.name,
            realm_names.c.person_id,
            realms.c.name.label("meant"),
            home.c.name.label("home"),
        )
        .join(realms, realms.c.id == realm_names.c.realm_id)
        .join(people, people.c.id == realm_names.c.person_id)
        .join(home, home.c.id == people.c.realm_id)
        .where(
            (realm_names.c.person_id == session.person_id)
            | ((realms.c.name == own_realm) & (home.c.name != own_realm)),
            realm_names.c.name != realms.c.name,
        )
        .order_by(realm_names.c.name)
    ).all()
    own = {row.name: row.meant for row in rows if row.person_id == session.person_id}
    named = {(row.home, row.name) for row in rows if row.name not in own} | {
        (meant, name) for name, meant in own.items()
    }
    found: dict[str, list[str]] = {}
    for realm, name in sorted(named):
        found.setdefault(realm, []).append(name)
    return found
