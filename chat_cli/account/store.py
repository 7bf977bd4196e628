"""One account's SQLite file, and the one thread that touches it.

Jobs that are submitted in one turn of the event loop share a transaction; whoever awaits a job
goes on after its COMMIT was synced. What a job does is in the modules beside this one.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from chat_cli.account.schema import events
from realm_protocol.errors import (
    RealmchatError,
    StorageFull,
    StoreUnwritable,
)
from realm_service.sqlite import in_words, migrate

T = TypeVar("T")
Job = Callable[[Connection], T]

_MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(slots=True)
class _Submitted:
    job: Job[Any]
    future: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None


class Store:
    """The file of one account. Made by `open_store`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last_event_id = 0
        """The newest event that is committed."""
        self.events_appended: Callable[[], None] = lambda: None
        """Called in the event loop after a commit that appended events."""
        self._loop = asyncio.get_running_loop()
        self._ended = False
        self._gathered: list[_Submitted] = []
        self._batches: queue.SimpleQueue[list[_Submitted] | None] = queue.SimpleQueue()
        self._closed = self._loop.create_future()
        self._thread = threading.Thread(target=self._work, name=f"store {path.stem}", daemon=True)

    def run(self, job: Job[T]) -> "asyncio.Future[T]":
        """Do `job` in this turn's transaction; the future is done when it is committed.

        A job that raises is undone alone; its error is the future's.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        if self._ended:
            future.set_exception(StoreUnwritable(path=str(self.path), detail="it is closed"))
            return future
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(_Submitted(job, future))
        return future

    async def close(self) -> None:
        """Finish what was submitted, then close the file."""
        self._hand_over()
        self._ended = True
        self._batches.put(None)
        await asyncio.shield(self._closed)

    async def start(self) -> None:
        """Open the file and bring its schema up to date; raises what is wrong with it."""
        opened: asyncio.Future[None] = self._loop.create_future()
        self._opened = opened
        self._thread.start()
        await opened

    def _hand_over(self) -> None:
        if self._gathered:
            self._batches.put(self._gathered)
            self._gathered = []

    # --- in the thread ---------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            with open_database(self.path) as connection:
                self._tell(_succeed, self._opened, None)
                while (batch := self._batches.get()) is not None:
                    self._run_batch(connection, batch)
        except RealmchatError as error:
            self._tell(_fail, self._opened, error)
        finally:
            self._tell(_succeed, self._closed, None)

    def _run_batch(self, connection: Connection, batch: list[_Submitted]) -> None:
        try:
            with connection.begin():
                for submitted in batch:
                    _run_job(connection, submitted)
                newest = connection.scalar(select(func.max(events.c.id))) or 0
        except Exception as exc:
            # Not committed: whoever awaits any of these jobs must hear it.
            error = store_error(self.path, exc)
            for submitted in batch:
                submitted.error = submitted.error or error
            newest = self.last_event_id
        self._tell(self._finish, batch, newest)

    def _tell(self, callback: Callable[..., None], *arguments: Any) -> None:
        # The loop is gone when the process ends without closing its accounts.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _finish(self, batch: list[_Submitted], newest: int) -> None:
        appended = newest > self.last_event_id
        self.last_event_id = max(newest, self.last_event_id)
        for submitted in batch:
            if submitted.error is not None:
                _fail(submitted.future, submitted.error)
            else:
                _succeed(submitted.future, submitted.result)
        if appended:
            self.events_appended()


def _run_job(connection: Connection, submitted: _Submitted) -> None:
    """One job in a savepoint, so that a failing one leaves the others of its batch alone."""
    connection.exec_driver_sql("SAVEPOINT job")
    try:
        submitted.result = submitted.job(connection)
    except Exception as exc:
        if _is_store_failing(exc):
            # SQLite may have undone the whole transaction already, savepoints and all.
            raise
        # A refusal, or a defect of this job: it belongs to whoever awaits it.
        submitted.error = exc
        connection.exec_driver_sql("ROLLBACK TO job")
    connection.exec_driver_sql("RELEASE job")


_FAILING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}


def _is_store_failing(exc: Exception) -> bool:
    """Whether the file is at fault: then the whole transaction is."""
    cause = exc.orig if isinstance(exc, DBAPIError) else exc
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _FAILING


def _succeed(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


async def open_store(path: Path) -> Store:
    """Open an account's file, made anew where there is none.

    Raises `StoreDamaged`, `StoreTooNew`, `StoreLocked` or `StoreUnwritable`.
    """
    store = Store(path)
    await store.start()
    return store


@contextlib.contextmanager
def open_database(path: Path) -> Iterator[Connection]:
    """A connection to the file at `path` with the newest schema."""
    try:
        path.touch(mode=0o600)
        engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool, hide_parameters=True)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        try:
            with engine.connect() as connection:
                with connection.begin():
                    migrate(connection, path, _MIGRATIONS)
                yield connection
        finally:
            engine.dispose()
    except (DBAPIError, sqlite3.Error, OSError) as exc:
        raise store_error(path, exc) from exc


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    # Transactions are begun by `_begin`: the driver's own way commits at DDL and savepoints.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    # The outbox promises `saved`: a commit that wasn't synced would be a lie after a power cut.
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def store_error(path: Path, exc: Exception) -> RealmchatError:
    """What a failure of the database means to people."""
    cause = exc.orig if isinstance(exc, DBAPIError) else exc
    if getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return StorageFull(server="chat-cli service")
    try:
        with in_words(path):
            raise exc
    except RealmchatError as error:
        return error
    except Exception as other:  # what SQLAlchemy or the system says
        return StoreUnwritable(path=str(path), detail=str(other))
