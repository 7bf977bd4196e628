"""A realm that is told to stop loses nothing that is on its way."""

import asyncio

from picows import WSCloseCode

from realm_protocol import link
from realm_protocol.commands import ListRealms, MoveWatermark
from realm_protocol.events import Draining, Refused, Reply
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import hello, message, open_client
from tests.realm_server.test_sessions import refusal
from tests.waiting import eventually


async def test_what_is_on_its_way_is_answered_before_the_socket_closes(world: World) -> None:
    """Draining, then the answer, then 1012; new commands are refused meanwhile."""
    world.settings = {"drain_seconds": 20}
    realm = await world.start()
    client = await world.enter("messi-token")
    client.send(message(2))
    await eventually(lambda: world.main.heard_of(link.Forward))

    stopping = asyncio.create_task(realm.stop())
    await client.next(Draining)
    client.send(message(3, "lineker@surabaya"), ListRealms(4))
    refused = [await client.next(Refused), await client.next(Refused)]
    world.main.accept_message(world.main.heard_of(link.Forward)[0], 1)

    assert [refusal(each) for each in refused] == [(3, "draining"), (4, "draining")]
    assert (await client.next(Reply)).number == 2
    assert await client.wait_closed() == WSCloseCode.SERVICE_RESTART
    await stopping


async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(world: World) -> None:
    """The client sends it again, with its key, to the server that follows."""
    world.settings = {"drain_seconds": 0.1}
    realm = await world.start()
    client = await world.enter("messi-token")
    client.send(message(2))
    await eventually(lambda: world.main.heard_of(link.Forward))

    await realm.stop()

    assert client.seen_of(Reply)[1:] == []
    assert await client.wait_closed() == WSCloseCode.SERVICE_RESTART


async def test_watermarks_that_wait_go_out_before_the_end(world: World) -> None:
    """What was read in the last second stays read."""
    world.main.routes = {1: ["c1"]}
    realm = await world.start()
    client = await world.enter("messi-token")
    client.send(MoveWatermark(2, "c1", 5, 5), MoveWatermark(3, "c1", 6, 6))
    await eventually(lambda: world.main.heard_of(link.Mark))

    await realm.stop()

    await eventually(lambda: len(world.main.heard_of(link.Mark)) == 2)
    assert world.main.heard_of(link.Mark)[1].read == 6


async def test_a_stopping_realm_lets_nobody_in(world: World) -> None:
    """A client that connects meanwhile is told to come again in a moment."""
    world.settings = {"drain_seconds": 20}
    realm = await world.start()
    inside = await world.enter("messi-token")
    inside.send(message(2))
    await eventually(lambda: world.main.heard_of(link.Forward))
    waiting = await open_client(world.url, "lineker-token")

    stopping = asyncio.create_task(realm.stop())
    await inside.next(Draining)
    waiting.send(hello())
    refused = await waiting.next(Refused)
    async with world.http as http:
        form = {"address": "messi", "password": "geheim123"}
        answer = await http.post("/v1/sign-in", json=form)
    world.main.accept_message(world.main.heard_of(link.Forward)[0], 1)

    assert refusal(refused) == (1, "draining")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "draining")
    await stopping
