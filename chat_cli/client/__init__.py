"""A client for programs in Python: bots, bridges, reports. Async, over the local service's HTTP.

    async with chat_cli.client.connect() as chat:
        me = chat.account("messi@surabaya")
        async with me.reader("greeter") as messages:
            async for message in messages:
                await me.send(message.reply_to, "Halo!", key=message.answer_key("greeting"))

What may be asked twice is asked again while the service is away; everything else raises the classes
of `realm_protocol.errors`. Nothing of the service itself is imported here.
"""

from chat_cli.client.account import AccountClient
from chat_cli.client.chat import Chat, connect
from chat_cli.client.reader import Reader
from chat_cli.client.shapes import (
    Conversation,
    File,
    Group,
    GroupName,
    Member,
    Message,
    Sent,
    SignedIn,
    Target,
)
from realm_service.sse import Event

__all__ = [
    "AccountClient",
    "Chat",
    "Conversation",
    "Event",
    "File",
    "Group",
    "GroupName",
    "Member",
    "Message",
    "Reader",
    "Sent",
    "SignedIn",
    "Target",
    "connect",
]
