"""What the service answers, as values with types. Pure: JSON in, values out.

Fields that a newer service adds are left out, so that an older program goes on working.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chat_cli.answer_keys import message_id

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GroupName:
    """A group that a message is for: `jarkom3@surabaya`, or `jarkom3` in one's own realm."""

    name: str


Target = str | GroupName
"""Whom a message is for: a person's address or bare name, or a group."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that a message is; its bytes are fetched by its id."""

    file_id: str
    name: str
    size: int
    type: str
    sha256: str


def file(found: Json) -> File:
    return File(found["file_id"], found["name"], found["size"], found["type"], found["sha256"])


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is `text`, `file`, or `system` for a change of a group."""

    conversation: str
    seq: int | None
    """Its number in the conversation; None while it is only saved here."""
    key: str
    kind: str
    sender: str
    text: str
    at: datetime | None
    """When main stored it."""
    sent_at: datetime
    state: str
    file: File | None = None
    reply_to: Target | None = None
    """Whom an answer goes to; known of what a reader gives."""
    place: int | None = None
    """Its place among all that a reader gets."""

    def answer_key(self, purpose: str) -> str:
        """A key for an answer to this message: given again, the answer is not sent twice.

        A message that is handled once more, after a crash, so gets one answer. `purpose` has at
        most 31 printable ASCII characters; a program with two answers has two purposes.
        """
        return f"{purpose}-{message_id(self.sender, self.key, self.conversation, self.seq)}"


def message(found: Json) -> Message:
    return Message(
        conversation=found["conversation"],
        seq=found["seq"],
        key=found["key"],
        kind=found["kind"],
        sender=found["from"],
        text=found["text"],
        at=None if found["at"] is None else moment(found["at"]),
        sent_at=moment(found["sent_at"]),
        state=found["state"],
        file=file(found["file"]) if "file" in found else None,
        reply_to=target(found["reply_to"]) if "reply_to" in found else None,
        place=found.get("place"),
    )


def before_json(message: int | Message | None) -> dict[str, Any]:
    """What a page of history is to end before: a seq, or a message, be it without one."""
    if not isinstance(message, Message):
        return {"before": message}
    if message.at is None:
        return {"before_key": message.key, "before_from": message.sender}
    return {"before": message.seq}


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message that was sent: `state` is `saved` until main has it."""

    key: str
    conversation: str
    seq: int | None
    state: str
    to: Target


def sent(found: Json) -> Sent:
    return Sent(
        key=found["key"],
        conversation=found["conversation"],
        seq=found["seq"],
        state=found["state"],
        to=target(found["to"]),
    )


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a conversation stands."""

    conversation: str
    kind: str
    title: str
    last_seq: int
    read: int
    delivered: int
    unread: int
    last_message: Message | None
    name: str = ""
    """What a group is called besides its address, which is the `title`."""
    role: str = "member"


def conversation(found: Json) -> Conversation:
    last = found["last_message"]
    return Conversation(
        conversation=found["conversation"],
        kind=found["kind"],
        title=found["title"],
        last_seq=found["last_seq"],
        read=found["read"],
        delivered=found["delivered"],
        unread=found["unread"],
        last_message=None if last is None else message(last),
        name=found["name"],
        role=found["role"],
    )


@dataclass(frozen=True, slots=True)
class Group:
    """A group that one is in, or may join. `members` is None while main can't be asked."""

    group: str
    conversation: str
    members: int | None
    joined: bool
    name: str = ""
    """What it is called besides its address."""
    role: str | None = None
    """One's own; None where one is not in it."""
    invite_only: bool = False
    closed: bool = False


def group(found: Json) -> Group:
    return Group(
        group=found["group"],
        conversation=found["conversation"],
        members=found["members"],
        joined=found["joined"],
        name=found["name"],
        role=found["role"],
        invite_only=found["invite_only"],
        closed=found["closed"],
    )


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group, and how far they have got in it."""

    address: str
    name: str
    role: str
    online: bool
    read: int
    delivered: int


def member(found: Json) -> Member:
    return Member(
        found["address"],
        found["name"],
        found["role"],
        found["online"],
        found["read"],
        found["delivered"],
    )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account of this machine."""

    account: str
    signed_in: bool
    realm_url: str
    link_up: bool


def signed_in(found: Json) -> SignedIn:
    return SignedIn(
        found["account"], found["signed_in"], found["realm_url"], bool(found["link"]["up"])
    )


def moment(text: str) -> datetime:
    """A time of the service, which is in UTC."""
    return datetime.fromisoformat(text)


def target(found: str | Json) -> Target:
    return found if isinstance(found, str) else GroupName(found["group"])


def target_json(to: Target) -> str | dict[str, str]:
    return to if isinstance(to, str) else {"group": to.name}
