"""Random sends, kills, cuts and repetitions against real processes; then every promise is checked.

A failure prints its seed; `REALMCHAT_FAULT_SEED=N` plays that run's decisions again, and
`REALMCHAT_FAULT_STEPS=N` makes it longer.
"""

import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.cuttable import CuttableLink
from tests.system.people import PersonAtWork
from tests.system.processes import ChatCliProcess, MainProcess, RealmProcess, ServiceProcess
from tests.waiting import wait_until

PEOPLE = {"messi": "surabaya", "lineker": "surabaya", "henderson": "jakarta"}
GROUP = "jarkom3@surabaya"
STEPS = int(os.environ.get("REALMCHAT_FAULT_STEPS", "120"))


@dataclass
class World:
    """Everything that runs, and everything that was told to a sender."""

    main: MainProcess
    realms: dict[str, RealmProcess]
    links: list[CuttableLink]
    devices: list[PersonAtWork]
    sent: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Per device and target: key and text in the order in which chat-cli took them."""
    acked: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Key → conversation and seq, as answered at main."""

    @property
    def killable(self) -> list[ServiceProcess]:
        chat_clis = [device.chat_cli for device in self.devices]
        return [self.main, *self.realms.values(), *chat_clis]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two realms; messi has two devices. Each hop passes through a link that can be cut."""
    with ExitStack() as ending:

        def started(service: Any) -> Any:
            ending.callback(service.end)
            if isinstance(service, ServiceProcess):
                service.start()
            return service

        main = started(MainProcess(tmp_path / "servers"))
        main.wait_ready()
        main_links = {name: started(CuttableLink(main.port)) for name in ("surabaya", "jakarta")}
        realms = {}
        for name, link in main_links.items():
            realm = RealmProcess(tmp_path / "servers", name, link.url)
            realm.save_key(main.add_realm(name, realm.port))
            realms[name] = started(realm)
        main.add_users({f"{name}@{realm}": "surabaya" for name, realm in PEOPLE.items()})
        links = list(main_links.values())
        devices = []
        for number, name in enumerate([*PEOPLE, "messi"]):
            realm = realms[PEOPLE[name]]
            link = started(CuttableLink(realm.port))
            links.append(link)
            chat_cli = started(ChatCliProcess(tmp_path / f"device-{number}", link.url))
            chat_cli.wait_ready()
            realm.wait_ready()
            device = PersonAtWork(chat_cli, f"{name}@{PEOPLE[name]}")
            device.sign_in(link.url)
            devices.append(device)
        world = World(main, realms, links, devices)
        devices[0].post("groups", name="jarkom3")
        for device in devices[1:3]:
            device.post(f"groups/{GROUP}/join")
        yield world


@pytest.mark.timeout(400)
def test_random_faults_break_no_promise(world: World) -> None:
    """No acked message lost; none twice; no hole; one order; per-sender order; unread right."""
    seed = int(os.environ.get("REALMCHAT_FAULT_SEED", random.SystemRandom().randrange(10**6)))
    print(f"REALMCHAT_FAULT_SEED={seed}")
    chance = random.Random(seed)
    mending: list[tuple[int, Callable[[], None]]] = []
    for step in range(STEPS):
        for due, mend in [each for each in mending if each[0] <= step]:
            mend()
            mending.remove((due, mend))
        deed = chance.choices([_send, _send_again, _read, _kill, _cut], [60, 8, 10, 6, 6])[0]
        mend_later = deed(world, chance, step)
        if mend_later is not None:
            mending.append((step + chance.randint(1, 12), mend_later))
    for _, mend in mending:
        mend()
    for service in world.killable:
        service.wait_ready()

    _check(world)


# --- deeds ---------------------------------------------------------------------------------------


def _send(world: World, chance: random.Random, step: int) -> None:
    number = chance.randrange(len(world.devices))
    others = [f"{name}@{realm}" for name, realm in PEOPLE.items()]
    to: Any = {"group": GROUP} if chance.random() < 0.5 else chance.choice(others)
    key, text = f"d{number}-{step:05}", f"{number}: {step}"
    _try_to_send(world, number, to, key, text, wait=chance.choice([0, 0, 0, 0.5]))


def _send_again(world: World, chance: random.Random, step: int) -> None:
    """A script that is not sure repeats a key, maybe on the person's other device."""
    number = chance.randrange(len(world.devices))
    mine = [(lane, pair) for lane, pairs in world.sent.items() for pair in pairs]
    mine = [each for each in mine if each[0].startswith(f"{number} ")]
    if mine:
        lane, (key, text) = chance.choice(mine)
        target = lane.split(" ", 1)[1]
        to: Any = {"group": GROUP} if target == GROUP else target
        _try_to_send(world, number, to, key, text, wait=0, again=True)


