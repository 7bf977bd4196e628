"""Opening a service's SQLite file: its schema by Alembic, its errors in words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from realm_protocol.errors import StoreDamaged, StoreLocked, StoreTooNew, StoreUnwritable


def sqlite_code(exc: BaseException) -> int:
    """SQLite's primary result code behind an exception; 0 when it is none of SQLite's."""
    code: int = getattr(getattr(exc, "orig", exc), "sqlite_errorcode", 0)
    return code & 0xFF


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """SQLite's errors as ours: `StoreLocked`, `StoreDamaged` or `StoreUnwritable`."""
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


def migrate(connection: Connection, path: Path, scripts: Path) -> None:
    """Bring the schema to the newest of `scripts`, within the connection's transaction.

    Raises `StoreTooNew` where the file has a schema that these scripts don't know.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    newest, *older = _revisions(scripts)
    if found == newest:
        return
    if found is not None and found not in older:
        raise StoreTooNew(path=str(path), found=found)
    config = _config(scripts)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@cache
def _revisions(scripts: Path) -> list[str]:
    """Of all scripts, the newest first. They are loaded to be read, which takes its time."""
    directory = ScriptDirectory.from_config(_config(scripts))
    return [script.revision for script in directory.walk_revisions()]


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
