"""What the realm keeps for main: written before it is answered, shown here, sent in order, once."""

import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from realm_protocol import link
from realm_protocol.commands import (
    REPLIES,
    Accepted,
    CheckPending,
    FetchPending,
    MessageKey,
    PendingPage,
    SendMessage,
    Welcome,
)
from realm_protocol.errors import AfterRefused, Blocked, NotMember, StorageFull
from realm_protocol.events import (
    AtRealm,
    LinkChanged,
    MessagePending,
    MessageStored,
    MessageWithdrawn,
    Refused,
    Reply,
    Synced,
)
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.wire import check, pack, unpack_value
from realm_server.autonomy.outbox_store import OutboxStore
from realm_server.link import LinkTimes
from realm_server.realm import Times
from tests.realm_server.conftest import World
from tests.realm_server.fake_main import site_person
from tests.realm_server.raw_client import RawClient, message
from tests.realm_server.test_sessions import accept_all, refusal, stored
from tests.waiting import eventually

LINEKER = "lineker@surabaya"
GROUP = GroupAddress("jarkom3@surabaya")
GROUP_ID = str(group_conversation(GROUP))


async def at_realm(client: RawClient, count: int = 1) -> list[AtRealm]:
    return [await client.until(AtRealm) for _ in range(count)]


def queued(world: World) -> list[tuple[str, str]]:
    """Sender and key of what the realm has sent later."""
    found = world.main.heard_of(link.Queued)
    return [(str(each.sender), unpack_value(each.command)[3]) for each in found]


def take_queued(world: World) -> None:
    """Main stores what the realm kept."""
    world.main.on_queued = lambda one: world.main.accept_message(one, len(queued(world)))


async def enter_two(world: World) -> tuple[RawClient, RawClient]:
    """Both are in, and the realm knows its site."""
    messi, lineker = await world.enter("messi-token"), await world.enter("lineker-token")
    await eventually(lambda: _knows_site(world))
    return messi, lineker


def _knows_site(world: World) -> bool:
    """Whether the realm's replica has everybody, and where they are."""
    with closing(sqlite3.connect(world.home / "site.db")) as site:
        (memberships,) = site.execute("SELECT count(*) FROM memberships").fetchone()
        revision = site.execute("SELECT value FROM facts WHERE name = 'revision'").fetchone()
    return bool(revision and revision[0]) and memberships == sum(
        map(len, world.main.routes.values())
    )


# --- keeping and sending -------------------------------------------------------------------------


async def test_what_is_sent_while_cut_off_goes_out_later_in_order(running: World) -> None:
    """Answered at_realm; behind the confirmation of the sessions, each once, under its sender."""
    messi, lineker = await enter_two(running)
    await running.cut()
    for number in (2, 3):
        messi.send(message(number))
        await at_realm(messi)
    lineker.send(message(4))
    await at_realm(lineker)
    take_queued(running)

    running.mend()
    await messi.until(Synced)
    await eventually(lambda: len(queued(running)) == 3)

    messis = [("messi@surabaya", "key-2"), ("messi@surabaya", "key-3")]
    assert [one for one in queued(running) if one[0] == "messi@surabaya"] == messis
    assert ("lineker@surabaya", "key-4") in queued(running)
    heard = [type(each) for each in running.main.heard]
    assert heard.index(link.Queued) > len(heard) - 1 - heard[::-1].index(link.Attach)


async def test_what_was_in_flight_goes_before_what_comes_later(running: World) -> None:
    """Main may have it or not; it is asked again, first."""
    messi = await running.enter("messi-token")
    messi.send(message(2), message(3))
    await eventually(lambda: len(running.main.heard_of(link.Forward)) == 2)
    await running.cut()
    messi.send(message(4))
    assert [each.number for each in await at_realm(messi, 3)] == [2, 3, 4]
    take_queued(running)

    running.mend()

    await eventually(lambda: len(queued(running)) == 3)
    assert [key for _, key in queued(running)] == ["key-2", "key-3", "key-4"]


async def test_a_new_message_never_overtakes_a_kept_one(running: World) -> None:
    """The link is back, main has not taken the kept one: what comes goes behind it."""
    messi = await running.enter("messi-token")
    await running.cut()
    messi.send(message(2))
    await at_realm(messi)
    accept_all(running)
    waiting: list[link.Queued] = []
    running.main.on_queued = waiting.append
    running.mend()
    await messi.until(Synced)
    await eventually(lambda: waiting)

    messi.send(message(3), message(4, to="ronaldo@jakarta"))
    elsewhere = await messi.until(Reply)
    assert elsewhere.number == 4
    await eventually(lambda: [each.number for each in messi.seen_of(AtRealm)] == [2, 3])
    await eventually(lambda: [key for _, key in queued(running)] == ["key-2", "key-3"])
    assert len(running.main.heard_of(link.Forward)) == 1


