"""Jobs of the store: rows come into a conversation's log, in the order of seq, each once.

A row and its event are written in one transaction: what a reader is told is there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from chat_cli.account import arrivals, conversation_rows, event_log, pending_rows, sync
from chat_cli.account.conversation_rows import Standing
from chat_cli.account.group_changes import changed_by
from chat_cli.account.message_columns import change_of, columns
from chat_cli.account.schema import messages, outbox
from chat_cli.account.shapes import kind_of, message_json
from chat_cli.account.sync import Arrival, Missing
from realm_protocol.commands import Accepted, Page, StoredMessage
from realm_service.times import rfc3339


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


class _Taking:
    """Rows on their way into the log, written together by `finish`."""

    def __init__(self, connection: Connection, me: str, now: int) -> None:
        self.taken = Taken()
        self._connection = connection
        self._me = me
        self._now = now
        self._standings: dict[str, Standing | None] = {}
        self._rows: list[dict[str, Any]] = []
        self._told: list[tuple[str, dict[str, Any]]] = []
        self._arrived: list[dict[str, Any]] = []
        self._some_are_pending = pending_rows.are_there(connection)
        self._read_early: list[tuple[str, int]] = []
        """Places of messages that were read before they had a number."""

    def standing(self, conversation: str) -> Standing | None:
        if conversation not in self._standings:
            found = conversation_rows.find(self._connection, conversation)
            self._standings[conversation] = found
        return self._standings[conversation]

    def move(self, standing: Standing) -> None:
        self._standings[standing.conversation] = standing

    def arrive(self, row: StoredMessage) -> None:
        """A row of main's log, by event or in a page."""
        standing = self.standing(row.conversation)
        if standing is None:
            self.taken.unknown.add(row.conversation)
            return
        arrival = self.place(standing, row.seq)
        if arrival is Arrival.NEXT:
            self._apply(row)
            shown = columns(row)
            self._rows.append(shown)
            if row.sender == self._me and row.kind != "system":
                self._show_own(standing, shown)
            else:
                self.taken.from_others.add(row.conversation)
                self._tell_message(standing, shown)

    def _apply(self, row: StoredMessage) -> None:
        """What a system row says of the group is so from then on."""
        change, standing = change_of(row), self._standings[row.conversation]
        if change is not None and standing is not None:
            self.move(changed_by(change, standing, self._me))

    def place(self, standing: Standing, seq: int) -> Arrival:
        """What a row is here; the standing moves with it."""
        holding, arrival = sync.arrived(standing.holding, seq)
        self.move(replace(standing, holding=holding))
        if arrival is Arrival.BEYOND:
            self.taken.behind.add(standing.conversation)
        return arrival

    def _show_own(self, standing: Standing, shown: dict[str, Any]) -> None:
        """An own message: it leaves the outbox if it stands there, else another device sent it."""
        waiting = _waiting(self._connection, shown["key"])
        if waiting is None:
            self._tell_message(standing, shown)
            return
        self.settle(waiting, standing, shown["seq"])

    def show_accepted(self, waiting: Row[Any], accepted: Accepted) -> None:
        """A message of the outbox that continues the log."""
        self._rows.append(_own_columns(self._me, waiting, accepted))

    def settle(self, waiting: Row[Any], standing: Standing, seq: int) -> None:
        """Main's log has it: it leaves the outbox, and its sender is told."""
        self._connection.execute(delete(outbox).where(outbox.c.id == waiting.id))
        self.taken.settled.append(waiting.key)
        # One that another device sent, and a restored main had lost, has a place already.
        arrivals.find_again(
            self._connection,
            {"conversation": standing.conversation, "seq": seq, "kind": kind_of(waiting.file)}
            | {"sender": self._me, "key": waiting.key},
        )
        if waiting.state != "accepted":
            self.tell_state(standing.conversation, waiting.key, seq, standing.peer.state_of(seq))

    def tell_state(self, conversation: str, key: str, seq: int, state: str, **more: str) -> None:
        told = {"conversation": conversation, "key": key, "seq": seq, "state": state, **more}
        self._told.append(("state", told))

    def _tell_message(self, standing: Standing, shown: dict[str, Any]) -> None:
        """Once for each key: one that was seen before has its number now."""
        self._arrived.append(shown)
        if self._some_are_pending and shown["kind"] != "system" and self._was_seen(standing, shown):
            return
        mine = standing.mine.advanced(shown["seq"], 0)
        self._told.append(("message", message_json(shown, self._me, mine, standing.peer)))

    def _was_seen(self, standing: Standing, shown: dict[str, Any]) -> bool:
        seen = pending_rows.leave(self._connection, shown["sender"], shown["key"])
        if seen is None:
            return False
        seq = shown["seq"]
        marks = standing.peer if shown["sender"] == self._me else standing.mine.advanced(seq, 0)
        self.tell_state(
            standing.conversation,
            shown["key"],
            seq,
            marks.state_of(seq),
            **{"from": shown["sender"], "at": rfc3339(shown["at"])},
        )
        if seen.is_read and shown["sender"] != self._me:
            self._read_early.append((standing.conversation, seq))
        return True

    def _read_on(self) -> None:
        """Where nothing unread lies before what was read early, it is read now."""
        for conversation, seq in self._read_early:
            standing = conversation_rows.get(self._connection, conversation)
            if not conversation_rows.has_unread(self._connection, self._me, standing, seq):
                conversation_rows.read_up_to(
                    self._connection, self._me, conversation, seq, self._now
                )

    def finish(self) -> Taken:
        if self._rows:
            self._connection.execute(insert(messages), self._rows)
        for standing in self._standings.values():
            if standing is not None:
                conversation_rows.keep(self._connection, standing)
        arrivals.record(self._connection, self._arrived)
        event_log.append(self._connection, self._told, self._now)
        self._read_on()
        return self.taken


