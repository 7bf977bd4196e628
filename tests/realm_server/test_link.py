"""The link comes and goes; sessions stay, and lose nothing without being told."""

import socket

import pytest
from structlog.testing import capture_logs

from realm_protocol import link
from realm_protocol.commands import ListRealms, MoveWatermark, Welcome
from realm_protocol.errors import RealmAlreadyLinked, UserDisabled
from realm_protocol.events import (
    AtRealm,
    LinkChanged,
    MessageStored,
    Refused,
    Reply,
    SignedOut,
    Synced,
)
from realm_protocol.wire import check, pack
from realm_server.link import LinkTimes
from realm_server.realm import Times
from tests.realm_server.conftest import World
from tests.realm_server.fake_main import hash_of
from tests.realm_server.raw_client import RawClient, message
from tests.realm_server.test_sessions import accept_all, refusal, stored
from tests.waiting import eventually


async def wait_for_link(client: RawClient, *, up: bool) -> LinkChanged:
    changed: LinkChanged = await client.until(LinkChanged)
    assert changed.up is up
    return changed


async def test_what_was_unanswered_when_the_link_went_is_refused(running: World) -> None:
    """Each with `link_down`, which says since when; a message is kept instead."""
    client = await running.enter("messi-token")
    client.send(message(2), ListRealms(3), ListRealms(4))
    await eventually(lambda: len(running.main.heard_of(link.Forward)) == 3)

    running.main.cut()

    refused = [await client.next(Refused) for _ in range(2)]
    assert [refusal(each) for each in refused] == [(n, "link_down") for n in (3, 4)]
    assert refused[0].fields["realm"] == "surabaya"
    assert refused[0].fields["since"].endswith("Z")
    await wait_for_link(client, up=False)
    assert await client.until(AtRealm) == AtRealm(2, 1)


async def test_sessions_are_attached_again_from_where_they_were_synced(running: World) -> None:
    """Heads flow again after a cut: from the last Synced, not from the first Hello."""
    running.main.position = 40
    client = await running.enter("messi-token", epoch=7, position=3)
    running.main.position = 50

    running.main.cut()
    await wait_for_link(client, up=False)
    await wait_for_link(client, up=True)

    assert await client.next(Synced) == Synced(7, 50)
    attaches = running.main.heard_of(link.Attach)
    assert [(each.epoch, each.position) for each in attaches] == [(7, 3), (7, 40)]


async def test_commands_wait_until_the_session_is_attached_again(running: World) -> None:
    """Main would not know the session: what comes in between is held, not refused."""
    client = await running.enter("messi-token")
    accept_all(running)
    attach = running.main._attach
    waiting: list[link.Attach] = []
    running.main._attach = waiting.append  # type: ignore[method-assign]
    running.main.cut()
    await wait_for_link(client, up=False)
    await wait_for_link(client, up=True)
    await eventually(lambda: waiting)

    client.send(message(2), message(3))
    attach(waiting[0])

    await client.next(Synced)
    assert [(await client.next(Reply)).number for _ in range(2)] == [2, 3]
    heard = [type(each) for each in running.main.heard]
    assert heard.index(link.Forward) > len(heard) - 1 - heard[::-1].index(link.Attach)


async def test_resync_attaches_every_session_again_and_keeps_its_routes(running: World) -> None:
    """Main dropped events: heads are asked for anew, while events go on."""
    running.main.routes = {1: ["c1"]}
    client = await running.enter("messi-token")
    del running.main.routes[1]

    running.main.send(link.Resync())
    await client.next(Synced)
    running.main.send(link.Fanout("c1", pack(stored(1)), 0, b""))

    assert await client.next(MessageStored) == stored(1)
    assert len(running.main.heard_of(link.Attach)) == 2


async def test_a_known_session_goes_on_while_cut_off(running: World) -> None:
    """It is welcomed with the truth about the link, and synced when that is back."""
    await running.enter("messi-token")
    main = running.main
    refuse = RealmAlreadyLinked(realm="surabaya")
    main.refuses_link = refuse
    main.cut()
    await eventually(lambda: main.channel is None)

    client = await running.connect("messi-token")
    welcome = check((await client.next(Reply)).result, Welcome)
    client.send(message(2))
    assert await client.until(AtRealm) == AtRealm(2, 1)
    main.refuses_link = None

    assert not welcome.link_up
    await wait_for_link(client, up=True)
    await client.until(Synced)


