"""Jobs of the store: the order in which messages became known here, which named readers follow.

Each message has one place, for ever: one that comes again after a restore of main keeps it. What
is fetched below the floor, because a person scrolls there, is history and has none.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, func, select, update
from sqlalchemy.dialects.sqlite import insert

from chat_cli.account import conversation_rows
from chat_cli.account.conversation_rows import Standing
from chat_cli.account.receipts import Marks
from chat_cli.account.recipients import target_json, target_of
from chat_cli.account.schema import arrivals, messages, readers
from chat_cli.account.shapes import message_json, pending_json

PAGE_BYTES = 1024 * 1024
"""A page of arrivals ends after this much text; it always holds one message."""

_COLUMNS = ("conversation", "seq", "key", "kind", "sender", "text", "sent_at", "at", "file")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message and its place, as a reader gets it."""

    place: int
    message: dict[str, Any]


def identity(row: Mapping[str, Any] | RowMapping) -> str:
    """What stays of a message whatever number a restored main gives it."""
    if row["kind"] == "system":
        return f"{row['conversation']} {row['seq']} {row['at']}"
    return f"{row['sender']} {row['key']}"


def record(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Messages became known, in this order; those that were known before keep their places."""
    found = [
        {"identity": identity(row), "conversation": row["conversation"], "seq": row["seq"]}
        for row in rows
    ]
    if not found:
        return
    adding = insert(arrivals)
    again = adding.on_conflict_do_update(
        index_elements=[arrivals.c.identity],
        set_={"conversation": adding.excluded.conversation, "seq": adding.excluded.seq}
        | {"lost": None},
    )
    connection.execute(again, found)


def record_unnumbered(connection: Connection, row: Mapping[str, Any]) -> None:
    """A message became known that main has given no number yet: readers get it as it is."""
    adding = insert(arrivals).values(
        identity=identity(row),
        conversation=row["conversation"],
        seq=None,
        lost=json.dumps(_unnumbered(row)),
    )
    connection.execute(adding.on_conflict_do_nothing())


def change_unnumbered(connection: Connection, row: Mapping[str, Any]) -> None:
    """Something else is to be said of it, to readers that haven't read it."""
    connection.execute(
        update(arrivals)
        .where(arrivals.c.identity == identity(row), arrivals.c.seq.is_(None))
        .values(lost=json.dumps(_unnumbered(row)))
    )


def _unnumbered(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("conversation", "key", "kind", "sender", "text", "sent_at", "file")
    kept = {name: row[name] for name in (*names, "state", "refusal", "target")}
    return {"seq": None, **kept}


def find_again(connection: Connection, row: Mapping[str, Any]) -> None:
    """Main's log has a message, perhaps under another number; a place that it has, it keeps."""
    connection.execute(
        update(arrivals)
        .where(arrivals.c.identity == identity(row))
        .values(conversation=row["conversation"], seq=row["seq"], lost=None)
    )


def lose(connection: Connection, standing: Standing) -> None:
    """A restored main may have lost messages of this conversation, whose rows go.

    They have been seen here, so whoever has still to read them gets them as they were.
    """
    read_by_all = connection.scalar(select(func.min(readers.c.acknowledged)))
    of_it = arrivals.c.conversation == standing.conversation
    if read_by_all is not None:
        unread = connection.execute(
            select(arrivals.c.place, *(messages.c[name] for name in _COLUMNS))
            .join(messages, _its_message())
            .where(of_it, arrivals.c.place > read_by_all)
        ).all()
        for row in unread:
            lost = {name: getattr(row, name) for name in _COLUMNS}
            lost["target"] = target_of(standing.kind, standing.name)
            connection.execute(
                update(arrivals).where(arrivals.c.place == row.place).values(lost=json.dumps(lost))
            )
    connection.execute(update(arrivals).where(of_it).values(seq=None))


def _its_message() -> Any:
    return (messages.c.conversation == arrivals.c.conversation) & (messages.c.seq == arrivals.c.seq)


def newest_place(connection: Connection) -> int:
    """Where somebody stands who has read everything."""
    return connection.scalar(select(func.max(arrivals.c.place))) or 0


def count_after(connection: Connection, place: int) -> int:
    """How many messages a reader at this place has before it."""
    counted = (
        select(func.count())
        .select_from(arrivals)
        .where(arrivals.c.place > place, arrivals.c.seq.is_not(None) | arrivals.c.lost.is_not(None))
    )
    return connection.scalar(counted) or 0


def read_after(connection: Connection, me: str, place: int, limit: int) -> list[Arrived]:
    """The next messages behind a place, at most `limit` and about `PAGE_BYTES`."""
    query = (
        select(arrivals.c.place, arrivals.c.lost, *(messages.c[name] for name in _COLUMNS))
        .outerjoin(messages, _its_message())
        .where(arrivals.c.place > place, messages.c.id.is_not(None) | arrivals.c.lost.is_not(None))
        .order_by(arrivals.c.place)
        .limit(limit)
    )
    standings: dict[str, Standing | None] = {}
    found: list[Arrived] = []
    size = 0
    with connection.execute(query) as rows:
        for row in rows:
            message = _message(connection, me, row, standings)
            size += len(message["text"].encode()) + len(message.get("file", {}).get("preview", ""))
            if found and size > PAGE_BYTES:
                break
            found.append(Arrived(row.place, message))
    return found


def _message(
    connection: Connection, me: str, row: Row[Any], standings: dict[str, Standing | None]
) -> dict[str, Any]:
    columns = json.loads(row.lost) if row.seq is None else row._mapping
    conversation = columns["conversation"]
    if conversation not in standings:
        standings[conversation] = conversation_rows.find(connection, conversation)
    standing = standings[conversation]
    mine, peer = (standing.mine, standing.peer) if standing else (Marks(), Marks())
    if columns["seq"] is None:
        message = pending_json(columns)
    else:
        message = message_json(columns, me, mine, peer)
    target = target_of(standing.kind, standing.name) if standing else columns["target"]
    return {**message, "reply_to": target_json(target), "place": row.place}