async def test_once_the_outbox_is_empty_messages_go_live_again(running: World) -> None:
    """A lane is a detour for as long as it is needed."""
    messi = await running.enter("messi-token")
    await running.cut()
    messi.send(message(2))
    await at_realm(messi)
    accept_all(running)
    take_queued(running)
    running.mend()
    await messi.until(Synced)

    await eventually(lambda: queued(running))
    await eventually(lambda: running.main.heard[-1].__class__ is not link.Attach)
    messi.send(message(3))

    answer = await messi.until(Reply)
    assert answer.number == 3


async def test_a_key_that_is_kept_already_is_answered_again(running: World) -> None:
    """From another connection too; with another text it is refused."""
    messi = await running.enter("messi-token")
    await running.cut()
    messi.send(message(2))
    (first,) = await at_realm(messi)
    again = await running.connect("messi-token")
    await again.next(Reply)

    again.send(message(2), SendMessage(3, "henderson@jakarta", "key-2", "text", b"ho", 1))

    assert await again.until(AtRealm) == first
    assert refusal(await again.next(Refused)) == (3, "key_conflict")


async def test_what_is_kept_survives_the_realm(world: World) -> None:
    """A new process sends it, before anything newer."""
    await world.start_main()
    async with world.realm_running():
        await world.link_up()
        messi = await world.enter("messi-token")
        await world.cut()
        messi.send(message(2), message(3))
        await at_realm(messi, 2)
    take_queued(world)
    world.mend()

    await world.start_realm()

    await eventually(lambda: len(queued(world)) == 2)
    assert [key for _, key in queued(world)] == ["key-2", "key-3"]


async def test_a_full_outbox_says_so_and_keeps_the_order(world: World) -> None:
    """The sender keeps the message and what follows it."""
    world.settings["outbox_bytes"] = 1024**2
    await world.start()
    messi = await world.enter("messi-token")
    await world.cut()
    large = "x" * 60_000
    messi.send(*(message(number, text=large) for number in range(2, 22)))

    answers = [await messi.until(AtRealm, Refused) for _ in range(20)]
    answers.sort(key=lambda answer: answer.number)
    assert [type(each) for each in answers[:17]] == [AtRealm] * 17
    assert [each.code for each in answers[17:]] == ["outbox_full"] + ["after_refused"] * 2


# --- suspect -------------------------------------------------------------------------------------


async def test_a_silent_main_keeps_nobody_waiting(world: World) -> None:
    """Unanswered for a while: kept, shown here, and settled by the late answer; sent once."""
    world.times = Times(LinkTimes(suspect_after=0.02), tick_seconds=0.05)
    world.main.routes = {1: [GROUP_ID], 2: [GROUP_ID]}
    await world.start()
    messi, lineker = await enter_two(world)
    to = f"group:{GROUP}"

    with capture_logs() as logs:
        for number in range(2, 8):
            messi.send(message(number, to=to))
            await at_realm(messi)
            assert (await lineker.until(MessagePending)).message.key == f"key-{number}"
    assert [log["event"] for log in logs] == ["link_suspect"]
    take_queued(world)
    (forward,) = world.main.heard_of(link.Forward)
    event = stored(1, GROUP_ID)
    world.main.send(link.Fanout(GROUP_ID, pack(event), forward.ref, pack(Accepted(GROUP_ID, 1, 2))))

    assert await messi.until(MessageStored) == event
    assert await lineker.until(MessageStored) == event
    await eventually(lambda: len(queued(world)) == 5)
    assert [key for _, key in queued(world)] == [f"key-{number}" for number in range(3, 8)]
    assert len(world.main.heard_of(link.Forward)) == 1


async def test_what_went_out_live_is_answered_before_the_next_goes_out(world: World) -> None:
    """Main stops the lane of its session alone: what comes without one would overtake it."""
    world.times = Times(LinkTimes(suspect_after=0.02), tick_seconds=0.05)
    await world.start()
    messi = await world.enter("messi-token")
    messi.send(message(2))
    await at_realm(messi)
    messi.send(message(3))
    await at_realm(messi)
    take_queued(world)

    (first,) = world.main.heard_of(link.Forward)
    world.main.refuse(first, StorageFull(server="main server"))
    await eventually(lambda: len(world.main.heard_of(link.Forward)) == 2)
    await world.enter("lineker-token")  # main has heard all that was sent before
    assert queued(world) == []
    world.main.accept_message(world.main.heard_of(link.Forward)[1], 1)

    await eventually(lambda: queued(world) == [("messi@surabaya", "key-3")])


