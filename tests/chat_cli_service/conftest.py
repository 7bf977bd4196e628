"""A chat-cli service and a realm, both over real sockets in the test's event loop."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from chat_cli import home
from chat_cli.app import build_app
from chat_cli.settings import ChatCliSettings
from chat_cli.tokens import service_token
from tests.waiting import eventually

from .fake_realm import FakeRealm
from .fake_realm_server import QuietServer, Running

MESSI = "messi@surabaya"
HENDERSON = "henderson@surabaya"


class Service:
    """A running chat-cli service, asked over HTTP with its service token."""

    def __init__(self, app: Any, port: int, token: str, server: uvicorn.Server) -> None:
        self.app = app
        self.server = server
        self.port = port
        self.token = token
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=20,
        )

    def cut(self) -> None:
        """Every connection to it breaks off, and it lives."""
        for connection in list(self.server.server_state.connections):
            connection.transport.abort()

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, **query: Any) -> Any:
        answer = await self.http.post(path, json=body, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def login(self, address: str = MESSI) -> "Person":
        answer = await self.post("/v1/accounts/login", {"address": address, "password": "secret"})
        person = Person(self, address, answer["token"])
        await eventually(lambda: person.link() == "up")
        return person


class Person:
    """One account of a service."""

    def __init__(self, service: Service, address: str, token: str) -> None:
        self.service = service
        self.address = address
        self.token = token
        self.path = f"/v1/accounts/{address}"

    def link(self) -> str:
        account = self.service.app.state.accounts.get(self.address)
        return account.engine.state.link.value

    async def get(self, path: str, **query: Any) -> Any:
        return await self.service.get(f"{self.path}{path}", **query)

    async def post(self, path: str, body: Any = None, **query: Any) -> Any:
        return await self.service.post(f"{self.path}{path}", body, **query)

    async def try_post(self, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return await self.service.http.post(f"{self.path}{path}", json=body, params=query)

    async def send(self, to: Any, text: str, *, wait: float = 5, key: str | None = None) -> Any:
        body = {"to": to, "text": text} | ({"key": key} if key else {})
        return await self.post("/messages", body, wait=wait)

    async def texts(self, conversation: str, **query: Any) -> list[str]:
        rows = await self.get(f"/conversations/{conversation}/messages", **query)
        return [row["text"] for row in rows]

    @asynccontextmanager
    async def events(self, last_event_id: int | None = None) -> AsyncIterator["Stream"]:
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        async with self.service.http.stream(
            "GET", f"{self.path}/events", headers=headers
        ) as answer:
            assert answer.status_code == 200, await answer.aread()
            yield Stream(answer)


class Stream:
    """Events as a reader parses them."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    def answer_lines(self) -> AsyncIterator[str]:
        return self._lines

    async def next(self, *kinds: str) -> dict[str, Any]:
        """The next event of these kinds."""
        async with asyncio.timeout(10):
            while True:
                event = await self._one()
                if event["event"] in kinds:
                    return event

    async def _one(self) -> dict[str, Any]:
        event: dict[str, Any] = {}
        async for line in self._lines:
            if line == "" and "event" in event:
                return event
            name, _, value = line.partition(": ")
            if name == "data":
                event["data"] = json.loads(value)
            elif name in ("id", "event"):
                event[name] = value
        raise EOFError


@asynccontextmanager
async def serving(folder: Path, realm_url: str, **settings: Any) -> AsyncIterator[Service]:
    """The service over a home, in this event loop."""
    home.prepare(folder)
    token = service_token(folder)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    port = sock.getsockname()[1]
    app = build_app(ChatCliSettings(realm_url=realm_url, **settings), folder, token, port)
    config = uvicorn.Config(app, ws="none", log_config=None, timeout_graceful_shutdown=2)
    config.load()
    server = QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    await eventually(lambda: server.started or task.done())
    service = Service(app, port, token, server)
    try:
        yield service
    finally:
        await service.http.aclose()
        app.state.accounts.end_streams()
        server.should_exit = True
        await task


@pytest.fixture
async def realm() -> AsyncIterator[FakeRealm]:
    """A realm with two people, running."""
    fake = FakeRealm()
    fake.add_person(MESSI)
    fake.add_person(HENDERSON)
    running = Running(fake)
    await running.start()
    fake.running = running
    yield fake
    await running.stop()


@pytest.fixture
async def service(realm: FakeRealm, tmp_path: Path) -> AsyncIterator[Service]:
    """A chat-cli service that nobody is signed in at."""
    async with serving(tmp_path / "home", realm.url) as running:
        yield running


@pytest.fixture
async def messi(service: Service) -> Person:
    return await service.login()
