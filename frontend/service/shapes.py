"""What chat-cli answers, as values with types. Pure: JSON in, values out.

Fields that a newer service adds are left out, so that an older window goes on working.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was not sent: an error's code and fields."""

    code: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """A file that a message is. Only of a picture are `width`, `height` and a small `preview`."""

    file_id: str
    name: str
    size: int
    type: str
    width: int | None = None
    height: int | None = None
    preview: bytes | None = None


def file(found: Json) -> File:
    preview = found.get("preview")
    return File(
        file_id=found["file_id"],
        name=found["name"],
        size=found["size"],
        type=found["type"],
        width=found.get("width"),
        height=found.get("height"),
        preview=None if preview is None else base64.b64decode(preview),
    )


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
    file: File | None = None
    after: int | None = None
    """Of one without a number: that of the message before it, when it was seen."""
    change: Json | None = None
    """What a system row says: `event`, `who`, `by`, …; None where the service doesn't tell."""


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
        file=file(found["file"]) if found.get("file") else None,
        change=found.get("change"),
    )


def page(rows: Iterable[Json]) -> list[Message]:
    """Messages in the order in which they stand."""
    found: list[Message] = []
    before = 0
    for row in rows:
        told = message(row)
        before = before if told.seq is None else told.seq
        found.append(replace(told, after=before) if told.seq is None else told)
    return found


def are_more_wanted(rows: Sequence[Json], page: Sequence[Json], limit: int) -> bool:
    """Whether `rows`, of which `page` came last, hold too few of the log, and it has more.

    What was withdrawn comes beside a page.
    """
    is_full = sum(row["state"] != "withdrawn" for row in page) >= limit
    return is_full and sum(row["at"] is not None for row in rows) < limit


def bound_before(page: Sequence[Json]) -> Json:
    """What the page before a full one is to end before."""
    first = next(row for row in page if row["state"] != "withdrawn")
    if first["at"] is None:
        return {"before_key": first["key"], "before_from": first["from"]}
    return {"before": first["seq"]}


def refusal(error: Json | None) -> Refusal | None:
    if error is None:
        return None
    fields = {name: value for name, value in error.items() if name not in ("code", "message")}
    return Refusal(error["code"], fields)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where a conversation stands. `title` is the other person's or the group's address, `name`
    what a group is called besides.
    """

    conversation: str
    kind: str
    title: str
    role: str
    last_seq: int
    read: int
    unread: int
    last_message: Message | None
    muted: bool = False
    name: str = ""
    invite_only: bool = False
    closed: bool = False


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
        muted=found.get("muted", False),
        name=found.get("name", ""),
        invite_only=found.get("invite_only", False),
        closed=found.get("closed", False),
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


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way out. `state`: `handing` while chat-cli hasn't got it whole, then as the
    service says: `waiting`, `running`, `cancelled`, `refused` or `done`.
    """

    key: str
    """That its message will have."""
    conversation: str
    name: str
    size: int
    begun_at: datetime
    state: str = "handing"
    done: int = 0
    rate: int = 0
    """Bytes per second of late."""
    type: str = ""
    """Known once the service has seen its first bytes."""
    transfer: str = ""
    """What the service calls it; empty while it is handed over."""
    refusal: Refusal | None = None


def upload(found: Json) -> Upload | None:
    """Of a transfer; None where it is a download."""
    if found["direction"] != "upload":
        return None
    return Upload(
        key=found["key"],
        conversation=found["conversation"],
        name=found["name"],
        size=found["size"],
        begun_at=datetime.fromisoformat(found["created_at"]),
        state=found["state"],
        done=found["done"],
        rate=found["rate"],
        type=found["type"],
        transfer=found["transfer"],
        refusal=refusal(found.get("error")),
    )


@dataclass(frozen=True, slots=True)
class Site:
    """Where one could sign in; `realm` is empty of one that never answered."""

    realm: str
    url: str
    reachable: bool
    linked: bool
    has_room: bool = False
    """Whether one may enter its open room as a guest."""


def site(found: Json) -> Site:
    return Site(
        realm=found["realm"],
        url=found["realm_url"],
        reachable=found["reachable"],
        linked=found["linked"],
        has_room=bool(found.get("room")),
    )
