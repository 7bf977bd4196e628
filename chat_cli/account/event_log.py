"""Jobs of the store: the log of events that readers resume from."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from chat_cli.account.schema import account, events

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, as a reader gets it. `id` is None for what nobody resumes from."""

    id: int | None
    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slice:
    """Events after a reader's place. `gone`: what came next has been thrown away."""

    events: list[Event]
    gone: bool
    newest: int


def append(connection: Connection, told: list[tuple[str, dict[str, Any]]], now: int) -> None:
    """Add events, each a type and its data, in order, to what this transaction commits."""
    if told:
        packed = [{"type": kind, "data": json.dumps(data), "at": now} for kind, data in told]
        connection.execute(insert(events), packed)


def newest_id(connection: Connection) -> int:
    """The place of a reader that knows everything; events from there continue this state."""
    pruned_to = connection.scalar(select(account.c.events_pruned_to)) or 0
    return max(connection.scalar(select(func.max(events.c.id))) or 0, pruned_to)


def read_after(connection: Connection, place: int | None, limit: int) -> Slice:
    """The next events of a reader; without a place it starts with what comes now."""
    newest = newest_id(connection)
    if place is None:
        return Slice([], False, newest)
    pruned_to = connection.scalar(select(account.c.events_pruned_to)) or 0
    if not pruned_to <= place <= newest:
        return Slice([], True, newest)
    rows = connection.execute(
        select(events).where(events.c.id > place).order_by(events.c.id).limit(limit)
    )
    return Slice([Event(row.id, row.type, json.loads(row.data)) for row in rows], False, newest)


def prune(connection: Connection, *, keep: int, keep_days: int, now: int) -> None:
    """Throw away what is older than both readers and the disk should bear."""
    newest = newest_id(connection)
    too_old = connection.scalar(
        select(func.max(events.c.id)).where(events.c.at < now - keep_days * DAY_MS)
    )
    up_to = max(too_old or 0, newest - keep)
    removed = connection.execute(delete(events).where(events.c.id <= up_to))
    if removed.rowcount:
        connection.execute(update(account).values(events_pruned_to=up_to))
