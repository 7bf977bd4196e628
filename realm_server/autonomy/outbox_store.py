"""The outbox on the disk. Its own thread writes it: all that came meanwhile with one sync.

What a message means is not known here, nor when it goes out: that is `outbox`'s.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from realm_protocol.commands import CLIENT_COMMANDS
from realm_protocol.errors import RealmchatError, StorageFull, StoreBusy
from realm_protocol.names import Address
from realm_protocol.wire import pack
from realm_server.autonomy.lanes import Kept
from realm_server.schema import outbox
from realm_server.store import durable_engine
from realm_service.logs import get_logger
from realm_service.sqlite import in_words, sqlite_code

log = get_logger("realm.outbox")


@dataclass(slots=True)
class _Batch:
    """What one transaction does."""

    kept: list[tuple[int, Kept]] = field(default_factory=list)
    """Each with the generation that it belongs to."""
    gone: list[int] = field(default_factory=list)
    is_last: bool = False

    def __bool__(self) -> bool:
        return bool(self.kept or self.gone)


class OutboxStore:
    """The table `outbox` of the realm's store. What it tells, it tells in the event loop."""

    def __init__(self, path: Path) -> None:
        """`path` of the open store, with the newest schema."""
        self._path = path
        self._engine = durable_engine(path)
        self._queue: queue.SimpleQueue[tuple[int, Kept] | int | None] = queue.SimpleQueue()
        self._unforgotten: list[int] = []
        self._generation = 0
        self._least_generation = 0
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def read_all(self) -> tuple[list[Kept], int]:
        """What is kept, in order, and the last position that was ever given."""
        with in_words(self._path), self._engine.connect() as connection:
            last = connection.scalar(
                sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
            )
            rows = connection.execute(sa.select(outbox).order_by(outbox.c.position)).all()
        return [_kept(row) for row in rows], last or 0

    def start(
        self,
        call: Callable[..., Any],
        written: Callable[[list[Kept]], None],
        failed: Callable[[list[Kept], RealmchatError], None],
    ) -> None:
        """`call` has the event loop call one of the two, in the order of `keep`."""
        self._call, self._written, self._failed = call, written, failed
        self._thread.start()

    def keep(self, kept: Kept) -> None:
        """Write it; when it is synced, that is told."""
        self._queue.put((self._generation, kept))

    def forget(self, kept: Kept) -> None:
        """It need not be kept any more."""
        self._queue.put(kept.position)

    def close(self) -> None:
        """Write what was handed over, then end."""
        self._queue.put(None)
        self._thread.join()
        self._engine.dispose()

    # --- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        batch = _Batch()
        while not batch.is_last:
            batch = self._gather()
            if batch:
                self._write(batch)

    def _gather(self) -> _Batch:
        """All that has come; waits for the first."""
        batch = _Batch()
        item = self._queue.get()
        with suppress(queue.Empty):
            while item is not None:
                if isinstance(item, int):
                    batch.gone.append(item)
                else:
                    batch.kept.append(item)
                item = self._queue.get_nowait()
            batch.is_last = True
        return batch

    def _write(self, batch: _Batch) -> None:
        # After a failure, what was handed over before it was told fails too: it must not overtake.
        late = [kept for generation, kept in batch.kept if generation < self._least_generation]
        fresh = [kept for generation, kept in batch.kept if generation >= self._least_generation]
        if late:
            self._tell(self._failed, late, StoreBusy(server="realm server"))
        try:
            self._commit(fresh, self._unforgotten + batch.gone)
        except (sqlite3.Error, DBAPIError) as exc:
            self._least_generation = batch.kept[-1][0] + 1 if batch.kept else self._least_generation
            self._unforgotten += batch.gone
            error = _said(exc)
            log.error("outbox_not_written", messages=len(fresh), code=error.code, detail=str(exc))
            if fresh:
                self._tell(self._fail, fresh, error)
        else:
            self._unforgotten.clear()
            if fresh:
                self._tell(self._written, fresh)

    def _commit(self, kept: list[Kept], gone: list[int]) -> None:
        with self._engine.begin() as connection:
            if kept:
                connection.execute(sa.insert(outbox), [_row(one) for one in kept])
            if gone:
                connection.execute(
                    sa.delete(outbox).where(outbox.c.position == sa.bindparam("gone")),
                    [{"gone": position} for position in gone],
                )

    def _tell(self, what: Callable[..., None], *arguments: Any) -> None:
        # The loop is gone when the process ends without closing the outbox.
        with suppress(RuntimeError):
            self._call(what, *arguments)

    def _fail(self, kept: list[Kept], error: RealmchatError) -> None:
        """In the event loop: what is handed over from now on knows of this failure."""
        self._generation += 1
        self._failed(kept, error)


def _row(kept: Kept) -> dict[str, Any]:
    return {
        "position": kept.position,
        "person": kept.person,
        "sender": str(kept.sender),
        "command": pack(kept.command),
        "at": kept.at,
    }


def _kept(row: Any) -> Kept:
    command = CLIENT_COMMANDS.read(row.command)
    return Kept(row.position, row.person, Address(row.sender), command, row.at)


def _said(exc: Exception) -> RealmchatError:
    """To the sender both mean: later. What failed is in the log."""
    if sqlite_code(exc) == sqlite3.SQLITE_FULL:
        return StorageFull(server="realm server")
    return StoreBusy(server="realm server")
