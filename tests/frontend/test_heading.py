"""What is said of the open conversation where there is little room."""

from datetime import UTC, datetime

import pytest

from frontend.service.shapes import Conversation
from frontend.window.heading import Head, head_of, hint_of
from frontend.window.identity import People
from frontend.window.state import AccountState
from frontend.window.words import LANGUAGES, Words

_MESSIS = ("messi@surabaya", "leo@surabaya", "messi@jakarta")
_PEOPLE = People(dict.fromkeys(_MESSIS, "Lionel Messi")).among(_MESSIS)
_STATE = AccountState(me="ana@surabaya", people=_PEOPLE)
_ROOM_FOR = 17
"""Characters of an empty composer at 360 pixels and 150 %, beside its buttons."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["private", "group", "room"])
@pytest.mark.parametrize("cut", [False, True])
def test_a_narrow_composer_has_room_for_what_it_says(language: str, kind: str, cut: bool) -> None:
    """Whoever it is that one writes to; the head tells that."""
    name = "Jordan Henderson" * 4
    head = Head(
        "c", kind, "henderson@jakarta", "JH", name, "jakarta", "", "online", f"{name}, jakarta"
    )
    words = Words(language)

    assert len(hint_of(head, words, cut=cut, narrow=True)) <= _ROOM_FOR
    assert (head.told in hint_of(head, words, cut=cut, narrow=False)) is not cut


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_two_people_of_one_name_the_composer_tells_which(language: str) -> None:
    """Without a colour: by the site, where that isn't one's own; there, by the address."""
    words, hints = Words(language), []
    for address in ("messi@surabaya", "leo@surabaya", "messi@jakarta"):
        talk = Conversation(address, "private", address, "member", 0, 0, 0, None)
        head = head_of(_STATE, talk, words, datetime(2026, 11, 22, tzinfo=UTC))
        hints.append(hint_of(head, words, cut=False, narrow=False))

    told = ("Lionel Messi (messi)", "Lionel Messi (leo)", "Lionel Messi, jakarta")
    assert hints == [words("message_to", name=name) for name in told]
