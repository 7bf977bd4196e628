"""Typed lines: every word of the table does something, and answers what JSON can hold."""

from typing import Any

from chat_cli.commands import KNOWN_WORDS
from realm_protocol.command_table import WORDS

from .conftest import HENDERSON, MESSI, Person, Service
from .fake_realm import FakeRealm


async def run(person: Person, line: str) -> Any:
    return (await person.post("/commands", {"line": line}))["result"]


def test_every_word_of_the_table_is_known() -> None:
    """And no other."""
    assert {word.name for word in WORDS} == KNOWN_WORDS


async def test_a_conversation_by_lines(realm: FakeRealm, service: Service) -> None:
    """What people of the older programs type."""
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    sent = await run(messi, "send henderson hello  there")
    assert (sent["to"], sent["state"]) == (HENDERSON, "at_main")
    assert [row["text"] for row in await run(henderson, "inbox peek")] == ["hello  there"]
    assert [row["text"] for row in await run(henderson, "inbox")] == ["hello  there"]
    assert await run(henderson, "inbox") == []
    assert [row["text"] for row in await run(henderson, "history messi 10")] == ["hello  there"]
    assert (await run(henderson, "read messi"))["read"] == 1


async def test_groups_by_lines(realm: FakeRealm, service: Service) -> None:
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    await run(messi, "creategroup club")
    await run(henderson, "joingroup club")
    await run(messi, "sendgroup club hello all")
    await run(messi, "send henderson in private")
    assert [row["text"] for row in await run(henderson, "inboxgroup club")] == ["hello all"]
    assert [row["text"] for row in await run(henderson, "inbox")] == ["in private"]
    history = await run(henderson, "history group:club 1")
    assert [row["text"] for row in history] == ["hello all"]
    assert len(await run(messi, "members club")) == 2
    assert [group["group"] for group in await run(messi, "groups")] == ["club@surabaya"]
    assert (await run(henderson, "leavegroup club"))["group"] == "club@surabaya"


async def test_the_other_words(realm: FakeRealm, messi: Person) -> None:
    assert (await run(messi, "info"))["account"] == MESSI
    assert [one["address"] for one in await run(messi, "users hender")] == [HENDERSON]
    assert (await run(messi, "block henderson"))["blocked"] is True
    assert (await run(messi, "unblock henderson"))["blocked"] is False
    assert [one["realm"] for one in await run(messi, "realms")] == ["surabaya"]
    assert [one["current"] for one in await run(messi, "sessions")] == [True]
    assert {one["word"] for one in await run(messi, "help")} == KNOWN_WORDS
    assert (await run(messi, "help send"))[0]["usage"].startswith("send ")
    assert (await run(messi, f"auth {MESSI} secret"))["account"] == MESSI
    await run(messi, "passwd secret another")
    assert realm.people[MESSI] == "another"
    assert (await run(messi, "logout"))["session_ended"] is True


async def test_a_line_of_another_account_is_refused(realm: FakeRealm, messi: Person) -> None:
    """A line can't open what its token doesn't."""
    for line in (f"auth {HENDERSON} secret", "register lineker@surabaya secret"):
        answer = await messi.try_post("/commands", {"line": line})
        assert answer.status_code == 403
