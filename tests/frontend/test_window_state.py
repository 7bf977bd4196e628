"""The state of a window: nothing twice, nothing missing, no badge that is wrong."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from frontend.service import shapes
from frontend.service.shapes import Refusal
from frontend.window import arriving
from frontend.window.state import AccountState, ordered
from realm_service.sse import Event
from tests.frontend.chat_log import (
    BEGIN,
    CONVERSATION,
    ME,
    PEER,
    ChatLog,
    conversation,
    message,
    message_json,
)

PAGE = 5
DEEDS = st.sampled_from(
    [
        *("other_writes", "other_writes", "i_write", "main_takes", "peer_reads", "i_read"),
        *("hear", "hear", "hear_again", "ask_list", "hear_list", "open", "ask_page", "hear_page"),
        *("scroll", "reset"),
    ]
)


class Window:
    """A window at a log: answers and events reach it late, in an order of their own."""

    def __init__(self) -> None:
        self.log = ChatLog()
        self.log.other_writes()
        self.state = AccountState(ME)
        self.lists: list[Any] = []
        self.pages: list[Any] = []
        self.state = arriving.take_conversations(self.state, *self.log.conversations())

    def do(self, deed: str) -> None:
        own = getattr(self, deed, None)
        (own or getattr(self.log, deed))()

    def hear(self) -> None:
        for event in self.log.events:
            if event.id is not None and event.id > self.state.place:
                self.take(event)
                return

    def hear_again(self) -> None:
        """A stream that was resumed too early."""
        for event in self.log.events[max(0, self.state.place - 3) : self.state.place]:
            self.take(event)

    def ask_list(self) -> None:
        self.lists.append(self.log.conversations())

    def hear_list(self) -> None:
        if self.lists:
            self.state = arriving.take_conversations(self.state, *self.lists.pop())

    def open(self) -> None:
        self.state = arriving.open_history(self.state, CONVERSATION)

    def ask_page(self) -> None:
        if CONVERSATION in self.state.histories:
            self.pages.append(self.log.newest(PAGE))

    def hear_page(self) -> None:
        if self.pages:
            page = self.pages.pop(0)
            self.state = arriving.take_newest(self.state, CONVERSATION, page, PAGE)

    def scroll(self) -> None:
        held = self.state.histories.get(CONVERSATION)
        first = next((m.seq for m in held.messages if m.seq), None) if held else None
        if first is not None:
            older = self.log.before(first, PAGE)
            self.state = arriving.take_older(self.state, CONVERSATION, older, PAGE)

    def reset(self) -> None:
        """Events are gone: the stream says so, at the place from which it goes on."""
        self.take(Event(self.log.newest_id, "reset", {"reason": "gone"}))

    def take(self, event: Event) -> None:
        self.state = arriving.take_event(self.state, event, BEGIN)

    def come_to_rest(self) -> None:
        """Everything that was told has been heard, and what was asked for has been answered."""
        while self.state.place < self.log.newest_id:
            self.hear()
        while self.lists:
            self.hear_list()
        while self.pages:
            self.hear_page()
        self.open()
        if self.state.outdated:
            self.state = arriving.take_conversations(self.state, *self.log.conversations())
        if not self.state.histories[CONVERSATION].loaded:
            page = self.log.newest(PAGE)
            self.state = arriving.take_newest(self.state, CONVERSATION, page, PAGE)


@given(st.lists(DEEDS, max_size=60))
def test_whatever_overtakes_what_the_window_ends_as_the_service_is(deeds: list[str]) -> None:
    """Late answers, events heard twice, resets: every message once, in order, with its state."""
    window = Window()

    for deed in deeds:
        window.do(deed)
        for history in window.state.histories.values():
            keys = [(m.sender, m.key) for m in history.messages]
            assert len(keys) == len(set(keys))
    window.come_to_rest()

    shown = window.state.histories[CONVERSATION]
    everything = window.log.newest(10_000)
    assert shown.loaded
    assert list(shown.messages) == everything[len(everything) - len(shown.messages) :]
    assert len(shown.messages) >= min(PAGE, len(window.log.rows))
    assert not shown.whole or len(shown.messages) == len(everything)


@given(st.lists(DEEDS, max_size=60))
def test_a_badge_is_always_a_number_that_the_service_said(deeds: list[str]) -> None:
    """It is never counted in the window, and at rest it is what the service counts now."""
    window = Window()

    said = {1}
    for deed in deeds:
        window.do(deed)
        said.add(window.log.unread)
        assert window.state.total_unread in said
    window.come_to_rest()

    assert window.state.total_unread == window.log.unread
    assert not window.state.outdated


def test_an_older_list_changes_nothing() -> None:
    """Two answers overtook each other: the badge stays as the later one said."""
    state = arriving.take_conversations(AccountState(ME), [conversation(0)], 9)

    late = arriving.take_conversations(state, [conversation(3)], 7)

    assert late == state


def test_the_stream_resumes_where_the_first_list_was() -> None:
    """Events from there continue exactly that state."""
    state = arriving.take_conversations(AccountState(ME), [conversation(0)], 41)

    again = arriving.take_conversations(state, [conversation(0)], 57)

    assert (state.place, again.place) == (41, 41)


def test_the_newest_conversation_is_first() -> None:
    """Also when its message was written here a moment ago and has no number yet."""
    old = conversation(conversation="old", last_message=None, title="b@x")
    other = replace(old, conversation="other", last_message=message(3), title="a@x")
    state = arriving.take_conversations(AccountState(ME), [other, old], 1)
    written = replace(message(None, ME, "saved", key="k"), conversation="old")

    shown = arriving.show_sending(
        state, replace(written, sent_at=written.sent_at + timedelta(days=1))
    )

    assert [one.conversation for one in ordered(state)] == ["other", "old"]
    assert [one.conversation for one in ordered(shown)] == ["old", "other"]


def test_a_state_never_goes_back() -> None:
    """An event from before the page says less than the page."""
    read = message(4, ME, "read")

    assert arriving.merge([read], [replace(read, state="at_main")]) == (read,)
    assert arriving.merge([replace(read, seq=None, state="saved")], [read]) == (read,)


def test_a_refused_message_stays_with_its_reason() -> None:
    """It is shown where it was written."""
    state = arriving.open_history(
        arriving.take_conversations(AccountState(ME), [conversation()], 1), CONVERSATION
    )
    state = arriving.show_sending(state, message(None, ME, "saved", key="k"))
    error = {"code": "not_a_member", "message": "…", "group": "jarkom3@surabaya"}
    told = {"conversation": CONVERSATION, "key": "k", "seq": None, "state": "refused"}

    state = arriving.take_event(state, Event(2, "state", {**told, "error": error}), BEGIN)

    (shown,) = state.histories[CONVERSATION].messages
    assert shown.state == "refused"
    assert isinstance(shown.refusal, Refusal)
    assert shown.refusal.code == "not_a_member"
    assert shown.refusal.fields == {"group": "jarkom3@surabaya"}


def test_whoever_writes_is_forgotten_when_their_message_comes_or_time_passes() -> None:
    """Nobody types for ever."""
    state = arriving.take_conversations(AccountState(ME), [conversation()], 1)
    typing = Event(None, "typing", {"conversation": CONVERSATION, "address": PEER})

    state = arriving.take_event(state, typing, BEGIN)

    assert PEER in state.typing[CONVERSATION]
    later = BEGIN + timedelta(seconds=arriving.TYPING_SECONDS + 1)
    assert arriving.forget_typing(state, later).typing == {}
    assert arriving.forget_typing(state, BEGIN).typing == state.typing


def test_a_draft_is_kept_per_conversation_and_blanks_are_none() -> None:
    """An emptied composer leaves nothing behind in the list."""
    state = arriving.keep_draft(AccountState(ME), CONVERSATION, "rapat besok")

    assert state.drafts == {CONVERSATION: "rapat besok"}
    assert arriving.keep_draft(state, CONVERSATION, "  \n").drafts == {}


def test_a_neighbours_message_gets_its_number() -> None:
    """Seen while the site was cut off, it stands behind the log; then it has its place in it."""
    state = arriving.open_history(
        arriving.take_conversations(AccountState(ME), [conversation()], 1), CONVERSATION
    )
    seen = message_json(None, PEER, "k1", "at_realm")
    state = arriving.take_event(state, Event(2, "message", seen), BEGIN)
    settled = {"conversation": CONVERSATION, "key": "k1", "from": PEER, "seq": 7}

    state = arriving.take_event(state, Event(3, "state", {**settled, "state": "delivered"}), BEGIN)

    (shown,) = state.histories[CONVERSATION].messages
    assert (shown.sender, shown.seq, shown.state) == (PEER, 7, "delivered")


def _refused_by_main(key: str) -> Event:
    error = {"code": "not_a_member", "message": "…", "group": "jarkom3@surabaya"}
    told = {"conversation": CONVERSATION, "key": key, "from": PEER, "reason": "…", "error": error}
    return Event(9, "withdrawn", told)


def test_a_withdrawn_message_stays_where_it_was_seen() -> None:
    """With the reason; what comes later stands below it, also when the page is read again."""
    state = arriving.open_history(
        arriving.take_conversations(AccountState(ME), [conversation()], 1), CONVERSATION
    )
    state = arriving.take_newest(state, CONVERSATION, [message(1), message(2)], 60)
    seen = message_json(None, PEER, "k", "at_realm")
    state = arriving.take_event(state, Event(8, "message", seen), BEGIN)

    state = arriving.take_event(state, _refused_by_main("k"), BEGIN)
    later = Event(10, "message", message_json(3, PEER, "later", "delivered"))
    state = arriving.take_event(state, later, BEGIN)

    shown = state.histories[CONVERSATION].messages
    assert [m.key for m in shown] == ["key-1", "key-2", "k", "later"]
    assert shown[2].state == "withdrawn"
    assert shown[2].refusal == Refusal("not_a_member", {"group": "jarkom3@surabaya"})
    rows = [message_json(seq, PEER, f"key-{seq}", "delivered") for seq in (1, 2)]
    page = shapes.page([*rows, {**seen, "state": "withdrawn"}, dict(later.data)])
    fresh = arriving.take_newest(AccountState(ME), CONVERSATION, page, 60)
    assert [m.key for m in fresh.histories[CONVERSATION].messages] == [m.key for m in shown]


def test_a_withdrawn_message_that_main_has_after_all_gets_its_place() -> None:
    """What the log says counts most."""
    withdrawn = replace(message(None, state="withdrawn", key="k"), after=1)

    (_, shown) = arriving.merge([withdrawn, message(1)], [message(2, key="k")])

    assert (shown.seq, shown.state) == (2, "delivered")
