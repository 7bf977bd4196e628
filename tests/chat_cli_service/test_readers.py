"""Named readers over HTTP: they go on where they stopped, and wait for what comes."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from chat_cli.account import event_log, readers, store
from chat_cli.account.account import now_ms
from chat_cli.account.store import open_database
from realm_protocol.limits import NEW_DEVICE_MESSAGES
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person, Service, serving
from .fake_realm import Conversation, FakeRealm


async def read(person: Person, name: str, **query: Any) -> Any:
    return await person.get(f"/readers/{name}", **query)


async def texts(person: Person, name: str, **query: Any) -> list[str]:
    return [message["text"] for message in (await read(person, name, **query))["messages"]]


async def done(person: Person, name: str, place: int) -> int:
    answer = await person.post(f"/readers/{name}", {"place": place})
    return int(answer["acknowledged"])


def said(realm: FakeRealm, conversation: Conversation, *words: str) -> None:
    for word in words:
        realm.say(conversation, HENDERSON, word)


async def test_a_reader_goes_on_where_it_stopped(realm: FakeRealm, messi: Person) -> None:
    """What is acknowledged doesn't come again; what was only given does."""
    conversation = realm.private(MESSI, HENDERSON)
    assert (await read(messi, "bot"))["messages"] == []
    said(realm, conversation, "one", "two", "three")
    first = await read(messi, "bot", limit=2, wait=10)
    await eventually(lambda: _gets(messi, "bot", ["one", "two", "three"]))
    assert [message["place"] for message in first["messages"]][-1] == first["place"]
    place = first["messages"][0]["place"]
    assert await done(messi, "bot", place) == place
    assert await texts(messi, "bot") == ["two", "three"]


async def _gets(person: Person, name: str, expected: list[str]) -> bool:
    return await texts(person, name) == expected


async def test_a_new_reader_begins_now_or_at_the_start(realm: FakeRealm, messi: Person) -> None:
    """`from` counts when it is made, and never again."""
    conversation = realm.private(MESSI, HENDERSON)
    said(realm, conversation, "before")
    assert await texts(messi, "late") == []
    assert await texts(messi, "all", **{"from": "start"}) == ["before"]
    said(realm, conversation, "after")
    assert await texts(messi, "late", wait=10) == ["after"]
    assert await texts(messi, "late", **{"from": "start"}) == ["after"]


