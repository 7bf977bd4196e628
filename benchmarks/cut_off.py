"""A site without main: how long neighbours wait for a message meanwhile, and how long main takes,
once it is back, for what was kept.
"""

import os
import signal
import statistics
import time
from asyncio import create_task
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.clients import Account, RealmClient
from benchmarks.load import Crowd, Receiver, Sender, Target, run_load, send_paced
from benchmarks.report import Row

_PER_SECOND = 200
_DOWN_SECONDS = 20
"""Main is taken for gone within these; clients hear of its silence long before."""
_BACK_SECONDS = 90
"""A realm tries to reach it every 30 seconds at least."""


@contextmanager
def _stopped(target: Target) -> Iterator[None]:
    """Main answers nothing meanwhile, and has its connections still."""
    os.kill(target.pids["main"], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(target.pids["main"], signal.SIGCONT)


async def _connect(
    crowd: Crowd, pairs: list[tuple[Account, Account]]
) -> tuple[list[RealmClient], list[RealmClient]]:
    """Who writes and who reads, in the order of the pairs."""
    writers: list[RealmClient] = await crowd.connect(one for one, _ in pairs)
    return writers, await crowd.connect(other for _, other in pairs)


# --- neighbours ----------------------------------------------------------------------------------


@dataclass
class Latencies:
    """Seconds from a message's sending until the neighbour has it; while the link stands so."""

    up: list[float] = field(default_factory=list)
    suspect: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)


def pace_neighbours(
    target: Target, pairs: list[tuple[Account, Account]], warm_up: float, seconds: float
) -> Latencies:
    """The work of W2, of people of one site, with main there, then silent, then gone."""
    return run_load(_pace_neighbours(target, pairs, warm_up, seconds))


async def _pace_neighbours(
    target: Target, pairs: list[tuple[Account, Account]], warm_up: float, seconds: float
) -> Latencies:
    crowd = Crowd(target)
    writers, others = await _connect(crowd, pairs)
    receivers = [Receiver(client) for client in others]
    names = [other.address for _, other in pairs]
    found, shown = Latencies(), _Shown(others)
    pacing = create_task(send_paced(writers, names, _PER_SECOND))
    await crowd.last(warm_up)
    for receiver in receivers:
        receiver.latencies = found.up
    await crowd.last(seconds)
    for receiver in receivers:
        receiver.latencies = None
    with _stopped(target):
        await crowd.until(lambda: shown.count > 0)
        found.suspect = await shown.measure(crowd, seconds)
        await crowd.last(_DOWN_SECONDS)
        found.down = await shown.measure(crowd, seconds)
    pacing.cancel()
    crowd.close()
    return found


class _Shown:
    """What neighbours see of what the realm keeps."""

    def __init__(self, clients: Sequence[RealmClient]) -> None:
        self.count = 0
        self._since = 0.0
        self._latencies: list[float] = []
        for client in clients:
            client.shown = self._seen

    def _seen(self, body: bytes) -> None:
        self.count += 1
        sent_at = float(body[:24])
        if sent_at >= self._since:
            self._latencies.append(time.perf_counter() - sent_at)

    async def measure(self, crowd: Crowd, seconds: float) -> list[float]:
        """Of what is sent from now on."""
        self._since, self._latencies = time.perf_counter(), []
        await crowd.last(seconds)
        return self._latencies


# --- coming back ---------------------------------------------------------------------------------


def catch_up(target: Target, pairs: list[tuple[Account, Account]], count: int) -> float:
    """Seconds from main's return until it has told of all that was kept, in order."""
    return run_load(_catch_up(target, pairs, count))


async def _catch_up(target: Target, pairs: list[tuple[Account, Account]], count: int) -> float:
    crowd = Crowd(target)
    writers, others = await _connect(crowd, pairs)
    receivers = [Receiver(client) for client in others]
    senders = [
        _Keeping(client, other.address, count // len(pairs))
        for client, (_, other) in zip(writers, pairs, strict=True)
    ]
    with _stopped(target):
        await crowd.last(_DOWN_SECONDS)
        for sender in senders:
            sender.start()
        await crowd.until(lambda: all(sender.answered == sender.count for sender in senders))
    await crowd.until(lambda: writers[0].is_linked, _BACK_SECONDS)
    began = time.perf_counter()
    sent = sum(sender.sent for sender in senders)
    await crowd.until(lambda: sum(receiver.count for receiver in receivers) == sent)
    seconds = time.perf_counter() - began
    crowd.close()
    return seconds


class _Keeping(Sender):
    """Sends so many, each answered by the realm, which keeps it."""

    def __init__(self, client: RealmClient, to: str, count: int) -> None:
        super().__init__(client, to, outstanding=16)
        self.count = count
        client.kept = self.kept

    def kept(self, number: int, position: int) -> None:
        self.stopped = self.sent == self.count
        self.accepted(number, position)


# --- what is told --------------------------------------------------------------------------------


def rows_of_neighbours(runs: Sequence[Latencies]) -> list[Row]:
    found = []
    for name in ("suspect", "down"):
        for percent in (50, 99):
            values, reference = (
                [_percentile(getattr(run, state), percent) for run in runs]
                for state in (name, "up")
            )
            row = Row(
                f"L1 main is {_STATES[name]}", f"p{percent}", "ms", values, reference, "there"
            )
            row.at_most_times = 2 if percent == 99 else None
            found.append(row)
    return found


_STATES = {"suspect": "silent", "down": "gone"}


def _percentile(latencies: Sequence[float], percent: int) -> float:
    return statistics.quantiles(latencies, n=100)[percent - 1] * 1e3


def rows_of_catching_up(seconds: list[float], count: int) -> list[Row]:
    work = f"L2 {count:,} kept"
    return [
        Row(work, "until main told of all", "s", seconds, at_most=10),
        Row(work, "messages", "/s", [count / each for each in seconds]),
    ]
