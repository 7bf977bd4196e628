"""What the operator does: realms, people, groups. Each is a rule of the writer, and leaves an audit
row.

The same functions serve the running server, over its socket, and the command line on a store that
no server has open.
"""

import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Row

from main_server.effects import RealmCut
from main_server.rules import people as people_rules
from main_server.rules.audit import note
from main_server.rules.governing import find_governable, set_closed
from main_server.rules.people import (
    add_person,
    change_person,
    end_sessions,
    find_person,
    find_realm,
)
from main_server.rules.realm_lists import enrol
from main_server.rules.sessions import hash_token
from main_server.store.schema import (
    audit,
    conversations,
    is_in,
    memberships,
    people,
    realm_names,
    realms,
)
from main_server.store.writer import Transaction
from realm_protocol.errors import (
    IsGuest,
    MalformedMessage,
    NotOperator,
    RealmExists,
    RealmNotEmpty,
    UserExists,
    WrongArguments,
)
from realm_protocol.names import Address, GroupAddress, check_name
from realm_protocol.rooms import GUEST_LIMITS

Record = dict[str, Any]
LIMIT_CLASSES = ("standard", "trusted")


# --- realms --------------------------------------------------------------------------------------


def add_realm(tx: Transaction, name: str, host: str = "", port: int = 0) -> Record:
    """Enrol a realm; its key is told this once."""
    checked = check_name(name)
    if tx.connection.scalar(sa.select(realms.c.id).where(realms.c.name == checked)):
        raise RealmExists(realm=checked)
    key = enrol(tx, checked, host, port)
    return {"realm": checked, "host": host, "port": port, "key": key}


def set_realm_address(tx: Transaction, name: str, host: str, port: int) -> Record:
    """Where a realm's people connect to; the directory of realms shows it from now on."""
    realm = find_realm(tx.connection, check_name(name))
    tx.connection.execute(
        sa.update(realms).where(realms.c.id == realm.id).values(host=host, port=port)
    )
    return {"realm": realm.name, "host": host, "port": port}


def list_realms(tx: Transaction) -> list[Record]:
    rows = tx.connection.execute(
        sa.select(realms, sa.func.count(people.c.id).label("people"))
        .outerjoin(people, people.c.realm_id == realms.c.id)
        .group_by(realms.c.id)
        .order_by(realms.c.name)
    )
    return [
        {
            "realm": row.name,
            "host": row.host,
            "port": row.port,
            "enabled": bool(row.enabled),
            "people": row.people,
        }
        for row in rows
    ]


def remove_realm(tx: Transaction, name: str, disable: bool = False) -> Record:
    """Remove a realm that has no people; one that has can be disabled."""
    realm = find_realm(tx.connection, check_name(name))
    count = tx.connection.scalar(
        sa.select(sa.func.count()).select_from(people).where(people.c.realm_id == realm.id)
    )
    if disable:
        tx.connection.execute(
            sa.update(realms).where(realms.c.id == realm.id).values(enabled=False)
        )
    elif count:
        raise RealmNotEmpty(realm=realm.name, people=count)
    else:
        tx.connection.execute(sa.delete(realm_names).where(realm_names.c.realm_id == realm.id))
        tx.connection.execute(sa.delete(realms).where(realms.c.id == realm.id))
    tx.effects.append(RealmCut(realm.name, "removed by the operator"))
    return {"realm": realm.name, "disabled": disable, "removed": not disable}


def enable_realm(tx: Transaction, name: str) -> Record:
    """Let a disabled realm's server and people in again, with the key that it had."""
    realm = find_realm(tx.connection, check_name(name))
    tx.connection.execute(sa.update(realms).where(realms.c.id == realm.id).values(enabled=True))
    return {"realm": realm.name, "enabled": True}


def rotate_key(tx: Transaction, name: str) -> Record:
    """A new key; the link that used the old one is cut at once."""
    realm = find_realm(tx.connection, check_name(name))
    key = secrets.token_urlsafe(32)
    tx.connection.execute(
        sa.update(realms).where(realms.c.id == realm.id).values(key_hash=hash_token(key))
    )
    tx.effects.append(RealmCut(realm.name, "key rotated"))
    return {"realm": realm.name, "key": key}


# --- people --------------------------------------------------------------------------------------


def add_user(
    tx: Transaction,
    address: str,
    password_hash: str,
    name: str = "",
    country: str = "",
    limits: str = "standard",
) -> Record:
    parsed = Address.parse(address)
    _check_limit_class(limits)
    add_person(tx, parsed, password_hash, name, country, limit_class=limits)
    return {"address": parsed}


def import_users(tx: Transaction, people: list[Record]) -> Record:
    """Make those who don't exist; an interrupted import can be repeated."""
    made = 0
    for person in people:
        try:
            add_user(tx, **person)
        except UserExists:
            continue
        made += 1
    return {"made": made, "existed": len(people) - made}


def list_users(tx: Transaction, realm: str = "") -> list[Record]:
    rows = sa.select(people).order_by(people.c.address)
    if realm:
        rows = rows.where(people.c.realm_id == find_realm(tx.connection, check_name(realm)).id)
    return [
        {
            "address": row.address,
            "name": row.display_name,
            "country": row.country,
            "disabled": bool(row.disabled),
            "operator": bool(row.operator),
            "limits": row.limit_class,
        }
        for row in tx.connection.execute(rows)
    ]


def disable_user(tx: Transaction, address: str) -> Record:
    """No sign-in, no messages from or to them; their sessions end."""
    person = change_person(tx, Address.parse(address), disabled=True)
    end_sessions(tx, person, "disabled")
    return {"address": person.address, "disabled": True}


