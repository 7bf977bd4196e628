"""Connecting, sending, and what comes back, while the link is up."""

from typing import Any

from realm_protocol import link
from realm_protocol.commands import (
    Accepted,
    Head,
    ListRealms,
    MoveWatermark,
    SetTyping,
    StoredMessage,
    Welcome,
)
from realm_protocol.errors import NotMember, StorageFull
from realm_protocol.events import Heads, MessageStored, PresenceChanged, Refused, Reply, Synced
from realm_protocol.names import Address
from realm_protocol.wire import check, pack, unpack_value
from realm_server.link import LinkTimes
from realm_server.realm import Times
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import message
from tests.waiting import eventually

MESSI = Address("messi@surabaya")


def stored(seq: int, conversation: str = "c1") -> MessageStored:
    return MessageStored(StoredMessage(conversation, seq, "k", "text", MESSI, b"hi", 1, 2))


def refusal(client_saw: Refused) -> tuple[int, str]:
    return client_saw.number, client_saw.code


def accept_all(world: World) -> None:
    world.main.on_forward = lambda forward: world.main.accept_message(
        forward, unpack_value(forward.command)[1]
    )


async def test_a_client_is_welcomed_and_synced(running: World) -> None:
    """Hello is answered by Welcome; then come its heads and Synced."""
    head = Head("c1", "private", "lineker@surabaya", 4, 3, 4, 0, 0, 1, "member")
    running.main.heads[1] = pack(Heads([head]))

    client = await running.connect("messi-token", epoch=7, position=3)
    reply = await client.next(Reply)
    heads = await client.next(Heads)
    synced = await client.next(Synced)

    welcome = check(reply.result, Welcome)
    assert (reply.number, welcome.address, welcome.link_up) == (1, MESSI, True)
    assert (heads, synced) == (Heads([head]), Synced(7, 1))
    attach = running.main.heard_of(link.Attach)[0]
    assert (attach.epoch, attach.position) == (7, 3)


async def test_messages_are_answered_by_number(running: World) -> None:
    """Each of several messages in one frame gets main's own answer, in one frame."""
    accept_all(running)
    client = await running.enter("messi-token")
    frames = client.frames

    client.send(*(message(number) for number in range(10, 20)))

    replies = [await client.next(Reply) for _ in range(10)]
    assert [reply.number for reply in replies] == list(range(10, 20))
    assert [check(reply.result, Accepted).seq for reply in replies] == list(range(10, 20))
    assert client.frames == frames + 1


async def test_main_gets_the_command_as_it_was_sent(running: World) -> None:
    """The body is bytes from end to end; one link frame carries what one turn brought."""
    client = await running.enter("messi-token")
    frames = running.main.frames

    client.send(message(2), message(3), ListRealms(4))

    forwards = await eventually(lambda: running.main.heard_of(link.Forward)[:3])
    await eventually(lambda: len(running.main.heard_of(link.Forward)) == 3)
    assert unpack_value(forwards[0].command) == [
        2,
        2,
        "henderson@jakarta",
        "key-2",
        "text",
        b"hi",
        1000,
    ]
    assert running.main.frames == frames + 1


async def test_the_sender_gets_the_reply_and_everybody_else_the_message(running: World) -> None:
    """The sender's other device is a member like any; who is elsewhere gets nothing."""
    running.main.routes = {1: ["c1"], 2: ["c1"], 3: ["c2"]}
    running.main.add_person("stranger-token", 3, "zidane@surabaya")

    def store(forward: link.Forward) -> None:
        accepted = pack(Accepted("c1", 1, 1001))
        running.main.send(link.Fanout("c1", pack(stored(1)), forward.ref, accepted))
        running.main.send(link.Fanout("c1", pack(stored(2)), 0, b""))

    running.main.on_forward = store
    phone, laptop, lineker, stranger = [
        await running.enter(f"{name}-token") for name in ("messi", "messi", "lineker", "stranger")
    ]

    phone.send(message(2))

    for other in (laptop, lineker):
        assert [await other.next(), await other.next()] == [stored(1), stored(2)]
    assert type(await phone.next()) is Reply
    assert await phone.next() == stored(2)
    assert stranger.seen_of(MessageStored) == []


async def test_a_route_counts_from_the_moment_it_comes(running: World) -> None:
    """Joining and leaving change who gets the next event, in main's order."""
    client = await running.enter("messi-token")

    running.main.send(link.Fanout("c9", pack(stored(1, "c9")), 0, b""))
    running.main.send(link.Route(1, ["c9"]))
    running.main.send(link.Fanout("c9", pack(stored(2, "c9")), 0, b""))
    running.main.send(link.Unroute(1, "c9"))
    running.main.send(link.Fanout("c9", pack(stored(3, "c9")), 0, b""))
    running.main.send(link.Notify([1], pack(PresenceChanged(MESSI, True, 5))))

    assert await client.next() == stored(2, "c9")
    assert await client.next() == PresenceChanged(MESSI, True, 5)


