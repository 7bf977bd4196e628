"""Jobs of the store: rows come into a conversation's log, in the order of seq, each once.

A row and its event are written in one transaction: what a reader is told is there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from chat_cli.account import conversation_rows, event_log, sync
from chat_cli.account.conversation_rows import Standing
from chat_cli.account.schema import messages, outbox
from chat_cli.account.shapes import message_json
from chat_cli.account.sync import Arrival, Missing
from realm_protocol.bodies import read_system_body, system_text
from realm_protocol.commands import Accepted, Page, StoredMessage
from realm_protocol.errors import MalformedMessage

NEWER_SYSTEM_TEXT = "(a change of the group that this version can't show)"


@dataclass(slots=True)
class Taken:
    """What became of rows that came."""

    behind: set[str] = field(default_factory=set)
    """Conversations with rows missing before what came."""
    unknown: set[str] = field(default_factory=set)
    """Conversations of which no head has come."""
    settled: list[str] = field(default_factory=list)
    """Keys of the outbox that were found in main's log."""
    from_others: set[str] = field(default_factory=set)
    """Conversations in which others' rows are held now that weren't before."""


def take(connection: Connection, me: str, rows: Iterable[StoredMessage], now: int) -> Taken:
    """Rows that events brought."""
    taken = Taken()
    for row in rows:
        standing = conversation_rows.find(connection, row.conversation)
        if standing is None:
            taken.unknown.add(row.conversation)
        else:
            _take_one(connection, me, standing, row, taken, now)
    return taken


def take_page(
    connection: Connection, me: str, conversation: str, page: Page, now: int
) -> tuple[Taken, Missing | None]:
    """Rows that were fetched from `have` on; and what to fetch next, None when there is no more.

    A page that begins later than was asked shows from where on main lets one see.
    """
    taken = Taken()
    if not page.messages:
        return taken, None
    standing = conversation_rows.get(connection, conversation)
    seen_from = replace(
        standing,
        holding=sync.told(standing.holding, page.messages[0].seq, page.messages[-1].seq),
    )
    conversation_rows.keep(connection, seen_from)
    for row in page.messages:
        _take_one(connection, me, conversation_rows.get(connection, conversation), row, taken, now)
    return taken, sync.missing(conversation_rows.get(connection, conversation).holding)


def _take_one(
    connection: Connection,
    me: str,
    standing: Standing,
    row: StoredMessage,
    taken: Taken,
    now: int,
) -> None:
    holding, arrival = sync.arrived(standing.holding, row.seq)
    conversation_rows.keep(connection, replace(standing, holding=holding))
    if arrival is Arrival.BEYOND:
        taken.behind.add(row.conversation)
    elif arrival is Arrival.NEXT:
        connection.execute(insert(messages).values(columns(row)))
        if row.sender == me and row.kind != "system":
            _show_own(connection, me, standing, row, taken, now)
        else:
            taken.from_others.add(row.conversation)
            _tell_message(connection, me, standing, row.seq, now)


def _show_own(
    connection: Connection,
    me: str,
    standing: Standing,
    row: StoredMessage,
    taken: Taken,
    now: int,
) -> None:
    """An own message: it leaves the outbox if it stands there, else another device sent it."""
    waiting = connection.execute(select(outbox).where(outbox.c.key == row.key)).one_or_none()
    if waiting is None:
        _tell_message(connection, me, standing, row.seq, now)
        return
    connection.execute(delete(outbox).where(outbox.c.id == waiting.id))
    taken.settled.append(row.key)
    if waiting.state != "accepted":
        _tell_state(connection, standing, row.key, row.seq, now)


def accept(connection: Connection, me: str, key: str, accepted: Accepted, now: int) -> Taken:
    """Main has stored a message of the outbox."""
    taken = Taken(settled=[key])
    waiting = connection.execute(select(outbox).where(outbox.c.key == key)).one_or_none()
    if waiting is None or waiting.state == "accepted":
        return taken
    standing = conversation_rows.find(connection, accepted.conversation)
    if standing is None:
        taken.unknown.add(accepted.conversation)
        _await_row(connection, waiting, accepted, now)
        return taken
    holding, arrival = sync.arrived(standing.holding, accepted.seq)
    conversation_rows.keep(connection, replace(standing, holding=holding))
    if arrival is Arrival.BEYOND:
        taken.behind.add(accepted.conversation)
        _await_row(connection, waiting, accepted, now)
        return taken
    if arrival is Arrival.NEXT:
        connection.execute(insert(messages).values(_own_columns(me, waiting, accepted)))
    connection.execute(delete(outbox).where(outbox.c.id == waiting.id))
    _tell_state(connection, standing, key, accepted.seq, now)
    return taken


def _await_row(connection: Connection, waiting: Row[Any], accepted: Accepted, now: int) -> None:
    """Main has it, but rows before it are missing here: it takes its place when they come."""
    connection.execute(
        outbox.update()
        .where(outbox.c.id == waiting.id)
        .values(state="accepted", seq=accepted.seq, conversation=accepted.conversation)
    )
    told = {
        "conversation": accepted.conversation,
        "key": waiting.key,
        "seq": accepted.seq,
        "state": "at_main",
    }
    event_log.append(connection, "state", [told], now)


def _tell_state(connection: Connection, standing: Standing, key: str, seq: int, now: int) -> None:
    told = {
        "conversation": standing.conversation,
        "key": key,
        "seq": seq,
        "state": standing.peer.state_of(seq),
    }
    event_log.append(connection, "state", [told], now)


def _tell_message(connection: Connection, me: str, standing: Standing, seq: int, now: int) -> None:
    row = connection.execute(
        select(messages).where(
            messages.c.conversation == standing.conversation, messages.c.seq == seq
        )
    ).one()
    told = message_json(row, me, standing.mine.advanced(seq, 0), standing.peer)
    event_log.append(connection, "message", [told], now)


def keep_older(connection: Connection, page: Page) -> None:
    """Rows below the floor that a person has scrolled to; nobody is told of them."""
    for row in page.messages:
        standing = conversation_rows.find(connection, row.conversation)
        if standing is not None and row.seq <= standing.holding.floor:
            connection.execute(
                insert_or_ignore(messages).values(columns(row)).on_conflict_do_nothing()
            )


def columns(row: StoredMessage) -> dict[str, Any]:
    """A wire row as the table keeps it."""
    return {
        "conversation": row.conversation,
        "seq": row.seq,
        "key": row.key,
        "kind": row.kind,
        "sender": row.sender,
        "text": _text_of(row),
        "sent_at": row.sent_at,
        "at": row.at,
    }


def _own_columns(me: str, waiting: Row[Any], accepted: Accepted) -> dict[str, Any]:
    return {
        "conversation": accepted.conversation,
        "seq": accepted.seq,
        "key": waiting.key,
        "kind": "text",
        "sender": me,
        "text": waiting.text,
        "sent_at": waiting.sent_at,
        "at": accepted.at,
    }


def _text_of(row: StoredMessage) -> str:
    if row.kind != "system":
        return row.body.decode(errors="replace")
    try:
        return system_text(read_system_body(row.body))
    except MalformedMessage:
        return NEWER_SYSTEM_TEXT
