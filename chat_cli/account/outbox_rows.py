"""Jobs of the store: messages that main has not acknowledged yet."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    LargeBinary,
    Row,
    and_,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)

from chat_cli.account import event_log
from chat_cli.account.conversation_rows import find
from chat_cli.account.lanes import Unsent
from chat_cli.account.recipients import Recipient, target_of
from chat_cli.account.schema import messages, outbox, uploads
from chat_cli.account.shapes import (
    print_refusal,
    read_file,
    read_refusal,
    state_of_unsent,
    unsent_json,
)
from realm_protocol.errors import KeyConflict, OutboxFull, RealmchatError


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of a message that this person has sent."""

    key: str
    conversation: str
    target: str
    seq: int | None
    state: str
    refusal: RealmchatError | None = None


def look_up(
    connection: Connection,
    me: str,
    key: str,
    recipient: Recipient,
    text: str,
    sha256: str | None = None,
) -> Sent | None:
    """A message that was sent with this key before; raises `KeyConflict` if it is another one.

    A file's has its name for text, and the hash of its bytes. A refused message is not remembered:
    its key is free.
    """
    if sha256 is None and connection.scalar(_file_on_its_way(key)):
        raise KeyConflict(key=key)
    sent = find_sent(connection, me, key)
    if sent is None or sent.state == "refused":
        return None
    if not recipient.means(sent.target) or _content(connection, me, key) != (text, sha256):
        raise KeyConflict(key=key)
    return sent


def _file_on_its_way(key: str) -> Any:
    return select(uploads.c.id).where(uploads.c.key == key, uploads.c.state != "done")


def find_sent(connection: Connection, me: str, key: str) -> Sent | None:
    """What became of the message with this key."""
    waiting = connection.execute(select(outbox).where(outbox.c.key == key)).one_or_none()
    if waiting is not None:
        refusal = None if waiting.refusal is None else read_refusal(waiting.refusal)
        state = state_of_unsent(waiting.state)
        return Sent(key, waiting.conversation, waiting.target, waiting.seq, state, refusal)
    row = connection.execute(_own_message(me, key)).first()
    standing = None if row is None else find(connection, row.conversation)
    if row is None or standing is None:
        return None
    target = target_of(standing.kind, standing.name)
    # Whatever became of it since: the same key gets the same answer for ever.
    return Sent(key, row.conversation, target, row.seq, "at_main")


def _own_message(me: str, key: str) -> Any:
    return select(messages).where(messages.c.sender == me, messages.c.key == key)


def _content(connection: Connection, me: str, key: str) -> tuple[str, str | None] | None:
    """The text of a message, and the hash of its file."""
    waiting = select(outbox.c.text, outbox.c.file).where(outbox.c.key == key)
    row = connection.execute(waiting).first() or connection.execute(_own_message(me, key)).first()
    return None if row is None else (row.text, _sha256(row.file))


def _sha256(file: str | None) -> str | None:
    return None if file is None else read_file(file).sha256


def save(
    connection: Connection,
    me: str,
    unsent: Unsent,
    recipient: Recipient,
    *,
    limit: int,
) -> Sent:
    """Put a message into the outbox, behind all others; its `ordinal` is chosen here.

    Raises `KeyConflict` or `OutboxFull`. A message that is known already is answered as it is.
    """
    sha256 = _sha256(unsent.file)
    known = look_up(connection, me, unsent.key, recipient, unsent.text, sha256)
    if known is not None:
        return known
    octets = func.length(cast(outbox.c.text + func.coalesce(outbox.c.file, ""), LargeBinary))
    size = connection.scalar(select(func.sum(octets)).where(outbox.c.state != "refused"))
    if (size or 0) + len(unsent.text.encode()) > limit:
        raise OutboxFull(limit=limit)
    connection.execute(delete(outbox).where(outbox.c.key == unsent.key))
    ordinal = (connection.scalar(select(func.max(outbox.c.ordinal))) or 0) + 1
    row = {
        "ordinal": ordinal,
        "key": unsent.key,
        "asked_to": recipient.written,
        "target": unsent.target,
        "conversation": unsent.conversation,
        "text": unsent.text,
        "file": unsent.file,
        "sent_at": unsent.sent_at,
        "state": "saved",
    }
    connection.execute(insert(outbox).values(row))
    _tell_saved(connection, me, unsent.key, unsent.sent_at)
    return Sent(unsent.key, unsent.conversation, unsent.target, None, "saved")


def _tell_saved(connection: Connection, me: str, key: str, now: int) -> None:
    """The one `message` event of this key; main's copy is told as its `state`."""
    row = connection.execute(select(outbox).where(outbox.c.key == key)).one()
    event_log.append(connection, [("message", unsent_json(row, me))], now)


def keep_at_realm(connection: Connection, key: str, position: int, now: int) -> None:
    """The realm has a message on its disk, and passes it on by itself."""
    row = connection.execute(select(outbox).where(outbox.c.key == key)).one_or_none()
    if row is None or row.state != "saved":
        return
    connection.execute(
        update(outbox).where(outbox.c.id == row.id).values(state="at_realm", position=position)
    )
    told = {"conversation": row.conversation, "key": key, "seq": None, "state": "at_realm"}
    event_log.append(connection, [("state", told)], now)


def refuse(connection: Connection, key: str, error: RealmchatError, now: int) -> None:
    """A message was refused for good; it stays to be seen, with the reason."""
    row = connection.execute(select(outbox).where(outbox.c.key == key)).one_or_none()
    if row is None or row.state not in ("saved", "at_realm"):
        return
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id)
        .values(state="refused", refusal=print_refusal(error))
    )
    told = {
        "conversation": row.conversation,
        "key": key,
        "seq": None,
        "state": "refused",
        "error": error.body()["error"],
    }
    event_log.append(connection, [("state", told)], now)


def offer_again(connection: Connection, key: str) -> list[str]:
    """The realm keeps it no more, and main has it not: it is to be sent. Its conversation."""
    lost = and_(outbox.c.key == key, outbox.c.state == "at_realm")
    found = list(connection.scalars(select(outbox.c.conversation).where(lost)))
    connection.execute(update(outbox).where(lost).values(state="saved", position=None))
    return found


def to_send(connection: Connection, conversation: str | None = None) -> list[Unsent]:
    """What waits to be sent, in order; of all conversations, or of one.

    Where it is not known yet what a restored main has lost, nothing goes out: it would overtake.
    """
    checking = select(outbox.c.conversation).where(outbox.c.state == "checking")
    query = (
        select(outbox)
        .where(outbox.c.state == "saved", outbox.c.conversation.not_in(checking))
        .order_by(outbox.c.ordinal)
    )
    if conversation is not None:
        query = query.where(outbox.c.conversation == conversation)
    return [_unsent(row) for row in connection.execute(query)]


def _unsent(row: Row[Any]) -> Unsent:
    return Unsent(
        row.ordinal, row.key, row.target, row.conversation, row.text, row.sent_at, row.file
    )
