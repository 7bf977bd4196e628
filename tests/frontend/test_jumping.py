"""What is offered to somebody who wants to talk: chats, groups, and people of all sites."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, cast

import flet as ft

from frontend.jumping import Finding
from frontend.live import LiveAccount
from frontend.service.shapes import Group, Message, Person
from frontend.views.choosing import Choice
from frontend.window import arriving
from frontend.window.state import AccountState
from frontend.window.words import Words
from tests.frontend.chat_log import BEGIN, ME, PEER, conversation, message
from tests.frontend.page_in_memory import PageInMemory


@dataclass
class _ChatCli:
    asked: list[str] = field(default_factory=list)
    hits: list[Message] = field(default_factory=list)

    async def people(self, query: str) -> list[Person]:
        self.asked.append(query)
        return [person for person in _PEOPLE if query in person.address]

    async def search(self, _: str) -> list[Message]:
        return self.hits

    async def groups(self) -> list[Group]:
        return []


@dataclass
class _Live:
    client: _ChatCli
    state: AccountState


_PEOPLE = [
    Person("arfi@jakarta", "Arfi", True),
    Person("budi@surabaya", "Budi", False),
    Person(ME, "Lionel Messi", True),
    Person(PEER, "Jordan Henderson", True),
]


def _finding() -> tuple[Finding, _ChatCli]:
    state = arriving.take_people(AccountState(ME), _PEOPLE, BEGIN)
    state = arriving.take_conversations(state, [conversation()], 1)
    chat_cli = _ChatCli()
    live = cast("LiveAccount", _Live(chat_cli, state))
    return Finding(
        live, Words("en"), lambda: BEGIN, *(_nothing for _ in range(4)), _answer
    ), chat_cli


async def _answer(question: Awaitable[Any]) -> Any:
    return await question


async def _nothing(*_: Any) -> None:
    """Nothing is chosen here."""


async def test_who_knows_no_name_is_shown_who_there_is() -> None:
    """Chats first, then people of one's own site, then those of others; never oneself."""
    finding, chat_cli = _finding()

    choices = await finding.anyone("")

    assert [choice.detail for choice in choices] == [PEER, "budi@surabaya", "arfi@jakarta"]
    assert chat_cli.asked == []


async def test_a_name_is_looked_for_at_all_sites() -> None:
    """Oneself isn't found."""
    finding, _ = _finding()

    assert [choice.detail for choice in await finding.anyone("arfi")] == ["arfi@jakarta"]
    assert await finding.anyone("messi") == []


async def test_a_hit_says_who_wrote_it_and_to_whom() -> None:
    """Once, where that is the same; of another site, with it. When it was stands by itself, so that
    no long name cuts it.
    """
    finding, chat_cli = _finding()
    chat_cli.hits = [message(2, PEER), message(1, ME)]

    told = [(choice.title, choice.at) for choice in await finding.messages("text")]

    peer = "Jordan Henderson, jakarta"
    assert told == [(peer, "03:02"), (f"Lionel Messi · {peer}", "03:01")]


def _initials(choices: list[Choice]) -> list[str]:
    page = PageInMemory(ft.Row([choice.face() for choice in choices]))
    return [text.value for text in page.all("Text")]


async def test_discs_have_initials_of_names() -> None:
    """Of chats, of people who were found, of who wrote a hit, and of two of one name."""
    finding, chat_cli = _finding()
    chat_cli.hits = [message(1, ME), message(2, "nobody.known@jakarta")]

    assert _initials(await finding.anyone("")) == ["JH", "BU", "AR"]
    assert _initials(await finding.messages("text")) == ["LM", "NK"]
    two = ("lineker@surabaya", PEER)
    assert _initials([finding.called(one, _nothing) for one in two]) == ["LI", "JH"]
