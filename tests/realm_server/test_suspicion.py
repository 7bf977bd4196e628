"""Main falls silent though the link stands: everybody at the site knows, whoever sends or not."""

import pytest
from structlog.testing import capture_logs

from realm_protocol import link
from realm_protocol.commands import Head, ListMembers, ListRealms, Welcome
from realm_protocol.events import (
    Heads,
    LinkChanged,
    MessagePending,
    MessageStored,
    Refused,
    Reply,
    Synced,
)
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.wire import check, pack
from realm_server.link import LinkTimes
from realm_server.realm import Times
from realm_server.reconnecting import Patience
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import RawClient, message
from tests.realm_server.test_sessions import refusal, stored
from tests.waiting import eventually

GROUP = GroupAddress("jarkom3@surabaya")
GROUP_ID = str(group_conversation(GROUP))

# --- when to doubt -------------------------------------------------------------------------------


class Looking:
    """Looks at main, a third of a second apart."""

    def __init__(self) -> None:
        self.asked = 0
        self.heard = 5
        self.patience = Patience(2, self._ask)
        assert self.patience.look_every == pytest.approx(1 / 3)

    def _ask(self) -> None:
        self.asked += 1

    def look(self, times: int = 1, oldest: int = 0) -> list[bool]:
        return [self.patience.is_over(oldest, self.heard) for _ in range(times)]

    def hear(self, times: int = 1, oldest: int = 0) -> list[bool]:
        """Something comes before each look."""
        found = []
        for _ in range(times):
            self.heard += 1
            found += self.look(oldest=oldest)
        return found


def test_main_is_doubted_when_the_same_message_waits_too_long() -> None:
    """Though it says other things; slow answers that keep coming are no reason."""
    looking = Looking()
    assert not any(looking.hear(6, oldest=7))
    assert not any(looking.hear(6, oldest=8))
    assert looking.hear(1, oldest=8) == [True]


def test_a_silent_main_is_asked_for_a_sign_and_doubted_two_seconds_later() -> None:
    """Asked once: within three seconds of the last word a cut is known, though nobody sent."""
    looking = Looking()
    assert looking.look(7) == [False] * 7
    assert looking.asked == 1
    assert looking.look(3) == [True] * 3
    assert looking.asked == 1


def test_a_main_that_talks_is_asked_nothing() -> None:
    """Nothing is sent while there is traffic."""
    looking = Looking()
    assert not any(looking.hear(100))
    assert looking.asked == 0


def test_an_idle_main_is_asked_every_second_look() -> None:
    """Its sign of life counts for the next look."""
    looking = Looking()
    for _ in range(10):
        looking.hear()
        looking.look()
    assert looking.asked == 10


def test_a_slow_line_is_not_doubted() -> None:
    """Each sign takes five looks, more than a second and a half."""
    looking = Looking()
    for _ in range(10):
        assert not any(looking.look(6))
        assert looking.hear() == [False]


def test_main_is_trusted_again_after_three_calm_looks() -> None:
    """So no word comes and goes within a second; one answer between two silences is not enough."""
    looking = Looking()
    looking.look(10)
    assert looking.hear(3) == [True, True, False]
    looking.look(10)
    assert looking.hear(2) == [True, True]
    assert looking.hear(7, oldest=9)[-1] is True
    assert looking.hear(3) == [True, True, False]


# --- who is told ---------------------------------------------------------------------------------


@pytest.fixture
async def quick(world: World) -> World:
    """Linked to a main that is doubted soon, and given up never."""
    world.times = Times(
        LinkTimes(sweep_every=0.05, silent_sweeps=10**6, suspect_after=0.05), tick_seconds=0.05
    )
    world.main.routes = {1: [GROUP_ID], 2: [GROUP_ID]}
    await world.start()
    return world


def silence(world: World) -> None:
    """As when packets vanish: nobody closes anything."""
    assert world.main.channel is not None
    world.main.channel.pause_reading()


def speak(world: World) -> None:
    assert world.main.channel is not None
    world.main.channel.resume_reading()


async def told(client: RawClient, *, up: bool) -> LinkChanged:
    """What comes next, but for what neighbours do: the word, and that no heads are missing."""
    changed: LinkChanged = await client.until(LinkChanged)
    assert changed.up is up
    assert await client.next(Synced) == Synced(7, 40)
    return changed


async def info(world: World) -> tuple[bool, int]:
    async with world.http as http:
        said = (await http.get("/v1/info")).json()
    return said["link_up"], said["link_since"]


