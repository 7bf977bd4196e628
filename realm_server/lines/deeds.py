"""What words of both dialects do: commands and questions of the session behind the token."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from realm_protocol.bodies import text_body
from realm_protocol.command_table import Word
from realm_protocol.commands import (
    CreateGroup,
    FetchMessages,
    Joined,
    JoinGroup,
    ListRealms,
    Page,
    Realm,
    SendMessage,
    StoredMessage,
)
from realm_protocol.errors import (
    AlreadyMember,
    GroupNotFound,
    InvalidAddress,
    InvalidName,
    LinkDown,
    MalformedMessage,
    NotMember,
    RateLimited,
    RealmNotFound,
    TryLater,
    UserNotFound,
)
from realm_protocol.limits import PAGE_MESSAGES
from realm_protocol.names import Address, GroupAddress, Target, print_target
from realm_server.lines import inboxes
from realm_server.lines.answers import ROOM_IS_OPEN, Answer, Sentences, Slots, said
from realm_server.lines.carried import Carried
from realm_server.lines.framing import FileForm
from realm_server.lines.inboxes import Room
from realm_server.lines.inner_client import InnerClient, Standing
from realm_server.lines.site import Site
from realm_server.signing_in import RegisterForm, SessionAnswer, SignInForm

_PATIENCE_SECONDS = 30.0
SESSION_IDLE_SECONDS = 24 * 3600
"""Many of these programs never sign out: a session that none of them uses ends after a day."""


class Connection(Protocol):
    """What a word may need of the connection that it came by."""

    host: str
    """The IP address of the program."""

    async def open(self, token: str) -> InnerClient:
        """The session of this token, which becomes the one that signed in last."""

    async def last(self) -> InnerClient:
        """The session that signed in last; raises `NotSignedIn`."""

    def forget(self, token: str) -> None: ...


@dataclass(slots=True)
class Writing:
    """An answer on its way to its program."""

    held: AsyncExitStack
    """Until it is written, or can't be."""
    when_written: list[Callable[[], None]] = field(default_factory=list)
    slots: Slots = field(default_factory=Slots)
    """Where files' bytes go in it."""


@dataclass(slots=True)
class Turn:
    """One request on its way: who asks where, and what its answer needs."""

    site: Site
    connection: Connection
    dialect: "Dialect"
    arguments: Mapping[str, str]
    writing: Writing
    client: InnerClient | None = None
    """The session of the request's token, where its word takes one."""
    carried: Carried | None = None
    """The file that came with it."""

    @property
    def session(self) -> InnerClient:
        if self.client is None:
            raise TypeError("this word takes no token")
        return self.client

    def __getitem__(self, parameter: str) -> str:
        return self.arguments[parameter]


Deed = Callable[[Turn], Awaitable[Answer]]


class Entry(NamedTuple):
    """One word of a dialect: its form, what it does, and where the file stands that it carries."""

    word: Word
    deed: Deed
    file: FileForm | None = None
    at_sign_in: bool = False


@dataclass(frozen=True)
class Dialect:
    """One family's words and sentences."""

    name: str
    entries: Mapping[str, Entry]
    sentences: Sentences

    @cached_property
    def words(self) -> Mapping[str, Word]:
        return {name: entry.word for name, entry in self.entries.items()}

    @cached_property
    def file_words(self) -> Mapping[bytes, FileForm]:
        return {n.encode(): e.file for n, e in self.entries.items() if e.file is not None}


# --- signing in ----------------------------------------------------------------------------------

F = TypeVar("F", bound=BaseModel)


def _form(kind: type[F], **fields: str) -> F:
    try:
        return kind(**fields)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise MalformedMessage(detail=f"{first['loc'][0]}: {first['msg']}") from exc


def device_of(dialect: "Dialect") -> str:
    """What the list of one's sessions calls it."""
    return f"line program ({dialect.name})"


