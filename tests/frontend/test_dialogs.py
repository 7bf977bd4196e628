"""What dialogs ask is done once."""

import asyncio

import flet as ft

from frontend.views.dialogs import keys, lines, new_group, rename_group, sure
from frontend.views.look import Sizes
from frontend.window.words import Words
from tests.frontend.page_in_memory import PageInMemory


async def test_a_button_that_is_clicked_twice_does_it_once() -> None:
    """Also when its dialog has shut meanwhile; what was refused may be tried again."""
    answers = ["taken", ""]
    asked: list[str] = []

    async def rename(name: str) -> str:
        asked.append(name)
        await asyncio.sleep(0)
        return answers.pop(0)

    async def close() -> None:
        """Nothing shuts here."""

    dialog = rename_group(Words("en"), Sizes(), "Arisan", rename, close)
    PageInMemory(dialog)
    named, button = dialog.content.content, dialog.actions[1].content

    async def click() -> None:
        await button.on_click(ft.Event("click", button))

    await asyncio.gather(click(), click())
    assert (asked, named.content.error) == (["Arisan"], "taken")
    await asyncio.gather(click(), click())
    await click()
    assert (asked, named.content.error) == (["Arisan", "Arisan"], None)


async def test_a_dialog_that_has_gone_takes_its_answer() -> None:
    """It has nowhere to be shown."""

    async def refuse(_: str) -> str:
        return "taken"

    async def close() -> None:
        """Nothing shuts here."""

    dialog = rename_group(Words("en"), Sizes(), "Arisan", refuse, close)
    button = dialog.actions[1].content
    await button.on_click(ft.Event("click", button))
    assert dialog.content.content.content.error == "taken"


async def test_what_is_asked_before_is_done_once() -> None:
    """Whoever says yes twice leaves a group once."""
    done: list[str] = []

    async def leave() -> None:
        done.append("left")
        await asyncio.sleep(0)

    async def close() -> None:
        """Nothing shuts here."""

    dialog = sure(Words("en"), "Leave?", "Leave", "btn-leave-yes", leave, close)
    button = dialog.actions[1].content
    click = ft.Event("click", button)
    await asyncio.gather(button.on_click(click), button.on_click(click))
    await button.on_click(click)

    assert done == ["left"]


async def test_a_group_without_a_name_asks_for_one() -> None:
    """Nobody else is asked for it."""

    async def make(name: str) -> str:
        raise AssertionError(name)

    async def close() -> None:
        """Nothing shuts here."""

    words = Words("id")
    dialog = new_group(words, Sizes(), make, close)
    button = dialog.actions[1].content
    await button.on_click(ft.Event("click", button))

    assert dialog.content.content.content.error == "Isi nama grup."


def test_a_dialog_has_a_name_and_the_focus() -> None:
    """Else Flutter names it "Alert", and keys go on to what is behind it."""

    async def close() -> None:
        """Nothing shuts here."""

    words = Words("en")
    shown = [
        keys(words, Sizes(), close),
        lines(words, "Info", ["Sent"], close),
        sure(words, "Leave?", "Leave", "btn-leave-yes", close, close),
    ]
    assert [dialog.semantics_label for dialog in shown] == [words("keys"), "Info", "Leave"]
    assert all(dialog.actions[0].content.autofocus for dialog in shown)
