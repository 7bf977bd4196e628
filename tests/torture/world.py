"""All that runs in a run: main, three sites and people at each; and what of it can be hurt."""

import asyncio
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from main_server.operator_socket import ask_server
from realm_protocol.names import (
    Address,
    GroupAddress,
    Target,
    group_conversation,
    private_conversation,
)
from tests.system.preloaded import Clock, Disk, compiled, preloading
from tests.system.processes import ChatCliProcess, MainProcess, RealmProcess, ServiceProcess
from tests.torture.chat_cli_device import ChatCliDevice
from tests.torture.device import Device
from tests.torture.history import History
from tests.torture.network import PEOPLE, Network
from tests.torture.schedule import Kind
from tests.waiting import eventually, wait_until

MAIN = "main"
SITES = ("surabaya", "jakarta", "bandung")
_PASSWORD = "surabaya"
_START_SECONDS = 120
"""A machine under test is busy, and this is not what is tested."""
_SESSIONS = {"messi": 2, "henderson": 1, "lineker": 0}
"""Everybody's at each site; who has none is at the site's chat-cli."""


@dataclass(frozen=True)
class Group:
    address: GroupAddress
    members: tuple[Address, ...]
    """The owner first."""


def people(sites: Iterable[str] = SITES) -> tuple[Address, ...]:
    return tuple(Address.of(name, site) for site in sites for name in _SESSIONS)


def groups() -> list[Group]:
    """One of all, one of each site, one across two."""
    return [
        Group(GroupAddress.of("semua", SITES[0]), people()),
        Group(GroupAddress.of("lintas", SITES[1]), people(SITES[1:])),
        *(Group(GroupAddress.of("situs", site), people([site])) for site in SITES),
    ]


@dataclass
class Breakable:
    """A process, and what lies below it."""

    process: ServiceProcess
    disk: Disk | None
    clock: Clock | None
    is_down: bool = False
    """A fault has ended it, and will start it again."""
    may_end: bool = False
    """Its disk was full in this life: a start that finds it so ends, and is tried again."""

    def start(self) -> None:
        self.is_down = self.may_end = False
        self.process.start()


