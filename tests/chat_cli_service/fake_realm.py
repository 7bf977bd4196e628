"""What a realm and its main know, in one: what chat-cli talks to in these tests.

It keeps the protocol's promises about order, and breaks what a bad line breaks, on demand. How it
speaks is in `fake_realm_session`, where it listens in `fake_realm_server`.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realm_protocol.commands import (
    Accepted,
    DeviceSession,
    FetchMessages,
    Head,
    Realm,
    RealmAdded,
    SendMessage,
    StoredMessage,
)
from realm_protocol.errors import (
    GroupNotFound,
    KeyConflict,
    NotMember,
    RealmchatError,
    UserNotFound,
)
from realm_protocol.events import (
    Heads,
    LinkChanged,
    MessageStored,
    SignedOut,
    Synced,
    WatermarkMoved,
)
from realm_protocol.names import (
    Address,
    GroupAddress,
    group_conversation,
    parse_target,
    private_conversation,
)

from .fake_realm_files import FakeFiles
from .fake_realm_outbox import FakeOutbox

if TYPE_CHECKING:
    from .fake_realm_session import RealmSession


@dataclass
class Conversation:
    """A log, and how far each member has got."""

    id: str
    kind: str
    names: dict[str, str]
    """What the conversation is called, by member."""
    log: list[StoredMessage] = field(default_factory=list)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    """(delivered, read) by member."""
    first_seq: dict[str, int] = field(default_factory=dict)

    @property
    def members(self) -> list[str]:
        return list(self.marks)


class FakeRealm:
    """What main and the realm know; tests write into it as other people and other devices."""

    def __init__(self) -> None:
        self.people: dict[str, str] = {}
        self.sessions: dict[str, tuple[str, str]] = {}
        """Token → (address, session id)."""
        self.conversations: dict[str, Conversation] = {}
        self.keys: dict[tuple[str, str], tuple[Accepted, str, bytes]] = {}
        self.connections: list[RealmSession] = []
        self.link_up = True
        self.epoch = 7
        self.position = 1
        self.clock = 1_790_000_000_000
        self.lose_events = 0
        self.repeat_events = False
        self.lose_replies = 0
        self.refusals: list[RealmchatError] = []
        """Refusals for the next messages that are sent."""
        self.ended: list[str] = []
        self.sent: list[tuple[str, str]] = []
        """(sender, key) of every `SendMessage` that came, repeated ones too."""
        self.fetches: list[FetchMessages] = []
        self.typing: list[str] = []
        self.other_realms: list[Realm] = []
        self.resolving: dict[str, str | RealmchatError] = {}
        self.fetch_gate = asyncio.Event()
        self.fetch_gate.set()
        self.url = ""
        self.files = FakeFiles()
        self.outbox = FakeOutbox(self)
        self.governed: list[Any] = []
        """Commands that members, admins, owners and operators gave about groups."""

    # --- what tests do ---------------------------------------------------------------------------

    def add_person(self, address: str, password: str = "secret") -> None:  # noqa: S107
        self.people[address] = password

    def private(self, one: str, other: str) -> Conversation:
        identity = private_conversation(Address.parse(one), Address.parse(other))
        known = self.conversations.get(identity)
        if known is None:
            known = Conversation(identity, "private", {one: other, other: one})
            self.conversations[identity] = known
            for person in {one, other}:
                self.enter(known, person)
        return known

    def add_realm(self, name: str, host: str, port: int) -> RealmAdded:
        """On the asker's list; another one is enrolled, as by an operator."""
        for realm in self.other_realms:
            if (realm.host, realm.port) == (host, port):
                realm.own_names.append(name)
                realm.names.append(name)
                return RealmAdded(realm.name)
        self.other_realms.append(Realm(name, host, port, False, 0, 0))
        return RealmAdded(name, f"key of {name}")

    def group(self, address: str, *members: str) -> Conversation:
        identity = group_conversation(GroupAddress.parse(address))
        known = Conversation(identity, "group", {})
        self.conversations[identity] = known
        for person in members:
            known.names[person] = address
            self.enter(known, person)
        return known

    def enter(self, conversation: Conversation, person: str) -> None:
        last = len(conversation.log)
        conversation.marks[person] = (last, last)
        conversation.first_seq.setdefault(person, 1)
        self.position += 1
        self.tell(person, Heads([self.head(conversation, person)]))

    def say(self, conversation: Conversation, sender: str, text: str, key: str = "") -> int:
        """A message of another device, or of another person."""
        row = self.store(conversation, sender, key or f"key-{secrets.token_hex(8)}", text.encode())
        self.publish(conversation, row, None)
        return row.seq

    def accept(
        self, sender: str, command: SendMessage, without: "RealmSession | None" = None
    ) -> Accepted:
        """What main does with a message: one row for one key."""
        known = self.keys.get((sender, command.key))
        if known is not None:
            if known[1:] != (command.to, command.body):
                raise KeyConflict(key=command.key)
            return known[0]
        conversation = self.conversation_to(sender, command.to)
        row = self.store(conversation, sender, command.key, command.body, command.kind)
        self.publish(conversation, row, without)
        accepted = Accepted(conversation.id, row.seq, row.at)
        self.keys[sender, command.key] = (accepted, command.to, command.body)
        return accepted

    def conversation_to(self, sender: str, to: str) -> Conversation:
        target = parse_target(to)
        if isinstance(target, GroupAddress):
            conversation = self.conversations.get(group_conversation(target))
            if conversation is None:
                raise GroupNotFound(group=target)
            if sender not in conversation.marks:
                raise NotMember(group=target)
            return conversation
        if target not in self.people:
            raise UserNotFound(address=target)
        return self.private(sender, target)

    def store(
        self, conversation: Conversation, sender: str, key: str, body: bytes, kind: str = "text"
    ) -> StoredMessage:
        self.clock += 1
        self.position += 1
        row = StoredMessage(
            conversation.id,
            len(conversation.log) + 1,
            key,
            kind,
            Address.parse(sender),
            body,
            self.clock,
            self.clock,
        )
        conversation.log.append(row)
        return row

    def publish(
        self, conversation: Conversation, row: StoredMessage, without: "RealmSession | None"
    ) -> None:
        if self.lose_events:
            self.lose_events -= 1
            return
        for person in conversation.members:
            for _ in range(2 if self.repeat_events else 1):
                self.tell(person, MessageStored(row), without)

    def tell(self, person: str, event: Any, without: "RealmSession | None" = None) -> None:
        for connection in list(self.connections):
            if connection.address == person and connection is not without and connection.ready:
                connection.send(event)

    def move_marks(
        self, conversation: Conversation, person: str, delivered: int, read: int
    ) -> None:
        old = conversation.marks[person]
        moved = (max(old[0], delivered, read), max(old[1], read))
        conversation.marks[person] = moved
        self.position += 1
        event = WatermarkMoved(conversation.id, Address.parse(person), *moved)
        others = conversation.members if conversation.kind == "private" else [person]
        for other in others:
            self.tell(other, event)

    def cut(self) -> None:
        """Every connection drops at once."""
        for connection in list(self.connections):
            connection.channel.abort()

    def link_down(self) -> None:
        self.link_up = False
        for connection in self.connections:
            connection.ready = False
            connection.send(LinkChanged(up=False, since=self.clock))

    def link_back(self) -> None:
        self.link_up = True
        for connection in self.connections:
            connection.send(LinkChanged(up=True, since=self.clock))
            connection.attach()
        self.outbox.replay()

    def link_doubted(self) -> None:
        """Main is silent: nobody is detached, and nothing is missed."""
        self._tell_doubt(up=False)

    def link_steady(self) -> None:
        self._tell_doubt(up=True)

    def _tell_doubt(self, *, up: bool) -> None:
        self.link_up = up
        for connection in self.connections:
            connection.send(LinkChanged(up, self.clock))
            connection.send(Synced(self.epoch, self.position))
        if up:
            self.outbox.replay()

    def end_session(self, session_id: str, reason: str = "signed out") -> None:
        for token, (_, known) in list(self.sessions.items()):
            if known == session_id:
                del self.sessions[token]
        self.ended.append(session_id)
        for connection in list(self.connections):
            if connection.session_id == session_id:
                connection.send(SignedOut(reason))
                connection.channel.close()

    def restore(self, keep: dict[str, int]) -> None:
        """Main comes back from a backup with so many rows of each conversation."""
        self.epoch += 1
        for conversation in self.conversations.values():
            kept = keep.get(conversation.id, 0)
            for row in conversation.log[kept:]:
                self.keys.pop((row.sender, row.key), None)
            del conversation.log[kept:]
            conversation.marks = {
                person: (min(marks[0], kept), min(marks[1], kept))
                for person, marks in conversation.marks.items()
            }

    # --- what it answers -------------------------------------------------------------------------

    def head(self, conversation: Conversation, person: str) -> Head:
        delivered, read = conversation.marks.get(person, (0, 0))
        name = conversation.names[person]
        peer = conversation.marks.get(name, (0, 0)) if conversation.kind == "private" else (0, 0)
        return Head(
            conversation=conversation.id,
            kind=conversation.kind,
            name=name,
            last_seq=len(conversation.log),
            read=read,
            delivered=delivered,
            peer_read=peer[1],
            peer_delivered=peer[0],
            first_seq=conversation.first_seq.get(person, 1),
            role="member" if person in conversation.marks else "left",
        )

    def heads_of(self, person: str) -> list[Head]:
        return [
            self.head(conversation, person)
            for conversation in self.conversations.values()
            if person in conversation.marks
        ]

    def open_session(self, address: str) -> dict[str, Any]:
        token, session_id = secrets.token_urlsafe(16), secrets.token_hex(4)
        self.sessions[token] = (address, session_id)
        return {
            "address": address,
            "session_id": session_id,
            "token": token,
            "expires_at": self.clock + 10**9,
        }

    def device_sessions(self, person: str, current: str) -> list[DeviceSession]:
        return [
            DeviceSession(session_id, "device", "surabaya", 1, 2, session_id == current)
            for address, session_id in self.sessions.values()
            if address == person
        ]
