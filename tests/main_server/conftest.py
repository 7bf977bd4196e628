"""A main server in the test's own event loop, over a real store, with realms and people."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from main_server.app import MainServer, build_app
from main_server.files.rows import FileLimits
from main_server.operations import add_realm
from main_server.rules.people import add_person
from main_server.settings import MainSettings
from main_server.store.database import open_engine
from main_server.store.writer import Transaction, write_once
from realm_protocol.limits import LINK_READ_LIMIT
from realm_protocol.link import LinkWelcome
from realm_protocol.names import Address
from realm_service.channel import mount
from realm_service.uploads.folder import BlobFolder
from tests.main_server.realm_end import RealmEnd, open_link
from tests.realm_server.serving import served
from tests.waiting import DEADLINE_SECONDS

PEOPLE = ("messi", "henderson", "lineker")


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Of “surabaya”, made once: argon2 takes its time."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash("surabaya")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "main.db"


@pytest.fixture
def keys(store: Path, password_hash: str) -> dict[str, str]:
    """A store with two realms and three people in each; the realms' keys."""
    engine = open_engine(store)
    keys = {}
    for realm in ("surabaya", "jakarta"):
        keys[realm] = write_once(engine, lambda tx, name=realm: add_realm(tx, name))["key"]
        for name in PEOPLE:
            address = Address.of(name, realm)
            write_once(
                engine,
                lambda tx, who=address: add_person(tx, who, password_hash, who.name.title(), ""),
            )
    engine.dispose()
    return keys


class Running:
    """A main server that serves."""

    def __init__(self, main: MainServer, url: str, keys: dict[str, str]) -> None:
        self.main = main
        self.url = url
        self.keys = keys

    async def link(self, realm: str, *, open_room: bool = False) -> RealmEnd:
        """A realm's link, welcomed."""
        end = await open_link(self.url, self.keys[realm])
        welcome = await end.hello(realm, open_room=open_room)
        assert isinstance(welcome, LinkWelcome), welcome
        return end

    @asynccontextmanager
    async def one_batch(self) -> AsyncIterator[None]:
        """What reaches main inside is one batch of its writer.

        Ask a question behind it: its answer says that main has read all before it.
        """
        begun, gathered = threading.Event(), threading.Event()

        def hold(_tx: Transaction) -> None:
            begun.set()
            gathered.wait(DEADLINE_SECONDS)

        held = asyncio.create_task(self.main.write(hold))
        await asyncio.to_thread(begun.wait, DEADLINE_SECONDS)
        try:
            yield
        finally:
            gathered.set()
            await held


@asynccontextmanager
async def running(
    store: Path,
    keys: dict[str, str],
    clock: Callable[[], float] = time.time,
    folder: BlobFolder | None = None,
    limits: FileLimits | None = None,
) -> AsyncIterator[Running]:
    engine: Engine = open_engine(store)
    main = MainServer(engine, clock=clock, folder=folder, file_limits=limits)
    websocket = mount({"/v1/link": main.links.accept}, read_limit=LINK_READ_LIMIT)
    async with served(build_app(MainSettings(), main), websocket, drain=main.drain) as server:
        yield Running(main, f"ws://127.0.0.1:{server.port}", keys)
    engine.dispose()


@pytest.fixture
async def main(store: Path, keys: dict[str, str]) -> AsyncIterator[Running]:
    async with running(store, keys) as server:
        yield server


@pytest.fixture
async def surabaya(main: Running) -> RealmEnd:
    return await main.link("surabaya")


@pytest.fixture
async def jakarta(main: Running) -> RealmEnd:
    return await main.link("jakarta")
