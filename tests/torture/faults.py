"""Doing to a world what a schedule says, and mending it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from tests.torture.old_store import make_older
from tests.torture.schedule import Fault, Kind
from tests.torture.wire import PERFECT, Condition
from tests.torture.world import World

_HOUR = 3600


def condition(kind: Kind, strength: float) -> Condition:
    """What a fault of a wire makes of it."""
    match kind:
        case Kind.CUT:
            return Condition(cut=True)
        case Kind.BREAK:
            return Condition(broken=True)
        case Kind.DELAY:
            return Condition(delay=0.02 + 0.5 * strength)
        case Kind.LOSS:
            return Condition(delay=0.005, loss=0.01 + 0.2 * strength)
        case Kind.REORDER:
            return Condition(delay=0.005, jitter=0.1 * strength)
    return SLOW


SLOW = Condition(delay=0.15, loss=0.05, rate=256_000 / 8)
"""300 ms there and back, 5 % lost, 256 kbit/s."""


async def play(world: World, schedule: Sequence[Fault]) -> None:
    """Each fault at its time; all are mended when it returns."""
    loop = asyncio.get_running_loop()
    start = loop.time()

    # A process may take longer to end than its schedule thinks: its next fault waits.
    locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def one(fault: Fault) -> None:
        await asyncio.sleep(start + fault.at - loop.time())
        async with locks[fault.target]:
            await _begin(world, fault)
            await asyncio.sleep(start + fault.at + fault.seconds - loop.time())
            _mend(world, fault)

    await asyncio.gather(*(one(fault) for fault in schedule))


async def _begin(world: World, fault: Fault) -> None:
    if fault.target in world.links:
        world.network.set(*world.links[fault.target], condition(fault.kind, fault.strength))
        return
    broken = world.breakable[fault.target]
    process = broken.process
    match fault.kind:
        case Kind.KILL:
            broken.is_down = True
            process.kill9()
        case Kind.FREEZE:
            process.pause()
        case Kind.CLOCK if broken.clock is not None:
            broken.clock.jump(round((fault.strength - 0.5) * 4 * _HOUR))
        case Kind.DISK_FULL if broken.disk is not None:
            broken.may_end = True
            broken.disk.is_full()
        case Kind.OLD_STORE:
            broken.is_down = True
            await asyncio.to_thread(process.stop)
            await asyncio.to_thread(make_older, process.home / "main" / "main.db")


def _mend(world: World, fault: Fault) -> None:
    if fault.target in world.links:
        world.network.set(*world.links[fault.target], PERFECT)
        return
    broken = world.breakable[fault.target]
    match fault.kind:
        case Kind.KILL | Kind.OLD_STORE:
            broken.start()
        case Kind.FREEZE:
            broken.process.resume()
        case Kind.CLOCK if broken.clock is not None:
            broken.clock.jump(0)
        case Kind.DISK_FULL if broken.disk is not None:
            broken.disk.works()
