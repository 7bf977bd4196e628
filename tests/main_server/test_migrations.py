"""The schema of main: what older versions stored is taken along; the code has the same tables."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection

from main_server.store import database
from main_server.store.database import open_engine
from main_server.store.schema import conversations, message_log, metadata

_BEFORE_ROOMS = "0003"
_BEFORE_THE_INDEX = "0006"


def _at_revision(store: Path, revision: str, fill) -> None:
    """A store of an older version."""
    engine = sa.create_engine(f"sqlite:///{store}")
    config = Config()
    scripts = Path(database.__file__).parent / "migrations"
    config.set_main_option("script_location", str(scripts))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        fill(connection)
    engine.dispose()


def test_the_migrations_make_what_the_code_expects(store: Path) -> None:
    """The tables in the code and those that the migrations make are the same."""
    engine = open_engine(store)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_conversations_from_before_there_were_rooms_stay(store: Path) -> None:
    """Each with its kind and its numbers; rooms can stand beside them."""
    row = "INSERT INTO conversations VALUES (?, ?, ?, ?, NULL, 7, 1, 1)"

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql(row, (3, "p1", "private", None))
        connection.exec_driver_sql(row, (4, "g1", "group", "jarkom3@surabaya"))

    _at_revision(store, _BEFORE_ROOMS, fill)
    engine = open_engine(store)

    with engine.connect() as connection:
        kept = connection.execute(sa.select(conversations).order_by(conversations.c.id)).all()
        connection.exec_driver_sql(
            "INSERT INTO conversations (id, public_id, kind, address, last_seq, changed_at,"
            " created_at) VALUES (5, 'g2', 'room', 'lobby@surabaya', 0, 1, 1)"
        )
    engine.dispose()
    assert [(r.id, r.public_id, r.kind, r.address, r.last_seq, r.closed_at) for r in kept] == [
        (3, "p1", "private", None, 7, None),
        (4, "g1", "group", "jarkom3@surabaya", 7, None),
    ]


def test_messages_from_before_the_index_are_found_by_their_numbers(store: Path) -> None:
    """Each in its place; what comes later stands behind them."""
    row = "INSERT INTO messages VALUES (?, ?, ?, 1, ?, 'text', ?, 5, 6)"

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql(row, (4, 1, 1, "k1", b"satu"))
        connection.exec_driver_sql(row, (7, 2, 1, "k2", b"lain"))
        connection.exec_driver_sql(row, (9, 1, 2, "k3", b"dua"))
        connection.exec_driver_sql("INSERT INTO facts VALUES ('indexed_to', 100)")

    _at_revision(store, _BEFORE_THE_INDEX, fill)
    engine = open_engine(store)

    with engine.connect() as connection:
        connection.exec_driver_sql(row, (10, 1, 3, "k4", b"tiga"))
        found = connection.execute(
            sa.select(message_log.c.seq, message_log.c.id, message_log.c.body)
            .where(message_log.c.conversation_id == 1)
            .order_by(message_log.c.seq)
        ).all()
    engine.dispose()
    assert found == [(1, 4, b"satu"), (2, 9, b"dua"), (3, 10, b"tiga")]