async def test_a_final_refusal_lets_the_lane_go_on(running: World) -> None:
    """The next message to the same group is not held for one that can never pass."""

    def answer(forward: link.Forward) -> None:
        if unpack_value(forward.command)[1] == 2:
            running.main.refuse(forward, NotMember(group="g@surabaya"))
        else:
            running.main.accept_message(forward, 1)

    running.main.on_forward = answer
    client = await running.enter("messi-token")

    client.send(message(2, "group:g@surabaya"))
    assert refusal(await client.next(Refused)) == (2, "not_member")
    client.send(message(3, "group:g@surabaya"))

    assert (await client.next(Reply)).number == 3


async def test_a_retryable_refusal_stops_the_lane_until_it_comes_again(running: World) -> None:
    """What was sent later to the same target waits behind it; other targets don't."""
    full = True

    def answer(forward: link.Forward) -> None:
        if full:
            running.main.refuse(forward, StorageFull(server="main server"))
        else:
            running.main.accept_message(forward, 1)

    running.main.on_forward = answer
    client = await running.enter("messi-token")
    client.send(message(2))
    assert refusal(await client.next(Refused)) == (2, "storage_full")
    full = False

    client.send(message(3), message(4, "HENDERSON@jakarta"), message(5, "lineker@surabaya"))
    refused = [await client.next(Refused), await client.next(Refused)]
    assert [refusal(each) for each in refused] == [(3, "after_refused"), (4, "after_refused")]
    assert refused[0].fields == {"key": "key-2"}
    assert (await client.next(Reply)).number == 5

    client.send(message(2), message(3), message(4))
    assert [(await client.next(Reply)).number for _ in range(3)] == [2, 3, 4]


async def test_what_was_under_way_comes_before_what_was_refused_at_the_door(world: World) -> None:
    """The door refused the later one first; the lane waits for the earlier one all the same."""
    world.settings = {"send_burst": 1, "send_per_second": 20}
    await world.start()
    held: list[link.Forward] = []
    world.main.on_forward = held.append
    client = await world.enter("messi-token")
    client.send(message(2), message(3))
    assert refusal(await client.next(Refused)) == (3, "rate_limited")
    await eventually(lambda: held)
    world.main.refuse(held.pop(), StorageFull(server="main server"))
    assert refusal(await client.next(Refused)) == (2, "storage_full")
    accept_all(world)

    async def let_in() -> object:
        """Its rate lets the sender go on in a moment."""
        client.send(message(2))
        answer = await client.next()
        return answer if getattr(answer, "code", "") != "rate_limited" else None

    assert type(await eventually(let_in)) is Reply


async def test_a_person_who_sends_too_fast_is_told_when_to_go_on(world: World) -> None:
    """The refusal names the wait; the limit is the person's, whatever device sends."""
    world.settings = {"send_burst": 3, "send_per_second": 0.001}
    await world.start()
    accept_all(world)
    phone, laptop = await world.enter("messi-token"), await world.enter("messi-token")

    phone.send(*(message(number) for number in range(2, 6)))
    seen = [await phone.next() for _ in range(4)]
    laptop.send(message(9, "lineker@surabaya"))

    refused = [each for each in seen if type(each) is Refused]
    assert [refusal(each) for each in refused] == [(5, "rate_limited")]
    assert refused[0].fields["retry_after_seconds"] > 0
    assert refusal(await laptop.next(Refused)) == (9, "rate_limited")


async def test_trusted_sessions_have_no_limit(world: World) -> None:
    """The limit class that main names lifts it."""
    world.settings = {"send_burst": 1, "send_per_second": 0.001}
    world.main.limit_class = "trusted"
    await world.start()
    accept_all(world)
    client = await world.enter("messi-token")

    client.send(*(message(number) for number in range(2, 50)))

    assert [(await client.next(Reply)).number for _ in range(48)] == list(range(2, 50))


async def test_watermarks_go_out_at_once_and_then_together(running: World) -> None:
    """The first at once; those of the next second as one, the highest."""
    running.main.routes = {1: ["c1"]}
    client = await running.enter("messi-token")

    client.send(*(MoveWatermark(seq, "c1", seq, seq - 1) for seq in range(2, 30)))

    marks = await eventually(lambda: len(found := running.main.heard_of(link.Mark)) == 2 and found)
    assert [(mark.delivered, mark.read) for mark in marks] == [(2, 1), (29, 28)]
    assert client.seen_of(Reply)[1:] == []


