"""Who the open conversation is with, as its head and the empty composer tell it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from frontend.service.shapes import Conversation
from frontend.window import governing, listing, times
from frontend.window.identity import realm_of
from frontend.window.state import AccountState
from frontend.window.words import Words


@dataclass(frozen=True)
class Head:
    """Two that are equal look the same."""

    conversation: str
    kind: str
    address: str
    initials: str
    name: str
    realm: str
    below: str
    presence: str
    told: str
    """The name in a sentence: of another site, with it."""


def head_of(state: AccountState, conversation: Conversation, words: Words, now: datetime) -> Head:
    presence = listing.presence_of(state, conversation)
    below = listing.presence_words(presence, words)
    known = state.presence.get(conversation.title)
    if presence == "offline" and known is not None:
        below = words("last_seen", time=times.since(words, known.at, now))
    below = governing.shut_words(conversation, words) or below
    return Head(
        conversation.conversation,
        conversation.kind,
        conversation.title,
        listing.initials_of(state, conversation),
        listing.title_of(state, conversation),
        realm_of(conversation.title),
        below or conversation.title,
        presence,
        told=listing.told_of_chat(state, conversation),
    )


def hint_of(head: Head, words: Words, *, cut: bool, narrow: bool) -> str:
    """What the empty composer says; in a narrow window, what it has room for in large letters."""
    if cut:
        return words("composer_cut_off_narrow") if narrow else words("composer_cut_off")
    if head.kind == "room":
        return words("message_narrow_room") if narrow else words("message_to_room", name=head.told)
    return words("message_narrow") if narrow else words("message_to", name=head.told)
