"""Bodies of messages, and the lanes that keep a sender's order."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.bodies import (
    SystemBody,
    SystemEvent,
    check_text_body,
    pack_system_body,
    read_system_body,
    system_text,
    text_body,
)
from realm_protocol.errors import (
    AfterRefused,
    EmptyText,
    RealmchatError,
    TextNotUnicode,
    TextTooLong,
)
from realm_protocol.lanes import Lanes
from realm_protocol.limits import TEXT_LIMIT
from realm_protocol.names import Address, GroupAddress
from realm_protocol.system_sentences import system_sentence
from realm_protocol.wire import pack, unpack_value
from tests.realm_protocol.strategies import addresses, group_addresses, texts

MESSI, HENDERSON = Address("messi@surabaya"), Address("henderson@jakarta")
GROUP = GroupAddress("jarkom3@surabaya")


@given(texts.filter(bool))
def test_a_text_is_its_utf8(text: str) -> None:
    """Whatever was written comes out again, to the last character."""
    assert text_body(text).decode() == text


def test_a_text_has_something_and_not_too_much() -> None:
    """The limit counts bytes; the error names size and limit."""
    assert len(text_body("x" * TEXT_LIMIT)) == TEXT_LIMIT
    with pytest.raises(EmptyText):
        text_body("")
    with pytest.raises(TextTooLong, match="65538 bytes; the limit is 65536"):
        text_body("é" * (TEXT_LIMIT // 2 + 1))


def test_what_is_no_unicode_is_refused() -> None:
    """Half a surrogate pair has no UTF-8, and bytes that are none are no text."""
    with pytest.raises(TextNotUnicode):
        text_body("\ud800")
    with pytest.raises(TextNotUnicode):
        check_text_body(b"\xff")


system_bodies = st.builds(
    SystemBody,
    st.sampled_from(get_args(SystemEvent)),
    addresses,
    addresses,
    group_addresses,
    st.sampled_from(["owner", "admin", "member"]),
    st.text(st.characters(codec="utf-8"), max_size=128),
    st.sampled_from(["open", "invite-only"]),
)


@given(system_bodies)
def test_a_system_row_is_read_back(body: SystemBody) -> None:
    """As a map, so that later versions may say more in it."""
    packed = pack_system_body(body)
    grown = pack({**unpack_value(packed), "since": 2})  # type: ignore[arg-type]  # any value packs

    assert read_system_body(packed) == read_system_body(grown) == body
    for told in (system_text(body), system_sentence(msgspec.structs.asdict(body), "id")):
        assert told is not None
        assert body.who in told or body.by in told


@given(st.binary(max_size=60))
def test_a_broken_system_row_is_refused_in_words(body: bytes) -> None:
    """Random bytes never raise anything but an error of ours."""
    with pytest.raises(RealmchatError):
        read_system_body(body)


@pytest.mark.parametrize(
    ("event", "by", "sentence"),
    [
        ("created", MESSI, "messi@surabaya created the group jarkom3@surabaya"),
        ("joined", MESSI, "messi@surabaya joined"),
        ("joined", HENDERSON, "henderson@jakarta added messi@surabaya"),
        ("left", MESSI, "messi@surabaya left"),
        ("removed", HENDERSON, "henderson@jakarta removed messi@surabaya"),
        ("role", HENDERSON, "henderson@jakarta made messi@surabaya an admin"),
        ("renamed", MESSI, "messi@surabaya named the group “Jaringan {3}”"),
        ("access", MESSI, "messi@surabaya let in only who is invited from now on"),
        ("closed", MESSI, "messi@surabaya closed the group; it can be read and left"),
    ],
)
def test_a_system_row_is_a_sentence(event: str, by: Address, sentence: str) -> None:
    """Who did what to whom."""
    facts = {"role": "admin", "display_name": "Jaringan {3}", "access": "invite-only"}
    body = SystemBody(event, MESSI, by, GROUP, **facts)  # type: ignore[arg-type]  # its literals

    assert system_text(body) == sentence


def test_an_open_lane_lets_everything_through() -> None:
    """Nothing was refused: nothing waits."""
    lanes = Lanes()

    lanes.admit("a@b", "k1")

    assert not lanes


def test_a_stopped_lane_waits_for_its_first_message() -> None:
    """What was sent later may not overtake it; when it comes again the lane is open."""
    lanes = Lanes()
    lanes.stop("a@b", "k1")

    with pytest.raises(AfterRefused, match="k1"):
        lanes.admit("a@b", "k2")
    lanes.admit("a@b", "k1")
    lanes.admit("a@b", "k2")

    assert not lanes


def test_the_earliest_refused_message_holds_the_lane() -> None:
    """Several were in flight: those refused behind it don't take its place."""
    lanes = Lanes()
    lanes.stop("a@b", "k1")
    lanes.stop("a@b", "k2")

    with pytest.raises(AfterRefused):
        lanes.admit("a@b", "k2")


def test_the_door_refuses_what_came_later() -> None:
    """What was under way takes the lane from it; the second of those does not."""
    lanes = Lanes()
    lanes.stop_at_door("a@b", "k3")

    assert not lanes.admit("a@b", "k1", under_way=True)
    lanes.stop("a@b", "k1")
    lanes.stop("a@b", "k2")
    lanes.stop_at_door("a@b", "k4")

    with pytest.raises(AfterRefused, match="k1"):
        lanes.admit("a@b", "k3")
    with pytest.raises(AfterRefused, match="k1"):
        lanes.admit("a@b", "k2", under_way=True)
    lanes.admit("a@b", "k1")


def test_one_lane_does_not_stop_another() -> None:
    """Order is kept within a conversation, never between two."""
    lanes = Lanes()
    lanes.stop("a@b", "k1")

    lanes.admit("group:a@b", "k2")

    assert lanes


@given(st.lists(st.sampled_from(["ok", "refused", "refused at the door"]), max_size=40))
def test_messages_are_stored_in_the_order_they_were_sent(fates: list[str]) -> None:
    """A sender that offers all it has in order, again and again, is never reordered."""
    lanes, fate = Lanes(), iter(fates)
    waiting, stored = [f"k{number}" for number in range(8)], []
    while waiting:
        for key in list(waiting):
            try:
                lanes.admit("a@b", key)
            except AfterRefused:
                continue
            outcome = next(fate, "ok")
            if outcome == "refused":
                lanes.stop("a@b", key)
            elif outcome == "refused at the door":
                lanes.stop_at_door("a@b", key)
            else:
                stored.append(key)
                waiting.remove(key)

    assert stored == [f"k{number}" for number in range(8)]
