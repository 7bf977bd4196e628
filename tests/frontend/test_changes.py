"""Changes of groups, as the window says them."""

from dataclasses import replace
from typing import get_args

import pytest

from frontend.window.changes import change_words, named_in
from frontend.window.words import Words
from realm_protocol.bodies import SystemEvent
from tests.frontend.chat_log import message

_CALLED = {"lineker@jakarta": "Gary Lineker", "messi@surabaya": "Messi"}
FACTS = {"role": "admin", "access": "invite-only", "display_name": "Klub {3}"}


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("event", get_args(SystemEvent))
def test_every_change_is_said_in_the_persons_language(event: str, language: str) -> None:
    """With what those are called whom it is about."""
    change = {"event": event, "who": "lineker@jakarta", "by": "messi@surabaya", **FACTS}
    row = replace(message(1, kind="system", text="?"), change=change)

    told = change_words(row, Words(language), named_in(row, _CALLED.__getitem__))

    assert told != "?"
    assert "Gary Lineker" in told or "Messi " in told
    assert "@" not in told


def test_what_only_a_later_version_knows_is_said_as_it_came() -> None:
    """In the service's own sentence."""
    row = message(1, kind="system", text="a@s painted the group")
    painted = replace(row, change={"event": "painted"})

    assert change_words(painted, Words("id"), named_in(painted, str)) == row.text
    assert change_words(row, Words("id"), named_in(row, str)) == row.text
