"""How an account's state changes by what chat-cli answers and tells. Pure.

Whatever comes twice changes nothing the second time, and what is older than what is known changes
nothing at all: answers and events overtake each other. Unread messages are counted by the service
alone; an event that changes the count asks for the list again.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from frontend.service import shapes
from frontend.service.shapes import Conversation, Message
from frontend.window import uploads
from frontend.window.identity import People
from frontend.window.state import AccountState, History, Presence
from realm_service.sse import Event

K = TypeVar("K")
V = TypeVar("V")

TYPING_SECONDS = 6
HELD_MESSAGES = 200
"""A conversation that isn't open keeps no more of its history than this."""
_STATES = ("saved", "at_realm", "withdrawn", "at_main", "delivered", "read", "refused")
_RANK = {state: rank for rank, state in enumerate(_STATES)}

# --- answers -------------------------------------------------------------------------------------


def take_conversations(
    state: AccountState, rows: Iterable[Conversation], event_id: int
) -> AccountState:
    """The list as it was at an event. An older one than is known is dropped."""
    if event_id < state.listed_at:
        return state
    told = {row.conversation: row for row in rows}
    shown = state.conversations if state.listed_at >= 0 else {}
    for name in told.keys() & shown.keys():
        # What was shown since may be newer than the snapshot; what is counted never is.
        last = _newer(shown[name].last_message, told[name].last_message)
        if last is not told[name].last_message:
            told[name] = replace(told[name], last_message=last)
    return replace(
        state,
        conversations=told,
        listed=True,
        listed_at=event_id,
        outdated=state.outdated and event_id < state.place,
        place=max(state.place, event_id) if not state.listed else state.place,
    )


def begin_conversation(state: AccountState, conversation: Conversation) -> AccountState:
    """Somebody is written to for the first time: there is nothing to be fetched."""
    if state.find(conversation.conversation) is not None:
        return state
    begun = {**state.begun, conversation.conversation: conversation}
    state = replace(state, begun=begun)
    return _with_history(state, conversation.conversation, History(loaded=True, whole=True))


def take_people(
    state: AccountState, people: Iterable[shapes.Person], now: datetime
) -> AccountState:
    """What people call themselves, and who of them is there."""
    found = {person.address: person for person in people}
    names = {address: person.name for address, person in found.items() if person.name}
    there = {address: Presence(person.online, now) for address, person in found.items()}
    known = replace(
        state,
        people=People({**state.people.names, **names}),
        presence={**state.presence, **there},
    )
    return replace(known, people=known.people.among(_everybody(known)))


def _everybody(state: AccountState) -> set[str]:
    """All people that are known, those without a name of their own too."""
    chats = (*state.conversations.values(), *state.begun.values())
    return {
        *(*state.people.names, *state.presence),
        *(one.title for one in chats if one.kind == "private"),
    }


def open_history(state: AccountState, conversation: str) -> AccountState:
    """Begin to hold a conversation's messages; its first page is asked for after this."""
    if conversation in state.histories:
        return state
    return _with_history(state, conversation, History())


def take_newest(
    state: AccountState, conversation: str, page: Sequence[Message], limit: int
) -> AccountState:
    """The newest page, joined with what is held and what events brought meanwhile.

    What is held below a gap is dropped; scrolling fetches it again.
    """
    known = state.histories.get(conversation, History())
    numbered = [m for m in page if m.seq is not None]
    first = min((m.seq or 0 for m in numbered), default=0)
    whole = len(numbered) < limit
    merged = merge(page, known.messages)
    if not _joined(merged):
        merged = merge(page, [m for m in known.messages if m.seq is None or m.seq >= first])
    elif merged and merged[0].seq is not None and merged[0].seq < first:
        whole = known.whole
    history = History(merged, loaded=_joined(merged), whole=whole)
    return _with_history(state, conversation, history)


def take_older(
    state: AccountState, conversation: str, page: Sequence[Message], limit: int
) -> AccountState:
    """A page before the first message that is held."""
    known = state.histories.get(conversation)
    if known is None or not known.loaded:
        return state
    merged = merge(page, known.messages)
    if not _joined(merged):
        return state
    return _with_history(
        state, conversation, replace(known, messages=merged, whole=len(page) < limit)
    )


def shut_history(state: AccountState, conversation: str) -> AccountState:
    """A conversation is left: its newest messages stay held."""
    known = state.histories.get(conversation)
    if known is None or len(known.messages) <= HELD_MESSAGES:
        return state
    cut = replace(known, messages=known.messages[-HELD_MESSAGES:], whole=False)
    return _with_history(state, conversation, cut)


def take_info(state: AccountState, info: shapes.Info) -> AccountState:
    return replace(state, link=info.link, unsent=info.unsent)


