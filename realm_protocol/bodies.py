"""Bodies of messages: text, files, and the facts of a system row."""

from typing import Annotated, Literal

import msgpack
import msgspec
from msgspec import Meta

from realm_protocol.errors import (
    EmptyText,
    MalformedMessage,
    NotAllowed,
    TextNotUnicode,
    TextTooLong,
)
from realm_protocol.file_names import safe_file_name
from realm_protocol.limits import PREVIEW_LIMIT, TEXT_LIMIT
from realm_protocol.names import Address, GroupAddress
from realm_protocol.system_sentences import system_sentence
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


FILE_ID_PATTERN = "[0-9a-f]{32}"
SHA256_PATTERN = "[0-9a-f]{64}"
_UNCLEANED_NAME_LIMIT = 4096
_LARGEST_SIDE = 1_000_000

FileId = Annotated[str, Meta(pattern=rf"^{FILE_ID_PATTERN}\Z")]
Sha256 = Annotated[str, Meta(pattern=rf"^{SHA256_PATTERN}\Z")]
Side = Annotated[int, Meta(ge=1, le=_LARGEST_SIDE)]


class FileBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file as a message. Main puts its own `size`, `type` and `sha256` in place of a sender's."""

    file_id: FileId
    """Opens the file's bytes, for those who may see the message."""
    name: Annotated[str, Meta(max_length=_UNCLEANED_NAME_LIMIT)]
    """One component of a path, cleaned by every tier."""
    size: Annotated[int, Meta(ge=0, lt=2**53)]
    """In bytes."""
    type: Annotated[str, Meta(max_length=128)]
    """The media type that its first bytes show."""
    sha256: Sha256
    """Of all its bytes, in hexadecimal digits."""
    width: Side | None = None
    """Of an image, in pixels."""
    height: Side | None = None
    """Of an image, in pixels."""
    preview: Annotated[bytes, Meta(max_length=PREVIEW_LIMIT)] | None = None
    """A small WebP or JPEG of an image."""


def pack_file_body(body: FileBody) -> bytes:
    """As a msgpack map, so that later versions can say more; what is none is left out."""
    return msgspec.msgpack.encode(body)


def read_file_body(body: bytes) -> FileBody:
    """With a safe name; raises `MalformedMessage`."""
    found: FileBody = check(unpack_value(body), FileBody)
    if found.preview is not None and not _is_picture(found.preview):
        raise MalformedMessage(detail="a preview is WebP or JPEG")
    return msgspec.structs.replace(found, name=safe_file_name(found.name))


def _is_picture(preview: bytes) -> bool:
    is_webp = preview[:4] == b"RIFF" and preview[8:12] == b"WEBP"
    return is_webp or preview[:3] == b"\xff\xd8\xff"


def check_body(kind: str, body: bytes) -> None:
    """What every tier asks of a body that a person sends; a system row is for main alone."""
    if kind == "text":
        check_text_body(body)
    elif kind == "file":
        read_file_body(body)
    else:
        raise NotAllowed(detail="system rows are written by the main server")


SystemEvent = Literal[
    "created",
    "joined",
    "entered",
    "left",
    "removed",
    "role",
    "renamed",
    "access",
    "closed",
    "reopened",
]


class SystemBody(msgspec.Struct, frozen=True):
    """A change of a group, as a row of its log."""

    event: SystemEvent
    who: Address
    by: Address
    group: GroupAddress
    role: Literal["", "owner", "admin", "member"] = ""
    display_name: str = ""
    access: Literal["", "open", "invite-only"] = ""


def pack_system_body(body: SystemBody) -> bytes:
    """As a msgpack map, so that later versions can say more."""
    facts = {name: fact for name, fact in msgspec.structs.asdict(body).items() if fact != ""}
    packed: bytes = msgpack.packb(facts)
    return packed


def read_system_body(body: bytes) -> SystemBody:
    """Raises `MalformedMessage`."""
    return check(unpack_value(body), SystemBody)


def system_text(body: SystemBody) -> str:
    """The row in one English sentence, for a list of plain texts."""
    sentence = system_sentence(msgspec.structs.asdict(body), "en")
    return sentence or f"{body.by} changed the group"
