"""The card to sign in, while sites become known and what was asked is under way."""

import asyncio
from collections.abc import Sequence

import flet as ft

from frontend.service.shapes import Site
from frontend.views.look import Sizes
from frontend.views.signing_in import Form, SigningIn
from frontend.window.words import Words
from tests.frontend.page_in_memory import PageInMemory

SURABAYA = Site("surabaya", "http://127.0.0.1:8000", reachable=True, linked=True)
JAKARTA = Site("jakarta", "http://127.0.0.1:8001", reachable=True, linked=True, has_room=True)
SILENT = Site("jakarta", "http://127.0.0.1:8001", reachable=False, linked=False)


_ERROR = "form-error"


def _names(controls: Sequence[ft.Control]) -> list[str | None]:
    merged = (one.content if isinstance(one, ft.MergeSemantics) else one for one in controls)
    return [getattr(one, "identifier", None) for one in merged]


class Card:
    """The card on a page; what it asks takes until `answer` is set."""

    def __init__(self) -> None:
        self.asked: list[Form] = []
        self.answer = asyncio.Event()
        self.view = SigningIn(
            Words("en"),
            Sizes(),
            asked=self._ask,
            language_chosen=self._chose_language,
            start_service=self._start,
            back=None,
        )
        self.page = PageInMemory(self.view.control)

    async def _ask(self, form: Form) -> None:
        self.asked.append(form)
        await self.answer.wait()

    async def _chose_language(self, language: str) -> None:
        raise AssertionError(language)

    async def _start(self) -> None:
        raise AssertionError

    def write(self, address: str) -> None:
        self.page.tell(self.view.address, value=address)
        self.view.address.on_change(ft.Event("change", self.view.address, data=address))

    def above_error(self) -> str | None:
        """The field under which it stands."""
        rows = next(c.controls for c in self.page.all("Column") if _ERROR in _names(c.controls))
        names = _names([row for row in rows if row.visible])
        return names[names.index(_ERROR) - 1]

    async def press_enter(self) -> None:
        await self.view.password.on_submit(ft.Event("submit", self.view.password))


async def test_sites_that_become_known_leave_what_is_pressed_where_it_is() -> None:
    """A menu, an item of it, a tab or a field that was replaced would lose a click or the focus."""
    card = Card()
    pressed = ("PopupMenuButton", "TextButton", "TextField", "Button")
    before = [card.page.ids(kind) for kind in pressed]
    card.view.show_sites([SURABAYA, SILENT])
    items = card.page.ids("PopupMenuItem")
    card.write("ana@jakarta")

    card.view.show_sites([SURABAYA, JAKARTA])

    now = [card.page.ids(kind) for kind in pressed]
    assert all(known <= here for known, here in zip(before, now, strict=True))
    assert now[0] == before[0]
    assert card.page.ids("PopupMenuItem") == items
    assert "jakarta · connected" in str(card.page.sent())


async def test_what_is_known_already_is_not_told_again() -> None:
    """Nothing is drawn under who writes."""
    card = Card()
    card.view.show_sites([SURABAYA, JAKARTA])
    card.page.sent()

    card.view.show_sites([SURABAYA, JAKARTA])

    assert card.page.sent() == []


async def test_an_item_of_the_menu_is_of_the_site_as_it_is_now() -> None:
    """It was drawn when the site didn't answer; chosen, it is asked there."""
    card = Card()
    card.view.show_sites([SURABAYA, SILENT])
    item = card.page.all("PopupMenuItem")[-1]
    assert item.content.controls[1].value == "jakarta · can't be reached"
    card.view.show_sites([SURABAYA, JAKARTA])
    item.on_click(ft.Event("click", item))
    card.write("ana@surabaya")
    card.page.tell(card.view.password, value="rahasia")
    card.answer.set()

    await card.press_enter()

    assert [form.realm_url for form in card.asked] == [JAKARTA.url]


async def test_enter_twice_asks_once_and_again_after_the_answer() -> None:
    """Signed in twice, the second window would shut the first, with what is done there already."""
    card = Card()
    card.view.show_sites([SURABAYA])
    card.write("ana@surabaya")
    card.page.tell(card.view.password, value="rahasia")

    first = asyncio.create_task(card.press_enter())
    await asyncio.sleep(0)
    await card.press_enter()
    assert len(card.asked) == 1
    card.answer.set()
    await first

    await card.press_enter()
    assert len(card.asked) == 2


async def test_an_error_stands_under_the_field_that_it_is_about() -> None:
    """Or under all of them, where it is about none that is there; the fields stay the same, and the
    one that is to be written in has the focus.
    """
    card = Card()
    fields = card.page.ids("TextField")
    await card.press_enter()
    assert card.above_error() == "signin-address"
    assert card.view.address.focus is not None
    assert card.view.password.focus is None

    card.write("ana@surabaya")
    await card.press_enter()
    assert card.above_error() == "signin-password"
    assert card.view.password.focus is not None

    card.view.show_error("Site surabaya can't be reached.", "signin-server", "signin-realm")
    assert card.above_error() == "signin-realm"
    card.view.show_error("The service isn't running.")
    assert card.above_error() == "signin-realm"
    assert card.page.ids("TextField") == fields


async def test_a_way_in_tells_by_itself_that_it_is_chosen() -> None:
    """Of something around the button, no screen reader would say so."""
    card = Card()
    tabs = [one.content for one in card.page.all("MergeSemantics") if _is_tab(one.content)]
    assert [(tab.identifier, tab.selected) for tab in tabs] == [
        ("tab-signin", True),
        ("tab-register", False),
        ("tab-guest", False),
    ]


def _is_tab(control: ft.Control) -> bool:
    return str(getattr(control, "identifier", "")).startswith("tab-")


def test_a_password_can_be_shown_by_a_button_with_a_name() -> None:
    """Which tells what it would do next."""
    card = Card()
    reveal = card.view.password.suffix_icon.content.content
    assert (reveal.tooltip, card.view.password.password) == ("Show password", True)
    reveal.on_click(ft.Event("click", reveal))
    assert (reveal.tooltip, card.view.password.password) == ("Hide password", False)
