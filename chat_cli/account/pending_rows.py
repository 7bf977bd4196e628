"""Jobs of the store: messages that were seen here before main had them.

Each is told once, as a `message` without a number. Main's copy, found by sender and key, is told
as its `state`; where main refuses it, it stays to be seen, `withdrawn`.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, union, update

from chat_cli.account import arrivals, event_log, outbox_rows
from chat_cli.account.message_columns import content
from chat_cli.account.schema import conversations, messages, outbox, pending
from chat_cli.account.shapes import pending_json, print_refusal
from realm_protocol.commands import GONE, Head, MessageKey, PendingMessage
from realm_protocol.errors import NotMember, NotTaken, RealmchatError
from realm_protocol.names import Address

_KEPT = pending.c.state == "at_realm"


def take(connection: Connection, me: str, found: Iterable[PendingMessage], now: int) -> None:
    """The realm keeps these, and main has not got them yet."""
    for message in found:
        if not _is_known(connection, me, message):
            _show(connection, me, message, now)


def _is_known(connection: Connection, me: str, message: PendingMessage) -> bool:
    """Shown already: from the realm, from main, or because it was written on this device."""
    sender, key = message.sender, message.key
    places = [
        select(pending.c.id).where(pending.c.sender == sender, pending.c.key == key),
        select(messages.c.id).where(messages.c.sender == sender, messages.c.key == key),
    ]
    if sender == me:
        places.append(select(outbox.c.id).where(outbox.c.key == key))
    return any(connection.scalar(place) is not None for place in places)


def _show(connection: Connection, me: str, message: PendingMessage, now: int) -> None:
    is_group = message.to.startswith("group:")
    row = {
        "position": message.position,
        "conversation": message.conversation,
        "target": message.to if is_group or message.sender == me else str(message.sender),
        "key": message.key,
        "kind": message.kind,
        "sender": str(message.sender),
        "sent_at": message.sent_at,
        "state": "at_realm",
        "refusal": None,
        "is_read": message.sender == me,
        "after_seq": _have(connection, message.conversation),
        **content(message),
    }
    connection.execute(insert(pending).values(row))
    arrivals.record_unnumbered(connection, row)
    event_log.append(connection, [("message", pending_json(row))], now)


def _have(connection: Connection, conversation: str) -> int:
    held = select(conversations.c.have).where(conversations.c.conversation == conversation)
    return connection.scalar(held) or 0


def newest_position(connection: Connection) -> int:
    """The last place of the realm's outbox that is known here; 0 where nothing waits."""
    return connection.scalar(select(func.max(pending.c.position)).where(_KEPT)) or 0


# --- outcomes ------------------------------------------------------------------------------------


def are_there(connection: Connection) -> bool:
    """Whether any message of main's may be one that was seen before."""
    return connection.scalar(select(pending.c.id).limit(1)) is not None


def leave(connection: Connection, sender: str, key: str) -> Row[Any] | None:
    """Main has it: here it stands no more. None where it never did."""
    row = connection.execute(
        select(pending).where(pending.c.sender == sender, pending.c.key == key)
    ).one_or_none()
    if row is not None:
        connection.execute(delete(pending).where(pending.c.id == row.id))
    return row


def withdraw(
    connection: Connection, me: str, name: MessageKey, error: RealmchatError, now: int
) -> None:
    """Main refused it for good. It stays to be seen where it was seen."""
    if name.sender == me:
        outbox_rows.refuse(connection, name.key, error, now)
    where = and_(pending.c.sender == name.sender, pending.c.key == name.key)
    _withdraw_all(connection, where, error, now)


def heads_came(connection: Connection, heads: Iterable[Head], now: int) -> None:
    """What becomes of the messages of a group that one is in no more is not told any longer."""
    for head in heads:
        if head.role in GONE:
            where = pending.c.conversation == head.conversation
            _withdraw_all(connection, where, NotMember(group=head.name), now)


def _withdraw_all(connection: Connection, where: Any, error: RealmchatError, now: int) -> None:
    for row in connection.execute(select(pending).where(where, _KEPT)).all():
        changed = {"state": "withdrawn", "refusal": print_refusal(error)}
        connection.execute(update(pending).where(pending.c.id == row.id).values(changed))
        arrivals.change_unnumbered(connection, {**row._mapping, **changed})
        told = {
            "conversation": row.conversation,
            "key": row.key,
            "from": row.sender,
            "reason": error.message,
            "error": error.body()["error"],
        }
        event_log.append(connection, [("withdrawn", told)], now)


