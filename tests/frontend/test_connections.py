"""Connections of browsers that end while something is drawn."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import flet as ft
import msgpack
import pytest
from fastapi import WebSocket
from flet.messaging.session import Session
from flet_web.fastapi import app_manager
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect

from frontend.connections import PageConnection
from frontend.settings import FrontendSettings
from frontend.web import build_app
from tests.realm_server.serving import served
from tests.waiting import eventually

REGISTER = 1
CALL = 5


class Browser:
    """Flet's client, as far as its connection goes."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def take(self) -> Any:
        """What it is told next: what to do, and with what."""
        packet = await self._socket.recv()
        assert isinstance(packet, bytes)
        return msgpack.unpackb(packet[1:], ext_hook=msgpack.ExtType, strict_map_key=False)

    async def tell(self, *what: Any) -> None:
        await self._socket.send(b"\0" + msgpack.packb(what))

    async def enter(self, session_id: str) -> Any:
        """With the session that it had, or with none; what it is told of its page."""
        page = {"route": "/", "width": 1280, "height": 800}
        await self.tell(REGISTER, {"session_id": session_id, "page_name": "", "page": page})
        action, told = await self.take()
        assert action == REGISTER
        return told


class Endings:
    """What is done in the moment in which Flet sends nothing more on a connection, and still has it
    for its session's: as a task of the window that is due just then.
    """

    def __init__(self) -> None:
        self.draw: Callable[[ft.Page], Awaitable[None]] | None = None
        self.drawn: list[asyncio.Task[None]] = []
        self.sessions: list[Session] = []
        self._disconnect = app_manager.disconnect_session

    async def disconnect(self, session_id: str, seconds: int) -> None:
        session = await app_manager.get_session(session_id)
        self.sessions.append(session)
        assert session.connection is not None
        if self.draw is not None:
            task = asyncio.ensure_future(self.draw(session.page))
            await asyncio.wait([task])
            self.drawn.append(task)
        await self._disconnect(session_id, seconds)


@pytest.fixture
def endings(monkeypatch: pytest.MonkeyPatch) -> Endings:
    endings = Endings()
    monkeypatch.setattr(app_manager, "disconnect_session", endings.disconnect)
    return endings


@pytest.fixture
async def open_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Any]]:
    """Browsers at the window of a home in which no service runs."""
    monkeypatch.setenv("REALMCHAT_HOME", str(tmp_path))

    async with served(build_app(FrontendSettings()), WebSocketsSansIOProtocol) as server:

        @asynccontextmanager
        async def open_one() -> AsyncIterator[Browser]:
            async with connect(f"ws://127.0.0.1:{server.port}/ws") as socket:
                yield Browser(socket)

        yield open_one


async def test_what_is_drawn_on_an_ending_connection_is_there_on_the_next(
    open_browser: Callable[..., Any], endings: Endings
) -> None:
    """It is no error that a browser leaves; who comes back finds all that was drawn meanwhile."""

    async def draw(page: ft.Page) -> None:
        page.title = "drawn late"
        page.update()
        page.show_dialog(ft.SnackBar(content=ft.Text("told late")))

    endings.draw = draw
    async with open_browser() as browser:
        session_id = (await browser.enter(""))["session_id"]
    await eventually(lambda: endings.sessions and endings.sessions[0].connection is None)

    endings.drawn[0].result()
    async with open_browser() as browser:
        told = await browser.enter(session_id)
    assert told["session_id"] == session_id
    assert told["page_patch"]["title"] == "drawn late"
    assert "told late" in str(told["page_patch"])


async def test_a_page_that_is_ending_is_asked_for_nothing(
    open_browser: Callable[..., Any], endings: Endings
) -> None:
    """As one that has ended: Flet asks, and waits for whoever comes back."""
    asked: list[asyncio.Task[Any]] = []

    async def ask(page: ft.Page) -> None:
        asked.append(asyncio.ensure_future(page.push_route("/chat/late")))

    endings.draw = ask
    async with open_browser() as browser:
        await browser.enter("")
    await eventually(lambda: endings.sessions and endings.sessions[0].connection is None)

    assert not asked[0].done()
    asked[0].cancel()


def _socket(received: asyncio.Queue[Any], take: Callable[[Any], None]) -> WebSocket:
    """One without a network."""

    async def send(message: Any) -> None:
        take(message)

    address = ("127.0.0.1", 8550)
    scope = {"type": "websocket", "path": "/ws", "headers": [], "client": address}
    return WebSocket({**scope, "server": address, "query_string": b""}, received.get, send)


async def test_a_session_outlives_a_connection_on_which_sending_failed() -> None:
    """As where a browser answered no ping: the server tells that by an error of its own."""
    pages: list[ft.Page] = []
    received: asyncio.Queue[Any] = asyncio.Queue()
    register = {"session_id": "", "page_name": "", "page": {"route": "/"}}
    received.put_nowait({"type": "websocket.connect"})
    packet = b"\0" + msgpack.packb([REGISTER, register])
    received.put_nowait({"type": "websocket.receive", "bytes": packet})

    async def main(page: ft.Page) -> None:
        pages.append(page)

    def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            received.put_nowait({"type": "websocket.disconnect", "code": 1005})
            raise RuntimeError("after sending 'websocket.close'")

    with pytest.raises(RuntimeError, match="after sending"):
        await PageConnection(main).handle(_socket(received, send))

    assert pages[0].session.connection is None


async def test_a_browser_that_leaves_before_it_asked_for_a_session_is_gone() -> None:
    """Nothing waits for it, nor is told of at the end of the process."""

    async def main(page: ft.Page) -> None:
        raise AssertionError

    received: asyncio.Queue[Any] = asyncio.Queue()
    received.put_nowait({"type": "websocket.connect"})
    received.put_nowait({"type": "websocket.disconnect", "code": 1005})
    before = asyncio.all_tasks()

    await asyncio.wait_for(PageConnection(main).handle(_socket(received, [].append)), 20)

    assert asyncio.all_tasks() <= before
