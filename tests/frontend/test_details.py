"""Who a conversation is with, told again and again while somebody presses something there."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import flet as ft

from frontend.service.shapes import Member
from frontend.views.details import DetailDeeds, Details, Shown
from frontend.views.look import Sizes
from frontend.window.governing import Rights
from frontend.window.words import Words
from tests.frontend.page_in_memory import PageInMemory

VINA = Member("vina@surabaya", "Vina", "owner", online=True, delivered=0, read=0)
WAWAN = Member("wawan@jakarta", "Wawan", "member", online=False, delivered=0, read=0)
YANTI = Member("yanti@surabaya", "Yanti", "member", online=False, delivered=0, read=0)
GROUP = Shown(
    "group",
    "arisan@surabaya",
    "AR",
    "arisan",
    "",
    "",
    muted=False,
    members=[VINA, WAWAN, YANTI],
    rights=Rights(invite=True, rename=True, set_access=True),
    to_members={one.address: ["hand_over"] for one in (WAWAN, YANTI)},
    may_leave=True,
)


def _noted(done: list[str], deed: str) -> Callable[[], Awaitable[None]]:
    async def does() -> None:
        done.append(deed)

    return does


def _details(done: list[str], percent: int = 100) -> Details:
    async def on_member(deed: str, member: Member) -> None:
        done.append(f"{deed} {member.address}")

    def in_menu(is_open: bool) -> None:
        done.append("menu opened" if is_open else "menu shut")

    names = ("mute", "leave", "invite", "rename", "set_access")
    deeds = DetailDeeds(*(_noted(done, name) for name in names), on_member, in_menu)
    return Details(Sizes(percent), Words("en"), deeds, beside=True)


def test_what_is_told_anew_leaves_the_buttons_where_they_are() -> None:
    """A new name, another access, somebody who comes online: a click meets its button."""
    details = _details([])
    details.tell(GROUP)
    page = PageInMemory(details.control)
    buttons, menus = page.ids("OutlinedButton"), page.ids("PopupMenuButton")
    page.sent()

    online = replace(WAWAN, online=True)
    details.tell(replace(GROUP, name="Arisan Keluarga", invite_only=True))
    details.control.update()
    assert (page.ids("OutlinedButton"), page.ids("PopupMenuButton")) == (buttons, menus)
    sent = str(page.sent())
    assert all(text in sent for text in ("Arisan Keluarga", "Open to everybody"))

    details.tell(replace(GROUP, members=[VINA, online, YANTI]))
    details.control.update()
    assert page.ids("OutlinedButton") == buttons
    assert len(page.ids("PopupMenuButton") & menus) == 1  # of who stayed as they were


async def test_buttons_are_those_of_ones_rights_and_do_what_they_say() -> None:
    """Whoever loses a right loses its button; one that comes back does the same."""
    done: list[str] = []
    details = _details(done)
    page = PageInMemory(details.control)
    for shown in (GROUP, replace(GROUP, rights=Rights(), may_leave=False), GROUP):
        details.tell(shown)
        details.control.update()
        for button in page.all("OutlinedButton"):
            await button.on_click(None)

    every = ["mute", "invite", "rename", "set_access", "leave"]
    assert done == [*every, "mute", *every]


def test_large_letters_have_the_whole_row_of_a_member() -> None:
    """What somebody is stands below their name then; an address goes on at its site, and no word
    of it is cut.
    """
    for percent, is_beside in ((100, True), (150, False)):
        details = _details([], percent)
        details.tell(GROUP)
        (row, *_) = details._list.controls
        _, told, beside, *_ = row.content.controls
        owner, online = (text.value for text in (told.controls[2:] or beside.controls))

        assert beside.visible == is_beside
        assert (owner, online) == ("owner", "online")
        assert "vina\u200b@surabaya" in told.controls[1].value


def test_a_members_menu_tells_when_it_has_the_keys() -> None:
    """From when it opens to when it is left or something of it is chosen."""
    done: list[str] = []
    details = _details(done)
    details.tell(GROUP)
    (menu, _) = PageInMemory(details.control).all("PopupMenuButton")

    for told in (menu.on_open, menu.on_cancel, menu.on_open, menu.on_select):
        told(ft.Event("told", menu))

    assert done == ["menu opened", "menu shut"] * 2


def test_discs_have_initials_of_names() -> None:
    """The group's of its address; a member's of what they call themselves, as that is now."""
    details = _details([])
    details.tell(GROUP)
    page = PageInMemory(details.control)

    named = replace(VINA, name="Vina Panduwinata")
    details.tell(replace(GROUP, name="Arisan Keluarga", members=[named, WAWAN]))
    details.control.update()

    shown = [text.value for text in page.all("Text")]
    assert [text for text in shown if text in ("AR", "AK", "VI", "VP", "WA")] == ["WA", "AR", "VP"]
