"""The rows of the list of conversations, and the words about the link. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from frontend.service.shapes import Conversation, Message
from frontend.window import markdown, times
from frontend.window.changes import change_words, named_in
from frontend.window.identity import initials, name_of, realm_of, with_site
from frontend.window.state import AccountState, ordered
from frontend.window.words import Words
from realm_protocol.errors import rebuild

_WAITING = ("saved", "at_realm")
UNTAKEN = ("refused", "withdrawn")
"""States of what main will never have."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """A conversation as the list shows it; two equal rows look the same."""

    conversation: str
    kind: str
    address: str
    initials: str
    name: str
    beside: str
    """Never cut with the name: which of two of one name it is, or that a room is open."""
    realm: str
    """Empty where it is one's own."""
    time: str
    preview: str
    emphasis: str
    """Stands before the preview, set apart: a draft, somebody writing."""
    tick: str
    """The state of an own last message; empty for others'."""
    unread: int
    presence: str
    """`online`, `offline` or `unknown`; empty for groups and where nothing was told."""
    muted: bool
    selected: bool
    spoken: str
    """What a reader says for the name; the rest of the row speaks for itself."""


def list_rows(
    state: AccountState,
    selected: str | None,
    words: Words,
    now: datetime,
    most: int | None = None,
) -> list[ListRow]:
    """Of all conversations, or so many at most, the newest first."""
    shown = ordered(state)[:most]
    return [_row(state, one, one.conversation == selected, words, now) for one in shown]


def _row(
    state: AccountState, one: Conversation, selected: bool, words: Words, now: datetime
) -> ListRow:
    last = one.last_message
    realm = realm_of(one.title)
    emphasis, preview = _second_line(state, one, words)
    time = "" if last is None else times.in_list(words, last.at or last.sent_at, now)
    row = ListRow(
        conversation=one.conversation,
        kind=one.kind,
        address=one.title,
        initials=initials_of(state, one),
        name=_name(state, one),
        beside=words("room") if one.kind == "room" else state.people.which_of(one.title),
        realm="" if realm == state.realm else realm,
        time=time,
        preview=preview,
        emphasis=emphasis,
        tick="" if emphasis else _tick(state, last),
        unread=one.unread,
        presence=presence_of(state, one),
        muted=one.muted,
        selected=selected,
        spoken="",
    )
    return _with_words(row, words)


def _tick(state: AccountState, last: Message | None) -> str:
    """Of an own message: what a group did has no state."""
    own = last is not None and last.sender == state.me and last.kind != "system"
    return last.state if last is not None and own else ""


def title_of(state: AccountState, one: Conversation) -> str:
    return state.title_of(one.title) if one.kind == "private" else _name(state, one)


def _name(state: AccountState, one: Conversation) -> str:
    """Without what tells two of one name apart."""
    return state.name_of(one.title) if one.kind == "private" else one.name or name_of(one.title)


def initials_of(state: AccountState, one: Conversation) -> str:
    """What stands for the other; for a group, whatever its members call it, of its address."""
    return state.initials_of(one.title) if one.kind == "private" else initials(one.title)


def told_of_chat(state: AccountState, one: Conversation) -> str:
    """A chat's name in a sentence."""
    return with_site(title_of(state, one), realm_of(one.title), state.realm)


def _with_words(row: ListRow, words: Words) -> ListRow:
    told = [
        f"{row.name} {row.beside}".rstrip(),
        row.realm,
        presence_words(row.presence, words),
        words("muted") if row.muted else "",
    ]
    return replace(row, spoken=", ".join(part for part in told if part))


def spoken_row(row: ListRow, words: Words) -> str:
    """All of it, as a reader says it."""
    last = " ".join(part for part in (row.emphasis, row.preview) if part)
    unread = words("unread", n=row.unread) if row.unread else ""
    return "; ".join(part for part in (row.spoken, last, row.time, unread) if part)