async def test_who_only_reads_is_told_that_main_is_silent_and_that_it_is_back(
    quick: World,
) -> None:
    """Since the moment that the realm itself names. Nobody is attached anew, or told twice."""
    quick.main.position = 40
    reader = await quick.enter("messi-token")

    with capture_logs() as logs:
        silence(quick)
        gone = await told(reader, up=False)
        assert await info(quick) == (False, gone.since)
        speak(quick)
        back = await told(reader, up=True)
    assert await info(quick) == (True, back.since)
    quick.main.send(link.Fanout(GROUP_ID, pack(stored(1, GROUP_ID)), 0, b""))

    assert await reader.next() == stored(1, GROUP_ID)
    assert len(quick.main.heard_of(link.Attach)) == 1
    assert quick.main.links == 1
    events = [log["event"] for log in logs]
    assert [each for each in events if each.startswith("link")] == ["link_suspect", "link_steady"]


async def test_what_main_said_before_it_was_doubted_is_still_told(quick: World) -> None:
    """An event that comes meanwhile reaches a client that has been told to be in step."""
    quick.main.position = 40
    reader = await quick.enter("messi-token")
    silence(quick)
    await told(reader, up=False)

    quick.main.send(link.Fanout(GROUP_ID, pack(stored(1, GROUP_ID)), 0, b""))

    assert await reader.next() == stored(1, GROUP_ID)


async def test_meanwhile_the_site_answers(quick: World) -> None:
    """From what it knows, and refuses at once what only main knows."""
    quick.main.position = 40
    client = await quick.enter("messi-token")
    silence(quick)
    gone = await told(client, up=False)

    client.send(ListMembers(2, GROUP), ListRealms(3))

    assert (await client.next(Reply)).number == 2
    refused = await client.next(Refused)
    assert refusal(refused) == (3, "link_down")
    assert gone.since > 0
    assert quick.main.heard_of(link.Forward) == []


async def test_a_link_that_goes_while_main_is_doubted_is_no_news(quick: World) -> None:
    """Who was told is not told again; what they were told to be the beginning stays it."""
    quick.main.position = 40
    messi, lineker = await quick.enter("messi-token"), await quick.enter("lineker-token")
    silence(quick)
    gone = await told(messi, up=False)
    await told(lineker, up=False)

    await quick.cut()
    messi.send(message(2, to=f"group:{GROUP}"))

    assert type(await lineker.next()) is MessagePending
    assert await info(quick) == (False, gone.since)
    quick.mend()
    assert (await lineker.until(LinkChanged)).up
    await lineker.until(Synced)
    assert [each.up for each in lineker.seen_of(LinkChanged)] == [False, True]


async def test_who_came_meanwhile_is_told_as_well(quick: World) -> None:
    """Welcomed without main; when it answers, its heads come first, and then that it is back."""
    quick.main.position = 40
    await quick.enter("messi-token")
    watcher = await quick.enter("lineker-token")
    silence(quick)
    await told(watcher, up=False)

    late = await quick.connect("messi-token")
    welcome: Welcome = check((await late.next(Reply)).result, Welcome)
    assert not welcome.link_up
    await late.next(Heads)
    await late.next(Synced)
    speak(quick)

    assert await late.next(Synced) == Synced(7, 40)
    await told(late, up=True)


async def test_nobody_is_told_between_the_heads_that_main_sends(quick: World) -> None:
    """A client would forget the first half: it hears of the silence behind the last."""
    quick.main.position = 40
    watcher = await quick.enter("lineker-token")
    attaches: list[link.Attach] = []
    attach = quick.main._attach
    quick.main._attach = attaches.append  # type: ignore[method-assign]
    client = await quick.connect("messi-token")
    await eventually(lambda: attaches)
    half = pack(Heads([Head(GROUP_ID, "group", GROUP, 0, 0, 0, 0, 0, 1, "member")]))
    attached = link.Attached(1, Address("messi@surabaya"), "session-2", 2**50, "standard")
    quick.main.send(link.Answer(attaches[0].ref, pack(attached)))
    quick.main.send(link.Tell(attaches[0].handle, half))
    await client.next(Reply)
    await client.next(Heads)
    silence(quick)
    await told(watcher, up=False)
    assert client.seen_of(LinkChanged) == []

    quick.main.send(link.Tell(attaches[0].handle, half))
    quick.main.send(link.Tell(attaches[0].handle, pack(Synced(7, 40))))

    await client.next(Heads)
    assert await client.next(Synced) == Synced(7, 40)
    await told(client, up=False)
    quick.main._attach = attach  # type: ignore[method-assign]
    speak(quick)
    await told(client, up=True)
    assert client.seen_of(MessageStored) == []
