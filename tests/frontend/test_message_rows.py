"""The messages that are drawn: what a change sends to the page, and how many are in the tree."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import flet as ft
import pytest

from frontend.service.shapes import Message
from frontend.views.look import Sizes
from frontend.views.manner import Deeds, Manner
from frontend.views.message_rows import MOST_ROWS, MessageRows
from frontend.views.row_heights import height_of
from frontend.views.still import StillList
from frontend.window.chunks import ROWS
from frontend.window.identity import People
from frontend.window.rows import bubble_key, rows_of
from frontend.window.words import Words
from tests.frontend.chat_log import BEGIN, ME, PEER, message
from tests.frontend.page_in_memory import PageInMemory

_MANNER = Manner(Words("en"), Sizes(), ME, "private", narrow=False, now=BEGIN + timedelta(days=1))


class _Drawn:
    def __init__(self) -> None:
        self.list = StillList(reverse=True)
        self.page = PageInMemory(self.list)
        self.asked: list[Message] = []
        self.rows = MessageRows(self.list, cast("Deeds", _Anything(self.asked)))

    def draw(self, messages: list[Message], middle: float = 300) -> str:
        """What that sent to the page."""
        self.page.sent()
        self.rows.draw(rows_of(messages, ME, None, _MANNER.now), _MANNER, middle)
        return str(self.page.sent())


class _Anything:
    """Whatever is asked to be done with a message, it is remembered."""

    def __init__(self, asked: list[Message]) -> None:
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        return _Anything(self._asked)

    async def __call__(self, asked: Message) -> None:
        self._asked.append(asked)


@pytest.fixture
def drawn() -> _Drawn:
    ft.context.disable_auto_update()  # type: ignore[no-untyped-call]  # of Flet's
    return _Drawn()


def _messages(count: int) -> list[Message]:
    return [message(seq) for seq in range(1, count + 1)]


def test_a_message_that_comes_sends_itself_and_no_other(drawn: _Drawn) -> None:
    """However many are there; and nothing is sent where nothing is new."""
    messages = _messages(70)
    drawn.draw(messages[:-1])

    sent = drawn.draw(messages)

    assert "text of key-70" in sent
    assert "text of key-69" not in sent
    assert drawn.draw(messages) == "[]"


def test_a_message_that_got_further_sends_itself_and_no_other(drawn: _Drawn) -> None:
    """The same for its tick."""
    messages = [message(seq, ME, "delivered") for seq in range(1, 41)]
    drawn.draw(messages)
    messages[20] = message(21, ME, "read")

    sent = drawn.draw(messages)

    assert "text of key-21" in sent
    assert sent.count("text of") == 1


@pytest.mark.parametrize(("sender", "told"), [(ME, "Sent"), (PEER, "03:01")])
async def test_a_message_that_got_further_keeps_its_menu(
    drawn: _Drawn, sender: str, told: str
) -> None:
    """What is chosen in one that is open does it, with the message as it is by then."""
    drawn.draw([message(None, sender, "at_realm", key="key-1")])
    menus = drawn.page.ids("ContextMenu")
    (row,) = [row for row in drawn.rows.drawn.values() if row.menu is not None]
    (_, (_, info)) = row.menu.entries()

    sent = drawn.draw([message(1, sender, "at_main", key="key-1")])

    assert told in sent
    assert drawn.page.ids("ContextMenu") == menus
    assert [one for one in drawn.rows.drawn.values() if one.menu is not None] == [row]
    await info()
    assert [asked.seq for asked in drawn.asked] == [1]


def test_what_is_far_from_the_view_is_not_in_the_tree(drawn: _Drawn) -> None:
    """Its place is kept free, so that nothing moves; back there, it is drawn again."""
    messages = _messages(400)
    heights = [height_of(row) for row in rows_of(messages, ME, None, _MANNER.now)]

    for middle in (0, sum(heights), 0):
        drawn.draw(messages, middle)

        assert len(drawn.rows.drawn) <= MOST_ROWS
        assert drawn.page.controls("ContextMenu") <= MOST_ROWS
        assert drawn.rows.covers(middle)
        free = sum(column.height or 0 for column in drawn.list.controls)
        assert free + sum(height_of(row.row) for row in drawn.rows.drawn.values()) == pytest.approx(
            sum(heights)
        )
    assert list(drawn.rows.drawn)[-1] == "msg-henderson@jakarta-key-400"


def test_only_what_one_goes_to_is_in_the_tree_until_one_is_there(drawn: _Drawn) -> None:
    """How high all else stands is known then, and where that is."""
    messages = _messages(400)
    key = bubble_key(messages[99])
    drawn.draw(messages)
    edges = drawn.rows.edges(key)
    assert edges is not None

    drawn.rows.leave_alone(key)
    drawn.draw(messages, edges[1])
    assert key in drawn.rows.drawn
    assert len(drawn.rows.drawn) <= ROWS
    assert drawn.rows.covers(0)

    drawn.rows.leave_alone(None)
    drawn.draw(messages, edges[1])
    assert key in drawn.rows.drawn
    assert len(drawn.rows.drawn) == MOST_ROWS


def test_where_a_row_is_follows_from_what_was_measured(drawn: _Drawn) -> None:
    """Of a column, whose rows have their shares of it."""
    messages = _messages(40)
    drawn.draw(messages)
    newest, older = cast("list[Any]", drawn.list.controls[:2])
    for column in (newest, older):
        column.on_size_change(SimpleNamespace(control=column, height=1000.0))

    lowest, highest = older.controls[-1], older.controls[0]
    keys = {row.control: key for key, row in drawn.rows.drawn.items()}
    below, above = drawn.rows.edges(keys[lowest]), drawn.rows.edges(keys[highest])

    assert below is not None
    assert above is not None
    assert below[0] == 1000
    assert above[1] == pytest.approx(2000)
    assert drawn.rows.above(keys[lowest])[-1] == keys[older.controls[-2]]
    assert drawn.rows.edges("gone") is None


def test_heights_are_reckoned_with_the_letters() -> None:
    """Larger ones, and those as wide as two."""
    text = "Rapat cabang dimulai pukul sembilan pagi ini di ruang besar. " * 3
    usual, wide = (
        rows_of([message(1, text=one)], ME, None, _MANNER.now)[-1]
        for one in (text, "今" * len(text))
    )

    assert height_of(usual, percent=150) > 1.6 * height_of(usual)
    assert height_of(wide) > 1.4 * height_of(usual)


def test_fourteen_lines_are_seen_at_once() -> None:
    """At 800 pixels, of a usual length: their time stands beside them."""
    said = [message(seq, text="Rapat cabang dimulai pukul sembilan pagi ini.") for seq in range(14)]

    assert sum(height_of(row) for row in rows_of(said, ME, None, _MANNER.now)) <= 640
    assert height_of(rows_of(said, ME, None, _MANNER.now)[2], narrow=True) > 50


@pytest.mark.parametrize("size", [Sizes(), Sizes(compact=True)])
def test_a_message_names_its_sender_as_they_call_themselves(drawn: _Drawn, size: Sizes) -> None:
    """And of another site, with it; who is met later, from then on, and no other row is sent."""
    manner = replace(_MANNER, kind="group", sizes=size)
    said = [message(1), message(2, "heru@surabaya")]
    drawn.rows.draw(rows_of(said, ME, None, _MANNER.now), manner, 300)
    before, menus = drawn.page.ids("Semantics"), drawn.page.ids("ContextMenu")
    drawn.page.sent()

    people = People({PEER: "Jordan Henderson"})
    drawn.rows.draw(rows_of(said, ME, None, _MANNER.now, people=people), manner, 300)

    sent = str(drawn.page.sent())
    assert "Jordan Henderson, jakarta" in sent
    assert "heru" not in sent
    shown = {str(text.value).strip("\u2068\u2069") for text in drawn.page.all("Text")}
    assert {"Jordan Henderson", "jakarta", "heru"} <= shown
    assert "surabaya" not in shown
    assert before & drawn.page.ids("Semantics")
    assert menus == drawn.page.ids("ContextMenu")
    assert ("JH" in shown, "HE" in shown) == (not size.compact, not size.compact)
