"""The session behind a token, against a main server that does what a test tells it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from realm_protocol import link
from realm_protocol.commands import CLIENT_COMMANDS, ListRealms, Realm, SendMessage
from realm_protocol.errors import StorageFull
from realm_protocol.names import Address
from realm_protocol.wire import pack
from realm_server.line_ports import LinePort
from realm_server.lines.deeds import SESSION_IDLE_SECONDS
from realm_service.listening import bind
from tests.realm_server.conftest import World
from tests.realm_server.fake_main import membership
from tests.waiting import eventually

TOKEN = "messi-token"


class Typist:
    """Types a line, reads an answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def ask(self, line: str) -> Any:
        self.writer.write(line.encode() + b"\r\n")
        return json.loads(await self._reader.readuntil(b"\r\n\r\n"))

    async def message(self, line: str) -> str:
        answer = await self.ask(line)
        return f"{answer['status']} {answer['message']}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path / "realm")
    made.main.add_person(TOKEN, 1, "messi@surabaya")
    async with made.stack:
        yield made


async def start(world: World, dialect: str = "mesin") -> Typist:
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    world.line_sockets = [(LinePort(port, dialect), sock)]
    await world.start()
    typist = Typist(*await asyncio.open_connection("127.0.0.1", port))
    world.stack.callback(typist.writer.close)
    return typist


def sent(world: World) -> list[SendMessage]:
    forwards = world.main.heard_of(link.Forward)
    return [CLIENT_COMMANDS.read(forward.command) for forward in forwards]


async def test_a_program_that_is_too_fast_is_held_back(world: World) -> None:
    """Its messages go out one after the other, none is refused."""
    world.settings.update(send_burst=1, send_per_second=50)
    world.main.on_forward = lambda forward: world.main.accept_message(forward, 1)
    typist = await start(world)

    for number in range(4):
        assert await typist.message(f"send {TOKEN} lineker {number}") == "OK Message Sent"

    assert [command.body for command in sent(world)] == [b"0", b"1", b"2", b"3"]
    assert len({command.key for command in sent(world)}) == 4


async def test_what_was_refused_for_now_holds_nothing_behind_it(world: World) -> None:
    """These programs don't send it again: the next one goes through."""
    refusals = [StorageFull(server="main server")]

    def answer(forward: link.Forward) -> None:
        if refusals:
            world.main.refuse(forward, refusals.pop())
        else:
            world.main.accept_message(forward, 1)

    world.main.on_forward = answer
    typist = await start(world)

    assert (await typist.message(f"send {TOKEN} lineker satu")).startswith("ERROR ")
    assert await typist.message(f"send {TOKEN} lineker dua") == "OK Message Sent"


async def test_events_that_only_newer_clients_know_are_passed_over(world: World) -> None:
    """The link goes on."""
    world.main.on_forward = lambda forward: world.main.accept_message(forward, 1)
    typist = await start(world)
    await typist.ask(f"send {TOKEN} lineker satu")

    world.main.send(link.Notify([1], pack((99, "news"))))

    assert await typist.message(f"send {TOKEN} lineker dua") == "OK Message Sent"
    assert world.main.links == 1


async def test_a_session_that_main_ended_is_told(world: World) -> None:
    """At the next request, whatever connection it comes by."""
    world.main.on_forward = lambda forward: world.main.accept_message(forward, 1)
    typist = await start(world)
    await typist.ask(f"send {TOKEN} lineker satu")

    (handle,) = world.main.handles
    world.main.end_session(TOKEN)
    world.main.send(link.EndHandle(handle, "signed out"))
    await world.link_up()

    answer = await typist.message(f"send {TOKEN} lineker dua")
    assert answer == "ERROR Session Tidak Ditemukan"


async def test_a_session_that_is_used_comes_in_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Now and then, so that main knows of its use and doesn't end it."""
    monkeypatch.setattr("realm_server.lines.inner_client.FRESH_SECONDS", 0)
    world.main.on_forward = lambda forward: world.main.accept_message(forward, 1)
    typist = await start(world)

    for text in ("satu", "dua"):
        assert await typist.message(f"send {TOKEN} lineker {text}") == "OK Message Sent"

    assert len(world.main.heard_of(link.Attach)) == 2
    await eventually(lambda: len(world.main.heard_of(link.Detach)) == 1)


async def test_a_program_that_signs_in_is_to_be_forgotten_soon(world: World) -> None:
    """Many never sign out: main is told after which time without use their sessions end."""
    session = link.Session(Address("messi@surabaya"), "s1", TOKEN, 2**50)
    world.main.on_sign_in = lambda asked: world.main.send(link.Answer(asked.ref, pack(session)))
    typist = await start(world)

    assert (await typist.ask("auth messi surabaya"))["tokenid"] == TOKEN
    assert (await typist.ask("register messi surabaya Messi Argentina"))["tokenid"] == TOKEN

    asked = [*world.main.heard_of(link.SignIn), *world.main.heard_of(link.Register)]
    assert [one.idle_seconds for one in asked] == [SESSION_IDLE_SECONDS] * 2


async def test_a_realm_s_own_name_counts_before_what_others_call_one(world: World) -> None:
    """Also where it was enrolled when they called another one so already."""
    realms = [Realm("jakarta", "", 0, True, 1, 0, ["zeta"]), Realm("zeta", "", 0, True, 1, 0)]

    def answer(forward: link.Forward) -> None:
        if isinstance(CLIENT_COMMANDS.read(forward.command), ListRealms):
            world.main.send(link.Answer(forward.ref, pack(realms)))
        else:
            world.main.accept_message(forward, 1)

    world.main.on_forward = answer
    typist = await start(world)

    sent_there = await typist.message(f"sendprivaterealm {TOKEN} zeta lineker halo")

    assert sent_there == "OK Message Sent to Realm"
    assert [command.to for command in sent(world) if isinstance(command, SendMessage)] == [
        "lineker@zeta"
    ]


async def test_lists_take_no_session(world: World) -> None:
    """They tell what the site knows, also while it is cut off; nothing that is not open to all."""
    world.main.memberships = [
        membership(1, "g1"),
        membership(1, "g2", invite_only=True),
        membership(1, "g3", name="g3@jakarta"),
    ]
    typist = await start(world, "kelompok5")

    async def names() -> list[Any]:
        users, groups = await typist.ask("listusers"), await typist.ask("listgroups")
        return [users.get("users"), groups.get("groups")]

    async def is_known() -> bool:
        return await names() == [["messi"], ["g1"]]

    await eventually(is_known)
    await world.cut()
    assert await is_known()


async def test_lists_of_a_site_that_knows_nothing_take_one(world: World) -> None:
    """Then main has to say, and it asks for whom."""
    world.main.tells_no_site = True
    typist = await start(world, "kelompok5")

    assert await typist.message("listusers") == "ERROR Invalid session"
    assert await typist.message("listgroups") == "ERROR Invalid session"


async def test_programs_that_go_are_detached(world: World) -> None:
    """Nobody is shown online whose programs have gone."""
    world.main.on_forward = lambda forward: world.main.accept_message(forward, 1)
    typist = await start(world)
    await typist.ask(f"send {TOKEN} lineker satu")
    typist.writer.close()

    await eventually(lambda: world.main.heard_of(link.Detach))


async def test_the_ports_are_told_to_main(world: World) -> None:
    """So that programs can add this realm by where it listens."""
    world.settings["line_port"] = ["8889:mesin", "8887:kelompok5"]
    await start(world)

    (hello,) = world.main.heard_of(link.LinkHello)
    assert hello.line_ports == [8889, 8887]
