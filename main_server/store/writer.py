"""The one writer: a thread that does all writes of the store and hands effects out in commit order.

What arrived while a batch was being committed is the next batch: one sync pays for all of it.
What a job means is the rules' to decide (`Rules`); here it is begun, committed, rolled back.
"""

import os
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from main_server.effects import Asker, Effect, LiveSession
from main_server.store.checkpoints import Checkpointer
from main_server.store.database import read_epoch
from main_server.store.ledger import Ledger
from main_server.store.schema import conversations, facts, memberships
from realm_protocol.errors import RealmchatError, StorageFull, StoreBusy
from realm_service.logs import get_logger, report_defect
from realm_service.sqlite import in_words, sqlite_code

log = get_logger("writer")

_BATCH_JOBS = 2000
_SLOW_JOBS_PER_BATCH = 64
_BEHIND_EVERY_SECONDS = 1.0
_MOST_UNINDEXED = 4000
"""Messages. Each reading of a conversation looks through them; indexing them is one short pause."""
_POSITIONS_OF_A_RUN = 2**34
"""More commits than a process lives for; 500,000 runs fit into a position's 53 bits."""


class Job(msgspec.Struct, gc=False):
    """Something to write: a command of a session, or a piece of work inside main."""

    command: Any
    session: LiveSession | None = None
    asker: Asker | None = None


