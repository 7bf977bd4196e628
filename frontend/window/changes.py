"""What happened to a group, in the person's language. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from frontend.service.shapes import Message
from frontend.window.words import Words

_SENTENCES = {
    "created": "change_created",
    "joined": "change_joined",
    "entered": "change_entered",
    "left": "change_left",
    "removed": "change_removed",
    "renamed": "change_renamed",
    "closed": "change_closed",
    "reopened": "change_reopened",
}
_BY_ANOTHER = {"joined": "change_added"}
"""Where somebody else did it."""
_OF_FACTS = {
    ("role", "owner"): "change_to_owner",
    ("role", "admin"): "change_to_admin",
    ("role", "member"): "change_to_member",
    ("access", "open"): "change_to_open",
    ("access", "invite-only"): "change_to_invited",
}
"""Where it depends on the fact of the event's name."""


def named_in(message: Message, called: Callable[[str], str]) -> dict[str, str]:
    """`who` it happened to and `by` whom, as they are called; empty where that isn't told."""
    change = message.change or {}
    return {part: called(str(change[part])) for part in ("who", "by") if part in change}


def change_words(message: Message, words: Words, names: Mapping[str, str]) -> str:
    """A system row in words, with the names in it; of a kind that this version doesn't know, the
    service's sentence.
    """
    change = message.change
    sentence = None if change is None else _sentence(change)
    if change is None or sentence is None:
        return message.text
    told = {name: value for name, value in change.items() if isinstance(value, str | int)}
    return words(sentence, **{**told, **names})


def _sentence(change: Mapping[str, Any]) -> str | None:
    event = str(change.get("event"))
    if event == "renamed" and not change.get("display_name"):
        return "change_unnamed"
    if event in _BY_ANOTHER and change["who"] != change["by"]:
        return _BY_ANOTHER[event]
    return _SENTENCES.get(event) or _OF_FACTS.get((event, str(change.get(event))))