async def test_a_message_that_was_sent_twice_while_main_is_silent(world: World) -> None:
    """Each sending has one answer, whatever main says of either later."""
    world.times = Times(LinkTimes(suspect_after=0.02), tick_seconds=0.05)
    await world.start()
    messi, _ = await enter_two(world)
    messi.send(message(2), replace(message(2), number=3))
    assert {each.number for each in await at_realm(messi, 2)} == {2, 3}
    assert len(world.main.heard_of(link.Forward)) == 2
    accept_all(world)
    for forward in world.main.heard_of(link.Forward):
        world.main.accept_message(forward, 1)

    messi.send(message(4, to="ronaldo@jakarta"))
    answered = await messi.until(Reply, AtRealm)
    assert answered.number == 4


async def test_who_comes_while_main_is_silent_need_not_wait_for_it(world: World) -> None:
    """Whom main has confirmed before is welcomed as if cut off, and synced when it answers."""
    world.times = Times(LinkTimes(suspect_after=0.02), tick_seconds=0.05)
    await world.start()
    messi, lineker = await enter_two(world)
    lineker.channel.abort()
    attach = world.main._attach
    waiting: list[link.Attach] = []
    world.main._attach = waiting.append  # type: ignore[method-assign]
    messi.send(message(2, to=LINEKER))
    await at_realm(messi)

    lineker = await world.connect("lineker-token")
    welcome: Welcome = check((await lineker.next(Reply)).result, Welcome)
    assert not welcome.link_up
    assert await pending(lineker) == ["key-2"]
    lineker.send(message(3, to="messi@surabaya"))
    await at_realm(lineker)
    assert (await messi.until(MessagePending)).message.key == "key-3"
    attach(waiting[0])

    await lineker.until(Synced)


async def test_a_link_that_comes_and_goes_leaves_the_neighbours(running: World) -> None:
    """It went before main had confirmed anybody: they hear from each other all the same."""
    messi, lineker = await enter_two(running)
    waiting: list[link.Attach] = []
    running.main._attach = waiting.append  # type: ignore[method-assign]
    running.main.cut()
    await eventually(lambda: len(waiting) == 2)
    await running.cut()

    messi.send(message(2, to=LINEKER))
    assert (await lineker.until(MessagePending)).message.key == "key-2"


class SlowDisk:
    """Writes of the outbox reach it, and go no further until `go_on`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        commit = OutboxStore._commit

        def wait_and_commit(*batch: Any) -> None:
            self.reached.set()
            self.go_on.wait(20)
            commit(*batch)

        monkeypatch.setattr(OutboxStore, "_commit", wait_and_commit)


async def test_what_main_left_unanswered_is_acknowledged_from_the_disk_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also to another device that sends it again meanwhile; and nobody is shown it before."""
    world.times = Times(LinkTimes(suspect_after=0.02), tick_seconds=0.05)
    await world.start()
    messi, lineker = await enter_two(world)
    tablet = await world.enter("messi-token")
    disk = SlowDisk(monkeypatch)
    messi.send(message(2, to=LINEKER))
    await eventually(disk.reached.is_set)

    tablet.send(message(2, to=LINEKER))
    assert await pending(tablet) == []
    assert await pending(lineker) == []
    assert tablet.seen_of(AtRealm) == []

    disk.go_on.set()
    assert await at_realm(tablet) == await at_realm(messi)
    await lineker.until(MessagePending)


async def test_what_main_refuses_before_it_is_on_the_disk_is_never_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would stand on a neighbour's screen with no outcome to come."""
    world.times = Times(LinkTimes(suspect_after=0.02), tick_seconds=0.05)
    await world.start()
    messi, lineker = await enter_two(world)
    disk = SlowDisk(monkeypatch)
    messi.send(message(2, to=LINEKER))
    await eventually(disk.reached.is_set)

    (forward,) = world.main.heard_of(link.Forward)
    world.main.refuse(forward, Blocked(address=LINEKER))
    await lineker.until(MessageWithdrawn)
    disk.go_on.set()

    await at_realm(messi)
    assert await pending(lineker) == []
    assert lineker.seen_of(MessagePending) == []


# --- refusals ------------------------------------------------------------------------------------


