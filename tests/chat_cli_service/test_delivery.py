"""Nothing is lost, doubled or out of order, whatever the line and the realm do."""

import asyncio
from pathlib import Path

import pytest

from realm_protocol.errors import RateLimited, StorageFull, UserNotFound
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person, Service, serving
from .fake_realm import FakeRealm


async def test_a_repeated_request_is_the_same_message(realm: FakeRealm, messi: Person) -> None:
    """Same key, same answer, one row; also by the bare name that was resolved the first time."""
    realm.resolving["henderson"] = HENDERSON
    first = await messi.send("henderson", "hello", key="k1")
    realm.resolving["henderson"] = "henderson@jakarta"
    assert await messi.send("henderson", "hello", key="k1") == first
    henderson = await messi.service.login(HENDERSON)
    assert len(await henderson.get("/inbox")) == 1
    await eventually(lambda: _all_read(messi, first["conversation"]))
    assert await messi.send(HENDERSON, "hello", key="k1") == first
    assert len(realm.private(MESSI, HENDERSON).log) == 1


async def _all_read(person: Person, conversation: str) -> bool:
    rows = await person.get(f"/conversations/{conversation}/messages")
    return {row["state"] for row in rows} == {"read"}


@pytest.mark.parametrize(
    "other", [{"to": HENDERSON, "text": "other"}, {"to": MESSI, "text": "hello"}]
)
@pytest.mark.parametrize("linked", [True, False])
async def test_a_key_belongs_to_one_message(
    realm: FakeRealm, messi: Person, other: dict[str, str], linked: bool
) -> None:
    """Another text or another person under a used key is refused, whether or not it was sent."""
    if not linked:
        realm.link_down()
        await eventually(lambda: messi.link() == "cut_off")
    await messi.send(HENDERSON, "hello", key="k1", wait=5 if linked else 0)
    answer = await messi.try_post("/messages", {**other, "key": "k1"})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "key_conflict"


async def test_a_lost_answer_makes_no_second_message(realm: FakeRealm, messi: Person) -> None:
    """The line is cut between the store at main and its answer; the resend has the same key."""
    realm.lose_replies = 1
    sent = await messi.send(HENDERSON, "hello", key="k1")
    assert (sent["seq"], sent["state"]) == (1, "at_main")
    assert realm.sent == [(MESSI, "k1"), (MESSI, "k1")]
    assert len(realm.private(MESSI, HENDERSON).log) == 1


async def test_messages_written_while_cut_off_arrive_in_order(
    realm: FakeRealm, messi: Person
) -> None:
    """They are saved at once, and sent when the link is back."""
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    for number in range(5):
        sent = await messi.send(HENDERSON, f"text {number}", wait=0)
        assert (sent["state"], sent["seq"]) == ("saved", None)
    realm.link_back()
    conversation = realm.private(MESSI, HENDERSON)
    await eventually(lambda: len(conversation.log) == 5)
    assert [row.body for row in conversation.log] == [b"text %d" % n for n in range(5)]


async def test_a_realm_that_was_away_gets_the_outbox(realm: FakeRealm, messi: Person) -> None:
    """The service connects again by itself."""
    await realm.running.stop()
    await eventually(lambda: messi.link() == "unreachable")
    sent = await messi.send(HENDERSON, "hello", wait=0)
    assert sent["state"] == "saved"
    await realm.running.start()
    answer = await messi.send(HENDERSON, "hello", key=sent["key"])
    assert answer["state"] == "at_main"


