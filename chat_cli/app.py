"""The chat-cli service: the application over an open home, and the process that serves it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query

from chat_cli import (
    home,
    routes_accounts,
    routes_commands,
    routes_conversations,
    routes_directory,
    routes_events,
    routes_files,
    routes_readers,
    routes_service,
)
from chat_cli.accounts import Accounts
from chat_cli.settings import DEFAULT_PORT, ChatCliSettings
from chat_cli.tokens import proof, service_token
from realm_service import listening
from realm_service.http import new_app
from realm_service.listening import AddressInUse, bind, client_tls
from realm_service.locking import locked
from realm_service.logs import configure_logs, get_logger
from realm_service.own_pages import Guard
from realm_service.version import VERSION

log = get_logger("chat_cli")

HOST = "127.0.0.1"
_BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a JSON body: the longest text with every character escaped, and room to spare."""
DESCRIPTION = "Chat over this machine's accounts: everything a window can do, by HTTP."


def build_app(settings: ChatCliSettings, folder: Path, token: str, port: int) -> FastAPI:
    """The service over a home folder that is prepared and locked.

    `token` is the service's; `port` is told in the service file while it runs.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        accounts = Accounts(folder / home.ACCOUNTS_FOLDER, settings, client_tls(settings.ca))
        app.state.accounts = accounts
        try:
            await accounts.open_all()
            with home.announced(folder, port=port, version=app.version):
                yield
        finally:
            await accounts.close()

    app = new_app(
        "chat-cli",
        VERSION,
        lifespan=lifespan,
        description=DESCRIPTION,
        body_limit=_BODY_LIMIT,
        streamed=routes_files.is_streamed,
    )
    app.state.service_token = token
    app.add_middleware(Guard)
    _add_health(app, token)
    for routes in (
        routes_accounts,
        routes_conversations,
        routes_directory,
        routes_events,
        routes_files,
        routes_readers,
        routes_commands,
        routes_service,
    ):
        app.include_router(routes.router)
    return app


def _add_health(app: FastAPI, token: str) -> None:
    @app.get("/v1/health", tags=["health"])
    async def health(
        challenge: Annotated[str | None, Query(min_length=1, max_length=256)] = None,
    ) -> dict[str, Any]:
        """That the service answers; to a challenge also that it is the one of this home."""
        answer = {"status": "ok", "version": app.version}
        return answer if challenge is None else {**answer, "proof": proof(token, challenge)}


def run_service(settings: ChatCliSettings) -> None:
    """Serve until a signal. Raises `StoreLocked`, `StoreUnwritable` or `AddressInUse`."""
    configure_logs(settings.log_level)
    folder = settings.home
    home.prepare(folder)
    with locked(folder / home.ACCOUNTS_FOLDER):
        token = service_token(folder)
        sock = _bind(settings.port)
        port = sock.getsockname()[1]
        app = build_app(settings, folder, token, port)

        async def drain() -> None:
            app.state.accounts.end_streams()

        log.info("serving", host=HOST, port=port)
        listening.run(app, sock, drain=drain)


def _bind(port: int | None) -> socket.socket:
    """The asked port; not asked, the usual one, or a free one where another program has that."""
    if port is not None:
        return bind(HOST, port)
    try:
        return bind(HOST, DEFAULT_PORT)
    except AddressInUse:
        return bind(HOST, 0)
