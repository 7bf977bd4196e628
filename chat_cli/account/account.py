"""An account as the routes see it: everything a person can do, in their words."""

import asyncio
import random
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from ulid import ULID

from chat_cli.account import (
    conversation_rows,
    event_log,
    identity,
    message_rows,
    outbox_rows,
    pending_rows,
    reading,
)
from chat_cli.account.engine import Engine
from chat_cli.account.event_log import Event
from chat_cli.account.feed import Feed
from chat_cli.account.files.account_files import AccountFiles
from chat_cli.account.files.realm import AtRealm, RealmFiles
from chat_cli.account.files.spool import Spool
from chat_cli.account.identity import Identity, Session
from chat_cli.account.lanes import SendingLanes, Unsent
from chat_cli.account.link_state import Link
from chat_cli.account.named_readers import NamedReaders
from chat_cli.account.outbox_rows import Sent
from chat_cli.account.outgoing import Outgoing
from chat_cli.account.reaching import check_reachable
from chat_cli.account.reading import JsonRow, Snapshot, Window
from chat_cli.account.realm_names import RealmNames
from chat_cli.account.recipients import Recipient, conversation_with
from chat_cli.account.store import Store, open_store
from chat_cli.tokens import token_hash
from realm_protocol.bodies import text_body
from realm_protocol.commands import (
    ClientCommand,
    FetchMessages,
    Page,
    ResolveName,
    SetTyping,
)
from realm_protocol.errors import RealmchatError, TryLater
from realm_protocol.limits import PAGE_MESSAGES
from realm_protocol.names import Address, GroupAddress, Target, check_key, print_target
from realm_service.logs import get_logger

log = get_logger("chat_cli.account")

RESOLVE_SECONDS = 2.0
PRUNE_SECONDS = 3600.0


