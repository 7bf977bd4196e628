"""One client's connection to the fake realm: what each command does, and its answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from realm_protocol.bodies import SystemBody, pack_system_body
from realm_protocol.commands import (
    CLIENT_COMMANDS,
    Accepted,
    AddRealm,
    BlockPerson,
    ChangePassword,
    CheckPending,
    CloseGroup,
    CreateGroup,
    Done,
    EndSession,
    FetchMessages,
    FetchPending,
    FindPeople,
    Group,
    GroupChanged,
    Head,
    Hello,
    InviteMembers,
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
    RemoveMember,
    RenameGroup,
    ReopenGroup,
    ResolveName,
    SendMessage,
    SetGroupAccess,
    SetRole,
    SetTyping,
    UnblockPerson,
    Welcome,
)
from realm_protocol.errors import (
    ConversationNotFound,
    GroupExists,
    GroupNotFound,
    NotMember,
    NotSignedIn,
    RealmchatError,
    SessionNotFound,
    WrongPassword,
)
from realm_protocol.events import AtRealm, Heads, Refused, Reply, Synced, Typing
from realm_protocol.lanes import Lanes
from realm_protocol.limits import CLIENT_FRAME_LIMIT, PAGE_MESSAGES, PROTOCOL_VERSION
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.wire import pack
from realm_service.channel import Channel, Flusher

from .fake_realm import Conversation, FakeRealm

READ_LIMIT = CLIENT_FRAME_LIMIT


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
        if not realm.link_up:
            self.send(AtRealm(command.number, realm.outbox.keep(self, command)))
            return None
        self.lanes.admit(command.to, command.key)
        if realm.refusals:
            error = realm.refusals.pop(0)
            if error.status in (429, 503, 507):
                self.lanes.stop(command.to, command.key)
            raise error
        accepted = realm.accept(self.address, command, self)
        if realm.lose_replies:
            realm.lose_replies -= 1
            self.channel.abort()
            return None
        return accepted

    def resolve(self, command: ResolveName) -> Address:
        known = self.realm.resolving.get(command.name, f"{command.name}@surabaya")
        if isinstance(known, RealmchatError):
            raise known
        return Address.parse(known)

    def create_group(self, command: CreateGroup) -> Joined:
        if group_conversation(command.group) in self.realm.conversations:
            raise GroupExists(group=command.group)
        conversation = self.realm.group(command.group, self.address, *command.members)
        self.realm.governed += [command] if command.invite_only else []
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

    def govern(self, command: Any) -> GroupChanged:
        """Heard, and answered as done."""
        conversation = self.realm.conversations[group_conversation(command.group)]
        self.realm.governed.append(msgspec.structs.replace(command, number=0))
        return GroupChanged(command.group, conversation.id, len(conversation.log))

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
        if known is None:
            raise GroupNotFound(group=command.group)
        if self.address not in known.marks:
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


_GOVERNING = (
    InviteMembers,
    RemoveMember,
    SetRole,
    RenameGroup,
    SetGroupAccess,
    CloseGroup,
    ReopenGroup,
)
_ANSWERS: dict[type, Callable[[RealmSession, Any], Any]] = {
    **dict.fromkeys(_GOVERNING, RealmSession.govern),
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
    ListRealms: lambda s, _: [Realm("surabaya", "", 0, True, 1, 2), *s.realm.other_realms],
    AddRealm: lambda s, command: s.realm.add_realm(command.name, command.host, command.port),
    BlockPerson: lambda _s, _c: Done(),
    UnblockPerson: lambda _s, _c: Done(),
    FetchPending: lambda s, command: s.realm.outbox.pending(s, command),
    CheckPending: lambda s, command: s.realm.outbox.still_kept(command),
}
