"""Jobs of the store: where conversations stand, and moving watermarks."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, union, update

from chat_cli.account import event_log, sync
from chat_cli.account.receipts import Marks, changes
from chat_cli.account.recipients import Recipient
from chat_cli.account.schema import conversations, messages, outbox, pending
from chat_cli.account.sync import Holding
from realm_protocol.commands import GONE, Head
from realm_protocol.errors import ConversationNotFound
from realm_protocol.events import WatermarkMoved


@dataclass(frozen=True, slots=True)
class Standing:
    """A conversation's row."""

    conversation: str
    kind: str
    name: str
    role: str
    first_seq: int
    holding: Holding
    mine: Marks
    read_at_main: int
    peer: Marks
    display_name: str = ""
    invite_only: bool = False
    closed: bool = False


def from_row(row: Row[Any]) -> Standing:
    return Standing(
        conversation=row.conversation,
        kind=row.kind,
        name=row.name,
        role=row.role,
        first_seq=row.first_seq,
        holding=Holding(row.floor, row.have, row.last_seq),
        mine=Marks(row.delivered, row.read),
        read_at_main=row.read_at_main,
        peer=Marks(row.peer_delivered, row.peer_read),
        display_name=row.display_name,
        invite_only=row.invite_only,
        closed=row.closed,
    )


def find(connection: Connection, conversation: str) -> Standing | None:
    row = connection.execute(
        select(conversations).where(conversations.c.conversation == conversation)
    ).one_or_none()
    return None if row is None else from_row(row)


def get(connection: Connection, conversation: str) -> Standing:
    """As its person knows it: also one of which main has told nothing yet.

    Raises `ConversationNotFound`.
    """
    standing = find(connection, conversation)
    if standing is not None:
        return standing
    for table in (outbox, pending):
        of_it = select(table.c.target).where(table.c.conversation == conversation)
        target = connection.scalar(of_it.limit(1))
        if target is not None:
            return _unknown_to_main(conversation, target)
    raise ConversationNotFound(conversation=conversation)


def begun(connection: Connection) -> list[Standing]:
    """Conversations of which main has told nothing yet: their first message waits for it.

    One whose messages were all refused is none, or every mistyped name would stay for ever.
    """
    known = select(conversations.c.conversation)
    waiting = union(
        *(
            select(table.c.conversation, table.c.target).where(
                table.c.state.not_in(("refused", "withdrawn")), table.c.conversation.not_in(known)
            )
            for table in (outbox, pending)
        )
    )
    return [_unknown_to_main(row.conversation, row.target) for row in connection.execute(waiting)]


def _unknown_to_main(conversation: str, target: str) -> Standing:
    recipient = Recipient.of_target(target)
    return Standing(
        conversation=conversation,
        kind="group" if recipient.kind == "group" else "private",
        name=recipient.name,
        role="member",
        first_seq=1,
        holding=Holding(0, 0, 0),
        mine=Marks(),
        read_at_main=0,
        peer=Marks(),
    )


def keep(connection: Connection, standing: Standing) -> None:
    connection.execute(
        update(conversations)
        .where(conversations.c.conversation == standing.conversation)
        .values(_columns(standing))
    )


def _columns(standing: Standing) -> dict[str, Any]:
    return {
        "conversation": standing.conversation,
        "kind": standing.kind,
        "name": standing.name,
        "role": standing.role,
        "first_seq": standing.first_seq,
        "last_seq": standing.holding.last_seq,
        "floor": standing.holding.floor,
        "have": standing.holding.have,
        "read": standing.mine.read,
        "read_at_main": standing.read_at_main,
        "delivered": standing.mine.delivered,
        "peer_read": standing.peer.read,
        "peer_delivered": standing.peer.delivered,
        "display_name": standing.display_name,
        "invite_only": standing.invite_only,
        "closed": standing.closed,
    }


def take_head(connection: Connection, me: str, head: Head, now: int) -> Standing:
    """Main told where a conversation stands."""
    known = find(connection, head.conversation)
    if known is None:
        standing = begin(head)
        connection.execute(insert(conversations).values(_columns(standing)))
        return standing
    merged = replace(
        known,
        name=head.name,
        role=head.role,
        first_seq=head.first_seq,
        display_name=head.display_name,
        invite_only=head.invite_only,
        closed=head.closed,
        holding=sync.told(known.holding, head.first_seq, head.last_seq),
        read_at_main=max(known.read_at_main, head.read),
    )
    moved = move_marks(connection, me, merged, me, Marks(head.delivered, head.read), now)
    peer_marks = Marks(head.peer_delivered, head.peer_read)
    moved = move_marks(connection, me, moved, head.name, peer_marks, now)
    keep(connection, moved)
    if head.role != known.role:
        # Who was away when they were put out gets no row of it.
        told = {"conversation": head.conversation, "role": head.role}
        event_log.append(connection, [("role", told)], now)
    return moved


