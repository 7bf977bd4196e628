"""`realm-server status`: how the running realm stands, for people and for programs."""

import asyncio
import json

import pytest

from realm_protocol.errors import StorageFull
from realm_server.watching import ServerNotRunning, status
from realm_service.operator_line import socket_path
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import message
from tests.realm_server.test_outbox import at_realm, queued
from tests.waiting import eventually


async def told(world: World, capsys: pytest.CaptureFixture[str], *, as_json: bool) -> str:
    """What it prints, among the log lines of the servers in this process."""
    capsys.readouterr()
    await asyncio.to_thread(status, socket_path(world.home / "realm.db"), as_json=as_json)
    return capsys.readouterr().out


async def test_the_operator_sees_what_waits_for_main(
    running: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether the link is there, since when, and how many messages wait."""
    messi = await running.enter("messi-token")
    calm = await told(running, capsys, as_json=False)
    assert "surabaya: linked to main since 20" in calm
    assert "No message waits for main." in calm
    await running.cut()
    messi.send(message(2), message(3))
    await at_realm(messi, 2)

    cut_off = await told(running, capsys, as_json=False)
    printed = await told(running, capsys, as_json=True)
    (found,) = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]

    assert "surabaya: cut off from main since 20" in cut_off
    assert "2 messages wait for main" in cut_off
    assert (found["link"], found["queued"], found["sessions"], found["people"]) == ("down", 2, 1, 1)
    assert 0 < found["queued_bytes"] < found["queue_limit_bytes"]


async def test_what_waits_is_a_metric(running: World) -> None:
    """Messages, their bytes, and how old the oldest is; counted when main has them or refuses."""
    messi = await running.enter("messi-token")
    await running.cut()
    messi.send(message(2), message(3))
    await at_realm(messi, 2)

    async def metrics() -> str:
        async with running.http as http:
            return (await http.get("/metrics")).text

    text = await metrics()
    assert "realm_outbox_messages 2.0" in text
    assert "realm_messages_kept_total 2.0" in text
    refusals = [StorageFull(server="main server")]
    running.main.on_queued = lambda one: (
        running.main.refuse(one, refusals.pop())
        if refusals
        else running.main.accept_message(one, len(queued(running)))
    )
    running.mend()

    async def is_empty() -> bool:
        return "realm_outbox_messages 0.0" in await metrics()

    await eventually(is_empty)
    assert "realm_messages_replayed_total 2.0" in await metrics()


async def test_no_server_no_status(world: World) -> None:
    """Said in words."""
    with pytest.raises(ServerNotRunning):
        await asyncio.to_thread(status, socket_path(world.home / "realm.db"), as_json=False)
