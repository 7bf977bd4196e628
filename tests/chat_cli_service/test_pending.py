"""A site that is cut off: neighbours' messages are shown at once, and settled later, each once."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from chat_cli.account import engine
from chat_cli.account.schema import events
from realm_protocol.commands import FetchPending, PendingPage, SendMessage
from realm_protocol.errors import NotMember
from realm_protocol.names import GroupAddress
from tests.waiting import DEADLINE_SECONDS, eventually

from .conftest import HENDERSON, MESSI, Person, Service, serving
from .fake_realm import FakeRealm
from .fake_realm_session import RealmSession

GROUP = GroupAddress("jarkom3@surabaya")


def message(key: str, text: str, to: str = MESSI) -> SendMessage:
    return SendMessage(0, to, key, "text", text.encode(), 1000)


async def cut_off(realm: FakeRealm, person: Person) -> None:
    realm.link_down()
    await eventually(lambda: person.link() == "cut_off")


async def told(person: Person, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    """All durable events of these kinds that the account has ever told."""
    store = person.service.app.state.accounts.get(person.address).store
    all_of_them = select(events.c.type, events.c.data).order_by(events.c.id)
    found = await store.run(lambda connection: connection.execute(all_of_them).all())
    return [(row.type, json.loads(row.data)) for row in found if row.type in kinds]


async def keys_told(person: Person, kind: str) -> list[str]:
    return [data["key"] for _, data in await told(person, kind)]


async def settled(person: Person, key: str, state: str = "delivered") -> bool:
    return any(
        (data["key"], data["state"]) == (key, state) for _, data in await told(person, "state")
    )


async def rows(person: Person, conversation: str) -> list[tuple[Any, str, str]]:
    found = await person.get(f"/conversations/{conversation}/messages")
    return [(row["seq"], row["text"], row["state"]) for row in found]


# --- one's own -----------------------------------------------------------------------------------


async def test_what_one_sends_while_cut_off_is_at_the_realm(
    realm: FakeRealm, messi: Person
) -> None:
    """Answered without a wait for main; its number comes as a state, once."""
    await cut_off(realm, messi)

    sent = await messi.send(HENDERSON, "halo", key="k1", wait=20)
    assert (sent["state"], sent["seq"]) == ("at_realm", None)
    assert await rows(messi, sent["conversation"]) == [(None, "halo", "at_realm")]
    realm.link_back()
    await eventually(lambda: settled(messi, "k1", "at_main"))

    assert await keys_told(messi, "message") == ["k1"]
    states = [data["state"] for _, data in await told(messi, "state")]
    assert states == ["at_realm", "at_main"]
    assert (await rows(messi, sent["conversation"]))[0][0] == 1


async def test_nobody_waits_for_a_main_that_went(realm: FakeRealm, messi: Person) -> None:
    """Kept by the realm while main was only silent: when the link goes, that is the answer."""
    await eventually(lambda: messi.link() == "up")
    realm.link_up = False  # and nobody is told
    sending = asyncio.create_task(messi.send(HENDERSON, "halo", key="k1", wait=60))
    await eventually(lambda: settled(messi, "k1", "at_realm"))
    assert not sending.done()

    realm.link_down()

    async with asyncio.timeout(DEADLINE_SECONDS):
        assert (await sending)["state"] == "at_realm"


async def test_what_the_realm_has_is_not_sent_again(realm: FakeRealm, messi: Person) -> None:
    """Also over a new connection: the realm says that it keeps it still."""
    await cut_off(realm, messi)
    await messi.send(HENDERSON, "halo", key="k1", wait=20)
    realm.cut()
    await eventually(lambda: len(realm.connections) == 1)
    await messi.send(HENDERSON, "lagi", key="k2", wait=20)

    assert [key for _, key in realm.sent] == ["k1", "k2"]


async def test_what_the_realm_has_lost_is_sent_again(realm: FakeRealm, messi: Person) -> None:
    """Its disk was lost, and nobody at main has it: chat-cli has it still, in order."""
    await cut_off(realm, messi)
    await messi.send(HENDERSON, "satu", key="k1", wait=20)
    await messi.send(HENDERSON, "dua", key="k2", wait=20)
    realm.outbox.kept.clear()
    realm.link_back()

    conversation = realm.private(MESSI, HENDERSON)
    await eventually(lambda: len(conversation.log) == 2)
    assert [row.body for row in conversation.log] == [b"satu", b"dua"]


async def test_a_kept_message_that_main_refuses_is_refused_and_withdrawn(
    realm: FakeRealm, messi: Person
) -> None:
    """With the reason, on the device that sent it too."""
    realm.group(GROUP, MESSI, HENDERSON)
    await eventually(lambda: _knows(messi, 1))
    await cut_off(realm, messi)
    realm.outbox.refusals["k1"] = NotMember(group=str(GROUP))
    sent = await messi.send({"group": GROUP}, "halo", key="k1", wait=20)
    assert sent["state"] == "at_realm"

    realm.link_back()

    await eventually(lambda: settled(messi, "k1", "refused"))
    (row,) = await messi.get(f"/conversations/{sent['conversation']}/messages")
    assert (row["state"], row["error"]["code"]) == ("refused", "not_member")


async def _knows(person: Person, count: int) -> bool:
    return len(await person.get("/conversations")) == count


# --- neighbours' ---------------------------------------------------------------------------------


async def test_a_neighbours_message_is_told_once(realm: FakeRealm, messi: Person) -> None:
    """First contact, while cut off: a message without a number, then its number as a state."""
    await cut_off(realm, messi)
    kept = realm.outbox.say(HENDERSON, message("k1", "halo"))
    await eventually(lambda: _knows(messi, 1))

    (listed,) = await messi.get("/conversations")
    assert (listed["title"], listed["unread"]) == (HENDERSON, 1)
    assert listed["last_message"]["text"] == "halo"
    assert await rows(messi, kept.conversation) == [(None, "halo", "at_realm")]
    realm.link_back()
    await eventually(lambda: settled(messi, "k1"))

    assert await keys_told(messi, "message") == ["k1"]
    ((_, state),) = await told(messi, "state")
    assert (state["seq"], state["from"]) == (1, HENDERSON)
    assert await rows(messi, kept.conversation) == [(1, "halo", "delivered")]


async def test_provisional_messages_stand_behind_the_log_in_the_realms_order(
    realm: FakeRealm, messi: Person
) -> None:
    """One's own between those of others; main's order counts once it is known."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "sebelum")
    await eventually(lambda: _has(messi, conversation.id, ["sebelum"]))
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "satu"))
    await messi.send(HENDERSON, "dua", key="m1", wait=20)
    realm.outbox.say(HENDERSON, message("h2", "tiga"))

    await eventually(lambda: _has(messi, conversation.id, ["sebelum", "satu", "dua", "tiga"]))
    assert await _listed_last(messi) == ("tiga", 3)
    realm.link_back()
    await eventually(lambda: settled(messi, "h2"))
    texts = [text for _, text, _ in await rows(messi, conversation.id)]
    assert texts == ["sebelum", "satu", "dua", "tiga"]
    assert await keys_told(messi, "message") == [conversation.log[0].key, "h1", "m1", "h2"]


