"""The newest messages of each conversation, held without a hole: what of them is kept, and where.

Rows in, rows out; within a transaction that is handed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from realm_protocol.bodies import read_file_body
from realm_protocol.limits import NEW_DEVICE_MESSAGES
from realm_server.autonomy.replica_tables import conversations, files, messages

MESSAGES = NEW_DEVICE_MESSAGES
"""Of one conversation."""
BYTES = 1024 * 1024
"""Of one conversation; its newest message is held however long it is."""

_stored = msgspec.msgpack.Decoder(tuple[int, list[Any]])


class Tail(NamedTuple):
    """Messages from `first` to `last` are held; none where `last` lies before `first`."""

    first: int
    last: int
    size: int


class Arrived(NamedTuple):
    """A message as its readers got it: the packed event."""

    seq: int
    event: bytes
    file_id: str
    """Of the file that it names; empty where it names none."""


EMPTY = Tail(1, 0, 0)


def read_event(event: bytes) -> Arrived:
    """A packed `MessageStored`."""
    _, seq, _, kind, _, body, *_ = _stored.decode(event)[1]
    return Arrived(seq, event, read_file_body(body).file_id if kind == "file" else "")


def newest_run(arrived: Iterable[Arrived]) -> list[Arrived]:
    """The last of them that follow on each other, ascending."""
    run: list[Arrived] = []
    for message in arrived:
        if run and message.seq != run[-1].seq + 1:
            run.clear()
        run.append(message)
    return run


def joins(held: Tail, first: int, last: int) -> bool:
    """Whether a run and what is held are one run."""
    return held.last >= held.first and first <= held.last + 1 and last >= held.first - 1


def fitting(newest_first: Iterable[tuple[int, int]]) -> int:
    """The lowest seq to keep, of rows with their sizes, the newest of which come first."""
    lowest = total = 0
    for count, (seq, size) in enumerate(newest_first, 1):
        total += size
        if count > 1 and (count > MESSAGES or total > BYTES):
            break
        lowest = seq
    return lowest


def write_tails(
    connection: Connection, arrived: Mapping[str, Sequence[bytes]], touched_at: int
) -> int:
    """Take in what arrived, in the order of each conversation. Returns how many bytes it adds."""
    return sum(
        write_tail(connection, conversation, newest_run(map(read_event, events)), touched_at)
        for conversation, events in arrived.items()
    )


def write_tail(
    connection: Connection, conversation: str, run: Sequence[Arrived], touched_at: int
) -> int:
    """Take in a run, ascending. Where it leaves a hole to what is held, the newer one remains."""
    held = read_tail(connection, conversation)
    if not run or (run[-1].seq < held.first - 1 and held.last >= held.first):
        return 0
    if not joins(held, run[0].seq, run[-1].seq):
        _delete(connection, conversation)
        held = EMPTY._replace(first=run[0].seq)
    rows = [(conversation, each.seq, each.event) for each in run]
    connection.exec_driver_sql("INSERT OR IGNORE INTO messages VALUES (?, ?, ?)", rows)
    named = [(each.file_id, conversation, each.seq) for each in run if each.file_id]
    if named:
        connection.exec_driver_sql("INSERT OR IGNORE INTO files VALUES (?, ?, ?)", named)
    tail = _cut(connection, conversation, max(held.last, run[-1].seq))
    connection.execute(_KEEP, _row(conversation, tail, touched_at))
    return tail.size - held.size


def read_tail(connection: Connection, conversation: str) -> Tail:
    """What is held of a conversation."""
    row = connection.execute(_FIND, {"known": conversation}).one_or_none()
    return EMPTY if row is None else Tail._make(row)


def _cut(connection: Connection, conversation: str, last: int) -> Tail:
    """Forget what is too much; returns what remains. `last` is the newest that is held."""
    _delete(connection, conversation, below=last - MESSAGES + 1)
    first, size = connection.execute(_HELD, {"known": conversation}).one()
    if size <= BYTES:
        return Tail(first, last, size)
    sizes = connection.execute(_SIZES, {"known": conversation}).all()
    lowest = fitting((row.seq, row.size) for row in sizes)
    _delete(connection, conversation, below=lowest)
    return Tail(lowest, last, sum(row.size for row in sizes if row.seq >= lowest))


def _delete(connection: Connection, conversation: str, below: int = 2**53) -> None:
    for forget in _FORGET:
        connection.execute(forget, {"known": conversation, "below": below})


def forget_quietest(connection: Connection, size: int) -> int:
    """Forget messages of what was quiet longest, about so many bytes. Returns how many."""
    forgotten = 0
    for row in connection.execute(_QUIETEST).all():
        if forgotten >= size:
            break
        _delete(connection, row.conversation)
        connection.execute(_KEEP, _row(row.conversation, EMPTY, 0))
        forgotten += row.held_bytes
    return forgotten


def _row(conversation: str, tail: Tail, touched_at: int) -> dict[str, Any]:
    return {
        "conversation": conversation,
        "last_seq": tail.last,
        "held_from": tail.first,
        "held_to": tail.last,
        "held_bytes": tail.size,
        "touched_at": touched_at,
    }


_FIND = sa.select(
    conversations.c.held_from, conversations.c.held_to, conversations.c.held_bytes
).where(conversations.c.conversation == sa.bindparam("known"))
_HELD = sa.select(sa.func.min(messages.c.seq), sa.func.sum(sa.func.length(messages.c.event))).where(
    messages.c.conversation == sa.bindparam("known")
)
_FORGET = [
    sa.delete(table).where(
        table.c.conversation == sa.bindparam("known"), table.c.seq < sa.bindparam("below")
    )
    for table in (messages, files)
]
_SIZES = (
    sa.select(messages.c.seq, sa.func.length(messages.c.event).label("size"))
    .where(messages.c.conversation == sa.bindparam("known"))
    .order_by(messages.c.seq.desc())
)
_QUIETEST = (
    sa.select(conversations.c.conversation, conversations.c.held_bytes)
    .where(conversations.c.held_bytes > 0)
    .order_by(conversations.c.touched_at)
    .limit(1000)
)
_keep = insert(conversations)
_KEEP = _keep.on_conflict_do_update(
    index_elements=[conversations.c.conversation],
    set_={
        "last_seq": sa.func.max(conversations.c.last_seq, _keep.excluded.last_seq),
        "held_from": _keep.excluded.held_from,
        "held_to": _keep.excluded.held_to,
        "held_bytes": _keep.excluded.held_bytes,
        "touched_at": _keep.excluded.touched_at,
    },
)
