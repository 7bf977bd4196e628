"""Jobs of the store: conversations of which a person wants to hear less. What that means, windows
decide; nothing of it leaves this machine.
"""

from sqlalchemy import Connection, delete, insert, select

from chat_cli.account import conversation_rows, event_log
from chat_cli.account.schema import muted


def all_muted(connection: Connection) -> set[str]:
    return set(connection.scalars(select(muted.c.conversation)))


def mute(connection: Connection, conversation: str, wanted: bool, now: int) -> None:
    """Keep it so, and tell the other windows. Raises `ConversationNotFound`."""
    conversation_rows.get(connection, conversation)
    if (conversation in all_muted(connection)) == wanted:
        return
    if wanted:
        connection.execute(insert(muted).values(conversation=conversation))
    else:
        connection.execute(delete(muted).where(muted.c.conversation == conversation))
    told = {"conversation": conversation, "muted": wanted}
    event_log.append(connection, [("muted", told)], now)
