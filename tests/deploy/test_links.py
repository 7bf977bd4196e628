"""`realmchat cut` and `mend`: the way of a realm to main breaks off, waits, and goes on."""

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.cli import app
from deploy.links import Links, NothingRuns, RealmNotHere, ask, obeying
from deploy.plan import make_plan
from deploy.relay import Relay
from tests.waiting import eventually


class Main:
    """Answers everything with the same bytes, and knows who came."""

    def __init__(self) -> None:
        self.port = 0
        self.came = 0
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        self.open += 1
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()
        self.open -= 1


@pytest.fixture
async def main() -> AsyncIterator[Main]:
    made = Main()
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as server:
        made.port = server.sockets[0].getsockname()[1]
        yield made
        await eventually(lambda: made.open == 0)


@pytest.fixture
async def relay(main: Main) -> AsyncIterator[Relay]:
    made = Relay(main.port)
    await made.open()
    yield made
    await made.close()


class RealmEnd:
    """A connection of a realm."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hear(self, count: int) -> bytes:
        async with asyncio.timeout(20):
            return await self._reader.readexactly(count)

    async def is_broken_off(self) -> bool:
        async with asyncio.timeout(20):
            try:
                return await self._reader.read() == b""
            except ConnectionError:
                return True


async def connected(port: int) -> RealmEnd:
    return RealmEnd(*await asyncio.open_connection("127.0.0.1", port))


async def test_a_whole_way_passes_everything_both_ways(relay: Relay) -> None:
    """Also more than any buffer holds, and to several at once."""
    one, other = await connected(relay.port), await connected(relay.port)
    much = bytes(range(256)) * 20_000
    one.say(much)
    other.say(b"halo")

    assert await other.hear(4) == b"halo"
    assert await one.hear(len(much)) == much
    one.writer.close()
    other.writer.close()


async def test_a_cut_breaks_off_what_was_under_way(main: Main, relay: Relay) -> None:
    """Both ends see it at once."""
    realm = await connected(relay.port)
    realm.say(b"halo")
    await realm.hear(4)

    relay.cut()

    assert await realm.is_broken_off()
    await eventually(lambda: main.open == 0)
    realm.writer.close()


async def test_who_connects_while_it_is_cut_goes_on_when_it_is_mended(
    main: Main, relay: Relay
) -> None:
    """Nobody answers until then, and what was said meanwhile is not lost."""
    relay.cut()
    realm = await connected(relay.port)
    realm.say(b"halo")
    await realm.writer.drain()
    assert main.came == 0

    relay.mend()

    assert await realm.hear(4) == b"halo"
    realm.writer.close()


async def test_who_gave_up_before_it_was_mended_is_not_let_through(
    main: Main, relay: Relay
) -> None:
    """Main would take it for the realm's next link."""
    relay.cut()
    gone, waiting = await connected(relay.port), await connected(relay.port)
    gone.say(b"halo")
    gone.writer.close()
    await gone.writer.wait_closed()
    waiting.say(b"halo")
    await eventually(lambda: relay.connections == 1)

    relay.mend()

    assert await waiting.hear(4) == b"halo"
    assert main.came == 1
    waiting.writer.close()


@pytest.fixture
async def links(main: Main, tmp_path: Path) -> AsyncIterator[Links]:
    """Of a system that runs on this folder."""
    made = Links(["surabaya", "jakarta"], main.port, lambda realm, cut: None)
    async with obeying(made, tmp_path):
        yield made


async def typed(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))


async def test_cut_and_mend_by_command(links: Links, main: Main, tmp_path: Path) -> None:
    """Each says what it did; said twice, that it was so already. The other realm goes on."""
    home = str(tmp_path)
    surabaya = await connected(links.ports["surabaya"])
    jakarta = await connected(links.ports["jakarta"])

    cut = await typed("cut", "Surabaya", "--home", home)
    assert cut.output.startswith("surabaya is cut off from main. realmchat mend surabaya")
    assert await surabaya.is_broken_off()
    jakarta.say(b"halo")
    assert await jakarta.hear(4) == b"halo"
    assert "was cut off already" in (await typed("cut", "surabaya", "--home", home)).output

    assert (await typed("mend", "surabaya", "--home", home)).output == (
        "surabaya can reach main again.\n"
    )
    assert "was not cut off" in (await typed("mend", "surabaya", "--home", home)).output
    again = await connected(links.ports["surabaya"])
    again.say(b"halo")
    assert await again.hear(4) == b"halo"
    for end in (surabaya, jakarta, again):
        end.writer.close()


async def test_what_cannot_be_cut_is_said(links: Links, tmp_path: Path) -> None:
    """A realm that isn't there, with those that are; a folder on which nothing runs."""
    with pytest.raises(RealmNotHere, match=r"no realm bandung\. It has surabaya, jakarta"):
        await asyncio.to_thread(ask, tmp_path, "bandung", cut=True)
    with pytest.raises(NothingRuns, match="No realmchat runs on"):
        await asyncio.to_thread(ask, tmp_path / "other", "surabaya", cut=True)

    refused = await typed("mend", "bandung", "--home", str(tmp_path))
    assert refused.exit_code == 1


async def test_only_its_owner_may_cut(links: Links, tmp_path: Path) -> None:
    """The socket is 0600, and goes with the system."""
    socket = tmp_path / "realmchat.operator"

    assert stat.S_IMODE(socket.lstat().st_mode) == 0o600


async def test_nonsense_is_answered_in_words(links: Links, tmp_path: Path) -> None:
    """One line of JSON is wanted; the next who asks is served."""
    reader, writer = await asyncio.open_unix_connection(tmp_path / "realmchat.operator")
    writer.write(b"[]\n")

    assert b"malformed" in await reader.readline()
    writer.close()
    assert await asyncio.to_thread(ask, tmp_path, "jakarta", cut=True) == ("jakarta", True)


def test_realms_reach_main_by_ways_that_can_be_cut(tmp_path: Path) -> None:
    """Each by its own."""
    plan = make_plan(tmp_path, 0, {"surabaya": 40001, "jakarta": 40002})

    assert "http://127.0.0.1:40001" in plan.realms[0].arguments
    assert "http://127.0.0.1:40002" in plan.realms[1].arguments
