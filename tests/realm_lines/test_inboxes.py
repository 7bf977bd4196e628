"""What an inbox hands out: decided without servers, over made-up conversations."""

from dataclasses import replace
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.bodies import SystemBody, pack_system_body
from realm_protocol.commands import StoredMessage
from realm_protocol.names import Address, GroupAddress
from realm_server.lines import inboxes
from realm_server.lines.inner_client import Standing

ME, OTHER = Address("messi@surabaya"), Address("lineker@surabaya")
GROUP = GroupAddress("satu@surabaya")


def row(seq: int, sender: Address = OTHER, *, at: int = 0, text: bytes = b"x") -> StoredMessage:
    return StoredMessage("c", seq, "", "text", sender, text, 0, at)


def joined(seq: int, who: Address, event: Literal["joined", "entered"] = "joined") -> StoredMessage:
    body = pack_system_body(SystemBody(event, who, who, GROUP))
    return StoredMessage("c", seq, "", "system", who, body, 0, 0)


def private(last_seq: int, *, read: int = 0, first_seq: int = 1) -> Standing:
    return Standing("private", str(OTHER), last_seq, first_seq, read)


def group(last_seq: int, *, read: int = 0) -> Standing:
    return Standing("group", str(GROUP), last_seq, 1, read)


def test_the_first_inbox_passes_over_nothing_unread() -> None:
    """Of what was read elsewhere it holds a little; of a group's history nothing."""
    standings = {
        "new": private(3),
        "unread": private(900, read=100),
        "read": private(900, read=900),
        "group": group(50, read=20),
        "room": replace(group(50, read=20), kind="room"),
    }

    assert inboxes.first_cursors(standings) == {
        "new": 0,
        "unread": 100,
        "read": 700,
        "group": 20,
        "room": 20,
    }


def test_what_came_since_is_ahead() -> None:
    """A conversation that is new begins at its first message, a group where one joined."""
    standings = {"known": private(5), "new": private(2, read=2), "group": group(9, read=7)}

    ahead, moved = inboxes.waiting(standings, {"known": 5})

    assert ahead == {"new": 0, "group": 7}
    assert moved == {"new": 0, "group": 7}
    assert inboxes.waiting(standings, {"known": 4, "new": 2, "group": 9}) == ({"known": 4}, {})


def test_a_cursor_goes_back_with_a_restored_main() -> None:
    """Else what is sent next would be passed over."""
    ahead, moved = inboxes.waiting({"c": private(3)}, {"c": 8})

    assert (ahead, moved) == ({}, {"c": 3})


def test_one_gets_what_others_write() -> None:
    """One's own too where a group, or writing to oneself, wants it so."""
    rows = [row(1), row(2, ME), row(3)]

    assert [r.seq for r in inboxes.handed_out(rows, ME, own=False)] == [1, 3]
    assert [r.seq for r in inboxes.handed_out(rows, ME, own=True)] == [1, 2, 3]


def test_what_was_said_before_one_joined_is_no_news() -> None:
    """What was said before others joined is."""
    rows = [row(1), joined(2, ME), row(3), joined(4, OTHER), row(5)]

    assert [r.seq for r in inboxes.handed_out(rows, ME, own=True)] == [3, 5]


def test_what_was_said_in_a_room_while_one_was_out_is_no_news() -> None:
    """Who enters it again gets what is said from then on."""
    rows = [row(1), joined(2, ME, "entered"), row(3)]

    assert [r.seq for r in inboxes.handed_out(rows, ME, own=True)] == [3]


@given(st.lists(st.lists(st.integers(0, 50), max_size=10), max_size=4))
def test_conversations_are_told_in_the_order_of_their_rows(times) -> None:
    """Clocks part conversations only: within one the order is its own, whatever they say."""
    conversations = [
        [row(seq, at=at, text=str(number).encode()) for seq, at in enumerate(ats)]
        for number, ats in enumerate(times)
    ]

    told = inboxes.in_order(conversations)

    for number, conversation in enumerate(conversations):
        assert [r for r in told if r.body == str(number).encode()] == conversation


def test_one_answer_holds_the_newest_thousand() -> None:
    """Fewer where they are long, and always the last one."""
    rows = [row(seq) for seq in range(1, 1501)]
    assert [r.seq for r in inboxes.newest(rows)] == list(range(501, 1501))

    long = [row(seq, text=b"x" * (inboxes.ANSWER_BYTES // 2)) for seq in range(1, 5)]
    assert [r.seq for r in inboxes.newest(long)] == [3, 4]
    assert inboxes.newest([row(1, text=b"x" * (inboxes.ANSWER_BYTES + 1))])
    assert inboxes.newest([]) == []
