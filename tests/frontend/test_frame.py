"""What stands above the open chat, told again and again."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import flet as ft
import pytest

from frontend.views.doing import Doings
from frontend.views.frame import Frame
from frontend.views.look import Sizes
from frontend.window.heading import Head
from frontend.window.listing import LinkWords
from frontend.window.words import Words
from tests.frontend.page_in_memory import PageInMemory

_HEAD = Head(
    *("c", "private", "jordan@jakarta", "JO", "jordan", "jakarta", "online", "online"),
    told="jordan, jakarta",
)
_UP = LinkWords("up", "", "")


async def _nothing(*_: Any) -> None:
    """Nothing is chosen here."""


def _part() -> Any:
    return SimpleNamespace(
        control=ft.Container(), stop=ft.Container(), suggestions=ft.Container(), set_margin=print
    )


def _frame() -> tuple[Frame, PageInMemory]:
    doings = Doings(
        *(_nothing for _ in range(12)), in_menu=cast("Any", _nothing), say=cast("Any", _nothing)
    )
    frame = Frame(doings, _part(), _part(), _part())
    frame.restyle(Sizes(150), Words("en"))
    page = PageInMemory(frame._chat_side)
    return frame, page


def _texts(page: PageInMemory, text: str) -> list[Any]:
    return [one for one in page.all("Text") if str(one.value).strip("\u2068\u2069") == text]


def test_the_head_has_the_initials_of_the_name_once_it_is_known() -> None:
    """What is told again isn't drawn again."""
    frame, page = _frame()
    frame.draw_head(_HEAD, narrow=False, link=_UP)
    assert _texts(page, "JO")

    met = replace(_HEAD, initials="JH", name="Jordan Henderson")
    frame.draw_head(met, narrow=False, link=_UP)
    (drawn,) = _texts(page, "JH")
    frame.draw_head(met, narrow=False, link=_UP)

    assert _texts(page, "JH") == [drawn]
    assert not _texts(page, "JO")


@pytest.mark.parametrize(("narrow", "lines"), [(True, 3), (False, 1)])
def test_a_narrow_head_has_room_for_which_of_two_it_is(narrow: bool, lines: int) -> None:
    """Also in large letters, where each word of a name takes a line."""
    frame, page = _frame()

    frame.draw_head(replace(_HEAD, name="Jordan Henderson (jordan)"), narrow=narrow, link=_UP)

    assert [one.max_lines for one in _texts(page, "Jordan Henderson (jordan)")] == [lines]
