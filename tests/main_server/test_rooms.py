"""Open rooms at main: who may come in, what a guest may do, and who may read the record."""

from pathlib import Path

import pytest

from main_server.effects import LiveSession
from main_server.operations import (
    disable_user,
    enable_user,
    list_audit,
    make_operator,
    set_limits,
)
from main_server.rules.rooms import check_guest
from realm_protocol import commands, errors, events, link
from realm_protocol.bodies import read_system_body, system_text
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.wire import check
from tests.main_server.conftest import Running, running
from tests.main_server.realm_end import Attached, RealmEnd, fanned_out
from tests.waiting import eventually

LOBBY = GroupAddress("lobby@surabaya")
TO_LOBBY = f"group:{LOBBY}"
ROOM = group_conversation(LOBBY)


class Clock:
    """Now, in seconds; the test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def main(store: Path, keys: dict[str, str], clock: Clock):
    async with running(store, keys, clock) as server:
        yield server


@pytest.fixture
async def surabaya(main: Running) -> RealmEnd:
    """Its server opens the room."""
    return await main.link("surabaya", open_room=True)


async def close_link(realm: RealmEnd) -> None:
    realm.channel.abort()
    await realm.is_closed.wait()


async def page(realm: RealmEnd, after: int = 0, before: int = 0, limit: int = 100):
    answer = await realm.ask(link.FetchRoom, after, before, limit)
    return check(answer, commands.Page)


# --- everybody in it -----------------------------------------------------------------------------


async def test_anyone_joins_and_everybody_sees_everything(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """A guest by a name alone, people of any realm by joining; history is there from the start."""
    anna = await surabaya.enter_as_guest("Anna")
    await anna.send(TO_LOBBY, "halo")
    henderson = await jakarta.enter("henderson@jakarta")

    joined = await henderson.do(commands.JoinGroup, LOBBY)
    await anna.send(TO_LOBBY, "selamat datang")

    assert anna.address == "guest-anna@surabaya"
    assert (joined.kind, joined.conversation) == ("room", ROOM)
    (head,) = henderson.told(events.Heads)[-1].heads
    assert (head.kind, head.name, head.role) == ("room", LOBBY, "member")
    rows = await henderson.history(ROOM)
    assert [(row.kind, row.sender) for row in rows] == [
        ("system", anna.address),
        ("text", anna.address),
        ("system", "henderson@jakarta"),
        ("text", anna.address),
    ]
    assert rows == await anna.history(ROOM)


async def test_each_entry_says_that_it_is_open_and_recorded(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """As a row of the log, before anything that the newcomer writes."""
    henderson = await jakarta.enter("henderson@jakarta")
    joined = await henderson.do(commands.JoinGroup, LOBBY)

    (row,) = await henderson.history(ROOM)

    assert row.seq == joined.seq
    assert system_text(read_system_body(row.body)) == (
        "henderson@jakarta entered; this room is open to everybody, and it is recorded"
    )


async def test_people_of_an_account_keep_their_rights_there(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """They leave and come back; those who are in it are listed, guests as guests."""
    anna = await surabaya.enter_as_guest("anna")
    messi = await surabaya.enter("messi@surabaya")
    await messi.do(commands.JoinGroup, LOBBY)

    members = await messi.do(commands.ListMembers, LOBBY)
    groups = await messi.do(commands.ListGroups)
    await messi.do(commands.LeaveGroup, LOBBY)

    assert [(m.address, m.display_name, m.role) for m in members] == [
        (anna.address, "anna (guest)", "guest"),
        ("messi@surabaya", "Messi", "member"),
    ]
    assert [(group.address, group.kind) for group in groups] == [(LOBBY, "room")]
    with pytest.raises(errors.NotMember):
        await messi.send(TO_LOBBY, "masih di sini?")


# --- guests --------------------------------------------------------------------------------------


@pytest.fixture
async def anna(surabaya: RealmEnd) -> Attached:
    return await surabaya.enter_as_guest("anna")


@pytest.mark.parametrize(
    "command",
    [
        commands.SendMessage(0, "messi@surabaya", "k", "text", b"psst", 0),
        commands.SendMessage(0, "guest-anna@surabaya", "k", "text", b"aku", 0),
        commands.SendMessage(0, TO_LOBBY, "k", "file", b"", 0),
        commands.FindPeople(0, "", "", 10),
        commands.ListGroups(0),
        commands.ListRealms(0),
        commands.ResolveName(0, "person", "messi"),
        commands.ResolveName(0, "group", "jarkom3"),
        commands.CreateGroup(0, GroupAddress("baru@surabaya"), []),
        commands.JoinGroup(0, GroupAddress("jarkom3@surabaya")),
        commands.LeaveGroup(0, LOBBY),
        commands.BlockPerson(0, Address("messi@surabaya")),
        commands.UnblockPerson(0, Address("messi@surabaya")),
        commands.ChangePassword(0, "surabaya", "jakarta1"),
        commands.AddRealm(0, "jakarta", "127.0.0.1", 8001),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_is_not_for_guests(command: object) -> None:
    """No private messages, no files, no directory, no other room. Others may ask it."""
    who = ("s", 1, Address("guest-anna@surabaya"), "surabaya", 0)
    with pytest.raises(errors.NotForGuests):
        check_guest(LiveSession(*who, limit_class="guest"), command)
    check_guest(LiveSession(*who, limit_class="standard"), command)


async def test_a_guest_is_refused_over_the_link(anna: Attached) -> None:
    """Before anything is asked of the store."""
    with pytest.raises(errors.NotForGuests):
        await anna.command(commands.FindPeople, "", "", 10)


async def test_a_guest_reads_and_writes_in_the_room(anna: Attached) -> None:
    """Whatever a client needs for that is theirs."""
    accepted = await anna.send(TO_LOBBY, "halo")
    assert await anna.do(commands.ResolveName, "group", "lobby") == LOBBY
    assert (await anna.do(commands.OpenConversation, ROOM)).role == "guest"
    assert len(await anna.do(commands.ListMembers, LOBBY)) == 1
    assert len(await anna.do(commands.ListSessions)) == 1
    assert len(await anna.history(ROOM)) == accepted.seq


async def test_a_guest_is_in_no_other_group(surabaya: RealmEnd, anna: Attached) -> None:
    """Neither a command of theirs nor one of others takes them there."""
    messi = await surabaya.enter("messi@surabaya")
    group = GroupAddress("jarkom3@surabaya")
    with pytest.raises(errors.IsGuest):
        await messi.do(commands.CreateGroup, group, [anna.address])
    await messi.do(commands.CreateGroup, group, [])
    with pytest.raises(errors.NotMember):
        await anna.send(f"group:{group}", "halo")


async def test_nobody_meets_a_guest_elsewhere(surabaya: RealmEnd, anna: Attached) -> None:
    """No private message reaches them; the directory doesn't have them."""
    messi = await surabaya.enter("messi@surabaya")

    with pytest.raises(errors.IsGuest):
        await messi.send(str(anna.address), "psst")

    found = await messi.do(commands.FindPeople, "guest", "", 10)
    assert found == []


