"""Jobs of the store: what people read: history, inbox, conversations, search.

Each answers with the newest event's id of the same snapshot, so that a reader can go on from it.
"""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection, Row, and_, func, select, text

from chat_cli.account import (
    behind_log,
    conversation_rows,
    event_log,
    identity,
    muting,
    pending_rows,
    sync,
)
from chat_cli.account.conversation_rows import Standing
from chat_cli.account.receipts import Marks
from chat_cli.account.schema import conversations, messages
from chat_cli.account.shapes import message_json, pending_json
from chat_cli.account.sync import Missing
from realm_protocol.commands import MessageKey
from realm_protocol.errors import MessageNotFound

T = TypeVar("T")
JsonRow = dict[str, Any]

SEARCH_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """A state, and the id of the last event that it contains."""

    value: T
    event_id: int


@dataclass(frozen=True, slots=True)
class Window:
    """What a page of history asks for. A message behind the log has no seq, and goes by its key."""

    before: int | None
    after: int | None
    limit: int
    before_message: MessageKey | None = None


class _Part(NamedTuple):
    """What of a conversation is on a page."""

    rows: Missing | None
    """Of the log."""
    behind: list[JsonRow]
    """Of what stands behind it."""


def missing_of_page(
    connection: Connection, me: str, conversation: str, window: Window
) -> Missing | None:
    """The rows of a page, where this device doesn't hold all of them."""
    standing = conversation_rows.get(connection, conversation)
    wanted = _part(connection, me, standing, window).rows
    if wanted is None:
        return None
    held = connection.scalar(
        select(func.count()).select_from(messages).where(_in(conversation, wanted))
    )
    return wanted if (held or 0) < sync.size(wanted) else None


def _part(connection: Connection, me: str, standing: Standing, window: Window) -> _Part:
    conversation = standing.conversation
    place = None
    if window.before_message is not None:
        place = behind_log.place_of(connection, me, conversation, window.before_message)
        if place is None:  # it has its number by now, or was withdrawn
            seq = _seq_of(connection, conversation, window.before_message)
            window = replace(window, before=seq)
    if window.before is not None:
        return _Part(_range(standing, window), [])
    if window.after is not None:
        rows = _range(standing, window)
        left = window.limit - sync.size(rows) if rows.before > standing.holding.have else 0
        return _Part(rows, behind_log.oldest(connection, me, conversation, left))
    behind = behind_log.newest(connection, me, conversation, window.limit, place)
    left = window.limit - len(behind)
    return _Part(_range(standing, replace(window, limit=left)) if left else None, behind)


def _seq_of(connection: Connection, conversation: str, name: MessageKey) -> int:
    row = and_(messages.c.sender == name.sender, messages.c.key == name.key)
    seq = connection.scalar(
        select(messages.c.seq).where(messages.c.conversation == conversation, row)
    ) or pending_rows.withdrawn_before(connection, conversation, name)
    if seq is None:
        raise MessageNotFound
    return seq


def _range(standing: Standing, window: Window) -> Missing:
    return sync.page_range(
        before=window.before,
        after=window.after,
        limit=window.limit,
        first_seq=standing.first_seq,
        last_seq=standing.holding.have,
    )


def _in(conversation: str, rows: Missing) -> Any:
    return and_(
        messages.c.conversation == conversation,
        messages.c.seq > rows.after,
        messages.c.seq < rows.before,
    )


def page(
    connection: Connection, me: str, conversation: str, window: Window
) -> Snapshot[list[JsonRow]]:
    """Ascending by seq; behind the log stand the messages that have no seq yet.

    The limit counts both. What was withdrawn stands where it was seen, and doesn't count.
    """
    standing = conversation_rows.get(connection, conversation)
    wanted, behind = _part(connection, me, standing, window)
    found = [] if wanted is None else _rows(connection, me, standing, wanted)
    return Snapshot(found + behind, event_log.newest_id(connection))


