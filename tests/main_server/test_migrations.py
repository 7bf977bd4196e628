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
from main_server.store.schema import conversations, metadata

_BEFORE_ROOMS = "0003"


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