def now_ms() -> int:
    """The clock of this machine, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Account:
    """One account that is signed in on this machine, or was until the realm ended its session."""

    def __init__(
        self,
        who: Identity,
        store: Store,
        *,
        device: str,
        tls: ssl.SSLContext | None,
        spool: Spool,
        realm_files: RealmFiles,
        outbox_limit: int,
        prune: Callable[[Connection], None],
    ) -> None:
        self.address = who.address
        self.store = store
        self.feed = Feed(store)
        self._prune = prune
        jitter = random.SystemRandom().random
        self._outgoing = Outgoing(
            store,
            who.address,
            lanes=SendingLanes(jitter=jitter),
            limit=outbox_limit,
            now=now_ms,
            took=lambda taken: self.engine.took(taken),
        )
        self.engine = Engine(
            who,
            store,
            self.feed,
            self._outgoing,
            device=device,
            tls=tls,
            linked=lambda: self.files.hurry(),
            now=now_ms,
            jitter=jitter,
        )
        self.files = AccountFiles(
            store,
            who.address,
            self.feed,
            self._outgoing,
            spool,
            realm_files,
            at=self._at_realm,
            resolve=self.resolve,
            check=self._check_reachable,
            outbox_limit=outbox_limit,
            now=now_ms,
            jitter=jitter,
        )
        self.readers = NamedReaders(
            store, self.feed, who.address, now=now_ms, freshen=self.engine.freshen
        )
        self.realm_names = RealmNames(self.engine.request)
        self._pruning = asyncio.create_task(self._prune_for_ever())
        self._going_on = asyncio.create_task(self._go_on_with_files())
        self.engine.start()

    async def close(self) -> None:
        """Stop; what is unsent stays in the file."""
        self._pruning.cancel()
        self.feed.close()
        await asyncio.gather(self._going_on, return_exceptions=True)
        await self.files.close()
        await self.engine.stop()
        await self.store.close()

    def _at_realm(self) -> AtRealm | None:
        """Where files go and come from; None while nobody is signed in."""
        if self.engine.state.link is Link.SIGNED_OUT:
            return None
        who = self.engine.who
        return AtRealm(who.realm_url, who.session.token)

    async def _check_reachable(self, target: Target) -> None:
        await check_reachable(self.store, self.address, target, self.engine.request)

    async def _go_on_with_files(self) -> None:
        try:
            await self.files.go_on()
        except (RealmchatError, OSError) as error:
            log.error("files_not_taken_up", account=self.address, error=str(error))

    async def _prune_for_ever(self) -> None:
        while True:
            try:
                await self.store.run(self._prune)
            except RealmchatError as error:
                log.warning("events_not_pruned", account=self.address, code=error.code)
            await asyncio.sleep(PRUNE_SECONDS)

    # --- sending ---------------------------------------------------------------------------------

    async def send(
        self, recipient: Recipient, text: str, key: str | None, wait_seconds: float
    ) -> Sent:
        """Save a message and wait for main; raises a refusal that is final in that time."""
        text_body(text)
        chosen = check_key(key) if key is not None else str(ULID())
        self.engine.hurry()
        sent = await self.store.run(
            lambda connection: outbox_rows.look_up(
                connection, self.address, chosen, recipient, text
            )
        )
        if sent is None:
            target = await self.resolve(recipient)
            unsent = Unsent(
                ordinal=0,
                key=chosen,
                target=print_target(target),
                conversation=conversation_with(self.address, target),
                text=text,
                sent_at=now_ms(),
            )
            sent = await self._outgoing.save(unsent, recipient)
        if sent.state in ("saved", "at_realm"):
            sent = await self._outgoing.outcome(chosen, wait_seconds) or sent
        if sent.refusal is not None:
            raise sent.refusal
        return sent

    async def resolve(self, recipient: Recipient) -> Target:
        """The address of a name. While main can't be asked, a bare one is of one's own realm."""
        if not recipient.is_bare:
            return recipient.address()
        own = recipient.address_in(self.address.realm)
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                command = ResolveName(0, recipient.kind, recipient.name.lower())
                found: Address = await self.engine.request(
                    command, ready_seconds=RESOLVE_SECONDS / 2
                )
        except (TryLater, TimeoutError):
            return own
        return GroupAddress.parse(found) if recipient.kind == "group" else found

    async def resolve_group(self, name: str) -> GroupAddress:
        return GroupAddress(await self.resolve(Recipient("group", name)))

    async def type_in(self, conversation: str) -> None:
        """Let the others see that this person is writing."""
        await self.store.run(lambda connection: conversation_rows.get(connection, conversation))
        self.engine.tell(SetTyping(0, conversation))

    # --- reading ---------------------------------------------------------------------------------

    async def conversations(self) -> Snapshot[list[JsonRow]]:
        await self.engine.freshen()
        return await self.store.run(
            lambda connection: reading.list_conversations(connection, self.address)
        )

    async def inbox(self) -> Snapshot[list[JsonRow]]:
        """What is unread; `mark_read` marks it."""
        await self.engine.freshen()
        return await self.store.run(lambda connection: reading.inbox(connection, self.address))

    async def mark_inbox_read(self, messages: list[JsonRow]) -> None:
        """Move `read` past what the person has been shown."""
        newest: dict[str, int] = {}
        unnumbered: dict[str, list[str]] = {}
        for message in messages:
            if message["seq"] is None:
                unnumbered.setdefault(message["conversation"], []).append(message["key"])
            else:
                newest[message["conversation"]] = message["seq"]
        for conversation, seq in newest.items():
            await self._read_up_to(conversation, seq)
        for conversation, keys in unnumbered.items():
            await self._read_unnumbered(conversation, keys)

    async def mark_read(self, conversation: str, seq: int) -> int:
        """Move `read`; answers where it stands. Raises `ConversationNotFound`.

        Whoever has read the log to its end has read what stands behind it, too.
        """
        if await self._is_begun(conversation):
            await self._read_unnumbered(conversation)
            return 0
        standing = await self._read_up_to(conversation, seq)
        if seq >= standing.holding.have:
            await self._read_unnumbered(conversation)
        return standing.mine.read

    async def _is_begun(self, conversation: str) -> bool:
        """Whether main has told nothing of it yet: all that is there has no number."""
        begun = await self.store.run(conversation_rows.begun)
        return any(one.conversation == conversation for one in begun)

    async def _read_unnumbered(self, conversation: str, keys: list[str] | None = None) -> None:
        now = now_ms()
        await self.store.run(
            lambda connection: pending_rows.mark_read(
                connection, self.address, conversation, keys, now
            )
        )

    async def _read_up_to(self, conversation: str, seq: int) -> conversation_rows.Standing:
        now = now_ms()
        standing = await self.store.run(
            lambda connection: conversation_rows.read_up_to(
                connection, self.address, conversation, seq, now
            )
        )
        self.engine.marking.moved([conversation])
        return standing

    async def history(self, conversation: str, window: Window) -> Snapshot[list[JsonRow]]:
        """A page of a conversation; what lies below the floor of this device is fetched."""
        await self.engine.freshen()
        missing = await self.store.run(
            lambda connection: reading.missing_of_page(
                connection, self.address, conversation, window
            )
        )
        if missing is not None:
            await self._fetch_older(conversation, missing.after, missing.before)
        return await self.store.run(
            lambda connection: reading.page(connection, self.address, conversation, window)
        )

    async def _fetch_older(self, conversation: str, after: int, before: int) -> None:
        """Rows that a person scrolls to. Cut off, the page shows what is held."""
        try:
            while before - after > 1:
                command = FetchMessages(0, conversation, after, before, PAGE_MESSAGES, newest=False)
                page: Page = await self.engine.request(command)
                await self._keep_older(page)
                if not page.messages or not page.more:
                    return
                after = page.messages[-1].seq
        except TryLater as error:
            log.info("older_not_fetched", account=self.address, code=error.code)

    async def _keep_older(self, page: Page) -> None:
        await self.store.run(lambda connection: message_rows.keep_older(connection, page))

    async def newest(self, limit: int) -> Snapshot[list[JsonRow]]:
        """The newest messages of all conversations, the last one last."""
        await self.engine.freshen()
        return await self.store.run(
            lambda connection: reading.newest(connection, self.address, limit)
        )

    async def newest_files(self, limit: int) -> Snapshot[list[JsonRow]]:
        """The newest messages with files, the last one last."""
        await self.engine.freshen()
        return await self.store.run(
            lambda connection: reading.newest(connection, self.address, limit, with_file=True)
        )

    async def search(self, words: str) -> Snapshot[list[JsonRow]]:
        return await self.store.run(
            lambda connection: reading.search(connection, self.address, words)
        )

    async def known_groups(self) -> Snapshot[list[JsonRow]]:
        """The person's groups, as far as this device knows them."""
        return await self.store.run(reading.known_groups)

    async def summary(self) -> Snapshot[JsonRow]:
        """What there is, in numbers."""
        return await self.store.run(lambda connection: reading.summary(connection, self.address))

    async def find_conversation(self, recipient: Recipient) -> str:
        """The conversation with a person or in a group, by name."""
        return conversation_with(self.address, await self.resolve(recipient))

    async def standing(self, conversation: str) -> conversation_rows.Standing:
        return await self.store.run(
            lambda connection: conversation_rows.get(connection, conversation)
        )

    # --- asking main -----------------------------------------------------------------------------

    async def ask(self, command: ClientCommand) -> Snapshot[Any]:
        """The answer of main, and an event id that is not newer than it."""
        place = await self.store.run(event_log.newest_id)
        return Snapshot(await self.engine.request(command), place)

    # --- events ----------------------------------------------------------------------------------

    async def events_from(
        self, last_event_id: int | None
    ) -> tuple[int, AsyncIterator[Event | None]]:
        """The place from which a stream goes on, and the stream; it begins with the link."""
        place = await self.feed.place(last_event_id)
        return place, self.feed.follow(place, Event(None, "link", self.engine.state.json()))

    async def signed_in_again(self) -> None:
        """The password was checked once more; the session that works stays."""
        now = now_ms()
        await self.store.run(lambda connection: identity.touch(connection, now))
        self.engine.who = replace(self.engine.who, signed_in_at=now)

    # --- local tokens ----------------------------------------------------------------------------

    async def issue_token(self) -> tuple[str, bytes]:
        """A token that opens this account only, and its hash."""
        token = secrets.token_urlsafe(32)
        hashed = token_hash(token)
        now = now_ms()
        await self.store.run(lambda connection: identity.add_token(connection, hashed, now))
        return token, hashed


async def read_identity(store: Store) -> Identity | None:
    """Who a file belongs to."""
    return await store.run(identity.read)


async def open_account_store(folder: Path, address: Address) -> Store:
    """The file of an address, made when there is none."""
    return await open_store(folder / f"{address}.sqlite3")


async def take_session(store: Store, address: Address, realm_url: str, session: Session) -> None:
    """Keep a session that the realm has just issued."""
    now = now_ms()
    await store.run(
        lambda connection: identity.sign_in(connection, address, realm_url, session, now)
    )
