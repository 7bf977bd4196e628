"""Where one is among the messages: kept across chats, and nothing counts as seen that wasn't."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import flet as ft
import pytest

from frontend.service.shapes import Message
from frontend.views.laid_out import LaidOut
from frontend.views.look import Sizes
from frontend.views.manner import Deeds, Manner
from frontend.views.message_pane import MessagePane
from frontend.views.still import StillList
from frontend.window.focus import Focus
from frontend.window.identity import People
from frontend.window.state import History
from frontend.window.words import Words
from tests.frontend.chat_log import BEGIN, ME, PEER, message
from tests.frontend.page_in_memory import PageInMemory
from tests.waiting import eventually

_MANNER = Manner(Words("en"), Sizes(), ME, "private", narrow=False, now=BEGIN + timedelta(days=1))
_VIEW = 600.0


class _Chat:
    """A pane on a page, whose list goes where it is told."""

    def __init__(self) -> None:
        self.histories: dict[str, list[Message]] = {}
        self.opened = ""
        self.reached: list[int] = []
        self.pane = MessagePane(
            cast("Deeds", _Anything()),
            older=_nothing,
            moved=self._moved,
            all_read=_nothing,
            reach=self._reach,
            entered=_nothing,
            tab_within=_nothing,
            covered=lambda: False,
            focus=Focus(lambda: 0.0),
        )
        self.page = PageInMemory(self.pane.control)

    async def _moved(self) -> None:
        self.draw()

    async def _reach(self, seq: int) -> None:
        self.reached.append(seq)

    def has(self, conversation: str, *seqs: int) -> None:
        self.histories[conversation] = [message(seq) for seq in seqs]

    async def open(self, conversation: str, read: int | None = None) -> None:
        self.opened = conversation
        self.pane.open(conversation, read, _VIEW)
        self.draw()
        await self.pane.settle()

    def draw(self, unread: int = 1, manner: Manner = _MANNER) -> None:
        history = History(tuple(self.histories[self.opened]), loaded=True, whole=True)
        self.pane.draw(history, (), manner, "nobody wrote", unread)

    async def miss(self, count: int) -> None:
        """So many, that came while the reader of sixty had scrolled up."""
        self.has("one", *range(1, 61))
        await self.open("one")
        await self.scroll(3000)
        self.has("one", *range(1, 61 + count))
        self.draw(unread=count)

    @property
    def columns(self) -> list[Any]:
        """Of rows, from the newest on."""
        return list(self.pane.list.controls)

    def measure(self, columns: list[Any], height: float) -> None:
        """As the client tells it of rows that it has built."""
        for column in columns:
            column.on_size_change(SimpleNamespace(control=column, height=height))

    def free_places(self) -> list[float]:
        """Of rows that aren't in the tree."""
        return [one.height for one in self.columns if one.height is not None]

    def is_drawn(self, text: str) -> bool:
        return any(text in str(one.value) for one in self.page.all("Text"))

    def identifiers(self) -> set[str]:
        return {one.identifier for one in self.page.all("Semantics") if one.identifier}

    async def scroll(self, pixels: float, list_: StillList | None = None) -> None:
        """As the client tells it; of a `list_` that was there before, too."""
        told = SimpleNamespace(
            control=list_ or self.pane.list,
            pixels=pixels,
            viewport_dimension=_VIEW,
            max_scroll_extent=pixels + 10_000,
        )
        await self.pane._scrolled(cast("ft.OnScrollEvent", told))


class _Anything:
    def __getattr__(self, name: str) -> Any:
        return _Anything()


async def _nothing(*_: object) -> None:
    """Nobody asks."""