def _rows(connection: Connection, me: str, standing: Standing, wanted: Missing) -> list[JsonRow]:
    rows = connection.execute(
        select(messages).where(_in(standing.conversation, wanted)).order_by(messages.c.seq)
    )
    found = [message_json(row._mapping, me, standing.mine, standing.peer) for row in rows]
    return _with_withdrawn(connection, standing, wanted, found)


def _with_withdrawn(
    connection: Connection, standing: Standing, rows: Missing, found: list[JsonRow]
) -> list[JsonRow]:
    """Each withdrawn message behind the row that was the last when it was seen."""
    after = rows.after if rows.after >= standing.first_seq else -1
    withdrawn = pending_rows.withdrawn_between(
        connection, standing.conversation, after, rows.before
    )
    if not withdrawn:
        return found
    places = [(message["seq"], message) for message in found]
    places += [(row.after_seq, pending_json(row._mapping)) for row in withdrawn]
    return [message for _, message in sorted(places, key=lambda place: place[0])]


def _unread(me: str) -> Any:
    return and_(
        messages.c.conversation == conversations.c.conversation,
        messages.c.seq > conversations.c.read,
        messages.c.sender != me,
        messages.c.kind != "system",
    )


def _not_before() -> Any:
    """A clock that was set back must not turn the order of a conversation round."""
    return func.max(messages.c.at).over(
        partition_by=messages.c.conversation, order_by=messages.c.seq
    )


def inbox(connection: Connection, me: str) -> Snapshot[list[JsonRow]]:
    """Unread messages of all conversations, oldest first, each conversation in its order."""
    rows = connection.execute(
        select(messages, *(conversations.c[name] for name in _MARKS))
        .join(conversations, _unread(me))
        .order_by(_not_before(), messages.c.conversation, messages.c.seq)
    )
    found = [message_json(row._mapping, me, *_marks(row)) for row in rows]
    found += [pending_json(row._mapping) for row in pending_rows.unread(connection)]
    return Snapshot(found, event_log.newest_id(connection))


def newest(
    connection: Connection, me: str, limit: int, *, with_file: bool = False
) -> Snapshot[list[JsonRow]]:
    """The newest messages of all conversations, oldest of them first, each in its order."""
    last = select(messages.c.id).order_by(messages.c.at.desc(), messages.c.seq.desc()).limit(limit)
    if with_file:
        last = last.where(messages.c.file.is_not(None))
    rows = connection.execute(
        select(messages, *(conversations.c[name] for name in _MARKS))
        .join(conversations, messages.c.conversation == conversations.c.conversation)
        .where(messages.c.id.in_(last))
        .order_by(_not_before(), messages.c.conversation, messages.c.seq)
    )
    found = [message_json(row._mapping, me, *_marks(row)) for row in rows]
    if with_file:
        found += [pending_json(row._mapping) for row in pending_rows.with_file(connection)]
    return Snapshot(found[-limit:], event_log.newest_id(connection))


def list_conversations(connection: Connection, me: str) -> Snapshot[list[JsonRow]]:
    """All conversations, the one with the newest message first."""
    unread, last = _unread_counts(connection, me), _last_rows(connection)
    begun = conversation_rows.begun(connection)
    ahead = pending_rows.conversations_ahead(connection) | {one.conversation for one in begun}
    quiet = muting.all_muted(connection)
    standings = [
        conversation_rows.from_row(row) for row in connection.execute(select(conversations))
    ]
    found = []
    for standing in [*standings, *begun]:
        conversation_id = standing.conversation
        newest = last.get(conversation_id)
        shown = newest and message_json(newest._mapping, me, standing.mine, standing.peer)
        if conversation_id in ahead:
            [shown] = behind_log.newest(connection, me, conversation_id, 1)
        found.append(_conversation_json(standing, unread.get(conversation_id, 0), shown))
    for conversation in found:
        conversation["muted"] = conversation["conversation"] in quiet
    found.sort(key=_newest_first, reverse=True)
    return Snapshot(found, event_log.newest_id(connection))


