"""The outbox on the disk: synced before it is told, and in order also where the disk fails."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from realm_protocol.errors import RealmchatError
from realm_server.autonomy.lanes import Kept
from realm_server.autonomy.outbox_store import OutboxStore
from realm_server.store import Store, open_store
from tests.realm_server.test_outbox_lanes import kept
from tests.waiting import eventually


class Heard:
    """What the outbox's store tells."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.failed: list[tuple[int, str]] = []

    def take_written(self, batch: list[Kept]) -> None:
        self.written += [one.position for one in batch]

    def take_failed(self, batch: list[Kept], error: RealmchatError) -> None:
        self.failed += [(one.position, error.code) for one in batch]


@pytest.fixture
def store(tmp_path: Path) -> AsyncIterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def start(store: Store) -> tuple[OutboxStore, Heard]:
    outbox, heard = OutboxStore(store.path), Heard()
    call = asyncio.get_running_loop().call_soon_threadsafe
    outbox.start(call, heard.take_written, heard.take_failed)
    return outbox, heard


async def test_what_was_written_is_there_for_the_next_process(store: Store) -> None:
    """In order, without what was forgotten; positions are never given again."""
    outbox, heard = start(store)
    messages = [kept(position) for position in (1, 2, 3)]
    for one in messages:
        outbox.keep(one)
    await eventually(lambda: heard.written == [1, 2, 3])
    for one in messages[1:]:
        outbox.forget(one)
    outbox.close()

    again = OutboxStore(store.path)
    found, last = again.read_all()

    assert [(one.position, one.command.key, one.conversation) for one in found] == [
        (1, "key-1", messages[0].conversation)
    ]
    assert last == 3


async def test_nothing_overtakes_what_could_not_be_written(store: Store) -> None:
    """What was handed over before the failure was told fails with it; what comes after is new."""
    outbox, heard = start(store)
    with closing(sqlite3.connect(store.path)) as other:
        other.execute("ALTER TABLE outbox RENAME TO away")
        other.commit()
        outbox.keep(kept(1))
        outbox.keep(kept(2))
        await eventually(lambda: len(heard.failed) == 2)
        other.execute("ALTER TABLE away RENAME TO outbox")
        other.commit()
    outbox.keep(kept(3))
    await eventually(lambda: heard.written == [3])
    outbox.close()

    assert heard.failed == [(1, "store_busy"), (2, "store_busy")]


async def test_what_was_handed_over_is_written_at_the_end(store: Store) -> None:
    """A realm that stops keeps what it has taken."""
    outbox, _ = start(store)
    outbox.keep(kept(1))
    outbox.close()

    found, _ = OutboxStore(store.path).read_all()
    assert [one.position for one in found] == [1]