@dataclass(slots=True)
class Transaction:
    """What a rule works with. `careful`: keys are looked up and each row is written at once."""

    connection: Connection
    ledger: Ledger
    now: int
    position: int
    epoch: int
    careful: bool = False
    effects: list[Effect] = field(default_factory=list)
    afterwards: list[Effect] = field(default_factory=list)
    """Effects of the present job that follow its answer."""
    undo: list[Callable[[], None]] = field(default_factory=list)
    """What puts back, newest first, what was changed in memory and in no row."""

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is done inside is undone alone when it raises."""
        self.ledger.flush()
        effects_before, undo_before = len(self.effects), len(self.undo)
        changes_before, numbers_before = self.ledger.changes, self.ledger.numbers
        self.connection.exec_driver_sql("SAVEPOINT job")
        try:
            yield
            self.ledger.flush()
        except BaseException as exc:
            del self.effects[effects_before:]
            self.afterwards.clear()
            self.put_back(undo_before)
            # Rules refuse before they change anything, mostly: then memory is as true as it was.
            if not isinstance(exc, RealmchatError) or self.ledger.changes != changes_before:
                self.ledger.forget()
            self.ledger.put_back_numbers(numbers_before)
            # A full disk may have ended the whole transaction, and the savepoint with it.
            if self.ledger.in_transaction:
                self.connection.exec_driver_sql("ROLLBACK TO job")
                self.connection.exec_driver_sql("RELEASE job")
            raise
        self.connection.exec_driver_sql("RELEASE job")

    def put_back(self, until: int = 0) -> None:
        """Undo what was noted after the first `until`."""
        while len(self.undo) > until:
            self.undo.pop()()


class Rules(Protocol):
    """What jobs mean."""

    def perform(self, tx: Transaction, job: Job) -> None:
        """Carry out a job inside a transaction; raise `RealmchatError` to refuse it."""

    def refused(self, job: Job, error: RealmchatError) -> Effect | None:
        """The job came to nothing, by its own fault or with its whole batch."""


class Writer:
    """Owns the writing connection. `publish` is called in the writer's thread, once per batch."""

    def __init__(
        self,
        engine: Engine,
        rules: Rules,
        publish: Callable[[list[Effect]], None],
        *,
        clock: Callable[[], float] = time.time,
        on_commit: Callable[[int, float], None] = lambda _jobs, _seconds: None,
        on_broken: Callable[[], None] = lambda: os._exit(1),
    ) -> None:
        """`on_broken` is what an I/O error on COMMIT or sync comes to: the process must end.

        After it nothing is known of what is on the disk; the restart's recovery and the senders'
        keys decide. A sync is never tried again.
        """
        self._rules = rules
        self._publish = publish
        self._clock = clock
        self._on_commit = on_commit
        self._checkpointer = Checkpointer(engine, on_broken)
        self._on_broken = on_broken
        self._connection = engine.connect()
        self._ledger = Ledger(self._connection)
        with in_words(Path(engine.url.database or "")):
            self._position = _claim_positions(self._connection)
            self._settle_what_was_left()
        self._epoch = read_epoch(self._connection)
        self._live: queue.SimpleQueue[Sequence[Job] | None] = queue.SimpleQueue()
        self._slow: deque[Job] = deque()
        self._written_behind = 0.0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def _settle_what_was_left(self) -> None:
        """By a server that was killed."""
        if self._ledger.unindexed:
            self._position += 1
            self._ledger.begin(self._position)
            self._ledger.settle()
            self._ledger.commit()

    # --- called from other threads ---------------------------------------------------------------

    def start(self) -> None:
        self._checkpointer.start()
        self._thread.start()

    def submit(self, jobs: Sequence[Job]) -> None:
        """Live jobs, in order."""
        self._live.put(jobs)

    def submit_slow(self, job: Job) -> None:
        """A job that may wait behind live ones (attaching a session); in order among its kind."""
        self._slow.append(job)
        self._live.put(())

    def stop(self) -> None:
        """Commit what was submitted before, then end."""
        self._live.put(None)
        self._thread.join()
        self._checkpointer.stop()

    @property
    def epoch(self) -> int:
        return self._epoch

    # --- the thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._write_until_stopped()
        except BaseException as exc:
            # Without its writer main would take requests and never answer one.
            log.critical("writer_ended", exc_info=exc)
            self._on_broken()

    def _write_until_stopped(self) -> None:
        while not self._stopping:
            jobs = self._gather()
            if jobs:
                self._commit(jobs)
            if self._behind_due():
                self._write_behind()
        while self._slow:
            self._commit([self._slow.popleft()])
        if self._is_behind:
            self._write_behind()
        self._connection.close()

    @property
    def _is_behind(self) -> bool:
        """Whether there are watermarks to write, or places of messages."""
        return self._ledger.has_marks or self._ledger.unindexed > 0

    def _behind_due(self) -> bool:
        return self._ledger.unindexed >= _MOST_UNINDEXED or (
            self._is_behind and time.monotonic() - self._written_behind >= _BEHIND_EVERY_SECONDS
        )

    def _gather(self) -> list[Job]:
        """All that has arrived; waits for the first."""
        jobs: list[Job] = []
        timeout = _BEHIND_EVERY_SECONDS if self._is_behind else None
        try:
            arrived = self._live.get(timeout=timeout)
            while arrived is not None:
                jobs.extend(arrived)
                if len(jobs) >= _BATCH_JOBS:
                    break
                arrived = self._live.get_nowait()
            else:
                self._stopping = True
        except queue.Empty:
            pass
        slow = min(len(self._slow), _SLOW_JOBS_PER_BATCH)
        jobs.extend(self._slow.popleft() for _ in range(slow))
        if self._slow and not self._stopping:
            self._live.put(())
        return jobs

    def _commit(self, jobs: list[Job]) -> None:
        began = time.perf_counter()
        try:
            effects = self._attempt(jobs, careful=False)
        except (sqlite3.IntegrityError, sa.exc.IntegrityError):
            # A key came again, or a row is at fault: row by row, to find which.
            effects = self._attempt_or_refuse(jobs, careful=True)
        except (sqlite3.Error, sa.exc.DBAPIError) as exc:
            effects = self._refuse_all(jobs, exc)
        self._on_commit(len(jobs), time.perf_counter() - began)
        self._publish(effects)

    def _attempt_or_refuse(self, jobs: list[Job], *, careful: bool) -> list[Effect]:
        try:
            return self._attempt(jobs, careful=careful)
        except (sqlite3.Error, sa.exc.DBAPIError) as exc:
            return self._refuse_all(jobs, exc)

    def _attempt(self, jobs: list[Job], *, careful: bool) -> list[Effect]:
        tx = Transaction(
            connection=self._connection,
            ledger=self._ledger,
            now=int(self._clock() * 1000),
            position=self._position + 1,
            epoch=self._epoch,
            careful=careful,
        )
        try:
            self._ledger.begin(tx.position, careful=careful)
            for job in jobs:
                self._perform(tx, job)
            # Commit before answering: a crash after the ack must not lose the message.
            self._ledger.commit()
        except BaseException:
            tx.put_back()
            self._ledger.roll_back()
            raise
        self._position = tx.position
        self._checkpointer.committed(len(jobs))
        return tx.effects

    def _perform(self, tx: Transaction, job: Job) -> None:
        try:
            self._rules.perform(tx, job)
        except RealmchatError as error:
            self._refuse(tx.effects, job, error)
        except (sqlite3.Error, sa.exc.DBAPIError) as exc:
            at_fault = tx.careful and sqlite_code(exc) == sqlite3.SQLITE_CONSTRAINT
            if not at_fault or not self._ledger.in_transaction:
                raise
            # The row at fault is found, and its savepoint rolled back: refused alone.
            self._refuse(tx.effects, job, report_defect(exc, command=type(job.command).__name__))
        except Exception as exc:
            self._refuse(tx.effects, job, report_defect(exc, command=type(job.command).__name__))

    def _refuse_all(self, jobs: list[Job], exc: BaseException) -> list[Effect]:
        """Nothing of the batch is stored: everybody in it is told to come again."""
        code = sqlite_code(exc)
        if code == sqlite3.SQLITE_FULL:
            log.error("storage_full", jobs=len(jobs))
            error: RealmchatError = StorageFull(server="main server")
        elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            log.error("store_busy", jobs=len(jobs))
            error = StoreBusy(server="main server")
        elif code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            log.critical("store_broken", exc_info=exc)
            self._on_broken()
            error = report_defect(exc)
        else:
            error = report_defect(exc)
        effects: list[Effect] = []
        for job in jobs:
            self._refuse(effects, job, error)
        return effects

    def _refuse(self, effects: list[Effect], job: Job, error: RealmchatError) -> None:
        effect = self._rules.refused(job, error)
        if effect is not None:
            effects.append(effect)

    def _write_behind(self) -> None:
        """Unsynced: watermarks are cheap to move again, and messages are found without an index."""
        self._written_behind = time.monotonic()
        try:
            self._connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
            self._ledger.begin(self._position + 1)
            if self._ledger.has_marks:
                self._ledger.flush_marks()
            self._ledger.settle()
            self._ledger.commit()
            self._position += 1
        except (sqlite3.Error, sa.exc.DBAPIError) as exc:
            self._ledger.roll_back()
            self._refuse_all([], exc)
        finally:
            self._connection.exec_driver_sql("PRAGMA synchronous=FULL")


