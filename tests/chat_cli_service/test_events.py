"""The event stream: nothing missed, nothing twice, and a state goes on exactly where it ended."""

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest
from sqlalchemy import Connection

from chat_cli.account import event_log
from chat_cli.account.account import now_ms
from realm_protocol.errors import StoreUnwritable
from realm_protocol.events import PresenceChanged
from realm_protocol.names import Address
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person, Service
from .fake_realm import FakeRealm


async def test_a_reader_that_was_away_misses_nothing(realm: FakeRealm, messi: Person) -> None:
    """It resumes after the last event that it saw, and gets nothing twice."""
    conversation = realm.private(MESSI, HENDERSON)
    async with messi.events() as stream:
        realm.say(conversation, HENDERSON, "one")
        seen = await stream.next("message")
    for text in ("two", "three"):
        realm.say(conversation, HENDERSON, text)
    await eventually(lambda: _count(messi, conversation.id, 3))
    async with messi.events(int(seen["id"])) as stream:
        realm.say(conversation, HENDERSON, "four")
        texts = [(await stream.next("message"))["data"]["text"] for _ in range(3)]
    assert texts == ["two", "three", "four"]


async def _count(person: Person, conversation: str, count: int) -> bool:
    return len(await person.texts(conversation)) == count


async def test_events_continue_exactly_the_state_that_was_read(
    realm: FakeRealm, messi: Person
) -> None:
    """`X-Event-Id` of a state is the place of its last change: what comes is what it lacks."""
    conversation = realm.private(MESSI, HENDERSON)
    for number in range(20):
        realm.say(conversation, HENDERSON, f"text {number}")
        path = f"{messi.path}/conversations/{conversation.id}/messages"
        answer = await messi.service.http.get(path, params={"limit": 1000})
        held = [row["seq"] for row in answer.json()]
        async with messi.events(int(answer.headers["X-Event-Id"])) as stream:
            realm.say(conversation, HENDERSON, "next")
            event = await stream.next("message")
        assert event["data"]["seq"] == len(held) + 1


