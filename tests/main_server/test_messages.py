"""Messages at main: one row, one number, one order, and the same answer to the same key."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from main_server.store.writer import Transaction
from realm_protocol import commands, errors, events, link
from realm_protocol.names import Address, private_conversation
from realm_protocol.wire import check, unpack_value
from tests.main_server.conftest import Running
from tests.main_server.realm_end import RealmEnd, fanned_out
from tests.waiting import eventually

MESSI = Address("messi@surabaya")
HENDERSON = Address("henderson@jakarta")
BETWEEN_THEM = private_conversation(MESSI, HENDERSON)


async def test_a_message_reaches_the_other_realm(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """The row is told to the receiver's realm, after the head of the new conversation."""
    messi = await surabaya.enter(MESSI)
    henderson = await jakarta.enter(HENDERSON)

    accepted = await messi.send(HENDERSON, "halo")

    assert (accepted.conversation, accepted.seq) == (BETWEEN_THEM, 1)
    await eventually(lambda: fanned_out(jakarta))
    (stored,) = fanned_out(jakarta)
    assert stored.message.body == b"halo"
    assert stored.message.sender == MESSI
    heads = [head for event in henderson.told(events.Heads) for head in event.heads]
    assert [(head.name, head.last_seq) for head in heads] == [(MESSI, 0)]
    kinds = [type(message) for message in jakarta.told]
    assert kinds.index(link.Route) < kinds.index(link.Fanout)
    assert kinds.index(link.Notify) < kinds.index(link.Fanout)


async def test_the_senders_realm_gets_event_and_answer_as_one(surabaya: RealmEnd) -> None:
    """The sending session gets the reply, the person's other sessions the event."""
    messi = await surabaya.enter(MESSI)
    answers = len(surabaya.told_of(link.Answer))
    accepted = await messi.send(HENDERSON, "halo")
    (fanout,) = surabaya.told_of(link.Fanout)
    assert check(unpack_value(fanout.result), commands.Accepted) == accepted
    assert len(surabaya.told_of(link.Answer)) == answers


async def test_the_same_key_gets_the_first_answer(surabaya: RealmEnd) -> None:
    """Sent again alone, in one frame with itself, and by another session: one row."""
    messi = await surabaya.enter(MESSI)
    elsewhere = await surabaya.enter(MESSI)
    first = await messi.send(HENDERSON, "halo", key="k1")

    assert await messi.send(HENDERSON, "halo", key="k1") == first
    assert await elsewhere.send(HENDERSON, "halo", key="k1") == first
    twins = [messi.send_later(HENDERSON, "lagi", key="k2") for _ in range(3)]
    answers = {bytes(answer) for answer in await asyncio.gather(*twins)}

    assert len(answers) == 1
    assert [row.body for row in await messi.history(BETWEEN_THEM)] == [b"halo", b"lagi"]


async def test_a_key_belongs_to_one_text_and_one_conversation(surabaya: RealmEnd) -> None:
    """The same key with anything else is a conflict, and nothing is stored."""
    messi = await surabaya.enter(MESSI)
    await messi.send(HENDERSON, "halo", key="k1")
    with pytest.raises(errors.KeyConflict):
        await messi.send(HENDERSON, "bukan", key="k1")
    with pytest.raises(errors.KeyConflict):
        await messi.send("lineker@surabaya", "halo", key="k1")
    assert (await messi.send(HENDERSON, "lagi")).seq == 2


async def test_two_people_may_use_the_same_key(surabaya: RealmEnd) -> None:
    """Keys are unique per sender's address."""
    messi = await surabaya.enter(MESSI)
    lineker = await surabaya.enter("lineker@surabaya")
    one = await messi.send(HENDERSON, "halo", key="k1")
    other = await lineker.send(HENDERSON, "halo", key="k1")
    assert one.conversation != other.conversation


async def test_a_refusal_is_not_remembered(surabaya: RealmEnd) -> None:
    """The key of a refused message is free."""
    messi = await surabaya.enter(MESSI)
    with pytest.raises(errors.UserNotFound):
        await messi.send("nobody@jakarta", "halo", key="k1")
    assert (await messi.send(HENDERSON, "halo", key="k1")).seq == 1


