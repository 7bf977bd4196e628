"""Messages by their conversation, wherever the index that is written behind has got to."""

import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from main_server.rules.reading import read_page
from main_server.store import writer
from main_server.store.backup import verify
from main_server.store.database import open_engine
from main_server.store.ledger import Conversation, Ledger
from main_server.store.schema import message_index
from main_server.store.writer import Transaction, write_once
from realm_protocol.commands import FetchMessages
from realm_protocol.errors import StoreBusy, StoreDamaged
from realm_protocol.names import Address
from tests.main_server.conftest import Running
from tests.main_server.realm_end import RealmEnd
from tests.waiting import eventually

MESSI = Address("messi@surabaya")
HENDERSON = "henderson@jakarta"
CONVERSATIONS = ("p1", "p2", "p3")


class Log:
    """A store of three conversations, and what a writer does with it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ledger = Ledger(connection)
        self.committed = dict.fromkeys(CONVERSATIONS, 0)
        self._keys = iter(range(2**31))
        self._begin()
        connection.exec_driver_sql(
            "INSERT INTO people (id, address, name, realm_id, display_name, country, password_hash,"
            " disabled, operator, limit_class, created_at)"
            " VALUES (1, 'messi@surabaya', 'messi', 1, 'Messi', '', '', 0, 0, 'standard', 1)"
        )
        for conversation in CONVERSATIONS:
            connection.exec_driver_sql(
                "INSERT INTO conversations (public_id, kind, last_seq, changed_at, created_at)"
                " VALUES (?, 'private', 0, 1, 1)",
                (conversation,),
            )
        self.ledger.commit()

    def _begin(self) -> None:
        self.ledger.begin(2)

    def _place(self, conversation: str) -> Conversation:
        found = self.ledger.conversation(conversation)
        assert found is not None
        return found

    def _send(self, conversations: list[str]) -> None:
        for conversation in conversations:
            place = self._place(conversation)
            key = f"k{next(self._keys)}"
            self.ledger.append(place, (1, MESSI), key, "text", b"%d" % place.last_seq, (1, 1))

    def append(self, conversations: list[str], *, roll_back: bool = False) -> None:
        """A batch with one message to each."""
        self._begin()
        self._send(conversations)
        if roll_back:
            self.ledger.flush()
            self.ledger.roll_back()
            return
        self.ledger.commit()
        for conversation in conversations:
            self.committed[conversation] += 1

    def append_with_a_fault(self, sound: list[str], faulty: list[str]) -> None:
        """A batch whose second job comes to nothing; the jobs before and after it are stored."""
        self._begin()
        tx = Transaction(self.connection, self.ledger, now=1, position=2, epoch=1)
        self._send(sound)
        with contextlib.suppress(StoreBusy), tx.savepoint():
            self._send(faulty)
            self.ledger.flush()
            raise StoreBusy(server="main server")
        self._send(sound)
        self.ledger.commit()
        for conversation in sound:
            self.committed[conversation] += 2

    def settle(self, *, roll_back: bool = False) -> None:
        self._begin()
        self.ledger.settle()
        if roll_back:
            self.ledger.roll_back()
        else:
            self.ledger.commit()

    def end_early(self) -> None:
        """The writer is another one: what the last one knew is gone."""
        self.ledger = Ledger(self.connection)
        self.settle()

    def last_seq(self, conversation: str) -> int:
        """As heads tell it."""
        query = "SELECT id, last_seq FROM conversations WHERE public_id = ?"
        row_id, counted = self.connection.exec_driver_sql(query, (conversation,)).one()
        return max(counted, self.ledger.uncounted(row_id))

    def page(self, conversation: str, *, newest: bool, limit: int, after: int, before: int) -> list:
        row_id = self._place(conversation).row_id
        asked = FetchMessages(1, conversation, after, before, limit, newest=newest)
        return read_page(self.connection, row_id, 1, asked).messages


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store's file, made once."""
    store = tmp_path_factory.mktemp("empty") / "main.db"
    open_engine(store).dispose()
    return store.read_bytes()


@contextmanager
def a_log(folder: Path) -> Iterator[Log]:
    engine = open_engine(folder / "main.db")
    with engine.connect() as connection:
        yield Log(connection)
    engine.dispose()


batches = st.lists(st.sampled_from(CONVERSATIONS), min_size=1, max_size=6)
steps = st.one_of(
    st.builds(lambda batch: lambda log: log.append(batch), batches),
    st.builds(lambda batch: lambda log: log.append(batch, roll_back=True), batches),
    st.builds(
        lambda sound, faulty: lambda log: log.append_with_a_fault(sound, faulty), batches, batches
    ),
    st.just(lambda log: log.settle()),
    st.just(lambda log: log.settle(roll_back=True)),
    st.just(lambda log: log.end_early()),
)