async def test_no_two_guests_have_one_address(surabaya: RealmEnd) -> None:
    """Not even long after the first one has gone."""
    names = [(await surabaya.enter_as_guest("anna")).address for _ in range(3)]

    assert names[0] == "guest-anna@surabaya"
    assert all(name.startswith("guest-anna-") for name in names[1:])
    assert len(set(names)) == 3


async def test_no_person_can_pose_as_a_guest(surabaya: RealmEnd) -> None:
    """The beginning that marks guests is reserved, and nobody signs in as one."""
    await surabaya.enter_as_guest("anna")
    fields = ("surabaya", "", "", "test")

    with pytest.raises(errors.NameReserved):
        await surabaya.ask(link.Register, "guest-bob@surabaya", *fields)
    with pytest.raises(errors.WrongPassword):
        await surabaya.sign_in("guest-anna@surabaya")
    with pytest.raises(errors.InvalidName):
        await surabaya.ask(link.EnterAsGuest, "anna maria", "test", 60)


async def test_a_guest_goes_when_the_time_is_over(
    main: Running, surabaya: RealmEnd, anna: Attached, clock: Clock
) -> None:
    """The session ends and the log says that they left; coming back by it is refused."""
    messi = await surabaya.enter("messi@surabaya")
    await messi.do(commands.JoinGroup, LOBBY)
    clock.now += 3601

    await main.main.dismiss_guests()

    await eventually(lambda: surabaya.told_of(link.EndHandle))
    assert surabaya.told_of(link.EndHandle)[0].handle == anna.handle
    last = (await messi.history(ROOM))[-1]
    assert read_system_body(last.body).event == "left"
    assert last.sender == anna.address
    assert len(await messi.do(commands.ListMembers, LOBBY)) == 1
    with pytest.raises(errors.NotSignedIn):
        await anna.history(ROOM)


async def test_coming_back_makes_no_guest_stay_longer(
    main: Running, surabaya: RealmEnd, clock: Clock
) -> None:
    """A session of a person is prolonged while it is used; a guest's ends when it was said."""
    anna = await surabaya.enter_as_guest("anna", 7200)
    clock.now += 3700
    again = await surabaya.enter_again()

    assert again.confirmation.expires_at == anna.confirmation.expires_at


