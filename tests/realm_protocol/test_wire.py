"""The wire: every message survives it, and nothing that comes over it can do harm."""

from collections import deque

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realm_protocol import commands, events, link
from realm_protocol.errors import (
    AskedWrongly,
    FrameTooLarge,
    InvalidAddress,
    MalformedMessage,
)
from realm_protocol.wire import (
    FrameQueue,
    Misshapen,
    Vocabulary,
    WireMessage,
    array_header,
    check,
    join_frame,
    pack,
    tag_of,
    unpack_value,
)
from tests.realm_protocol.outcomes import outcome
from tests.realm_protocol.strategies import anything, messages

VOCABULARIES = {
    "client to realm": commands.CLIENT_COMMANDS,
    "realm to client": events.SERVER_MESSAGES,
    "realm to main": link.FROM_REALM,
    "main to realm": link.FROM_MAIN,
}
TAGGED = [kind for v in VOCABULARIES.values() for kind in v.classes.values()]
PARTS = [commands.Accepted, commands.Page, commands.Member, link.Session, link.Attached]


@pytest.mark.parametrize("kind", TAGGED, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_every_message_is_read_back_as_it_was(kind: type[WireMessage], data: st.DataObject) -> None:
    """Packed, framed, opened, checked: the same message of the same class."""
    vocabulary = next(v for v in VOCABULARIES.values() if kind in v.classes.values())
    message = data.draw(messages(kind))

    assert vocabulary.open_frame(join_frame([pack(message)]), 1 << 20) == [message]
    assert vocabulary.read(pack(message)) == message


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_every_result_is_read_back_as_it_was(kind: type[WireMessage], data: st.DataObject) -> None:
    """Parts have no tag: their place says what they are."""
    part = data.draw(messages(kind))

    assert check(unpack_value(pack(part)), kind) == part


@pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=VOCABULARIES)
@given(value=anything)
def test_garbage_is_refused_in_words(vocabulary: Vocabulary, value: object) -> None:
    """Whatever value a peer sends, it is a message or an error of ours."""
    packed = msgpack.packb(value)
    with pytest.raises(AskedWrongly):
        vocabulary.read(packed)
    [misshapen] = vocabulary.open_frame(join_frame([packed]), 1 << 20)
    assert isinstance(misshapen.error, AskedWrongly)


@pytest.mark.parametrize("kind", TAGGED, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_a_wrong_field_is_refused_in_words(kind: type[WireMessage], data: st.DataObject) -> None:
    """With one part replaced by anything, it is a message or the asker's error."""
    vocabulary = next(v for v in VOCABULARIES.values() if kind in v.classes.values())
    value = unpack_value(pack(data.draw(messages(kind))))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] = data.draw(anything)

    checked = outcome(vocabulary.read, msgpack.packb(value))

    assert isinstance(checked, AskedWrongly | kind)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_frame_are_refused(frame: bytes) -> None:
    """Random bytes are opened or refused; nothing else happens."""
    opened = outcome(commands.CLIENT_COMMANDS.open_frame, frame, 1 << 20)
    assert isinstance(opened, list | MalformedMessage)


@pytest.mark.parametrize(
    "frame",
    [b"", b"\xc1", b"\x91", b"\x90\x90", b"\x81\x01\x02", b"\x91" * 5000, b"\xdd\xff\xff\xff\xff"],
    ids=["empty", "unused byte", "cut off", "two", "a map", "deep", "a huge array"],
)
def test_these_frames_are_malformed(frame: bytes) -> None:
    """Nothing of a frame's form can make the reader fail in another way."""
    with pytest.raises(MalformedMessage):
        commands.CLIENT_COMMANDS.open_frame(frame, 1 << 20)


def test_a_wrong_message_does_not_spoil_the_frame() -> None:
    """Each message of a frame stands for itself: the others are read."""
    listing = commands.ListRealms(7)

    opened = commands.CLIENT_COMMANDS.open_frame(
        join_frame([pack(listing), pack([5, 8]), pack(listing)]), 1 << 20
    )

    assert opened[::2] == [listing, listing]
    assert isinstance(opened[1], Misshapen)
    assert opened[1].value == [5, 8]


def test_a_frame_beyond_the_limit_is_not_read() -> None:
    """The error names the size and the limit."""
    with pytest.raises(FrameTooLarge, match="65 bytes is over the limit of 64"):
        commands.CLIENT_COMMANDS.open_frame(bytes(65), 64)


def test_fields_of_a_newer_peer_are_ignored() -> None:
    """A message may grow at its end."""
    message = commands.Hello(1, 1, "phone", 0, 0)
    value = [*unpack_value(pack(message)), "what version 2 adds"]

    assert commands.CLIENT_COMMANDS.read(pack(value)) == message


