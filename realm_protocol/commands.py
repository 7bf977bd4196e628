"""Commands: what a client asks of its realm, and what it gets as the answer.

Every command begins with `number`, chosen by the client and unique among its unanswered ones; the
reply bears the same number. `REPLIES` says which shape each command's result has. Times are
milliseconds since 1970-01-01 UTC. `MoveWatermark` and `SetTyping` have no answer but a refusal.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from realm_protocol.names import (
    CONVERSATION_PATTERN,
    KEY_PATTERN,
    Address,
    GroupAddress,
)
from realm_protocol.wire import Vocabulary, WireMessage

Number = Annotated[int, Meta(ge=0, lt=2**53)]
Seq = Annotated[int, Meta(ge=0, lt=2**53)]
Milliseconds = Annotated[int, Meta(ge=0, lt=2**53)]
Conversation = Annotated[str, Meta(pattern=rf"^{CONVERSATION_PATTERN}\Z")]
Key = Annotated[str, Meta(pattern=rf"^{KEY_PATTERN}\Z")]
ShortText = Annotated[str, Meta(max_length=256)]
Password = Annotated[str, Meta(min_length=1, max_length=1024)]
Kind = Literal["text", "file", "system"]
Role = Literal["owner", "admin", "member"]
GONE = ("left", "removed")
"""Roles of those who are in a group no more."""
GroupName = Annotated[str, Meta(max_length=128)]


# --- parts ---------------------------------------------------------------------------------------


class Head(WireMessage, frozen=True):
    """Where a conversation of the asker stands: enough to see what is missing, and to show it."""

    conversation: Conversation
    kind: Literal["private", "group", "room"]
    """A room is open to everybody, and recorded."""
    name: str
    """The other person's address (one's own, writing to oneself), or the group's."""
    last_seq: Seq
    read: Seq
    """The asker's own watermark, moved by any of their devices."""
    delivered: Seq
    """Up to here one of the asker's devices has stored it."""
    peer_read: Seq
    """The other person's watermark in a private conversation; 0 in a group."""
    peer_delivered: Seq
    """As `peer_read`: how far a device of theirs has stored it."""
    first_seq: Seq
    """The first message that the asker may see."""
    role: Literal["owner", "admin", "member", "guest", "left", "removed"]
    """The asker's in a group; the last two tell that one is in it no more."""
    display_name: str = ""
    """What a group is called besides its address; empty where it has no such name."""
    invite_only: bool = False
    """Whether one enters a group by invitation alone."""
    closed: bool = False
    """Whether an operator has closed it: it can only be read and left."""


class StoredMessage(WireMessage, frozen=True):
    """One row of a conversation's log."""

    conversation: Conversation
    seq: Seq
    key: str
    """The sender's key; empty for a system row."""
    kind: Kind
    """What `body` is."""
    sender: Address
    """Who wrote it; of a system row, who did what it says."""
    body: bytes
    """UTF-8 text; for a file the msgpack map of `FileBody`, for a system row of `SystemBody`."""
    sent_at: Milliseconds
    """The sender's clock; shown, never used to order."""
    at: Milliseconds
    """Main's clock at the commit."""


class PendingMessage(WireMessage, frozen=True):
    """A message that a realm keeps until main can be reached: it has no number yet."""

    position: Seq
    """Its place among all that this realm has kept; only order counts."""
    to: str
    """As in `SendMessage`."""
    conversation: Conversation
    """Where main will put it."""
    key: Key
    """The sender's; main's copy bears the same."""
    kind: Kind
    """What `body` is."""
    sender: Address
    """Who wrote it."""
    body: bytes
    """As in `StoredMessage`; of a file, as its sender says."""
    sent_at: Milliseconds
    """The sender's clock."""
    at: Milliseconds
    """The realm's clock when it took the message."""


class MessageKey(WireMessage, frozen=True):
    """What names a message for ever, whether or not it has a number."""

    sender: Address
    """Who wrote it."""
    key: Key


class Person(WireMessage, frozen=True):
    """Somebody whom one can write to."""

    address: Address
    """Who it is."""
    display_name: str
    country: str
    online: bool
    """Whether a session of theirs is connected."""


