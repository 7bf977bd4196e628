"""Nobody can make the realm hold more than it has room for."""

from msgspec.structs import replace

from realm_protocol import link
from realm_protocol.events import MessageStored, Refused, Reply
from realm_protocol.limits import LINK_UNACKNOWLEDGED_LIMIT, SESSION_UNANSWERED_SENDS
from realm_protocol.wire import pack
from realm_server.realm import Times
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import message, open_client
from tests.realm_server.test_sessions import accept_all, refusal, stored
from tests.waiting import eventually

OFTEN = Times(tick_seconds=0.1, ticks_between_looks=1)


async def metric(world: World, name: str) -> float:
    async with world.http as http:
        lines = (await http.get("/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


async def test_a_session_is_read_no_further_than_256_unanswered(world: World) -> None:
    """All of them arrive in the end, in order, and never more than 256 are at main."""
    world.settings = {"send_burst": 10_000}
    await world.start()
    client = await world.enter("messi-token")
    count = 3 * SESSION_UNANSWERED_SENDS
    forwards = world.main.heard_of

    client.send(*(message(number) for number in range(2, 2 + count)))
    await eventually(lambda: len(forwards(link.Forward)) == SESSION_UNANSWERED_SENDS)
    assert await metric(world, "realm_pauses_total") == 1

    answered = 0
    while answered < count:
        await eventually(lambda done=answered: len(forwards(link.Forward)) > done)
        waiting = forwards(link.Forward)[answered:]
        assert len(waiting) <= SESSION_UNANSWERED_SENDS
        for forward in waiting:
            world.main.accept_message(forward, 1)
        answered += len(waiting)

    replies = [(await client.next(Reply)).number for _ in range(count)]
    assert replies == list(range(2, 2 + count))


async def test_the_socket_itself_is_read_no_further(running: World) -> None:
    """What a client goes on writing waits in its own buffers, not in the realm's memory."""
    client = await running.enter("messi-token")
    first = SESSION_UNANSWERED_SENDS + 1
    client.send(*(message(2 + number) for number in range(first)))
    await eventually(lambda: len(running.main.heard_of(link.Forward)) == first - 1)

    for number in range(1000):
        client.send(message(number, text="x" * 60_000))
        client.channel.flush()

    assert client.channel.bytes_waiting > 10_000_000
    assert await metric(running, "realm_messages_from_clients_total") < 200 + first


async def test_a_slow_session_is_closed_and_comes_back(running: World) -> None:
    """Past 1 MiB unsent it is cut; the others get everything, and it may connect again."""
    running.main.routes = {1: ["c1"], 2: ["c1"]}
    slow, quick = await running.enter("messi-token"), await running.enter("lineker-token")
    slow.channel.pause_reading()
    event = pack(MessageStored(replace(stored(1).message, body=b"x" * 60_000)))

    count = 0
    while await metric(running, "realm_slow_sessions_total") == 0:
        for _ in range(10):
            running.main.send(link.Fanout("c1", event, 0, b""))
            count += 1

    assert len([await quick.next(MessageStored) for _ in range(count)]) == count
    await eventually(lambda: running.main.heard_of(link.Detach))
    await running.enter("messi-token")


async def test_the_link_is_busy_past_8_mib_unanswered(running: World) -> None:
    """More is refused for now, and goes through once answers have come."""
    client = await running.enter("messi-token")
    fitting = LINK_UNACKNOWLEDGED_LIMIT // 60_000
    text = "x" * 60_000

    client.send(*(message(2 + number, text=text) for number in range(fitting + 2)))
    refused = await client.next(Refused)
    accept_all(running)
    for forward in running.main.heard_of(link.Forward):
        running.main.accept_message(forward, 1)
    number, code = refusal(refused)
    await eventually(lambda: len(client.seen_of(Reply)) == number - 1)
    client.send(message(number))

    assert code == "link_busy"
    await eventually(lambda: client.seen_of(Reply)[-1].number == number)


async def test_who_says_no_hello_is_sent_away(world: World) -> None:
    """A connection that stays silent does not stay."""
    world.times = OFTEN
    await world.start()
    client = await open_client(world.url, "messi-token")

    await client.wait_closed()

    assert refusal(client.seen[0]) == (0, "malformed")


async def test_a_session_without_a_sign_of_life_is_cut(world: World) -> None:
    """Main is told that it went; one that says nothing but answers pings stays."""
    world.times = OFTEN
    await world.start()
    idle, dead = await world.enter("messi-token"), await world.enter("lineker-token")

    dead.channel.pause_reading()
    detached = await eventually(lambda: world.main.heard_of(link.Detach))

    assert [world.main.handles[each.handle] for each in detached] == [2]
    assert not idle.is_closed.is_set()
