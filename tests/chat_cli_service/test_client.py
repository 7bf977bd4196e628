"""`chat_cli.client`: what programs in Python get, against a service over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from chat_cli.client import AccountClient, Chat, File, GroupName, Message, connect, shapes
from chat_cli.client import reader as client_reader
from chat_cli.reader_hold import held
from realm_protocol.bodies import FileBody, pack_file_body
from realm_protocol.errors import (
    GroupExists,
    InvalidName,
    NotAllowed,
    NotSignedIn,
    ReaderInUse,
    ReaderNotFound,
    ServiceUnreachable,
    UserNotFound,
)
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person, Service
from .fake_realm import FakeRealm


@pytest.fixture
async def chat(service: Service, messi: Person) -> AsyncIterator[Chat]:
    async with connect(url=service.url, token=service.token, patience_seconds=5) as chat:
        yield chat


@pytest.fixture
def me(chat: Chat) -> AccountClient:
    return chat.account(MESSI)


async def test_signing_in_and_listing_accounts(chat: Chat) -> None:
    account = await chat.login(HENDERSON, "secret")
    assert account.address == HENDERSON
    assert [row.account for row in await chat.accounts()] == [HENDERSON, MESSI]


async def test_entering_an_open_room_as_a_guest(realm: FakeRealm, chat: Chat) -> None:
    """A name alone opens an account of its own, in which one writes to the room, and answers."""
    guest = await chat.enter_as_guest("anna")
    sent = await guest.send(GroupName("lobby"), "halo", key="k1")
    again = await guest.send(GroupName("lobby"), "halo", key="k1")
    realm.say(realm.conversations[sent.conversation], MESSI, "selamat datang")
    async with guest.reader("bot", from_start=True) as messages:
        welcome = await anext(messages)
    assert guest.address == "guest-anna@surabaya"
    assert (sent.state, sent.to, again) == ("at_main", GroupName("lobby@surabaya"), sent)
    assert (welcome.text, welcome.reply_to) == ("selamat datang", sent.to)


async def test_sending_with_a_key_is_sending_once(realm: FakeRealm, me: AccountClient) -> None:
    """Values with types; the same key gets the same answer."""
    first = await me.send(HENDERSON, "hello", key="k1")
    again = await me.send(HENDERSON, "hello", key="k1")
    assert (first.state, first.seq, first.to) == ("at_main", 1, HENDERSON)
    assert (again.seq, len(realm.private(MESSI, HENDERSON).log)) == (1, 1)


async def test_reading(realm: FakeRealm, me: AccountClient) -> None:
    """Inbox, conversations, history, search, and marking as read."""
    conversation = realm.private(MESSI, HENDERSON)
    for text in ("one", "two"):
        realm.say(conversation, HENDERSON, text)
    (standing,) = await me.conversations()
    assert (standing.title, standing.unread) == (HENDERSON, 2)
    assert [message.text for message in await me.inbox(peek=True)] == ["one", "two"]
    assert await me.mark_read(conversation.id, 1) == 1
    (unread,) = await me.inbox()
    assert (unread.sender, unread.text, unread.seq) == (HENDERSON, "two", 2)
    assert unread.at is not None
    assert unread.at.tzinfo is not None
    assert await me.inbox() == []
    (last,) = await me.history(conversation.id, limit=1)
    assert [row.seq for row in await me.history(conversation.id, before=last)] == [1]
    assert [row.seq for row in await me.history(conversation.id, before=2)] == [1]
    assert [row.text for row in await me.search("tw")] == ["two"]


async def test_reading_back_while_cut_off(realm: FakeRealm, me: AccountClient) -> None:
    """Messages without a number have a page before them, too."""
    await me.send(HENDERSON, "one")
    realm.link_down()
    for text in ("two", "three"):
        sent = await me.send(HENDERSON, text)
    (last,) = await me.history(sent.conversation, limit=1)
    before = await me.history(sent.conversation, before=last)
    assert (last.text, [row.text for row in before]) == ("three", ["one", "two"])


async def test_a_message_that_is_a_file(realm: FakeRealm, me: AccountClient) -> None:
    conversation = realm.private(MESSI, HENDERSON)
    body = FileBody("a" * 32, "notes.txt", 5, "text/plain", "b" * 64)
    row = realm.store(conversation, HENDERSON, "k1", pack_file_body(body), "file")
    realm.publish(conversation, row, None)
    (message,) = await me.inbox()
    assert (message.kind, message.text) == ("file", "notes.txt")
    assert message.file == File("a" * 32, "notes.txt", 5, "text/plain", "b" * 64)


async def test_groups(realm: FakeRealm, me: AccountClient) -> None:
    address = await me.create_group("club", HENDERSON)
    await me.send(GroupName(address), "hello all")
    assert [group.group for group in await me.groups() if group.joined] == [address]
    assert HENDERSON in [member.address for member in await me.members(address)]
    await me.leave_group(address)
    await me.join_group("club")
    with pytest.raises(GroupExists):
        await me.create_group("club")
    with pytest.raises(InvalidName):
        await me.join_group("../../accounts")


async def test_a_reader_acknowledges_what_its_loop_is_done_with(
    realm: FakeRealm, me: AccountClient
) -> None:
    """Left by an error it gives the message in hand again; what is left over comes next time."""
    conversation = realm.private(MESSI, HENDERSON)
    for number in range(5):
        realm.say(conversation, HENDERSON, str(number))
    seen = []

    async def fail() -> None:
        async with me.reader("bot", from_start=True) as messages:
            async for message in messages:
                seen.append(message.text)
                if message.text == "2":
                    raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with me.reader("bot", only_waiting=True) as messages:
        seen += [message.text async for message in messages]
    assert seen == ["0", "1", "2", "2", "3", "4"]
    async with me.reader("bot", only_waiting=True) as messages:
        assert [message async for message in messages] == []


async def test_a_reader_left_on_purpose(realm: FakeRealm, me: AccountClient) -> None:
    """What is acknowledged by hand is done with."""
    conversation = realm.private(MESSI, HENDERSON)
    for text in ("one", "two"):
        realm.say(conversation, HENDERSON, text)
    async with me.reader("bot", from_start=True) as messages:
        async for message in messages:
            await messages.acknowledge(message)
            break
    async with me.reader("bot") as messages:
        async for message in messages:
            assert (message.text, message.reply_to) == ("two", HENDERSON)
            break
    await me.forget_reader("bot")
    with pytest.raises(ReaderNotFound):
        await me.forget_reader("bot")


async def test_a_reader_waits_as_long_as_it_takes(
    realm: FakeRealm, me: AccountClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer with nothing is no end."""
    monkeypatch.setattr(client_reader, "_WAIT_SECONDS", 0.01)
    conversation = realm.private(MESSI, HENDERSON)

    async def first() -> Message:
        async with me.reader("bot") as messages:
            return await anext(messages)

    reading = asyncio.create_task(first())
    await eventually(lambda: me._get("readers"))
    realm.say(conversation, HENDERSON, "at last")
    assert (await reading).text == "at last"