def show_sending(state: AccountState, message: Message) -> AccountState:
    """An own message that was just written, before the service has answered."""
    return _show(state, message)


def show_failure(state: AccountState, message: Message, refusal: shapes.Refusal) -> AccountState:
    """The service didn't take an own message: it stays where it was written, with the reason."""
    return _show(state, replace(message, state="refused", refusal=refusal))


def keep_draft(state: AccountState, conversation: str, text: str) -> AccountState:
    drafts = {name: draft for name, draft in state.drafts.items() if name != conversation}
    return replace(state, drafts=drafts | ({conversation: text} if text.strip() else {}))


# --- events --------------------------------------------------------------------------------------


def take_event(state: AccountState, event: Event, now: datetime) -> AccountState:
    """One event of the stream. Of a kind that this version doesn't know, only its place counts."""
    if event.id is not None and event.type != "reset":
        if event.id <= state.place:
            return state
        state = replace(state, place=event.id)
    taking = _EVENTS.get(event.type)
    return state if taking is None else taking(state, event, now)


def _message(state: AccountState, event: Event, now: datetime) -> AccountState:
    message = shapes.message(event.data)
    shown = _show(state, message)
    counted = message.sender != state.me and message.kind != "system"
    unknown = message.conversation not in state.conversations
    if counted or unknown or message.kind == "system":
        shown = replace(shown, outdated=True)
    return _not_typing(shown, message.conversation, message.sender)


def _state(state: AccountState, event: Event, now: datetime) -> AccountState:
    conversation, key = event.data["conversation"], event.data["key"]
    refusal = shapes.refusal(event.data.get("error"))
    # A neighbour's, seen while the site was cut off, gets its number as one's own do.
    sender = event.data.get("from", state.me)

    def move(message: Message) -> Message:
        if message.key != key or message.sender != sender or message.kind == "system":
            return message
        return further(message, event.data["state"], event.data.get("seq"), refusal)

    return _change(state, conversation, move)


def _read(state: AccountState, event: Event, now: datetime) -> AccountState:
    known = state.conversations.get(event.data["conversation"])
    if event.data["address"] != state.me or known is None:
        return state
    moved = replace(known, read=max(known.read, event.data["seq"]))
    conversations = {**state.conversations, known.conversation: moved}
    return replace(state, conversations=conversations, outdated=True)


def _withdrawn(state: AccountState, event: Event, now: datetime) -> AccountState:
    """A neighbour's, seen while the site was cut off, that main didn't take: it stays in its place,
    with the reason.
    """
    name = event.data["from"], event.data["key"]
    refusal = shapes.refusal(event.data.get("error"))

    def withdraw(message: Message) -> Message:
        same = identity(message) == name and message.seq is None
        return further(message, "withdrawn", None, refusal) if same else message

    return replace(_change(state, event.data["conversation"], withdraw), outdated=True)


def _reset(state: AccountState, event: Event, now: datetime) -> AccountState:
    """Events before this are gone: everything is read anew, and nothing that is held is trusted."""
    place = event.id if event.id is not None else state.place
    return replace(
        state,
        place=place,
        listed_at=-1,
        outdated=True,
        histories={name: History() for name in state.histories},
    )


def _transfer(state: AccountState, event: Event, now: datetime) -> AccountState:
    told = shapes.upload(event.data)
    return state if told is None else uploads.take_told(state, told)


def _muted(state: AccountState, event: Event, now: datetime) -> AccountState:
    known = state.conversations.get(event.data["conversation"])
    if known is None:
        return replace(state, outdated=True)
    return _with_conversation(state, replace(known, muted=event.data["muted"]))


def _role(state: AccountState, event: Event, now: datetime) -> AccountState:
    """One's own in a group, as when one was put out while away."""
    return replace(state, outdated=True)


def _presence(state: AccountState, event: Event, now: datetime) -> AccountState:
    told = Presence(event.data["online"], datetime.fromisoformat(event.data["at"]))
    return replace(state, presence={**state.presence, event.data["address"]: told})


def _typing(state: AccountState, event: Event, now: datetime) -> AccountState:
    conversation, who = event.data["conversation"], event.data["address"]
    if who == state.me:
        return state
    there = {**state.typing.get(conversation, {}), who: now}
    return replace(state, typing={**state.typing, conversation: there})


def _link(state: AccountState, event: Event, now: datetime) -> AccountState:
    return replace(state, link=shapes.link(event.data))


_EVENTS: Mapping[str, Callable[[AccountState, Event, datetime], AccountState]] = {
    "message": _message,
    "state": _state,
    "read": _read,
    "withdrawn": _withdrawn,
    "reset": _reset,
    "transfer": _transfer,
    "muted": _muted,
    "role": _role,
    "presence": _presence,
    "typing": _typing,
    "link": _link,
}


