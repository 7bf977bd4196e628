"""Rows of the replica: the queries that find them, and what they are outside of the file."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from msgspec import Raw, structs
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.engine import Connection, Row

from realm_protocol.commands import GONE, Head, StoredMessage
from realm_protocol.events import SERVER_MESSAGES
from realm_protocol.limits import PAGE_BYTES
from realm_protocol.link import SiteFacts, SiteMembership, SitePerson
from realm_protocol.names import GROUP_IDS_BEGIN, Address
from realm_protocol.rooms import GUEST_LIMITS
from realm_protocol.wire import check, pack, split_frame, unpack_value
from realm_server.autonomy.replica_tables import (
    conversations,
    facts,
    files,
    memberships,
    messages,
    people,
    verifiers,
)

_BEHIND_AT_ONCE = 2000
_GROUPS_LISTED = 1500
_conversation: sa.BindParameter[str] = sa.bindparam("conversation")
_person: sa.BindParameter[int] = sa.bindparam("person")
_in_it = memberships.c.is_in.is_(True)
_here = memberships.c.conversation == _conversation

FACTS = sa.select(facts)
HELD_BYTES = sa.select(sa.func.sum(conversations.c.held_bytes).label("size"))
PERSON_AT = sa.select(people).where(people.c.address == sa.bindparam("address"))
MEMBERS_HERE = sa.select(memberships.c.person).where(_here, _in_it)
_heads = (
    sa.select(memberships.c.head, conversations.c.last_seq)
    .join(conversations, conversations.c.conversation == memberships.c.conversation)
    .where(_in_it)
)
HEADS = _heads.where(memberships.c.person == _person)
HEAD = HEADS.where(_here)
MEMBERS = (
    _heads.add_columns(*people.c)
    .join(people, people.c.person == memberships.c.person)
    .where(_here)
    .order_by(people.c.address)
)
GROUPS_HERE = (
    # SQLite takes the other columns from the row with the maximum: how a group stands now.
    sa.select(memberships.c.head, sa.func.max(memberships.c.revision))
    .where(_in_it, memberships.c.conversation.between(GROUP_IDS_BEGIN, f"{GROUP_IDS_BEGIN}~"))
    .group_by(memberships.c.conversation)
    .limit(_GROUPS_LISTED)
)
TAIL = sa.select(
    conversations.c.held_from, conversations.c.held_to, conversations.c.held_bytes
).where(conversations.c.conversation == _conversation)
RUNS = (
    sa.select(messages.c.first_seq, messages.c.events)
    .where(
        messages.c.conversation == _conversation,
        messages.c.last_seq >= sa.bindparam("first"),
        messages.c.first_seq < sa.bindparam("before"),
    )
    .order_by(messages.c.first_seq)
)
NAMING = (
    sa.select(messages.c.first_seq, messages.c.events, files.c.seq)
    .join(
        files,
        sa.and_(
            files.c.conversation == messages.c.conversation,
            files.c.seq.between(messages.c.first_seq, messages.c.last_seq),
        ),
    )
    .where(files.c.file_id == sa.bindparam("file_id"))
)
BEHIND = (
    sa.select(conversations.c.conversation, conversations.c.held_to)
    .where(
        sa.text("last_seq > held_to"),
        sa.exists().where(memberships.c.conversation == conversations.c.conversation, _in_it),
    )
    .order_by(conversations.c.revision.desc())
    .limit(_BEHIND_AT_ONCE)
)


def people_with(query: str, limit: int) -> sa.Select[Any]:
    """Those whose address or name contains the query, those who begin with it first."""
    begins = people.c.address.startswith(query, autoescape=True)
    return (
        sa.select(people)
        .where(
            people.c.disabled.is_(False),
            people.c.limit_class != GUEST_LIMITS,
            people.c.address.contains(query, autoescape=True)
            | sa.func.lower(people.c.display_name).contains(query, autoescape=True),
        )
        .order_by(begins.desc(), people.c.address)
        .limit(limit)
    )


# --- what rows are -------------------------------------------------------------------------------


def person_of(row: Row[Any]) -> SitePerson:
    values = {name: getattr(row, name) for name in SitePerson.__struct_fields__}
    blocked = unpack_value(row.blocked)
    return SitePerson(**{**values, "address": Address(row.address), "blocked": blocked})


def head_of(row: Row[Any]) -> Head:
    """As main told it, but for what came in the conversation since."""
    told = head_told(row)
    return structs.replace(told, last_seq=max(told.last_seq, row.last_seq))


def head_told(row: Row[Any]) -> Head:
    """As main told it."""
    told: Head = check(unpack_value(row.head), Head)
    return told


def events_of(runs: Iterable[Row[Any]], first: int, before: int) -> list[Raw]:
    """The packed events of runs that follow on each other, from `first` on, as far as `before`."""
    return [
        event
        for run in runs
        for seq, event in enumerate(split_frame(run.events), run.first_seq)
        if first <= seq < before
    ]


def fitting_messages(events: Iterable[Raw]) -> list[StoredMessage]:
    """As many of them as one answer holds, and one at least."""
    page: list[StoredMessage] = []
    size = 0
    for event in events:
        size += len(bytes(event))
        if page and size > PAGE_BYTES:
            break
        page.append(_read_message(event))
    return page


def message_named(row: Row[Any]) -> StoredMessage:
    """The one of a run that names a file."""
    return _read_message(split_frame(row.events)[row.seq - row.first_seq])


def _read_message(event: Raw) -> StoredMessage:
    stored: StoredMessage = SERVER_MESSAGES.read(event).message
    return stored


# --- writing -------------------------------------------------------------------------------------


def write_site(connection: Connection, told: SiteFacts) -> None:
    """Take in what main tells; what is known already and newer stays."""
    if told.people:
        connection.execute(_KEEP_PERSON, [_person_row(person) for person in told.people])
        connection.execute(_FORGET_VERIFIER, [_of_verifier(person) for person in told.people])
    _write_memberships(connection, told.memberships)


def _person_row(person: SitePerson) -> dict[str, Any]:
    values = structs.asdict(person)
    return {**values, "address": str(person.address), "blocked": pack(person.blocked)}


def _of_verifier(person: SitePerson) -> dict[str, Any]:
    return {
        "whose": str(person.address),
        "in_force": -1 if person.disabled else person.password_revision,
    }


def _write_memberships(connection: Connection, told: Sequence[SiteMembership]) -> None:
    rows = [_membership_row(each) for each in told]
    standing = [row for row in rows if row["is_in"]]
    if rows:
        connection.execute(_KEEP_MEMBERSHIP, rows)
    if standing:
        connection.execute(_KEEP_STANDING, standing)


def _membership_row(told: SiteMembership) -> dict[str, Any]:
    head = told.head
    return {
        "person": told.person,
        "conversation": head.conversation,
        "is_in": head.role not in GONE,
        "head": pack(head),
        "last_seq": head.last_seq,
        "revision": told.revision,
    }


def write_facts(connection: Connection, **values: int) -> None:
    """Single numbers."""
    connection.execute(_KEEP_FACT, [{"name": name, "value": values[name]} for name in values])


def _upsert(table: sa.Table) -> tuple[Insert, Any]:
    """An insert of all columns, which are parameters, and what it offers where a row exists."""
    query = insert(table).values({c.name: sa.bindparam(c.name) for c in table.c})
    return query, query.excluded


def _newest(table: sa.Table) -> Insert:
    """A row takes the place of the one that is known, unless it has a lower revision."""
    query, new = _upsert(table)
    key = [c for c in table.c if c.primary_key]
    changing = {c.name: new[c.name] for c in table.c if not c.primary_key}
    return query.on_conflict_do_update(
        index_elements=key, set_=changing, where=new.revision >= table.c.revision
    )


_KEEP_PERSON = _newest(people)
_FORGET_VERIFIER = sa.delete(verifiers).where(
    verifiers.c.address == sa.bindparam("whose"),
    verifiers.c.password_revision != sa.bindparam("in_force"),
)
"""A verifier ends with its password, and where its person is let in no more."""
_KEEP_MEMBERSHIP = _newest(memberships)
_standing = insert(conversations).values(
    {name: sa.bindparam(name) for name in ("conversation", "last_seq", "revision")}
)
_KEEP_STANDING = _standing.on_conflict_do_update(
    index_elements=[conversations.c.conversation],
    set_={
        name: sa.func.max(conversations.c[name], _standing.excluded[name])
        for name in ("last_seq", "revision")
    },
)
_fact, _new_fact = _upsert(facts)
_KEEP_FACT = _fact.on_conflict_do_update(
    index_elements=[facts.c.name], set_={"value": _new_fact.value}
)
