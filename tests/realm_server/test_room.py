"""The open room at a realm: guests at the door, and what its operator watches and exports."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from realm_protocol import events, link
from realm_protocol.bodies import SystemBody, pack_system_body
from realm_protocol.commands import Page, SendMessage, StoredMessage
from realm_protocol.errors import IsGuest, NotForGuests, RateLimited, RoomNotOpen
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.wire import pack
from realm_server.admission import Rate, SendingLimits, check_guests
from realm_server.record import message_json, message_line
from realm_service.operator_line import socket_path
from tests.realm_server.conftest import World
from tests.waiting import DEADLINE_SECONDS, eventually

LOBBY = GroupAddress("lobby@surabaya")
ROOM = group_conversation(LOBBY)
ANNA = Address("guest-anna@surabaya")


def row(seq: int, text: str = "halo", kind: str = "text", body: bytes = b"") -> StoredMessage:
    return StoredMessage(ROOM, seq, f"k{seq}", kind, ANNA, body or text.encode(), 1000, 1000)


class Record:
    """The room's rows at the fake main."""

    def __init__(self, world: World) -> None:
        self.rows: list[StoredMessage] = []
        self.page = 2
        self.is_open = True
        self._main = world.main
        self._main.on_room = self._answer

    def _answer(self, asked: link.ReadRoom | link.FetchRoom) -> None:
        if not self.is_open:
            error = RoomNotOpen(realm="surabaya")
            self._main.send(link.Refusal(asked.ref, error.code, error.fields))
        elif isinstance(asked, link.ReadRoom):
            room = link.Room(LOBBY, ROOM, len(self.rows), True)
            self._main.send(link.Answer(asked.ref, pack(room)))
        else:
            rows = [r for r in self.rows if asked.after < r.seq < (asked.before or 2**50)]
            page = Page(rows[: self.page], len(rows) > self.page)
            self._main.send(link.Answer(asked.ref, pack(page)))

    def write(self, *texts: str) -> None:
        """As people do it: stored, and told to those who watch."""
        for text in texts:
            self.rows.append(row(len(self.rows) + 1, text))
            event = pack(events.MessageStored(self.rows[-1]))
            self._main.send(link.Fanout(ROOM, event, 0, b""))


@pytest.fixture
async def record(running: World) -> Record:
    return Record(running)


