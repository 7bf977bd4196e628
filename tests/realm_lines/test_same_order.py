"""200 line programs and 200 accounts of chat-cli in one group of two realms: all see one order.

Main, both realms and the programs are in the test's event loop, over real sockets. The accounts are
those of a few `chat-cli serve`, processes that are asked by HTTP.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine

from chat_cli import home as chat_cli_home
from chat_cli.account import identity
from chat_cli.account.identity import Session
from chat_cli.account.store import open_store
from chat_cli.tokens import service_token
from main_server.rules.people import add_person
from main_server.rules.sessions import open_session
from main_server.store.writer import Transaction
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_server.app import build_app
from realm_server.line_ports import DIALECTS, LinePort
from realm_server.link import MainServer
from realm_server.realm import Times
from realm_server.settings import RealmSettings
from realm_server.store import open_store as open_realm_store
from realm_service.listening import bind
from tests.main_server.conftest import Running, keys, main, password_hash, store  # noqa: F401
from tests.realm_server.serving import served
from tests.system.processes import CLEAR, ChatCliProcess
from tests.waiting import eventually

REALMS = ("surabaya", "jakarta")
OF_EACH_KIND = 50
"""Of each dialect in each realm; and as many accounts of chat-cli as line programs."""
SERVICES = 4
"""Processes, of as many accounts each."""
WRITING = slice(None, None, 49)
"""Of the programs, and of the accounts: some of each kind."""
EACH = 2
"""Messages of each of them."""
GROUP = GroupAddress("ramai@surabaya")
CONVERSATION = group_conversation(GROUP)
_HTTP_SECONDS = 60

Said = tuple[Address, str]


@dataclass
class Somebody:
    """A person of the group, and their session."""

    address: Address
    session: Session

    @property
    def token(self) -> str:
        return self.session.token


@dataclass
class Program(Somebody):
    """One that speaks lines."""

    dialect: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, *lines: str) -> Any:
        """The last one's answer."""
        self.writer.write(b"".join(line.encode() + b"\r\n" for line in lines))
        for _ in lines:
            answer = json.loads(await self.reader.readuntil(b"\r\n\r\n"))
            assert answer["status"] == "OK", answer
        return answer

    async def write_all(self) -> None:
        """To the group."""
        await self.ask(*(f"{self._asked_to_send} {number}" for number in range(EACH)))

    @property
    def _asked_to_send(self) -> str:
        """As this dialect and realm say it."""
        if self.address.realm == GROUP.realm:
            return f"sendgroup {self.token} {GROUP.name}"
        if self.dialect == "mesin":
            return f"sendgrouprealm {self.token} surabaya group:{GROUP.name}"
        return f"sendgrouprealm {self.token} {GROUP}"


@dataclass
class Account(Somebody):
    """One of a chat-cli service."""

    http: httpx.AsyncClient

    async def write_all(self) -> None:
        """To the group: saved, and on the way."""
        for number in range(EACH):
            message = {"to": {"group": GROUP}, "text": f"{number}"}
            path = f"/v1/accounts/{self.address}/messages"
            answer = await self.http.post(path, params={"wait": 0}, json=message)
            assert answer.is_success, answer.text

    async def rows(self, count: int) -> list[Any]:
        """The newest messages that it shows of the group; none until it has so many."""
        path = f"/v1/accounts/{self.address}/conversations/{CONVERSATION}/messages"
        answer = await self.http.get(path, params={"limit": count})
        assert answer.is_success, answer.text
        found = [row for row in answer.json() if row["kind"] == "text" and row["seq"]]
        return found if len(found) == count else []


@dataclass(frozen=True)
class Place:
    """Where a realm is reached, and where the listeners of each dialect."""

    url: str
    ports: Mapping[str, int]


@asynccontextmanager
async def realm_of(name: str, home: Path, at: Running) -> AsyncIterator["Place"]:
    """A realm that serves."""
    sockets = {dialect: bind("127.0.0.1", 0) for dialect in DIALECTS}
    ports = {dialect: sock.getsockname()[1] for dialect, sock in sockets.items()}
    places = [(LinePort(ports[dialect], dialect), sock) for dialect, sock in sockets.items()]
    url = at.url.replace("ws:", "http:")
    settings = RealmSettings(name=name, main_url=url, home=home / name, drain_seconds=0.2)
    with open_realm_store(settings.folder()) as realm_store:
        link = MainServer(settings.link_url, at.keys[name], None)
        built = build_app(settings, realm_store, link, Times(), places)
        async with served(built.app, built.websocket, drain=built.drain) as running:
            await eventually(lambda: at.main.realm_states().get(name))
            yield Place(f"http://127.0.0.1:{running.port}", ports)


