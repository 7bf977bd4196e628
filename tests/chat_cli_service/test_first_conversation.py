"""The life of a message, from one account to another, over real sockets."""

from .conftest import HENDERSON, MESSI, Person, Service
from .fake_realm import FakeRealm


async def test_health_needs_no_token(service: Service) -> None:
    """Anyone on this machine may see that the service runs."""
    answer = await service.http.get("/v1/health", headers={"Authorization": ""})
    assert answer.json()["status"] == "ok"


async def test_a_message_is_at_main_when_the_answer_says_so(
    realm: FakeRealm, messi: Person
) -> None:
    """The answer bears the number that main gave the message."""
    sent = await messi.send(HENDERSON, "hello", key="k1")
    conversation = realm.private(MESSI, HENDERSON)
    assert sent == {
        "key": "k1",
        "conversation": conversation.id,
        "seq": 1,
        "state": "at_main",
        "to": HENDERSON,
    }
    assert [row.body for row in conversation.log] == [b"hello"]


async def test_the_inbox_shows_unread_messages_once(realm: FakeRealm, service: Service) -> None:
    """What was shown is read; what was only peeked at is not."""
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    await messi.send(HENDERSON, "one")
    await messi.send(HENDERSON, "two")
    assert [row["text"] for row in await henderson.get("/inbox", peek=True)] == ["one", "two"]
    assert [row["text"] for row in await henderson.get("/inbox")] == ["one", "two"]
    assert await henderson.get("/inbox") == []
    assert await messi.get("/inbox") == []