@given(
    work=st.lists(steps, max_size=12),
    conversation=st.sampled_from(CONVERSATIONS),
    newest=st.booleans(),
    limit=st.integers(1, 8),
    after=st.integers(0, 8),
    before=st.integers(0, 8),
)
def test_each_message_is_read_once_in_its_place(
    empty: bytes, work, conversation: str, newest: bool, limit: int, after: int, before: int
) -> None:
    """Whatever was committed, indexed, rolled back or begun anew in between."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.db").write_bytes(empty)
        with a_log(Path(folder)) as log:
            for step in work:
                step(log)
            page = log.page(conversation, newest=newest, limit=limit, after=after, before=before)
            told = log.last_seq(conversation)
        last = log.committed[conversation]
        assert told == last
        wanted = [seq for seq in range(after + 1, last + 1) if not before or seq < before]
        wanted = wanted[-limit:] if newest else wanted[:limit]
        assert [(each.seq, each.body) for each in page] == [(s, b"%d" % (s - 1)) for s in wanted]


def test_a_new_writer_knows_what_is_left_to_index(tmp_path: Path) -> None:
    """After a kill nothing has told it but the store."""
    with a_log(tmp_path) as log:
        log.append(["p1", "p2", "p1"])
        log.ledger = Ledger(log.connection)
        assert log.ledger.unindexed == 3
        log.settle(roll_back=True)
        assert log.ledger.unindexed == 3
        log.settle()
        assert log.ledger.unindexed == 0
        assert [log.last_seq(each) for each in CONVERSATIONS] == [2, 1, 0]


async def test_what_is_unindexed_is_indexed_when_all_is_quiet(
    main: Running, surabaya: RealmEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of few messages, and of those that a killed server left."""
    monkeypatch.setattr(writer, "_BEHIND_EVERY_SECONDS", 0.01)
    messi = await surabaya.enter(MESSI)
    for number in range(3):
        await messi.send(HENDERSON, "halo", key=f"k{number}")

    def indexed() -> int:
        count = sa.select(sa.func.count()).select_from(message_index)
        return main.main.readers.read_now(lambda connection: connection.scalar(count))

    await eventually(lambda: indexed() == 3)


async def test_many_are_indexed_while_more_come(
    main: Running, surabaya: RealmEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who read look through so many at most, however busy main is."""
    monkeypatch.setattr(writer, "_BEHIND_EVERY_SECONDS", 3600)
    monkeypatch.setattr(writer, "_MOST_UNINDEXED", 2)
    messi = await surabaya.enter(MESSI)
    for number in range(5):
        await messi.send(HENDERSON, "halo", key=f"k{number}")

    left = await main.main.write(lambda tx: tx.ledger.unindexed)
    assert left < 2


def test_verify_knows_the_index(tmp_path: Path) -> None:
    """A message that its number doesn't lead to, and a number that leads to two."""
    with a_log(tmp_path) as log:
        log.append(["p1", "p1", "p2"])
        log.settle()
    store = tmp_path / "main.db"
    verify(store)
    engine = open_engine(store)
    _change(engine, "DELETE FROM message_index WHERE seq = 2")
    with pytest.raises(StoreDamaged, match="messages found by their numbers: p1"):
        verify(store)
    _change(engine, "UPDATE messages SET seq = 1 WHERE seq = 2")
    with pytest.raises(StoreDamaged, match="numbers without holes: p1"):
        verify(store)
    engine.dispose()


def _change(engine: sa.Engine, statement: str) -> None:
    write_once(engine, lambda tx: tx.connection.exec_driver_sql(statement))


def test_of_two_with_one_number_the_first_is_read(tmp_path: Path) -> None:
    """It can't happen; if it does, all others are found by their numbers all the same."""
    with a_log(tmp_path) as log:
        log.append(["p1"])
        log.settle()
        log.ledger.begin(3)
        log.connection.exec_driver_sql(
            "INSERT INTO messages (conversation_id, seq, sender_id, key, kind, body, sent_at, at)"
            " SELECT conversation_id, 1, 1, 'stray', kind, 'stray', 0, 0 FROM messages"
        )
        log.ledger.commit()
        log.append(["p1", "p2"])
        log.settle()
        page = log.page("p1", newest=False, limit=8, after=0, before=0)

    assert [(each.seq, each.body) for each in page] == [(1, b"0"), (2, b"1")]