@pytest.fixture
def gone_to(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Where the list was told to stand."""
    told: list[float] = []

    async def scroll_to(_: StillList, *, offset: float = 0.0, **how: object) -> None:
        if not how:
            told.append(offset)

    monkeypatch.setattr(StillList, "scroll_to", scroll_to)
    monkeypatch.setattr(LaidOut, "wait", _nothing)
    ft.context.disable_auto_update()  # type: ignore[no-untyped-call]  # of Flet's
    return told


async def test_each_chat_keeps_its_place(gone_to: list[float]) -> None:
    """Left while scrolled up, it is there again, with what stood there and no more; the other one
    begins at its newest.
    """
    chat = _Chat()
    chat.has("one", *range(1, 61))
    chat.has("other", *range(1, 61))
    await chat.open("one")
    await chat.scroll(900)
    await chat.open("other")
    assert chat.pane.at_bottom

    chat.has("one", *range(1, 71))
    await chat.open("one")

    assert gone_to == [0, 900]
    assert not chat.pane.at_bottom
    assert chat.pane.last_seq_shown == 60


async def test_a_place_is_kept_by_no_heights_of_another_chat(gone_to: list[float]) -> None:
    """Who comes from far up finds a list of its own: a client reckons places from what stood there
    before.
    """
    chat = _Chat()
    chat.has("one", *range(1, 61))
    chat.has("other", *range(1, 61))
    await chat.open("one")
    first = chat.page.ids("ListView")
    await chat.open("other")
    assert chat.page.ids("ListView") == first

    chat.pane.set_margin(56)
    await chat.scroll(900)
    await chat.open("one")

    assert chat.page.controls("ListView") == 1
    assert chat.page.ids("ListView") != first
    assert chat.pane.list.padding == ft.Padding.symmetric(horizontal=56, vertical=8)


async def test_a_chat_is_seen_however_quickly_others_were_left(gone_to: list[float]) -> None:
    """Its list is another than that of one of which nothing was drawn yet."""
    chat = _Chat()
    chat.has("one", *range(1, 61))
    chat.has("other", *range(1, 61))
    await chat.open("one")
    await chat.scroll(900)
    chat.pane.open("other", None, _VIEW)
    await chat.scroll(300)

    await chat.open("one")

    assert chat.is_drawn("text of key-60")


async def test_keys_of_a_chat_that_was_left_move_no_other(
    gone_to: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed quicker than the page gets there, they go with the list that they were for."""
    chat = _Chat()
    chat.has("one", *range(1, 61))
    chat.has("other", *range(1, 61))
    await chat.open("one")
    left = chat.pane.list
    monkeypatch.undo()
    monkeypatch.setattr(ft.ListView, "scroll_to", _never)
    going = asyncio.create_task(chat.pane.scroll_by(1))
    await eventually(lambda: chat.pane.is_going)

    chat.pane.open("other", None, _VIEW)
    chat.draw()
    await chat.scroll(600, left)

    assert not chat.pane.is_going
    assert chat.pane.at_bottom
    assert chat.pane.list is not left
    going.cancel()


async def test_what_stood_below_a_place_stands_there_again(gone_to: list[float]) -> None:
    """The line of what was new, and as much room as was measured for what isn't in the tree."""
    chat = _Chat()
    chat.has("one", *range(1, 401))
    chat.has("other", 1)
    await chat.open("one", read=395)
    chat.measure(chat.columns, 1000)
    await chat.scroll(30_000)
    stood = chat.free_places()
    assert 1000 in stood

    await chat.open("other")
    await chat.open("one")

    assert chat.free_places() == stood
    await chat.scroll(0)
    assert "new-line" in chat.identifiers()


async def test_another_chats_rows_are_not_measured_late(gone_to: list[float]) -> None:
    """What the client tells of rows that were taken away counts for none."""
    chat = _Chat()
    chat.has("one", *range(1, 401))
    chat.has("other", *range(1, 401))
    await chat.open("one")
    columns = chat.columns
    await chat.open("other")
    chat.measure(columns, 1000)

    await chat.scroll(30_000)

    assert 1000 not in chat.free_places()


async def test_a_key_goes_to_what_came_while_one_had_scrolled_up(gone_to: list[float]) -> None:
    """It is drawn, with the line above it."""
    chat = _Chat()
    await chat.miss(60)

    await chat.pane.to_first_new()

    assert chat.pane.last_seq_shown == 120
    assert "new-line" in chat.identifiers()


async def test_a_place_far_up_is_fetched_again(gone_to: list[float]) -> None:
    """Where one was isn't held any more; nobody is told meanwhile that nothing is there."""
    chat = _Chat()
    chat.has("one", *range(1, 61))
    chat.has("other", 1)
    await chat.open("one")
    await chat.scroll(900)
    await chat.open("other")

    chat.has("one", *range(200, 300))
    await chat.open("one")

    assert chat.reached == [1]
    assert "nobody wrote" not in str(chat.page.sent())


async def test_a_page_that_is_loaded_anew_stands_where_it_stood(gone_to: list[float]) -> None:
    """The browser draws the list at its end; at the end there is nowhere to go."""
    chat = _Chat()
    chat.has("one", *range(1, 61))
    await chat.open("one")
    await chat.pane.settle()
    assert gone_to == []

    await chat.scroll(900)
    await chat.pane.settle()

    assert gone_to == [900]


async def test_what_came_while_one_had_scrolled_up_is_not_seen_at_once(
    gone_to: list[float],
) -> None:
    """Who goes down to the newest has seen it once its first message was in view."""
    chat = _Chat()
    await chat.miss(60)
    assert chat.pane.last_seq_shown == 60

    await chat.pane.to_newest()

    assert chat.pane.last_seq_shown == 120
    assert not chat.pane.has_seen_new
    await chat.scroll(2400)
    assert chat.pane.has_seen_new


async def test_a_few_that_came_are_seen_with_the_newest(gone_to: list[float]) -> None:
    """They are all in view there."""
    chat = _Chat()
    await chat.miss(3)

    await chat.pane.to_newest()

    assert chat.pane.has_seen_new
    assert chat.pane.last_seq_shown == 63


async def test_what_was_seen_during_a_cut_needs_not_be_seen_again(gone_to: list[float]) -> None:
    """The neighbours' messages have no number yet; the line stands above those that are unread."""
    chat = _Chat()
    waiting = [replace(message(61 + place), seq=None) for place in range(80)]
    chat.histories["one"] = [*(message(seq) for seq in range(1, 61)), *waiting]
    chat.opened = "one"
    chat.pane.open("one", 60, _VIEW)
    chat.draw(unread=2)

    assert chat.pane.has_seen_new

    chat.pane.open("one", 60, _VIEW)
    chat.draw(unread=80)

    assert not chat.pane.has_seen_new


async def test_the_line_of_who_looked_away_during_a_cut_is_above_what_came_then(
    gone_to: list[float],
) -> None:
    """All that stood there had been seen, with and without a number."""
    chat = _Chat()
    waiting = [replace(message(61 + place), seq=None) for place in range(80)]
    chat.histories["one"] = [*(message(seq) for seq in range(1, 61)), *waiting]
    await chat.open("one")

    chat.pane.begin_new_line(60)
    chat.histories["one"].append(replace(message(141), seq=None))
    chat.draw()

    assert chat.pane.has_seen_new


async def test_who_is_met_later_is_called_by_their_name(gone_to: list[float]) -> None:
    """In what stands there already."""
    chat = _Chat()
    chat.has("one", 1)
    await chat.open("one")
    chat.page.sent()

    chat.draw(manner=replace(_MANNER, people=People({PEER: "Jordan Henderson"})))

    assert "Jordan Henderson" in str(chat.page.sent())


async def test_who_leaves_on_the_way_to_a_message_finds_all_near_it(
    gone_to: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the way only those beside it are in the tree; a page that was left never gets there."""
    chat = _Chat()
    chat.has("one", *range(1, 401))
    await chat.open("one")
    monkeypatch.setattr(StillList, "scroll_to", _never)
    going = asyncio.create_task(chat.pane.show_message(message(20)))
    await eventually(lambda: chat.is_drawn("text of key-20") and not chat.is_drawn("key-60"))

    chat.pane.stay()
    chat.draw()

    assert chat.is_drawn("text of key-20")
    assert chat.is_drawn("text of key-60")
    going.cancel()


async def _never(*_: object, **__: object) -> None:
    """The page is gone, and answers nothing."""
    await asyncio.Future()