async def auth(turn: Turn) -> Answer:
    form = _form(
        SignInForm,
        address=turn["user"],
        password=turn["password"],
        device=device_of(turn.dialect),
    )
    host = turn.connection.host
    opened = await turn.site.front_door.sign_in(form, host, SESSION_IDLE_SECONDS)
    await turn.connection.open(opened.token)
    return {"status": "OK", "tokenid": opened.token}


async def registered(turn: Turn, display_name: str, country: str) -> SessionAnswer:
    """A new person of this realm, with their first session."""
    form = _form(
        RegisterForm,
        address=turn["user"],
        password=turn["password"],
        display_name=display_name,
        country=country,
        device=device_of(turn.dialect),
    )
    host = turn.connection.host
    return await turn.site.front_door.register(form, host, SESSION_IDLE_SECONDS)


# --- whom a name means ---------------------------------------------------------------------------


def person(name: str, realm: str) -> Address:
    """A bare name is one of this realm's people; raises `UserNotFound` for what can't be one."""
    try:
        return Address.parse(name) if "@" in name else Address.of(name, realm)
    except (InvalidName, InvalidAddress) as exc:
        raise UserNotFound(address=name[:100]) from exc


def group(name: str, realm: str) -> GroupAddress:
    """As `person`, for a group."""
    try:
        return GroupAddress.parse(name) if "@" in name else GroupAddress.of(name, realm)
    except (InvalidName, InvalidAddress) as exc:
        raise GroupNotFound(group=name[:100]) from exc


def shown(address: Address, realm: str) -> str:
    """A name that a program may send to again: bare only where the bare name means this one."""
    return address.name if address.realm == realm else str(address)


async def other_realms(client: InnerClient) -> list[Realm]:
    found: list[Realm] = await client.ask(ListRealms)
    return [realm for realm in found if realm.name != client.address.realm]


async def realm_called(client: InnerClient, name: str) -> str:
    """The realm that bears a name, else what this account means by it; raises `RealmNotFound`."""
    realms: list[Realm] = await client.ask(ListRealms)
    called = {other: realm.name for realm in realms for other in realm.names}
    called |= {realm.name: realm.name for realm in realms}
    try:
        return called[name.lower()]
    except KeyError:
        raise RealmNotFound(realm=name[:100]) from None


# --- sending and groups --------------------------------------------------------------------------


class Content(NamedTuple):
    """What a message says: its kind and body."""

    kind: str
    body: bytes


def text(turn: Turn) -> Content:
    return Content("text", text_body(turn["text"]))


async def send_to(turn: Turn, content: Content, *targets: Target) -> None:
    """One message to each; raises the first refusal once all were offered."""
    refusals = []
    for target in targets:
        try:
            await _send(turn, print_target(target), content)
        except (UserNotFound, RealmNotFound) as error:
            refusals.append(error)
    if refusals:
        raise refusals[0]


async def _send(turn: Turn, to: str, content: Content) -> None:
    key, sent_at = secrets.token_hex(16), turn.site.now()
    patience = _PATIENCE_SECONDS
    while True:
        try:
            await turn.session.ask(
                SendMessage,
                to=to,
                key=key,
                kind=content.kind,
                body=content.body,
                sent_at=sent_at,
            )
        except RateLimited as error:
            # These programs don't try again: they are held back instead.
            wait = float(error.fields["retry_after_seconds"])
            patience -= wait
            if patience < 0:
                turn.session.leave()
                raise
            await asyncio.sleep(wait)
        except TryLater:
            # The key never comes again, for which a session would hold all that follows.
            turn.session.leave()
            raise
        else:
            return


async def send(turn: Turn) -> Answer:
    await send_to(turn, text(turn), person(turn["user"], turn.site.realm))
    return said("Message Sent")


async def send_group(turn: Turn, answer: str) -> Answer:
    await send_to(turn, text(turn), group(turn["group"], turn.site.realm))
    return said(answer)


