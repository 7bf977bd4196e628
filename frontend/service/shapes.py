"""What chat-cli answers, as values with types. Pure: JSON in, values out.

Fields that a newer service adds are left out, so that an older window goes on working.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was not sent: an error's code and fields."""

    code: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A message, a file, or a change of a group (`kind` is `system`)."""

    conversation: str
    seq: int | None
    """Its number in the conversation; None while main hasn't got it."""
    key: str
    kind: str
    sender: str
    text: str
    at: datetime | None
    """When main stored it."""
    sent_at: datetime
    state: str
    refusal: Refusal | None = None
    file_name: str | None = None


def message(found: Json) -> Message:
    return Message(
        conversation=found["conversation"],
        seq=found["seq"],
        key=found["key"],
        kind=found["kind"],
        sender=found["from"],
        text=found["text"],
        at=None if found["at"] is None else datetime.fromisoformat(found["at"]),
        sent_at=datetime.fromisoformat(found["sent_at"]),
        state=found["state"],
        refusal=refusal(found.get("error")),
        file_name=str(found["file"]["name"]) if found.get("file") else None,
    )


def refusal(error: Json | None) -> Refusal | None:
    if error is None:
        return None
    fields = {name: value for name, value in error.items() if name not in ("code", "message")}
    return Refusal(error["code"], fields)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a conversation stands. `title` is the other person's or the group's address."""

    conversation: str
    kind: str
    title: str
    role: str
    last_seq: int
    read: int
    unread: int
    last_message: Message | None


def conversation(found: Json) -> Conversation:
    last = found["last_message"]
    return Conversation(
        conversation=found["conversation"],
        kind=found["kind"],
        title=found["title"],
        role=found.get("role", ""),
        last_seq=found["last_seq"],
        read=found["read"],
        unread=found["unread"],
        last_message=None if last is None else message(last),
    )


@dataclass(frozen=True, slots=True)
class Link:
    """The connection: `connecting`, `up`, `cut_off`, `unreachable` or `signed_out`."""

    state: str
    realm: str
    since: datetime
    problem: str = ""


def link(found: Json) -> Link:
    since = datetime.fromisoformat(found["since"])
    return Link(found["state"], found["realm"], since, found.get("problem", ""))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account, and the token that opens it alone."""

    address: str
    token: str


@dataclass(frozen=True, slots=True)
class Info:
    """Where an account stands."""

    link: Link
    unsent: int


@dataclass(frozen=True, slots=True)
class Person:
    address: str
    name: str
    online: bool


def person(found: Json) -> Person:
    return Person(found["address"], found["name"], found["online"])


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group; how far they have got tells who has a message."""

    address: str
    name: str
    role: str
    online: bool
    delivered: int
    read: int


def member(found: Json) -> Member:
    return Member(
        found["address"],
        found["name"],
        found["role"],
        found["online"],
        found["delivered"],
        found["read"],
    )


@dataclass(frozen=True, slots=True)
class Group:
    """A group that one is in, or may join; `members` is None while main can't be asked."""

    group: str
    conversation: str
    members: int | None
    joined: bool


def group(found: Json) -> Group:
    return Group(found["group"], found["conversation"], found["members"], found["joined"])


@dataclass(frozen=True, slots=True)
class Receipts:
    """Who has got a message, and who has read it, of so many others."""

    of: int
    delivered: tuple[str, ...]
    read: tuple[str, ...]


def receipts(found: Json) -> Receipts:
    return Receipts(found["of"], tuple(found["delivered"]), tuple(found["read"]))
