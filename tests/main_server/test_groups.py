"""Groups at main: membership is in the log, and everybody hears of it in one order."""

import pytest

from main_server.rules import reading
from realm_protocol import commands, errors, events, link
from realm_protocol.bodies import read_system_body
from realm_protocol.names import GroupAddress, group_conversation
from tests.main_server.conftest import Running
from tests.main_server.realm_end import RealmEnd, fanned_out
from tests.waiting import eventually

GROUP = GroupAddress("jarkom3@surabaya")


async def test_a_group_from_its_making_to_its_leaving(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """Create, join, write, leave: each a row with its number, in the one log."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")

    made = await messi.do(commands.CreateGroup, GROUP, [])
    await henderson.do(commands.JoinGroup, GROUP)
    await messi.send(f"group:{GROUP}", "selamat datang")
    await henderson.send(f"group:{GROUP}", "terima kasih")
    rows = await henderson.history(made.conversation)
    await henderson.do(commands.LeaveGroup, GROUP)

    assert made.conversation == group_conversation(GROUP)
    assert [(row.seq, row.kind) for row in rows] == [
        (1, "system"),
        (2, "system"),
        (3, "text"),
        (4, "text"),
    ]
    changes = [read_system_body(row.body) for row in rows[:2]]
    assert [(change.event, change.who) for change in changes] == [
        ("created", "messi@surabaya"),
        ("joined", "henderson@jakarta"),
    ]
    with pytest.raises(errors.NotMember):
        await henderson.send(f"group:{GROUP}", "masih di sini?")
    with pytest.raises(errors.ConversationNotFound):
        await henderson.history(made.conversation)


async def test_a_newcomer_is_routed_before_the_first_row(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """The join reaches the realm before anything that the newcomer may see."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    await messi.do(commands.CreateGroup, GROUP, [])
    assert fanned_out(jakarta) == []

    joined = await henderson.do(commands.JoinGroup, GROUP)

    routes = [m for m in jakarta.told_of(link.Route) if joined.conversation in m.conversations]
    first = jakarta.told_of(link.Fanout)[0]
    assert jakarta.told.index(routes[0]) < jakarta.told.index(first)
    (head,) = henderson.told(events.Heads)[-1].heads
    assert (head.role, head.last_seq, head.read, head.delivered) == ("member", 2, 2, 2)


async def test_after_leaving_a_realm_hears_no_more(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """Its last word is the row of the leaving; then the head says `left`."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    await messi.do(commands.CreateGroup, GROUP, [henderson.address])
    await henderson.do(commands.LeaveGroup, GROUP)
    await messi.send(f"group:{GROUP}", "tanpa dia")
    await henderson.do(commands.ListRealms)

    assert [event.message.seq for event in fanned_out(jakarta)] == [2, 3]
    assert henderson.told(events.Heads)[-1].heads[0].role == "left"
    assert len(jakarta.told_of(link.Unroute)) == 1


async def test_one_copy_per_realm(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """However many members and sessions a realm has online."""
    messi = await surabaya.enter("messi@surabaya")
    names = ("henderson", "lineker", "messi")
    others = [await jakarta.enter(f"{name}@jakarta") for name in names]
    await jakarta.enter("messi@jakarta")
    await messi.do(commands.CreateGroup, GROUP, [other.address for other in others])
    before = len(fanned_out(jakarta))

    await messi.send(f"group:{GROUP}", "sekali saja")

    await others[0].do(commands.ListRealms)
    assert len(fanned_out(jakarta)) - before == 1


async def test_refusals_of_groups(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """Each says what is wrong, and leaves nothing behind."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    await messi.do(commands.CreateGroup, GROUP, [])

    with pytest.raises(errors.GroupExists):
        await messi.do(commands.CreateGroup, GROUP, [])
    with pytest.raises(errors.NotAllowed):
        await henderson.do(commands.CreateGroup, GroupAddress("other@surabaya"), [])
    with pytest.raises(errors.AlreadyMember):
        await messi.do(commands.JoinGroup, GROUP)
    with pytest.raises(errors.GroupNotFound):
        await messi.do(commands.JoinGroup, GroupAddress("none@surabaya"))
    with pytest.raises(errors.NotMember):
        await henderson.do(commands.LeaveGroup, GROUP)
    with pytest.raises(errors.NotMember):
        await henderson.do(commands.ListMembers, GROUP)
    other = GroupAddress("baru@surabaya")
    with pytest.raises(errors.UserNotFound):
        await messi.do(commands.CreateGroup, other, ["nobody@jakarta"])
    assert [group.address for group in await messi.do(commands.ListGroups)] == [GROUP]


async def test_members_and_groups_are_listed(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """With who is online, and how far each has got."""
    messi = await surabaya.enter("messi@surabaya")
    made = await messi.do(commands.CreateGroup, GROUP, ["henderson@jakarta"])
    members = await messi.do(commands.ListMembers, GROUP)
    assert [(m.address, m.role, m.online) for m in members] == [
        ("henderson@jakarta", "member", False),
        ("messi@surabaya", "owner", True),
    ]
    henderson = await jakarta.enter("henderson@jakarta")
    (group,) = await henderson.do(commands.ListGroups)
    assert (group.address, group.members, group.joined) == (GROUP, 2, True)
    await eventually(lambda: henderson.told(events.Synced))
    heads = [head for event in henderson.told(events.Heads) for head in event.heads]
    assert [(head.conversation, head.last_seq) for head in heads] == [(made.conversation, 2)]


async def test_of_very_many_groups_ones_own_are_listed_first(
    surabaya: RealmEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the largest: nobody makes so many that others' lists can't be told."""
    monkeypatch.setattr(reading, "GROUPS_LISTED", 3)
    messi = await surabaya.enter("messi@surabaya")
    lineker = await surabaya.enter("lineker@surabaya")
    await messi.do(commands.CreateGroup, GROUP, [])
    for name in ("a", "b", "c"):
        others = ["henderson@surabaya"] if name == "c" else []
        await lineker.do(commands.CreateGroup, GroupAddress(f"{name}@surabaya"), others)

    listed = await messi.do(commands.ListGroups)

    assert [group.address for group in listed] == ["a@surabaya", "c@surabaya", GROUP]


async def test_who_returns_finds_the_group_again(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """Leave and join again: history is there, watermarks stand at the return."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    made = await messi.do(commands.CreateGroup, GROUP, [henderson.address])
    await henderson.do(commands.LeaveGroup, GROUP)
    await messi.send(f"group:{GROUP}", "sementara")
    back = await henderson.do(commands.JoinGroup, GROUP)

    head = await henderson.do(commands.OpenConversation, made.conversation)
    assert (head.read, head.delivered, head.last_seq) == (back.seq, back.seq, back.seq)
    assert len(await henderson.history(made.conversation)) == back.seq


async def test_who_comes_back_has_read_all_that_was_before(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """A watermark from before the leaving, still to be written, takes nothing of it back."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    made = await messi.do(commands.CreateGroup, GROUP, ["henderson@jakarta"])
    for seq in (3, 4):
        await messi.send(f"group:{GROUP}", "halo")
        henderson.mark(made.conversation, delivered=seq, read=seq)
        await henderson.do(commands.OpenConversation, made.conversation)
    await henderson.do(commands.LeaveGroup, GROUP)
    await messi.send(f"group:{GROUP}", "halo")
    joined = await henderson.do(commands.JoinGroup, GROUP)

    await main.main.write(lambda tx: tx.ledger.flush_marks())
    await main.main.write(lambda tx: tx.ledger.forget())
    head = await henderson.do(commands.OpenConversation, made.conversation)
    assert (head.read, head.delivered) == (joined.seq, joined.seq)
