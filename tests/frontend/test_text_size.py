"""The size of texts that a person has set reaches what stands in front of the window, too."""

from collections.abc import Callable

import flet as ft
import pytest

from frontend.preferences import Preferences
from frontend.views import dialogs, look
from frontend.views.bubbles import is_short
from frontend.views.choosing import Choice, Choosing
from frontend.views.command_card import draw_card
from frontend.views.look import Sizes
from frontend.views.signing_in import SigningIn
from frontend.views.status_line import StatusLine
from frontend.window.listing import LinkWords
from frontend.window.words import LANGUAGES, Words
from tests.frontend.page_in_memory import PageInMemory

WORDS = Words("id")


async def _nothing(*_: object) -> None:
    """Nothing is done here."""


async def _right(_: str) -> str:
    return ""


async def _find(_: str) -> list[Choice]:
    return [Choice("hit", "Chat", "Heru", "rapat", lambda: ft.Text(""), _nothing, at="03:02")]


def _unheard(_: str) -> None:
    """Nobody listens."""


def _jump(sizes: Sizes) -> Choosing:
    return Choosing(
        sizes,
        hint="",
        input_identifier="",
        narrow=True,
        find=_find,
        nothing=str,
        words=WORDS,
        say=_unheard,
        below="here",
    )


def _card(sizes: Sizes) -> ft.Control:
    return SigningIn(
        *(WORDS, sizes),
        asked=_nothing,
        language_chosen=_nothing,
        start_service=_nothing,
        back=_nothing,
    ).control


_SHOWN: dict[str, Callable[[Sizes], ft.Control]] = {
    "card": _card,
    "settings": lambda _: dialogs.settings(WORDS, Preferences(), chosen=_nothing, close=_nothing),
    "keys": lambda sizes: dialogs.keys(WORDS, sizes, _nothing),
    "info": lambda _: dialogs.lines(WORDS, "Info", ["Terkirim"], _nothing),
    "text": lambda sizes: dialogs.WholeText(WORDS, sizes, "Heru", "rapat", _nothing).dialog,
    "group": lambda sizes: dialogs.new_group(WORDS, sizes, _right, _nothing),
    "name": lambda sizes: dialogs.rename_group(WORDS, sizes, "Arisan", _right, _nothing),
    "sure": lambda _: dialogs.sure(WORDS, "Keluar?", "Keluar", "yes", _nothing, _nothing),
}


def _named(shown: ft.Control) -> list[float | None]:
    """The sizes that texts and fields name; None where it is the theme's."""
    page = PageInMemory(shown)
    return [
        *(text.size for text in page.all("Text")),
        *(field.text_size for field in page.all("TextField")),
    ]


def _grown(sizes: list[float | None]) -> list[float | None]:
    return [size and round(size * 1.5, 1) for size in sizes]


@pytest.mark.parametrize("shown", _SHOWN)
def test_no_text_stays_small(shown: str) -> None:
    """Each that names a size grows by as much as the person wants."""
    small, large = (_named(_SHOWN[shown](Sizes(percent))) for percent in (100, 150))

    assert large == _grown(small)


async def test_what_is_found_grows_with_its_rows() -> None:
    """Else two lines of large letters would be cut."""
    told: list[list[float | None]] = []
    for percent in (100, 150):
        choosing = _jump(Sizes(percent))
        await choosing.fill()
        row = choosing._list.controls[1].content
        told.append([*_named(choosing.dialog), row.height])

    assert told[1] == _grown(told[0])


def test_what_names_no_size_follows_the_theme() -> None:
    """Menus, buttons, labels, questions, the titles of dialogs; in the colour of the theme."""
    for scheme in (look.LIGHT, look.DARK):
        small, large = (look.theme(scheme, Sizes(percent)).text_theme for percent in (100, 150))
        for role in ("headline_small", "body_large", "body_medium", "body_small", "label_large"):
            grown = getattr(large, role)
            assert grown.size == getattr(small, role).size * 1.5
            assert grown.color == scheme.on_surface


def test_large_letters_leave_less_room_beside_a_text() -> None:
    """The time stands below it then, so that no word is broken."""
    text = "halo henderson@jakarta"

    assert is_short(text, narrow=True)
    assert not is_short(text, narrow=True, percent=150)


@pytest.mark.parametrize("percent", [100, 150])
def test_the_status_line_grows_where_its_words_need_it(percent: int) -> None:
    """What is wrong, and the button that mends it; while nothing is, it is as high as ever."""
    line = StatusLine(_nothing)
    heights, lines = [], []
    for link in (LinkWords("away", "jauh", "jauh"), LinkWords("up", "Terhubung", "")):
        line.tell(link, Sizes(percent), WORDS)
        heights.append(line._box.height)
        lines.append(PageInMemory(line.control).all("Text")[0].max_lines)

    assert heights == [36 if percent == 100 else None, 36 * percent / 100]
    assert lines == [2 if percent == 100 else None, 2]


def test_a_card_of_many_lines_grows_with_its_letters() -> None:
    """As far as that leaves room for the messages; one of a few lines takes what it needs."""

    def height(rows: int, percent: int) -> float | None:
        told = ["henderson@jakarta · Jordan Henderson"] * rows
        card = draw_card("", told, [], Sizes(percent), WORDS, _nothing, narrow=True)
        (column,) = (c for c in PageInMemory(card).all("Column") if c.scroll)
        value: float | None = column.height
        return value

    assert height(3, 150) is None
    assert height(4, 100) == 4 * 22 + 4
    assert height(4, 150) == 8 * 33 + 4  # each takes two lines
    assert height(200, 150) == 270


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name",
    [
        *("address", "password", "site_server", "full_name", "country", "guest_name"),
        *("group_name", "shown_name", "search", "jump_hint", "invite_whom"),
    ],
)
def test_a_field_has_room_for_its_name(name: str, language: str) -> None:
    """In one line, in a dialog of 360 pixels at 150 %: two would lie upon the border."""
    assert len(Words(language)(name)) <= 20
