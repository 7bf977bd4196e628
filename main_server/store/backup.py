"""Backups: a copy of the store while it is in use, putting one back, and checking a store.

A restored store gets a new epoch: what it numbers from then on is not what clients have seen.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from main_server.store.database import open_engine
from realm_protocol.errors import AskedWrongly, StoreDamaged, StoreUnwritable
from realm_service.sqlite import sqlite_code

_PARTS = ("", "-wal", "-shm", ".lock", ".operator")


class BackupNotFound(AskedWrongly):
    code = "backup_not_found"
    status = 404
    text = "There is no backup {path}."


def back_up(store: Path, target: Path) -> dict[str, Any]:
    """Copy the store as it is now; the file appears whole or not at all."""
    if target.resolve() in [store.with_name(store.name + suffix).resolve() for suffix in _PARTS]:
        raise StoreUnwritable(path=str(target), detail="it is a part of the store itself")
    unfinished = target.with_name(f".{target.name}.unfinished")
    with _in_words(target):
        _copy(store, unfinished)
        _sync(unfinished)
        unfinished.replace(target)
        _sync(target.parent)
    return {"backup": str(target), "bytes": target.stat().st_size}


def _copy(source_path: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    with (
        contextlib.closing(read_only(source_path)) as source,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        # In one go, from one snapshot: in parts it begins anew after every commit.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def read_only(path: Path) -> sqlite3.Connection:
    """A store that a server may have open."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def restore(store: Path, backup: Path) -> dict[str, Any]:
    """Put a backup in the store's place, under a new epoch. The store must be locked by us.

    What was there is kept beside it, as `NAME.before-restore`, `NAME.before-restore-2` ….
    """
    if not backup.is_file():
        raise BackupNotFound(path=str(backup))
    unfinished = store.with_name(f".{store.name}.restoring")
    with _in_words(backup):
        _copy(backup, unfinished)
    with _in_words(store):
        epoch = max(_epoch(unfinished), _epoch_if_any(store), int(time.time()))
        _raise_epoch(unfinished, epoch + 1)
        # Looked at before it takes the place of a store that may be better.
        verify(unfinished)
        open_engine(unfinished).dispose()
        _sync(unfinished)
        _set_aside(store)
        unfinished.replace(store)
        _sync(store.parent)
    return {"restored": str(backup), "epoch": epoch + 1}


def _epoch(path: Path) -> int:
    try:
        with contextlib.closing(read_only(path)) as connection:
            row = connection.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()
    except sqlite3.DatabaseError as exc:
        raise StoreDamaged(path=str(path), detail=str(exc)) from exc
    if row is None:
        raise StoreDamaged(path=str(path), detail="it has no epoch")
    return int(row[0])


def _raise_epoch(path: Path, epoch: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE facts SET value = ? WHERE name = 'epoch'", (epoch,))


def _epoch_if_any(path: Path) -> int:
    """0 where there is no store, or one so damaged that it is being replaced for it."""
    try:
        return _epoch(path)
    except StoreDamaged:
        return 0


def _set_aside(store: Path) -> None:
    """Keep the file and its log together under another name; never over what was kept before."""
    if not store.exists():
        return
    kept = store.with_name(f"{store.name}.before-restore")
    number = 1
    while kept.exists():
        number += 1
        kept = store.with_name(f"{store.name}.before-restore-{number}")
    for suffix in ("", "-wal", "-shm"):
        part = store.with_name(store.name + suffix)
        if part.exists():
            part.replace(kept.with_name(kept.name + suffix))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise StoreUnwritable(path=str(exc.filename or path), detail=exc.strerror) from exc
    except sqlite3.DatabaseError as exc:
        if sqlite_code(exc) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreDamaged(path=str(path), detail=str(exc)) from exc
        raise StoreUnwritable(path=str(path), detail=str(exc)) from exc


_CHECKS = {
    # A counter is written behind its messages; one that is ahead of them has lost some.
    "numbers without holes": (
        "SELECT c.public_id FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id"
        " GROUP BY c.id HAVING count(m.seq) != max(c.last_seq, coalesce(max(m.seq), 0))"
        " OR count(DISTINCT m.seq) != count(m.seq)"
    ),
    "messages found by their numbers": (
        "SELECT c.public_id FROM conversations c LEFT JOIN message_log m"
        " ON m.conversation_id = c.id GROUP BY c.id"
        " HAVING count(DISTINCT m.seq) != max(c.last_seq, coalesce(max(m.seq), 0))"
    ),
    "watermarks in order": (
        "SELECT c.public_id FROM memberships s JOIN conversations c ON c.id = s.conversation_id"
        " WHERE s.read > s.delivered OR s.delivered > c.last_seq AND s.delivered >"
        " (SELECT coalesce(max(seq), 0) FROM message_log WHERE conversation_id = c.id)"
    ),
    "no stray messages": (
        "SELECT m.id FROM messages m LEFT JOIN conversations c ON c.id = m.conversation_id"
        " LEFT JOIN people p ON p.id = m.sender_id WHERE c.id IS NULL OR p.id IS NULL"
    ),
}


def verify(store: Path) -> dict[str, Any]:
    """Check the file and what must hold in it; raises `StoreDamaged` with the first findings."""
    try:
        with contextlib.closing(read_only(store)) as connection:
            findings = [
                row[0] for row in connection.execute("PRAGMA integrity_check(10)") if row[0] != "ok"
            ]
            for name, query in _CHECKS.items():
                found = [str(row[0]) for row in connection.execute(f"{query} LIMIT 10")]
                if found:
                    findings.append(f"{name}: {', '.join(found)}")
            counts = {
                table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
                for table in ("realms", "people", "conversations", "messages")
            }
    except sqlite3.DatabaseError as exc:
        raise StoreDamaged(path=str(store), detail=str(exc)) from exc
    if findings:
        raise StoreDamaged(path=str(store), detail="; ".join(findings))
    return {"verified": str(store), **counts}