async def test_what_main_refuses_is_withdrawn_from_every_screen(world: World) -> None:
    """With the reason, to its sender too; the lane goes on."""
    world.main.routes = {1: [GROUP_ID], 2: [GROUP_ID]}
    await world.start()
    messi, lineker = await enter_two(world)
    await world.cut()
    messi.send(message(2, to=f"group:{GROUP}"), message(3, to=f"group:{GROUP}"))
    await at_realm(messi, 2)
    error = NotMember(group=str(GROUP))

    def refuse_first(one: link.Queued) -> None:
        if unpack_value(one.command)[3] == "key-2":
            world.main.refuse(one, error)
        else:
            world.main.accept_message(one, 1)

    world.main.on_queued = refuse_first
    world.mend()

    withdrawn = MessageWithdrawn(
        GROUP_ID, Address("messi@surabaya"), "key-2", "not_member", error.fields
    )
    assert await messi.until(MessageWithdrawn) == withdrawn
    assert await lineker.until(MessageWithdrawn) == withdrawn
    await eventually(lambda: [key for _, key in queued(world)] == ["key-2", "key-3"])


async def test_a_retryable_refusal_in_the_middle_of_a_lane(running: World) -> None:
    """What follows it is refused too; both come again, in order, and none twice."""
    messi = await running.enter("messi-token")
    await running.cut()
    messi.send(message(2), message(3), message(4))
    await at_realm(messi, 3)
    seen: list[str] = []
    taken: list[str] = []

    def answer(one: link.Queued) -> None:
        key = unpack_value(one.command)[3]
        seen.append(key)
        if key == "key-3" and seen.count(key) == 1:
            running.main.refuse(one, StorageFull(server="main server"))
        elif key == "key-4" and "key-3" not in taken:
            running.main.refuse(one, AfterRefused(key="key-3"))
        else:
            taken.append(key)
            running.main.accept_message(one, len(taken))

    running.main.on_queued = answer
    running.mend()

    await eventually(lambda: taken == ["key-2", "key-3", "key-4"])
    assert seen == ["key-2", "key-3", "key-4", "key-3", "key-4"]


# --- within the site -----------------------------------------------------------------------------


async def test_people_of_one_site_go_on_talking(running: World) -> None:
    """Privately, first contact too, and to the sender's other device; not to one's own session."""
    messi, lineker = await enter_two(running)
    tablet = await running.enter("messi-token")
    await running.cut()
    messi.send(message(2, to=LINEKER, text="satu"))
    lineker.send(message(3, to="messi@surabaya", text="dua"))

    first, second = await lineker.until(MessagePending), await messi.until(MessagePending)
    assert (first.message.body, first.message.to) == (b"satu", LINEKER)
    assert (second.message.body, str(second.message.sender)) == (b"dua", LINEKER)
    assert first.message.conversation == second.message.conversation
    seen = [(await tablet.until(MessagePending)).message for _ in range(2)]
    assert [each.key for each in sorted(seen, key=lambda each: each.position)] == [
        "key-2",
        "key-3",
    ]
    await eventually(lambda: messi.seen_of(AtRealm))
    assert [each.message.key for each in messi.seen_of(MessagePending)] == ["key-3"]


async def test_who_has_signed_in_is_known_before_main_tells(world: World) -> None:
    """The link went while the realm had not heard yet who belongs to its site."""
    await world.start_main()
    world.main.tells_no_site = True
    async with world.realm_running():
        await world.link_up()
        messi, lineker = await world.enter("messi-token"), await world.enter("lineker-token")
        await world.cut()
        messi.send(message(2, to=LINEKER, text="satu"), message(3, to="nobody@surabaya"))

        assert (await lineker.until(MessagePending)).message.body == b"satu"
        await eventually(lambda: len(messi.seen_of(AtRealm)) == 2)


async def test_nobody_of_this_site_is_refused_at_once(running: World) -> None:
    """As main would do it; whom another site knows, only main can tell."""
    messi, _ = await enter_two(running)
    await running.cut()
    messi.send(message(2, to="nobody@surabaya"), message(3, to="nobody@jakarta"))

    assert refusal(await messi.until(Refused)) == (2, "user_not_found")
    assert (await at_realm(messi))[0].number == 3


async def test_who_is_disabled_is_nobody(running: World) -> None:
    """Also where the realm still knows a session of theirs."""
    messi, _ = await enter_two(running)
    disabled = site_person(2, LINEKER, disabled=True, revision=2)
    running.main.send(link.SiteFacts([disabled], [], []))
    await eventually(lambda: _is_disabled(running, LINEKER))
    await running.cut()
    messi.send(message(2, to=LINEKER))

    assert refusal(await messi.until(Refused)) == (2, "user_not_found")


