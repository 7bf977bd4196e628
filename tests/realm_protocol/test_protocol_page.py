"""docs/protocol.md: complete, up to date, and true to the byte."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import make_protocol
from generated_parts import render, sections_of
from realm_protocol import commands, events, limits, link
from realm_protocol.commands import Accepted, SendMessage
from realm_protocol.errors import all_errors
from realm_protocol.events import MessageStored, Reply
from realm_protocol.names import Address, private_conversation
from realm_protocol.wire import Vocabulary, WireMessage, check, join_frame, pack

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "protocol.md").read_text(encoding="utf-8")

MESSAGES = [
    value
    for module in (commands, events, link)
    for value in vars(module).values()
    if isinstance(value, type)
    and issubclass(value, WireMessage)
    and value.__module__ == module.__name__
]


def test_the_page_is_up_to_date() -> None:
    """`python docs/make_protocol.py` would change nothing."""
    assert render(PAGE, make_protocol.SECTIONS) == PAGE


def test_the_page_has_a_place_for_every_part() -> None:
    """Each generated part once."""
    assert sorted(sections_of(PAGE)) == sorted(make_protocol.SECTIONS)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.__name__)
def test_every_message_and_field_is_explained(message: type[WireMessage]) -> None:
    """A heading, what it says, and each field with type and meaning."""
    section = re.search(rf"^#### {message.__name__}( ·[^\n]*)?$(.*?)(?=^#|\Z)", PAGE, re.M | re.S)

    assert section is not None
    assert inspect.cleandoc(message.__doc__ or "") in section[2]
    assert message.__doc__
    for name, kind, meaning in make_protocol.fields(message):
        assert kind
        assert meaning, f"{message.__name__}.{name} has no meaning"
        assert f"| `{name}` | {kind} | {meaning} |" in section[2]


def test_every_meaning_is_used() -> None:
    """What a field's name means is not kept longer than the field."""
    used = {name for message in MESSAGES for name, _, _ in make_protocol.fields(message)}

    assert set(make_protocol.MEANINGS) <= used


def test_every_error_code_is_on_the_page() -> None:
    """With its status."""
    for error in all_errors():
        if error.__module__ == "realm_protocol.errors":
            assert f"| `{error.code}` | {error.status} | {error.__name__} |" in PAGE


def test_every_limit_is_on_the_page() -> None:
    """But for the version, which is its title."""
    named = {name for name, _ in make_protocol.LIMITS}

    assert {name for name in vars(limits) if name.isupper()} == named | {"PROTOCOL_VERSION"}
    assert f"version {limits.PROTOCOL_VERSION}\n" in PAGE


def _examples() -> list[bytes]:
    """The bytes of each block, without what is said beside them."""
    byte_column = re.compile(r"^\s*((?:[0-9a-f]{2} )*[0-9a-f]{2})(?:\s{2,}|$)")
    frames = []
    for block in re.findall(r"```hex\n(.*?)```", PAGE, re.S):
        found = [byte_column.match(line) for line in block.splitlines()]
        frames.append(bytes.fromhex("".join(m[1] for m in found if m)))
    return frames


def test_the_example_in_bytes_is_true() -> None:
    """What a reader decodes by hand is what this code reads, and what it writes."""
    messi, henderson = Address("messi@surabaya"), Address("henderson@jakarta")
    conversation = private_conversation(messi, henderson)
    sent, answered, told = (_read(frame) for frame in zip(_examples(), _VOCABULARIES, strict=True))

    assert sent == SendMessage(7, "henderson@jakarta", "k1", "text", b"hello", 1_700_000_000_000)
    accepted = check(answered.result, Accepted)
    assert (answered.number, accepted) == (7, Accepted(conversation, 1, 1_700_000_000_012))
    assert told.message.sender == messi
    assert (told.message.seq, told.message.body) == (1, b"hello")

    written = [join_frame([pack(message)]) for message in (sent, Reply(7, accepted), told)]
    assert written == _examples()
    assert isinstance(told, MessageStored)


_VOCABULARIES = (commands.CLIENT_COMMANDS, events.SERVER_MESSAGES, events.SERVER_MESSAGES)


def _read(frame_of: tuple[bytes, Vocabulary]) -> Any:
    frame, vocabulary = frame_of
    [message] = vocabulary.open_frame(frame, limits.CLIENT_FRAME_LIMIT)
    return message
