"""The window in browsers of this machine: the application, and the process that serves it.

Nothing is asked of other machines: not by the page, whose policy forbids it, and not by the server.
"""

import contextlib
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import flet as ft
import flet_web.fastapi as flet_fastapi
from fastapi import FastAPI, WebSocket
from fastapi.responses import HTMLResponse
from flet_web import get_package_web_dir, patch_index_html
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from frontend.connections import PageConnection
from frontend.file_gate import FileGate, routes
from frontend.fonts import CODE, DEVANAGARI
from frontend.page_script import script
from frontend.service import finding
from frontend.service.asking import Asking, new_http
from frontend.sessions import Session, draw_when_asked, local_now, number_controls
from frontend.settings import FrontendSettings
from frontend.views import look
from realm_service import listening
from realm_service.home import home_folder
from realm_service.http import new_app
from realm_service.logs import configure_logs, get_logger
from realm_service.own_pages import Guard
from realm_service.version import VERSION

log = get_logger("chat_frontend")

HOST = "127.0.0.1"
FONTS = Path(__file__).with_name("fonts_built")
_NAMED = {look.CODE_FONT: CODE, look.DEVANAGARI_FONT: DEVANAGARI}
"""The fonts that texts name, by the names."""

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:;"
    " worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " font-src 'self' data:; connect-src 'self' blob: data:; media-src 'self' blob: data:;"
    " frame-ancestors 'none'; base-uri 'self'; form-action 'none'"
)


def build_app(settings: FrontendSettings) -> FastAPI:
    """The pages, and a session for each browser that opens them."""
    home = home_folder("chat-cli")
    url = settings.service_url.rstrip("/") if settings.service_url else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with new_http() as http:
            app.state.asking = Asking(http, lambda: finding.find(http, home, url))
            await flet_fastapi.app_manager.start()
            try:
                yield
            finally:
                await flet_fastapi.app_manager.shutdown()

    app = new_app(
        "chat-frontend",
        VERSION,
        lifespan=lifespan,
        description="The window.",
        streamed=lambda method, path: method == "PUT" and path.startswith("/files/in/"),
    )
    index = index_page()

    @app.get("/", include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(index)

    draw_when_asked()
    number_controls()
    gate = FileGate()
    app.include_router(routes(gate))

    async def main(page: ft.Page) -> None:
        page.fonts = {name: f"/{file}" for name, file in _NAMED.items() if (FONTS / file).exists()}
        await Session(page, app.state.asking, local_now, gate).begin()

    @app.websocket("/ws")
    async def connection(websocket: WebSocket) -> None:
        await PageConnection(main).handle(websocket)

    files = flet_fastapi.FletStaticFiles(
        no_cdn=True,
        app_name="realmchat",
        app_short_name="realmchat",
        assets_dir=str(FONTS) if FONTS.exists() else None,
        route_url_strategy=ft.RouteUrlStrategy.HASH,
    )
    app.mount("/", files)
    app.add_middleware(_Policy)
    app.add_middleware(Guard)
    return app


def index_page() -> str:
    """Flet's own page, with our script."""
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index.html"
        index.write_text(
            (Path(get_package_web_dir()) / "index.html").read_text(encoding="utf-8"),
            encoding="utf-8",
        )
        patch_index_html(
            index_path=str(index),
            base_href="/",
            websocket_endpoint_path="/ws",
            app_name="realmchat",
            app_description="Chat",
            route_url_strategy=ft.RouteUrlStrategy.HASH,
            no_cdn=True,
        )
        return index.read_text(encoding="utf-8").replace("</head>", script(), 1)


class _Policy:
    """Headers by which a browser asks nobody else, and nobody else reads what is here.

    What is sent to a browser that has just left is dropped: Flet would take the error for its own,
    and never let the session be found again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", _POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
            if scope["type"] == "websocket":
                with contextlib.suppress(OSError):
                    await send(message)
            else:
                await send(message)

        await self._app(scope, receive, answer)


def serve(settings: FrontendSettings) -> None:
    """Until a signal. Raises `AddressInUse`."""
    configure_logs(settings.log_level)
    # Below this it tells the ids of sessions, by which a browser comes back to its own.
    logging.getLogger("flet_web").setLevel(logging.WARNING)
    sock = listening.bind(HOST, settings.port)
    port = sock.getsockname()[1]
    log.info("serving", host=HOST, port=port)
    listening.run(build_app(settings), sock, websocket=WebSocketsSansIOProtocol, grace_seconds=1)