def _is_disabled(world: World, address: str) -> bool:
    with closing(sqlite3.connect(world.home / "site.db")) as site:
        found = site.execute("SELECT disabled FROM people WHERE address = ?", [address]).fetchone()
    return bool(found and found[0])


async def test_who_is_blocked_reaches_nobody(world: World) -> None:
    """Refused at once while cut off, as main would; writing to whom one has blocked is allowed."""
    world.main.blocks = {2: [1]}
    await world.start()
    messi, lineker = await enter_two(world)
    await eventually(lambda: world.rows_of_site("people") == 2)
    await world.cut()
    await messi.until(LinkChanged)
    messi.send(message(2, to=LINEKER))
    lineker.send(message(3, to="messi@surabaya"))

    assert refusal(await messi.until(Refused)) == (2, "blocked")
    assert (await messi.until(MessagePending)).message.key == "key-3"
    assert lineker.seen_of(MessagePending) == []


async def test_a_stranger_shows_nothing_to_a_group(world: World) -> None:
    """Whoever is not in it is told so by main later; its members see nothing meanwhile."""
    world.main.routes = {2: [GROUP_ID]}
    await world.start()
    messi, lineker = await enter_two(world)
    await world.cut()
    messi.send(message(2, to=f"group:{GROUP}"))
    await at_realm(messi)
    messi.send(message(3, to=LINEKER))
    await at_realm(messi)

    assert (await lineker.until(MessagePending)).message.key == "key-3"
    assert await pending(lineker) == ["key-3"]
    assert await pending(messi) == ["key-2", "key-3"]


async def pending(client: RawClient, after: int = 0) -> list[str]:
    client.send(FetchPending(90, after))
    page: PendingPage = check((await client.until(Reply)).result, REPLIES[FetchPending])
    assert not page.more
    return [each.key for each in page.messages]


async def test_a_device_that_was_away_asks_for_what_it_missed(running: World) -> None:
    """In the realm's order, behind what it has; and which messages have had no outcome yet."""
    messi, lineker = await enter_two(running)
    await running.cut()
    lineker.channel.abort()
    messi.send(message(2, to=LINEKER), message(3, to=LINEKER), message(4))
    kept = await at_realm(messi, 3)
    lineker = await running.connect("lineker-token")
    await lineker.next(Reply)

    assert await pending(lineker) == ["key-2", "key-3"]
    assert await pending(lineker, after=kept[0].position) == ["key-3"]
    sender = Address("messi@surabaya")
    lineker.send(CheckPending(91, [MessageKey(sender, key) for key in ("key-2", "key-9")]))
    found = check((await lineker.until(Reply)).result, REPLIES[CheckPending])
    assert found == [MessageKey(sender, "key-2")]


async def test_a_session_that_ended_while_cut_off_sees_nothing_more(running: World) -> None:
    """It was read until then; with the link its end comes before any message."""
    messi, lineker = await enter_two(running)
    await running.cut()
    running.main.end_session("lineker-token")
    take_queued(running)
    messi.send(message(2, to="henderson@jakarta"))
    await at_realm(messi)
    lineker.send(message(3, to="henderson@jakarta"))
    await at_realm(lineker)

    running.mend()

    assert await lineker.wait_closed() is not None
    await eventually(lambda: len(queued(running)) == 2)
    assert ("lineker@surabaya", "key-3") in queued(running)


async def test_a_long_lane_is_sent_in_bounded_steps(running: World) -> None:
    """Main has at most so many unanswered, so that others find room between."""
    numbers = range(2, 302)
    messi = await running.enter("messi-token")
    await running.cut()
    messi.send(*(message(number) for number in numbers))
    await at_realm(messi, len(numbers))
    held: list[Any] = []
    running.main.on_queued = held.append
    running.mend()

    await eventually(lambda: held)
    await running.enter("lineker-token")
    assert 200 < len(held) < len(numbers)
    take_queued(running)
    for seq, one in enumerate(held, 1):
        running.main.accept_message(one, seq)
    await eventually(lambda: len(queued(running)) == len(numbers))
    assert [key for _, key in queued(running)] == [f"key-{number}" for number in numbers]


async def test_people_are_told_that_the_link_went(running: World) -> None:
    """Before they get the first neighbour's message of the cut."""
    messi, lineker = await enter_two(running)
    await running.cut()
    messi.send(message(2, to=LINEKER))

    assert not (await lineker.until(LinkChanged)).up
    await lineker.until(MessagePending)