class Member(WireMessage, frozen=True):
    """Somebody in a group, and how far they have got in it."""

    address: Address
    """Who it is."""
    display_name: str
    role: Literal["owner", "admin", "member", "guest"]
    online: bool
    """Whether a session of theirs is connected."""
    read: Seq
    delivered: Seq


class Group(WireMessage, frozen=True):
    """A group as a list shows it."""

    address: GroupAddress
    """Its address."""
    conversation: Conversation
    members: int
    """How many it has."""
    joined: bool
    """Whether the asker is one of them."""
    kind: Literal["group", "room"] = "group"
    """A room is open to everybody, and recorded."""
    display_name: str = ""
    """What it is called besides; empty where it has no such name."""
    invite_only: bool = False
    """Whether one enters it by invitation alone. Such groups are listed for their members."""
    closed: bool = False
    """Whether an operator has closed it."""
    role: Literal["", "owner", "admin", "member", "guest"] = ""
    """The asker's; empty where they are not in it."""


class Realm(WireMessage, frozen=True):
    """A site."""

    name: str
    """Its name, the part of an address behind the `@`."""
    host: str
    """Where its clients connect, as the operator entered it; empty when unknown."""
    port: int
    """Its port; 0 when unknown."""
    linked: bool
    """Whether it has its link to main."""
    since: Milliseconds
    """When its link last came or went; 0 when it has never been linked."""
    online: int
    """How many of its people have a session connected."""
    names: list[str] = field(default_factory=list)
    """What the asker calls it besides; and, of another realm, what its people call the asker's."""
    own_names: list[str] = field(default_factory=list)
    """Those of them that the asker gave it."""


class DeviceSession(WireMessage, frozen=True):
    """One device that a person is signed in on."""

    session_id: str
    device: str
    """What the device called itself at sign-in."""
    realm: str
    """Where it is signed in."""
    created_at: Milliseconds
    """When it signed in."""
    last_seen_at: Milliseconds
    """When it was last connected."""
    current: bool
    """Whether it is the session that asks."""


# --- commands ------------------------------------------------------------------------------------


class Hello(WireMessage, frozen=True, tag=1):
    """First on every connection: which version one speaks, and up to where one is synced."""

    number: Number
    version: int
    device: ShortText
    epoch: int
    """The epoch of the last `Synced`; 0 on a new device."""
    position: int
    """The position of the last `Synced`; 0 on a new device."""


class SendMessage(WireMessage, frozen=True, tag=2):
    """Store a message. Answered at main's commit, and the same again for the same key.

    While main can't be reached, or earlier messages to there wait for it, the realm keeps the
    message and answers with the event `AtRealm` instead.
    """

    number: Number
    to: str
    """`messi@surabaya`, or `group:jarkom3@surabaya`."""
    key: Key
    kind: Kind
    """What `body` is; a client sends `text` or `file`."""
    body: bytes
    """UTF-8 text; for a file that is uploaded, the msgpack map of `FileBody`."""
    sent_at: Milliseconds


class FetchMessages(WireMessage, frozen=True, tag=3):
    """Rows with `after` < seq < `before`, ascending; the newest ones when `newest`."""

    number: Number
    conversation: Conversation
    after: Seq
    """0 for all from the first."""
    before: Seq
    """Beyond `last_seq` for all up to the newest."""
    limit: Annotated[int, Meta(ge=1, le=1000)]
    newest: bool
    """Where the range holds more than `limit`: its end, not its start."""


class MoveWatermark(WireMessage, frozen=True, tag=4):
    """Cumulative: this device holds up to `delivered`, its person has read up to `read`."""

    number: Number
    conversation: Conversation
    delivered: Seq
    """Never beyond what is stored here without a hole; 0 moves nothing."""
    read: Seq
    """0 moves nothing."""


class SetTyping(WireMessage, frozen=True, tag=5):
    """The asker is typing now; the others are told, nothing is kept."""

    number: Number
    conversation: Conversation


class CreateGroup(WireMessage, frozen=True, tag=6):
    """Create a group in one's own realm, with oneself as owner and first member."""

    number: Number
    group: GroupAddress
    members: Annotated[list[Address], Meta(max_length=1000)]
    """Others who are members from the start."""
    invite_only: bool = False
    """Whether others enter by invitation alone, and see what is written from then on."""


