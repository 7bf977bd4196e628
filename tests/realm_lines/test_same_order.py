"""200 line programs and 200 other clients in one group of two realms: all see one order.

Main, both realms and everybody are in the test's event loop, over real sockets.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from main_server.rules.people import add_person
from main_server.rules.sessions import open_session
from main_server.store.writer import Transaction
from realm_protocol.commands import CreateGroup, SendMessage, StoredMessage
from realm_protocol.events import MessageStored, Reply, Synced
from realm_protocol.names import Address, GroupAddress
from realm_server.app import build_app
from realm_server.line_ports import DIALECTS, LinePort
from realm_server.link import MainServer
from realm_server.realm import Times
from realm_server.settings import RealmSettings
from realm_server.store import open_store
from realm_service.listening import bind
from tests.main_server.conftest import Running, keys, main, password_hash, store  # noqa: F401
from tests.realm_server.raw_client import RawClient, hello, open_client
from tests.realm_server.serving import served
from tests.waiting import eventually

REALMS = ("surabaya", "jakarta")
OF_EACH_KIND = 50
"""Of each dialect in each realm; and as many other clients as line programs."""
EACH = 2
"""Messages of every fourth of them."""
GROUP = GroupAddress("ramai@surabaya")

Said = tuple[Address, str]


@dataclass
class Somebody:
    """A person of the group, and their session."""

    address: Address
    token: str


@dataclass
class Program(Somebody):
    """One that speaks lines."""

    dialect: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, line: str) -> Any:
        self.writer.write(line.encode() + b"\r\n")
        answer = json.loads(await self.reader.readuntil(b"\r\n\r\n"))
        assert answer["status"] == "OK", answer
        return answer

    async def write_all(self, count: int) -> None:
        """To the group, one after the other."""
        for number in range(count):
            await self.write(f"{number}")

    async def write(self, text: str) -> None:
        """As this dialect and realm say it."""
        if self.address.realm == GROUP.realm:
            await self.ask(f"sendgroup {self.token} {GROUP.name} {text}")
        elif self.dialect == "mesin":
            await self.ask(f"sendgrouprealm {self.token} surabaya group:{GROUP.name} {text}")
        else:
            await self.ask(f"sendgrouprealm {self.token} {GROUP} {text}")


@dataclass
class Client(Somebody):
    """One that speaks the realm protocol, as chat-cli does."""

    raw: RawClient
    number: int = 1

    def write(self, text: str) -> None:
        self.number += 1
        key = f"{self.address.name}-{self.number}"
        self.raw.send(SendMessage(self.number, f"group:{GROUP}", key, "text", text.encode(), 1))

    def rows(self) -> list[StoredMessage]:
        """What others have written, in the order in which it came."""
        stored = (event.message for event in self.raw.seen_of(MessageStored))
        return [row for row in stored if row.kind == "text"]

    def answered(self) -> int:
        return len([reply for reply in self.raw.seen_of(Reply) if reply.number > 1])

    def count(self) -> int:
        """Messages that it knows of: those of others, and its own with their answers."""
        return len(self.rows()) + self.answered()


@asynccontextmanager
async def realm_of(name: str, home: Path, at: Running) -> AsyncIterator[tuple[str, dict[str, int]]]:
    """A realm that serves: its URL, and the ports of its listeners."""
    sockets = {dialect: bind("127.0.0.1", 0) for dialect in DIALECTS}
    ports = {dialect: sock.getsockname()[1] for dialect, sock in sockets.items()}
    places = [(LinePort(ports[dialect], dialect), sock) for dialect, sock in sockets.items()]
    url = at.url.replace("ws:", "http:")
    settings = RealmSettings(name=name, main_url=url, home=home / name, drain_seconds=0.2)
    with open_store(settings.folder()) as realm_store:
        link = MainServer(settings.link_url, at.keys[name], None)
        built = build_app(settings, realm_store, link, Times(), places)
        async with served(built.app, built.websocket, drain=built.drain) as running:
            await eventually(lambda: at.main.realm_states().get(name))
            yield f"ws://127.0.0.1:{running.port}", ports


def everybody(tx: Transaction, hashed: str) -> list[Somebody]:
    """New people with a session each; nobody's password has to be checked."""
    found = []
    for realm in REALMS:
        for number in range(OF_EACH_KIND * 2 * len(DIALECTS)):
            address = Address.of(f"orang{number}", realm)
            add_person(tx, address, hashed, f"Orang {number}", "")
            found.append(Somebody(address, open_session(tx, address, realm, "test").token))
    return found


