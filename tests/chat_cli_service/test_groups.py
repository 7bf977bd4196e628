"""Groups, names, people: what main answers, in the service's JSON."""

import pytest

from realm_protocol.errors import AmbiguousName
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person, Service
from .fake_realm import FakeRealm


async def test_a_group_from_its_founding_to_leaving(realm: FakeRealm, service: Service) -> None:
    """Create, join, talk, read, leave."""
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    made = await messi.post("/groups", {"name": "club"})
    assert made["group"] == "club@surabaya"
    joined = await henderson.post("/groups/club/join")
    assert joined["conversation"] == made["conversation"]
    sent = await messi.send({"group": "club"}, "hello all")
    assert sent["to"] == {"group": "club@surabaya"}
    (message,) = await henderson.get("/inbox")
    assert (message["text"], message["conversation"]) == ("hello all", made["conversation"])
    members = await messi.get("/groups/club/members")
    assert {one["address"] for one in members} == {MESSI, HENDERSON}
    rows = await henderson.get(f"/conversations/{made['conversation']}/messages")
    assert [row["kind"] for row in rows] == ["system", "system", "text"]
    assert rows[0]["text"] == f"{MESSI} created the group club@surabaya"
    (group,) = await henderson.get("/groups")
    assert (group["group"], group["members"], group["joined"]) == ("club@surabaya", 2, True)
    await henderson.post("/groups/club/leave")
    refused = await henderson.try_post("/messages", {"to": {"group": "club"}, "text": "x"})
    assert refused.json()["error"]["code"] == "not_member"


async def test_system_rows_are_never_unread(realm: FakeRealm, service: Service) -> None:
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    await messi.post("/groups", {"name": "club"})
    await henderson.post("/groups/club/join")
    assert await messi.get("/inbox") == []
    (conversation,) = await messi.get("/conversations")
    assert conversation["unread"] == 0
    last = conversation["last_message"]
    assert last["text"] == f"{HENDERSON} joined"
    assert (last["change"]["event"], last["change"]["who"]) == ("joined", HENDERSON)


async def test_conversations_tell_where_they_stand(realm: FakeRealm, service: Service) -> None:
    """The newest first, with what is unread."""
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    await messi.post("/groups", {"name": "club"})
    await messi.send(HENDERSON, "one")
    await messi.send(HENDERSON, "two")
    (told,) = await henderson.get("/conversations")
    assert told["title"] == MESSI
    assert (told["kind"], told["last_seq"], told["read"], told["unread"]) == ("private", 2, 0, 2)
    assert told["last_message"]["text"] == "two"
    await henderson.post(f"/conversations/{told['conversation']}/read", {"seq": 1})
    (told,) = await henderson.get("/conversations")
    assert (told["read"], told["unread"]) == (1, 1)
    assert [one["kind"] for one in await messi.get("/conversations")] == ["private", "group"]


async def test_a_muted_conversation_stays_muted(realm: FakeRealm, service: Service) -> None:
    """Whoever asks is told, other windows by an event; messages are counted all the same."""
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    await messi.send(HENDERSON, "one")
    (told,) = await henderson.get("/conversations")
    path = f"/conversations/{told['conversation']}/mute"
    async with henderson.events() as stream:
        assert (await henderson.post(path, {"muted": True}))["muted"] is True
        assert (await stream.next("muted"))["data"]["muted"] is True

    await messi.send(HENDERSON, "two")

    (told,) = await henderson.get("/conversations")
    assert (told["muted"], told["unread"]) == (True, 2)
    await henderson.post("/commands", {"line": f"unmute {MESSI}"})
    assert [one["muted"] for one in await henderson.get("/conversations")] == [False]
    refused = await henderson.try_post("/conversations/unknown/mute", {})
    assert refused.json()["error"]["code"] == "conversation_not_found"


