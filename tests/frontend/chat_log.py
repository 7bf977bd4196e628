"""A chat-cli as a window sees it, without HTTP: a log, its events, its answers at any moment."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from frontend.service import shapes
from frontend.service.shapes import Conversation, Message
from realm_service.sse import Event

ME = "messi@surabaya"
PEER = "henderson@jakarta"
CONVERSATION = "pConversation"
BEGIN = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)


def message_json(seq: int | None, sender: str, key: str, state: str) -> dict[str, Any]:
    at = (BEGIN + timedelta(minutes=seq or 0)).isoformat()
    return {
        "conversation": CONVERSATION,
        "seq": seq,
        "key": key,
        "kind": "text",
        "from": sender,
        "text": f"text of {key}",
        "at": None if seq is None else at,
        "sent_at": at,
        "state": state,
    }


def message(seq: int | None, sender: str = PEER, state: str = "delivered", **other: Any) -> Message:
    key = other.pop("key", f"key-{seq}")
    return shapes.message({**message_json(seq, sender, key, state), **other})


def conversation(unread: int = 0, **other: Any) -> Conversation:
    known: dict[str, Any] = {
        "conversation": CONVERSATION,
        "kind": "private",
        "title": PEER,
        "role": "member",
        "last_seq": 0,
        "read": 0,
        "unread": unread,
        "last_message": None,
    }
    return shapes.conversation({**known, **other})


@dataclass
class ChatLog:
    """One conversation: what was said in it, what waits, and the events that told of it."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    read: int = 0
    made: int = 0

    @property
    def newest_id(self) -> int:
        return len(self.events)

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        self.events.append(Event(len(self.events) + 1, kind, data))

    def other_writes(self) -> None:
        self.made += 1
        row = message_json(len(self.rows) + 1, PEER, f"other-{self.made}", "delivered")
        self.rows.append(row)
        self.tell("message", row)

    def i_write(self) -> None:
        self.made += 1
        row = message_json(None, ME, f"own-{self.made}", "saved")
        self.waiting.append(row)
        self.tell("message", row)

    def main_takes(self) -> None:
        if self.waiting:
            waited = self.waiting.pop(0)
            seq = len(self.rows) + 1
            self.rows.append(message_json(seq, ME, waited["key"], "at_main"))
            told = {"conversation": CONVERSATION, "key": waited["key"], "seq": seq}
            self.tell("state", {**told, "state": "at_main"})

    def peer_reads(self) -> None:
        for row in self.rows:
            if row["from"] == ME and row["state"] != "read":
                row["state"] = "read"
                told = {name: row[name] for name in ("conversation", "key", "seq", "state")}
                self.tell("state", told)

    def i_read(self) -> None:
        if self.read < len(self.rows):
            self.read = len(self.rows)
            told = {"conversation": CONVERSATION, "address": ME, "seq": self.read}
            self.tell("read", told)

    @property
    def unread(self) -> int:
        return sum(1 for row in self.rows if row["from"] != ME and row["seq"] > self.read)

    def conversations(self) -> tuple[list[Conversation], int]:
        last = dict(self.rows[-1]) if self.rows else None
        told = conversation(self.unread, read=self.read, last_seq=len(self.rows), last_message=last)
        return [told], self.newest_id

    def newest(self, limit: int) -> list[Message]:
        rows = [*self.rows[-limit:], *self.waiting]
        return [shapes.message(dict(row)) for row in rows]

    def before(self, seq: int, limit: int) -> list[Message]:
        rows = [row for row in self.rows if row["seq"] < seq][-limit:]
        return [shapes.message(dict(row)) for row in rows]
