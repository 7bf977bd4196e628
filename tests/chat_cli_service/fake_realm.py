"""A realm and its main in one, over real sockets: what chat-cli talks to in these tests.

It keeps the protocol's promises about order, and breaks what a bad line breaks, on demand.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from realm_protocol.bodies import SystemBody, pack_system_body
from realm_protocol.commands import (
    CLIENT_COMMANDS,
    Accepted,
    BlockPerson,
    ChangePassword,
    CreateGroup,
    DeviceSession,
    Done,
    EndSession,
    FetchMessages,
    FindPeople,
    Group,
    Head,
    Hello,
    Joined,
    JoinGroup,
    LeaveGroup,
    ListGroups,
    ListMembers,
    ListRealms,
    ListSessions,
    Member,
    MoveWatermark,
    OpenConversation,
    Page,
    Person,
    Realm,
    ResolveName,
    SendMessage,
    SetTyping,
    StoredMessage,
    UnblockPerson,
    Welcome,
)
from realm_protocol.errors import (
    ConversationNotFound,
    GroupExists,
    GroupNotFound,
    KeyConflict,
    NotMember,
    NotSignedIn,
    RealmchatError,
    SessionEnded,
    SessionNotFound,
    UserExists,
    UserNotFound,
    WrongPassword,
)
from realm_protocol.events import (
    Heads,
    LinkChanged,
    MessageStored,
    Refused,
    Reply,
    SignedOut,
    Synced,
    Typing,
    WatermarkMoved,
)
from realm_protocol.lanes import Lanes
from realm_protocol.limits import CLIENT_FRAME_LIMIT, PAGE_MESSAGES, PROTOCOL_VERSION
from realm_protocol.names import (
    Address,
    GroupAddress,
    group_conversation,
    parse_target,
    private_conversation,
)
from realm_protocol.wire import pack
from realm_service.channel import Channel, Flusher, bearer_token, mount
from realm_service.http import new_app

READ_LIMIT = CLIENT_FRAME_LIMIT


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
        self.resolving: dict[str, str | RealmchatError] = {}
        self.fetch_gate = asyncio.Event()
        self.fetch_gate.set()
        self.url = ""

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


class RealmSession:
    """One client connection."""

    def __init__(self, realm: FakeRealm, flusher: Flusher, address: str, session_id: str) -> None:
        self.realm = realm
        self.address = address
        self.session_id = session_id
        self.ready = False
        """In step: events are told."""
        self.lanes = Lanes()
        self.tasks: set[asyncio.Task[None]] = set()
        self.channel = Channel(
            self,
            flusher,
            read_limit=READ_LIMIT,
            frame_limit=CLIENT_FRAME_LIMIT,
            unsent_limit=1 << 24,
        )

    def send(self, message: Any) -> None:
        self.channel.send(pack(message))

    def opened(self, channel: Channel) -> None:
        self.realm.connections.append(self)

    def closed(self, channel: Channel) -> None:
        self.realm.connections.remove(self)

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        raise error

    def overflowed(self, channel: Channel) -> None:
        raise AssertionError("a client does not read")

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        for command in CLIENT_COMMANDS.open_frame(frame, READ_LIMIT):
            try:
                self.take(command)
            except RealmchatError as error:
                self.send(Refused(command.number, error.code, error.fields))

    def take(self, command: Any) -> None:
        if isinstance(command, Hello):
            self.hello(command)
        elif isinstance(command, FetchMessages):
            task = asyncio.create_task(self.fetch(command))
            self.tasks.add(task)
        elif isinstance(command, MoveWatermark):
            conversation = self.realm.conversations[command.conversation]
            self.realm.move_marks(conversation, self.address, command.delivered, command.read)
        elif isinstance(command, SetTyping):
            self.type_in(command)
        else:
            result = _ANSWERS[type(command)](self, command)
            if result is not None:
                self.send(Reply(command.number, result))

    def hello(self, command: Hello) -> None:
        realm = self.realm
        if self.address == "":
            error: RealmchatError = NotSignedIn()
            self.send(Refused(command.number, error.code, error.fields))
            self.channel.close()
            return
        welcome = Welcome(
            PROTOCOL_VERSION,
            "fake",
            Address.parse(self.address),
            self.session_id,
            realm.link_up,
            realm.clock,
        )
        self.send(Reply(command.number, welcome))
        if realm.link_up:
            self.attach()

    def attach(self) -> None:
        for head in self.realm.heads_of(self.address):
            self.send(Heads([head]))
        self.send(Synced(self.realm.epoch, self.realm.position))
        self.ready = True

    async def fetch(self, command: FetchMessages) -> None:
        self.realm.fetches.append(command)
        await self.realm.fetch_gate.wait()
        log = self.realm.conversations[command.conversation].log
        rows = [row for row in log if command.after < row.seq < command.before]
        count = min(command.limit, PAGE_MESSAGES)
        page = rows[-count:] if command.newest else rows[:count]
        self.send(Reply(command.number, Page(page, len(rows) > len(page))))

    def type_in(self, command: SetTyping) -> None:
        conversation = self.realm.conversations[command.conversation]
        for person in conversation.members:
            event = Typing(conversation.id, Address.parse(self.address))
            self.realm.tell(person, event, self)

    def send_message(self, command: SendMessage) -> Accepted | None:
        realm = self.realm
        realm.sent.append((self.address, command.key))
        self.lanes.admit(command.to, command.key)
        if realm.refusals:
            error = realm.refusals.pop(0)
            if error.status in (429, 503, 507):
                self.lanes.stop(command.to, command.key)
            raise error
        accepted = self.accept(command)
        if realm.lose_replies:
            realm.lose_replies -= 1
            self.channel.abort()
            return None
        return accepted

    def accept(self, command: SendMessage) -> Accepted:
        realm = self.realm
        known = realm.keys.get((self.address, command.key))
        if known is not None:
            if known[1:] != (command.to, command.body):
                raise KeyConflict(key=command.key)
            return known[0]
        conversation = self.conversation_to(command.to)
        row = realm.store(conversation, self.address, command.key, command.body)
        realm.publish(conversation, row, self)
        accepted = Accepted(conversation.id, row.seq, row.at)
        realm.keys[self.address, command.key] = (accepted, command.to, command.body)
        return accepted

    def conversation_to(self, to: str) -> Conversation:
        target = parse_target(to)
        if isinstance(target, GroupAddress):
            conversation = self.realm.conversations.get(group_conversation(target))
            if conversation is None:
                raise GroupNotFound(group=target)
            if self.address not in conversation.marks:
                raise NotMember(group=target)
            return conversation
        if target not in self.realm.people:
            raise UserNotFound(address=target)
        return self.realm.private(self.address, target)

    def resolve(self, command: ResolveName) -> Address:
        known = self.realm.resolving.get(command.name, f"{command.name}@surabaya")
        if isinstance(known, RealmchatError):
            raise known
        return Address.parse(known)

    def create_group(self, command: CreateGroup) -> Joined:
        if group_conversation(command.group) in self.realm.conversations:
            raise GroupExists(group=command.group)
        conversation = self.realm.group(command.group, self.address, *command.members)
        return self.log_change(conversation, "created", command.group)

    def join_group(self, command: JoinGroup) -> Joined:
        conversation = self.realm.conversations.get(group_conversation(command.group))
        if conversation is None:
            raise GroupNotFound(group=command.group)
        conversation.names[self.address] = command.group
        self.realm.enter(conversation, self.address)
        return self.log_change(conversation, "joined", command.group)

    def leave_group(self, command: LeaveGroup) -> Joined:
        conversation = self.realm.conversations[group_conversation(command.group)]
        joined = self.log_change(conversation, "left", command.group)
        del conversation.marks[self.address]
        self.send(Heads([self.realm.head(conversation, self.address)]))
        return joined

    def log_change(self, conversation: Conversation, event: Any, group: GroupAddress) -> Joined:
        me = Address.parse(self.address)
        body = pack_system_body(SystemBody(event, me, me, group))
        row = self.realm.store(conversation, self.address, "", body, "system")
        self.realm.publish(conversation, row, None)
        return Joined(group, conversation.id, row.seq)

    def groups(self, command: ListGroups) -> list[Group]:
        return [
            Group(
                GroupAddress.parse(next(iter(known.names.values()))),
                known.id,
                len(known.marks),
                self.address in known.marks,
            )
            for known in self.realm.conversations.values()
            if known.kind == "group"
        ]

    def members(self, command: ListMembers) -> list[Member]:
        known = self.realm.conversations.get(group_conversation(command.group))
        if known is None or self.address not in known.marks:
            raise NotMember(group=command.group)
        return [
            Member(Address.parse(person), person, "member", True, marks[1], marks[0])
            for person, marks in known.marks.items()
        ]

    def open_conversation(self, command: OpenConversation) -> Head:
        known = self.realm.conversations.get(command.conversation)
        if known is None or self.address not in known.marks:
            raise ConversationNotFound(conversation=command.conversation)
        return self.realm.head(known, self.address)

    def find_people(self, command: FindPeople) -> list[Person]:
        return [
            Person(Address.parse(person), person.partition("@")[0].title(), "id", True)
            for person in self.realm.people
            if command.query in person
        ]

    def end_session(self, command: EndSession) -> Done | None:
        wanted = command.session_id or self.session_id
        if wanted not in {session_id for _, session_id in self.realm.sessions.values()}:
            raise SessionNotFound(session=wanted)
        self.send(Reply(command.number, Done()))
        self.realm.end_session(wanted)
        return None

    def change_password(self, command: ChangePassword) -> Done:
        if self.realm.people[self.address] != command.old:
            raise WrongPassword(address=self.address)
        self.realm.people[self.address] = command.new
        return Done()


_ANSWERS: dict[type, Callable[[RealmSession, Any], Any]] = {
    SendMessage: RealmSession.send_message,
    ResolveName: RealmSession.resolve,
    CreateGroup: RealmSession.create_group,
    JoinGroup: RealmSession.join_group,
    LeaveGroup: RealmSession.leave_group,
    ListGroups: RealmSession.groups,
    ListMembers: RealmSession.members,
    OpenConversation: RealmSession.open_conversation,
    FindPeople: RealmSession.find_people,
    EndSession: RealmSession.end_session,
    ChangePassword: RealmSession.change_password,
    ListSessions: lambda s, _: s.realm.device_sessions(s.address, s.session_id),
    ListRealms: lambda _s, _c: [Realm("surabaya", "", 0, True, 1, 2)],
    BlockPerson: lambda _s, _c: Done(),
    UnblockPerson: lambda _s, _c: Done(),
}


class SignInBody(BaseModel):
    address: str
    password: str
    device: str
    display_name: str = ""
    country: str = ""


def _http_side(realm: FakeRealm) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield

    app = new_app("fake realm", "0", lifespan=lifespan)

    @app.get("/v1/info")
    async def info() -> dict[str, str]:
        return {"realm": "surabaya"}

    @app.post("/v1/sign-in")
    async def sign_in(body: SignInBody) -> dict[str, Any]:
        if realm.people.get(body.address) != body.password:
            raise WrongPassword(address=body.address)
        return realm.open_session(body.address)

    @app.post("/v1/register")
    async def register(body: SignInBody) -> dict[str, Any]:
        if body.address in realm.people:
            raise UserExists(address=body.address)
        realm.add_person(body.address, body.password)
        return realm.open_session(body.address)

    return app


class Running:
    """A realm that listens; it can be stopped and started again on the same port."""

    def __init__(self, realm: FakeRealm) -> None:
        self.realm = realm
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, cert: Path | None = None) -> None:
        """`cert` has the certificate and its key; with it, the realm speaks TLS."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        self.realm.url = f"{'https' if cert else 'http'}://127.0.0.1:{self.port}"
        flusher = Flusher()

        def accept(request: Any) -> Channel:
            token = bearer_token(request)
            address, session_id = self.realm.sessions.get(token, ("", ""))
            return RealmSession(self.realm, flusher, address, session_id).channel

        config = uvicorn.Config(
            _http_side(self.realm),
            ws=mount({"/v1/client": accept}, read_limit=READ_LIMIT),
            log_config=None,
            timeout_graceful_shutdown=1,
            ssl_certfile=cert,
        )
        config.load()
        self._server = _Quiet(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[sock]))
        while not self._server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0)

    async def stop(self) -> None:
        assert self._server is not None
        assert self._task is not None
        self._server.should_exit = True
        self.realm.cut()
        await self._task


class _Quiet(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    def capture_signals(self) -> Any:
        from contextlib import nullcontext

        return nullcontext()


__all__ = ["FakeRealm", "Running", "SessionEnded"]
