"""What counts as read: the messages that somebody who looks has on the screen."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from frontend.reading import Reading
from frontend.window.state import AccountState
from tests.frontend.chat_log import CONVERSATION, ME, conversation


class _Chatting:
    """A window with one chat open, in which messages up to the third are shown."""

    def __init__(self, read: int, unread: int, *, unnumbered: bool) -> None:
        known = conversation(unread, last_seq=3, read=read)
        self.opened = CONVERSATION
        self.live = SimpleNamespace(state=AccountState(ME, conversations={CONVERSATION: known}))
        self.outside = SimpleNamespace(is_shown=lambda _: True)
        self.pane = SimpleNamespace(
            last_seq_shown=3, at_bottom=True, has_seen_new=True, shows_unnumbered=unnumbered
        )
        self.begun = 0

    def spawn(self, work: Any) -> None:
        work.close()
        self.begun += 1


@pytest.mark.parametrize(
    ("read", "unread", "unnumbered", "begins"),
    [
        (2, 1, False, True),
        (3, 0, False, False),
        (3, 1, True, True),  # a neighbour's, while the site is cut off
        (3, 0, True, False),
        (3, 1, False, False),  # counted already, and not shown yet
    ],
)
def test_what_is_seen_is_read_and_nothing_else(
    read: int, unread: int, unnumbered: bool, begins: bool
) -> None:
    """Also what has no number yet; and where nothing is unread, nothing is asked."""
    chatting = _Chatting(read, unread, unnumbered=unnumbered)

    Reading(cast("Any", chatting)).consider()

    assert chatting.begun == begins