class JoinGroup(WireMessage, frozen=True, tag=7):
    """Become a member. Its `Head` comes before the reply."""

    number: Number
    group: GroupAddress


class LeaveGroup(WireMessage, frozen=True, tag=8):
    """Stop being a member. One's sessions get a `Head` with the role “left”."""

    number: Number
    group: GroupAddress


class ListGroups(WireMessage, frozen=True, tag=9):
    """The groups one is in, and the open ones of one's own realm; at most 1,500, the largest."""

    number: Number


class ListMembers(WireMessage, frozen=True, tag=10):
    """Who is in a group, and how far each has got; members only."""

    number: Number
    group: GroupAddress


class ResolveName(WireMessage, frozen=True, tag=11):
    """Which address a bare name means for the asker. May be refused with candidates."""

    number: Number
    kind: Literal["person", "group"]
    """Which of the two name spaces."""
    name: ShortText
    """A name without a realm."""


class FindPeople(WireMessage, frozen=True, tag=12):
    """People whose name, address or display name contains `query`; all realms when empty."""

    number: Number
    query: ShortText
    """Part of a name; empty for everybody."""
    realm: ShortText
    """Only people of this realm; empty for all."""
    limit: Annotated[int, Meta(ge=1, le=1000)]


class ListRealms(WireMessage, frozen=True, tag=13):
    """All realms, and which of them are linked."""

    number: Number


class BlockPerson(WireMessage, frozen=True, tag=14):
    """Refuse private messages of a person, and hide from them when one is online."""

    number: Number
    address: Address
    """Who."""


class UnblockPerson(WireMessage, frozen=True, tag=15):
    """Take private messages of a person again."""

    number: Number
    address: Address
    """Who."""


class ChangePassword(WireMessage, frozen=True, tag=16):
    """Ends every other session of the asker."""

    number: Number
    old: Password
    """The one in force."""
    new: Password
    """The one from now on."""


class ListSessions(WireMessage, frozen=True, tag=17):
    """Where one is signed in."""

    number: Number


class EndSession(WireMessage, frozen=True, tag=18):
    """End one of one's own sessions; an empty id is the session that asks."""

    number: Number
    session_id: ShortText
    """As `ListSessions` tells it."""


class OpenConversation(WireMessage, frozen=True, tag=19):
    """The head of a conversation that one is in, whatever its age."""

    number: Number
    conversation: Conversation


class AddRealm(WireMessage, frozen=True, tag=20):
    """Add a realm to the asker's list: by its name, or as their own name for what listens there.

    Where there is neither, an operator of main enrols it.
    """

    number: Number
    name: ShortText
    """The realm's name; or, where no realm bears it, what the asker will call the realm."""
    host: ShortText
    """Where it listens."""
    port: Annotated[int, Meta(ge=0, lt=65536)]
    """Of its clients, or of one of its line listeners."""


class FetchPending(WireMessage, frozen=True, tag=21):
    """What this realm keeps of the asker's conversations, in its order; it answers by itself."""

    number: Number
    after: Seq
    """Only what has a later position; 0 for all."""


class CheckPending(WireMessage, frozen=True, tag=22):
    """Which of these messages this realm keeps; it answers by itself."""

    number: Number
    messages: Annotated[list[MessageKey], Meta(max_length=1000)]
    """What the asker holds without a number."""


class InviteMembers(WireMessage, frozen=True, tag=40):
    """Make people members: in an open group any member may, else its admins. Who is in it already
    stays as they are.
    """

    number: Number
    group: GroupAddress
    members: Annotated[list[Address], Meta(max_length=1000)]
    """Who."""


class RemoveMember(WireMessage, frozen=True, tag=41):
    """Put somebody out: admins remove members, owners everybody. Only an invitation lets them in
    again. Oneself: as `LeaveGroup`.
    """

    number: Number
    group: GroupAddress
    address: Address
    """Who."""


class SetRole(WireMessage, frozen=True, tag=42):
    """Make a member something else; for owners. A group never loses its last owner so."""

    number: Number
    group: GroupAddress
    address: Address
    """Whom."""
    role: Role
    """What they are from now on."""