async def test_a_guest_who_signs_out_leaves(
    main: Running, surabaya: RealmEnd, anna: Attached
) -> None:
    """There is no way back without a session."""
    await anna.do(commands.EndSession, "")

    await main.main.dismiss_guests()

    last = (await page(surabaya)).messages[-1]
    assert read_system_body(last.body).event == "left"


async def test_an_operator_can_send_a_guest_away(
    main: Running, surabaya: RealmEnd, anna: Attached
) -> None:
    """By `user disable`. What would make an account of them is refused."""
    for change in (enable_user, lambda tx, who: set_limits(tx, who, "trusted")):
        with pytest.raises(errors.IsGuest):
            await main.main.write(lambda tx, do=change: do(tx, anna.address))

    await main.main.write(lambda tx: disable_user(tx, anna.address))
    await main.main.dismiss_guests()

    assert read_system_body((await page(surabaya)).messages[-1].body).event == "left"


async def test_an_operator_puts_anybody_out_of_a_room(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd, anna: Attached
) -> None:
    """Guests for good; people with an account until an operator lets them in again."""
    henderson = await jakarta.enter("henderson@jakarta")
    messi = await surabaya.enter("messi@surabaya")
    await henderson.do(commands.JoinGroup, LOBBY)
    await messi.do(commands.JoinGroup, LOBBY)
    with pytest.raises(errors.NotAllowed):
        await messi.do(commands.RemoveMember, LOBBY, henderson.address)
    await main.main.write(lambda tx: make_operator(tx, "messi@surabaya"))

    await messi.do(commands.RemoveMember, LOBBY, henderson.address)
    await messi.do(commands.RemoveMember, LOBBY, anna.address)
    await main.main.dismiss_guests()

    assert [m.address for m in await messi.do(commands.ListMembers, LOBBY)] == ["messi@surabaya"]
    with pytest.raises(errors.RemovedFromGroup):
        await henderson.do(commands.JoinGroup, LOBBY)
    with pytest.raises(errors.NotSignedIn):
        await anna.history(ROOM)
    with pytest.raises(errors.NotAllowed):
        await messi.do(commands.RenameGroup, LOBBY, "Aula")
    await messi.do(commands.InviteMembers, LOBBY, [henderson.address])
    await henderson.send(TO_LOBBY, "terima kasih")
    noted = [row for row in await main.main.write(list_audit) if row["actor"] == messi.address]
    assert [(row["action"], row["subject"]) for row in noted] == [
        ("remove from room", f"{LOBBY}: henderson@jakarta"),
        ("remove from room", f"{LOBBY}: {anna.address}"),
        ("let into room", f"{LOBBY}: henderson@jakarta"),
    ]


