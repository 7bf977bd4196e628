"""Messages that a realm kept while it was cut off: taken by the rights of now, in order, once."""

import asyncio

import pytest
from msgspec import Raw

from main_server import operations
from realm_protocol import commands, errors, link
from realm_protocol.names import Address, GroupAddress
from realm_protocol.wire import check, pack, unpack_value
from tests.main_server.conftest import Running
from tests.main_server.realm_end import RealmEnd, fanned_out
from tests.waiting import DEADLINE_SECONDS

MESSI = Address("messi@surabaya")
HENDERSON = Address("henderson@jakarta")
GROUP = GroupAddress("jarkom3@surabaya")


def ask(
    realm: RealmEnd, sender: str, text: str, key: str, to: str = HENDERSON
) -> "asyncio.Future[bytes]":
    command = commands.SendMessage(0, to, key, "text", text.encode(), 5)
    return realm.ask_later(link.Queued, sender, Raw(pack(command)))


async def answer(asked: "asyncio.Future[bytes]") -> commands.Accepted:
    async with asyncio.timeout(DEADLINE_SECONDS):
        return check(unpack_value(await asked), commands.Accepted)


async def test_a_queued_message_needs_no_session(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """Its sender may have logged out since: it is stored, and told like any other."""
    henderson = await jakarta.enter(HENDERSON)

    first = ask(surabaya, MESSI, "satu", "k1")
    second = ask(surabaya, MESSI, "dua", "k2")

    assert [(await answer(each)).seq for each in (first, second)] == [1, 2]
    rows = await henderson.history((await answer(first)).conversation)
    assert [(row.sender, row.body, row.sent_at) for row in rows] == [
        (MESSI, b"satu", 5),
        (MESSI, b"dua", 5),
    ]


async def test_everybody_gets_the_event_of_it(surabaya: RealmEnd) -> None:
    """Also the sender's sessions: none of them waits for an answer."""
    await surabaya.enter(MESSI)
    await answer(ask(surabaya, MESSI, "satu", "k1"))

    (event,) = fanned_out(surabaya)
    assert event.message.key == "k1"


async def test_what_was_stored_before_the_cut_is_not_stored_again(surabaya: RealmEnd) -> None:
    """The ack was lost, not the message: the first answer again."""
    messi = await surabaya.enter(MESSI)
    first = await messi.send(HENDERSON, "satu", key="k1")

    assert await answer(ask(surabaya, MESSI, "satu", "k1")) == first
    assert (await answer(ask(surabaya, MESSI, "dua", "k2"))).seq == 2


async def test_a_realm_queues_for_its_own_people_only(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """A stolen key of one site can't speak for another."""
    with pytest.raises(errors.ForeignSender):
        await answer(ask(jakarta, MESSI, "satu", "k1"))


async def test_whoever_was_disabled_meanwhile_is_refused(main: Running, surabaya: RealmEnd) -> None:
    """The right counts that the sender has at the commit."""
    await main.main.write(lambda tx: operations.disable_user(tx, MESSI))

    with pytest.raises(errors.UserDisabled):
        await answer(ask(surabaya, MESSI, "satu", "k1"))


async def test_whoever_left_the_group_meanwhile_is_refused(surabaya: RealmEnd) -> None:
    """Members only, at the commit; what follows in another lane goes on."""
    messi = await surabaya.enter(MESSI)
    await messi.do(commands.CreateGroup, GROUP, [Address("lineker@surabaya")])
    await messi.do(commands.LeaveGroup, GROUP)

    refused = ask(surabaya, MESSI, "satu", "k1", f"group:{GROUP}")
    taken = ask(surabaya, MESSI, "dua", "k2")

    with pytest.raises(errors.NotMember):
        await answer(refused)
    assert (await answer(taken)).seq == 1


async def test_only_messages_are_queued(surabaya: RealmEnd) -> None:
    """Nothing else has a meaning without its session."""
    asked = surabaya.ask_later(link.Queued, MESSI, Raw(pack(commands.ListRealms(0))))
    with pytest.raises(errors.NotAllowed):
        await answer(asked)


async def test_first_contact_from_both_sides_of_a_cut(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """Both wrote first: one conversation, both messages in it."""
    one = ask(surabaya, MESSI, "dari surabaya", "k1", HENDERSON)
    other = ask(jakarta, HENDERSON, "dari jakarta", "k1", MESSI)

    accepted = [await answer(each) for each in (one, other)]

    assert accepted[0].conversation == accepted[1].conversation
    assert {each.seq for each in accepted} == {1, 2}
