"""The realm's HTTP application, and the WebSocket protocol that is mounted beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from picows import WSUpgradeRequest

from realm_protocol.limits import CLIENT_FRAME_LIMIT, PROTOCOL_VERSION
from realm_protocol.rooms import room_address
from realm_server.counts import Counts, Gauge, new_registry
from realm_server.files.routes import add_file_routes
from realm_server.lines.connections import LineSockets
from realm_server.link import MainServer
from realm_server.realm import Realm, Times
from realm_server.settings import RealmSettings
from realm_server.signing_in import (
    GuestForm,
    RealmInfo,
    RegisterForm,
    SessionAnswer,
    SignInForm,
)
from realm_server.store import Store
from realm_service.channel import Channel, mount
from realm_service.http import add_health, new_app
from realm_service.uploads.tus import is_upload
from realm_service.version import VERSION

SERVER = f"realm-server {VERSION}"


@dataclass(frozen=True, slots=True)
class BuiltApp:
    """What uvicorn runs: the application, its `ws=` class, and what to await before it stops."""

    app: FastAPI
    websocket: type[asyncio.Protocol]
    drain: Callable[[], Awaitable[None]]


class _Running:
    """Holds the realm from the start of the application on."""

    realm: Realm


def build_app(
    settings: RealmSettings,
    store: Store,
    main: MainServer,
    times: Times | None = None,
    line_sockets: LineSockets = (),
) -> BuiltApp:
    """The application of one realm over an open store. Nothing runs before uvicorn starts it.

    `line_sockets` are those of `settings.line_port`, bound.
    """
    running = _Running()
    counts = Counts()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running.realm = Realm(
            settings,
            store,
            main,
            counts,
            server=SERVER,
            times=times or Times(),
            line_sockets=line_sockets,
        )
        async with running.realm.running():
            yield

    def accept(request: WSUpgradeRequest) -> Channel:
        return running.realm.entrance.accept(request)

    async def ready() -> dict[str, Any]:
        link = running.realm.link
        # Once it has known its people, it serves them while main is away too.
        return {"ready": store.had_link, "link_up": link.is_steady, "link_since": link.since}

    async def drain() -> None:
        await running.realm.drain()

    app = new_app(
        f"Realm {settings.name}",
        VERSION,
        lifespan=lifespan,
        description="Sign-in, registration, files and health. Clients speak the realm protocol over"
        " the WebSocket `/v1/client`.",
        streamed=is_upload,
    )
    add_file_routes(app, lambda: running.realm.files)
    _add_routes(app, settings, running)
    registry = new_registry(counts, _gauges(running))
    add_health(app, registry, ready, allow_remote=settings.allow_remote_health)
    return BuiltApp(app, mount({"/v1/client": accept}, read_limit=CLIENT_FRAME_LIMIT), drain)


def _add_routes(app: FastAPI, settings: RealmSettings, running: _Running) -> None:
    @app.post("/v1/sign-in", tags=["sessions"])
    async def sign_in(form: SignInForm, request: Request) -> SessionAnswer:
        """Open a session with a password."""
        return await running.realm.front_door.sign_in(form, _host(request))

    @app.post("/v1/register", tags=["sessions"])
    async def register(form: RegisterForm, request: Request) -> SessionAnswer:
        """Become a person of this realm, and open the first session."""
        return await running.realm.front_door.register(form, _host(request))

    @app.post("/v1/guest", tags=["sessions"])
    async def enter_as_guest(form: GuestForm, request: Request) -> SessionAnswer:
        """Join the open room with a name alone, and open the one session of this guest."""
        return await running.realm.front_door.enter_as_guest(form, _host(request))

    @app.get("/v1/info", tags=["realm"])
    async def info() -> RealmInfo:
        """Which realm this is, and whether main can be reached from it."""
        link = running.realm.link
        return RealmInfo(
            realm=settings.name,
            server=SERVER,
            version=PROTOCOL_VERSION,
            link_up=link.is_steady,
            link_since=link.since,
            registration=settings.registration,
            room=room_address(settings.name) if settings.lobby else "",
        )


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


def _gauges(running: _Running) -> dict[str, Gauge]:
    def waiting() -> int:
        return sum(s.channel.bytes_waiting for s in running.realm.entrance.sessions.values())

    return {
        "sessions": lambda: len(running.realm.entrance.sessions),
        "line_connections": lambda: running.realm.lines.connections,
        "people": lambda: running.realm.routes.people,
        "session_bytes_waiting": waiting,
        "link_up": lambda: running.realm.link.is_up,
        "link_suspect": lambda: running.realm.link.is_suspect,
        "link_since_seconds": lambda: running.realm.link.since / 1000,
        "link_bytes_waiting": lambda: running.realm.link.bytes_waiting,
        "link_unanswered": lambda: len(running.realm.requests),
        "link_unanswered_bytes": lambda: running.realm.requests.bytes,
        "outbox_messages": lambda: running.realm.outbox.queued,
        "outbox_bytes": lambda: running.realm.outbox.queued_bytes,
        "outbox_oldest_seconds": lambda: running.realm.outbox.oldest_ms / 1000,
        "waiting_files": lambda: len(running.realm.files.waiting),
        "waiting_file_bytes": lambda: running.realm.files.waiting.rows.bytes,
        "file_cache_bytes": lambda: running.realm.files.cache.bytes_kept,
        "watermarks_waiting": lambda: len(running.realm.watermarks),
    }
