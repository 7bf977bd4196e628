"""The service as a program holds it: found, proved and started; its accounts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from chat_cli import profiles
from chat_cli.client import shapes
from chat_cli.client.account import AccountClient
from chat_cli.client.asking import Asking, Door
from chat_cli.client.shapes import SignedIn
from chat_cli.command_line import service_client
from chat_cli.command_line.service_client import ServiceClient, find
from realm_protocol.errors import ServiceUnreachable
from realm_protocol.names import Address

PATIENCE_SECONDS = 60.0


class Chat:
    """A service that may be asked. Made by `connect`."""

    def __init__(self, asking: Asking, home: Path | None) -> None:
        self._asking = asking
        self._home = home

    def account(self, address: str) -> AccountClient:
        """An account that is signed in on this machine; raises `InvalidAddress`."""
        return AccountClient(self._asking, Address.parse(address), self._home)

    async def accounts(self) -> list[SignedIn]:
        """All accounts of this machine that the token opens."""
        return [
            shapes.signed_in(row) for row in await self._asking.ask_again("GET", "/v1/accounts")
        ]

    async def login(
        self, address: str, password: str, *, realm_url: str | None = None
    ) -> AccountClient:
        """Sign in, where it isn't done already; the password is checked in any case."""
        return await self._sign_in("login", address, password, realm_url)

    async def register(
        self, address: str, password: str, *, realm_url: str | None = None
    ) -> AccountClient:
        """Make a person at the realm, signed in here."""
        return await self._sign_in("register", address, password, realm_url)

    async def enter_as_guest(self, name: str, *, realm_url: str | None = None) -> AccountClient:
        """A guest of the realm's open room, `GroupName("lobby")`, as long as the realm lets one.

        Each time it is another one, with an address of their own. Raises `RoomNotOpen`.
        """
        return await self._open("guest", {"name": name}, realm_url)

    async def _sign_in(
        self, how: str, address: str, password: str, realm_url: str | None
    ) -> AccountClient:
        return await self._open(how, {"address": address, "password": password}, realm_url)

    async def _open(self, how: str, who: dict[str, str], realm_url: str | None) -> AccountClient:
        body = dict(who)
        if realm_url is not None:
            body["realm_url"] = realm_url
        opened = await self._asking.ask("POST", f"/v1/accounts/{how}", body=body)
        return self.account(opened["account"])


@asynccontextmanager
async def connect(
    *,
    url: str | None = None,
    token: str | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncIterator[Chat]:
    """The service of this person on this machine, started where none runs.

    With `url` and `token`, which may be an account's, the service that is there. What may be asked
    twice is asked again for `patience_seconds` while the service is away.
    """
    home = profiles.home() if url is None or token is None else None
    if url is not None and token is not None:
        door = Door(url, token)
        asking = Asking(lambda: _given(door), patience_seconds=patience_seconds)
    else:
        asking = Asking(_Finder(profiles.home()).find, patience_seconds=patience_seconds)
    try:
        yield Chat(asking, home)
    finally:
        await asking.close()


async def _given(door: Door) -> Door:
    return door


class _Finder:
    """Starts the service once; later it is awaited, because whoever stops it means it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._found_before = False

    async def find(self) -> Door:
        """Raises `ServiceUnreachable`."""
        client = await asyncio.to_thread(self._look)
        self._found_before = True
        return Door(client.url, client.token)

    def _look(self) -> ServiceClient:
        if not self._found_before:
            client = service_client.connect()
        elif (found := find(self._home)) is not None:
            client = found
        else:
            raise ServiceUnreachable(detail="it is not running")
        client.close()
        return client
