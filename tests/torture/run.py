"""One run: people send all the while, faults come and go, then everything is looked at."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from realm_protocol.names import print_target
from tests.torture.device import Device
from tests.torture.faults import SLOW, play
from tests.torture.half_open import check_half_open
from tests.torture.history import History, Violation
from tests.torture.network import Network
from tests.torture.schedule import Fault, make_schedule
from tests.torture.world import World

_TICK_SECONDS = 0.02
_LOOK_SECONDS = 0.25
_MARKS_SECONDS = 20
_LARGEST_WORDS = 5000
_CHAT_CLI_PER_SECOND = 45.0
"""What all chat-clis together are asked to send: each costs this machine what many devices do."""


@dataclass(frozen=True)
class Plan:
    seed: int
    messages: int
    faults: int
    seconds: float
    """In which they are sent, and in which the faults begin and end."""
    slow: bool
    """All links of all sites are slow and lossy, and there are no other faults."""
    settle_seconds: float

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


@dataclass
class Report:
    schedule: list[Fault]
    violations: list[Violation]
    messages: int
    promised_at_realm: int
    promised_at_main: int
    connects: int
    settled_after: float
    """Seconds from the last fault until all had arrived everywhere."""


async def run(plan: Plan, home: Path, network: Network, say: Callable[[str], None]) -> Report:
    world = World(home, network, random.Random(plan.seed))
    try:
        await world.start(_sends_per_second(plan))
        return await _torture(world, plan, say)
    finally:
        await world.end()


def _sends_per_second(plan: Plan) -> int:
    """Of one person: more than they write, and less than what comes again after a cut."""
    return max(50, round(plan.per_second / 2))


async def _torture(world: World, plan: Plan, say: Callable[[str], None]) -> Report:
    schedule: list[Fault] = []
    if plan.slow:
        for ends in world.links.values():
            world.network.set(*ends, SLOW)
    else:
        schedule = make_schedule(plan.seed, plan.faults, plan.seconds, world.targets)
    say(f"{plan.messages} messages and {len(schedule)} faults in {plan.seconds:.0f} s")
    work = [asyncio.create_task(_send_all(world, plan)), asyncio.create_task(play(world, schedule))]
    watching = asyncio.create_task(_watch(world, say))
    await asyncio.gather(*work)
    loop = asyncio.get_running_loop()
    mended_at = loop.time()
    await _settle(world, mended_at + plan.settle_seconds)
    settled_after = loop.time() - mended_at
    await _judge(world)
    if plan.slow and world.network.faults_of_packets:
        await check_half_open(world)
    watching.cancel()
    history = world.history
    return Report(
        schedule,
        history.violations,
        history.sent_messages,
        history.promised_at_realm,
        history.promised_at_main,
        sum(device.connects for device in world.devices),
        settled_after,
    )


# --- sending -------------------------------------------------------------------------------------


async def _send_all(world: World, plan: Plan) -> None:
    """At an even pace, whatever happens to the servers."""
    chance = random.Random(plan.seed + 1)
    loop = asyncio.get_running_loop()
    start, sent = loop.time(), 0
    while sent < plan.messages:
        due = min(plan.messages, int((loop.time() - start) * plan.per_second) + 1)
        for number in range(sent, due):
            _send(world, plan, chance, number)
        sent = due
        world.look_after()
        _do_other_things(world, chance)
        await asyncio.sleep(_TICK_SECONDS)


def _send(world: World, plan: Plan, chance: random.Random, number: int) -> None:
    share = len(world.chat_clis) / len(world.senders)
    at_chat_cli = chance.random() < min(share, _CHAT_CLI_PER_SECOND / plan.per_second)
    sender = chance.choice(world.chat_clis if at_chat_cli else world.devices)
    target = chance.choice(world.conversations_of(sender.person))
    sender.send(print_target(target), _text(chance, number))


def _text(chance: random.Random, number: int) -> str:
    """Mostly a line, now and then pages; in several scripts."""
    words = chance.randint(1, 30) if chance.random() < 0.995 else chance.randint(30, _LARGEST_WORDS)
    return f"{number} " + " ".join(
        ["halo", "你好", "مرحبا", "🙂"][number % 4] for _ in range(words)
    )


def _do_other_things(world: World, chance: random.Random) -> None:
    device = chance.choice(world.devices)
    if chance.random() < 0.3:
        device.read_on()
    if chance.random() < 0.1:
        device.send_again()


async def _watch(world: World, say: Callable[[str], None]) -> None:
    """A word every ten seconds, and every violation as it happens."""
    told = 0
    while True:
        await asyncio.sleep(10)
        history = world.history
        say(
            f"sent {history.sent_messages}, acknowledged {history.promised_at_main} by main and"
            f" {history.promised_at_realm} by realms,"
            f" {sum(device.owed for device in world.devices)} under way"
        )
        for violation in history.violations[told:]:
            say(str(violation))
        told = len(history.violations)


# --- the end -------------------------------------------------------------------------------------


async def _settle(world: World, deadline: float) -> None:
    """Until all has arrived everywhere, or the deadline has come: then something is lost."""
    loop = asyncio.get_running_loop()
    members = world.members()
    while loop.time() < deadline:
        world.look_after()
        for chat_cli in world.chat_clis:
            await chat_cli.look()
        owed = sum(sender.owed for sender in world.senders)
        if not owed and not world.history.unsettled(members):
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _judge(world: World) -> None:
    await _judge_marks(world)
    world.history.settle(world.members())
    world.look_after()
    stored = (await world.ask_main("verify"))["messages"]
    if stored != world.history.rows:
        world.history.miscounted(stored)


async def _judge_marks(world: World) -> None:
    """Devices say again what may have been lost with a server, as they do all the time."""
    history = world.history
    for device in world.devices:
        device.mark_all()
    await asyncio.gather(*(_judge_reading(device, history) for device in world.devices))
    for chat_cli in world.chat_clis:
        for told in await chat_cli.conversations():
            place = (chat_cli.name, chat_cli.person, told["conversation"])
            history.check_read(*place, told["read"], or_more=True)
            history.check_unread(*place, told["read"], told["unread"])


async def _judge_reading(device: Device, history: History) -> None:
    deadline = asyncio.get_running_loop().time() + _MARKS_SECONDS
    for conversation in device.have:
        read = await _confirmed_read(device, conversation, history, deadline)
        history.check_read(device.name, device.person, conversation, read)


async def _confirmed_read(
    device: Device, conversation: str, history: History, deadline: float
) -> int:
    """What main says in the end: marks take up to a second to get there."""
    loop = asyncio.get_running_loop()
    while True:
        head = await device.head(conversation)
        read = head.read if head is not None else -1
        if read == history.read(device.person, conversation) or loop.time() > deadline:
            return read
        await asyncio.sleep(_LOOK_SECONDS)