async def test_an_unknown_session_is_refused_while_cut_off(running: World) -> None:
    """Nobody can confirm it; it may come again."""
    running.main.refuses_link = RealmAlreadyLinked(realm="surabaya")
    running.main.cut()
    await eventually(lambda: running.main.channel is None)

    client = await running.connect("lineker-token")

    assert refusal(await client.next(Refused)) == (1, "link_down")
    await client.wait_closed()


async def test_a_hello_whose_answer_the_cut_took_is_answered_all_the_same(
    running: World,
) -> None:
    """The session is known: it is welcomed without main."""
    await running.enter("messi-token")
    attaches: list[link.Attach] = []
    running.main._attach = attaches.append  # type: ignore[method-assign]
    client = await running.connect("messi-token")
    await eventually(lambda: attaches)

    running.main.cut()

    welcome = check((await client.next(Reply)).result, Welcome)
    assert not welcome.link_up


async def test_sessions_survive_a_restart_of_the_realm(world: World) -> None:
    """Also when main is away at that time."""
    main = await world.start_main()
    async with world.realm_running():
        await world.link_up()
        await world.enter("messi-token")
    await main.stop()

    async with world.realm_running():
        client = await world.connect("messi-token")
        welcome = check((await client.next(Reply)).result, Welcome)
        async with world.http as http:
            assert (await http.get("/health/ready")).status_code == 200

    assert (welcome.address, welcome.link_up) == ("messi@surabaya", False)


async def test_a_realm_is_not_ready_before_its_first_link(world: World) -> None:
    """It knows nobody yet; afterwards it serves whatever main does."""
    await world.start_realm()
    async with world.http as http:
        assert (await http.get("/health/ready")).status_code == 503
        await world.start_main()
        await world.link_up()
        assert (await http.get("/health/ready")).status_code == 200


async def test_a_session_that_ended_while_cut_off_is_signed_out(running: World) -> None:
    """Main says so at the attach: the client is told, and the realm forgets it."""
    client = await running.enter("messi-token")
    running.main.end_session("messi-token")

    running.main.cut()

    assert await client.until(SignedOut) == SignedOut("signed out")
    await client.wait_closed()
    again = await running.connect("messi-token")
    assert refusal(await again.next(Refused)) == (1, "session_ended")


async def test_a_disabled_person_is_refused_in_words(running: World) -> None:
    """With main's own error, and then the socket closes."""
    running.main.ended[hash_of("messi-token")] = UserDisabled(address="messi@surabaya")

    client = await running.connect("messi-token")

    refused = await client.next(Refused)
    assert (refusal(refused), refused.fields) == (
        (1, "user_disabled"),
        {"address": "messi@surabaya"},
    )
    await client.wait_closed()


async def test_a_session_ended_at_main_is_closed_at_once(running: World) -> None:
    """And gets nothing that comes after."""
    running.main.routes = {1: ["c1"]}
    client = await running.enter("messi-token")
    handle = running.main.heard_of(link.Attach)[0].handle

    running.main.send(link.EndHandle(handle, "password changed"))
    running.main.send(link.Fanout("c1", pack(stored(1)), 0, b""))

    assert await client.next() == SignedOut("password changed")
    await client.wait_closed()
    assert client.seen_of(MessageStored) == []


async def test_a_session_that_expires_ends_at_main_as_well(world: World) -> None:
    """Its person is told, and is online there no longer; what was read last goes out before."""
    world.times = Times(tick_seconds=0.05, ticks_between_looks=1)
    world.main.expires_at = 1000
    world.main.routes = {1: ["c1"]}
    await world.start()
    client = await world.connect("messi-token")
    client.send(MoveWatermark(2, "c1", 5, 5), MoveWatermark(3, "c1", 6, 6))

    assert await client.until(SignedOut) == SignedOut("expired")
    await client.wait_closed()
    await eventually(lambda: world.main.heard_of(link.Detach))
    await eventually(lambda: len(world.main.heard_of(link.Mark)) == 2)

    told = [each for each in world.main.heard if type(each) in (link.Mark, link.Detach)]
    assert [type(each) for each in told] == [link.Mark, link.Mark, link.Detach]
    assert told[-1].handle == world.main.heard_of(link.Attach)[0].handle
    async with world.http as http:
        assert "realm_people 0.0" in (await http.get("/metrics")).text