async def test_the_last_message_before_a_cut_is_there_after_it(
    realm: FakeRealm, messi: Person
) -> None:
    """Its event was lost and nothing comes after it: the head of the next connection shows it."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "one")
    await eventually(lambda: messi.texts(conversation.id))
    realm.lose_events = 1
    realm.say(conversation, HENDERSON, "lost tail")
    async with messi.events() as stream:
        realm.cut()
        event = await stream.next("message")
    assert event["data"]["text"] == "lost tail"
    assert await messi.texts(conversation.id) == ["one", "lost tail"]


async def test_what_was_missed_is_shown_before_what_follows(
    realm: FakeRealm, messi: Person
) -> None:
    """An event beyond the next one is a hole: the rows before it are fetched first."""
    conversation = realm.private(MESSI, HENDERSON)
    async with messi.events() as stream:
        realm.lose_events = 2
        for text in ("one", "two", "three"):
            realm.say(conversation, HENDERSON, text)
        shown = [(await stream.next("message"))["data"] for _ in range(3)]
    assert [(event["seq"], event["text"]) for event in shown] == [
        (1, "one"),
        (2, "two"),
        (3, "three"),
    ]


async def test_a_repeated_event_is_shown_once(realm: FakeRealm, messi: Person) -> None:
    """Events come at least once; readers see each message once."""
    realm.repeat_events = True
    conversation = realm.private(MESSI, HENDERSON)
    async with messi.events() as stream:
        for number in range(3):
            realm.say(conversation, HENDERSON, f"text {number}")
        seqs = [(await stream.next("message"))["data"]["seq"] for _ in range(3)]
        realm.say(conversation, HENDERSON, "end")
        assert (await stream.next("message"))["data"]["text"] == "end"
    assert seqs == [1, 2, 3]


async def test_an_own_message_waits_for_what_stands_before_it(
    realm: FakeRealm, messi: Person
) -> None:
    """The answer comes while another's row is missing: history still shows the true order."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.lose_events = 1
    realm.say(conversation, HENDERSON, "theirs")
    sent = await messi.send(HENDERSON, "mine")
    assert sent["seq"] == 2
    assert await messi.texts(conversation.id) == ["theirs", "mine"]


async def test_messages_of_another_own_device_come_too(realm: FakeRealm, messi: Person) -> None:
    """The sender's other devices are members like any; own messages are never unread."""
    conversation = realm.private(MESSI, HENDERSON)
    async with messi.events() as stream:
        realm.say(conversation, MESSI, "from my phone")
        event = (await stream.next("message"))["data"]
    assert (event["from"], event["text"]) == (MESSI, "from my phone")
    assert await messi.get("/inbox") == []


async def test_a_refusal_for_now_keeps_the_message_and_its_followers(
    realm: FakeRealm, messi: Person
) -> None:
    """Rate-limited, then a full disk: it is sent again, and nothing overtakes it."""
    realm.refusals = [RateLimited(retry_after_seconds=0.05), StorageFull(server="main")]
    sends = [messi.send(HENDERSON, f"text {n}", key=f"k{n}") for n in range(4)]
    answers = []
    for send in sends:
        answers.append(asyncio.ensure_future(send))
        await eventually(lambda: len({key for _, key in realm.sent}) >= len(answers))
    assert {(await answer)["state"] for answer in answers} == {"at_main"}
    log = realm.private(MESSI, HENDERSON).log
    assert [row.body for row in log] == [b"text %d" % n for n in range(4)]


async def test_a_final_refusal_answers_its_error(realm: FakeRealm, messi: Person) -> None:
    """With the status of its class; the message is kept to be seen, and its key is free."""
    async with messi.events() as stream:
        answer = await messi.try_post(
            "/messages", {"to": "nobody@surabaya", "text": "hello", "key": "k1"}
        )
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "user_not_found"
        state = (await stream.next("state"))["data"]
    assert (state["key"], state["state"]) == ("k1", "refused")
    assert state["error"]["code"] == "user_not_found"
    assert (await messi.send(HENDERSON, "hello", key="k1"))["state"] == "at_main"


async def test_a_final_refusal_stays_in_place_with_its_reason(
    realm: FakeRealm, messi: Person
) -> None:
    """History shows the refused message after the log."""
    sent = await messi.send(HENDERSON, "one")
    realm.refusals = [UserNotFound(address=HENDERSON)]
    assert (await messi.try_post("/messages", {"to": HENDERSON, "text": "two"})).is_error
    rows = await messi.get(f"/conversations/{sent['conversation']}/messages")
    assert [(row["seq"], row["state"]) for row in rows] == [(1, "at_main"), (None, "refused")]
    assert rows[1]["error"]["code"] == "user_not_found"


