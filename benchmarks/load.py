"""The shapes of load, run in a process of their own: what clients do, and what was measured then.

Every function here that `workloads` calls takes plain values and returns plain values, so that a
fresh process can run it. Servers' CPU is read here, at the edges of the measured time.
"""

import asyncio
import os
import signal
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import httpx
import msgpack
import uvloop

from benchmarks.clients import Account, Client, FloorClient, LoadFailed, RealmClient
from benchmarks.processes import allow_many_sockets, cpu_seconds, memory_bytes
from realm_service.channel import Flusher

T = TypeVar("T")

BODY_BYTES = 200
_CONFIRM_SECONDS = 1.0
"""How often a device confirms what has arrived: as often as a realm hands it on."""
_CONFIRM_TURNS = 20
_CONNECTING_AT_ONCE = 64
_SETTLE_SECONDS = 60


@dataclass(frozen=True)
class Target:
    """The servers under load. An empty `url` means the floor's realm on `port`."""

    pids: dict[str, int]
    url: str = ""
    port: int = 0
    ca_file: str = ""


@dataclass
class Measured:
    """One measured stretch of time. CPU is in seconds, by process: main, realm, clients."""

    seconds: float
    messages: int
    cpu: dict[str, float]
    latencies: list[float] = field(default_factory=list)


class Crowd:
    """The connections of one run, in this process."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flusher = Flusher()
        self._tls = ssl.create_default_context(cafile=target.ca_file) if target.ca_file else None
        self._turn = 0
        self.clients: list[Client] = []

    async def connect(self, accounts: Iterable[Account]) -> list[Any]:
        """Open a connection for each account, some at once; in the order of the accounts."""
        gate = asyncio.Semaphore(_CONNECTING_AT_ONCE)

        async def one(account: Account) -> Client:
            async with gate:
                return await self._connect_one(account)

        async with asyncio.timeout(_SETTLE_SECONDS):
            connected = await asyncio.gather(*(one(account) for account in accounts))
        self.clients += connected
        return connected

    async def _connect_one(self, account: Account) -> Client:
        if self._target.url:
            client = RealmClient(account, self._fail)
            await client.open(self._target.url, self._flusher, self._tls)
            return client
        floor = FloorClient(account, self._fail)
        await floor.open(self._target.port)
        return floor

    def _fail(self, error: Exception) -> None:
        if not self._failure.done():
            self._failure.set_exception(error)

    async def last(self, seconds: float) -> None:
        """Let the load go on for a while, confirming arrivals; raise what went wrong meanwhile."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            await asyncio.wait(
                [self._failure], timeout=min(left, _CONFIRM_SECONDS / _CONFIRM_TURNS)
            )
            if self._failure.done():
                self._failure.result()
            # In turns: devices of different people don't act at the same instant.
            self._turn = (self._turn + 1) % _CONFIRM_TURNS
            for client in self.clients[self._turn :: _CONFIRM_TURNS]:
                client.confirm()

    async def until(self, done: Callable[[], bool], seconds: float = _SETTLE_SECONDS) -> None:
        """Let the load go on until a condition holds."""
        end = time.perf_counter() + seconds
        while not done():
            if time.perf_counter() > end:
                raise LoadFailed("what was waited for has not come: messages, or a link")
            await self.last(0.01)

    async def failure(self) -> None:
        """Wait for the first thing that goes wrong."""
        await asyncio.wait([self._failure])
        self._failure.exception()

    async def measure(self, seconds: float, count: Callable[[], int]) -> Measured:
        pids = {**self._target.pids}
        cpu_before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        own_before, counted, start = time.process_time(), count(), time.perf_counter()
        await self.last(seconds)
        elapsed, messages = time.perf_counter() - start, count() - counted
        cpu = {name: cpu_seconds(pid) - cpu_before[name] for name, pid in pids.items()}
        return Measured(elapsed, messages, {**cpu, "clients": time.process_time() - own_before})

    def close(self) -> None:
        for client in self.clients:
            client.close()