async def test_a_known_key_is_answered_after_the_right_was_lost(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """The first try was stored; that its sender is blocked since doesn't undo it."""
    messi = await surabaya.enter(MESSI)
    henderson = await jakarta.enter(HENDERSON)
    first = await messi.send(HENDERSON, "halo", key="k1")
    await henderson.do(commands.BlockPerson, MESSI)

    assert await messi.send(HENDERSON, "halo", key="k1") == first
    with pytest.raises(errors.Blocked):
        await messi.send(HENDERSON, "lagi", key="k2")

    await henderson.do(commands.UnblockPerson, MESSI)
    assert (await messi.send(HENDERSON, "lagi", key="k2")).seq == 2


async def test_who_was_blocked_before_the_first_word_stays_blocked(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """And makes no conversation appear at whoever blocked them."""
    messi = await surabaya.enter(MESSI)
    henderson = await jakarta.enter(HENDERSON)
    await henderson.do(commands.BlockPerson, MESSI)

    for _ in range(2):
        with pytest.raises(errors.Blocked):
            await messi.send(HENDERSON, "halo")
    assert not henderson.told(events.Heads)
    assert (await henderson.send(MESSI, "halo")).seq == 1
    with pytest.raises(errors.Blocked):
        await messi.send(HENDERSON, "halo")


async def test_one_bad_message_among_many_is_refused_alone(surabaya: RealmEnd) -> None:
    """Those before and behind it in the same frame are stored in order, without a hole."""
    messi = await surabaya.enter(MESSI)
    texts = ["satu", "dua", "", "tiga", "x" * 70_000, "empat"]
    asked = [messi.send_later(HENDERSON, text) for text in texts]
    results = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(results[2], errors.EmptyText)
    assert isinstance(results[4], errors.TextTooLong)
    rows = await messi.history(BETWEEN_THEM)
    assert [(row.seq, row.body) for row in rows] == [
        (1, b"satu"),
        (2, b"dua"),
        (3, b"tiga"),
        (4, b"empat"),
    ]


async def test_text_must_be_unicode(surabaya: RealmEnd) -> None:
    """A broken byte is refused in words, and never stored."""
    messi = await surabaya.enter(MESSI)
    with pytest.raises(errors.TextNotUnicode):
        await messi.do(commands.SendMessage, HENDERSON, "k", "text", b"\xff", 0)
    with pytest.raises(errors.NotAllowed):
        await messi.do(commands.SendMessage, HENDERSON, "k", "system", b"x", 0)


async def test_writing_to_oneself(surabaya: RealmEnd) -> None:
    """A conversation with one member."""
    messi = await surabaya.enter(MESSI)
    first = await messi.send(MESSI, "catatan")
    second = await messi.send(MESSI, "lagi")
    assert (first.conversation, first.seq, second.seq) == (second.conversation, 1, 2)
    (head,) = [head for event in messi.told(events.Heads) for head in event.heads]
    assert head.name == MESSI


async def test_unknown_people_and_realms_are_told_apart(surabaya: RealmEnd) -> None:
    """So that one knows which half of the address to mend."""
    messi = await surabaya.enter(MESSI)
    with pytest.raises(errors.UserNotFound):
        await messi.send("nobody@jakarta", "halo")
    with pytest.raises(errors.RealmNotFound):
        await messi.send("messi@bandung", "halo")
    with pytest.raises(errors.GroupNotFound):
        await messi.send("group:nothing@surabaya", "halo")
    with pytest.raises(errors.InvalidAddress):
        await messi.send("not an address", "halo")


async def test_history_is_for_members(surabaya: RealmEnd) -> None:
    """A stranger learns nothing, not even that the conversation exists."""
    messi = await surabaya.enter(MESSI)
    lineker = await surabaya.enter("lineker@surabaya")
    await messi.send(HENDERSON, "rahasia")
    with pytest.raises(errors.ConversationNotFound):
        await lineker.history(BETWEEN_THEM)
    with pytest.raises(errors.ConversationNotFound):
        await lineker.do(commands.OpenConversation, BETWEEN_THEM)


async def test_history_comes_in_pages(surabaya: RealmEnd) -> None:
    """Ascending, after and before, the newest; never more than fits, and it says so."""
    messi = await surabaya.enter(MESSI)
    for number in range(1, 8):
        await messi.send(HENDERSON, f"{number}")

    async def seqs(after: int, before: int, limit: int, newest: bool) -> tuple[list[int], bool]:
        page = await messi.do(commands.FetchMessages, BETWEEN_THEM, after, before, limit, newest)
        return [row.seq for row in page.messages], page.more

    assert await seqs(0, 0, 3, False) == ([1, 2, 3], True)
    assert await seqs(5, 0, 3, False) == ([6, 7], False)
    assert await seqs(0, 0, 3, True) == ([5, 6, 7], True)
    assert await seqs(0, 5, 3, True) == ([2, 3, 4], True)
    assert await seqs(2, 5, 100, False) == ([3, 4], False)


async def test_a_page_is_bounded_in_bytes(surabaya: RealmEnd) -> None:
    """Long messages come a few at a time, at least one."""
    messi = await surabaya.enter(MESSI)
    for _ in range(3):
        await messi.send(HENDERSON, "x" * 60_000)
    page = await messi.do(commands.FetchMessages, BETWEEN_THEM, 0, 0, 100, False)
    assert (len(page.messages), page.more) == (1, True)


async def test_watermarks_only_move_forward(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """Never back, never beyond the log, read pulls delivered along; both people are told."""
    messi = await surabaya.enter(MESSI)
    henderson = await jakarta.enter(HENDERSON)
    for text in ("satu", "dua", "tiga"):
        await messi.send(HENDERSON, text)

    henderson.mark(BETWEEN_THEM, delivered=2)
    henderson.mark(BETWEEN_THEM, delivered=1, read=0)
    henderson.mark(BETWEEN_THEM, read=99)
    head = await henderson.do(commands.OpenConversation, BETWEEN_THEM)

    assert (head.delivered, head.read) == (3, 3)
    moved = [(event.delivered, event.read) for event in henderson.told(events.WatermarkMoved)]
    assert moved == [(2, 0), (3, 3)]
    await eventually(lambda: len(messi.told(events.WatermarkMoved)) == 2)
    seen = await messi.do(commands.OpenConversation, BETWEEN_THEM)
    assert (seen.peer_delivered, seen.peer_read, seen.read) == (3, 3, 0)


async def test_a_watermark_is_told_though_its_batch_was_done_twice(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """A key that came again has all of its batch done anew: what else was in it happens once."""
    messi = await surabaya.enter(MESSI)
    henderson = await jakarta.enter(HENDERSON)
    await messi.send(HENDERSON, "halo", key="k1")
    await messi.send(HENDERSON, "dua", key="k2")

    async with main.one_batch():
        henderson.mark(BETWEEN_THEM, delivered=1, read=1)
        await henderson.do(commands.ListRealms)
        again = messi.send_later(HENDERSON, "halo", key="k1")
        await messi.do(commands.ListRealms)
    await again

    await eventually(lambda: messi.told(events.WatermarkMoved))
    (moved,) = messi.told(events.WatermarkMoved)
    assert (moved.delivered, moved.read) == (1, 1)


async def test_a_lane_stays_stopped_when_a_batch_is_done_twice(
    main: Running, surabaya: RealmEnd
) -> None:
    """What was sent behind a message that was refused for now never overtakes it."""
    messi = await surabaya.enter(MESSI)
    lineker = await surabaya.enter("lineker@surabaya")
    await lineker.send(HENDERSON, "halo", key="k")
    await messi.send(HENDERSON, "satu", key="k1")
    surabaya_end = next(iter(main.main.delivery._links))
    surabaya_end.sessions[messi.handle].lanes.stop(HENDERSON, "k2")

    async with main.one_batch():
        behind = messi.send_later(HENDERSON, "tiga", key="k3")
        first = messi.send_later(HENDERSON, "dua", key="k2")
        again = lineker.send_later(HENDERSON, "halo", key="k")
        await messi.do(commands.ListRealms)

    with pytest.raises(errors.AfterRefused):
        await behind
    await asyncio.gather(first, again)
    assert [row.body for row in await messi.history(BETWEEN_THEM)] == [b"satu", b"dua"]


async def test_a_row_at_fault_is_refused_alone(main: Running, surabaya: RealmEnd) -> None:
    """What the store doesn't take hinders nothing beside it."""
    messi = await surabaya.enter(MESSI)
    at_fault = (
        "CREATE TEMP TRIGGER at_fault BEFORE INSERT ON main.messages WHEN NEW.key = 'k1'"
        " BEGIN SELECT RAISE(ABORT, 'at fault'); END"
    )
    await main.main.write(lambda tx: tx.connection.exec_driver_sql(at_fault))

    async with main.one_batch():
        faulty = messi.send_later(HENDERSON, "satu", key="k1")
        sound = messi.send_later("lineker@surabaya", "dua", key="k2")
        await messi.do(commands.ListRealms)

    with pytest.raises(errors.InternalError):
        await faulty
    assert unpack_value(await sound)[1] == 1


async def test_no_number_is_given_twice(main: Running, surabaya: RealmEnd) -> None:
    """A counter that was set back is noticed: nothing more is written in that conversation."""
    messi = await surabaya.enter(MESSI)
    await messi.send(HENDERSON, "satu", key="k1")

    def set_back(tx: Transaction) -> None:
        tx.ledger.settle()
        tx.connection.exec_driver_sql("UPDATE conversations SET last_seq = 0")
        tx.ledger.forget()

    await main.main.write(set_back)

    async with main.one_batch():
        faulty = messi.send_later(HENDERSON, "dua", key="k2")
        sound = messi.send_later("lineker@surabaya", "dua", key="k3")
        await messi.do(commands.ListRealms)

    with pytest.raises(errors.InternalError):
        await faulty
    assert unpack_value(await sound)[1] == 1


async def test_a_store_that_another_program_holds_is_a_reason_to_come_again(
    main: Running, surabaya: RealmEnd, store: Path
) -> None:
    """Refused for now, never for good; well again when it is let go."""
    messi = await surabaya.enter(MESSI)
    await main.main.write(lambda tx: tx.connection.exec_driver_sql("PRAGMA busy_timeout=0"))
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.StoreBusy):
            await messi.send(HENDERSON, "halo", key="k1")
    assert (await messi.send(HENDERSON, "halo", key="k1")).seq == 1
