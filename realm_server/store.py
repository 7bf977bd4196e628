"""The realm's own SQLite file: what it must know while main is away.

Writes gather in memory and go out in one transaction about once a second: what a crash takes was
confirmed by main and will be confirmed again. Reads are single rows by their key.
"""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection, Engine

from realm_protocol.errors import RealmchatError
from realm_protocol.names import Address
from realm_server.schema import facts, line_cursors, sessions
from realm_service.locking import locked
from realm_service.logs import get_logger
from realm_service.sqlite import in_words, migrate

log = get_logger("realm.store")

_MIGRATIONS = Path(__file__).parent / "migrations"
_BATCH = 1000
"""Rows of one transaction: a sign-in storm must not hold the event loop for long."""


_PATIENCE_SECONDS = 10
"""How long what must be durable waits while the rest of the store holds the file."""


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that main has confirmed at this realm."""

    token_hash: bytes
    session_id: str
    person: int
    address: Address
    expires_at: int
    """Milliseconds since 1970."""
    limit_class: str


class Store:
    """The open store; made by `open_store`."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self.path = path
        self._unwritten: dict[bytes, KnownSession | None] = {}
        self._unwritten_facts: dict[str, int] = {}
        self._unwritten_cursors: dict[tuple[Address, str, str], int] = {}
        self._ended: set[str] = set()
        with engine.connect() as connection:
            self._facts: dict[str, int] = {
                row.name: row.value for row in connection.execute(sa.select(facts))
            }

    @property
    def epoch(self) -> int:
        """Main's epoch as this realm saw it last; 0 when it never did."""
        return self._facts.get("epoch", 0)

    @property
    def had_link(self) -> bool:
        """Whether the link has ever been up since this store was made."""
        return "had_link" in self._facts

    def link_came(self, epoch: int) -> None:
        """The link has come, with main at this epoch."""
        self._unwritten_facts.update(epoch=epoch, had_link=1)
        self._facts.update(self._unwritten_facts)

    def remember(self, session: KnownSession) -> None:
        self._unwritten[session.token_hash] = session

    def forget(self, token_hash: bytes) -> None:
        self._unwritten[token_hash] = None

    def forget_ended(self, session_ids: Iterable[str]) -> None:
        """Main has ended these, whether anybody of them is there or not."""
        self._ended.update(session_ids)

    def find(self, token_hash: bytes, now: int) -> KnownSession | None:
        """The session of this token; None where it is unknown, forgotten, or ended by `now`."""
        if token_hash in self._unwritten:
            found = self._unwritten[token_hash]
        else:
            found = self._read(token_hash)
        if found is None or found.expires_at <= now or found.session_id in self._ended:
            return None
        return found

    def person_at(self, address: Address) -> int | None:
        """Main's number of somebody who is signed in at an address; None where nobody is."""
        for session in self._unwritten.values():
            if session is not None and session.address == address:
                return session.person
        query = sa.select(sessions.c.person).where(sessions.c.address == address).limit(1)
        with in_words(self.path), self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def _read(self, token_hash: bytes) -> KnownSession | None:
        query = sa.select(sessions).where(sessions.c.token_hash == token_hash)
        with in_words(self.path), self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        values = row._asdict()
        return KnownSession(**{**values, "address": Address(values["address"])})

    def cursors(self, address: Address, dialect: str) -> dict[str, int]:
        """Up to where an account's programs of a dialect are in each conversation."""
        query = sa.select(line_cursors.c.conversation, line_cursors.c.seq).where(
            line_cursors.c.address == address, line_cursors.c.dialect == dialect
        )
        with in_words(self.path), self._engine.connect() as connection:
            found = {row.conversation: row.seq for row in connection.execute(query)}
        for (owner, spoken, conversation), seq in self._unwritten_cursors.items():
            if (owner, spoken) == (address, dialect):
                found[conversation] = seq
        return found

    def set_cursors(self, address: Address, dialect: str, moved: Mapping[str, int]) -> None:
        """They are here now. Written with the next `write`."""
        for conversation, seq in moved.items():
            self._unwritten_cursors[address, dialect, conversation] = seq

    def write(self, now: int) -> None:
        """Write what has gathered. Where the file takes it not, it is kept for the next time."""
        unwritten = self._unwritten or self._unwritten_facts or self._unwritten_cursors
        if not (unwritten or self._ended):
            return
        ended = list(self._ended)
        batch = dict(itertools.islice(self._unwritten.items(), _BATCH))
        try:
            with in_words(self.path), self._engine.begin() as connection:
                _write_facts(connection, self._unwritten_facts)
                _write_sessions(connection, batch)
                _write_cursors(connection, self._unwritten_cursors)
                _delete_ended(connection, ended)
                connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
        except RealmchatError as error:
            log.error("store_not_written", code=error.code, detail=error.message)
            return
        self._unwritten_facts.clear()
        self._unwritten_cursors.clear()
        self._ended.difference_update(ended)
        for token_hash in batch:
            del self._unwritten[token_hash]

    def write_all(self, now: int) -> None:
        """Write everything, in as many transactions as it takes: the realm is stopping."""
        for _ in range(len(self._unwritten) // _BATCH + 1):
            self.write(now)


def _write_facts(connection: Connection, values: dict[str, int]) -> None:
    if values:
        upsert = insert(facts)
        upsert = upsert.on_conflict_do_update(
            index_elements=[facts.c.name], set_={"value": upsert.excluded.value}
        )
        connection.execute(upsert, [{"name": n, "value": v} for n, v in values.items()])


def _write_sessions(connection: Connection, batch: dict[bytes, KnownSession | None]) -> None:
    kept = [asdict(session) for session in batch.values() if session is not None]
    gone = [token_hash for token_hash, session in batch.items() if session is None]
    if kept:
        upsert = insert(sessions)
        changing = {c.name: upsert.excluded[c.name] for c in sessions.c if not c.primary_key}
        connection.execute(
            upsert.on_conflict_do_update(index_elements=[sessions.c.token_hash], set_=changing),
            kept,
        )
    if gone:
        connection.execute(
            sa.delete(sessions).where(sessions.c.token_hash == sa.bindparam("gone")),
            [{"gone": token_hash} for token_hash in gone],
        )


def _delete_ended(connection: Connection, session_ids: list[str]) -> None:
    if session_ids:
        connection.execute(
            sa.delete(sessions).where(sessions.c.session_id == sa.bindparam("ended")),
            [{"ended": session_id} for session_id in session_ids],
        )


def _write_cursors(connection: Connection, moved: dict[tuple[Address, str, str], int]) -> None:
    if not moved:
        return
    upsert = insert(line_cursors)
    key = [column for column in line_cursors.c if column.primary_key]
    connection.execute(
        upsert.on_conflict_do_update(index_elements=key, set_={"seq": upsert.excluded.seq}),
        [
            {"address": str(address), "dialect": dialect, "conversation": conversation, "seq": seq}
            for (address, dialect, conversation), seq in moved.items()
        ],
    )


@contextmanager
def open_store(home: Path) -> Iterator[Store]:
    """The store below this folder, held by this process until the block ends.

    Raises `StoreLocked`, `StoreDamaged`, `StoreTooNew` or `StoreUnwritable`.
    """
    path = home / "realm.db"
    with locked(path):
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            connect_args={"timeout": 0.2},
            hide_parameters=True,
        )
        sa.event.listen(engine, "connect", _set_up)
        try:
            with in_words(path), engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # else SQLite commits each CREATE
                migrate(connection, path, _MIGRATIONS)
            path.chmod(0o600)
            yield Store(engine, path)
        finally:
            engine.dispose()


def durable_engine(path: Path) -> Engine:
    """Another way into the open store, for what must outlive a power cut once it is answered."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _PATIENCE_SECONDS, "check_same_thread": False},
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _set_up_durable)
    return engine


def _set_up_durable(connection: sqlite3.Connection, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    # NORMAL: nothing here is acknowledged to anybody, so a commit need not wait for the disk.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