class Receiver:
    """Counts what arrives at one client, and insists on its order."""

    def __init__(self, client: Client) -> None:
        self.count = 0
        self.latencies: list[float] | None = None
        self._last_seq = 0
        client.arrived = self._arrived

    def _arrived(self, seq: int, body: bytes) -> None:
        if self._last_seq and seq != self._last_seq + 1:
            raise LoadFailed(f"seq {seq} arrived after {self._last_seq}")
        self._last_seq = seq
        self.count += 1
        if self.latencies is not None:
            self.latencies.append(time.perf_counter() - float(body[:24]))


class Sender:
    """Keeps a number of messages unanswered at all times, until it is told to stop."""

    def __init__(self, client: Client, to: str, outstanding: int) -> None:
        self.sent = self.answered = 0
        self.stopped = False
        self._client = client
        self._to = to
        self._outstanding = outstanding
        client.accepted = self.accepted

    def start(self) -> None:
        for _ in range(self._outstanding):
            self._send()

    def _send(self) -> None:
        self.sent += 1
        self._client.send(self.sent, self._to, _FILLER)

    def accepted(self, number: int, seq: int) -> None:
        """An answer came: send the next."""
        self.answered += 1
        if not self.stopped:
            self._send()


_FILLER = b"0123456789" * (BODY_BYTES // 10)


def _name(target: Target, account: Account) -> str:
    return account.address if target.url else str(account.number)


def run_load(load: Awaitable[T]) -> T:
    """Run a load to its end, in the event loop that servers run on."""

    async def run() -> T:
        return await load

    allow_many_sockets()
    return uvloop.run(run())


# --- private messages ----------------------------------------------------------------------------


def saturate_pairs(
    target: Target,
    pairs: list[tuple[Account, Account]],
    outstanding: int,
    warm_up: float,
    seconds: float,
) -> Measured:
    """One of each pair writes to the other, `outstanding` messages ahead of the answers."""
    return run_load(_saturate_pairs(target, pairs, outstanding, warm_up, seconds))


async def _saturate_pairs(
    target: Target,
    pairs: list[tuple[Account, Account]],
    outstanding: int,
    warm_up: float,
    seconds: float,
) -> Measured:
    crowd = Crowd(target)
    writers, receivers = await _connect_pairs(crowd, pairs)
    senders = [
        Sender(client, _name(target, other), outstanding)
        for client, (_, other) in zip(writers, pairs, strict=True)
    ]

    def settled() -> bool:
        return all(
            sender.sent == sender.answered == receiver.count
            for sender, receiver in zip(senders, receivers, strict=True)
        )

    return await _saturate(crowd, senders, receivers, settled, warm_up, seconds)


async def _connect_pairs(
    crowd: Crowd, pairs: list[tuple[Account, Account]]
) -> tuple[list[Client], list[Receiver]]:
    """Who writes and who reads, in the order of the pairs."""
    writers = await crowd.connect(one for one, _ in pairs)
    others = await crowd.connect(other for _, other in pairs)
    return writers, [Receiver(client) for client in others]


async def _saturate(
    crowd: Crowd,
    senders: list[Sender],
    receivers: list[Receiver],
    settled: Callable[[], bool],
    warm_up: float,
    seconds: float,
) -> Measured:
    """Send without a pause and measure; all of it must arrive (`settled`) in the end."""
    for sender in senders:
        sender.start()
    await crowd.last(warm_up)
    measured = await crowd.measure(seconds, lambda: sum(each.count for each in receivers))
    for sender in senders:
        sender.stopped = True
    await crowd.until(settled)
    crowd.close()
    return measured


def pace_pairs(
    target: Target,
    pairs: list[tuple[Account, Account]],
    per_second: int,
    warm_up: float,
    seconds: float,
) -> Measured:
    """The pairs take turns to send, at a fixed rate in all; times from send to delivery."""
    return run_load(_pace_pairs(target, pairs, per_second, warm_up, seconds))


async def _pace_pairs(
    target: Target,
    pairs: list[tuple[Account, Account]],
    per_second: int,
    warm_up: float,
    seconds: float,
) -> Measured:
    crowd = Crowd(target)
    writers, receivers = await _connect_pairs(crowd, pairs)
    names = [_name(target, other) for _, other in pairs]
    pacing = asyncio.create_task(send_paced(writers, names, per_second))
    await crowd.last(warm_up)
    latencies: list[float] = []
    for receiver in receivers:
        receiver.latencies = latencies
    measured = await crowd.measure(seconds, lambda: sum(each.count for each in receivers))
    pacing.cancel()
    crowd.close()
    measured.latencies = latencies
    return measured


async def send_paced(writers: Sequence[Client], names: list[str], per_second: int) -> None:
    start = time.perf_counter()
    sent = 0
    while True:
        number, turn = divmod(sent, len(writers))
        body = b"%024.9f" % time.perf_counter()
        writers[turn].send(number + 1, names[turn], body.ljust(BODY_BYTES, b"."))
        sent += 1
        await asyncio.sleep(start + sent / per_second - time.perf_counter())


# --- a group -------------------------------------------------------------------------------------


def saturate_group(
    target: Target,
    members: list[Account],
    group: str,
    outstanding: int,
    warm_up: float,
    seconds: float,
) -> Measured:
    """The first member writes to all others, who are online. Makes the group at first."""
    return run_load(_saturate_group(target, members, group, outstanding, warm_up, seconds))


async def _saturate_group(
    target: Target,
    members: list[Account],
    group: str,
    outstanding: int,
    warm_up: float,
    seconds: float,
) -> Measured:
    crowd = Crowd(target)
    [writer] = await crowd.connect(members[:1])
    if isinstance(writer, RealmClient):
        await writer.create_group(group, [member.address for member in members[1:]])
    others = await crowd.connect(members[1:])
    _read_alike(others)
    receivers = [Receiver(client) for client in others]
    sender = Sender(writer, f"group:{group}" if target.url else "0", outstanding)

    def settled() -> bool:
        return all(sender.sent == sender.answered == each.count for each in receivers)

    return await _saturate(crowd, [sender], receivers, settled, warm_up, seconds)


def _read_alike(clients: list[Client]) -> None:
    """Let clients that get the same bytes share the reading of them: the load stays light."""

    @lru_cache(maxsize=4)
    def read_frame(frame: bytes) -> list[Any]:
        messages: list[Any] = msgpack.unpackb(frame)
        return messages

    for client in clients:
        if isinstance(client, RealmClient):
            client.read_frame = read_frame


# --- sessions ------------------------------------------------------------------------------------


@dataclass
class Idle:
    """Many sessions that are only connected."""

    bytes_each: float
    """At the realm, as the difference of its proportional set size."""
    main_bytes_each: float
    connected_per_second: float
    """By token: upgrade, hello, heads, synced."""
    cpu: dict[str, float]
    """Seconds for connecting all of them."""


def idle_sessions(target: Target, accounts: list[Account], warm_up: list[Account]) -> Idle:
    """Connect all accounts; `warm_up` connects before, so that what is made once is there."""
    return run_load(_idle_sessions(target, accounts, warm_up))


async def _idle_sessions(target: Target, accounts: list[Account], warm_up: list[Account]) -> Idle:
    crowd = Crowd(target)
    await crowd.connect(warm_up)
    await crowd.last(1)
    before = {name: memory_bytes(pid) for name, pid in target.pids.items()}
    cpu_before = {name: cpu_seconds(pid) for name, pid in target.pids.items()}
    start = time.perf_counter()
    await crowd.connect(accounts)
    elapsed = time.perf_counter() - start
    cpu = {name: cpu_seconds(pid) - cpu_before[name] for name, pid in target.pids.items()}
    await crowd.last(2)
    each = {
        name: (memory_bytes(pid) - before[name]) / len(accounts)
        for name, pid in target.pids.items()
    }
    crowd.close()
    return Idle(each["realm"], each["main"], len(accounts) / elapsed, cpu)


def sign_in(target: Target, http_url: str, addresses: list[str], password: str) -> Measured:
    """Sign in by password over HTTP, eight at once."""
    return run_load(_sign_in(target, http_url, addresses, password))


async def _sign_in(target: Target, http_url: str, addresses: list[str], password: str) -> Measured:
    gate = asyncio.Semaphore(8)
    tls: ssl.SSLContext | bool = True
    if target.ca_file:
        tls = ssl.create_default_context(cafile=target.ca_file)
    async with httpx.AsyncClient(base_url=http_url, verify=tls, timeout=60) as http:

        async def one(address: str) -> None:
            asked = {"address": address, "password": password, "device": "benchmark"}
            async with gate:
                response = await http.post("/v1/sign-in", json=asked)
            if response.status_code != 200:
                raise LoadFailed(f"sign-in of {address}: {response.text}")

        cpu_before = {name: cpu_seconds(pid) for name, pid in target.pids.items()}
        start = time.perf_counter()
        await asyncio.gather(*(one(address) for address in addresses))
        elapsed = time.perf_counter() - start
    cpu = {name: cpu_seconds(pid) - cpu_before[name] for name, pid in target.pids.items()}
    return Measured(elapsed, len(addresses), cpu)


# --- kill ----------------------------------------------------------------------------------------


@dataclass
class Acknowledged:
    """What one sender was told of one conversation: its keys by seq."""

    account: Account
    conversation: str
    keys: dict[int, str]


def send_and_kill(
    target: Target, pairs: list[tuple[Account, Account]], outstanding: int, count: int
) -> list[Acknowledged]:
    """Kill all servers at the very acknowledgement of this number; all that were acknowledged."""
    return run_load(_send_and_kill(target, pairs, outstanding, count))


async def _send_and_kill(
    target: Target, pairs: list[tuple[Account, Account]], outstanding: int, count: int
) -> list[Acknowledged]:
    crowd = Crowd(target)
    noted = []
    left = count

    def acknowledged() -> None:
        nonlocal left
        left -= 1
        if not left:
            for pid in target.pids.values():
                os.kill(pid, signal.SIGKILL)

    clients = await crowd.connect(one for one, _ in pairs)
    for client, (_, other) in zip(clients, pairs, strict=True):
        sender = Sender(client, other.address, outstanding)
        keys: dict[int, str] = {}
        client.keys = {}
        client.accepted = _noting(client.keys, keys, sender.accepted, acknowledged)
        noted.append((client, keys))
        sender.start()
    await crowd.failure()
    return [Acknowledged(client.account, client.conversation, keys) for client, keys in noted]


def _noting(
    sent: dict[int, str],
    taken: dict[int, str],
    go_on: Callable[[int, int], None],
    acknowledged: Callable[[], None],
) -> Callable[[int, int], None]:
    def accepted(number: int, seq: int) -> None:
        taken[seq] = sent.pop(number)
        acknowledged()
        go_on(number, seq)

    return accepted


def count_missing(target: Target, acknowledged: list[Acknowledged]) -> int:
    """How many acknowledged messages the log doesn't have at their seq, read page by page."""
    return run_load(_count_missing(target, acknowledged))


async def _count_missing(target: Target, acknowledged: list[Acknowledged]) -> int:
    crowd = Crowd(target)
    missing = 0
    clients = await crowd.connect(each.account for each in acknowledged)
    for client, each in zip(clients, acknowledged, strict=True):
        found: dict[int, str] = {}
        after, more = 0, True
        while more:
            rows, more = await client.fetch(each.conversation, after)
            found.update((row[1], row[2]) for row in rows)
            after = rows[-1][1] if rows else after
        missing += sum(found.get(seq) != key for seq, key in each.keys.items())
    crowd.close()
    return missing