def test_a_field_that_is_missing_is_refused() -> None:
    """A sender leaves nothing out."""
    with pytest.raises(MalformedMessage):
        commands.CLIENT_COMMANDS.read(pack([tag_of(commands.Hello), 1, 1]))


def test_text_and_binary_are_told_apart() -> None:
    """A string where bytes are asked is refused, never decoded from something."""
    value = [tag_of(commands.SendMessage), 1, "a@b", "k", "text", "aGVsbG8=", 0]

    with pytest.raises(MalformedMessage):
        commands.CLIENT_COMMANDS.read(pack(value))


def test_a_wrong_address_is_named() -> None:
    """What is wrong with an address is said as everywhere else."""
    with pytest.raises(InvalidAddress, match="MESSI!"):
        commands.CLIENT_COMMANDS.read(pack([tag_of(commands.BlockPerson), 1, "MESSI!@surabaya"]))


def test_an_address_arrives_in_lower_case() -> None:
    """Behind the edge there is one spelling."""
    packed = pack([tag_of(commands.BlockPerson), 1, "Messi@Surabaya"])
    command = commands.CLIENT_COMMANDS.read(packed)

    assert command.address == "messi@surabaya"


def test_no_tag_is_used_twice() -> None:
    """Of all messages of both hops: a frame shows by itself what it is."""
    tags = [tag_of(kind) for kind in TAGGED]

    assert len(tags) == len(set(tags))


def test_a_part_has_no_tag() -> None:
    """Asking for one is a defect of ours."""
    with pytest.raises(TypeError, match="Head has no tag"):
        tag_of(commands.Head)


def test_every_command_that_is_answered_has_a_shape() -> None:
    """Watermarks and typing have no answer; each other command has one."""
    unanswered = set(commands.CLIENT_COMMANDS.classes.values()) - set(commands.REPLIES)

    assert unanswered == {commands.MoveWatermark, commands.SetTyping}


@given(st.integers(0, 70_000))
def test_a_spliced_head_is_msgpacks_own(length: int) -> None:
    """Messages that are spliced from packed parts are what a packer makes."""
    assert array_header(length) == msgpack.Packer().pack_array_header(length)


def test_a_reply_may_be_spliced_from_its_packed_result() -> None:
    """The realm hands main's answer on unopened."""
    result = commands.Accepted("c", 7, 8)
    spliced = array_header(3) + pack([tag_of(events.Reply)])[1:] + pack([5])[1:] + pack(result)

    assert unpack_value(spliced) == unpack_value(pack(events.Reply(5, result)))


packed_messages = st.lists(st.tuples(st.booleans(), st.binary(max_size=40)), max_size=30)


@given(packed_messages, st.integers(1, 100))
def test_a_queue_keeps_order_and_bounds_frames(puts: list[tuple[bool, bytes]], limit: int) -> None:
    """Each kind keeps its order, live goes before bulk, and a lone message alone passes."""
    queue = FrameQueue()
    live, bulk = deque[bytes](), deque[bytes]()
    for is_bulk, body in puts:
        message = pack([body])
        (queue.put_bulk if is_bulk else queue.put)(message)
        (bulk if is_bulk else live).append(message)

    taken: list[bytes] = []
    while queue:
        values = unpack_value(queue.take_frame(limit))
        sizes = [len(pack(value)) for value in values]
        assert sum(sizes) <= limit or len(sizes) == 1
        taken += [pack(value) for value in values]

    assert taken == [*live, *bulk]
    assert queue.bytes_waiting == 0


def test_what_came_between_two_frames_goes_before_bulk() -> None:
    """Catch-up never holds up what is live."""
    queue = FrameQueue()
    for number in range(3):
        queue.put_bulk(pack([number, b"x" * 50]))
    queue.take_frame(60)
    queue.put(pack(["live"]))

    assert unpack_value(queue.take_frame(60)) == [["live"]]


def test_dropping_keeps_the_order_of_the_rest() -> None:
    """Events may be dropped before answers; what stays is counted right."""
    queue = FrameQueue()
    for word in ("event", "answer", "event", "route"):
        queue.put(pack([word]))
    queue.put_bulk(pack(["event"]))

    queue.drop(lambda message: b"" if b"event" in message else message)

    assert queue.bytes_waiting == len(pack(["answer"])) + len(pack(["route"]))
    assert unpack_value(queue.take_frame(1000)) == [["answer"], ["route"]]


def test_a_cleared_queue_is_empty() -> None:
    """For a socket that is gone."""
    queue = FrameQueue()
    queue.put(b"\x90")

    queue.clear()

    assert not queue
    assert queue.bytes_waiting == 0