def presence_words(presence: str, words: Words) -> str:
    match presence:
        case "online":
            return words("online")
        case "offline":
            return words("offline")
        case "unknown":
            return words("presence_unknown")
    return ""


def presence_of(state: AccountState, one: Conversation) -> str:
    """Whether the other is there; unknown while nobody can say."""
    known = state.presence.get(one.title)
    if one.kind != "private" or known is None:
        return ""
    if state.link is None or state.link.state != "up" or state.away:
        return "unknown"
    return "online" if known.online else "offline"


def _second_line(state: AccountState, one: Conversation, words: Words) -> tuple[str, str]:
    """Somebody writing counts more than a draft, and a draft more than the last message."""
    if writing := typing_words(state, one.conversation, words):
        return writing, ""
    if draft := state.drafts.get(one.conversation):
        return words("draft"), one_line(draft)
    last = one.last_message
    if last is None:
        return "", ""
    return "", preview_of(last, one.kind, state.me, words, state.title_of)


def preview_of(
    message: Message, kind: str, me: str, words: Words, called: Callable[[str], str]
) -> str:
    """`called` is told of an address and says what that person is called."""
    shown = as_read(message.text)
    if message.file is not None:
        picture = message.file.preview is not None
        shown = words("image" if picture else "file", name=one_line(message.file.name))
    elif message.kind == "system":
        shown = change_words(message, words, named_in(message, called))
    if kind == "private" or message.kind == "system":
        return shown
    who = words("you") if message.sender == me else called(message.sender)
    return f"{who}: {shown}"


def one_line(text: str) -> str:
    return " ".join(text[:300].split())


def as_read(text: str) -> str:
    """The beginning of a message, without what marks it up."""
    return one_line(markdown.without_marks(text[:300]))


def typing_words(state: AccountState, conversation: str, words: Words) -> str:
    who = sorted(state.typing.get(conversation, {}))
    if not who:
        return ""
    if len(who) == 1:
        chat = state.find(conversation)
        alone = chat is not None and chat.kind == "private"
        name = state.title_of(who[0]) if alone else state.told_of(who[0])
        return words("is_typing", name=name)
    return words("are_typing", n=len(who))


# --- the link ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkWords:
    """`state` as the service says it, or `away`; `line` for the line below the list."""

    state: str
    line: str
    strip: str
    """In whole sentences; empty while nothing is wrong."""


def link_words(state: AccountState, words: Words, now: datetime) -> LinkWords:
    """What is known of the connection, and no more."""
    if state.away:
        return LinkWords("away", words("service_away"), words("service_away"))
    link = state.link
    if state.ended or (link is not None and link.state == "signed_out"):
        return LinkWords("signed_out", words("session_over"), words("session_over"))
    if link is None or link.state == "connecting":
        return LinkWords("connecting", words("reconnecting"), "")
    if link.state == "up":
        return LinkWords("up", words("connected"), "")
    told = {"time": times.since(words, link.since, now), "n": waiting(state)}
    if link.state == "cut_off":
        strip = words("cut_off", realm=link.realm, **told)
        return LinkWords("cut_off", words("cut_off_short", **told), strip)
    strip = words("site_away", realm=link.realm, **told)
    return LinkWords("unreachable", words("site_away_short", **told), strip)


def waiting(state: AccountState) -> int:
    """Own messages that main hasn't got: those the service counted, or more that are shown."""
    shown = sum(
        1
        for history in state.histories.values()
        for m in history.messages
        if m.sender == state.me and m.state in _WAITING
    )
    return max(shown, state.unsent)


def state_words(message: Message, words: Words) -> str:
    """Where an own message is."""
    if message.state in UNTAKEN:
        refusal = message.refusal
        reason = (
            "?"
            if refusal is None
            else rebuild(refusal.code, dict(refusal.fields)).message_in(words.language)
        )
        return words(message.state, reason=reason)
    return words(message.state)
