"""Jobs of the store: what stands behind a conversation's log, since main has not told of it yet.

In the realm's order stands what the realm keeps, of oneself and of others; then what the realm has
not got. There may be thousands: nothing here reads all of it.
"""

import math
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from chat_cli.account.schema import outbox, pending
from chat_cli.account.shapes import pending_json, unsent_json
from realm_protocol.commands import MessageKey

JsonRow = dict[str, Any]

_KEPT = pending.c.state == "at_realm"
_OWN_ORDER = (outbox.c.position.is_(None), outbox.c.position, outbox.c.ordinal)


class Place(NamedTuple):
    """Where a message stands."""

    position: float
    """In the realm's outbox; behind all others while it isn't there."""
    ordinal: int
    """Of one's own."""


def newest(
    connection: Connection, me: str, conversation: str, limit: int, before: Place | None = None
) -> list[JsonRow]:
    """The last of them, or the last that stand before a place; in their order."""
    return _read(connection, me, conversation, limit, before, newest=True)


def oldest(connection: Connection, me: str, conversation: str, limit: int) -> list[JsonRow]:
    """The first of them."""
    return _read(connection, me, conversation, limit, None, newest=False)


def place_of(connection: Connection, me: str, conversation: str, name: MessageKey) -> Place | None:
    """Where a message stands; None where it doesn't stand behind this log."""
    if name.sender == me:
        mine = select(outbox.c.position, outbox.c.ordinal).where(
            outbox.c.conversation == conversation, outbox.c.key == name.key
        )
        for position, ordinal in connection.execute(mine):
            return Place(math.inf if position is None else position, ordinal)
    theirs = select(pending.c.position).where(
        pending.c.conversation == conversation,
        pending.c.sender == name.sender,
        pending.c.key == name.key,
        _KEPT,
    )
    position = connection.scalar(theirs)
    return None if position is None else Place(position, 0)


def _read(
    connection: Connection,
    me: str,
    conversation: str,
    limit: int,
    before: Place | None,
    *,
    newest: bool,
) -> list[JsonRow]:
    """Of both kinds as many as are wanted, since all may be of one."""
    own = select(outbox).where(outbox.c.conversation == conversation, *_own_before(before))
    others = select(pending).where(
        pending.c.conversation == conversation, _KEPT, *_others_before(before)
    )
    if newest:
        own = own.order_by(*(column.desc() for column in _OWN_ORDER))
        others = others.order_by(pending.c.position.desc())
    else:
        own = own.order_by(*_OWN_ORDER)
        others = others.order_by(pending.c.position)
    found = [
        (
            Place(math.inf if row.position is None else row.position, row.ordinal),
            unsent_json(row, me),
        )
        for row in connection.execute(own.limit(limit))
    ]
    found += [
        (Place(row.position, 0), pending_json(row._mapping))
        for row in connection.execute(others.limit(limit))
    ]
    found.sort(key=lambda placed: placed[0])
    cut = found[max(0, len(found) - limit) :] if newest else found[:limit]
    return [message for _, message in cut]


def _own_before(place: Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    if place.position == math.inf:
        return [outbox.c.position.is_not(None) | (outbox.c.ordinal < place.ordinal)]
    return [outbox.c.position < place.position]


def _others_before(place: Place | None) -> list[ColumnElement[bool]]:
    return (
        [] if place is None or place.position == math.inf else [pending.c.position < place.position]
    )
