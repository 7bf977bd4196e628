"""Bodies of messages: text, and the facts of a system row."""

from typing import Literal

import msgpack
import msgspec

from realm_protocol.errors import EmptyText, MalformedMessage, TextNotUnicode, TextTooLong
from realm_protocol.limits import TEXT_LIMIT
from realm_protocol.names import Address, GroupAddress
from realm_protocol.wire import check, unpack_value


def text_body(text: str) -> bytes:
    """The body of a text message; raises `EmptyText`, `TextTooLong` or `TextNotUnicode`."""
    try:
        body = text.encode()
    except UnicodeEncodeError as exc:
        raise TextNotUnicode from exc
    check_text_body(body)
    return body


def check_text_body(body: bytes) -> None:
    """What every tier that a text enters asks of it."""
    if not body:
        raise EmptyText
    if len(body) > TEXT_LIMIT:
        raise TextTooLong(size=len(body), limit=TEXT_LIMIT)
    if not body.isascii():
        _check_utf8(body)


def _check_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as exc:
        raise TextNotUnicode from exc


class SystemBody(msgspec.Struct, frozen=True):
    """A change of a group, as a row of its log."""

    event: Literal["created", "joined", "left", "removed"]
    who: Address
    by: Address
    group: GroupAddress


def pack_system_body(body: SystemBody) -> bytes:
    """As a msgpack map, so that later versions can say more."""
    packed: bytes = msgpack.packb(msgspec.structs.asdict(body))
    return packed


def read_system_body(body: bytes) -> SystemBody:
    """Raises `MalformedMessage`."""
    return check(unpack_value(body), SystemBody)


def system_text(body: SystemBody) -> str:
    """The row in one English sentence, for a list of plain texts."""
    match body.event:
        case "created":
            return f"{body.who} created the group {body.group}"
        case "joined" if body.who == body.by:
            return f"{body.who} joined"
        case "joined":
            return f"{body.by} added {body.who}"
        case "left":
            return f"{body.who} left"
        case "removed":
            return f"{body.by} removed {body.who}"
    raise MalformedMessage(detail=f"a system row can't say “{body.event}”")