async def test_a_message_queued_before_a_logout_arrives(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    """It waits in the account's file and is sent when the person signs in again."""
    realm.outbox.is_full = True
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    await messi.send(HENDERSON, "hello", wait=0)
    answer = await messi.post("/logout")
    assert answer["unsent"] == 1
    realm.link_back()
    await service.login()
    conversation = realm.private(MESSI, HENDERSON)
    await eventually(lambda: conversation.log)
    assert [row.body for row in conversation.log] == [b"hello"]


async def test_forgetting_says_what_it_erases(
    realm: FakeRealm, service: Service, messi: Person, tmp_path: Path
) -> None:
    """The account's file is gone, its unsent message too; the next login begins anew."""
    realm.outbox.is_full = True
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    await messi.send(HENDERSON, "hello", wait=0)
    answer = await messi.post("/logout", {"forget": True})
    assert (answer["unsent"], answer["forgotten"]) == (1, True)
    assert list((tmp_path / "home" / "accounts").iterdir()) == []
    realm.link_back()
    again = await service.login()
    assert (await again.get("/info"))["unsent"] == 0


async def test_a_restart_goes_on_where_it_was(realm: FakeRealm, tmp_path: Path) -> None:
    """Sign-in, messages, and the outbox outlive the service; what came meanwhile is fetched."""
    async with serving(tmp_path / "home", realm.url) as service:
        messi = await service.login()
        await messi.send(HENDERSON, "before")
        realm.link_down()
        await eventually(lambda: messi.link() == "cut_off")
        await messi.send(HENDERSON, "queued", wait=0)
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "meanwhile")
    realm.link_back()
    async with serving(tmp_path / "home", realm.url) as service:
        again = Person(service, MESSI, messi.token)
        await eventually(lambda: len(conversation.log) == 3)
        assert await again.texts(conversation.id) == ["before", "meanwhile", "queued"]
    assert len(realm.keys) == 2


async def test_what_main_acknowledged_is_in_the_answer(realm: FakeRealm, messi: Person) -> None:
    """Asked at once after main stored it, without its event: while the link is up, it is there."""
    conversation = realm.private(MESSI, HENDERSON)
    await messi.get("/conversations")
    realm.say(conversation, HENDERSON, "just now")
    assert [row["text"] for row in await messi.get("/inbox")] == ["just now"]


async def test_a_realm_that_does_not_answer_holds_up_nobody(
    realm: FakeRealm, messi: Person
) -> None:
    """After a bounded wait the answer comes from this machine."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "one")
    await eventually(lambda: messi.texts(conversation.id))
    realm.fetch_gate.clear()
    realm.lose_events = 1
    realm.say(conversation, HENDERSON, "lost")
    realm.say(conversation, HENDERSON, "beyond")
    assert await messi.texts(conversation.id) == ["one"]
    realm.fetch_gate.set()
    await eventually(lambda: messi.link() == "up")
    assert await messi.texts(conversation.id) == ["one", "lost", "beyond"]


async def test_older_messages_come_by_scrolling(realm: FakeRealm, service: Service) -> None:
    """A new device holds the newest ones; what lies before is fetched when asked for, once."""
    conversation = realm.private(MESSI, HENDERSON)
    for number in range(1, 331):
        realm.say(conversation, HENDERSON, f"text {number}")
    conversation.marks[MESSI] = (330, 330)
    messi = await service.login()
    assert len(await messi.texts(conversation.id, limit=1000)) == 330
    page = await messi.get(f"/conversations/{conversation.id}/messages", before=21, limit=5)
    assert [row["seq"] for row in page] == [16, 17, 18, 19, 20]
    fetched = len(realm.fetches)
    assert len(await messi.texts(conversation.id, before=100, limit=99)) == 99
    assert len(realm.fetches) == fetched
