"""How a row of the open room looks in a transcript: as JSON, and as a line. Pure."""

from collections.abc import Mapping
from typing import Any

from realm_protocol.bodies import FileBody, read_file_body, read_system_body, system_text
from realm_protocol.commands import StoredMessage
from realm_protocol.errors import MalformedMessage
from realm_protocol.link import Room
from realm_service.terminal_text import clean
from realm_service.times import rfc3339

_NEWER = "(written by a newer version)"
_INDENT = "\n    "


def room_json(room: Room) -> dict[str, Any]:
    return {
        "group": room.group,
        "conversation": room.conversation,
        "last_seq": room.last_seq,
        "open": room.open,
    }


def message_json(row: StoredMessage) -> dict[str, Any]:
    """With the keys that messages have everywhere."""
    text, file = _read(row)
    message: dict[str, Any] = {
        "conversation": row.conversation,
        "seq": row.seq,
        "key": row.key,
        "kind": row.kind,
        "from": row.sender,
        "text": text,
        "at": rfc3339(row.at),
        "sent_at": rfc3339(row.sent_at),
    }
    if file is not None:
        message["file"] = {
            name: getattr(file, name) for name in ("file_id", "name", "size", "type", "sha256")
        }
    return message


def _read(row: StoredMessage) -> tuple[str, FileBody | None]:
    try:
        if row.kind == "system":
            return system_text(read_system_body(row.body)), None
        if row.kind == "file":
            file = read_file_body(row.body)
            return file.name, file
    except MalformedMessage:
        return _NEWER, None
    return row.body.decode(errors="replace"), None


def message_line(message: Mapping[str, Any]) -> str:
    """`2026-11-21T10:55:03Z guest-anna@surabaya: halo`; further lines of a text are indented."""
    at = message["at"][: len("2026-11-21T10:55:03")] + "Z"
    text = clean(message["text"]).replace("\n", _INDENT)
    if message["kind"] == "system":
        return f"{at} ({text})"
    told = f" [file, {message['file']['size']} bytes]" if "file" in message else ""
    return f"{at} {message['from']}: {text}{told}"