async def test_history_is_read_page_by_page(realm: FakeRealm, messi: Person) -> None:
    """Back from the newest, over what has no number yet into the log; none twice, none left out."""
    conversation = realm.private(MESSI, HENDERSON)
    for number in range(3):
        realm.say(conversation, HENDERSON, f"log {number}")
    await eventually(lambda: _has(messi, conversation.id, [f"log {number}" for number in range(3)]))
    await cut_off(realm, messi)
    for number in range(2):
        realm.outbox.say(HENDERSON, message(f"k{number}", f"theirs {number}"))
        await messi.send(HENDERSON, f"mine {number}", key=f"k{number}", wait=20)
    realm.outbox.is_full = True
    for number in (2, 3):
        await messi.send(HENDERSON, f"mine {number}", key=f"k{number}", wait=0)
    texts = [f"log {number}" for number in range(3)]
    texts += ["theirs 0", "mine 0", "theirs 1", "mine 1", "mine 2", "mine 3"]
    path = f"/conversations/{conversation.id}/messages"

    pages = [await messi.get(path, limit=2)]
    while len(pages[-1]) == 2:
        first = pages[-1][0]
        bound = {"before": first["seq"]}
        if first["at"] is None:
            bound = {"before_key": first["key"], "before_from": first["from"]}
        pages.append(await messi.get(path, limit=2, **bound))

    assert [row["text"] for page in reversed(pages) for row in page] == texts
    assert [row["text"] for row in await messi.get(path, before_key="k1", limit=2)] == texts[4:6]
    assert [row["text"] for row in await messi.get(path, after=1, limit=4)] == texts[1:5]
    refused = await messi.service.http.get(f"{messi.path}{path}", params={"before_key": "k9"})
    assert refused.json()["error"]["code"] == "message_not_found"


