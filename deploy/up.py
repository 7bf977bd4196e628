"""`realmchat up`: a whole system on one machine, from an empty folder to a table of addresses.

When it ends, and by which signal, is here; the order of the start and of the end is `system`'s.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from deploy.home import claim
from deploy.links import Links, obeying
from deploy.plan import REALM_PORTS, main_port, make_plan
from deploy.ports import check_ports
from deploy.screen import Screen
from deploy.system import System


async def up(home: Path, port_offset: int, screen: Screen, *, watch: bool = False) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP. Raises what hinders the start.

    With `watch` the screen shows what is written in the open rooms.
    """
    links = Links(REALM_PORTS, main_port(port_offset), screen.show_link)
    with claim(home):
        async with obeying(links, home):
            plan = make_plan(home, port_offset, links.ports)
            check_ports(plan.services)
            system = System(plan, screen)
            ending = asyncio.Event()
            _on_signals(ending, system)
            try:
                await _unless(ending, system.start)
                if watch:
                    await _unless(ending, system.watch_rooms)
                await ending.wait()
            finally:
                await system.end()


def _on_signals(ending: asyncio.Event, system: System) -> None:
    def asked_to_end() -> None:
        if ending.is_set():
            system.kill()  # asked for the second time: at once
        ending.set()

    loop = asyncio.get_running_loop()
    # A shell's script starts what runs in the background with SIGINT ignored; here it still ends.
    loop.add_signal_handler(signal.SIGINT, asked_to_end)
    loop.add_signal_handler(signal.SIGTERM, asked_to_end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        loop.add_signal_handler(signal.SIGHUP, asked_to_end)


async def _unless(ending: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work, and drop it when the end is asked for meanwhile."""
    doing = asyncio.ensure_future(work())
    waiting = asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            doing.result()
    finally:
        doing.cancel()
        waiting.cancel()
        await asyncio.gather(doing, waiting, return_exceptions=True)
