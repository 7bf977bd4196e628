"""Whose window it is, told again and again while somebody chooses something there."""

from typing import Any, cast

from frontend.views.account_head import AccountHead
from frontend.views.doing import Doings
from frontend.views.look import Sizes
from frontend.window.words import Words
from tests.frontend.page_in_memory import PageInMemory


async def _nothing(*_: Any) -> None:
    """Nothing is chosen here."""


def test_ones_initials_come_with_ones_name() -> None:
    """The menus stay; what is told again isn't drawn again."""
    doings = Doings(
        *(_nothing for _ in range(12)), in_menu=cast("Any", _nothing), say=cast("Any", _nothing)
    )
    head = AccountHead("messi@surabaya", Sizes(), Words("en"), doings)
    head.tell("ME", [])
    page = PageInMemory(head.control)
    menus = page.ids("PopupMenuButton")
    page.sent()

    head.tell("LM", [])
    head.control.update()
    assert "'LM'" in str(page.sent())
    discs = [text for text in page.all("Text") if text.value == "LM"]
    head.tell("LM", [("leo@surabaya", 3)])
    head.control.update()

    assert "leo@surabaya (3)" in str(page.sent())
    assert page.ids("PopupMenuButton") == menus
    assert [text for text in page.all("Text") if text.value == "LM"] == discs
