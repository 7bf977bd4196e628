"""What is said of the open conversation where there is little room."""

import pytest

from frontend.window.heading import Head, hint_of
from frontend.window.words import LANGUAGES, Words

_ROOM_FOR = 17
"""Characters of an empty composer at 360 pixels and 150 %, beside its buttons."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["private", "group", "room"])
@pytest.mark.parametrize("cut", [False, True])
def test_a_narrow_composer_has_room_for_what_it_says(language: str, kind: str, cut: bool) -> None:
    """Whoever it is that one writes to; the head tells that."""
    head = Head("c", kind, "henderson@jakarta", "Jordan Henderson" * 4, "jakarta", "", "online")
    words = Words(language)

    assert len(hint_of(head, words, cut=cut, narrow=True)) <= _ROOM_FOR
    assert (head.name in hint_of(head, words, cut=cut, narrow=False)) is not cut
