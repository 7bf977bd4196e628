"""Opening the store: its lock, its schema, its epoch, and how SQLite is set up."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import QueuePool

from main_server.store.schema import facts
from realm_protocol.errors import (
    AskedWrongly,
    StoreDamaged,
    StoreLocked,
    StoreTooNew,
    StoreUnwritable,
)

_MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseUnsupported(AskedWrongly):
    code = "database_unsupported"
    text = "The database {url} can't be used: this version stores in SQLite (sqlite:///PATH) only."


def database_path(url: str) -> Path:
    """The file of a `sqlite:///` URL; raises `DatabaseUnsupported` for any other."""
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise DatabaseUnsupported(url=url) from exc
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise DatabaseUnsupported(url=parsed.render_as_string(hide_password=True))
    return Path(parsed.database).absolute()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the store for this process; raises `StoreLocked` or `StoreUnwritable`."""
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise StoreUnwritable(path=str(path.parent), detail=exc.strerror) from exc
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise StoreLocked(path=str(path)) from exc
        yield
    finally:
        os.close(descriptor)


def open_engine(path: Path) -> Engine:
    """An engine over the file. Transactions are begun by hand; readers see a snapshot each.

    Raises `StoreDamaged`, `StoreTooNew`, `StoreLocked` or `StoreUnwritable`.
    """
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=4,
        connect_args={"check_same_thread": False, "timeout": 5.0, "cached_statements": 256},
        isolation_level="AUTOCOMMIT",
    )
    sa.event.listen(engine, "connect", _set_up)
    try:
        with engine.connect() as connection:
            _migrate(connection, path)
    except BaseException:
        engine.dispose()
        raise
    path.chmod(0o600)
    return engine


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=OFF",  # checked by the rules; the append path pays for no second look
        "cache_size=-65536",
        "temp_store=MEMORY",
        "wal_autocheckpoint=0",  # `checkpoints` does it, beside the writer
    ):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(connection: Connection, path: Path) -> None:
    try:
        with opened_in_words(path):
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS))
            config.attributes["connection"] = connection
            _refuse_newer(connection, ScriptDirectory.from_config(config), path)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            command.upgrade(config, "head")
            if connection.scalar(sa.select(facts.c.value).where(facts.c.name == "epoch")) is None:
                connection.execute(sa.insert(facts).values(name="epoch", value=int(time.time())))
            connection.exec_driver_sql("COMMIT")
    except BaseException:
        if connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]  # sqlite3's
            connection.exec_driver_sql("ROLLBACK")
        raise


def sqlite_code(exc: BaseException) -> int:
    """SQLite's primary result code behind an exception; 0 when it is none of SQLite's."""
    code: int = getattr(getattr(exc, "orig", exc), "sqlite_errorcode", 0)
    return code & 0xFF


@contextmanager
def opened_in_words(path: Path) -> Iterator[None]:
    """SQLite's errors at the opening of a store, as ours."""
    try:
        yield
    except DatabaseError as exc:
        code = sqlite_code(exc)
        detail = str(exc.orig)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreLocked(path=str(path)) from exc
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise StoreDamaged(path=str(path), detail=detail) from exc
        raise StoreUnwritable(path=str(path), detail=detail) from exc


def _refuse_newer(connection: Connection, scripts: ScriptDirectory, path: Path) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreTooNew(path=str(path), found=found)


def read_epoch(connection: Connection) -> int:
    """The epoch of this store."""
    epoch: int = connection.execute(
        sa.select(facts.c.value).where(facts.c.name == "epoch")
    ).scalar_one()
    return epoch
