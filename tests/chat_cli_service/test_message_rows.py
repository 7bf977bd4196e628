"""Rows into a real file: every device ends with main's log, told once, in order."""

import itertools
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from chat_cli.account import conversation_rows, event_log, identity, message_rows, reading
from chat_cli.account.identity import Session
from chat_cli.account.reading import Window
from chat_cli.account.store import open_database
from realm_protocol.commands import Head, Page, StoredMessage
from realm_protocol.events import WatermarkMoved
from realm_protocol.names import Address

from .conftest import HENDERSON, MESSI

ME = Address.parse(MESSI)
OTHER = Address.parse(HENDERSON)
C = "conversation"


@dataclass
class Main:
    """The log as main has it, and how far its two readers have got."""

    log: list[StoredMessage] = field(default_factory=list)
    read: int = 0

    def say(self, sender: Address) -> StoredMessage:
        seq = len(self.log) + 1
        row = StoredMessage(C, seq, f"k{seq}", "text", sender, b"text %d" % seq, seq, seq)
        self.log.append(row)
        return row

    def head(self) -> Head:
        return Head(C, "private", HENDERSON, len(self.log), self.read, self.read, 0, 0, 1, "member")


def catch_up(sql: Connection, main: Main, limit: int) -> None:
    missing = next(
        (
            conversation_rows.get(sql, conversation).holding
            for conversation in conversation_rows.incomplete(sql)
        ),
        None,
    )
    while missing is not None and missing.have < missing.last_seq:
        page = Page(main.log[missing.have : missing.have + limit], more=True)
        message_rows.take_page(sql, MESSI, C, page, 0)
        missing = conversation_rows.get(sql, C).holding


steps = st.lists(
    st.tuples(
        st.sampled_from(["theirs", "mine elsewhere", "read elsewhere", "reconnect", "fetch"]),
        st.sampled_from(["told", "told twice", "lost", "late"]),
    ),
    max_size=40,
)


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> object:
    path: Path = tmp_path_factory.mktemp("rows") / "a.sqlite3"
    with open_database(path) as connection:
        with connection.begin():
            identity.sign_in(connection, ME, "http://r", Session("s", "t"), 1)
        yield connection


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, limit=st.integers(1, 5))
def test_every_device_ends_with_mains_log(
    sql: Connection, steps: list[tuple[str, str]], limit: int
) -> None:
    """Events lost, repeated, late; reading elsewhere; fetches in between; a last reconnect."""
    main = Main()
    late: list[StoredMessage] = []
    with sql.begin() as transaction:
        place = event_log.newest_id(sql)
        conversation_rows.take_head(sql, MESSI, main.head(), 0)
        for what, fate in steps:
            _step(sql, main, what, fate, late, limit)
        message_rows.take(sql, MESSI, late, 0)
        conversation_rows.take_head(sql, MESSI, main.head(), 0)
        catch_up(sql, main, limit)
        told = event_log.read_after(sql, place, 10_000).events
        history = reading.page(sql, MESSI, C, Window(None, None, 1000)).value
        unread = reading.inbox(sql, MESSI).value
        transaction.rollback()
    seqs = [row.seq for row in main.log]
    assert [row["seq"] for row in history] == seqs
    assert [row["text"] for row in history] == [row.body.decode() for row in main.log]
    assert [event.data["seq"] for event in told if event.type == "message"] == seqs
    expected = [row.seq for row in main.log if row.sender == OTHER and row.seq > main.read]
    assert [row["seq"] for row in unread] == expected
    reads = [event.data["seq"] for event in told if event.type == "read"]
    assert all(one < other for one, other in itertools.pairwise(reads))
    assert not reads or reads[-1] == main.read


def _step(
    sql: Connection, main: Main, what: str, fate: str, late: list[StoredMessage], limit: int
) -> None:
    if what == "reconnect":
        conversation_rows.take_head(sql, MESSI, main.head(), 0)
        catch_up(sql, main, limit)
    elif what == "fetch":
        catch_up(sql, main, limit)
    elif what == "read elsewhere":
        main.read = len(main.log)
        if fate != "lost":
            moved = WatermarkMoved(C, ME, main.read, main.read)
            conversation_rows.take_watermark(sql, MESSI, moved, 0)
    else:
        row = main.say(OTHER if what == "theirs" else ME)
        times = {"told": 1, "told twice": 2, "lost": 0, "late": 0}[fate]
        message_rows.take(sql, MESSI, [row] * times, 0)
        if fate == "late":
            late.insert(0, row)
