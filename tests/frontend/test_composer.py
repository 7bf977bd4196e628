"""What stands in the composer is what was written there, however the page and the window cross."""

from typing import Any, cast

import flet as ft
import pytest

from frontend.views.composer import Composer
from frontend.views.look import Sizes
from frontend.window.focus import Focus
from frontend.window.slash import Known
from frontend.window.words import Words
from tests.frontend.page_in_memory import PageInMemory

ComposerOnPage = tuple[Composer, PageInMemory]
SAID: list[str] = []
"""To a screen reader, in this test."""


@pytest.fixture
def written_in() -> ComposerOnPage:
    """A composer, and the page it is on."""
    composer = Composer(
        entered=_nothing,
        changed=_nothing,
        known=list,
        pasted=_nothing,
        choice=ft.PickFiles(ft.FilePicker()),
        now=lambda: 0.0,
        guest=False,
        focus=Focus(lambda: 0.0),
        say=SAID.append,
    )
    SAID.clear()
    composer.restyle(Sizes(), Words("en"))
    page = PageInMemory(ft.Column([composer.suggestions, composer.control]))
    return composer, page


async def _nothing(told: Any) -> None:
    """Nobody is told."""


def _given(page: PageInMemory) -> list[str]:
    """The texts that the page was given since it was looked at last."""
    found: list[str] = []

    def look(part: Any) -> None:
        if isinstance(part, list) and len(part) == 4 and part[2] == "value":
            found.append(part[3])
        parts = part.values() if isinstance(part, dict) else part
        for one in parts if isinstance(part, dict | list) else ():
            look(one)

    for change in page.sent():
        look(change)
    return found


async def _type(composer: Composer, page: PageInMemory, *texts: str) -> None:
    """The page tells what the field holds: all of it, before the window looks at the first."""
    for text in texts:
        page.tell(composer.field, value=text)
    for text in texts:
        await _handle(composer, text)


async def _handle(composer: Composer, text: str) -> None:
    await cast("Any", composer.field.on_change)(
        ft.Event(name="change", control=composer.field, data=text)
    )


async def test_an_empty_field_that_is_emptied_gives_no_key_back(
    written_in: ComposerOnPage,
) -> None:
    """Else what is given for the first key would take the next ones out of the field."""
    composer, page = written_in
    await _type(composer, page, "halo")
    composer.clear()
    composer.open("")
    assert _given(page) == [""]

    await _type(composer, page, "s", "se", "set")

    assert _given(page) == []
    assert composer.text == "set"


async def test_what_a_key_changes_is_given_whole_though_the_page_told_it(
    written_in: ComposerOnPage,
) -> None:
    """Told before the page had what it was given, which took the key out of the field."""
    composer, page = written_in
    await _type(composer, page, "halo")
    composer.clear()
    page.tell(composer.field, value="s")
    composer.open("")
    await _handle(composer, "s")
    assert _given(page) == ["", "", "s"]

    await _type(composer, page, "se")

    assert _given(page) == [composer.text] == ["se"]


async def test_the_keys_stay_where_they_are_when_nothing_can_be_written(
    written_in: ComposerOnPage,
) -> None:
    """The page can't bring the focus to a field that it doesn't show."""
    composer, _ = written_in
    composer.shut("This group is closed.")
    composer.focus()
    assert not composer.has_focus

    composer.shut("")
    composer.focus()
    assert composer.has_focus


async def test_what_completes_has_the_whole_width_and_no_empty_line(
    written_in: ComposerOnPage,
) -> None:
    """In large letters: of what says no more than its name, that alone."""
    composer, _ = written_in
    composer._known = lambda: [Known("group", "arisan@surabaya")]
    composer.restyle(Sizes(150), Words("en"))

    await _handle(composer, "/sendgroup ")

    assert composer._list.horizontal_alignment is ft.CrossAxisAlignment.STRETCH
    (named,) = composer._list.controls[0].content.content.controls
    assert named.controls[0].value == "arisan@surabaya"


async def test_a_command_behind_a_blank_is_completed_by_enter(written_in: ComposerOnPage) -> None:
    """As one without, and isn't sent unfinished."""
    composer, page = written_in
    await _type(composer, page, " /hel")

    await cast("Any", composer.field.on_submit)(ft.Event("submit", composer.field))

    assert composer.text == "/help "


async def test_the_completion_that_is_chosen_is_said(written_in: ComposerOnPage) -> None:
    """The focus stays in the field; what is chosen as before is not said again."""
    composer, page = written_in
    await _type(composer, page, "/ren")
    told = list(SAID)
    await composer.move(1)

    assert len(told) == 1
    assert told[0].startswith("rename")
    assert told == SAID
