"""A realm server in the test's event loop, linked to a fake main, and clients that connect."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop

from realm_protocol.errors import RealmAlreadyLinked
from realm_protocol.events import Synced
from realm_protocol.limits import LINK_READ_LIMIT
from realm_server.app import build_app
from realm_server.link import LinkTimes, MainServer
from realm_server.realm import Times
from realm_server.settings import RealmSettings
from realm_server.store import open_store
from realm_service.channel import mount
from realm_service.listening import client_tls
from tests.ports import free_port
from tests.realm_server.fake_files import FakeFiles
from tests.realm_server.fake_main import KEY, FakeMain
from tests.realm_server.raw_client import RawClient, hello, open_client
from tests.realm_server.serving import Served, served
from tests.waiting import eventually


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Any]:
    """The event loop that servers run on."""
    return {"uvloop": uvloop.new_event_loop}


QUICK = Times(LinkTimes(sweep_every=0.05), tick_seconds=0.05)


@dataclass
class World:
    """One fake main, one realm, and what a test needs of both."""

    home: Path
    main: FakeMain = field(default_factory=FakeMain)
    files: FakeFiles = field(default_factory=lambda: FakeFiles(KEY))
    main_port: int = field(default_factory=free_port)
    realm_port: int = field(default_factory=free_port)
    settings: dict[str, Any] = field(default_factory=dict)
    times: Times = QUICK
    tls: tuple[Path, Path] | None = None
    """Certificate and key of both servers."""
    line_sockets: list[Any] = field(default_factory=list)
    """Listeners of text lines, bound."""
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.realm_port}"

    @property
    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.realm_port}", trust_env=False, timeout=20
        )

    async def start_main(self) -> Served:
        routes = {"/v1/link": self.main.accept}
        websocket = mount(routes, read_limit=LINK_READ_LIMIT)
        return await self.stack.enter_async_context(
            served(self.files.app, websocket, port=self.main_port, tls=self.tls)
        )

    @asynccontextmanager
    async def realm_running(self) -> AsyncIterator[Served]:
        settings = RealmSettings(
            name="surabaya",
            main_url=f"http{'s' if self.tls else ''}://127.0.0.1:{self.main_port}",
            home=self.home,
            **{"drain_seconds": 0.2, **self.settings},
        )
        with open_store(settings.folder()) as store:
            trust = client_tls(settings.ca) if self.tls else None
            main = MainServer(settings.link_url, KEY, trust)
            built = build_app(settings, store, main, self.times, self.line_sockets)
            async with served(
                built.app, built.websocket, port=self.realm_port, drain=built.drain, tls=self.tls
            ) as running:
                yield running

    async def start_realm(self) -> Served:
        return await self.stack.enter_async_context(self.realm_running())

    async def start(self) -> Served:
        """Both, and the link is up."""
        await self.start_main()
        realm = await self.start_realm()
        await self.link_up()
        return realm

    async def link_up(self) -> None:
        async with self.http as http:

            async def up() -> bool:
                return bool((await http.get("/v1/info")).json()["link_up"])

            await eventually(up)

    async def cut(self) -> None:
        """The link goes, and stays away until `mend`."""
        self.main.refuses_link = RealmAlreadyLinked(realm="surabaya")
        self.main.cut()
        await eventually(lambda: self.main.channel is None)

    def rows_of_site(self, table: str) -> int:
        """How many the realm has written of what it knows of its site."""
        with contextlib.closing(sqlite3.connect(self.home / "site.db")) as file:
            return int(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608

    def mend(self) -> None:
        self.main.refuses_link = None

    async def connect(self, token: str, **position: int) -> RawClient:
        """A client that has said Hello."""
        client = await open_client(self.url, token)
        client.send(hello(**position))
        self.stack.callback(client.channel.abort)
        return client

    async def enter(self, token: str, **position: int) -> RawClient:
        """A client that is welcomed and synced."""
        client = await self.connect(token, **position)
        await client.until(Synced)
        return client


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Nothing runs yet: tests call `start`, or what they need of it."""
    made = World(tmp_path / "realm")
    made.main.add_person("messi-token", 1, "messi@surabaya")
    made.main.add_person("lineker-token", 2, "lineker@surabaya")
    async with made.stack:
        yield made


@pytest.fixture
async def running(world: World) -> World:
    """Main and the realm, linked."""
    await world.start()
    return world
