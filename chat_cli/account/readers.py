"""Jobs of the store: named readers, each with the place up to which it is done.

A reader that ends at any moment goes on behind what it has acknowledged: what it was given and
didn't acknowledge, it gets again.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from chat_cli.account import arrivals, event_log
from chat_cli.account.arrivals import Arrived
from chat_cli.account.reading import JsonRow, Snapshot
from chat_cli.account.schema import readers
from realm_protocol.errors import PlaceNotHandedOut, ReaderNotFound, TooManyReaders
from realm_service.times import rfc3339

READERS_LIMIT = 100
"""Readers of one account. Each costs a row; thousands are a script that makes names up."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What a reader is to handle next."""

    name: str
    acknowledged: int
    messages: list[Arrived]

    @property
    def place(self) -> int:
        """What to acknowledge when all of it is handled."""
        return self.messages[-1].place if self.messages else self.acknowledged

    def json(self) -> JsonRow:
        return {
            "name": self.name,
            "acknowledged": self.acknowledged,
            "place": self.place,
            "messages": [arrived.message for arrived in self.messages],
        }


def is_known(connection: Connection, name: str) -> bool:
    return _find(connection, name) is not None


def begin(connection: Connection, name: str, *, from_start: bool, now: int) -> None:
    """Make a reader where there is none; raises `TooManyReaders`."""
    if is_known(connection, name):
        return
    if (connection.scalar(select(func.count()).select_from(readers)) or 0) >= READERS_LIMIT:
        raise TooManyReaders(limit=READERS_LIMIT)
    place = 0 if from_start else arrivals.newest_place(connection)
    connection.execute(
        insert(readers).values(name=name, acknowledged=place, handed=place, created_at=now)
    )


def hand_out(connection: Connection, me: str, name: str, limit: int) -> Snapshot[HandedOut]:
    """The messages behind the reader's place, which may be acknowledged from now on."""
    reader = _get(connection, name)
    found = arrivals.read_after(connection, me, reader.acknowledged, limit)
    handed = HandedOut(name, reader.acknowledged, found)
    if handed.place > reader.handed:
        connection.execute(
            update(readers).where(readers.c.name == name).values(handed=handed.place)
        )
    return Snapshot(handed, event_log.newest_id(connection))


def acknowledge(connection: Connection, name: str, place: int) -> int:
    """Everything up to a place is handled; answers where the reader stands.

    Saying it again, or later than a newer place, changes nothing. Raises `PlaceNotHandedOut`.
    """
    reader = _get(connection, name)
    stands: int = reader.acknowledged
    if place > reader.handed:
        raise PlaceNotHandedOut(name=name, place=place, handed=reader.handed)
    if place > stands:
        connection.execute(update(readers).where(readers.c.name == name).values(acknowledged=place))
    return max(place, stands)


def forget(connection: Connection, name: str) -> None:
    """Raises `ReaderNotFound`."""
    _get(connection, name)
    connection.execute(delete(readers).where(readers.c.name == name))


def list_all(connection: Connection) -> Snapshot[list[JsonRow]]:
    """All readers, and how much each has before it."""
    found = [
        {
            "name": row.name,
            "acknowledged": row.acknowledged,
            "handed": row.handed,
            "waiting": arrivals.count_after(connection, row.acknowledged),
            "created_at": rfc3339(row.created_at),
        }
        for row in connection.execute(select(readers).order_by(readers.c.name))
    ]
    return Snapshot(found, event_log.newest_id(connection))


def _find(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(readers).where(readers.c.name == name)).one_or_none()


def _get(connection: Connection, name: str) -> Row[Any]:
    row = _find(connection, name)
    if row is None:
        raise ReaderNotFound(name=name)
    return row
