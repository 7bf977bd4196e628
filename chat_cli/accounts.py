"""The accounts of this machine: signing in and out, and who a token opens."""

import asyncio
import contextlib
import ssl
from functools import partial
from pathlib import Path
from typing import Any

from chat_cli.account import event_log, identity
from chat_cli.account.account import (
    Account,
    now_ms,
    open_account_store,
    read_identity,
    take_session,
)
from chat_cli.account.files.realm import RealmFiles
from chat_cli.account.files.spool import Spool
from chat_cli.account.identity import Session
from chat_cli.account.link_state import Link
from chat_cli.account.store import Store
from chat_cli.realm_sign_in import IssuedSession, RealmInfo, RealmSignIn
from chat_cli.settings import ChatCliSettings
from chat_cli.tokens import token_hash
from realm_protocol.commands import ChangePassword, EndSession
from realm_protocol.errors import (
    AccountNotFound,
    InvalidAddress,
    InvalidName,
    RealmchatError,
    WrongPassword,
)
from realm_protocol.names import Address, check_name
from realm_service.logs import get_logger

log = get_logger("chat_cli.accounts")

GOODBYE_SECONDS = 2.0


class Accounts:
    """All accounts that are signed in here, each with its file and its connection."""

    def __init__(self, folder: Path, settings: ChatCliSettings, tls: ssl.SSLContext) -> None:
        self._folder = folder
        self._settings = settings
        self._tls = tls
        self._realm = RealmSignIn(tls)
        self._realm_files = RealmFiles(tls)
        self._device = "chat-cli"
        self._accounts: dict[Address, Account] = {}
        self._opens: dict[bytes, Address] = {}
        self._changing = asyncio.Lock()

    async def open_all(self) -> None:
        """Go on with every account that was signed in when the service ended."""
        for path in sorted(self._folder.glob("*.sqlite3")):
            try:
                await self._reopen(Address.parse(path.stem))
            except RealmchatError as error:
                # The others must not suffer from one file that can't be read.
                log.error("account_not_opened", account=path.stem, error=error.message)

    async def _reopen(self, address: Address) -> None:
        store = await open_account_store(self._folder, address)
        who = await read_identity(store)
        if who is None or who.state == "signed_out":
            await store.close()
            return
        await self._begin(store)

    async def close(self) -> None:
        await asyncio.gather(*(account.close() for account in self._accounts.values()))
        await self._realm.close()
        await self._realm_files.close()

    def end_streams(self) -> None:
        """The service is stopping: readers come back with their last event's id."""
        for account in self._accounts.values():
            account.feed.close()

    # --- finding ---------------------------------------------------------------------------------

    def get(self, address: str) -> Account:
        """Raises `AccountNotFound` or `InvalidAddress`."""
        account = self._accounts.get(Address.parse(address))
        if account is None:
            raise AccountNotFound(address=address)
        return account

    def opened_by(self, token: str) -> Address | None:
        """Whose account token this is."""
        return self._opens.get(token_hash(token))

    def list(self) -> list[Account]:
        return [self._accounts[address] for address in sorted(self._accounts)]

    # --- sites -----------------------------------------------------------------------------------

    @property
    def usual_url(self) -> str:
        """Where one signs in who names no other realm server."""
        return self._settings.realm_url.rstrip("/")

    async def realm_info(self, url: str) -> RealmInfo:
        """What a realm server says of itself; raises `RealmUnreachable`."""
        return await self._realm.info(url)

    # --- signing in ------------------------------------------------------------------------------

    async def whom(self, name: str, realm_url: str | None) -> Address:
        """Whose sign-in is asked: a bare name is of the realm that is asked, as people type it."""
        if "@" in name:
            return Address.parse(name)
        try:
            check_name(name)
        except InvalidName as exc:
            raise InvalidAddress(value=name[:100]) from exc
        url = realm_url.rstrip("/") if realm_url else self.usual_url
        return Address.of(name, await self._realm.realm_name(url))

    async def login(
        self, address: Address, password: str, realm_url: str | None
    ) -> tuple[Account, str]:
        """The account and a new token for it. The password is always checked at the realm."""
        url = self._url(address, realm_url)
        issued = await self._realm.sign_in(url, address, password, self._device)
        return await self._signed_in(issued, url)

    async def register(
        self, address: Address, password: str, *, name: str, country: str, realm_url: str | None
    ) -> tuple[Account, str]:
        """Make the person at the realm, signed in here."""
        url = self._url(address, realm_url)
        issued = await self._realm.register(
            url, address, password, display_name=name, country=country, device=self._device
        )
        return await self._signed_in(issued, url)

    async def enter_as_guest(
        self, name: str, realm_url: str | None
    ) -> tuple[Account, str, IssuedSession]:
        """A new guest of the realm's open room, signed in here until the session's end."""
        url = realm_url.rstrip("/") if realm_url else self.usual_url
        issued = await self._realm.enter_as_guest(url, check_name(name), self._device)
        return *await self._signed_in(issued, url), issued

    def _url(self, address: Address, realm_url: str | None) -> str:
        """Where to sign in: as asked, else as the last time, else as set."""
        known = self._accounts.get(address)
        if realm_url is None and known is not None:
            return known.engine.who.realm_url
        return realm_url.rstrip("/") if realm_url else self.usual_url

    async def _signed_in(self, issued: IssuedSession, realm_url: str) -> tuple[Account, str]:
        async with self._changing:
            address = Address.parse(issued.address)
            session = Session(issued.session_id, issued.token)
            account = self._accounts.get(address)
            if account is not None and await self._keeps(account, session, realm_url):
                await account.signed_in_again()
            else:
                account = await self._take_over(account, address, session, realm_url)
            token, hashed = await account.issue_token()
            self._opens[hashed] = address
            return account, token

    async def _keeps(self, account: Account, session: Session, realm_url: str) -> bool:
        """A working connection goes on; the session of the check is ended through it."""
        same_realm = account.engine.who.realm_url == realm_url
        if not same_realm or account.engine.state.link is not Link.UP:
            return False
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await account.engine.request(EndSession(0, session.session_id))
        except (RealmchatError, TimeoutError):
            return False
        return True

    async def _take_over(
        self, account: Account | None, address: Address, session: Session, realm_url: str
    ) -> Account:
        if account is not None:
            del self._accounts[address]
            await account.close()
        store = await open_account_store(self._folder, address)
        await take_session(store, address, realm_url, session)
        return await self._begin(store)

    async def _begin(self, store: Store) -> Account:
        who = await read_identity(store)
        if who is None:
            await store.close()
            raise AccountNotFound(address=store.path.stem)
        for hashed in await store.run(identity.token_hashes):
            self._opens[hashed] = who.address
        account = Account(
            who,
            store,
            device=self._device,
            tls=self._tls if who.realm_url.startswith("https") else None,
            spool=self._spool(who.address),
            realm_files=self._realm_files,
            outbox_limit=self._settings.outbox_limit,
            prune=self._prune,
        )
        self._accounts[who.address] = account
        return account

    def _spool(self, address: Address) -> Spool:
        return Spool(self._folder / f"{address}.files", self._settings.file_limit)

    def _prune(self, connection: Any) -> None:
        event_log.prune(
            connection,
            keep=self._settings.event_count,
            keep_days=self._settings.event_days,
            now=now_ms(),
        )

    # --- signing out -----------------------------------------------------------------------------

    async def logout(self, address: Address, *, forget: bool) -> dict[str, Any]:
        """End the session and every token. What is unsent waits for the next login.

        `forget` erases the account from this machine, unsent messages too.
        """
        async with self._changing:
            account = self.get(address)
            del self._accounts[address]
            self._opens = {h: opens for h, opens in self._opens.items() if opens != address}
            unsent = await account.store.run(identity.count_unsent)
            ended = await self._say_goodbye(account)
            await account.store.run(partial(identity.end, state="signed_out", reason="signed out"))
            await account.close()
            if forget:
                _erase(account.store.path)
                self._spool(address).erase()
            return {
                "account": address,
                "unsent": unsent,
                "forgotten": forget,
                "session_ended": ended,
            }

    async def _say_goodbye(self, account: Account) -> bool:
        """End the session at the realm, if it can be reached; its token is thrown away anyway."""
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await account.engine.request(EndSession(0, ""), ready_seconds=GOODBYE_SECONDS / 2)
        except (RealmchatError, TimeoutError) as error:
            log.info("session_not_ended", account=account.address, error=type(error).__name__)
            return False
        return True

    async def change_password(self, address: Address, old: str, new: str) -> None:
        """Change it at main, which ends every other session of the person."""
        try:
            await self.get(address).engine.request(ChangePassword(0, old, new))
        except WrongPassword:
            raise WrongPassword(address=address) from None


def _erase(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()
