"""Checking what a realm holds: its stores, that no tail has a hole, and what to compare with main.

It reads beside a realm server that runs, and changes nothing.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from realm_protocol.errors import StoreDamaged
from realm_protocol.wire import split_frame
from realm_service.checksums import checksum

_HOLES = (
    "SELECT c.conversation FROM conversations c LEFT JOIN messages m USING (conversation)"
    " WHERE c.held_to >= c.held_from GROUP BY c.conversation"
    " HAVING coalesce(sum(m.last_seq - m.first_seq + 1), 0) != c.held_to - c.held_from + 1"
    " OR min(m.first_seq) != c.held_from OR max(m.last_seq) != c.held_to"
)
_HELD = (
    "SELECT conversation, held_from, held_to FROM conversations"
    " WHERE held_to >= held_from ORDER BY conversation"
)
_RUNS = "SELECT events FROM messages WHERE conversation = ? ORDER BY first_seq"
_COUNTS = {
    "people": "SELECT count(*) FROM people",
    "memberships": "SELECT count(*) FROM memberships",
    "messages": "SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM messages",
}


def verify(folder: Path) -> dict[str, Any]:
    """Check both stores; raises `StoreDamaged` with the first findings."""
    with opened(folder / "realm.db") as store:
        _check(store, folder / "realm.db")
        queued = store.execute("SELECT count(*) FROM outbox").fetchone()[0]
    site = folder / "site.db"
    with opened(site) as replica:
        _check(replica, site)
        holes = [row[0] for row in replica.execute(f"{_HOLES} LIMIT 10")]
        if holes:
            raise StoreDamaged(path=str(site), detail=f"messages missing: {', '.join(holes)}")
        counts = {name: replica.execute(count).fetchone()[0] for name, count in _COUNTS.items()}
    return {"verified": str(folder), "queued": queued, **counts}


def checksums(folder: Path) -> Iterator[dict[str, Any]]:
    """Of what is held of each conversation; `main-server verify --against` compares them."""
    with opened(folder / "site.db") as replica:
        replica.execute("BEGIN")  # one snapshot, while the server writes on
        for conversation, first, last in replica.execute(_HELD).fetchall():
            runs = replica.execute(_RUNS, (conversation,))
            events = (bytes(event) for (frame,) in runs for event in split_frame(frame))
            yield {
                "conversation": conversation,
                "first_seq": first,
                "last_seq": last,
                "checksum": checksum(events),
            }


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """To be read; raises `StoreDamaged`."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            yield connection
    except sqlite3.DatabaseError as exc:
        raise StoreDamaged(path=str(path), detail=str(exc)) from exc


def _check(connection: sqlite3.Connection, path: Path) -> None:
    findings = [row[0] for row in connection.execute("PRAGMA integrity_check(10)")]
    if findings != ["ok"]:
        raise StoreDamaged(path=str(path), detail="; ".join(findings))