class RenameGroup(WireMessage, frozen=True, tag=43):
    """Give a group another name beside its address, which stays; for admins."""

    number: Number
    group: GroupAddress
    display_name: GroupName
    """Empty for none."""


class SetGroupAccess(WireMessage, frozen=True, tag=44):
    """Let everybody in, or only who is invited; for owners. What was written while a group took
    only who was invited is never shown to those who join later.
    """

    number: Number
    group: GroupAddress
    invite_only: bool
    """False: it is open."""


class CloseGroup(WireMessage, frozen=True, tag=45):
    """From now on a group can only be read and left; for operators of main."""

    number: Number
    group: GroupAddress


class ReopenGroup(WireMessage, frozen=True, tag=46):
    """Undo `CloseGroup`; for operators of main."""

    number: Number
    group: GroupAddress


ClientCommand = (
    Hello
    | SendMessage
    | FetchMessages
    | MoveWatermark
    | SetTyping
    | CreateGroup
    | JoinGroup
    | LeaveGroup
    | ListGroups
    | ListMembers
    | ResolveName
    | FindPeople
    | ListRealms
    | BlockPerson
    | UnblockPerson
    | ChangePassword
    | ListSessions
    | EndSession
    | OpenConversation
    | AddRealm
    | FetchPending
    | CheckPending
    | InviteMembers
    | RemoveMember
    | SetRole
    | RenameGroup
    | SetGroupAccess
    | CloseGroup
    | ReopenGroup
)
CLIENT_COMMANDS = Vocabulary(ClientCommand)


# --- results -------------------------------------------------------------------------------------


class Welcome(WireMessage, frozen=True):
    """Answer to `Hello`. `Heads` and then `Synced` follow once the realm has its link."""

    version: int
    server: str
    address: Address
    """Who one is."""
    session_id: str
    link_up: bool
    link_since: Milliseconds


class Accepted(WireMessage, frozen=True):
    """The message is stored and synced at main, under this number of its conversation."""

    conversation: Conversation
    seq: Seq
    at: Milliseconds


class Page(WireMessage, frozen=True):
    """Rows in ascending order. `more` rows of the asked range lie beyond what fitted."""

    messages: list[StoredMessage]
    more: bool


class PendingPage(WireMessage, frozen=True):
    """Kept messages in the realm's order. `more`: ask again, from the last position on."""

    messages: list[PendingMessage]
    more: bool


class Joined(WireMessage, frozen=True):
    """One is in the group now; `seq` is the row that says so."""

    group: GroupAddress
    conversation: Conversation
    seq: Seq
    kind: Literal["group", "room"] = "group"
    """A room is open to everybody, and recorded."""


class GroupChanged(WireMessage, frozen=True):
    """The group is as was asked; `seq` is its last row, which says so unless it was so already."""

    group: GroupAddress
    conversation: Conversation
    seq: Seq


class RealmAdded(WireMessage, frozen=True):
    """The realm is on the asker's list."""

    realm: str
    """Its name, whatever the asker calls it."""
    key: str = ""
    """Of a realm that was enrolled by this: what its server links with. It is told this once."""


class Done(WireMessage, frozen=True):
    """Nothing to tell beyond that it is done."""


REPLIES: dict[type[WireMessage], object] = {
    Hello: Welcome,
    SendMessage: Accepted,
    FetchMessages: Page,
    CreateGroup: Joined,
    JoinGroup: Joined,
    LeaveGroup: Joined,
    ListGroups: list[Group],
    ListMembers: list[Member],
    ResolveName: Address,
    FindPeople: list[Person],
    ListRealms: list[Realm],
    BlockPerson: Done,
    UnblockPerson: Done,
    ChangePassword: Done,
    ListSessions: list[DeviceSession],
    EndSession: Done,
    OpenConversation: Head,
    AddRealm: RealmAdded,
    InviteMembers: GroupChanged,
    RemoveMember: GroupChanged,
    SetRole: GroupChanged,
    RenameGroup: GroupChanged,
    SetGroupAccess: GroupChanged,
    CloseGroup: GroupChanged,
    ReopenGroup: GroupChanged,
    FetchPending: PendingPage,
    CheckPending: list[MessageKey],
}
"""The shape of each command's result. A command that is missing here has no answer."""
