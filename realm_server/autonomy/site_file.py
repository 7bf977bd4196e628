"""The file that the replica lies in: opened, made anew when damaged, written by its own thread.

Reads are on the event loop, by their keys. Nobody waits for a write: what a crash takes, main tells
again.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from realm_protocol.errors import RealmchatError, StoreDamaged
from realm_server.autonomy.replica_tables import REPLICA, VERSION, metadata
from realm_service.logs import get_logger, report_defect
from realm_service.sqlite import in_words

log = get_logger("realm.site")

T = TypeVar("T")

_SUFFIXES = ("", "-wal", "-shm")


class SiteFile:
    """Made inside the event loop that reads it. The store's lock covers it."""

    def __init__(self, path: Path) -> None:
        """Raises `StoreUnwritable` or `StoreLocked`."""
        self.rebuilt: Callable[[], None] = _nobody
        """Called once the file is empty again."""
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._engine = _open_or_make(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="site")
        self._is_rebuilding = False

    def close(self) -> None:
        """Once everything that was submitted is written."""
        self._thread.shutdown()
        self._engine.dispose()

    def read(self, query: sa.Executable, **values: Any) -> Sequence[Row[Any]]:
        """Rows; none where the file can't be read, which is then made anew."""
        try:
            with in_words(self._path), self._engine.connect() as connection:
                return connection.execute(query, values).all()
        except StoreDamaged as error:
            log.error("site_damaged", detail=error.message)
            self.damaged()
            return ()

    def write(self, job: Callable[[Connection], T]) -> "asyncio.Future[T | None]":
        """Carry out a job behind those before it, in one transaction; None where that failed."""
        return self._loop.run_in_executor(self._thread, self._write, job)

    async def settled(self) -> None:
        """Until all that was submitted before is written."""
        await self._loop.run_in_executor(self._thread, _nobody)

    def _write(self, job: Callable[[Connection], T]) -> T | None:
        try:
            with in_words(self._path), self._engine.begin() as connection:
                return job(connection)
        except StoreDamaged as error:
            log.error("site_damaged", detail=error.message)
            self._loop.call_soon_threadsafe(self.damaged)
        except RealmchatError as error:
            log.error("site_not_written", code=error.code, detail=error.message)
        except Exception as error:  # a defect: the realm serves on without this
            report_defect(error, during="writing the replica")
        return None

    def damaged(self) -> None:
        """Make the file anew, behind what was submitted before."""
        if not self._is_rebuilding:
            self._is_rebuilding = True
            self._thread.submit(self._make_anew)

    def _make_anew(self) -> None:
        self._engine.dispose()
        try:
            _remove(self._path)
            self._engine = _open_or_make(self._path)
        except (OSError, RealmchatError) as error:
            log.error("site_not_rebuilt", detail=str(error))
        self._loop.call_soon_threadsafe(self._made_anew)

    def _made_anew(self) -> None:
        self._is_rebuilding = False
        self.rebuilt()


def make_sure(path: Path) -> None:
    """Find out before anything is served whether the file can be had; raises as `SiteFile` does."""
    _open_or_make(path).dispose()


def _nobody() -> None:
    """Nobody waits for it."""


def _open_or_make(path: Path) -> Engine:
    try:
        return open_engine(path)
    except StoreDamaged as error:
        log.error("site_damaged", detail=error.message)
        _remove(path)
        return open_engine(path)


def _remove(path: Path) -> None:
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def open_engine(path: Path) -> Engine:
    """An engine over the file, with its tables; raises `StoreDamaged` and its kin."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": 5.0},
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _set_up)
    try:
        with in_words(path), engine.begin() as connection:
            if connection.exec_driver_sql("PRAGMA user_version").scalar_one() != VERSION:
                metadata.drop_all(connection, tables=REPLICA)
                metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
        path.chmod(0o600)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    # NORMAL: nothing here is acknowledged to anybody, so a commit need not wait for the disk.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