async def test_every_state_tells_its_place(realm: FakeRealm, messi: Person) -> None:
    """All GETs of an account's state answer `X-Event-Id`."""
    sent = await messi.send(HENDERSON, "hello")
    group = await messi.post("/groups", {"name": "club"})
    for path in (
        "/inbox",
        "/conversations",
        f"/conversations/{sent['conversation']}/messages",
        f"/conversations/{sent['conversation']}/receipts?seq=1",
        f"/conversations/{group['conversation']}/receipts?seq=1",
        "/groups",
        "/groups/club/members",
        "/search?q=hello",
        "/users?q=mes",
        "/realms",
        "/info",
        "/sessions",
    ):
        answer = await messi.service.http.get(messi.path + path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["X-Event-Id"].isdecimal(), path


async def test_a_sent_message_is_told_once_and_then_its_states(
    realm: FakeRealm, service: Service
) -> None:
    """One `message` per key; main's copy, delivery and reading come as `state`."""
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    async with messi.events() as stream:
        sent = await messi.send(HENDERSON, "hello", key="k1")
        message = (await stream.next("message"))["data"]
        assert (message["key"], message["seq"], message["state"]) == ("k1", None, "saved")
        states = [(await stream.next("state", "message")) for _ in range(2)]
        await henderson.get("/inbox")
        states.append(await stream.next("state", "message"))
    told = [(event["event"], event["data"]["state"], event["data"]["seq"]) for event in states]
    assert told == [("state", "at_main", 1), ("state", "delivered", 1), ("state", "read", 1)]
    rows = await messi.get(f"/conversations/{sent['conversation']}/messages")
    assert [row["state"] for row in rows] == ["read"]


async def test_reading_on_another_device_is_told(realm: FakeRealm, messi: Person) -> None:
    """The watermark moves everywhere; what was read there is not unread here."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "hello")
    async with messi.events() as stream:
        realm.move_marks(conversation, MESSI, 1, 1)
        event = (await stream.next("read"))["data"]
    assert event == {"conversation": conversation.id, "address": MESSI, "seq": 1}
    assert await messi.get("/inbox") == []


async def test_a_place_that_is_gone_gets_a_reset(realm: FakeRealm, messi: Person) -> None:
    """Events that were thrown away, or of a file that was forgotten: read the state anew."""
    conversation = realm.private(MESSI, HENDERSON)
    async with messi.events() as stream:
        realm.say(conversation, HENDERSON, "one")
        old = int((await stream.next("message"))["id"])
        for text in ("two", "three"):
            realm.say(conversation, HENDERSON, text)
            await stream.next("message")
    store = messi.service.app.state.accounts.get(MESSI).store
    await store.run(lambda sql: event_log.prune(sql, keep=1, keep_days=7, now=now_ms()))
    for place in (old, 1, 2**52):
        async with messi.events(place) as stream:
            reset = await stream.next("reset", "message")
            assert reset["event"] == "reset"
            realm.say(conversation, HENDERSON, "next")
            assert (await stream.next("message"))["data"]["text"] == "next"


async def test_old_events_are_thrown_away_by_age(realm: FakeRealm, messi: Person) -> None:
    """The newest place stays known, so that an idle reader is not reset."""
    conversation = realm.private(MESSI, HENDERSON)
    async with messi.events() as stream:
        realm.say(conversation, HENDERSON, "one")
        place = int((await stream.next("message"))["id"])
    store = messi.service.app.state.accounts.get(MESSI).store
    later = now_ms() + 8 * event_log.DAY_MS
    await store.run(lambda sql: event_log.prune(sql, keep=100, keep_days=7, now=later))
    async with messi.events(place) as stream:
        realm.say(conversation, HENDERSON, "two")
        assert (await stream.next("message", "reset"))["data"]["text"] == "two"


async def test_passing_events_have_no_id(realm: FakeRealm, messi: Person) -> None:
    """Typing and the link are told to who listens; nobody resumes from them."""
    conversation = realm.private(MESSI, HENDERSON)
    async with messi.events() as stream:
        assert (await stream.next("link"))["data"]["up"] is True
        henderson = await messi.service.login(HENDERSON)
        await eventually(lambda: henderson.get("/conversations"))
        await henderson.post(f"/conversations/{conversation.id}/typing")
        typing = await stream.next("typing")
        realm.link_down()
        link = await stream.next("link")
    assert typing["data"] == {"conversation": conversation.id, "address": HENDERSON}
    assert link["data"]["state"] == "cut_off"
    assert "id" not in typing
    assert "id" not in link


async def test_a_main_that_was_only_silent_costs_nothing(realm: FakeRealm, messi: Person) -> None:
    """Both words come; what was said meanwhile comes once, and nothing is fetched for it."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "one")
    await eventually(lambda: messi.texts(conversation.id))
    fetches = len(realm.fetches)
    async with messi.events() as stream:
        await stream.next("link")
        realm.link_doubted()
        assert (await stream.next("link"))["data"]["state"] == "cut_off"
        await messi.send(HENDERSON, "two", wait=0)
        await eventually(lambda: realm.outbox.kept)
        realm.say(conversation, HENDERSON, "three")
        told = [(await stream.next("message"))["data"]["text"] for _ in range(2)]
        realm.link_steady()
        assert (await stream.next("link", "message"))["data"]["state"] == "up"
        await eventually(lambda: len(conversation.log) == 3)
        realm.say(conversation, HENDERSON, "four")
        assert (await stream.next("message"))["data"]["text"] == "four"
    assert told == ["two", "three"]
    assert await messi.texts(conversation.id) == ["one", "three", "two", "four"]
    assert len(realm.fetches) == fetches
    assert len(realm.connections) == 1


async def test_presence_is_told(realm: FakeRealm, messi: Person) -> None:
    """Who comes and goes, with main's time."""
    async with messi.events() as stream:
        await stream.next("link")
        realm.tell(MESSI, PresenceChanged(Address.parse(HENDERSON), online=True, at=1_000))
        event = await stream.next("presence")
    assert event["data"] == {
        "address": HENDERSON,
        "online": True,
        "at": "1970-01-01T00:00:01.000Z",
    }


async def test_a_reader_that_leaves_leaves_nothing_behind(messi: Person) -> None:
    """Its stream ends with its connection."""
    feed = messi.service.app.state.accounts.get(MESSI).feed
    async with messi.events() as stream:
        await stream.next("link")
        assert feed.streams == 1
    await eventually(lambda: feed.streams == 0)


async def test_a_stopping_service_ends_its_streams(messi: Person) -> None:
    """Readers see the end and come back with their last event's id."""
    async with messi.events() as stream:
        await stream.next("link")
        messi.service.app.state.accounts.end_streams()
        async with asyncio.timeout(5):
            rest = [line async for line in stream.answer_lines()]
    assert rest is not None


async def test_many_readers_cost_the_store_what_one_does(
    realm: FakeRealm, messi: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streams that stand at the same place share one reading of the log, and each gets it all."""
    conversation = realm.private(MESSI, HENDERSON)
    reads: list[int | None] = []
    read_after = event_log.read_after

    def counted(connection: Connection, place: int | None, limit: int) -> event_log.Slice:
        reads.append(place)
        return read_after(connection, place, limit)

    async with AsyncExitStack() as opened:
        streams = [await opened.enter_async_context(messi.events()) for _ in range(10)]
        for stream in streams:
            await stream.next("link")
        monkeypatch.setattr(event_log, "read_after", counted)
        realm.say(conversation, HENDERSON, "for all of them")
        told = [await stream.next("message") for stream in streams]
    assert {event["data"]["text"] for event in told} == {"for all of them"}
    assert len(reads) < len(streams)


async def test_a_reading_that_failed_is_tried_again(
    messi: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was wrong with the file then isn't told to those who ask later."""
    feed = messi.service.app.state.accounts.get(MESSI).feed
    whole = event_log.read_after

    def broken(*_: object) -> event_log.Slice:
        raise StoreUnwritable(path="events", detail="for now")

    await messi.send(HENDERSON, "hello", wait=0)
    monkeypatch.setattr(event_log, "read_after", broken)
    reader = feed.follow(0, event_log.Event(None, "link", {}))
    await anext(reader)
    with pytest.raises(StoreUnwritable):
        await anext(reader)
    monkeypatch.setattr(event_log, "read_after", whole)
    reader = feed.follow(0, event_log.Event(None, "link", {}))
    await anext(reader)
    assert (await anext(reader)).id is not None


async def test_a_place_must_be_a_number(messi: Person) -> None:
    """A broken `Last-Event-ID` is refused in words."""
    answer = await messi.service.http.get(
        f"{messi.path}/events", headers={"Last-Event-ID": "yesterday"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "malformed"


async def test_too_many_streams_are_refused(messi: Person) -> None:
    """Streams are bounded."""
    feed = messi.service.app.state.accounts.get(MESSI).feed
    feed.stream_limit = 1
    async with messi.events() as stream:
        await stream.next("link")
        answer: httpx.Response = await messi.service.http.get(f"{messi.path}/events")
        assert answer.status_code == 429
