"""Connections whose other end is gone without a word: whether they are noticed in time."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.torture.network import PEOPLE
from tests.torture.wire import PERFECT, Condition
from tests.torture.world import MAIN, SITES, World
from tests.waiting import eventually

WITHIN_SECONDS = 30.0


async def check_half_open(world: World) -> None:
    """A site's people, then its link, vanish; its server and main must each see it."""
    site = SITES[0]
    cut = Condition(cut=True)
    world.network.set(PEOPLE, site, cut)
    await _noticed(world, f"people of {site} vanish", lambda: _nobody_is_online(world, site))
    world.network.set(PEOPLE, site, PERFECT)
    world.network.set(site, MAIN, cut)
    await _noticed(world, f"{site} vanishes for main", lambda: _is_unlinked(world, site))
    await _noticed(world, f"main vanishes for {site}", lambda: _knows_it_is_cut_off(world, site))
    world.network.set(site, MAIN, PERFECT)


async def _noticed(world: World, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
    try:
        await eventually(condition, WITHIN_SECONDS)
    except TimeoutError:
        world.history.unnoticed(f"{what}, unseen for {WITHIN_SECONDS:g} s")


async def _nobody_is_online(world: World, site: str) -> bool:
    return bool((await _directory(world))[site]["online"] == 0)


async def _is_unlinked(world: World, site: str) -> bool:
    return not (await _directory(world))[site]["linked"]


async def _directory(world: World) -> dict[str, Any]:
    return {realm["realm"]: realm for realm in await world.ask_main("realm list")}


async def _knows_it_is_cut_off(world: World, site: str) -> bool:
    url = world.breakable[site].process.url
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{url}/metrics")
    return "realm_link_up 0.0" in answer.text
