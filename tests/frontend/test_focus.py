"""Where the keys go while the page is still bringing the focus there."""

import pytest

from frontend.window.focus import IN_FLIGHT_SECONDS, Focus


class _Region:
    """Remembers how often the focus was sent to it, and away."""

    def __init__(self, focus: Focus) -> None:
        self._focus = focus
        self.sought = self.left = 0

    async def send(self) -> None:
        self._focus.send(self)
        await self.seek()

    def leave(self) -> None:
        self.left += 1

    async def seek(self) -> None:
        self._focus.sought(self)
        self.sought += 1


class _Window:
    def __init__(self) -> None:
        self.time = 0.0
        self.focus = Focus(lambda: self.time)
        self.list, self.composer = _Region(self.focus), _Region(self.focus)


@pytest.fixture
def window() -> _Window:
    return _Window()


async def test_keys_are_for_where_the_focus_was_sent_last(window: _Window) -> None:
    """The page tells of an earlier one only now."""
    await window.list.send()
    await window.composer.send()
    await window.focus.came(window.list)
    window.focus.went(window.list)

    assert window.focus.at is window.composer
    assert window.list.left == 1
    await window.focus.came(window.composer)
    assert window.focus.at is window.composer


async def test_a_focus_that_came_in_the_other_order_is_sent_once_more(window: _Window) -> None:
    """It stays where the last key sent it."""
    await window.composer.send()
    await window.list.send()
    await window.focus.came(window.list)
    window.focus.went(window.list)
    await window.focus.came(window.composer)

    assert window.focus.at is window.list
    assert window.list.sought == 2
    window.focus.went(window.composer)
    await window.focus.came(window.list)
    assert window.focus.at is window.list


async def test_where_somebody_clicks_the_focus_stays(window: _Window) -> None:
    """Nothing was sent there; nor is what was, and never came, waited for."""
    await window.composer.send()
    window.time += IN_FLIGHT_SECONDS
    await window.list.send()
    await window.focus.came(window.list)
    window.focus.went(window.list)
    await window.focus.came(window.composer)

    assert window.focus.at is window.composer
    assert window.list.sought == 1


async def test_a_focus_on_something_else_is_at_no_region(window: _Window) -> None:
    """A button, or a dialog."""
    await window.list.send()
    await window.focus.came(window.list)
    window.focus.went(window.list)

    assert window.focus.at is None


async def test_what_a_shut_dialog_gives_back_is_on_its_way(window: _Window) -> None:
    """The focus was among the chats before it, and is sent to the composer as it is shut."""
    await window.composer.send()
    await window.focus.came(window.list)
    window.focus.went(window.list)
    await window.focus.came(window.composer)

    assert window.focus.at is window.composer
    assert window.list.sought == 0


async def test_the_focus_may_be_where_it_was_sent(window: _Window) -> None:
    """Then the page tells nothing of it, and where somebody clicks next it is."""
    await window.focus.came(window.composer)
    await window.composer.send()
    window.focus.went(window.composer)
    await window.focus.came(window.list)

    assert window.focus.at is window.list


async def test_a_menu_gets_the_keys_after_a_focus_that_was_there(window: _Window) -> None:
    """The composer was sent for while it had the focus: of that nothing comes, nor is it waited
    for, and what opens in front of the list takes the keys.
    """
    await window.focus.came(window.composer)
    await window.composer.send()
    await window.list.send()
    window.focus.went(window.composer)
    await window.focus.came(window.list)
    window.focus.went(window.list)

    assert window.focus.at is None


async def test_a_focus_that_never_comes_is_where_the_page_says(window: _Window) -> None:
    """The page may not show any more where it was sent."""
    await window.focus.came(window.list)
    await window.composer.send()
    assert window.focus.at is window.composer
    window.time += IN_FLIGHT_SECONDS

    assert window.focus.at is window.list


async def test_a_focus_that_is_given_up_is_where_it_was(window: _Window) -> None:
    """Unless another key sent it on meanwhile, or the page was asked before."""
    await window.composer.send()
    await window.focus.came(window.composer)
    window.focus.send(window.list)
    window.focus.give_up(window.list)
    assert window.focus.at is window.composer

    await window.list.send()
    window.focus.give_up(window.list)
    assert window.focus.at is window.list
    await window.composer.send()
    window.focus.give_up(window.list)
    assert window.focus.at is window.composer