async def test_watermarks_of_one_who_leaves_go_out_before(running: World) -> None:
    """Closing the window at once after reading loses nothing."""
    running.main.routes = {1: ["c1"]}
    client = await running.enter("messi-token")
    client.send(MoveWatermark(2, "c1", 5, 5), MoveWatermark(3, "c1", 6, 6))
    await eventually(lambda: running.main.heard_of(link.Mark))

    client.channel.close()

    await eventually(lambda: running.main.heard_of(link.Detach))
    last = [m for m in running.main.heard if type(m) in (link.Mark, link.Detach)]
    assert [type(each) for each in last] == [link.Mark, link.Mark, link.Detach]
    assert (last[1].delivered, last[1].read) == (6, 6)


async def test_watermarks_of_conversations_one_is_not_in_stop_here(running: World) -> None:
    """Made up names would each go to main at once, and be looked for in its store."""
    running.main.routes = {1: ["c1"]}
    client = await running.enter("messi-token")

    made_up = [MoveWatermark(number, f"c{number}", 5, 5) for number in range(2, 5000)]
    client.send(*made_up, MoveWatermark(5000, "c1", 5, 5))

    refused = [await client.next(Refused) for _ in made_up]
    assert [refusal(each) for each in refused] == [
        (each.number, "conversation_not_found") for each in made_up
    ]
    await eventually(lambda: running.main.heard_of(link.Mark))
    assert [mark.conversation for mark in running.main.heard_of(link.Mark)] == ["c1"]


async def test_typing_that_comes_too_often_is_dropped(running: World) -> None:
    """It would go to a whole group each time, over the link that everybody here needs."""
    client = await running.enter("messi-token")

    client.send(*(SetTyping(number, "c1") for number in range(2, 500)), ListRealms(500))

    await eventually(lambda: [f for f in running.main.heard_of(link.Forward) if f.ref])
    assert len([f for f in running.main.heard_of(link.Forward) if not f.ref]) == 1


async def test_typing_is_passed_on_without_an_answer(running: World) -> None:
    """It has no ref to be answered by."""
    client = await running.enter("messi-token")

    client.send(SetTyping(2, "c1"))

    forwards = await eventually(lambda: running.main.heard_of(link.Forward))
    assert (forwards[0].ref, unpack_value(forwards[0].command)) == (0, [5, 2, "c1"])


async def test_a_client_that_comes_back_at_once_still_gets_its_events(running: World) -> None:
    """Main saw the person all the time, and told its conversations only once."""
    running.main.routes = {1: ["c1"]}
    first = await running.enter("messi-token")
    del running.main.routes[1]
    answer: Any = running.main._attach
    waiting: list[link.Attach] = []
    running.main._attach = waiting.append  # type: ignore[method-assign]

    second = await running.connect("messi-token")
    await eventually(lambda: waiting)
    first.channel.close()
    await eventually(lambda: running.main.heard_of(link.Detach))
    answer(waiting[0])
    await second.until(Synced)
    running.main.send(link.Fanout("c1", pack(stored(1)), 0, b""))

    assert await second.next() == stored(1)


async def test_who_was_removed_between_two_connections_gets_nothing_more(running: World) -> None:
    """The realm saw no absence, main did: what it says at the return replaces all before."""
    running.main.routes = {1: ["c1"], 2: ["c1"]}
    first, lineker = await running.enter("messi-token"), await running.enter("lineker-token")
    answer: Any = running.main._attach
    waiting: list[link.Attach] = []
    running.main._attach = waiting.append  # type: ignore[method-assign]

    second = await running.connect("messi-token")
    await eventually(lambda: waiting)
    first.channel.close()
    await eventually(lambda: running.main.heard_of(link.Detach))
    del running.main.routes[1]
    running.main.send(link.Route(1, ["c2"], True))
    running.main.send(link.Route(1, ["c3"]))
    answer(waiting[0])
    await second.until(Synced)
    for conversation in ("c1", "c2", "c3"):
        event = pack(stored(1, conversation))
        running.main.send(link.Fanout(conversation, event, 0, b""))

    assert await lineker.next() == stored(1)
    assert [await second.next(), await second.next()] == [stored(1, "c2"), stored(1, "c3")]


def test_whoever_vanishes_is_noticed_within_thirty_seconds() -> None:
    """A client after three looks, the first of which may still have heard of it; a link as well."""
    times, link_times = Times(), LinkTimes()

    assert 3 * times.ticks_between_looks * times.tick_seconds < 30
    assert (link_times.silent_sweeps + 1) * link_times.sweep_every < 30