def take(connection: Connection, me: str, rows: Iterable[StoredMessage], now: int) -> Taken:
    """Rows that events brought."""
    taking = _Taking(connection, me, now)
    for row in rows:
        taking.arrive(row)
    return taking.finish()


def take_page(
    connection: Connection, me: str, conversation: str, page: Page, now: int
) -> tuple[Taken, Missing | None]:
    """Rows that were fetched from `have` on; and what to fetch next, None when there is no more.

    A page that begins later than was asked shows from where on main lets one see.
    """
    taking = _Taking(connection, me, now)
    standing = taking.standing(conversation)
    if standing is None or not page.messages:
        return taking.taken, None
    holding = sync.told(standing.holding, page.messages[0].seq, page.messages[-1].seq)
    taking.move(replace(standing, holding=holding))
    for row in page.messages:
        taking.arrive(row)
    taken = taking.finish()
    return taken, sync.missing(conversation_rows.get(connection, conversation).holding)


def accept(connection: Connection, me: str, key: str, accepted: Accepted, now: int) -> Taken:
    """Main has stored a message of the outbox."""
    taking = _Taking(connection, me, now)
    waiting = _waiting(connection, key)
    if waiting is None or waiting.state == "accepted":
        taking.taken.settled.append(key)
        return taking.taken
    standing = taking.standing(accepted.conversation)
    if standing is None:
        taking.taken.unknown.add(accepted.conversation)
    elif (arrival := taking.place(standing, accepted.seq)) is not Arrival.BEYOND:
        if arrival is Arrival.NEXT:
            taking.show_accepted(waiting, accepted)
        taking.settle(waiting, standing, accepted.seq)
        return taking.finish()
    _await_row(connection, waiting, accepted)
    taking.taken.settled.append(key)
    taking.tell_state(accepted.conversation, key, accepted.seq, "at_main")
    return taking.finish()


def _waiting(connection: Connection, key: str) -> Row[Any] | None:
    return connection.execute(select(outbox).where(outbox.c.key == key)).one_or_none()


def _await_row(connection: Connection, waiting: Row[Any], accepted: Accepted) -> None:
    """Main has it, but rows before it are missing here: it takes its place when they come."""
    connection.execute(
        outbox.update()
        .where(outbox.c.id == waiting.id)
        .values(state="accepted", seq=accepted.seq, conversation=accepted.conversation)
    )


def keep_older(connection: Connection, page: Page) -> None:
    """Rows below the floor that a person has scrolled to; nobody is told of them."""
    for row in page.messages:
        standing = conversation_rows.find(connection, row.conversation)
        if standing is not None and row.seq <= standing.holding.floor:
            connection.execute(
                insert_or_ignore(messages).values(columns(row)).on_conflict_do_nothing()
            )


def _own_columns(me: str, waiting: Row[Any], accepted: Accepted) -> dict[str, Any]:
    return {
        "conversation": accepted.conversation,
        "seq": accepted.seq,
        "key": waiting.key,
        "kind": kind_of(waiting.file),
        "sender": me,
        "text": waiting.text,
        "sent_at": waiting.sent_at,
        "at": accepted.at,
        "file": waiting.file,
        "change": None,
    }
