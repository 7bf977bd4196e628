"""Answers of the page that come when the control that asked is gone."""

import asyncio

import flet as ft
from flet.messaging.protocol import MessageAction

from frontend.late_answers import take_late_answers
from tests.frontend.page_in_memory import PageInMemory


async def test_what_is_answered_late_ends_the_waiting_and_nothing_else() -> None:
    """Also where it went wrong, as it does in a page that didn't draw the control any more."""
    list_ = ft.ListView()
    shown = PageInMemory(list_)
    page, session = shown.page, shown.page.session
    take_late_answers(session)
    shown.sent()
    asking = asyncio.create_task(list_.scroll_to(offset=10))
    await asyncio.sleep(0)
    ((_, asked),) = [sent for sent in shown.sent() if sent[0] == MessageAction.INVOKE_METHOD.value]
    control, call = asked["control_id"], asked["call_id"]

    page.controls = []
    page.update()
    assert control not in session.index
    session.handle_invoke_method_results(control, call, None, "there is no such list")

    await asyncio.wait_for(asking, 5)
    assert control not in session.index


async def test_what_is_answered_in_time_is_told_with_what_went_wrong() -> None:
    """As before."""
    list_ = ft.ListView()
    shown = PageInMemory(list_)
    session = shown.page.session
    take_late_answers(session)
    shown.sent()
    asking = asyncio.create_task(list_.scroll_to(offset=10))
    await asyncio.sleep(0)
    ((_, asked),) = shown.sent()

    session.handle_invoke_method_results(asked["control_id"], asked["call_id"], None, "not now")

    (told,) = await asyncio.gather(asking, return_exceptions=True)
    assert str(told) == "not now"