def forget_typing(state: AccountState, now: datetime) -> AccountState:
    """Who hasn't been told of for a while isn't writing any more."""
    oldest = now - timedelta(seconds=TYPING_SECONDS)
    left = {
        conversation: still
        for conversation, who in state.typing.items()
        if (still := {name: at for name, at in who.items() if at > oldest})
    }
    return state if left == state.typing else replace(state, typing=left)


# --- messages ------------------------------------------------------------------------------------


def merge(one: Iterable[Message], other: Iterable[Message]) -> tuple[Message, ...]:
    """Both, each message once, in the order in which they are shown."""
    found: dict[object, Message] = {}
    for message in (*one, *other):
        known = found.get(identity(message))
        found[identity(message)] = message if known is None else _furthest(known, message)
    return tuple(sorted(found.values(), key=_standing))


def _standing(message: Message) -> float:
    """By the number; without one at the end, unless it will never have one."""
    if message.seq is not None:
        return message.seq
    if message.state == "withdrawn" and message.after is not None:
        return message.after + 0.5
    return math.inf


def further(
    message: Message, state: str, seq: int | None, refusal: shapes.Refusal | None = None
) -> Message:
    """A message that has got further; a state never goes back."""
    seq = message.seq if seq is None else seq
    if _RANK.get(state, 0) <= _RANK.get(message.state, 0) and not (
        message.state == "refused" and seq is not None
    ):
        state, refusal = message.state, message.refusal
    return replace(message, state=state, seq=seq, refusal=refusal)


def identity(message: Message) -> object:
    """What a message keeps while it gets its number. Rows of the system have no sender's key."""
    if message.kind == "system":
        return message.seq
    return message.sender, message.key


def _furthest(known: Message, other: Message) -> Message:
    at = other.at or known.at
    seq = other.seq if known.seq is None else known.seq
    return replace(further(known, other.state, seq, other.refusal), at=at)


def _joined(messages: Sequence[Message]) -> bool:
    """Whether the numbers follow each other without a hole."""
    seqs = [m.seq for m in messages if m.seq is not None]
    return not seqs or seqs[-1] - seqs[0] + 1 == len(seqs)


def _newer(one: Message | None, other: Message | None) -> Message | None:
    """Of two last messages the later; without a seq it is an own one, not yet sent."""
    if one is None or other is None or one == other:
        return other or one
    if identity(one) == identity(other):
        return _furthest(one, other)
    if one.seq is not None and other.seq is not None:
        return one if one.seq > other.seq else other
    return one if one.sent_at > other.sent_at else other


def _show(state: AccountState, message: Message) -> AccountState:
    """A message belongs into its conversation, and at its head when it is the newest."""
    if message.sender == state.me:
        state = uploads.forget(state, message.key)
    known = state.find(message.conversation)
    if known is not None:
        last = _newer(known.last_message, message)
        moved = replace(known, last_message=last, last_seq=max(known.last_seq, message.seq or 0))
        state = _with_conversation(state, moved)
    history = state.histories.get(message.conversation)
    if history is None or _is_before(history, message):
        return state
    if message.seq is None:
        seen = max((m.seq for m in history.messages if m.seq is not None), default=0)
        message = replace(message, after=seen)
    merged = merge(history.messages, [message])
    if history.loaded and not _joined(merged):
        # Something between is missing: the page is read again.
        return _with_history(state, message.conversation, replace(history, loaded=False))
    return _with_history(state, message.conversation, replace(history, messages=merged))


def _is_before(history: History, message: Message) -> bool:
    first = next((m.seq for m in history.messages if m.seq is not None), None)
    return history.loaded and first is not None and message.seq is not None and message.seq < first


def _change(
    state: AccountState, conversation: str, change: Callable[[Message], Message]
) -> AccountState:
    """Change messages of a conversation wherever they are shown."""
    known = state.find(conversation)
    if known is not None and known.last_message is not None:
        moved = replace(known, last_message=change(known.last_message))
        state = _with_conversation(state, moved)
    history = state.histories.get(conversation)
    if history is None:
        return state
    changed = merge((), map(change, history.messages))
    return _with_history(state, conversation, replace(history, messages=changed))


def _with_conversation(state: AccountState, moved: Conversation) -> AccountState:
    name = moved.conversation
    if name in state.conversations:
        return replace(state, conversations={**state.conversations, name: moved})
    return replace(state, begun={**state.begun, name: moved})


def _with_history(state: AccountState, conversation: str, history: History) -> AccountState:
    return replace(state, histories={**state.histories, conversation: history})


def _not_typing(state: AccountState, conversation: str, who: str) -> AccountState:
    there: Mapping[str, Any] = state.typing.get(conversation, {})
    if who not in there:
        return state
    left = {name: at for name, at in there.items() if name != who}
    return replace(state, typing={**state.typing, conversation: left})