@asynccontextmanager
async def everybody_connected(
    people: Sequence[Somebody], places: dict[str, tuple[str, dict[str, int]]]
) -> AsyncIterator[tuple[list[Program], list[Client]]]:
    programs, clients = [], []
    for number, somebody in enumerate(people):
        url, ports = places[somebody.address.realm]
        if number % 2:
            raw = await open_client(url, somebody.token)
            raw.send(hello())
            clients.append(Client(somebody.address, somebody.token, raw))
        else:
            dialect = DIALECTS[number // 2 % len(DIALECTS)]
            connection = await asyncio.open_connection("127.0.0.1", ports[dialect])
            programs.append(Program(somebody.address, somebody.token, dialect, *connection))
    for client in clients:
        await client.raw.until(Synced)
    yield programs, clients
    for program in programs:
        program.writer.close()
        await program.writer.wait_closed()
    for client in clients:
        client.raw.channel.abort()


async def read(program: Program) -> Any:
    """All that the group's messages are to this program."""
    word = "inbox" if program.dialect == "mesin" else "groupinbox"
    group = "" if program.dialect == "mesin" else f" {GROUP}"
    return (await program.ask(f"{word} {program.token}{group}"))["messages"]


def shown_to(program: Program, order: Sequence[Said]) -> Any:
    """What it must be: `mesin` has a list for each sender, `kelompok5` one for all."""
    realm = program.address.realm
    named = [(who.name if who.realm == realm else str(who), text) for who, text in order]
    if program.dialect == "kelompok5":
        return [f"{name}: {text}" for name, text in named]
    return {name: [f" {text}" for who, text in named if who == name] for name, _ in named}


def texts_of(program: Program, messages: Any) -> Any:
    if program.dialect == "kelompok5":
        return [message["msg"] for message in messages]
    return {name: [message["msg"] for message in of_one] for name, of_one in messages.items()}


async def test_programs_and_clients_see_the_same_order(
    main: Running,  # noqa: F811
    password_hash: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Everybody writes at once; each sees every message, in the order in which main has it."""
    people = await main.main.write(lambda tx: everybody(tx, password_hash))
    async with (
        realm_of("surabaya", tmp_path, main) as surabaya,
        realm_of("jakarta", tmp_path, main) as jakarta,
        everybody_connected(people, {"surabaya": surabaya, "jakarta": jakarta}) as everyone,
    ):
        programs, clients = everyone
        members = [one.address for one in people if one.address != clients[0].address]
        clients[0].raw.send(CreateGroup(1000, GROUP, members))
        await eventually(lambda: clients[0].answered() == 1)

        for client in clients[::4]:
            for number in range(EACH):
                client.write(f"{number}")
        await asyncio.gather(*(program.write_all(EACH) for program in programs[::4]))
        count = EACH * (len(clients[::4]) + len(programs[::4]))
        await eventually(lambda: all(client.count() == count for client in clients[1:]))

        order = whole_order(clients)
        assert len(order) == count
        for client in clients:
            rows = client.rows()
            assert [row.seq for row in rows] == sorted({row.seq for row in rows})
            assert all((row.sender, row.body.decode()) == order[row.seq] for row in rows)
        said = [order[seq] for seq in sorted(order)]
        for program in programs:
            assert texts_of(program, await read(program)) == shown_to(program, said)


def whole_order(clients: Sequence[Client]) -> dict[int, Said]:
    """Of all messages by their numbers; nobody is told their own, so it takes two to know it."""
    return {row.seq: (row.sender, row.body.decode()) for one in clients[:2] for row in one.rows()}
