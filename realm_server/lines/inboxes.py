"""What an inbox hands out: which rows of which conversations, in which order. Does no I/O."""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from realm_protocol.bodies import read_system_body
from realm_protocol.commands import StoredMessage
from realm_protocol.names import Address
from realm_server.lines.inner_client import Standing

NEWEST = 1000
"""How many messages one answer holds at most."""
ANSWER_BYTES = 4 * 1024 * 1024
"""And how much they may weigh together; one is always among them."""
FIRST_HISTORY = 200
"""As on a new device: how much of what was read elsewhere the first inbox still holds."""


def body_size(row: StoredMessage) -> int:
    """What a message weighs that is shown as its text."""
    return len(row.body)


@dataclass(slots=True)
class Room:
    """What one answer can still hold."""

    messages: int = NEWEST
    left: int = ANSWER_BYTES
    weight: Callable[[StoredMessage], int] = body_size

    @property
    def is_left(self) -> bool:
        return self.messages > 0 and self.left > 0

    def take(self, rows: Iterable[StoredMessage]) -> None:
        for row in rows:
            self.messages -= 1
            self.left -= self.weight(row)

    def take_while_left(self, rows: Iterable[StoredMessage]) -> list[StoredMessage]:
        """The first of them, up to the one with which it is full."""
        taken = []
        for row in rows:
            if not self.is_left:
                break
            self.take([row])
            taken.append(row)
        return taken


def first_cursors(standings: Mapping[str, Standing]) -> dict[str, int]:
    """Where an account begins that never asked here before: nothing unread is passed over."""
    return {
        conversation: _beginning(standing, FIRST_HISTORY)
        for conversation, standing in standings.items()
    }


def _beginning(standing: Standing, history: int | None = None) -> int:
    """A group begins with what came since one joined, or has read; the rest is its history."""
    if standing.kind != "private":
        return standing.read
    if history is None:
        return standing.first_seq - 1
    return max(standing.first_seq - 1, min(standing.read, standing.last_seq - history))


def waiting(
    standings: Mapping[str, Standing], cursors: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """The conversations with something beyond their cursor, and the cursors that are new.

    A cursor beyond the log is one of a main server that was restored from a backup: it goes back.
    """
    ahead: dict[str, int] = {}
    moved: dict[str, int] = {}
    for conversation, standing in standings.items():
        known = cursors.get(conversation)
        cursor = min(_beginning(standing) if known is None else known, standing.last_seq)
        if cursor != known:
            moved[conversation] = cursor
        if cursor < standing.last_seq:
            ahead[conversation] = cursor
    return ahead, moved


def handed_out(rows: Iterable[StoredMessage], me: Address, *, own: bool) -> list[StoredMessage]:
    """What an inbox shows of a conversation's rows: since one joined, what people wrote.

    `own`: what one wrote oneself is among it.
    """
    shown: list[StoredMessage] = []
    for row in rows:
        if row.kind == "system":
            if _let_in(row, me):
                shown.clear()
        elif own or row.sender != me:
            shown.append(row)
    return shown


def _let_in(row: StoredMessage, me: Address) -> bool:
    body = read_system_body(row.body)
    return body.event in ("created", "joined", "entered") and body.who == me


def in_order(conversations: Iterable[Sequence[StoredMessage]]) -> list[StoredMessage]:
    """As main stored them; within a conversation always by `seq`."""
    return list(heapq.merge(*conversations, key=lambda row: row.at))


def newest(rows: Sequence[StoredMessage]) -> list[StoredMessage]:
    """The end of the list that one answer holds."""
    kept = size = 0
    for row in reversed(rows[-NEWEST:]):
        size += len(row.body)
        if kept and size > ANSWER_BYTES:
            break
        kept += 1
    return list(rows[len(rows) - kept :])
