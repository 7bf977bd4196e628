"""The link's handshake and its bounds: who may speak for a realm, and how it is refused."""

import asyncio

import pytest
from structlog.testing import capture_logs

from main_server.operations import list_audit, rotate_key
from realm_protocol import commands, errors, events, link
from realm_protocol.limits import PROTOCOL_VERSION
from realm_protocol.wire import pack, unpack_value
from tests.main_server.conftest import Running
from tests.main_server.realm_end import Attached, RealmEnd, fanned_out, open_link
from tests.waiting import eventually


async def test_an_unknown_key_is_refused(main: Running) -> None:
    with pytest.raises(errors.RealmKeyInvalid):
        await open_link(main.url, "made-up")
    with pytest.raises(errors.RealmKeyInvalid):
        await open_link(main.url, "")


async def test_another_version_is_told_which_is_wanted(main: Running) -> None:
    end = await open_link(main.url, main.keys["surabaya"])
    refused = await end.hello("surabaya", version=99)
    assert (refused.code, refused.fields) == (
        "version_mismatch",
        {"wanted": PROTOCOL_VERSION, "got": 99},
    )
    await end.is_closed.wait()


async def test_a_key_speaks_for_its_own_realm(main: Running) -> None:
    end = await open_link(main.url, main.keys["surabaya"])
    assert (await end.hello("jakarta")).code == "not_allowed"


async def test_a_second_link_is_refused_while_the_first_answers(
    main: Running, surabaya: RealmEnd
) -> None:
    """And the operator finds it in the audit log."""
    second = await open_link(main.url, main.keys["surabaya"])
    refused = await second.hello("surabaya")
    assert refused.code == "realm_already_linked"
    assert surabaya.channel.is_open
    rows = await main.main.write(lambda tx: list_audit(tx))
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("second link refused", "surabaya")
    ]


async def test_a_second_link_takes_over_from_a_dead_one(main: Running, surabaya: RealmEnd) -> None:
    """The first is connected and silent: after its chance to answer the second is welcomed."""
    surabaya.channel.pause_reading()
    second = await open_link(main.url, main.keys["surabaya"])
    assert isinstance(await second.hello("surabaya"), link.LinkWelcome)
    assert await second.enter("messi@surabaya")
    surabaya.channel.abort()


async def test_rotating_the_key_cuts_the_link(main: Running, surabaya: RealmEnd) -> None:
    new = (await main.main.write(lambda tx: rotate_key(tx, "surabaya")))["key"]
    async with asyncio.timeout(10):
        await surabaya.is_closed.wait()
    with pytest.raises(errors.RealmKeyInvalid):
        await open_link(main.url, main.keys["surabaya"])
    end = await open_link(main.url, new)
    assert isinstance(await end.hello("surabaya"), link.LinkWelcome)


@pytest.mark.parametrize(
    "broken",
    [
        [],
        [1],
        ["x"],
        [9999, 1],
        [131, 1],
        [131, "x", 1, b"", 0, 0],
        {"a": 1},
        None,
        [128, 1, 1, "a"],
    ],
)
async def test_what_is_no_message_ends_the_link_in_words(
    main: Running, surabaya: RealmEnd, broken: object
) -> None:
    surabaya.channel.send(pack([broken])[1:])
    async with asyncio.timeout(10):
        await surabaya.is_closed.wait()
    refused = surabaya.told_of(link.LinkRefused)[-1]
    assert refused.code in ("malformed", "invalid_address")


async def test_a_bad_command_is_refused_alone(surabaya: RealmEnd) -> None:
    """The realm passed on what a client sent; the link stays."""
    messi = await surabaya.enter("messi@surabaya")
    for command in ([2, 0, "x"], [9999], [1, 0, 1, "d", 0, 0]):
        with pytest.raises(errors.RealmchatError):
            await surabaya.ask(link.Forward, messi.handle, command)
    assert (await messi.send("henderson@jakarta", "halo")).seq == 1


