"""Conversations that this person has begun, and of which main knows nothing yet."""

from typing import Any

import pytest

from realm_protocol.errors import UserNotFound
from tests.waiting import eventually

from .conftest import HENDERSON, Person
from .fake_realm import FakeRealm


async def _write_while_cut_off(realm: FakeRealm, messi: Person, to: Any) -> dict[str, Any]:
    realm.outbox.is_full = True
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    sent: dict[str, Any] = await messi.send(to, "hello", wait=0, key="k1")
    return sent


async def test_a_first_message_shows_while_cut_off(realm: FakeRealm, messi: Person) -> None:
    """Its conversation is in the list and has a history, before main has heard of either."""
    sent = await _write_while_cut_off(realm, messi, HENDERSON)

    [listed] = await messi.get("/conversations")
    [message] = await messi.get(f"/conversations/{sent['conversation']}/messages")

    assert (message["seq"], message["state"], message["text"]) == (None, "saved", "hello")
    assert listed == {
        "conversation": sent["conversation"],
        "kind": "private",
        "title": HENDERSON,
        "name": "",
        "role": "member",
        "invite_only": False,
        "closed": False,
        "muted": False,
        "last_seq": 0,
        "read": 0,
        "delivered": 0,
        "unread": 0,
        "last_message": message,
    }
    assert (await messi.get("/info"))["conversations"] == 1


async def test_a_begun_conversation_takes_what_a_window_asks(
    realm: FakeRealm, messi: Person
) -> None:
    """Typed lines find it by its person; marking it read and writing in it change nothing."""
    sent = await _write_while_cut_off(realm, messi, HENDERSON)
    path = f"/conversations/{sent['conversation']}"

    shown = await messi.post("/commands", {"line": "history henderson"})

    assert [message["text"] for message in shown["result"]] == ["hello"]
    assert (await messi.post(f"{path}/read", {"seq": 5}))["read"] == 0
    assert await messi.post(f"{path}/typing") == {"conversation": sent["conversation"]}
    assert (await messi.get(f"{path}/receipts", seq=1))["delivered"] == []


async def test_a_begun_conversation_with_a_group_is_of_the_group(
    realm: FakeRealm, messi: Person
) -> None:
    """It has the kind and the address that it will have."""
    realm.group("jarkom3@surabaya", HENDERSON)
    await _write_while_cut_off(realm, messi, {"group": "jarkom3"})
    [listed] = await messi.get("/conversations")
    assert (listed["kind"], listed["title"]) == ("group", "jarkom3@surabaya")


async def test_a_begun_conversation_becomes_mains(realm: FakeRealm, messi: Person) -> None:
    """Once main has the message, there is the one conversation, as main tells of it."""
    sent = await _write_while_cut_off(realm, messi, HENDERSON)
    realm.link_back()
    assert (await messi.send(HENDERSON, "hello", key="k1"))["state"] == "at_main"

    [listed] = await messi.get("/conversations")
    [message] = await messi.get(f"/conversations/{sent['conversation']}/messages")
    assert (listed["last_seq"], message["seq"], message["key"]) == (1, 1, "k1")


@pytest.mark.parametrize("word", ["history", "read"])
async def test_a_conversation_that_is_none_is_named_as_asked(messi: Person, word: str) -> None:
    """By the person; an id says nothing to whoever typed a name."""
    answer = await messi.try_post("/commands", {"line": f"{word} henderson@jakarta"})
    assert answer.json()["error"]["conversation"] == "henderson@jakarta"


async def test_a_mistyped_name_begins_no_conversation(realm: FakeRealm, messi: Person) -> None:
    """What was refused for good stays in its history, with the reason, and out of the list."""
    realm.refusals.append(UserNotFound(address="hendreson@surabaya"))
    answer = await messi.try_post("/messages", {"to": "hendreson@surabaya", "text": "hello"})
    assert answer.status_code == 404
    assert await messi.get("/conversations") == []
    shown = await messi.post("/commands", {"line": "history hendreson@surabaya"})
    assert [message["state"] for message in shown["result"]] == ["refused"]
