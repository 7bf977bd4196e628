"""Connecting, sending, and what comes back."""

from realm_protocol import link
from realm_protocol.commands import Accepted, Welcome
from realm_protocol.events import Reply, Synced
from realm_protocol.wire import check
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import message


async def test_a_client_is_welcomed_and_synced(running: World) -> None:
    """Hello is answered by Welcome; then come heads and Synced."""
    client = await running.connect("messi-token", epoch=7, position=3)

    reply = await client.next(Reply)
    welcome = check(reply.result, Welcome)
    synced = await client.next(Synced)

    assert (reply.number, welcome.address, welcome.link_up) == (1, "messi@surabaya", True)
    assert synced == Synced(7, 1)
    attach = running.main.heard_of(link.Attach)[0]
    assert (attach.epoch, attach.position) == (7, 3)


async def test_messages_are_answered_by_number(running: World) -> None:
    """Each of several messages in one frame gets main's own answer."""
    running.main.on_forward = lambda forward: running.main.accept_message(
        forward, seq=forward.command[1]
    )
    client = await running.enter("messi-token")

    client.send(*(message(number) for number in range(10, 20)))

    replies = [await client.next(Reply) for _ in range(10)]
    assert [reply.number for reply in replies] == list(range(10, 20))
    assert [check(reply.result, Accepted).seq for reply in replies] == list(range(10, 20))