async def test_reading_beyond_the_end_is_reading_to_the_end(
    realm: FakeRealm, messi: Person
) -> None:
    """What comes later stays unread."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "one")
    await messi.get("/conversations")
    answer = await messi.post(f"/conversations/{conversation.id}/read", {"seq": 99})
    assert answer == {"conversation": conversation.id, "read": 1}
    realm.say(conversation, HENDERSON, "two")
    assert [row["text"] for row in await messi.get("/inbox")] == ["two"]


async def test_reading_while_cut_off_is_told_later(realm: FakeRealm, messi: Person) -> None:
    """The mark is kept until main confirms it."""
    conversation = realm.private(MESSI, HENDERSON)
    realm.say(conversation, HENDERSON, "one")
    await eventually(lambda: messi.get("/inbox", peek=True))
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    assert len(await messi.get("/inbox")) == 1
    assert await messi.get("/inbox") == []
    assert conversation.marks[MESSI][1] == 0
    realm.link_back()
    await eventually(lambda: conversation.marks[MESSI] == (1, 1))


async def test_a_bare_name_is_of_the_own_realm_while_cut_off(
    realm: FakeRealm, messi: Person
) -> None:
    """And the answer says which address it was; online, main says it."""
    realm.add_person("henderson@jakarta")
    realm.resolving["henderson"] = "henderson@jakarta"
    assert (await messi.send("henderson", "online"))["to"] == "henderson@jakarta"
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    assert (await messi.send("Henderson", "offline", wait=0))["to"] == HENDERSON


async def test_an_ambiguous_name_is_refused_with_the_candidates(
    realm: FakeRealm, messi: Person
) -> None:
    """And nothing is saved."""
    candidates = ["a@x", "a@y"]
    realm.resolving["a"] = AmbiguousName(name="a", candidates=candidates)
    answer = await messi.try_post("/messages", {"to": "a", "text": "hello"})
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["candidates"] == candidates
    assert error["message"] == "“a” could be a@x, a@y. Write the full address."
    assert (await messi.get("/info"))["unsent"] == 0


async def test_writing_to_oneself_works(realm: FakeRealm, messi: Person) -> None:
    sent = await messi.send(MESSI, "note")
    assert sent["state"] == "at_main"
    assert await messi.texts(sent["conversation"]) == ["note"]
    assert await messi.get("/inbox") == []


async def test_words_are_found(realm: FakeRealm, messi: Person) -> None:
    """Beginnings of words, without regard to case and accents; whatever is typed is no syntax."""
    await messi.send(HENDERSON, "Rapat jam tiga di café")
    await messi.send(HENDERSON, "besok libur")
    for query in ("rapat", "RAP tig", "cafe"):
        (hit,) = await messi.get("/search", q=query)
        assert hit["text"] == "Rapat jam tiga di café"
    for query in ('"', "a AND", "x*", "!!!", "-", "", "(", "NEAR(", "text:x", "zzz"):
        assert await messi.get("/search", q=query) == []


async def test_who_has_read_is_told_on_demand(realm: FakeRealm, service: Service) -> None:
    """In a group receipts are not live; in private they are, and this answers the same."""
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    await messi.post("/groups", {"name": "club"})
    await henderson.post("/groups/club/join")
    sent = await messi.send({"group": "club"}, "hello")
    path = f"/conversations/{sent['conversation']}/receipts"
    await henderson.get("/inbox")
    told = await eventually(lambda: _read_by(messi, path, sent["seq"]))
    assert told["delivered"] == told["read"] == [HENDERSON]
    assert told["of"] == 1


async def _read_by(person: Person, path: str, seq: int) -> object:
    told = await person.get(path, seq=seq)
    return told if told["read"] else None


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/messages", {"to": HENDERSON, "text": ""}, "empty_text"),
        ("/messages", {"to": HENDERSON, "text": "x" * 65537}, "text_too_long"),
        ("/messages", {"to": "no one", "text": "x"}, "invalid_name"),
        ("/messages", {"to": HENDERSON, "text": "x", "key": "a b"}, "invalid_key"),
        ("/messages", {"to": HENDERSON}, "malformed"),
        ("/messages", {"to": {"group": "x@y@z"}, "text": "x"}, "invalid_address"),
        ("/messages", {"to": HENDERSON, "text": "\ud800"}, "malformed"),
        ("/groups/nothing/join", None, "group_not_found"),
        ("/conversations/pX/read", {"seq": 1}, "conversation_not_found"),
        ("/conversations/pX/typing", None, "conversation_not_found"),
        ("/commands", {"line": "frobnicate"}, "unknown_command"),
        ("/commands", {"line": "send"}, "wrong_arguments"),
    ],
)
async def test_bad_input_is_refused_in_words(
    messi: Person, path: str, body: object, code: str
) -> None:
    answer = await messi.try_post(path, body) if "\\ud800" not in ascii(body) else None
    if answer is None:
        answer = await messi.service.http.post(
            messi.path + path,
            content=b'{"to": "henderson@surabaya", "text": "\\ud800"}',
            headers={"Content-Type": "application/json"},
        )
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["code"] in (code, "text_not_unicode")
