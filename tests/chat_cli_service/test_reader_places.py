"""The places of named readers in a real file: nothing skipped or repeated, whatever comes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from chat_cli.account import (
    conversation_rows,
    event_log,
    identity,
    message_rows,
    readers,
    restored_main,
)
from chat_cli.account.identity import Session
from chat_cli.account.store import open_database
from realm_protocol.commands import Head, Page, StoredMessage
from realm_protocol.errors import PlaceNotHandedOut
from realm_protocol.names import Address

from .conftest import HENDERSON, MESSI

ME, OTHER, C = Address.parse(MESSI), Address.parse(HENDERSON), "conversation"
NAMES = ("one", "two")


@dataclass
class Known:
    """A message that has been seen here. `kept`: for readers that a restore would rob of it."""

    key: str
    kept: bool = False


@dataclass
class Reading:
    """How many of the known messages a reader is done with."""

    done: int


@dataclass
class World:
    """Main's log, and what all readers should get of it."""

    sql: Connection
    log: list[StoredMessage] = field(default_factory=list)
    lost: list[StoredMessage] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    readers: dict[str, Reading] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    count: int = 0
    epoch: int = 1

    def say(self, sender: Address, key: str = "") -> StoredMessage:
        self.count += 1
        seq, key = len(self.log) + 1, key or f"k{self.count}"
        row = StoredMessage(C, seq, key, "text", sender, key.encode(), self.count, self.count)
        self.log.append(row)
        return row

    def head(self) -> Head:
        return Head(C, "private", HENDERSON, len(self.log), 0, 0, 0, 0, 1, "member")

    def have(self) -> int:
        return conversation_rows.get(self.sql, C).holding.have

    def catch_up(self) -> None:
        conversation_rows.take_head(self.sql, MESSI, self.head(), 0)
        have = self.have()
        if have < len(self.log):
            page = Page(self.log[have:], more=False)
            message_rows.take_page(self.sql, MESSI, C, page, 0)

    def learn(self, since: int) -> None:
        """What the device holds beyond `since` is known, each message once."""
        known = {known.key: known for known in self.known}
        for row in self.log[since : self.have()]:
            if row.key in known:
                known[row.key].kept = False
            else:
                self.known.append(Known(row.key))

    def held(self) -> set[str]:
        return {row.key for row in self.log[: self.have()]}

    def restore(self, kept: int) -> None:
        slowest = min((reader.done for reader in self.readers.values()), default=len(self.known))
        held = self.held()
        for at, known in enumerate(self.known):
            known.kept = known.kept or (known.key in held and at >= slowest)
        self.lost += self.log[kept:]
        del self.log[kept:]
        self.epoch += 1
        restored_main.take_heads(self.sql, MESSI, [self.head()], self.epoch, 1, 0)
        since = self.have()
        self.catch_up()
        self.learn(since)

    def expected(self, name: str, limit: int) -> list[str]:
        held = self.held()
        unread = self.known[self.readers[name].done :]
        return [known.key for known in unread if known.kept or known.key in held][:limit]

    def index(self, key: str) -> int:
        return next(at for at, known in enumerate(self.known) if known.key == key)


def read(world: World, name: str, limit: int) -> readers.HandedOut:
    """What a reader is given is what it should be given."""
    given = readers.hand_out(world.sql, MESSI, name, limit).value
    keys = [arrived.message["key"] for arrived in given.messages]
    assert keys == world.expected(name, limit)
    for arrived in given.messages:
        assert arrived.message["text"] == arrived.message["key"]
        assert world.places.setdefault(arrived.message["key"], arrived.place) == arrived.place
    return given


def happen(world: World, what: str, number: int) -> None:
    """Something that makes messages known here, or gone."""
    before = world.have()
    match what:
        case "theirs" | "mine elsewhere" | "a hole":
            row = world.say(ME if what == "mine elsewhere" else OTHER)
            if what != "a hole":
                message_rows.take(world.sql, MESSI, [row], 0)
        case "offered again" if world.lost:
            row = world.lost.pop(number % len(world.lost))
            if row.sender == OTHER:
                message_rows.take(world.sql, MESSI, [world.say(OTHER, row.key)], 0)
        case "reconnect":
            world.catch_up()
        case "restore":
            world.restore(number % (len(world.log) + 1))
            return
        case "prune":
            event_log.prune(world.sql, keep=0, keep_days=1, now=0)
    world.learn(before)