async def send_to_foreign_group(
    turn: Turn, content: Content, target: GroupAddress, answer: str
) -> Answer:
    """These programs have no word for joining elsewhere: whoever writes to a group is let in."""
    try:
        await send_to(turn, content, target)
    except NotMember:
        with contextlib.suppress(AlreadyMember):  # another connection of theirs was quicker
            answer = await join(turn, target, answer)
        await send_to(turn, content, target)
    return said(answer)


async def join(turn: Turn, target: GroupAddress, answer: str) -> str:
    """The answer, which says more where one has entered an open room."""
    joined: Joined = await turn.session.ask(JoinGroup, group=target)
    return answer if joined.kind == "group" else f"{answer}. {ROOM_IS_OPEN}"


async def create_group(turn: Turn, members: Iterable[str], answer: str) -> Answer:
    realm = turn.site.realm
    others = [person(name, realm) for name in members]
    await turn.session.ask(CreateGroup, group=GroupAddress.of(turn["group"], realm), members=others)
    return said(answer)


# --- fetching ------------------------------------------------------------------------------------


async def fetch_from(
    client: InnerClient, conversation: str, after: int, room: Room
) -> list[StoredMessage]:
    """Rows behind `after`, oldest first, as long as there is room."""
    rows: list[StoredMessage] = []
    more = True
    while more and room.is_left:
        page: Page = await client.ask(
            FetchMessages,
            conversation=conversation,
            after=rows[-1].seq if rows else after,
            before=0,
            limit=min(PAGE_MESSAGES, room.messages),
            newest=False,
        )
        rows += room.take_while_left(page.messages)
        more = page.more
    return rows


async def fetch_newest(
    client: InnerClient, conversation: str, after: int = 0
) -> list[StoredMessage]:
    """The newest rows behind `after` that one answer may hold, oldest first."""
    rows: list[StoredMessage] = []
    more, room = True, Room()
    while more and room.is_left:
        page: Page = await client.ask(
            FetchMessages,
            conversation=conversation,
            after=after,
            before=rows[0].seq if rows else 0,
            limit=min(PAGE_MESSAGES, room.messages),
            newest=True,
        )
        rows = page.messages + rows
        room.take(page.messages)
        more = page.more
    return rows


async def open_inbox(turn: Turn) -> None:
    """Know all that is in it; nobody else opens it until the answer is written."""
    client = turn.session
    lock = turn.site.inbox_lock(client.address, turn.dialect.name)
    await turn.writing.held.enter_async_context(lock)
    await client.be_up_to_date()


async def drain(
    turn: Turn, wanted: Callable[[Standing], bool], weight: Callable[[StoredMessage], int]
) -> list[StoredMessage]:
    """What was not handed out yet of these conversations. It is once the answer is written."""
    site, client, dialect = turn.site, turn.session, turn.dialect.name
    await open_inbox(turn)
    cursors = site.cursors(client.address, dialect)
    if cursors is None:
        cursors = inboxes.first_cursors(client.standings)
        site.begin(client.address, dialect, cursors)
    ahead, moved = inboxes.waiting(client.standings, cursors)
    found: list[list[StoredMessage]] = []
    room = Room(weight=weight)
    for conversation, cursor in ahead.items():
        standing = client.standings.get(conversation)
        if standing is None or not wanted(standing) or not room.is_left:
            continue
        rows: list[StoredMessage] = []
        with contextlib.suppress(LinkDown):  # what this site doesn't hold waits for main
            rows = await fetch_from(client, conversation, cursor, room)
        if rows:
            moved[conversation] = rows[-1].seq
            with_oneself = standing.name == client.address
            own = standing.kind != "private" or with_oneself
            found.append(inboxes.handed_out(rows, client.address, own=own))
    turn.writing.when_written.append(lambda: site.move(client.address, dialect, moved))
    return inboxes.in_order(found)