async def test_what_main_has_before_the_reader_is_not_new_to_it(
    realm: FakeRealm, messi: Person
) -> None:
    """Also when it had not come here yet: a reader made now begins behind it."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.lose_events = 1
    said(realm, conversation, "lost on the way")
    realm.cut()
    assert await texts(messi, "bot") == []
    said(realm, conversation, "new")
    assert await texts(messi, "bot", wait=10) == ["new"]


async def test_messages_of_others_and_of_ones_other_devices(
    realm: FakeRealm, messi: Person
) -> None:
    """Not what was sent from here, which its sender knows; with whom to answer."""
    conversation = realm.private(MESSI, HENDERSON)
    group = realm.group("club@surabaya", MESSI, HENDERSON)
    await read(messi, "bot")
    await messi.send(HENDERSON, "from here")
    realm.say(conversation, MESSI, "from another device")
    realm.say(group, HENDERSON, "in the group")
    await eventually(lambda: _gets(messi, "bot", ["from another device", "in the group"]))
    found = (await read(messi, "bot"))["messages"]
    assert [message["reply_to"] for message in found] == [HENDERSON, {"group": "club@surabaya"}]
    assert set(found[0]) == {
        *("conversation", "seq", "key", "kind", "from", "text", "at", "sent_at", "state"),
        *("reply_to", "place"),
    }


async def test_a_reader_waits_for_what_comes(realm: FakeRealm, messi: Person) -> None:
    """It is answered at once when a message comes, and with nothing when none does."""
    conversation = realm.private(MESSI, HENDERSON)
    await read(messi, "bot")
    waiting = asyncio.create_task(texts(messi, "bot", wait=60))
    feed = messi.service.app.state.accounts.get(MESSI).feed
    await eventually(lambda: feed.streams == 1)
    said(realm, conversation, "hello")
    assert await waiting == ["hello"]
    assert await texts(messi, "other", wait=0.01) == []
    assert feed.streams == 0


async def test_a_stopping_service_lets_readers_go(messi: Person) -> None:
    """Nobody waits for a service that ends."""
    await read(messi, "bot")
    waiting = asyncio.create_task(texts(messi, "bot", wait=60))
    feed = messi.service.app.state.accounts.get(MESSI).feed
    await eventually(lambda: feed.streams == 1)
    messi.service.app.state.accounts.end_streams()
    assert await waiting == []


async def test_events_that_are_thrown_away_rob_no_reader(realm: FakeRealm, messi: Person) -> None:
    """Readers go by the messages, not by the events that windows follow."""
    conversation = realm.private(MESSI, HENDERSON)
    await read(messi, "bot")
    said(realm, conversation, "one", "two")
    await eventually(lambda: _gets(messi, "bot", ["one", "two"]))
    file = messi.service.app.state.accounts.get(MESSI).store
    await file.run(lambda sql: event_log.prune(sql, keep=0, keep_days=1, now=now_ms()))
    assert await texts(messi, "bot") == ["one", "two"]


async def test_a_restored_main_robs_no_reader(realm: FakeRealm, messi: Person) -> None:
    """What it has lost comes as it was; what stands under the same number now comes too."""
    conversation = realm.private(MESSI, HENDERSON)
    await read(messi, "bot")
    said(realm, conversation, "kept", "lost")
    await eventually(lambda: _gets(messi, "bot", ["kept", "lost"]))
    realm.restore({conversation.id: 1})
    realm.cut()
    await eventually(lambda: _texts_are(messi, conversation, ["kept"]))
    said(realm, conversation, "new")
    await eventually(lambda: _gets(messi, "bot", ["kept", "lost", "new"]))
    assert [m["seq"] for m in (await read(messi, "bot"))["messages"]] == [1, 2, 2]


async def test_a_conversation_that_main_has_forgotten(realm: FakeRealm, messi: Person) -> None:
    """What was said in it and not read yet is read all the same."""
    conversation = realm.private(MESSI, HENDERSON)
    await read(messi, "bot")
    said(realm, conversation, "hello")
    await eventually(lambda: _gets(messi, "bot", ["hello"]))
    realm.restore({})
    realm.conversations.clear()
    realm.cut()
    await eventually(lambda: _has_no_conversation(messi))
    (found,) = (await read(messi, "bot"))["messages"]
    assert (found["text"], found["from"], found["reply_to"]) == ("hello", HENDERSON, HENDERSON)


async def _has_no_conversation(person: Person) -> bool:
    return await person.get("/conversations") == []


async def _texts_are(person: Person, conversation: Conversation, expected: list[str]) -> bool:
    answer = await person.service.http.get(
        f"{person.path}/conversations/{conversation.id}/messages"
    )
    return answer.is_success and [row["text"] for row in answer.json()] == expected


async def test_what_a_person_scrolls_to_is_history(realm: FakeRealm, messi: Person) -> None:
    """Older messages that are fetched to be looked at are news to nobody."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.cut()
    realm.link_up = False
    for number in range(300):
        realm.store(conversation, HENDERSON, f"k{number}", b"old")
    conversation.marks[MESSI] = (300, 300)
    realm.link_up = True
    await eventually(lambda: messi.link() == "up")
    first = await read(messi, "all", limit=1000, **{"from": "start"})
    held = len(first["messages"])
    assert held == NEW_DEVICE_MESSAGES
    scrolled = await messi.get(f"/conversations/{conversation.id}/messages", before=50, limit=40)
    assert len(scrolled) == 40
    assert len((await read(messi, "all", limit=1000))["messages"]) == held


async def test_what_was_not_given_is_not_acknowledged(realm: FakeRealm, messi: Person) -> None:
    """In words; saying twice what is done changes nothing."""
    conversation = realm.private(MESSI, HENDERSON)
    given = await read(messi, "bot")
    refused = await messi.try_post("/readers/bot", {"place": given["place"] + 1})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "place_not_handed_out")
    said(realm, conversation, "one", "two")
    given = await read(messi, "bot", wait=10, limit=1)
    for _ in range(2):
        assert await done(messi, "bot", given["place"]) == given["place"]
    assert await done(messi, "bot", given["place"] - 1) == given["place"]
    refused = await messi.try_post("/readers/bot", {"place": -1})
    assert refused.status_code == 400


async def test_readers_are_listed_and_removed(realm: FakeRealm, messi: Person) -> None:
    """Who is forgotten is new when it comes again; who isn't known can't be removed."""
    conversation = realm.private(MESSI, HENDERSON)
    for name in ("Bot", "archive"):
        await read(messi, name)
    said(realm, conversation, "one")
    await eventually(lambda: _gets(messi, "bot", ["one"]))
    listed = await messi.get("/readers")
    assert [(row["name"], row["waiting"]) for row in listed] == [("archive", 1), ("bot", 1)]
    assert listed[1]["handed"] > listed[1]["acknowledged"]
    removed = await messi.service.http.delete(f"{messi.path}/readers/bot")
    assert removed.json() == {"name": "bot"}
    again = await messi.service.http.delete(f"{messi.path}/readers/bot")
    assert (again.status_code, again.json()["error"]["code"]) == (404, "reader_not_found")
    refused = await messi.try_post("/readers/bot", {"place": 0})
    assert refused.status_code == 404
    assert await texts(messi, "bot") == []


