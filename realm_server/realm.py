"""One realm while it runs: its parts, put together, and the order of their coming and going."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from realm_server.admission import Rate, RateLimiter, SendingLimits
from realm_server.autonomy.cut_off_sign_in import CutOffSignIn
from realm_server.autonomy.following import Following
from realm_server.autonomy.outbox import Outbox
from realm_server.autonomy.outbox_store import OutboxStore
from realm_server.autonomy.replica import Replica
from realm_server.autonomy.reporting import report_for_ever
from realm_server.autonomy.site_answers import SiteAnswers
from realm_server.autonomy.site_file import SiteFile
from realm_server.autonomy.surroundings import Neighbours
from realm_server.client_sessions import ClientSession
from realm_server.counts import Counts
from realm_server.delivery import Delivery
from realm_server.desk import Desk
from realm_server.entrance import Entrance
from realm_server.files.opening import Opening
from realm_server.files.service import Files
from realm_server.lines.connections import Bounds, Lines, LineSockets
from realm_server.lines.site import Site
from realm_server.link import Link, LinkTimes, MainServer
from realm_server.operator_socket import OperatorSocket
from realm_server.requests import Requests
from realm_server.room import Room
from realm_server.routes import Routes
from realm_server.settings import RealmSettings
from realm_server.signing_in import FrontDoor
from realm_server.status import RealmStatus
from realm_server.store import Store
from realm_server.watermarks import Watermarks
from realm_service.channel import Flusher
from realm_service.logs import report_defect
from realm_service.times import rfc3339


@dataclass(frozen=True, slots=True)
class Times:
    """How often the realm does what must be done again and again."""

    link: LinkTimes = field(default_factory=LinkTimes)
    tick_seconds: float = 1
    ticks_between_looks: int = 9
    """A session that gave no sign of life between three looks is cut: within 30 s of its last."""


_TICKS_BETWEEN_REPLICAS = 5
"""What passes through is written seldom: the newest of each conversation are all that is kept."""


def wall_clock() -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


class Realm:
    """Made inside the event loop that it lives in."""

    def __init__(
        self,
        settings: RealmSettings,
        store: Store,
        main: MainServer,
        counts: Counts,
        *,
        server: str,
        times: Times,
        line_sockets: LineSockets = (),
        now: Callable[[], int] = wall_clock,
    ) -> None:
        self.store = store
        self.requests = Requests()
        self.routes: Routes[ClientSession] = Routes()
        self.watermarks = Watermarks()
        self._name = settings.name
        self._now = now
        self._times = times
        self._drain_seconds = settings.drain_seconds
        self._flusher = Flusher()
        self._limits = SendingLimits(
            Rate(settings.send_burst, settings.send_per_second),
            Rate(settings.guest_burst, settings.guest_per_second),
        )
        self.link = Link(
            settings.name,
            main,
            self.requests,
            counts,
            epoch=lambda: store.epoch,
            now=now,
            times=times.link,
            line_ports=[place.port for place in settings.line_port],
            open_room=settings.lobby,
        )
        room = Room(settings.name, self.link)
        self._operator = OperatorSocket(settings.operator_socket(), room, self._status)
        self.files = Files(settings, main, counts, self.link, store.path)
        self._site_file = SiteFile(store.path.with_name("site.db"))
        self.replica = Replica(self._site_file, settings.replica_bytes, now)
        self._following = Following(self.link, self.replica, store, counts)
        self._site_file.rebuilt = self._following.begin_anew
        self._cut_off = CutOffSignIn(
            self._site_file,
            self.replica,
            store,
            self.link,
            days=settings.verifier_days,
            now=now,
        )
        self.outbox = Outbox(
            OutboxStore(store.path),
            self.link,
            self.routes,
            Neighbours(self.replica, store),
            self.files.waiting,
            counts,
            limit=settings.outbox_bytes,
            now=now,
        )
        self.files.waiting.messages = self.outbox
        self.files.opening = Opening(
            self.link, store, self.replica, self.files.waiting, self.outbox, now
        )
        site_answers = SiteAnswers(settings.name, self.replica, self.routes, self.link)
        self._desk = Desk(
            self.link, self._limits, self.watermarks, self.routes, self.outbox, site_answers
        )
        self.entrance = Entrance(
            server,
            self.link,
            store,
            self.routes,
            self._desk,
            site_answers,
            self._flusher,
            counts,
            now,
        )
        self._delivery = Delivery(
            self.routes,
            self.requests,
            self.entrance,
            self.outbox,
            self._following,
            self._cut_off,
            store,
            counts,
            room,
        )
        self.front_door = FrontDoor(
            settings.name,
            self.link,
            counts,
            self._cut_off,
            by_address=RateLimiter(Rate(settings.sign_in_burst, settings.sign_in_per_second)),
            by_host=RateLimiter(Rate(settings.host_burst, settings.host_per_second)),
            registration=settings.registration,
            password_min=settings.password_min,
            guest_seconds=settings.guest_seconds if settings.lobby else None,
        )
        site = Site(
            settings.name,
            self.front_door,
            self.entrance,
            site_answers,
            store,
            self.files,
            now,
            folder=settings.folder(),
            file_limit=settings.line_file_bytes,
        )
        bounds = Bounds(settings.line_connections, settings.line_idle_seconds)
        self.lines = Lines(site, bounds)
        self._line_sockets = line_sockets

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the link and look after the sessions until the block ends."""
        tasks = [
            asyncio.create_task(self.link.run(self._delivery, self._flusher), name="link"),
            asyncio.create_task(self._keep_house(), name="housekeeping"),
            asyncio.create_task(report_for_ever(self.link, self.outbox), name="reporting"),
        ]
        await self.lines.listen(self._line_sockets)
        await self._operator.open()
        try:
            yield
        finally:
            await self._operator.close()
            await self.lines.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.outbox.close()
            await self._cut_off.close()
            await self._following.close()
            self.replica.write()
            self._site_file.close()
            self.store.write_all(self._now())
            await self.files.close()

    async def drain(self) -> None:
        """Take nothing new, answer what is on its way, then let the clients go."""
        self.lines.refuse_new()
        self.entrance.drain()
        self.outbox.stop()
        self.front_door.draining = True
        await self.files.drain()
        empty = asyncio.Event()
        self.requests.when_empty(empty.set)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(empty.wait(), self._drain_seconds)
        self._desk.tell_all_marks()
        self.entrance.close_all()
        await self.lines.close()

    def _status(self) -> RealmStatus:
        link, outbox = self.link, self.outbox
        return RealmStatus(
            realm=self._name,
            link="suspect" if link.is_suspect else "up" if link.is_up else "down",
            since=rfc3339(link.since),
            unanswered=len(self.requests),
            queued=outbox.queued,
            queued_bytes=outbox.queued_bytes,
            queue_limit_bytes=outbox.limit,
            oldest_seconds=outbox.oldest_ms / 1000,
            files=len(self.files.waiting),
            file_bytes=self.files.waiting.rows.bytes,
            sessions=len(self.entrance.sessions),
            people=self.routes.people,
        )

    async def _keep_house(self) -> None:
        """Each tick: write what the store has gathered, look after a share of the sessions."""
        loop = asyncio.get_running_loop()
        turn = 0
        while True:
            await asyncio.sleep(self._times.tick_seconds)
            turn += 1
            try:
                self.store.write(self._now())
                if turn % _TICKS_BETWEEN_REPLICAS == 0:
                    self.replica.keep_up()
                self.routes.forget_absent()
                self.entrance.look_after(turn, self._times.ticks_between_looks)
                self._limits.sweep(loop.time())
                self.front_door.sweep(loop.time())
            except Exception as error:  # a defect: the next tick may go better
                report_defect(error, during="housekeeping")
