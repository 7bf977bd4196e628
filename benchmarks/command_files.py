"""Files as people send and fetch them: `chat-cli sendfile` here, `chat-cli receivefile` there.

Each of the two has a machine of their own, with a service that hashes and keeps what goes by.
"""

import time
from dataclasses import dataclass, field

from benchmarks.command_line import Machine, machine_of
from benchmarks.files import Sample, TransferFailed, watched
from benchmarks.processes import cpu_seconds
from benchmarks.report import Row
from benchmarks.systems import Realmchat


@dataclass
class Leg:
    """One of the two ways, from the command's start to its end."""

    seconds: float
    cpu: float
    """Seconds of the command and of the service behind it."""
    memory: int
    """Bytes of the service beyond those before."""


@dataclass
class Journey:
    """What one run found."""

    sent: Leg
    received: Leg
    servers: dict[str, int] = field(default_factory=dict)
    """Bytes of memory of main and realm beyond those before."""


def send_and_receive(running: Realmchat, me: str, friend: str, sample: Sample) -> Journey:
    """A file from one person to another; every tier checks that it is the one that was sent."""
    with (
        machine_of(running, me) as here,
        machine_of(running, friend) as there,
        watched(dict(running.target.pids)) as peaks,
    ):
        folder = there.home / "received"
        folder.mkdir()
        sent = _leg(here, "sendfile", friend, str(sample.path), "--wait", "60", "--quiet")
        received = _leg(there, "receivefile", "--to", str(folder), "--quiet")
        if (folder / sample.path.name).stat().st_size != sample.size:
            raise TransferFailed("another file came than was sent")
        return Journey(sent, received, peaks())


def _leg(machine: Machine, *words: str) -> Leg:
    pid = machine.service_pid()
    with watched({"service": pid}) as peaks:
        began, cpu_before = time.perf_counter(), cpu_seconds(pid)
        of_command = machine.cpu_ms(*words) / 1000
        seconds, of_service = time.perf_counter() - began, cpu_seconds(pid) - cpu_before
        return Leg(seconds, of_command + of_service, peaks()["service"])


def rows(size: int, journeys: list[Journey]) -> list[Row]:
    """By megabytes a second, CPU by gigabyte, memory beyond."""
    work = f"F3 {size >> 20:,} MiB by chat-cli"
    found = []
    for name, legs in (
        ("sendfile", [journey.sent for journey in journeys]),
        ("receivefile", [journey.received for journey in journeys]),
    ):
        found += [
            Row(work, name, "MB/s", [size / 1e6 / leg.seconds for leg in legs]),
            Row(work, f"  CPU of chat-cli, {name}", "s/GB", [leg.cpu / size * 1e9 for leg in legs]),
            Row(work, "  its service's memory beyond", "MB", [leg.memory / 1e6 for leg in legs]),
        ]
    found += [
        Row(
            work,
            f"{name}'s memory beyond",
            "MB",
            [journey.servers[name] / 1e6 for journey in journeys],
            at_most=50,
        )
        for name in ("main", "realm")
    ]
    return found
