"""A store as an older version has it: in its own schema, all for which that had a place."""

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import main_server.store

_MIGRATIONS = Path(main_server.store.__file__).parent / "migrations"
OLDEST = "0001"


def make_older(store: Path) -> None:
    """Main's store, while no process has it open."""
    older = store.with_suffix(".older")
    older.unlink(missing_ok=True)
    _make_schema(older, OLDEST)
    with sqlite3.connect(older) as file:
        file.execute("ATTACH ? AS present", (str(store),))
        for table in _tables(file, "main"):
            if table != "alembic_version":
                _copy(file, table)
    file.close()
    for part in store.parent.glob(f"{store.name}-*"):
        part.unlink()
    older.replace(store)


def _make_schema(path: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def _copy(file: sqlite3.Connection, table: str) -> None:
    here, there = _columns(file, "main", table), _columns(file, "present", table)
    columns = ", ".join(column for column in here if column in there)
    file.execute(f"DELETE FROM main.{table}")  # noqa: S608  # names of our own schema
    file.execute(
        f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM present.{table}"  # noqa: S608
    )


def _tables(file: sqlite3.Connection, schema: str) -> list[str]:
    found = file.execute(
        f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"  # noqa: S608
    )
    return [name for (name,) in found]


def _columns(file: sqlite3.Connection, schema: str, table: str) -> list[str]:
    return [row[1] for row in file.execute(f"PRAGMA {schema}.table_info({table})")]
