"""The fake realm on a port: its HTTP side, its WebSocket, TLS; stopped and started at will."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from realm_protocol.errors import UserExists, WrongPassword
from realm_service.channel import Channel, Flusher, bearer_token, mount
from realm_service.http import new_app

from .fake_realm import FakeRealm
from .fake_realm_files import add_files, is_upload
from .fake_realm_session import READ_LIMIT, RealmSession


class SignInBody(BaseModel):
    address: str
    password: str
    device: str
    display_name: str = ""
    country: str = ""


class GuestBody(BaseModel):
    name: str
    device: str


def _http_side(realm: FakeRealm) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield

    app = new_app("fake realm", "0", lifespan=lifespan, streamed=is_upload)
    add_files(app, realm)

    @app.get("/v1/info")
    async def info() -> dict[str, Any]:
        return {"realm": "surabaya", "link_up": realm.link_up, "room": "lobby@surabaya"}

    @app.post("/v1/sign-in")
    async def sign_in(body: SignInBody) -> dict[str, Any]:
        if realm.people.get(body.address) != body.password:
            raise WrongPassword(address=body.address)
        return realm.open_session(body.address)

    @app.post("/v1/register")
    async def register(body: SignInBody) -> dict[str, Any]:
        if body.address in realm.people:
            raise UserExists(address=body.address)
        realm.add_person(body.address, body.password)
        return realm.open_session(body.address)

    @app.post("/v1/guest")
    async def enter_as_guest(body: GuestBody) -> dict[str, Any]:
        address = f"guest-{body.name}@surabaya"
        room = realm.group("lobby@surabaya", address)
        room.kind = "room"
        return realm.open_session(address)

    return app


class Running:
    """A realm that listens; it can be stopped and started again on the same port."""

    def __init__(self, realm: FakeRealm) -> None:
        self.realm = realm
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, cert: Path | None = None) -> None:
        """`cert` has the certificate and its key; with it, the realm speaks TLS."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        self.realm.url = f"{'https' if cert else 'http'}://127.0.0.1:{self.port}"
        flusher = Flusher()

        def accept(request: Any) -> Channel:
            token = bearer_token(request)
            address, session_id = self.realm.sessions.get(token, ("", ""))
            return RealmSession(self.realm, flusher, address, session_id).channel

        config = uvicorn.Config(
            _http_side(self.realm),
            ws=mount({"/v1/client": accept}, read_limit=READ_LIMIT),
            log_config=None,
            timeout_graceful_shutdown=1,
            ssl_certfile=cert,
        )
        config.load()
        self._server = QuietServer(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[sock]))
        while not self._server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0)

    async def stop(self) -> None:
        assert self._server is not None
        assert self._task is not None
        self._server.should_exit = True
        self.realm.cut()
        await self._task


class QuietServer(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    def capture_signals(self) -> Any:
        from contextlib import nullcontext

        return nullcontext()
