"""Opening the store: which file, how SQLite is set up, and the epoch."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from main_server.store.schema import facts
from realm_protocol.errors import AskedWrongly
from realm_service.sqlite import in_words, migrate

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
        hide_parameters=True,  # what a failed statement carried belongs in no log
    )
    sa.event.listen(engine, "connect", _set_up)
    try:
        with in_words(path), engine.connect() as connection:
            _migrate(connection, path)
    except BaseException:
        engine.dispose()
        raise
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
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        migrate(connection, path, _MIGRATIONS)
        if connection.scalar(sa.select(facts.c.value).where(facts.c.name == "epoch")) is None:
            connection.execute(sa.insert(facts).values(name="epoch", value=int(time.time())))
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def read_epoch(connection: Connection) -> int:
    """The epoch of this store."""
    epoch: int = connection.execute(
        sa.select(facts.c.value).where(facts.c.name == "epoch")
    ).scalar_one()
    return epoch