async def test_one_program_at_a_time_reads_under_a_name(tmp_path: Path) -> None:
    """On one machine; it is free again when that one ends. Names of two accounts are two."""
    with held(tmp_path, MESSI, "bot"):
        with pytest.raises(ReaderInUse), held(tmp_path, MESSI, "Bot"):
            pass
        with held(tmp_path, HENDERSON, "bot"), held(tmp_path, MESSI, "other"):
            pass
    with held(tmp_path, MESSI, "bot"):
        pass


async def test_events_go_on_where_a_connection_was_cut(
    realm: FakeRealm, service: Service, me: AccountClient
) -> None:
    """Nothing missed, nothing twice."""
    conversation = realm.private(MESSI, HENDERSON)
    texts: list[str] = []
    async with aclosing(me.events()) as events:
        async for event in events:
            if event.type == "message":
                texts.append(event.data["text"])
                service.cut()
                realm.say(conversation, HENDERSON, f"while it was cut {len(texts)}")
            elif event.type == "link" and not texts:
                realm.say(conversation, HENDERSON, "first")
            if len(texts) == 4:
                break
    assert texts == ["first", *(f"while it was cut {number}" for number in (1, 2, 3))]


async def test_refusals_are_the_errors_of_the_protocol(
    service: Service, me: AccountClient, messi: Person
) -> None:
    """The same class and fields as where they were raised."""
    with pytest.raises(UserNotFound) as refused:
        await me.send("nobody@surabaya", "hello", key="k1")
    assert refused.value.fields["address"] == "nobody@surabaya"
    async with connect(url=service.url, token="wrong") as stranger:
        with pytest.raises(NotSignedIn):
            await stranger.accounts()
    async with connect(url=service.url, token=messi.token) as of_one:
        with pytest.raises(NotAllowed):
            await of_one.account(HENDERSON).inbox()


async def test_a_service_that_is_not_there() -> None:
    """Said in words after the patience is over."""
    async with connect(url="http://127.0.0.1:9", token="t", patience_seconds=0.1) as chat:
        with pytest.raises(ServiceUnreachable):
            await chat.accounts()


def test_an_answer_has_one_key() -> None:
    """The same for the same message, a valid key, and another for another purpose or message."""

    def message(key: str) -> Message:
        row = {"conversation": "c", "seq": 1, "key": key, "kind": "text", "from": HENDERSON}
        row |= {"text": "t", "at": None, "sent_at": "2026-11-21T10:00:00.000Z", "state": "read"}
        return shapes.message(row)

    keys = {message(key).answer_key(purpose) for key in ("a", "b") for purpose in ("x", "y" * 31)}
    assert len(keys) == 4
    assert max(map(len, keys)) == 64
    assert message("a").answer_key("x") in keys
