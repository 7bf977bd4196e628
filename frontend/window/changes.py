"""What happened to a group, in the person's language. Pure."""

from frontend.service.shapes import Message
from frontend.window.identity import short
from frontend.window.words import Words

_SENTENCES = {
    "created": "change_created",
    "joined": "change_joined",
    "entered": "change_entered",
    "left": "change_left",
    "removed": "change_removed",
}
_BY_ANOTHER = {"joined": "change_added"}
"""Where somebody else did it."""


def change_words(message: Message, words: Words, own_realm: str) -> str:
    """A system row in words; of a kind that this version doesn't know, the service's sentence."""
    change = message.change
    if change is None or change.get("event") not in _SENTENCES:
        return message.text
    event, who, by = str(change["event"]), str(change["who"]), str(change["by"])
    sentence = _BY_ANOTHER.get(event) if who != by else None
    told = {name: value for name, value in change.items() if isinstance(value, str | int)}
    people = {"who": short(who, own_realm), "by": short(by, own_realm)}
    return words(sentence or _SENTENCES[event], **{**told, **people})