async def test_the_list_shows_what_stands_last(realm: FakeRealm, messi: Person) -> None:
    """A neighbour's, one's own that the realm has, one's own that it hasn't."""
    conversation = realm.private(MESSI, HENDERSON)
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "satu"))
    await eventually(lambda: _has(messi, conversation.id, ["satu"]))
    assert await _listed_last(messi) == ("satu", 1)
    await messi.send(HENDERSON, "dua", key="m1", wait=20)
    assert await _listed_last(messi) == ("dua", 1)

    realm.cut()
    await messi.send(HENDERSON, "tiga", key="m2")
    assert await _listed_last(messi) == ("tiga", 1)


async def _listed_last(person: Person) -> tuple[str, int]:
    """What the list shows of the one conversation that there is, and how much is unread."""
    (listed,) = await person.get("/conversations")
    return listed["last_message"]["text"], listed["unread"]


async def _has(person: Person, conversation: str, texts: list[str]) -> bool:
    return await person.texts(conversation) == texts


async def test_a_withdrawn_message_stays_where_it_was_seen(realm: FakeRealm, messi: Person) -> None:
    """Told as withdrawn, with the reason; what comes later stands behind it; unread no more."""
    conversation = realm.private(MESSI, HENDERSON)
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "ditolak"))
    realm.outbox.say(HENDERSON, message("h2", "diterima"))
    realm.outbox.refusals["h1"] = NotMember(group=str(GROUP))

    realm.link_back()
    await eventually(lambda: settled(messi, "h2"))

    ((_, withdrawn),) = await told(messi, "withdrawn")
    assert (withdrawn["key"], withdrawn["from"]) == ("h1", HENDERSON)
    assert withdrawn["error"]["code"] == "not_member"
    found = await rows(messi, conversation.id)
    assert found == [(None, "ditolak", "withdrawn"), (1, "diterima", "delivered")]
    assert [row["text"] for row in await messi.get("/inbox")] == ["diterima"]


async def test_a_device_that_was_away_gets_what_it_missed(realm: FakeRealm, tmp_path: Path) -> None:
    """From the realm, while main is away; and what was withdrawn meanwhile is found out."""
    async with serving(tmp_path / "home", realm.url) as service:
        messi = await service.login()
        await cut_off(realm, messi)
        kept = realm.outbox.say(HENDERSON, message("h1", "satu"))
        await eventually(lambda: _knows(messi, 1))
    realm.outbox.say(HENDERSON, message("h2", "dua"))
    async with serving(tmp_path / "home", realm.url) as service:
        messi = Person(service, MESSI, messi.token)
        await eventually(lambda: _has(messi, kept.conversation, ["satu", "dua"]))
    realm.outbox.refusals["h1"] = NotMember(group=str(GROUP))
    realm.link_back()
    async with serving(tmp_path / "home", realm.url) as service:
        messi = Person(service, MESSI, messi.token)
        await eventually(lambda: told(messi, "withdrawn"))

        assert await rows(messi, kept.conversation) == [
            (None, "satu", "withdrawn"),
            (1, "dua", "delivered"),
        ]
        assert await keys_told(messi, "message") == ["h1", "h2"]


