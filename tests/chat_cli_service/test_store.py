"""One account's file: what is acknowledged is on disk, and what fails says so."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select, text

from chat_cli.account import event_log, identity, outbox_rows
from chat_cli.account.identity import Session
from chat_cli.account.lanes import Unsent
from chat_cli.account.recipients import Recipient
from chat_cli.account.schema import account_tokens, metadata
from chat_cli.account.store import Store, open_database, open_store
from chat_cli.tokens import write_private
from realm_protocol.errors import (
    OutboxFull,
    RealmchatError,
    StorageFull,
    StoreDamaged,
    StoreTooNew,
    StoreUnwritable,
)
from realm_protocol.names import Address

from .conftest import HENDERSON, MESSI


async def opened(path: Path) -> Store:
    store = await open_store(path)
    await store.run(
        lambda sql: identity.sign_in(sql, Address.parse(MESSI), "http://r", Session("s", "t"), 1000)
    )
    return store


def token(number: int) -> bytes:
    return number.to_bytes(4, "big")


async def test_jobs_of_one_turn_share_a_commit_and_fail_alone(tmp_path: Path) -> None:
    """A job that raises is undone; those beside it stand."""
    store = await opened(tmp_path / "a.sqlite3")

    def failing(sql: Connection) -> None:
        sql.execute(insert(account_tokens).values(hash=token(2), created_at=0))
        raise OutboxFull(limit=1)

    jobs = [
        store.run(lambda sql: identity.add_token(sql, token(1), 0)),
        store.run(failing),
        store.run(lambda sql: identity.add_token(sql, token(1), 0)),
        store.run(lambda sql: identity.add_token(sql, token(3), 0)),
    ]
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(result).__name__ for result in results] == [
        "NoneType",
        "OutboxFull",
        "IntegrityError",
        "NoneType",
    ]
    assert sorted(await store.run(identity.token_hashes)) == [token(1), token(3)]
    await store.close()


async def test_what_is_answered_is_in_the_file(tmp_path: Path) -> None:
    """Another reader of the file sees it as soon as the job is done."""
    path = tmp_path / "a.sqlite3"
    store = await opened(path)
    await store.run(lambda sql: identity.add_token(sql, token(1), 0))
    reader = sqlite3.connect(path)
    assert reader.execute("SELECT count(*) FROM account_tokens").fetchone() == (1,)
    assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    reader.close()
    assert await store.run(lambda sql: sql.scalar(text("PRAGMA synchronous"))) == 2
    await store.close()


async def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    """What doesn't fit is refused as a whole; when there is room, it goes on."""
    store = await opened(tmp_path / "a.sqlite3")

    pages = await store.run(lambda sql: sql.scalar(text("PRAGMA page_count")))
    await store.run(lambda sql: sql.scalar(text(f"PRAGMA max_page_count={pages}")))
    big = Unsent(0, "k1", HENDERSON, "c", "x" * 60_000, 0)
    with pytest.raises(StorageFull):
        await store.run(lambda sql: save(sql, big))
    assert await store.run(outbox_rows.to_send) == []
    await store.run(lambda sql: sql.scalar(text("PRAGMA max_page_count=100000")))
    await store.run(lambda sql: save(sql, big))
    assert [unsent.key for unsent in await store.run(outbox_rows.to_send)] == ["k1"]
    await store.close()


def save(sql: Connection, unsent: Unsent, limit: int = 10**6) -> outbox_rows.Sent:
    return outbox_rows.save(sql, MESSI, unsent, Recipient("person", HENDERSON), limit=limit)


async def test_the_outbox_has_a_limit(tmp_path: Path) -> None:
    """In bytes of text; what is refused is not kept."""
    store = await opened(tmp_path / "a.sqlite3")
    await store.run(lambda sql: save(sql, Unsent(0, "k1", HENDERSON, "c", "é" * 10, 0), 30))
    with pytest.raises(OutboxFull):
        await store.run(lambda sql: save(sql, Unsent(0, "k2", HENDERSON, "c", "é" * 6, 0), 30))
    assert len(await store.run(outbox_rows.to_send)) == 1
    await store.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = await opened(tmp_path / "a.sqlite3")
    await store.close()
    with pytest.raises(StoreUnwritable):
        await store.run(identity.read)


async def test_a_damaged_file_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    path.write_bytes(b"this is no database at all, and never was one" * 100)
    with pytest.raises(StoreDamaged):
        await open_store(path)


async def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    await (await opened(path)).close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE alembic_version SET version_num='9999'")
    file.close()
    with pytest.raises(StoreTooNew):
        await open_store(path)


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RealmchatError, match="can't be written"):
        await open_store(tmp_path / "nowhere" / "a.sqlite3")


def test_the_migrations_make_what_the_code_expects(tmp_path: Path) -> None:
    """The tables in the code and those that the migrations make are the same."""
    with open_database(tmp_path / "a.sqlite3") as sql, sql.begin():
        context = MigrationContext.configure(sql, opts={"include_name": _is_ours})
        assert compare_metadata(context, metadata) == []


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or not str(name).startswith("search")


async def test_events_are_bounded_and_their_ids_never_come_again(tmp_path: Path) -> None:
    """Ids begin at the clock, so that those of an erased file are older than all of its heir's."""
    store = await opened(tmp_path / "a.sqlite3")
    rows = [("message", {"n": n}) for n in range(30)]
    await store.run(lambda sql: event_log.append(sql, rows, 5000))
    assert store.last_event_id == 1030
    await store.run(lambda sql: event_log.prune(sql, keep=10, keep_days=7, now=6000))
    kept = await store.run(lambda sql: event_log.read_after(sql, 1020, 100))
    assert [event.data["n"] for event in kept.events] == list(range(20, 30))
    assert (await store.run(lambda sql: event_log.read_after(sql, 1019, 100))).gone
    await store.close()


async def test_the_schema_has_one_account(tmp_path: Path) -> None:
    """Signing in again changes the row; it never adds one."""
    store = await opened(tmp_path / "a.sqlite3")
    again = Session("s2", "t2")
    await store.run(
        lambda sql: identity.sign_in(sql, Address.parse(MESSI), "http://r", again, 2000)
    )
    who = await store.run(identity.read)
    assert who is not None
    assert (who.session, who.superseded_session, who.signed_in_at) == (again, "s", 2000)
    count = select(func.count()).select_from(metadata.tables["account"])
    assert await store.run(lambda sql: sql.scalar(count)) == 1
    await store.close()


def test_a_secret_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    """No half of it lies beside the file that was to be replaced."""
    in_the_way = tmp_path / "token"
    in_the_way.mkdir()

    with pytest.raises(StoreUnwritable):
        write_private(in_the_way, "secret")

    assert [entry.name for entry in tmp_path.iterdir()] == ["token"]