async def test_a_link_that_falls_behind_is_told_to_sync_again(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """Events past the bound are dropped, answers are not, and heads make it good."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    sent = await messi.send(henderson.address, "awal")
    jakarta.stop_reading()
    more = await _write_until_dropped(main, messi, henderson.address)
    asked = henderson.command(commands.ListRealms)

    jakarta.channel.resume_reading()
    await eventually(lambda: jakarta.told_of(link.Resync), 30)
    async with asyncio.timeout(30):
        await asyncio.gather(asked, *more)
    assert len(fanned_out(jakarta)) < len(more)

    again = await jakarta.enter(henderson.address)
    await eventually(lambda: again.told(events.Synced))
    assert again.told(events.Heads)[0].heads[0].last_seq == 1 + len(more)
    assert sent.seq == 1


async def test_a_lost_link_takes_its_sessions_offline(main: Running, jakarta: RealmEnd) -> None:
    """And the realm that comes back attaches them anew."""
    surabaya = await main.link("surabaya")
    messi = await surabaya.enter("messi@surabaya")
    await messi.send("henderson@jakarta", "halo")
    henderson = await jakarta.enter("henderson@jakarta")
    surabaya.channel.abort()
    await eventually(lambda: henderson.told(events.PresenceChanged))
    assert henderson.told(events.PresenceChanged)[-1].online is False
    realms = {realm.name: realm.linked for realm in await henderson.do(commands.ListRealms)}
    assert realms == {"jakarta": True, "surabaya": False}
    back = await main.link("surabaya")
    assert await back.enter("messi@surabaya")


async def test_a_key_rotated_before_the_first_word_opens_nothing(main: Running) -> None:
    """A connection that was opened with the old key and kept silent is worth nothing after."""
    early = await open_link(main.url, main.keys["surabaya"])
    await main.main.write(lambda tx: rotate_key(tx, "surabaya"))
    assert (await early.hello("surabaya")).code == "realm_key_invalid"


async def test_of_two_newcomers_to_a_dead_link_one_is_welcomed(
    main: Running, surabaya: RealmEnd
) -> None:
    """Never both: what is attached over a link that main has lost sight of stays for ever."""
    surabaya.channel.pause_reading()
    newcomers = [await open_link(main.url, main.keys["surabaya"]) for _ in range(2)]
    words = await asyncio.gather(*(each.hello("surabaya") for each in newcomers))
    assert sorted(type(word).__name__ for word in words) == ["LinkRefused", "LinkWelcome"]
    surabaya.channel.abort()


async def test_an_answer_outlives_the_events_that_were_dropped(
    main: Running, surabaya: RealmEnd
) -> None:
    """What is sent over a link that falls behind is still answered, each."""
    messi = await surabaya.enter("messi@surabaya")
    await messi.send("henderson@jakarta", "awal")
    surabaya.stop_reading()
    asked = await _write_until_dropped(main, messi, "henderson@jakarta")

    surabaya.channel.resume_reading()
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*asked)
    assert [unpack_value(answer)[1] for answer in answers] == list(range(2, len(asked) + 2))
    await eventually(lambda: surabaya.told_of(link.Resync))


async def _write_until_dropped(
    main: Running, sender: Attached, to: str
) -> list[asyncio.Future[bytes]]:
    """Send so much that main drops the events of a link that reads nothing; the answers to come.

    How much that takes, the kernel decides by its buffers and main by its batches: it looks at the
    bound when it has more to say, so that all of it in one batch would be kept.
    """
    asked: list[asyncio.Future[bytes]] = []
    with capture_logs() as logs:
        while not any(each["event"] == "events_dropped" for each in logs):
            assert len(asked) < 2000, "main keeps more than 100 MB for a link that reads nothing"
            asked.extend(sender.send_later(to, "x" * 60_000) for _ in range(25))
            await eventually(lambda: _stored(main) == 1 + len(asked))
    return asked


def _stored(main: Running) -> int:
    return main.main.readers.read_now(
        lambda connection: connection.exec_driver_sql("SELECT count(*) FROM messages").scalar_one()
    )
