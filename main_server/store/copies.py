"""Comparing what sites hold of conversations with the log: by a checksum of each run."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from main_server.store.backup import read_only
from realm_protocol.errors import MalformedMessage, OurFault
from realm_protocol.events import MessageStored
from realm_protocol.wire import pack, tag_of
from realm_service.checksums import checksum

_MESSAGE_STORED = tag_of(MessageStored)
_ROWS = (
    "SELECT c.public_id, m.seq, coalesce(m.key, ''), m.kind, p.address, m.body, m.sent_at, m.at"
    " FROM message_log m JOIN conversations c ON c.id = m.conversation_id"
    " JOIN people p ON p.id = m.sender_id"
    " WHERE c.public_id = ? AND m.seq BETWEEN ? AND ? ORDER BY m.seq"
)


class CopiesDiffer(OurFault):
    code = "copies_differ"
    text = "{count} of {compared} copies differ from main's log: {conversations}."


def read_copies(lines: Iterable[str]) -> list[dict[str, Any]]:
    """What `realm-server verify --checksums --json` printed; raises `MalformedMessage`."""
    copies = []
    for number, line in enumerate(lines, 1):
        try:
            copy = json.loads(line)
            wanted = ("conversation", "first_seq", "last_seq", "checksum")
            if "conversation" in copy:
                copies.append({name: copy[name] for name in wanted})
        except (ValueError, TypeError, KeyError) as exc:
            detail = f"line {number} is none of realm-server verify --checksums --json"
            raise MalformedMessage(detail=detail) from exc
    return copies


def compare_copies(store: Path, copies: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many were compared; raises `CopiesDiffer` with the first that differ."""
    compared = 0
    differing: list[str] = []
    with contextlib.closing(read_only(store)) as connection:
        for copy in copies:
            compared += 1
            if checksum(_events(connection, copy)) != copy["checksum"]:
                differing.append(str(copy["conversation"]))
    if differing:
        shown = ", ".join(differing[:10])
        raise CopiesDiffer(count=len(differing), compared=compared, conversations=shown)
    return {"copies": compared}


def _events(connection: sqlite3.Connection, copy: dict[str, Any]) -> Iterator[bytes]:
    place = (copy["conversation"], copy["first_seq"], copy["last_seq"])
    for row in connection.execute(_ROWS, place):
        yield pack((_MESSAGE_STORED, row))
