"""Main comes back from an older backup: nothing new is taken for old, nothing sent is lost."""

from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person
from .fake_realm import FakeRealm


async def test_what_main_has_lost_is_offered_again(realm: FakeRealm, messi: Person) -> None:
    """Own messages go back into the outbox with their keys, in order; others' are gone."""
    conversation = realm.private(MESSI, HENDERSON)
    await messi.send(HENDERSON, "kept", key="k1")
    realm.say(conversation, HENDERSON, "lost, theirs")
    await messi.send(HENDERSON, "lost, mine", key="k2")
    await messi.send(HENDERSON, "lost too", key="k3")
    await eventually(lambda: _has(messi, conversation.id, 4))
    realm.restore({conversation.id: 1})
    realm.cut()
    await eventually(lambda: len(conversation.log) == 3)
    assert [(row.key, row.body) for row in conversation.log] == [
        ("k1", b"kept"),
        ("k2", b"lost, mine"),
        ("k3", b"lost too"),
    ]
    await eventually(lambda: _all_at_main(messi, conversation.id))
    assert await messi.texts(conversation.id) == ["kept", "lost, mine", "lost too"]


async def test_new_messages_under_old_numbers_are_new(realm: FakeRealm, messi: Person) -> None:
    """After the restore others have written: it is shown, and unread."""
    conversation = realm.private(MESSI, HENDERSON)
    for number in range(3):
        realm.say(conversation, HENDERSON, f"old {number}")
    assert len(await messi.get("/inbox")) == 3
    await eventually(lambda: conversation.marks[MESSI] == (3, 3))
    realm.restore({conversation.id: 1})
    realm.lose_events = 2
    realm.say(conversation, HENDERSON, "new 1")
    realm.say(conversation, HENDERSON, "new 2")
    async with messi.events() as stream:
        realm.cut()
        assert (await stream.next("reset", "message"))["event"] == "reset"
    await eventually(lambda: messi.link() == "up")
    assert [row["text"] for row in await messi.get("/inbox")] == ["new 1", "new 2"]
    assert await messi.texts(conversation.id) == ["old 0", "new 1", "new 2"]


async def test_a_conversation_that_main_has_forgotten_comes_back(
    realm: FakeRealm, messi: Person
) -> None:
    """The backup is older than its first message."""
    sent = await messi.send(HENDERSON, "hello", key="k1")
    realm.restore({})
    realm.conversations.clear()
    realm.cut()
    await eventually(lambda: realm.conversations and realm.private(MESSI, HENDERSON).log)
    await eventually(lambda: _all_at_main(messi, sent["conversation"]))
    rows = await messi.get(f"/conversations/{sent['conversation']}/messages")
    assert [(row["key"], row["seq"]) for row in rows] == [("k1", 1)]


async def test_what_waits_goes_behind_what_was_lost(realm: FakeRealm, messi: Person) -> None:
    """A message written while main was away is newer than all that it has lost."""
    conversation = realm.private(MESSI, HENDERSON)
    await messi.send(HENDERSON, "lost", key="k1")
    realm.outbox.is_full = True
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    await messi.send(HENDERSON, "waits", key="k2", wait=0)
    realm.restore({})
    realm.fetch_gate.clear()
    realm.say(conversation, HENDERSON, "theirs")
    realm.link_back()
    await eventually(lambda: realm.fetches)
    assert [row.body for row in conversation.log] == [b"theirs"]
    realm.fetch_gate.set()
    await eventually(lambda: len(conversation.log) == 3)
    assert [row.body for row in conversation.log] == [b"theirs", b"lost", b"waits"]


async def _has(person: Person, conversation: str, count: int) -> bool:
    return len(await person.texts(conversation)) == count


async def _all_at_main(person: Person, conversation: str) -> bool:
    answer = await person.service.http.get(f"{person.path}/conversations/{conversation}/messages")
    return answer.is_success and all(row["seq"] is not None for row in answer.json())