async def test_names_and_their_number_are_bounded(messi: Person) -> None:
    """A name is as every name here; an account has so many readers, and no more."""
    bad = await messi.service.http.get(f"{messi.path}/readers/no%20name")
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "invalid_name")
    file = messi.service.app.state.accounts.get(MESSI).store

    def fill(sql: Any) -> None:
        for number in range(readers.READERS_LIMIT):
            readers.begin(sql, f"reader{number}", from_start=False, now=0)

    await file.run(fill)
    assert await texts(messi, "reader5") == []
    full = await messi.service.http.get(f"{messi.path}/readers/another")
    assert (full.status_code, full.json()["error"]["code"]) == (409, "too_many_readers")
    assert full.json()["error"]["limit"] == readers.READERS_LIMIT


async def test_a_token_of_an_account_opens_its_readers_only(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    """Somebody else's readers are closed to it, to read and to acknowledge."""
    henderson = await service.login(HENDERSON)
    await read(messi, "bot")
    headers = {"Authorization": f"Bearer {henderson.token}"}
    own = await service.http.get(f"{henderson.path}/readers/bot", headers=headers)
    assert own.status_code == 200
    for method, path in (("GET", "readers"), ("GET", "readers/bot"), ("DELETE", "readers/bot")):
        answer = await service.http.request(method, f"{messi.path}/{path}", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")
    answer = await service.http.post(
        f"{messi.path}/readers/bot", json={"place": 0}, headers=headers
    )
    assert answer.status_code == 403


async def test_a_place_survives_the_service(realm: FakeRealm, tmp_path: Path) -> None:
    """What was given by one run may be acknowledged in the next."""
    conversation = realm.private(MESSI, HENDERSON)
    async with serving(tmp_path / "home", realm.url) as service:
        messi = await service.login()
        await read(messi, "bot")
        said(realm, conversation, "one", "two")
        given = await read(messi, "bot", limit=1, wait=10)
    async with serving(tmp_path / "home", realm.url) as service:
        messi = Person(service, MESSI, "")
        await eventually(lambda: messi.link() == "up")
        assert await texts(messi, "bot") == ["one", "two"]
        await done(messi, "bot", given["place"])
        assert await texts(messi, "bot") == ["two"]


async def test_the_newest_messages_of_all_conversations(realm: FakeRealm, messi: Person) -> None:
    """Oldest of them first; each conversation in its order, also where a clock was set back."""
    one, other = realm.private(MESSI, HENDERSON), realm.group("club@surabaya", MESSI, HENDERSON)
    realm.say(one, HENDERSON, "1")
    realm.say(other, HENDERSON, "2")
    await messi.send(HENDERSON, "3")
    realm.clock -= 10
    realm.say(one, HENDERSON, "4")
    await eventually(lambda: _newest_are(messi, 10, ["1", "2", "3", "4"]))
    assert len(await messi.get("/messages", limit=2)) == 2


async def _newest_are(person: Person, limit: int, expected: list[str]) -> bool:
    return [row["text"] for row in await person.get("/messages", limit=limit)] == expected


def test_messages_that_were_here_before_readers_were_can_be_read(tmp_path: Path) -> None:
    """A file of the first version: what others wrote, in the order in which it came."""
    path = tmp_path / "a.sqlite3"
    _make_first_version(path)
    with open_database(path) as sql, sql.begin():
        readers.begin(sql, "bot", from_start=True, now=0)
        found = readers.hand_out(sql, MESSI, "bot", 10).value.messages
    assert [arrived.message["text"] for arrived in found] == ["second", "joined", "first"]


def _make_first_version(path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    rows = [
        ("c", 2, "k2", "text", HENDERSON, "second"),
        ("c", 3, "", "system", MESSI, "joined"),
        ("c", 4, "k4", "text", MESSI, "own"),
        ("c", 1, "k1", "text", HENDERSON, "first"),
    ]
    file = sqlite3.connect(path)
    with file:
        file.execute(
            "INSERT INTO account VALUES (1, ?, 'http://r', 's', 't', 'active', '', '', 1, 1, 1, 0)",
            (MESSI,),
        )
        file.execute(
            "INSERT INTO conversations"
            " VALUES ('c', 'private', ?, 'member', 1, 4, 0, 4, 0, 0, 0, 0, 0)",
            (HENDERSON,),
        )
        file.executemany(
            "INSERT INTO messages (conversation, seq, key, kind, sender, text, sent_at, at)"
            " VALUES (?, ?, ?, ?, ?, ?, 1, 1)",
            rows,
        )
    file.close()