class Answers:
    """What the operator's socket answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def next(self) -> Any:
        async with asyncio.timeout(DEADLINE_SECONDS):
            line = await self._reader.readline()
        return json.loads(line) if line else None

    async def texts(self, count: int) -> list[str]:
        return [(await self.next())["message"]["text"] for _ in range(count)]


@asynccontextmanager
async def asked(home: Path, **request: Any) -> AsyncIterator[Answers]:
    reader, writer = await asyncio.open_unix_connection(str(socket_path(home / "realm.db")))
    writer.write(json.dumps(request).encode() + b"\n")
    try:
        yield Answers(reader, writer)
    finally:
        writer.close()


# --- guests --------------------------------------------------------------------------------------


async def test_a_realm_opens_no_room_unless_it_is_told_to(running: World) -> None:
    """Main hears so with the link; a guest is sent away here."""
    async with running.http as http:
        refused = await http.post("/v1/guest", json={"name": "anna"})
        info = (await http.get("/v1/info")).json()

    assert not running.main.heard_of(link.LinkHello)[0].open_room
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "room_not_open")
    assert info["room"] == ""


async def test_a_name_alone_opens_a_guest_s_session(world: World) -> None:
    """Main makes the guest, for as long as this realm lets them stay."""
    world.settings |= {"lobby": True, "guest_seconds": 60, "host_burst": 1}
    await world.start()
    session = link.Session(ANNA, "s1", "t" * 43, 1_900_000_000_000)
    world.main.on_sign_in = lambda m: world.main.send(link.Answer(m.ref, pack(session)))

    async with world.http as http:
        answer = await http.post("/v1/guest", json={"name": "Anna", "device": "laptop"})
        limited = await http.post("/v1/guest", json={"name": "Anna"})
        wrong = await http.post("/v1/guest", json={"name": "Anna Maria"})
        info = (await http.get("/v1/info")).json()

    assert world.main.heard_of(link.LinkHello)[0].open_room
    asked = world.main.heard_of(link.EnterAsGuest)
    assert [(a.name, a.device, a.seconds) for a in asked] == [("anna", "laptop", 60)]
    assert (answer.json()["address"], answer.json()["token"]) == (ANNA, "t" * 43)
    assert (limited.status_code, wrong.status_code) == (429, 400)
    assert info["room"] == LOBBY


def test_guests_send_slower() -> None:
    """Each class has its own limit; the trusted have none."""
    limits = SendingLimits(Rate(3, 1), Rate(1, 1))

    def sent(limit_class: str) -> int:
        for count in range(4):
            try:
                limits.take(1, limit_class, 0.0)
            except RateLimited:
                return count
        return 4

    assert [sent(c) for c in ("guest", "standard", "trusted")] == [1, 3, 4]


@pytest.mark.parametrize(
    ("limit_class", "to", "kind", "error"),
    [
        ("guest", "messi@surabaya", "text", NotForGuests),
        ("guest", f"group:{LOBBY}", "file", NotForGuests),
        ("standard", "Guest-Anna@surabaya", "text", IsGuest),
    ],
)
def test_a_site_alone_keeps_guests_to_the_room_too(
    limit_class: str, to: str, kind: Any, error: type[Exception]
) -> None:
    """Main refuses it as well, but may be away."""
    with pytest.raises(error):
        check_guests(SendMessage(1, to, "k", kind, b"halo", 0), limit_class)


def test_the_room_is_open_to_guests() -> None:
    """And people write to each other as ever."""
    for limit_class, to in (("guest", f"group:{LOBBY}"), ("standard", "messi@surabaya")):
        check_guests(SendMessage(1, to, "k", "text", b"halo", 0), limit_class)


# --- its operator --------------------------------------------------------------------------------


async def test_the_record_is_exported(running: World, record: Record) -> None:
    """Page by page, between two numbers, to its end; main is told who does it."""
    record.write("satu", "dua", "tiga", "empat", "lima")

    async with asked(running.home, operation="transcript", after=1, before=5) as answers:
        room = (await answers.next())["room"]
        texts = await answers.texts(3)
        assert await answers.next() == {"end": True}
        assert await answers.next() is None

    assert (room["group"], room["open"], room["last_seq"]) == (LOBBY, True, 5)
    assert texts == ["dua", "tiga", "empat"]
    (noted,) = running.main.heard_of(link.ReadRoom)
    assert noted.by.startswith("uid ")
    assert not noted.watch


async def test_who_watches_sees_what_is_written(running: World, record: Record) -> None:
    """The newest rows first, then each as it comes; main is told when nobody watches any more."""
    record.write("satu", "dua", "tiga")

    async with asked(running.home, operation="watch", last=1) as answers:
        assert "room" in await answers.next()
        assert await answers.texts(1) == ["tiga"]
        record.write("empat")
        assert await answers.texts(1) == ["empat"]
        record.write("lima", "enam", "tujuh")
        assert await answers.texts(3) == ["lima", "enam", "tujuh"]

    await eventually(lambda: running.main.heard_of(link.UnwatchRoom))
    assert [noted.watch for noted in running.main.heard_of(link.ReadRoom)] == [True]


async def test_a_cut_link_takes_nothing_from_who_watches(running: World, record: Record) -> None:
    """What was written meanwhile comes when the link is back, each row once and in order."""
    async with asked(running.home, operation="watch") as answers:
        assert "room" in await answers.next()
        record.write("sebelum")
        assert await answers.texts(1) == ["sebelum"]
        record.rows.append(row(2, "sementara"))
        assert running.main.channel is not None
        running.main.channel.abort()
        await eventually(lambda: len(running.main.heard_of(link.ReadRoom)) == 2)
        assert await answers.texts(1) == ["sementara"]
        record.write("sesudah")
        assert await answers.texts(1) == ["sesudah"]


async def test_events_that_main_dropped_are_looked_for(running: World, record: Record) -> None:
    """After `Resync` too."""
    async with asked(running.home, operation="watch") as answers:
        assert "room" in await answers.next()
        await eventually(lambda: running.main.heard_of(link.FetchRoom))
        record.rows.append(row(1, "hilang"))
        running.main.send(link.Resync())
        assert await answers.texts(1) == ["hilang"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"operation": "watch"}, "room_not_open"),
        ({"operation": "transcript"}, "room_not_open"),
        ({"operation": "watch", "conversation": "g1"}, "malformed"),
        ({"operation": "remove"}, "malformed"),
    ],
)
async def test_nothing_else_can_be_read(
    running: World, record: Record, request_: dict[str, Any], code: str
) -> None:
    """A room that isn't open, another conversation, another operation: refused in words."""
    record.is_open = False

    async with asked(running.home, **request_) as answers:
        answer = await answers.next()

    assert answer["error"]["code"] == code


async def test_the_socket_is_the_owner_s(running: World) -> None:
    """Nobody else on the machine opens it."""
    assert socket_path(running.home / "realm.db").stat().st_mode & 0o777 == 0o600


# --- how a row looks -----------------------------------------------------------------------------


def test_a_row_has_the_keys_that_messages_have() -> None:
    """In JSON, for programs."""
    assert message_json(row(3)) == {
        "conversation": ROOM,
        "seq": 3,
        "key": "k3",
        "kind": "text",
        "from": ANNA,
        "text": "halo",
        "at": "1970-01-01T00:00:01.000Z",
        "sent_at": "1970-01-01T00:00:01.000Z",
    }


def test_a_line_is_one_message() -> None:
    """Whatever its text holds, it steers no terminal and forges no line."""
    entered = pack_system_body(SystemBody("entered", ANNA, ANNA, LOBBY))
    lines = [
        message_line(message_json(one))
        for one in (
            row(1, kind="system", body=entered),
            row(2, "dua\nbaris"),
            row(3, "\x1b[2J"),
            row(4, kind="system", body=b"\xc1"),
        )
    ]
    assert lines == [
        "1970-01-01T00:00:01Z (guest-anna@surabaya entered; this room is open to everybody, and it"
        " is recorded)",
        "1970-01-01T00:00:01Z guest-anna@surabaya: dua\n    baris",
        "1970-01-01T00:00:01Z guest-anna@surabaya: \N{REPLACEMENT CHARACTER}[2J",
        "1970-01-01T00:00:01Z ((written by a newer version))",
    ]