def _try_to_send(
    world: World, number: int, to: Any, key: str, text: str, *, wait: float, again: bool = False
) -> None:
    device = world.devices[number]
    try:
        told = device.send(to, text, key=key, wait=wait)
    except httpx.TransportError:
        return  # chat-cli is dead: it never said that it took the message
    if not again:
        target = to["group"] if isinstance(to, dict) else to
        world.sent[f"{number} {target}"].append((key, text))
    if told["seq"] is not None:
        place = (told["conversation"], told["seq"])
        assert world.acked.setdefault(key, place) == place, f"{key} has two places"


def _read(world: World, chance: random.Random, step: int) -> None:
    device = chance.choice(world.devices)
    try:
        for conversation in device.get("conversations"):
            if conversation["last_seq"]:
                seq = chance.randint(1, conversation["last_seq"])
                device.post(f"conversations/{conversation['conversation']}/read", seq=seq)
    except httpx.TransportError:
        return


def _kill(world: World, chance: random.Random, step: int) -> Callable[[], None] | None:
    service = chance.choice(world.killable)
    if service.process.poll() is not None:
        return None
    service.kill9()
    return service.start


def _cut(world: World, chance: random.Random, step: int) -> Callable[[], None]:
    link = chance.choice(world.links)
    link.cut()
    return link.heal


# --- the promises --------------------------------------------------------------------------------


def _check(world: World) -> None:
    wait_until(lambda: _all_arrived(world), 120)
    logs = [_logs(device) for device in world.devices]
    merged: dict[str, list[dict[str, Any]]] = {}
    for log in logs:
        for conversation, rows in log.items():
            same = merged.setdefault(conversation, rows)
            assert _content(rows) == _content(same), "devices disagree"
    for conversation, rows in merged.items():
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1)), conversation
    keys = [(row["from"], row["key"]) for rows in merged.values() for row in rows if row["key"]]
    assert len(keys) == len(set(keys)), "a message is there twice"
    _check_acks(world, merged)
    _check_order(world, merged)
    for device in world.devices:
        wait_until(lambda device=device: _unread_is_right(device), 30)
    verified = world.main.operate("verify")
    assert verified["messages"] == sum(map(len, merged.values()))


def _all_arrived(world: World) -> bool:
    """Every message that a chat-cli took is at main and on every device of its conversation."""
    try:
        stored = [_logs(device) for device in world.devices]
    except httpx.HTTPError:
        return False
    here = {row["key"] for log in stored for rows in log.values() for row in rows}
    taken = {key for pairs in world.sent.values() for key, _ in pairs}
    lengths: dict[str, set[int]] = defaultdict(set)
    for log in stored:
        for conversation, rows in log.items():
            lengths[conversation].add(len(rows))
    return taken <= here and all(len(each) == 1 for each in lengths.values())


def _logs(device: PersonAtWork) -> dict[str, list[dict[str, Any]]]:
    ids = [each["conversation"] for each in device.get("conversations")]
    return {conversation: device.history(conversation) for conversation in ids}


def _content(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["seq"], row["from"], row["key"], row["text"], row["at"]) for row in rows]


def _check_acks(world: World, merged: dict[str, list[dict[str, Any]]]) -> None:
    places = {
        row["key"]: (conversation, row["seq"])
        for conversation, rows in merged.items()
        for row in rows
    }
    for key, place in world.acked.items():
        assert places.get(key) == place, f"{key} was acknowledged at {place}"


def _check_order(world: World, merged: dict[str, list[dict[str, Any]]]) -> None:
    """What one device sent into one conversation stands in the order in which it was sent."""
    seqs = {row["key"]: row["seq"] for rows in merged.values() for row in rows}
    for lane, pairs in world.sent.items():
        order = [seqs[key] for key, _ in pairs]
        assert order == sorted(order), lane


def _unread_is_right(device: PersonAtWork) -> bool:
    for conversation in device.get("conversations"):
        rows = device.history(conversation["conversation"])
        others = [
            row
            for row in rows
            if row["kind"] == "text"
            and row["from"] != device.address
            and row["seq"] > conversation["read"]
        ]
        if conversation["unread"] != len(others):
            return False
    return True