async def test_what_comes_right_behind_the_last_page_is_shown(
    realm: FakeRealm, messi: Person
) -> None:
    """In one frame with it: the device is in step once the page is there, not some time later."""
    await cut_off(realm, messi)
    answer = realm.outbox.pending

    def answer_and_say(session: RealmSession, asked: FetchPending) -> PendingPage:
        realm.outbox.pending = answer  # type: ignore[method-assign]
        asyncio.get_running_loop().call_soon(realm.outbox.say, HENDERSON, message("h1", "halo"))
        return answer(session, asked)

    realm.outbox.pending = answer_and_say  # type: ignore[method-assign]
    realm.cut()

    await eventually(lambda: _knows(messi, 1))


async def test_a_realm_that_does_not_say_what_it_keeps_is_asked_anew(
    realm: FakeRealm, messi: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over another connection: neighbours would be unheard for as long as the site is cut off."""
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 1.0)
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "halo"))
    await eventually(lambda: _knows(messi, 1))
    answer = realm.outbox.pending

    def leave_unanswered(session: RealmSession, asked: FetchPending) -> None:
        realm.outbox.pending = answer  # type: ignore[method-assign]

    realm.outbox.pending = leave_unanswered  # type: ignore[assignment, method-assign]
    realm.cut()
    await eventually(lambda: realm.outbox.pending == answer)
    kept = realm.outbox.say(HENDERSON, message("h2", "lagi"))

    await eventually(lambda: _has(messi, kept.conversation, ["halo", "lagi"]))


async def test_the_inbox_has_them_and_marks_them_read(realm: FakeRealm, messi: Person) -> None:
    """By key; and the watermark moves over them once they have their numbers."""
    conversation = realm.private(MESSI, HENDERSON)
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "halo"))
    await eventually(lambda: _has(messi, conversation.id, ["halo"]))

    assert (await messi.get("/info"))["unread"] == 1
    assert [row["text"] for row in await messi.get("/inbox")] == ["halo"]
    assert await messi.get("/inbox") == []
    assert (await messi.get("/info"))["unread"] == 0
    assert (await messi.get("/conversations"))[0]["unread"] == 0
    realm.link_back()

    await eventually(lambda: conversation.marks[MESSI] == (1, 1))
    assert (await messi.get("/conversations"))[0]["unread"] == 0


async def test_what_is_read_before_it_has_a_number_is_told(realm: FakeRealm, messi: Person) -> None:
    """`read` can't move over it yet; other windows hear that there is less to read all the same."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "one")
    await eventually(lambda: _has(messi, conversation.id, ["one"]))
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "two"))
    await eventually(lambda: _has(messi, conversation.id, ["one", "two"]))

    for _ in range(2):
        await messi.post(f"/conversations/{conversation.id}/read", {"seq": 1})

    assert (await messi.get("/conversations"))[0]["unread"] == 0
    read = {"conversation": conversation.id, "address": MESSI, "seq": 1}
    assert await told(messi, "read") == [("read", read), ("read", read)]


async def test_a_conversation_that_begins_during_a_cut_is_read(
    realm: FakeRealm, messi: Person
) -> None:
    """Main knows nothing of it: it is read all the same, told, and stays so once main knows."""
    await cut_off(realm, messi)
    kept = realm.outbox.say(HENDERSON, message("k1", "halo"))
    await eventually(lambda: _knows(messi, 1))
    assert await _listed_last(messi) == ("halo", 1)

    answer = await messi.post(f"/conversations/{kept.conversation}/read", {"seq": 0})

    assert answer == {"conversation": kept.conversation, "read": 0}
    assert await _listed_last(messi) == ("halo", 0)
    read = {"conversation": kept.conversation, "address": MESSI}
    assert await told(messi, "read") == [("read", {**read, "seq": 0})]
    realm.link_back()
    await eventually(lambda: settled(messi, "k1"))
    (listed,) = await messi.get("/conversations")
    assert (listed["read"], listed["unread"]) == (1, 0)


