"""The list of conversations by keys: one stop, in which one goes from row to row."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import flet as ft
import pytest

from frontend.views.conversation_list import ROWS, ConversationList
from frontend.views.look import Sizes
from frontend.window.focus import Focus
from frontend.window.listing import ListRow
from frontend.window.words import Words
from tests.frontend.page_in_memory import PageInMemory

_ROW = ListRow(
    *("", "private", "sari@surabaya", "SA", "Sari", "", "", "10:24", "halo"),
    *("", "", 0, "", False, False),
    spoken="Sari",
)


class _Chats:
    """On a page, with as many rows as there are numbers; nothing scrolls here."""

    def __init__(self, count: int, *, selected: int | None = None) -> None:
        self.opened: list[str] = []
        self.is_covered = False
        self.list = ConversationList(
            self._open,
            more=self._draw,
            covered=lambda: self.is_covered,
            focus=Focus(lambda: 0.0),
        )
        self._count, self.selected = count, selected
        self._row = _ROW
        self.page = PageInMemory(ft.Column([self.list.stop, self.list.control]))
        self.list.restyle(Sizes(), Words("en"), still=True)
        self._draw()
        self._stop: Any = self.list.stop.content

    async def _open(self, conversation: str) -> None:
        self.opened.append(conversation)

    def _draw(self) -> None:
        shown = range(min(self._count, self.list.longest))
        rows = [
            replace(
                self._row, conversation=f"c{n}", spoken=f"Sari {n}", selected=n == self.selected
            )
            for n in shown
        ]
        more = self._count > len(rows)
        self.list.draw(rows, known=True, waiting=False, has_more=more)

    async def enter_by_tab(self) -> None:
        await self._stop.on_focus(ft.Event("focus", self._stop))

    def leave_by_tab(self) -> None:
        self._stop.on_blur(ft.Event("blur", self._stop))

    async def press_enter(self) -> None:
        await self._stop.on_click(ft.Event("click", self._stop))

    @property
    def ringed(self) -> list[str]:
        """The rows that have a ring, by what the stop says: it is one row at most."""
        shown = self.list.list.controls
        rings = [row.content.content.foreground_decoration for row in shown if _is_row(row)]
        assert sum(ring is not None for ring in rings) <= 1
        return [f"c{place}" for place, ring in enumerate(rings) if ring is not None]

    def change(self, **told: Any) -> str:
        """What is sent to the page when all rows are told this of, and were drawn before."""
        self.page.sent()
        self._row = replace(self._row, **told)
        self._draw()
        return str(self.page.sent())

    @property
    def spoken(self) -> str:
        told: str = self._stop.content.semantics_label
        return told


def _holds(box: Any, text: str) -> bool:
    return isinstance(box.content, ft.Text) and box.content.value == text


def _is_row(row: Any) -> bool:
    return isinstance(row.content, ft.Semantics)


@pytest.fixture
def chats(monkeypatch: pytest.MonkeyPatch) -> Callable[..., _Chats]:
    async def scroll_to(*_: object, **__: object) -> None:
        """There is no client that could."""

    ft.context.disable_auto_update()  # type: ignore[no-untyped-call]  # of Flet's
    monkeypatch.setattr(ft.ListView, "scroll_to", scroll_to)
    return _Chats


def test_the_stop_has_the_name_of_the_row_to_which_tab_comes(
    chats: Callable[..., _Chats],
) -> None:
    """Before any key: a screen reader says it when the focus comes, and not what it is later."""
    assert chats(3, selected=1).spoken == "Sari 1; halo; 10:24"
    assert chats(3).spoken == "Sari 0; halo; 10:24"
    assert chats(0).spoken == Words("en")("no_chats")


async def test_tab_enters_the_list_at_the_open_chat(chats: Callable[..., _Chats]) -> None:
    """Or at the first; once left, the ring is gone."""
    list_ = chats(5, selected=3)
    await list_.enter_by_tab()
    assert (list_.ringed, list_.spoken) == (["c3"], "Sari 3; halo; 10:24")
    list_.leave_by_tab()
    assert list_.ringed == []

    list_ = chats(5)
    await list_.enter_by_tab()
    assert list_.ringed == ["c0"]


async def test_arrows_go_from_row_to_row_and_enter_opens(chats: Callable[..., _Chats]) -> None:
    """No further than there are rows."""
    list_ = chats(3)
    await list_.enter_by_tab()

    for by in (1, 1, 1):
        await list_.list.move(by)
    assert list_.ringed == ["c2"]
    await list_.press_enter()
    await list_.list.move(-3)

    assert (list_.ringed, list_.opened) == (["c0"], ["c2"])


async def test_what_covers_the_list_for_a_moment_leaves_the_choice(
    chats: Callable[..., _Chats],
) -> None:
    """A dialog takes the focus, and gives it back."""
    list_ = chats(3)
    await list_.enter_by_tab()
    await list_.list.move(1)

    list_.is_covered = True
    list_.leave_by_tab()
    list_.is_covered = False
    await list_.enter_by_tab()

    assert list_.ringed == ["c1"]


async def test_who_goes_on_below_the_last_row_gets_more(chats: Callable[..., _Chats]) -> None:
    """Only some of many chats are drawn at first."""
    list_ = chats(ROWS + 5)
    await list_.enter_by_tab()

    await list_.list.move(ROWS)
    await list_.list.move(1)

    assert list_.ringed == [f"c{ROWS}"]


async def test_a_disc_is_drawn_anew_when_its_name_is_learnt(chats: Callable[..., _Chats]) -> None:
    """And only then: what else changes leaves it, and nothing is sent where nothing did."""
    list_ = chats(1)
    discs = list_.page.ids("Semantics")

    assert "halo lagi" in list_.change(preview="halo lagi")
    assert list_.page.ids("Semantics") == discs
    assert "'SD'" in list_.change(name="Sari Dewi", initials="SD")
    assert list_.page.ids("Semantics") != discs
    assert list_.change() == "[]"


@pytest.mark.parametrize("percent", [100, 150])
def test_no_letter_of_a_row_is_smaller_than_a_time(
    chats: Callable[..., _Chats], percent: int
) -> None:
    """Neither the site's name nor the count, whose badge has room for it."""
    list_ = chats(1)
    list_.list.restyle(Sizes(percent), Words("en"), still=True)
    list_.change(realm="jakarta", unread=12)

    texts = {text.value: text.size for text in list_.page.all("Text")}
    assert {texts["10:24"], texts["jakarta"], texts["12"]} == {12 * percent / 100}
    badges = [one for one in list_.page.all("Container") if _holds(one, "12")]
    assert [badge.height for badge in badges] == [20 * percent / 100]


@pytest.mark.parametrize("percent", [100, 150])
def test_what_is_told_of_a_name_is_not_cut_with_it(
    chats: Callable[..., _Chats], percent: int
) -> None:
    """It stands beside it, below large letters, and comes and goes; a long one keeps both ends."""
    list_ = chats(1)
    list_.list.restyle(Sizes(percent), Words("en"), still=True)

    for beside, shown in (
        ("(leo)", ["(leo)"]),
        ("(raden.mas.panjang.sekali)", ["(raden.ma…ali)"]),
        ("", []),
    ):
        list_.change(beside=beside)
        texts = [text for text in list_.page.all("Text") if text.size == Sizes(percent).meta]
        told = {str(text.value).strip("\u2068\u2069") for text in texts} - {"10:24", "0", ""}
        assert sorted(told) == shown
        (name,) = [text for text in list_.page.all("Text") if "Sari" in str(text.value)]
        assert (name.expand, name.overflow) == (True, ft.TextOverflow.ELLIPSIS)
