"""The strip over the pane: for what lasts, until it is read or over."""

from datetime import UTC, datetime, timedelta

import pytest

from frontend.window.listing import LinkWords
from frontend.window.strip import HeardLink, Strip

BEGIN = datetime(2026, 11, 21, 10, 24, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


@pytest.mark.parametrize("state", ["cut_off", "unreachable", "away"])
def test_a_cut_has_its_strip_once_it_lasts(state: str) -> None:
    """Whoever draws the window is told to look again, once for each cut."""
    strip = Strip()
    assert not strip.see("up", at(0))
    assert strip.see(state, at(1))
    assert not strip.see(state, at(2))
    assert not strip.is_shown(at(10.9))
    assert strip.is_shown(at(11))


def test_a_cut_that_becomes_another_is_the_same_trouble() -> None:
    """First main is away and then the site: it has lasted since the first."""
    strip = Strip()
    strip.see("cut_off", at(0))
    assert not strip.see("unreachable", at(8))
    assert strip.is_shown(at(10))


def test_a_link_that_came_back_begins_anew() -> None:
    """Short cuts, one behind the other, never move a word."""
    strip = Strip()
    for second in range(0, 60, 9):
        assert strip.see("cut_off", at(second))
        assert not strip.is_shown(at(second + 8))
        strip.see("up", at(second + 8))


def test_a_session_that_is_over_is_said_at_once() -> None:
    """It doesn't mend itself."""
    strip = Strip()
    assert not strip.see("signed_out", at(0))
    assert strip.is_shown(at(0))


def test_who_has_read_it_hides_it_until_something_else_is_wrong() -> None:
    """Also when the same comes again later."""
    strip = Strip()
    strip.see("cut_off", at(0))
    strip.hide()
    strip.see("cut_off", at(20))
    assert not strip.is_shown(at(20))
    strip.see("unreachable", at(21))
    assert strip.is_shown(at(21))
    strip.see("up", at(22))
    strip.see("unreachable", at(30))
    assert strip.is_shown(at(40))


def test_a_cut_and_its_end_are_said_once() -> None:
    """Not that all is well at first, nor each message that waits meanwhile."""
    heard = HeardLink()
    links = [
        LinkWords("connecting", "Reconnecting…", ""),
        LinkWords("up", "Connected", ""),
        LinkWords("cut_off", "Cut off", "Cut off · 0 messages waiting"),
        LinkWords("cut_off", "Cut off", "Cut off · 1 message waiting"),
        LinkWords("connecting", "Reconnecting…", ""),
        LinkWords("up", "Connected", ""),
    ]
    told = [heard.news_of(link) for link in links]
    assert [one for one in told if one] == ["Cut off · 0 messages waiting", "Connected"]
