"""The session of a browser, which may leave and come back at any moment."""

import asyncio

import flet as ft

from frontend.service.asking import Asking, new_http
from frontend.service.finding import Door
from frontend.sessions import Session, local_now
from frontend.window.words import Words
from realm_protocol.errors import ServiceUnreachable
from tests.frontend.page_in_memory import PageInMemory
from tests.waiting import eventually


class Window:
    """Of a machine on which no service runs, which is known once `found` is set."""

    def __init__(self) -> None:
        self.found = asyncio.Event()
        self.page = PageInMemory(ft.Column())
        self.page.be_meant()
        self.session = Session(self.page.page, Asking(new_http(), self._find), local_now)
        self.begun = asyncio.create_task(self.session.begin())

    async def _find(self) -> Door:
        await self.found.wait()
        raise ServiceUnreachable(service="chat-cli", detail="nobody answers")

    @property
    def fields(self) -> list[ft.TextField]:
        return self.page.all("TextField")

    async def until_shown(self, language: str) -> None:
        """The card to sign in, to a browser that keeps a language."""

        def is_shown() -> bool:
            self.page.answer({"realmchat.language": language})
            return bool(self.fields)

        await eventually(is_shown)

    async def sign_in(self) -> None:
        address, password = self.fields[:2]
        self.page.tell(address, value="messi@surabaya")
        self.page.tell(password, value="surabaya")
        await password.on_submit(ft.Event("submit", password))

    def shows(self, text: str) -> bool:
        return any(text == one.value for one in self.page.all("Text"))


async def test_a_browser_that_is_loaded_anew_at_once_is_shown_the_card() -> None:
    """It left before it had told what it keeps, and is asked again."""
    window = Window()
    await eventually(lambda: "realmchat.theme" in str(window.page.sent()))

    await window.page.leave()
    coming_back = asyncio.create_task(window.page.come_back())
    await window.until_shown("id")
    await coming_back

    assert window.fields[0].label == "Alamat"
    assert window.begun.done()


async def test_who_signs_in_and_leaves_is_told_when_they_are_back() -> None:
    """What was asked ends as if the browser were there."""
    window = Window()
    await window.until_shown("en")
    await window.begun
    signing_in = asyncio.create_task(window.sign_in())
    await asyncio.wait([signing_in], timeout=0)

    await window.page.leave()
    window.found.set()
    await signing_in
    await window.page.come_back()

    assert window.shows(Words("en")("service_away"))