def begin(head: Head) -> Standing:
    """A conversation that this device hears of for the first time."""
    return Standing(
        conversation=head.conversation,
        kind=head.kind,
        name=head.name,
        role=head.role,
        first_seq=head.first_seq,
        holding=sync.begin(head.first_seq, head.last_seq, head.read),
        mine=Marks().advanced(head.delivered, head.read),
        read_at_main=head.read,
        peer=Marks().advanced(head.peer_delivered, head.peer_read),
        display_name=head.display_name,
        invite_only=head.invite_only,
        closed=head.closed,
    )


def take_watermark(connection: Connection, me: str, moved: WatermarkMoved, now: int) -> None:
    """Somebody's watermarks moved: one's own, which confirms what this device has said, too."""
    known = find(connection, moved.conversation)
    if known is None:
        return
    if moved.address == me:
        known = replace(known, read_at_main=max(known.read_at_main, moved.read))
    marks = Marks(moved.delivered, moved.read)
    keep(connection, move_marks(connection, me, known, moved.address, marks, now))


def has_unread(connection: Connection, me: str, known: Standing, before: int) -> bool:
    """Whether messages of others before this row wait to be read."""
    unread = select(messages.c.id).where(
        messages.c.conversation == known.conversation,
        messages.c.seq > known.mine.read,
        messages.c.seq < before,
        messages.c.sender != me,
        messages.c.kind != "system",
    )
    return connection.scalar(unread.limit(1)) is not None


def read_up_to(connection: Connection, me: str, conversation: str, seq: int, now: int) -> Standing:
    """The person has read up to `seq` here; main is told until it confirms."""
    known = get(connection, conversation)
    read = min(seq, known.holding.last_seq)
    moved = move_marks(connection, me, known, me, Marks(known.mine.delivered, read), now)
    keep(connection, moved)
    return moved


def move_marks(
    connection: Connection, me: str, known: Standing, who: str, marks: Marks, now: int
) -> Standing:
    """Move somebody's marks forward, and tell readers of the events what it changed.

    Writing to oneself, one is both sides of the conversation.
    """
    moved = known
    if who == me:
        moved = replace(moved, mine=moved.mine.advanced(marks.delivered, marks.read))
        _tell_read(connection, known.mine, moved.mine, known.conversation, me, now)
    if known.kind == "private" and who == known.name:
        moved = replace(moved, peer=moved.peer.advanced(marks.delivered, marks.read))
        if who != me:
            _tell_read(connection, known.peer, moved.peer, known.conversation, who, now)
        _tell_states(connection, me, known, moved, now)
    return moved


def _tell_read(
    connection: Connection, old: Marks, new: Marks, conversation: str, who: str, now: int
) -> None:
    if new.read > old.read:
        told = {"conversation": conversation, "address": who, "seq": new.read}
        event_log.append(connection, [("read", told)], now)


def _tell_states(connection: Connection, me: str, old: Standing, new: Standing, now: int) -> None:
    for change in changes(old.peer, new.peer):
        rows = connection.execute(
            select(messages.c.key, messages.c.seq)
            .where(
                messages.c.conversation == new.conversation,
                messages.c.sender == me,
                messages.c.kind != "system",
                messages.c.seq > change.after,
                messages.c.seq <= change.up_to,
            )
            .order_by(messages.c.seq)
        )
        told = [
            {
                "conversation": new.conversation,
                "key": row.key,
                "seq": row.seq,
                "state": change.state,
            }
            for row in rows
        ]
        event_log.append(connection, [("state", one) for one in told], now)


def incomplete(connection: Connection) -> list[str]:
    """Conversations of which this device misses rows that it should hold."""
    behind = (conversations.c.have < conversations.c.last_seq) & is_in()
    return list(connection.scalars(select(conversations.c.conversation).where(behind)))


def unconfirmed_reads(connection: Connection) -> list[Standing]:
    """Conversations whose reading main hasn't confirmed."""
    behind = (conversations.c.read_at_main < conversations.c.read) & is_in()
    return [from_row(row) for row in connection.execute(select(conversations).where(behind))]


def undelivered(connection: Connection) -> list[Standing]:
    """Conversations of which this device holds more than main knows to be delivered."""
    behind = (conversations.c.delivered < conversations.c.have) & is_in()
    return [from_row(row) for row in connection.execute(select(conversations).where(behind))]


def is_in() -> ColumnElement[bool]:
    """Whether the person is still in a conversation."""
    return conversations.c.role.not_in(GONE)


def notice(connection: Connection, conversation: str, seq: int) -> bool:
    """A row of this seq exists; False where the conversation is unknown."""
    known = find(connection, conversation)
    if known is None:
        return False
    keep(connection, replace(known, holding=sync.noticed(known.holding, seq)))
    return True