class World:
    """Start it once; `end` it whatever happened."""

    def __init__(self, home: Path, network: Network, chance: random.Random) -> None:
        self.history = History()
        self.network = network
        self.devices: list[Device] = []
        self.chat_clis: list[ChatCliDevice] = []
        self.breakable: dict[str, Breakable] = {}
        self.running: list[asyncio.Task[None]] = []
        self._home = home
        self._chance = chance
        self._ending = ExitStack()
        self._libraries: dict[str, Path] = {}

    @property
    def main(self) -> MainProcess:
        process = self.breakable[MAIN].process
        assert isinstance(process, MainProcess)
        return process

    async def ask_main(self, operation: str) -> Any:
        """What main answers to its operator."""
        store = self.main.home / "main" / "main.db"
        return await asyncio.to_thread(ask_server, store, operation, {})

    @property
    def senders(self) -> list[Device | ChatCliDevice]:
        return [*self.devices, *self.chat_clis]

    @property
    def links(self) -> dict[str, tuple[str, str]]:
        """Of each site: to main, and to its people."""
        ends = [(site, MAIN) for site in SITES] + [(PEOPLE, site) for site in SITES]
        return {f"{one}–{other}": (one, other) for one, other in ends}

    @property
    def targets(self) -> Mapping[Kind, Sequence[str]]:
        """What each kind of fault can hit here."""
        processes, links = list(self.breakable), list(self.links)
        servers = [MAIN, *SITES]
        found: dict[Kind, Sequence[str]] = {
            Kind.KILL: processes,
            Kind.FREEZE: processes,
            Kind.BREAK: links,
            Kind.OLD_STORE: [MAIN],
        }
        if self.network.faults_of_packets:
            kinds = (Kind.CUT, Kind.DELAY, Kind.LOSS, Kind.REORDER, Kind.SLOW)
            found |= dict.fromkeys(kinds, links)
        if self._libraries:
            found |= {Kind.CLOCK: processes, Kind.DISK_FULL: servers}
        return found

    def members(self) -> dict[str, list[str]]:
        """The devices of each conversation that there is or may be."""
        devices: dict[Address, list[str]] = defaultdict(list)
        for sender in self.senders:
            devices[sender.person].append(sender.name)
        found = {
            private_conversation(one, other): devices[one]
            + (devices[other] if other != one else [])
            for one, other in combinations_with_replacement(people(), 2)
        }
        for group in groups():
            names = [name for person in group.members for name in devices[person]]
            found[group_conversation(group.address)] = names
        return dict(found)

    def conversations_of(self, person: Address) -> list[Target]:
        """Whom and what somebody may write to."""
        return [*people(), *(group.address for group in groups() if person in group.members)]

    # --- start and end ---------------------------------------------------------------------------

    async def start(self, sends_per_second: int) -> None:
        """Until everybody is signed in and the groups are made; so much may each of them send."""
        self._home.mkdir(parents=True, exist_ok=True)
        if shutil.which("cc"):
            names = ("faulty_disk", "shifted_clock")
            self._libraries = {name: compiled(name, self._home) for name in names}
        self._start_main()
        realms = self._start_realms(sends_per_second)
        chat_clis = {realm.realm: self._start_chat_cli(realm) for realm in realms}
        for process in (*realms, *chat_clis.values()):
            await eventually(process.is_ready, _START_SECONDS)
        for realm in realms:
            for person in people([realm.realm]):
                await self._sign_in(person, realm, chat_clis[realm.realm])
        for group in groups():
            owner = next(each for each in self.devices if each.person == group.members[0])
            await owner.create_group(group.address, group.members[1:])

    def _start_main(self) -> None:
        host, listening = self.network.listening(MAIN)

        def make(wrap: list[str]) -> ServiceProcess:
            return MainProcess(self._home / "servers", listening, wrap)

        self._add(MAIN, make, MAIN, host)
        self.main.start()
        wait_until(self.main.is_ready, _START_SECONDS)

    def _start_realms(self, sends_per_second: int) -> list[RealmProcess]:
        setting = ["env", f"REALM_SERVER_SEND_PER_SECOND={sends_per_second}"]
        keys = [self.main.add_realm(site, 1) for site in SITES]
        self.main.add_users({str(person): _PASSWORD for person in people()})
        realms = []
        for site, key in zip(SITES, keys, strict=True):
            host, listening = self.network.listening(site)
            main_url = self.network.url(site, MAIN, self.main.port)

            def make(wrap: list[str], *, site=site, url=main_url, options=listening) -> Any:
                home = self._home / "servers"
                return RealmProcess(home, site, url, options=options, wrap=[*wrap, *setting])

            realm = self._add(site, make, site, host)
            realm.save_key(key)
            realm.start()
            realms.append(realm)
        return realms

    def _start_chat_cli(self, realm: RealmProcess) -> ChatCliProcess:
        url = self._url(realm)
        home = self._home / f"person-{realm.realm}"
        name = f"chat-cli {realm.realm}"
        chat_cli = self._add(name, lambda wrap: ChatCliProcess(home, url, wrap=wrap), PEOPLE)
        chat_cli.start()
        return chat_cli

    def _add(
        self,
        name: str,
        make: Callable[[list[str]], Any],
        machine: str,
        host: str = "127.0.0.1",
    ) -> Any:
        """A process that can be hurt."""
        wrap = self.network.within(machine)
        disk = clock = None
        if self._libraries:
            disk = Disk(self._libraries["faulty_disk"], self._home / f"{name}.disk")
            clock = Clock(self._libraries["shifted_clock"], self._home / f"{name}.clock")
            wrap += preloading(disk, clock)
        process = make(wrap)
        process.host = host
        self.breakable[name] = Breakable(process, disk, clock)
        self._ending.callback(process.end)
        return process

    async def _sign_in(
        self, person: Address, realm: RealmProcess, chat_cli: ChatCliProcess
    ) -> None:
        chance = random.Random(self._chance.random())
        url = self._url(realm)
        if not _SESSIONS[person.name]:
            at_home = ChatCliDevice(chat_cli, person, self.history, chance)
            await at_home.sign_in(url, _PASSWORD)
            self.chat_clis.append(at_home)
            self._run(at_home.run())
        for number in range(1, _SESSIONS[person.name] + 1):
            session = await asyncio.to_thread(realm.sign_in, person, _PASSWORD)
            device = Device(f"{person}/{number}", person, self.history, chance)
            self.devices.append(device)
            self._run(device.run(url, session["token"]))

    def _url(self, realm: RealmProcess) -> str:
        return self.network.url(PEOPLE, realm.realm, realm.port)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self.running.append(asyncio.create_task(work))

    def look_after(self) -> None:
        """Start what has ended, as a supervisor does. Raises what went wrong in this process."""
        for name, broken in self.breakable.items():
            if not broken.is_down and broken.process.process.poll() is not None:
                if not broken.may_end:
                    self.history.ended(name, broken.process.log_text[-2000:])
                broken.process.start()
        for task in self.running:
            if task.done():
                task.result()

    async def end(self) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        for chat_cli in self.chat_clis:
            await chat_cli.close()
        self._ending.close()
        self.network.end()