async def test_watermarks_moved_while_cut_off_arrive_later(running: World) -> None:
    """They are kept until the person is attached again."""
    running.main.routes = {1: ["c1"]}
    client = await running.enter("messi-token")
    running.main.refuses_link = RealmAlreadyLinked(realm="surabaya")
    running.main.cut()
    await wait_for_link(client, up=False)
    client.send(MoveWatermark(2, "c1", 5, 5), ListRealms(3))
    await client.until(Refused)

    running.main.refuses_link = None

    marks = await eventually(lambda: running.main.heard_of(link.Mark))
    assert (marks[0].delivered, marks[0].read) == (5, 5)


async def test_watermarks_of_one_who_left_while_cut_off_arrive_at_their_return(
    running: World,
) -> None:
    """What the cut took and what was moved since: the link comes and finds nobody, later they do.

    A conversation that they turn out not to be in is not told.
    """
    running.main.routes = {1: ["c1", "c2"]}
    client = await running.enter("messi-token")
    client.send(MoveWatermark(2, "c1", 5, 5), MoveWatermark(3, "c1", 6, 6))
    await eventually(lambda: running.main.heard_of(link.Mark))
    running.main.refuses_link = RealmAlreadyLinked(realm="surabaya")
    running.main.cut()
    await wait_for_link(client, up=False)
    client.send(MoveWatermark(4, "c2", 7, 7), MoveWatermark(5, "c3", 1, 1), ListRealms(6))
    await client.until(Refused)
    client.channel.close()
    await client.wait_closed()
    running.main.heard.clear()
    running.main.refuses_link = None
    await running.link_up()

    await running.enter("messi-token")

    marks = await eventually(lambda: len(m := running.main.heard_of(link.Mark)) == 2 and m)
    told = {(mark.conversation, mark.delivered, mark.read) for mark in marks}
    assert told == {("c1", 6, 6), ("c2", 7, 7)}


async def test_a_link_that_says_nothing_is_given_up(world: World) -> None:
    """No byte, not even a pong: the realm cuts it and connects anew."""
    world.main.is_deaf = True
    await world.start()
    await eventually(lambda: world.main.links >= 2)


@pytest.mark.parametrize("frame", [b"\xc1", b"\x91\x91\xcc\xff", b"\x93\x01\x02\x03"])
async def test_a_broken_frame_from_main_costs_one_reconnect(running: World, frame: bytes) -> None:
    """The realm trusts nothing that it can't read; a new link repairs it."""
    client = await running.enter("messi-token")
    links = running.main.links

    running.main.send_raw(frame)

    await wait_for_link(client, up=False)
    await wait_for_link(client, up=True)
    assert running.main.links == links + 1


async def test_a_wrong_key_is_tried_again_until_it_is_right(world: World) -> None:
    """The operator may rotate it back; the realm need not be started again."""
    world.main.key = "another"
    await world.start_main()
    await world.start_realm()
    await eventually(lambda: world.main.wrong_keys >= 2)

    world.main.key = "the-key-of-surabaya"

    await world.link_up()


async def test_a_main_that_hangs_at_the_start_is_told_and_tried_again(world: World) -> None:
    """The realm serves meanwhile; the log says what was waited for; then the link comes."""
    world.times = Times(LinkTimes(sweep_every=0.05, handshake_seconds=1.5))
    with socket.create_server(("127.0.0.1", world.main_port)) as hanging, capture_logs() as logs:
        await world.start_realm()
        unreachable = await eventually(
            lambda: [each for each in logs if each["event"] == "link_unreachable"]
        )
        async with world.http as http:
            assert (await http.get("/v1/info")).json()["link_up"] is False
        hanging.close()

    await world.start_main()
    await world.link_up()
    assert unreachable[0]["detail"] == "no answer within 1.5 s"


async def test_a_defect_does_not_cut_a_site_off_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the attempt to connect raised, there is another."""

    async def fail(*_: object, **__: object) -> None:
        raise UnicodeError("a defect")

    await world.start_main()
    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr("realm_server.link.connect", fail)
        await world.start_realm()
        await eventually(lambda: [each for each in logs if each["event"] == "defect"])

    await world.link_up()