def _unread_counts(connection: Connection, me: str) -> dict[str, int]:
    counted = connection.execute(
        select(messages.c.conversation, func.count().label("unread"))
        .join(conversations, _unread(me))
        .group_by(messages.c.conversation)
    )
    unread = Counter({row.conversation: row.unread for row in counted})
    unread.update(pending_rows.unread_counts(connection))
    return unread


def _last_rows(connection: Connection) -> dict[str, Row[Any]]:
    """The last message that is held of each conversation, where one is."""
    last = and_(
        messages.c.conversation == conversations.c.conversation,
        messages.c.seq == conversations.c.have,
    )
    rows = connection.execute(select(messages).join(conversations, last))
    return {row.conversation: row for row in rows}


def _conversation_json(standing: Standing, unread: int, last_message: JsonRow | None) -> JsonRow:
    return {
        "conversation": standing.conversation,
        "kind": standing.kind,
        "title": standing.name,
        "name": standing.display_name,
        "role": standing.role,
        "invite_only": standing.invite_only,
        "closed": standing.closed,
        "last_seq": standing.holding.last_seq,
        "read": standing.mine.read,
        "delivered": standing.mine.delivered,
        "unread": unread,
        "last_message": last_message,
    }


def _newest_first(conversation: JsonRow) -> str:
    last = conversation["last_message"]
    return (last["at"] or last["sent_at"]) if last else ""


def search(connection: Connection, me: str, words: str) -> Snapshot[list[JsonRow]]:
    """Messages held here that contain all words, each perhaps only begun; newest first."""
    terms = [f'"{word.replace(chr(34), chr(34) * 2)}"*' for word in words.split()]
    if not terms:
        return Snapshot([], event_log.newest_id(connection))
    hits = text("messages.id IN (SELECT rowid FROM search WHERE search MATCH :words)").bindparams(
        words=" ".join(terms)
    )
    rows = connection.execute(
        select(messages, *(conversations.c[name] for name in _MARKS))
        .join(conversations, messages.c.conversation == conversations.c.conversation)
        .where(hits)
        .order_by(messages.c.at.desc(), messages.c.seq.desc())
        .limit(SEARCH_LIMIT)
    )
    found = [message_json(row._mapping, me, *_marks(row)) for row in rows]
    return Snapshot(found, event_log.newest_id(connection))


def known_groups(connection: Connection) -> Snapshot[list[JsonRow]]:
    """Groups that the person was in when main could be asked; how many are in them isn't known."""
    rows = connection.execute(
        select(conversations)
        .where(conversations.c.kind != "private", conversation_rows.is_in())
        .order_by(conversations.c.name)
    )
    found: list[JsonRow] = [
        {
            "group": row.name,
            "name": row.display_name,
            "conversation": row.conversation,
            "kind": row.kind,
            "members": None,
            "joined": True,
            "role": row.role,
            "invite_only": row.invite_only,
            "closed": row.closed,
        }
        for row in rows
    ]
    return Snapshot(found, event_log.newest_id(connection))


def summary(connection: Connection, me: str) -> Snapshot[JsonRow]:
    """How much is unread, unsent and held."""
    known = connection.scalar(select(func.count()).select_from(conversations)) or 0
    found = {
        "conversations": known + len(conversation_rows.begun(connection)),
        "messages": connection.scalar(select(func.count()).select_from(messages)),
        "unread": sum(_unread_counts(connection, me).values()),
        "unsent": identity.count_unsent(connection),
    }
    return Snapshot(found, event_log.newest_id(connection))


_MARKS = ("delivered", "read", "peer_delivered", "peer_read")


def _marks(row: Row[Any]) -> tuple[Marks, Marks]:
    return Marks(row.delivered, row.read), Marks(row.peer_delivered, row.peer_read)