def follow(world: World, what: str, number: int) -> None:
    """Something that a reader does."""
    name = NAMES[number % 2]
    match what:
        case "begin now" | "begin at the start" if name not in world.readers:
            from_start = what == "begin at the start"
            readers.begin(world.sql, name, from_start=from_start, now=0)
            place = 0 if from_start else len(world.known)
            world.readers[name] = Reading(place)
        case "read" if name in world.readers:
            read(world, name, 1 + number)
        case "handle" if name in world.readers:
            handle(world, name, number)
        case "forget" if name in world.readers:
            readers.forget(world.sql, name)
            del world.readers[name]


def handle(world: World, name: str, number: int) -> None:
    """Some of what was given is done with; the rest comes again, as after a crash."""
    given = read(world, name, 1 + number)
    done = given.messages[: 1 + number // 2]
    if not done:
        return
    stands = readers.acknowledge(world.sql, name, done[-1].place)
    assert stands == done[-1].place
    assert readers.acknowledge(world.sql, name, done[0].place - 1) == stands
    world.readers[name].done = world.index(done[-1].message["key"]) + 1


HAPPENINGS = (
    "theirs",
    "mine elsewhere",
    "a hole",
    "reconnect",
    "offered again",
    "restore",
    "prune",
)
DEEDS = ("begin now", "begin at the start", "read", "handle", "forget")
NUMBERS = st.integers(0, 7)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just(happen), st.sampled_from(HAPPENINGS), NUMBERS),
        st.tuples(st.just(follow), st.sampled_from(DEEDS), NUMBERS),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> object:
    path: Path = tmp_path_factory.mktemp("readers") / "a.sqlite3"
    with open_database(path) as connection:
        with connection.begin():
            identity.sign_in(connection, ME, "http://r", Session("s", "t"), 1)
        yield connection


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_reader_gets_each_message_once_in_order(
    sql: Connection, steps: list[tuple[Callable[[World, str, int], None], str, int]]
) -> None:
    """Messages that come, come late or again; restores of main; pruned events; crashes."""
    with sql.begin() as transaction:
        world = World(sql)
        restored_main.take_heads(sql, MESSI, [world.head()], world.epoch, 1, 0)
        for take, what, number in steps:
            take(world, what, number)
        before = world.have()
        world.catch_up()
        world.learn(before)
        for name in world.readers:
            read(world, name, 10_000)
        transaction.rollback()


def test_what_was_not_given_cannot_be_acknowledged(sql: Connection) -> None:
    """Neither more than was handed out, nor what has only arrived."""
    with sql.begin() as transaction:
        world = World(sql)
        conversation_rows.take_head(sql, MESSI, world.head(), 0)
        readers.begin(sql, "one", from_start=True, now=0)
        message_rows.take(sql, MESSI, [world.say(OTHER), world.say(OTHER)], 0)
        with pytest.raises(PlaceNotHandedOut):
            readers.acknowledge(sql, "one", 1)
        given = readers.hand_out(sql, MESSI, "one", 1).value
        with pytest.raises(PlaceNotHandedOut) as refused:
            readers.acknowledge(sql, "one", given.place + 1)
        assert readers.acknowledge(sql, "one", given.place) == given.place
        transaction.rollback()
    assert refused.value.fields == {"name": "one", "place": given.place + 1, "handed": given.place}


def test_a_page_of_long_messages_is_short(sql: Connection) -> None:
    """It is bounded in bytes too, and never empty for it."""
    with sql.begin() as transaction:
        world = World(sql)
        conversation_rows.take_head(sql, MESSI, world.head(), 0)
        readers.begin(sql, "one", from_start=True, now=0)
        long = "x" * 60_000
        rows = [
            StoredMessage(C, seq, f"k{seq}", "text", OTHER, long.encode(), seq, seq)
            for seq in range(1, 41)
        ]
        message_rows.take(sql, MESSI, rows, 0)
        given = readers.hand_out(sql, MESSI, "one", 1000).value
        transaction.rollback()
    assert 1 <= len(given.messages) <= 20