async def test_what_was_not_seen_is_not_read_with_what_was(realm: FakeRealm, messi: Person) -> None:
    """Another site's message took its place before: both wait to be read."""
    conversation = realm.private(MESSI, HENDERSON)
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "terlihat"))
    await eventually(lambda: _has(messi, conversation.id, ["terlihat"]))
    await messi.get("/inbox")
    realm.say(conversation, HENDERSON, "dari tempat lain")

    realm.link_back()
    await eventually(lambda: settled(messi, "h1"))

    assert [row["text"] for row in await messi.get("/inbox")] == ["dari tempat lain", "terlihat"]


async def test_a_named_reader_gets_each_once(realm: FakeRealm, messi: Person) -> None:
    """While cut off, without a number; and not again when it has one."""
    assert (await messi.get("/readers/bot"))["messages"] == []
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "halo"))
    page = await messi.get("/readers/bot", wait=10)
    (got,) = page["messages"]
    assert (got["key"], got["seq"], got["state"], got["reply_to"]) == (
        "h1",
        None,
        "at_realm",
        HENDERSON,
    )
    await messi.post("/readers/bot", {"place": page["place"]})
    realm.link_back()
    await eventually(lambda: settled(messi, "h1"))

    assert (await messi.get("/readers/bot"))["messages"] == []


async def test_whoever_was_removed_meanwhile_waits_for_nothing(
    realm: FakeRealm, messi: Person
) -> None:
    """What others wrote there while cut off was seen at this site, and gets no number here."""
    group = realm.group(GROUP, MESSI, HENDERSON)
    await eventually(lambda: _knows(messi, 1))
    await cut_off(realm, messi)
    realm.outbox.say(HENDERSON, message("h1", "halo", f"group:{GROUP}"))
    await eventually(lambda: _has(messi, group.id, ["halo"]))
    del group.marks[MESSI]
    head = realm.head(group, MESSI)
    realm.heads_of = lambda person: [head]  # type: ignore[method-assign]

    realm.link_back()

    await eventually(lambda: told(messi, "withdrawn"))
    assert [state for _, _, state in await rows(messi, group.id)] == ["withdrawn"]


async def test_a_second_device_sees_what_the_first_sent(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    """As one's own message that is at the realm."""
    await cut_off(realm, messi)
    kept = realm.outbox.say(MESSI, message("m1", "dari tablet", HENDERSON))
    await eventually(lambda: _has(messi, kept.conversation, ["dari tablet"]))

    (listed,) = await messi.get("/conversations")
    assert (listed["title"], listed["unread"]) == (HENDERSON, 0)
    realm.link_back()
    await eventually(lambda: settled(messi, "m1", "at_main"))
    assert await keys_told(messi, "message") == ["m1"]


async def test_sent_while_cut_off_then_logged_out(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    """The realm has it: it goes out without its sender, who finds it when they are back."""
    await cut_off(realm, messi)
    sent = await messi.send(HENDERSON, "halo", key="k1", wait=20)
    answer = await messi.post("/logout")
    assert answer["unsent"] == 0
    realm.link_back()
    assert [row.body for row in realm.private(MESSI, HENDERSON).log] == [b"halo"]

    again = await service.login()
    await eventually(lambda: settled(again, "k1", "at_main"))
    assert await rows(again, sent["conversation"]) == [(1, "halo", "at_main")]


async def test_a_restored_main_gets_what_it_lost_and_what_the_realm_keeps(
    realm: FakeRealm, messi: Person
) -> None:
    """Each once, whoever brings it."""
    conversation = realm.private(MESSI, HENDERSON)
    await messi.send(HENDERSON, "hilang", key="k1")
    await cut_off(realm, messi)
    await messi.send(HENDERSON, "disimpan", key="k2", wait=20)
    realm.restore({})
    realm.link_back()

    await eventually(lambda: len(conversation.log) == 2)
    assert {row.body for row in conversation.log} == {b"hilang", b"disimpan"}
    await eventually(lambda: _numbered(messi, conversation.id, 2))
    assert await keys_told(messi, "message") == ["k1", "k2"]


async def _numbered(person: Person, conversation: str, count: int) -> bool:
    return [seq for seq, _, _ in await rows(person, conversation)] == list(range(1, count + 1))