def unsettled(connection: Connection, me: str) -> list[MessageKey]:
    """Messages that the realm kept when it was heard of last, one's own too."""
    own = select(outbox.c.key).where(outbox.c.state == "at_realm")
    seen = select(pending.c.sender, pending.c.key).where(_KEPT)
    return [
        *(MessageKey(Address(me), key) for key in connection.scalars(own)),
        *(MessageKey(Address(row.sender), row.key) for row in connection.execute(seen)),
    ]


def settle_gone(connection: Connection, me: str, gone: Iterable[MessageKey], now: int) -> list[str]:
    """The realm keeps these no more, and main's log, which is complete here, has them not.

    One's own are offered again: main will say why. Answers the conversations of these.
    """
    again: list[str] = []
    behind = select(conversations.c.conversation).where(
        conversations.c.have < conversations.c.last_seq
    )
    for name in gone:
        if name.sender == me:
            again += outbox_rows.offer_again(connection, name.key)
        where = and_(
            pending.c.sender == name.sender,
            pending.c.key == name.key,
            pending.c.conversation.not_in(behind),
        )
        _withdraw_all(connection, where, NotTaken(), now)
    return again


# --- reading -------------------------------------------------------------------------------------


def withdrawn_between(
    connection: Connection, conversation: str, after: int, before: int
) -> list[Row[Any]]:
    """Withdrawn messages that stand behind rows with `after` < seq < `before`."""
    rows = select(pending).where(
        pending.c.conversation == conversation,
        pending.c.state == "withdrawn",
        pending.c.after_seq > after,
        pending.c.after_seq < before,
    )
    return list(connection.execute(rows.order_by(pending.c.after_seq, pending.c.position)))


def withdrawn_before(connection: Connection, conversation: str, name: MessageKey) -> int | None:
    """Before which row a withdrawn message stands; None of any other."""
    after = connection.scalar(
        select(pending.c.after_seq).where(
            pending.c.conversation == conversation,
            pending.c.sender == name.sender,
            pending.c.key == name.key,
            pending.c.state == "withdrawn",
        )
    )
    return None if after is None else after + 1


def unread(connection: Connection) -> list[Row[Any]]:
    """What the realm keeps and the person has not read, in its order."""
    rows = select(pending).where(_KEPT, pending.c.is_read == 0).order_by(pending.c.position)
    return list(connection.execute(rows))


def unread_counts(connection: Connection) -> dict[str, int]:
    """How many of those each conversation has."""
    counted = select(pending.c.conversation, func.count().label("unread")).where(
        _KEPT, pending.c.is_read == 0
    )
    rows = connection.execute(counted.group_by(pending.c.conversation))
    return {row.conversation: row.unread for row in rows}


def with_file(connection: Connection) -> list[Row[Any]]:
    """What the realm keeps and names a file, in its order."""
    rows = select(pending).where(_KEPT, pending.c.file.is_not(None)).order_by(pending.c.position)
    return list(connection.execute(rows))


def conversations_ahead(connection: Connection) -> set[str]:
    """Those that went on at this site, behind what main has of them."""
    own = select(outbox.c.conversation).where(outbox.c.state == "at_realm")
    return set(connection.scalars(union(own, select(pending.c.conversation).where(_KEPT))))


def mark_read(
    connection: Connection, me: str, conversation: str, keys: Iterable[str] | None, now: int
) -> None:
    """The person has read these of a conversation, or all that the realm keeps of it. It is told,
    though `read` stays where it is.
    """
    where = [pending.c.conversation == conversation, pending.c.is_read == 0]
    if keys is not None:
        where.append(pending.c.key.in_(list(keys)))
    if connection.execute(update(pending).where(*where).values(is_read=1)).rowcount:
        known = select(conversations.c.read).where(conversations.c.conversation == conversation)
        told = {
            "conversation": conversation,
            "address": me,
            "seq": connection.scalar(known) or 0,
        }
        event_log.append(connection, [("read", told)], now)
