"""How what the wire says of a message is kept in columns. Pure."""

from typing import Any

from chat_cli.account.shapes import print_change, print_file
from realm_protocol.bodies import (
    FileBody,
    SystemBody,
    read_file_body,
    read_system_body,
    system_text,
)
from realm_protocol.commands import PendingMessage, StoredMessage
from realm_protocol.errors import MalformedMessage

NEWER_SYSTEM_TEXT = "(a change of the group that this version can't show)"
NEWER_FILE_TEXT = "(a file that this version can't show)"


def columns(row: StoredMessage) -> dict[str, Any]:
    """A row of main's log as the table keeps it."""
    change = change_of(row)
    return {
        "conversation": row.conversation,
        "seq": row.seq,
        "key": row.key,
        "kind": row.kind,
        "sender": row.sender,
        "sent_at": row.sent_at,
        "at": row.at,
        "change": None if change is None else print_change(change),
        **content(row, change),
    }


def content(
    message: StoredMessage | PendingMessage, change: SystemBody | None = None
) -> dict[str, Any]:
    """What a message says: its text, and of a file the rest."""
    file = _file_of(message)
    if file is not None:
        return {"text": file.name, "file": print_file(file)}
    return {"text": _text_of(message, change), "file": None}


def _file_of(row: StoredMessage | PendingMessage) -> FileBody | None:
    if row.kind != "file":
        return None
    try:
        return read_file_body(row.body)
    except MalformedMessage:
        return None


def change_of(row: StoredMessage) -> SystemBody | None:
    if row.kind != "system":
        return None
    try:
        return read_system_body(row.body)
    except MalformedMessage:
        return None


def _text_of(row: StoredMessage | PendingMessage, change: SystemBody | None) -> str:
    if row.kind == "file":
        return NEWER_FILE_TEXT
    if row.kind != "system":
        return row.body.decode(errors="replace")
    return NEWER_SYSTEM_TEXT if change is None else system_text(change)