def everybody(tx: Transaction, hashed: str) -> list[Somebody]:
    """New people with a session each; nobody's password has to be checked."""
    found = []
    for realm in REALMS:
        for number in range(OF_EACH_KIND * 2 * len(DIALECTS)):
            address = Address.of(f"orang{number}", realm)
            add_person(tx, address, hashed, f"Orang {number}", "")
            opened = open_session(tx, address, realm, "test")
            found.append(Somebody(address, Session(opened.session_id, opened.token)))
    return found


@asynccontextmanager
async def programs_of(
    people: Sequence[Somebody], places: Mapping[str, Place]
) -> AsyncIterator[list[Program]]:
    """Connected, signed in, and with nothing in their inboxes."""
    programs = []
    for number, somebody in enumerate(people):
        dialect = DIALECTS[number % len(DIALECTS)]
        port = places[somebody.address.realm].ports[dialect]
        connection = await asyncio.open_connection("127.0.0.1", port)
        programs.append(Program(somebody.address, somebody.session, dialect, *connection))
    for program in programs:
        assert not (await program.ask(f"inbox {program.token}"))["messages"]
    yield programs
    for program in programs:
        program.writer.close()
        await program.writer.wait_closed()


@asynccontextmanager
async def accounts_of(
    people: Sequence[Somebody], places: Mapping[str, Place], home: Path
) -> AsyncIterator[list[Account]]:
    """Signed in before, at services that come up now."""
    empty = home / "empty.sqlite3"
    await (await open_store(empty)).close()
    async with AsyncExitStack() as ending:
        services = [
            ChatCliProcess(home / f"people{number}", places[REALMS[0]].url)
            for number in range(SERVICES)
        ]
        for number, service in enumerate(services):
            sign_in(service.home / "chat-cli", people[number::SERVICES], places, empty)
            ending.callback(service.end)
            service.start()
        accounts = []
        for number, service in enumerate(services):
            await asyncio.to_thread(service.wait_ready)
            http = await ending.enter_async_context(
                httpx.AsyncClient(
                    base_url=service.url,
                    headers={"Authorization": f"Bearer {service_token(service.home / 'chat-cli')}"},
                    trust_env=False,
                    verify=CLEAR,
                    timeout=_HTTP_SECONDS,
                )
            )
            accounts += [
                Account(one.address, one.session, http) for one in people[number::SERVICES]
            ]
        yield accounts


def sign_in(
    folder: Path, people: Iterable[Somebody], places: Mapping[str, Place], empty: Path
) -> None:
    """What a login leaves in a file of each account, without its password."""
    chat_cli_home.prepare(folder)
    for one in people:
        path = folder / chat_cli_home.ACCOUNTS_FOLDER / f"{one.address}.sqlite3"
        shutil.copyfile(empty, path)
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            url = places[one.address.realm].url
            identity.sign_in(connection, one.address, url, one.session, 1)
        engine.dispose()


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


async def test_programs_and_accounts_see_the_same_order(
    main: Running,  # noqa: F811
    password_hash: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    """People of all kinds write at once; everybody sees every message, in main's order."""
    people = await main.main.write(lambda tx: everybody(tx, password_hash))
    async with (
        realm_of("surabaya", tmp_path, main) as surabaya,
        realm_of("jakarta", tmp_path, main) as jakarta,
        programs_of(people[::2], places := {"surabaya": surabaya, "jakarta": jakarta}) as programs,
    ):
        everyone = " ".join(one.address for one in people)
        await programs[1].ask(f"creategroup {programs[1].token} {GROUP.name} {everyone}")
        async with accounts_of(people[1::2], places, tmp_path) as accounts:
            await eventually(lambda: online(main) == len(people))

            writing = [*programs[WRITING], *accounts[WRITING]]
            await asyncio.gather(*(one.write_all() for one in writing))

            count = EACH * len(writing)
            first, *rest = [await eventually(partial(one.rows, count)) for one in accounts]
            assert [row["seq"] for row in first] == sorted({row["seq"] for row in first})
            for rows in rest:
                assert [place_of(row) for row in rows] == [place_of(row) for row in first]
            said = [(Address(row["from"]), row["text"]) for row in first]
            for program in programs:
                assert texts_of(program, await read(program)) == shown_to(program, said)


def online(at: Running) -> int:
    """How many sessions main knows to be there."""
    return sum(state.online for state in at.main.realm_states().values())


def place_of(row: Any) -> tuple[int, str, str]:
    return row["seq"], row["from"], row["text"]