def enable_user(tx: Transaction, address: str) -> Record:
    person = _change_account(tx, address, disabled=False)
    return {"address": person.address, "disabled": False}


def set_password(tx: Transaction, address: str, password_hash: str) -> Record:
    person = people_rules.set_password(tx, Address.parse(address), password_hash)
    _check_account(person)
    return {"address": person.address}


def make_operator(tx: Transaction, address: str) -> Record:
    person = _change_account(tx, address, operator=True)
    return {"address": person.address, "operator": True}


def set_limits(tx: Transaction, address: str, limits: str) -> Record:
    """Which limit class a person is of; open sessions keep theirs until they connect again."""
    _check_limit_class(limits)
    person = _change_account(tx, address, limit_class=limits)
    return {"address": person.address, "limits": limits}


def _change_account(tx: Transaction, address: str, **values: object) -> Row[Any]:
    person = change_person(tx, Address.parse(address), **values)
    _check_account(person)
    return person


def _check_account(person: Row[Any]) -> None:
    """A guest stays what they are: they can only be sent away."""
    if person.limit_class == GUEST_LIMITS:
        raise IsGuest(address=person.address)


def _check_limit_class(limits: str) -> None:
    if limits not in LIMIT_CLASSES:
        raise MalformedMessage(detail=f"limits are one of {', '.join(LIMIT_CLASSES)}")


# --- groups --------------------------------------------------------------------------------------


def list_groups(tx: Transaction, realm: str = "") -> list[Record]:
    """Groups and open rooms, and how many are in each."""
    rows = (
        sa.select(conversations, sa.func.count(memberships.c.person_id).label("members"))
        .outerjoin(memberships, (memberships.c.conversation_id == conversations.c.id) & is_in())
        .where(conversations.c.kind != "private")
        .group_by(conversations.c.id)
        .order_by(conversations.c.address)
    )
    if realm:
        its_realm = find_realm(tx.connection, check_name(realm)).id
        rows = rows.where(conversations.c.realm_id == its_realm)
    return [
        {
            "group": row.address,
            "name": row.display_name,
            "kind": row.kind,
            "members": row.members,
            "invite_only": row.open_from is None,
            "closed": row.closed_at is not None,
        }
        for row in tx.connection.execute(rows)
    ]


def close_group(tx: Transaction, name: str, by: str = "") -> Record:
    """From now on it can only be read and left; a row says so in the name of an operator."""
    return _set_closed(tx, name, by, closed=True)


def reopen_group(tx: Transaction, name: str, by: str = "") -> Record:
    """Undo `close_group`."""
    return _set_closed(tx, name, by, closed=False)


def _set_closed(tx: Transaction, name: str, by: str, *, closed: bool) -> Record:
    group = find_governable(tx, GroupAddress.parse(name))
    operator = _operator(tx, by)
    changed = set_closed(tx, group, operator, closed=closed)
    told = {"group": str(group.group), "closed": closed, "changed": changed}
    return told | {"by": str(operator.address)}


class _Operator(NamedTuple):
    """In whose name something is done."""

    person_id: int
    address: Address


def _operator(tx: Transaction, by: str) -> _Operator:
    """The one of this address; without it, the only one that there is."""
    rows = sa.select(people.c.id, people.c.address).where(people.c.operator, ~people.c.disabled)
    found = [_Operator(row.id, Address(row.address)) for row in tx.connection.execute(rows)]
    if by:
        person = find_person(tx.connection, Address.parse(by))
        found = [operator for operator in found if operator.person_id == person.id]
    elif len(found) != 1:
        raise WrongArguments(
            detail=f"A group hears of it in an operator's name, and {len(found)} people are that.",
            usage="… --by ADDRESS, after main-server user make-operator ADDRESS",
        )
    if not found:
        raise NotOperator
    return found[0]


def list_audit(tx: Transaction, limit: int = 100) -> list[Record]:
    """The newest rows of the audit log, oldest first."""
    rows = tx.connection.execute(sa.select(audit).order_by(audit.c.id.desc()).limit(limit)).all()
    return [
        {"at": row.at, "actor": row.actor, "action": row.action, "subject": row.subject}
        for row in reversed(rows)
    ]


OPERATIONS: dict[str, Callable[..., Any]] = {
    "realm add": add_realm,
    "realm set-address": set_realm_address,
    "realm list": list_realms,
    "realm remove": remove_realm,
    "realm enable": enable_realm,
    "realm rotate-key": rotate_key,
    "user add": add_user,
    "user import": import_users,
    "user list": list_users,
    "user disable": disable_user,
    "user enable": enable_user,
    "user set-password": set_password,
    "user make-operator": make_operator,
    "user set-limits": set_limits,
    "group list": list_groups,
    "group close": close_group,
    "group reopen": reopen_group,
    "audit": list_audit,
}
_READ_ONLY = frozenset({"realm list", "user list", "group list", "audit"})


def operate(tx: Transaction, operation: str, arguments: Record, actor: str) -> Any:
    """Carry out an operation by its name, and note it."""
    if operation not in OPERATIONS:
        raise MalformedMessage(detail=f"there is no operation “{operation}”")
    try:
        result = OPERATIONS[operation](tx, **arguments)
    except TypeError as exc:
        raise MalformedMessage(detail=f"{operation}: {exc}") from exc
    if operation not in _READ_ONLY:
        subject = arguments.get("address") or arguments.get("name") or ""
        if "people" in arguments:
            subject = f"{len(arguments['people'])} people"
        note(tx, actor=actor, action=operation, subject=str(subject))
    return result
