"""What the numbers of refusals mean to a connection."""

from chat_cli.account.connection import RealmConnection
from realm_protocol.commands import MoveWatermark
from realm_protocol.errors import ConversationNotFound, ServerDraining
from realm_protocol.events import Refused
from realm_protocol.wire import join_frame, pack


async def test_a_refused_mark_is_not_why_the_connection_ended() -> None:
    """Nobody waits for it; only what refers to no command is said of the connection."""
    connection = RealmConnection("ws://127.0.0.1/v1/client", received=lambda _: None)
    mark, draining = ConversationNotFound(conversation="c1"), ServerDraining()

    connection.tell(MoveWatermark(0, "c1", 5, 5))
    told = Refused(1, mark.code, mark.fields)
    connection.frame_received(connection.channel, join_frame([pack(told)]))
    assert connection.refusal is None

    told = Refused(0, draining.code, draining.fields)
    connection.frame_received(connection.channel, join_frame([pack(told)]))
    assert isinstance(connection.refusal, ServerDraining)