async def test_a_room_is_full_of_guests(
    surabaya: RealmEnd, anna: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many at a time; people with an account come in all the same."""
    monkeypatch.setattr("main_server.rules.rooms.GUESTS_AT_ONCE", 1)
    with pytest.raises(errors.TooManyGuests):
        await surabaya.enter_as_guest("bob")
    messi = await surabaya.enter("messi@surabaya")
    assert await messi.do(commands.JoinGroup, LOBBY)


# --- open and closed -----------------------------------------------------------------------------


async def test_a_realm_that_opens_none_has_none(main: Running, jakarta: RealmEnd) -> None:
    """Off unless its server says so; the name is kept free for it."""
    henderson = await jakarta.enter("henderson@jakarta")
    with pytest.raises(errors.RoomNotOpen):
        await jakarta.enter_as_guest("anna")
    with pytest.raises(errors.GroupNotFound):
        await henderson.do(commands.JoinGroup, GroupAddress("lobby@jakarta"))
    with pytest.raises(errors.NameReserved):
        await henderson.do(commands.CreateGroup, GroupAddress("lobby@jakarta"), [])


async def test_a_room_closes_and_opens_with_its_server(
    main: Running, surabaya: RealmEnd, anna: Attached
) -> None:
    """Closed: guests go, nobody writes or joins, the record stays. Open again: all goes on."""
    messi = await surabaya.enter("messi@surabaya")
    await messi.do(commands.JoinGroup, LOBBY)
    await close_link(surabaya)
    closed = await main.link("surabaya")
    messi = await closed.enter("messi@surabaya")
    await main.main.dismiss_guests()

    with pytest.raises(errors.GroupClosed):
        await messi.send(TO_LOBBY, "halo?")
    with pytest.raises(errors.RoomNotOpen):
        await closed.enter_as_guest("bob")
    rows = await messi.history(ROOM)
    assert read_system_body(rows[-1].body).event == "left"

    await close_link(closed)
    again = await main.link("surabaya", open_room=True)
    messi = await again.enter("messi@surabaya")
    await messi.send(TO_LOBBY, "halo!")
    noted = await main.main.write(list_audit)
    assert [row["action"] for row in noted] == ["open room", "close room", "open room"]


async def test_people_are_told_that_a_room_has_closed(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """At once where they are online; the others by the heads of their next connection."""
    henderson = await jakarta.enter("henderson@jakarta")
    await henderson.do(commands.JoinGroup, LOBBY)
    device = await jakarta.enter("henderson@jakarta")
    synced = (await eventually(lambda: device.told(events.Synced)))[-1]
    await close_link(surabaya)
    await main.link("surabaya")

    await eventually(lambda: henderson.told(events.Heads)[-1].heads[0].closed)
    again = await jakarta.enter(device.address, epoch=synced.epoch, position=synced.position)
    await eventually(lambda: again.told(events.Synced))
    assert [head.closed for event in again.told(events.Heads) for head in event.heads] == [True]


async def test_a_group_never_becomes_a_room(main: Running, store: Path) -> None:
    """What was written to its members alone stays theirs: nobody watches or exports it."""
    jakarta = await main.link("jakarta")
    henderson = await jakarta.enter("henderson@jakarta")
    made = await henderson.do(commands.CreateGroup, GroupAddress("jarkom3@jakarta"), [])
    renamed = "UPDATE conversations SET address = 'lobby@jakarta', public_id = ?"
    lobby = group_conversation(GroupAddress("lobby@jakarta"))
    await main.main.write(lambda tx: tx.connection.exec_driver_sql(renamed, (lobby,)))
    await main.main.write(lambda tx: tx.ledger.forget())
    assert made
    await close_link(jakarta)

    opening = await main.link("jakarta", open_room=True)

    for asked in ((link.ReadRoom, "uid 0", True), (link.ReadRoom, "uid 0", False)):
        with pytest.raises(errors.RoomNotOpen):
            await opening.ask(*asked)
    with pytest.raises(errors.RoomNotOpen):
        await page(opening)
    with pytest.raises(errors.RoomNotOpen):
        await opening.enter_as_guest("anna")


# --- its operators -------------------------------------------------------------------------------


async def test_an_operator_watches_the_room_of_their_realm(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """Its events come though nobody of the realm is online there, until it is watched no more."""
    henderson = await jakarta.enter("henderson@jakarta")
    await henderson.do(commands.JoinGroup, LOBBY)
    room = check(await surabaya.ask(link.ReadRoom, "uid 1000", True), link.Room)

    await henderson.send(TO_LOBBY, "siapa di sini?")
    await eventually(lambda: fanned_out(surabaya))
    surabaya.send(link.UnwatchRoom())
    await page(surabaya)
    await henderson.send(TO_LOBBY, "tidak ada?")

    assert room == link.Room(LOBBY, ROOM, 1, True)
    told = [(event.message.seq, event.message.body) for event in fanned_out(surabaya)]
    assert told == [(2, b"siapa di sini?")]
    assert [row.seq for row in (await page(surabaya)).messages] == [1, 2, 3]
    noted = await main.main.write(list_audit)
    assert [(row["actor"], row["action"], row["subject"]) for row in noted] == [
        ("realm surabaya", "open room", LOBBY),
        ("uid 1000 at realm surabaya", "watch room", LOBBY),
    ]


async def test_the_record_comes_in_pages(surabaya: RealmEnd, anna: Attached) -> None:
    """Between two numbers, so many at a time."""
    for number in range(5):
        await anna.send(TO_LOBBY, str(number))

    first = await page(surabaya, after=1, before=6, limit=3)
    rest = await page(surabaya, after=4, before=6, limit=3)

    assert [row.seq for row in first.messages] == [2, 3, 4]
    assert first.more
    assert [row.seq for row in rest.messages] == [5]
    assert not rest.more


async def test_another_realm_sees_nothing_of_it(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """Each link reaches the room of its own realm; a request can't name another."""
    for asked in ((link.ReadRoom, "uid 0", True), (link.FetchRoom, 0, 0, 10)):
        with pytest.raises(errors.RoomNotOpen):
            await jakarta.ask(*asked)


async def test_a_closed_room_is_not_watched(main: Running, surabaya: RealmEnd) -> None:
    """Its record can still be exported."""
    await close_link(surabaya)
    closed = await main.link("surabaya")

    with pytest.raises(errors.RoomNotOpen):
        await closed.ask(link.ReadRoom, "uid 0", True)
    room = check(await closed.ask(link.ReadRoom, "uid 0", False), link.Room)
    assert not room.open
