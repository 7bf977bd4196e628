"""What the window costs: a long conversation opened in Chromium, a message that arrives there, and
sessions in which nobody does anything. The browser is driven as the tests drive it.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from playwright.sync_api import Browser

from benchmarks.command_line import Machine, machine_of
from benchmarks.population import PASSWORD
from benchmarks.processes import (
    Server,
    answers,
    cpu_seconds,
    free_port,
    memory_bytes,
    script,
    start,
    stopping,
    wait_ready,
)
from benchmarks.report import Row
from benchmarks.systems import Realmchat
from tests.waiting import wait_until
from tests.window.people import Person, chromium

OPEN_MS = 1500
ARRIVAL_MS = 20
IDLE_MIB = 150
_ARRIVALS = 50
_GAP_SECONDS = 0.2
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Window:
    """A person's chat-cli, the window's process beside it, and a browser."""

    machine: Machine
    server: Server
    url: str
    browser: Browser
    realm_url: str

    def enter(self, address: str) -> Person:
        person = Person(self.browser, self.url)
        person.sign_in(address, PASSWORD, self.realm_url)
        person.wait_for("conv-list")
        person.sees("Connected")
        return person

    def service(self) -> httpx.Client:
        """chat-cli's HTTP, as its owner."""
        told = json.loads(self.machine.run("status", "--json"))
        token = self.machine.run("token").strip()
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=told["url"], headers=headers, trust_env=False, timeout=60)


@contextmanager
def window_of(running: Realmchat, address: str) -> Iterator[Window]:
    """Signed in at chat-cli, with a window that nobody has opened yet."""
    with machine_of(running, address) as machine, chromium() as browser:
        port = free_port()
        command = [script("chat-frontend"), "--web", "--port", str(port)]
        server = start("chat-frontend", command, machine.home, machine.environment)
        with stopping([server]):
            url = f"http://127.0.0.1:{port}"
            wait_ready(server, answers(url))
            yield Window(machine, server, url, browser, running.http_url)


def fill(window: Window, me: str, friend: str, count: int) -> str:
    """A conversation of so many messages; answers its id."""
    with window.service() as http:
        body = {"address": friend, "password": PASSWORD, "realm_url": window.realm_url}
        http.post("/v1/accounts/login", json=body).raise_for_status()
        for number in range(count):
            sent = http.post(
                f"/v1/accounts/{friend}/messages",
                json={"to": me, "text": f"message {number}"},
                params={"wait": 5 if number == count - 1 else 0},
            ).raise_for_status()
        conversation: str = sent.json()["conversation"]
        listed = f"/v1/accounts/{me}/conversations"
        wait_until(lambda: http.get(listed).json()[0]["last_seq"] >= count, 120)
        http.post(f"{listed}/{conversation}/read", json={"seq": count}).raise_for_status()
    return conversation


def opening_ms(window: Window, me: str, conversation: str, newest: str) -> float:
    """From a click on the conversation to its newest message on the screen."""
    person = window.enter(me)
    person.wait_for(f"conv-{conversation}")
    begun = time.perf_counter()
    person.press(f"conv-{conversation}")
    wait_until(lambda: any(newest in text for text in person.messages))
    took = (time.perf_counter() - begun) * 1000
    person.leave()
    return took


def arrival_ms(window: Window, me: str, friend: str, conversation: str) -> float:
    """CPU of the window's process for a message that arrives where somebody reads."""
    person = window.enter(me)
    person.open_chat(conversation)
    with window.service() as http:
        time.sleep(2)
        before = cpu_seconds(window.server.pid)
        for number in range(_ARRIVALS):
            body = {"to": me, "text": f"arrival {number}"}
            http.post(f"/v1/accounts/{friend}/messages", json=body).raise_for_status()
            time.sleep(_GAP_SECONDS)
        person.sees(f"arrival {_ARRIVALS - 1}")
        used = cpu_seconds(window.server.pid) - before
    person.leave()
    return used / _ARRIVALS * 1000


def idle_mib(window: Window, me: str, sessions: int) -> float:
    """Memory of the window's process with so many sessions, whose browsers may come back."""
    for _ in range(sessions):
        window.enter(me).leave()
    return memory_bytes(window.server.pid) / _MIB


def rows(running: Realmchat, me: str, friend: str, messages: int, sessions: int) -> list[Row]:
    with window_of(running, me) as window:
        idle = idle_mib(window, me, sessions)
        conversation = fill(window, me, friend, messages)
        newest = f"message {messages - 1}"
        opened = [opening_ms(window, me, conversation, newest) for _ in range(3)]
        arrived = arrival_ms(window, me, friend, conversation)
    work = "V1 window"
    return [
        Row(work, f"opening {messages} messages", "ms", opened, at_most=OPEN_MS),
        Row(work, "CPU of an arriving message", "ms", [arrived], at_most=ARRIVAL_MS),
        Row(work, f"{sessions} idle sessions", "MiB", [idle], at_most=IDLE_MIB),
    ]