def _claim_positions(connection: Connection) -> int:
    """Where this run's positions begin: above any that another run has told a client.

    Not every commit leaves its position in a row, and a position told twice with different
    meanings would hide from a client what came between.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    begin = _last_position(connection)
    connection.execute(sa.delete(facts).where(facts.c.name == "positions"))
    connection.execute(sa.insert(facts).values(name="positions", value=begin + _POSITIONS_OF_A_RUN))
    connection.exec_driver_sql("COMMIT")
    return begin


def _last_position(connection: Connection) -> int:
    """Above any that a run of the server has used or may use."""
    claimed = connection.scalar(sa.select(facts.c.value).where(facts.c.name == "positions"))
    newest = [
        claimed,
        *(
            connection.scalar(sa.select(sa.func.max(table.c.changed_at)))
            for table in (conversations, memberships)
        ),
    ]
    return max((value for value in newest if value is not None), default=0)


def write_once(engine: Engine, work: Callable[[Transaction], Any]) -> Any:
    """One transaction on a store that no server has open; effects have nobody to reach."""
    with engine.connect() as connection:
        tx = Transaction(
            connection=connection,
            ledger=Ledger(connection),
            now=int(time.time() * 1000),
            position=_last_position(connection) + 1,
            epoch=read_epoch(connection),
        )
        tx.ledger.begin(tx.position)
        try:
            tx.ledger.settle()
            result = work(tx)
            tx.ledger.commit()
        except BaseException:
            tx.ledger.roll_back()
            raise
        return result
