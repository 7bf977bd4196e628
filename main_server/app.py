"""The main server put together: store, rules, delivery, links, and its HTTP side."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.engine import Connection, Engine

from main_server.delivery import Delivery
from main_server.effects import Asker, Effect, LiveSession
from main_server.files.routes import add_file_routes
from main_server.files.rows import FileLimits
from main_server.files.service import Files, blob_folder, files_beside
from main_server.link import Links, serve_in_words
from main_server.metrics import Metrics
from main_server.rules import rooms, sessions, sign_in, sites
from main_server.rules.audit import note
from main_server.rules.files import person_behind, sender_behind
from main_server.rules.reading import READING, Question, RealmState
from main_server.rules.realm_lists import add_realm
from main_server.rules.table import Call, MainRules
from main_server.settings import MainSettings
from main_server.store.reader import Readers
from main_server.store.schema import realms
from main_server.store.writer import Job, Transaction, Writer
from realm_protocol import commands, link
from realm_protocol.errors import MalformedMessage, NotSignedIn, RealmchatError
from realm_protocol.names import Address
from realm_service.giving_way import GivingWay
from realm_service.http import add_health, new_app
from realm_service.logs import get_logger, report_defect
from realm_service.passwords import Passwords
from realm_service.uploads.folder import BlobFolder
from realm_service.uploads.tus import is_upload
from realm_service.version import VERSION

log = get_logger("main")

T = TypeVar("T")

_SWEEP_SECONDS = 5.0
_PRUNE_SECONDS = 3600.0
_SESSIONS_AT_A_TIME = 500
"""Forgotten in one transaction: what is sent meanwhile must not wait long."""
_BULK = (commands.FetchMessages, link.SiteSync, link.SiteHistory)
"""What is caught up with waits behind what is live."""
_SECONDS_TO_ANSWER_ALL = 3.0
"""How long a stop waits for answers that take their time: passwords, pages."""


class MainServer:
    """Everything of one main server over an open store. `start` it on the event loop."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Callable[[], float] = time.time,
        folder: BlobFolder | None = None,
        file_limits: FileLimits | None = None,
    ) -> None:
        """`folder` of the files' bytes is beside the database where none is given."""
        self._clock = clock
        self.engine = engine
        self.metrics = Metrics()
        self.passwords = Passwords()
        self.readers = Readers(engine)
        self.delivery = Delivery(clock)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.writer = Writer(
            engine, MainRules(), self._publish, clock=clock, on_commit=self.metrics.committed
        )
        self.links = Links(
            self.delivery,
            self,
            server=f"main-server {VERSION}",
            realm_of_key=self._realm_of_key,
            link_changed=self._link_changed,
            set_room=self._set_room,
            tell_operator=self._tell_operator,
        )
        beside = files_beside(Path(engine.url.database or ""))
        self.files = Files(
            folder or blob_folder(beside),
            self,
            file_limits or FileLimits(),
            GivingWay(lambda: self.metrics.jobs_done),
        )
        self._realm_states: dict[str, tuple[bool, int]] = {}
        self.realm_reports: dict[str, tuple[link.RealmReport, int]] = {}
        """How each realm said that it stands, and when, in milliseconds."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._answering: set[asyncio.Task[None]] = set()
        self._answer: dict[type, Callable[[str, LiveSession | None, Any], Awaitable[Any]]] = {
            link.SignIn: self._sign_in,
            link.Register: self._register,
            commands.ChangePassword: self._change_password,
            commands.AddRealm: self._add_realm,
            link.EnterAsGuest: self._enter_as_guest,
            link.ReadRoom: self._read_room,
            link.FetchRoom: self._fetch_room,
            link.SiteSync: self._site_sync,
            link.SiteHistory: self._site_history,
            link.RealmReport: self._realm_report,
        }

    def start(self) -> None:
        """On the event loop that will serve."""
        self._loop = asyncio.get_running_loop()
        self.files.folder.make()
        self.links.epoch = self.writer.epoch
        self.writer.start()
        self._spawn(self._sweep())
        self._spawn(self._prune())

    async def drain(self) -> None:
        """Take nothing more, answer what was taken, close the links."""
        self.links.stop_reading()
        self.files.drain()
        await self.settled()
        if self._answering:
            await asyncio.wait(self._answering, timeout=_SECONDS_TO_ANSWER_ALL)
        self.links.close()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.get_running_loop().run_in_executor(None, self.writer.stop)
        self.files.close()
        self.passwords.close()
        self.readers.close()

    # --- the desk of the links -------------------------------------------------------------------

    def submit(self, jobs: Sequence[Job]) -> None:
        self.writer.submit(jobs)

    def submit_slow(self, job: Job) -> None:
        self.writer.submit_slow(job)

    def serve(self, asker: Asker, session: LiveSession | None, request: Any, realm: str) -> None:
        kind = type(request)
        work: Callable[[], Awaitable[Any]]
        if session is not None and kind in READING:
            work = partial(self._read, session, request)
            self._answer_later(serve_in_words(asker, work, bulk=kind in _BULK))
        elif kind in self._answer:
            work = partial(self._answer[kind], realm, session, request)
            self._answer_later(serve_in_words(asker, work, bulk=kind in _BULK))
        else:
            detail = f"{kind.__name__} is not for main"
            asker.link.refuse(asker.ref, MalformedMessage(detail=detail))

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a piece of work in the writer's next transaction; raises what refuses it."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.writer.submit([Job(Call(work, future))])
        return await future

    async def read(self, question: Callable[[Connection], T]) -> T:
        """`question`'s answer from a snapshot of the store."""
        return await self.readers.read(question)

    async def person_behind(self, realm_key: str, token_hash: bytes) -> int:
        """The person of a session that a realm speaks for over HTTP; raises what hinders it."""
        now = int(self._clock() * 1000)
        ask = partial(person_behind, realm_key=realm_key, token_hash=token_hash, now=now)
        return await self.readers.read(ask)

    async def sender_behind(self, realm_key: str, address: Address) -> int:
        """Somebody of a realm for whom it kept something; raises what hinders it."""
        ask = partial(sender_behind, realm_key=realm_key, address=address)
        return await self.readers.read(ask)

    async def settled(self) -> None:
        """Until everything that was submitted before is committed and told."""
        await self.write(lambda _tx: None)

    async def _read(self, session: LiveSession, command: Any) -> Any:
        question = Question(
            session, command, self.delivery.online, self.realm_states(), int(self._clock() * 1000)
        )
        return await self.readers.read(
            lambda connection: READING[type(command)](connection, question)
        )

    async def _sign_in(self, realm: str, session: LiveSession | None, request: link.SignIn) -> Any:
        return await sign_in.sign_in(self, realm, request)

    async def _register(
        self, realm: str, session: LiveSession | None, request: link.Register
    ) -> Any:
        return await sign_in.register(self, realm, request)

    async def _change_password(
        self, realm: str, session: LiveSession | None, request: commands.ChangePassword
    ) -> Any:
        return await sign_in.change_password(self, session, request)

    async def _add_realm(
        self, realm: str, session: LiveSession | None, request: commands.AddRealm
    ) -> commands.RealmAdded:
        if session is None:
            raise NotSignedIn
        return await self.write(lambda tx: add_realm(tx, session, request, self.links.line_ports))

    # --- rooms -----------------------------------------------------------------------------------

    async def _enter_as_guest(
        self, realm: str, session: LiveSession | None, request: link.EnterAsGuest
    ) -> link.Session:
        return await self.write(lambda tx: rooms.enter_as_guest(tx, realm, request))

    async def _read_room(
        self, realm: str, session: LiveSession | None, request: link.ReadRoom
    ) -> link.Room:
        room = await self.write(lambda tx: rooms.read_room(tx, realm, request))
        if request.watch:
            self.links.watch(realm, room.conversation)
        return room

    async def _fetch_room(
        self, realm: str, session: LiveSession | None, request: link.FetchRoom
    ) -> commands.Page:
        return await self.readers.read(lambda store: rooms.fetch_room(store, realm, request))

    def _set_room(self, realm: str, is_open: bool) -> None:
        self._spawn(self._open_or_close(realm, is_open))

    async def _open_or_close(self, realm: str, is_open: bool) -> None:
        try:
            await self.write(partial(rooms.set_room, realm=realm, is_open=is_open))
        except RealmchatError as error:
            log.error("room_not_set", realm=realm, is_open=is_open, error=error.message)

    async def dismiss_guests(self) -> None:
        """Guests whose time is over leave."""
        now = int(self._clock() * 1000)
        for address in await self.readers.read(partial(rooms.guests_to_go, now=now)):
            await self.write(partial(rooms.dismiss_guest, address=address))

    async def _site_sync(
        self, realm: str, session: LiveSession | None, request: link.SiteSync
    ) -> link.SitePage:
        # A commit of its own: whatever is read behind it was committed before this revision.
        revision = await self.write(sites.settled)
        epoch = self.writer.epoch
        since = request.since if request.epoch == epoch else 0
        ask = partial(
            sites.site_page,
            realm=realm,
            since=since,
            revision=revision,
            epoch=epoch,
            cursor=request.cursor,
        )
        return await self.readers.read(ask)

    async def _site_history(
        self, realm: str, session: LiveSession | None, request: link.SiteHistory
    ) -> commands.Page:
        ask = partial(sites.site_history, realm=realm, request=request)
        return await self.readers.read(ask)

    async def _realm_report(
        self, realm: str, session: LiveSession | None, report: link.RealmReport
    ) -> commands.Done:
        self.realm_reports[realm] = (report, int(self._clock() * 1000))
        self.metrics.realm_reported(realm, report)
        return commands.Done()

    # --- what links and operators ask ------------------------------------------------------------

    def realm_states(self) -> dict[str, RealmState]:
        """Which links are up or down since when, with how many sessions."""
        online = self.links.online_by_realm()
        return {
            realm: RealmState(up, since, online.get(realm, 0))
            for realm, (up, since) in self._realm_states.items()
        }

    def _realm_of_key(self, key: str) -> str | None:
        def find(connection: Connection) -> str | None:
            return connection.scalar(
                sa.select(realms.c.name).where(
                    realms.c.key_hash == sessions.hash_token(key), realms.c.enabled
                )
            )

        return self.readers.read_now(find)

    def _link_changed(self, realm: str, up: bool) -> None:
        self._realm_states[realm] = (up, int(self._clock() * 1000))
        self.metrics.link_changed(realm, up)

    def _tell_operator(self, action: str, realm: str) -> None:
        self._spawn(self.write(partial(note, actor="main", action=action, subject=realm)))

    # --- threads and tasks -----------------------------------------------------------------------

    def _publish(self, effects: list[Effect]) -> None:
        """From the writer's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.delivery.carry_out, effects)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _answer_later(self, work: Coroutine[Any, Any, Any]) -> None:
        """What is awaited before the links close."""
        task = self._spawn(work)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self.links.sweep()
            self.delivery.end_expired()
            await _tidy(self.dismiss_guests)

    async def _prune(self) -> None:
        while True:
            for forget in (self.prune_sessions, self.files.collector.collect):
                await _tidy(forget)
            await asyncio.sleep(_PRUNE_SECONDS)

    async def prune_sessions(self) -> None:
        """Forget sessions that ended long ago.

        They are looked for beside the writer, which must not wait for a scan of all of them.
        """
        now = int(self._clock() * 1000)
        find = partial(sessions.ended_long_ago, now=now, limit=_SESSIONS_AT_A_TIME)
        while ids := await self.readers.read(find):
            await self.write(partial(sessions.forget, ids=ids))


async def _tidy(forget: Callable[[], Awaitable[None]]) -> None:
    """Do it now if it goes; else it goes the next time."""
    try:
        await forget()
    except RealmchatError as error:  # a full disk: there is no hurry
        log.warning("not_tidied", error=error.message)
    except Exception as exc:
        report_defect(exc, during=f"{forget.__name__}")


class Companion(Protocol):
    """Something that is open while the server serves: the operator's socket."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...


def build_app(
    settings: MainSettings, main: MainServer, companion: Companion | None = None
) -> FastAPI:
    """The HTTP side. Starting and stopping the app starts and stops `main`."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        main.start()
        if companion is not None:
            await companion.open()
        yield
        if companion is not None:
            await companion.close()
        await main.stop()

    async def ready() -> dict[str, Any]:
        await main.settled()
        return {"ready": True, "epoch": main.writer.epoch, "realms": main.links.online_by_realm()}

    app = new_app("realmchat main server", VERSION, lifespan=lifespan, streamed=is_upload)
    add_file_routes(app, main.files, main)
    add_health(app, main.metrics.registry, ready, allow_remote=settings.allow_remote_health)
    return app
