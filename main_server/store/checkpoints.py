"""Checkpoints: moving what the write-ahead log holds into the database file, beside the writer.

Done in the writer it would hold a commit up for milliseconds. A passive checkpoint never waits for
anybody; only a log that has grown past bounds is restarted with the writer waiting.
"""

import sqlite3
import threading
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from realm_service.logs import get_logger
from realm_service.sqlite import sqlite_code

log = get_logger("checkpoints")

_JOBS_BETWEEN = 2000
_PAGES_BEFORE_RESTART = 16_384
"""64 MiB of log at the usual page size."""
_MOST_MILLISECONDS_OF_WAITING = 20
"""A restart waits for readers of old pages, and the writer for it. While a backup or `verify` reads
for minutes the log grows on instead."""


class Checkpointer:
    """A thread that checkpoints after every so many jobs."""

    def __init__(self, engine: Engine, on_broken: Callable[[], None]) -> None:
        self._engine = engine
        self._on_broken = on_broken
        self._jobs = 0
        self._wanted = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def committed(self, jobs: int) -> None:
        """The writer has committed this many jobs."""
        self._jobs += jobs
        if self._jobs >= _JOBS_BETWEEN:
            self._jobs = 0
            self._wanted.set()

    def stop(self) -> None:
        self._stopping = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_MOST_MILLISECONDS_OF_WAITING}")
            while True:
                self._wanted.wait()
                self._wanted.clear()
                try:
                    self._checkpoint(connection)
                except (sqlite3.Error, sa.exc.DBAPIError) as exc:
                    self._report(exc)
                if self._stopping:
                    return

    def _checkpoint(self, connection: sa.Connection) -> None:
        _, pages, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
        if pages >= _PAGES_BEFORE_RESTART:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)")

    def _report(self, exc: BaseException) -> None:
        if sqlite_code(exc) == sqlite3.SQLITE_IOERR:
            log.critical("checkpoint_failed", exc_info=exc)
            self._on_broken()
        else:
            # A full disk: the log keeps everything until there is room.
            log.error("checkpoint_delayed", error=str(exc))
