"""What counts as read: the messages that somebody who looks has on the screen."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from frontend.reading import Reading
from frontend.window.state import AccountState
from tests.frontend.chat_log import CONVERSATION, ME, conversation


class _Chatting:
    """A window with one chat open, in which messages up to the last are shown."""

    def __init__(self, last: int, read: int, unread: int, *, unnumbered: bool) -> None:
        known = conversation(unread, last_seq=last, read=read)
        self.opened = CONVERSATION
        self.live = SimpleNamespace(state=AccountState(ME, conversations={CONVERSATION: known}))
        self.outside = SimpleNamespace(is_shown=lambda _: True)
        self.pane = SimpleNamespace(
            last_seq_shown=last, at_bottom=True, has_seen_new=True, shows_unnumbered=unnumbered
        )
        self.begun = 0

    def spawn(self, work: Any) -> None:
        work.close()
        self.begun += 1


@pytest.mark.parametrize(
    ("last", "read", "unread", "unnumbered", "begins"),
    [
        (3, 2, 1, False, True),
        (3, 3, 0, False, False),
        (3, 3, 1, True, True),  # a neighbour's, while the site is cut off
        (3, 3, 0, True, False),
        (3, 3, 1, False, False),  # counted already, and not shown yet
        (0, 0, 1, True, True),  # begun while the site is cut off
        (0, 0, 0, False, False),
    ],
)
def test_what_is_seen_is_read_and_nothing_else(
    last: int, read: int, unread: int, unnumbered: bool, begins: bool
) -> None:
    """Also what has no number yet; and where nothing is unread, nothing is asked."""
    chatting = _Chatting(last, read, unread, unnumbered=unnumbered)

    Reading(cast("Any", chatting)).consider()

    assert chatting.begun == begins
