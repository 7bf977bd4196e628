"""Jobs of the store for a main server that was restored from a backup.

Its log is an earlier one, and may have gone on differently. Everything that this device holds is
fetched again; what it had acknowledged and main has lost goes back into the outbox.
"""

from dataclasses import replace

from sqlalchemy import Connection, delete, func, insert, select, update

from chat_cli.account import arrivals, conversation_rows, event_log, pending_rows, sync
from chat_cli.account.conversation_rows import Standing
from chat_cli.account.receipts import Marks
from chat_cli.account.recipients import target_of
from chat_cli.account.schema import account, conversations, messages, outbox
from realm_protocol.commands import Head


def take_heads(
    connection: Connection, me: str, heads: list[Head], epoch: int, position: int, now: int
) -> None:
    """Heads that were told up to a `Synced`; of another epoch, they replace what is known."""
    known_epoch = connection.scalar(select(account.c.epoch)) or 0
    if known_epoch not in (0, epoch):
        _start_over(connection, me, {head.conversation: head for head in heads}, now)
    pending_rows.heads_came(connection, heads, now)
    for head in heads:
        conversation_rows.take_head(connection, me, head, now)
    connection.execute(update(account).values(epoch=epoch, position=position))


def _start_over(connection: Connection, me: str, heads: dict[str, Head], now: int) -> None:
    event_log.append(connection, [("reset", {"reason": "main was restored"})], now)
    connection.execute(
        update(outbox).where(outbox.c.state == "accepted").values(state="checking", seq=None)
    )
    standings = [
        conversation_rows.from_row(row) for row in connection.execute(select(conversations))
    ]
    for standing in standings:
        _offer_own(connection, me, standing)
        lowest = connection.scalar(
            select(func.min(messages.c.seq)).where(messages.c.conversation == standing.conversation)
        )
        arrivals.lose(connection, standing)
        connection.execute(delete(messages).where(messages.c.conversation == standing.conversation))
        head = heads.get(standing.conversation)
        if head is None:
            _drop(connection, standing)
        else:
            _drop_to(connection, standing, head, lowest)


def _offer_own(connection: Connection, me: str, standing: Standing) -> None:
    """Own messages wait, in their order and before newer ones, until main's log shows them."""
    rows = connection.execute(
        select(messages)
        .where(
            messages.c.conversation == standing.conversation,
            messages.c.sender == me,
            messages.c.kind != "system",
        )
        .order_by(messages.c.seq)
    ).all()
    if not rows:
        return
    first = (connection.scalar(select(func.min(outbox.c.ordinal))) or 0) - len(rows)
    target = target_of(standing.kind, standing.name)
    connection.execute(
        insert(outbox),
        [
            {
                "ordinal": first + place,
                "key": row.key,
                "asked_to": target,
                "target": target,
                "conversation": row.conversation,
                "text": row.text,
                "file": row.file,
                "sent_at": row.sent_at,
                "state": "checking",
            }
            for place, row in enumerate(rows)
        ],
    )


def _drop(connection: Connection, standing: Standing) -> None:
    """Main knows nothing of this conversation any more."""
    connection.execute(
        delete(conversations).where(conversations.c.conversation == standing.conversation)
    )


def _drop_to(connection: Connection, standing: Standing, head: Head, lowest: int | None) -> None:
    """Back to main's head. Its `read` counts too: nothing new may be taken for old."""
    holding = sync.restored(standing.holding, lowest, head.last_seq)
    conversation_rows.keep(
        connection,
        replace(
            standing,
            holding=holding,
            mine=Marks(head.delivered, head.read),
            read_at_main=head.read,
            peer=Marks(head.peer_delivered, head.peer_read),
        ),
    )


def release(connection: Connection) -> list[str]:
    """Offer again what a complete log does not have. Answers the conversations concerned."""
    behind = select(conversations.c.conversation).where(
        conversations.c.have < conversations.c.last_seq
    )
    lost = (outbox.c.state == "checking") & outbox.c.conversation.not_in(behind)
    released = list(connection.scalars(select(outbox.c.conversation).where(lost).distinct()))
    if released:
        connection.execute(update(outbox).where(lost).values(state="saved"))
    return released
