"""The services of one machine together: the order in which they come up and go down.

What keeps a single one running is in `processes`, what a demonstration holds in `demonstration`.
"""

import asyncio
import os
import shutil
import sysconfig
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import httpx

from deploy.demonstration import (
    add_people,
    add_realm,
    make_groups,
    read_answer,
    save_key,
    set_address,
)
from deploy.home import announced, is_filled, mark_filled
from deploy.plan import HOST, Plan, Service
from deploy.processes import Exit, Keeper, Tether
from deploy.screen import Screen
from deploy.watching import show_output
from realm_protocol.errors import OurFault, RealmchatError
from realm_protocol.rooms import room_address
from realm_service.settings import HOME_VARIABLE

FIRST_START_SECONDS = 60.0
"""How long the first start waits for one service to be healthy."""
LATER_START_SECONDS = 10.0
"""How long a later one does, before it shows the addresses all the same."""
FAILED_STARTS = 3
"""After so many exits in a row nobody waits for a service any longer."""
END_SECONDS = (2.0, 2.5, 4.0)
"""For the window and chat-cli, the realms, main. Then what still runs is killed: within ten seconds
in all."""

_POLL_SECONDS = 0.1


class ServiceFailed(OurFault):
    code = "service_failed"
    text = "{service} {reason}. Its log is {log}."


class StartFailed(OurFault):
    code = "start_failed"
    text = "The new system could not be filled: {detail}. Start again: what was made is kept."


class ProgramMissing(OurFault):
    code = "program_missing"
    text = "The program {program} isn't installed beside realmchat; install realmchat again."


class System:
    """The services of one plan, from their start to their end."""

    def __init__(self, plan: Plan, screen: Screen) -> None:
        self._plan = plan
        self._screen = screen
        self._tether = Tether()
        self._environment = {**os.environ, HOME_VARIABLE: str(plan.home)}
        self._keepers = {
            service.name: Keeper(
                service.name,
                [console_script(service.program), *service.arguments],
                self._environment,
                plan.home / "logs" / f"{service.name}.log",
                self._tether,
                self._exited,
            )
            for service in plan.services
        }
        self._running: dict[str, asyncio.Task[None]] = {}

    # --- up --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """All services, and on a new home what they hold. Ends with the table of addresses."""
        if is_filled(self._plan.home):
            not_ready = await self._start_again()
        else:
            not_ready = []
            try:
                await self._start_first()
            except (OSError, httpx.HTTPError) as exc:
                raise StartFailed(detail=str(exc) or type(exc).__name__) from exc
        self._screen.show_addresses(self._plan, not_ready)

    async def watch_rooms(self) -> None:
        """Show what is written in the open room of each realm, until cancelled."""
        await asyncio.gather(
            *(
                show_output(
                    [console_script("realm-server"), "watch", "--name", realm.realm],
                    self._environment,
                    self._tether,
                    partial(self._screen.show_row, room_address(realm.realm)),
                )
                for realm in self._plan.realms
            )
        )

    async def _start_first(self) -> None:
        """In order: when chat-cli answers, everything that it needs stands."""
        plan = self._plan
        self._screen.say(f"Making a new system in {plan.home} …")
        self._run([plan.main])
        await self._until_ready(plan.main)
        for realm in plan.realms:
            if not realm.key_file.exists():
                key = await add_realm(self._operate, realm.realm, HOST, realm.port)
                save_key(realm.key_file, key)
        self._run(plan.realms)
        await add_people(self._operate, [realm.realm for realm in plan.realms])
        for realm in plan.realms:
            await self._until_ready(realm)
            await make_groups(realm.realm, realm.url, time.time)
        mark_filled(plan.home, plan.addresses)
        for service in (plan.chat_cli, plan.frontend):
            self._run([service])
            await self._until_ready(service)

    async def _start_again(self) -> list[str]:
        """All at once, none waiting for another. Answers who isn't ready after a moment."""
        plan = self._plan
        self._run(plan.services)
        until = asyncio.get_running_loop().time() + LATER_START_SECONDS
        async with _health_client() as client:
            not_ready = [
                service.name
                for service in plan.services
                if await self._why_not_ready(client, service, until) is not None
            ]
        if plan.main.name not in not_ready and announced(plan.home) != plan.addresses:
            await self._announce()
        return not_ready

    async def _announce(self) -> None:
        """Tell main's directory the ports of this start; else the next start tries again."""
        plan = self._plan
        try:
            for realm in plan.realms:
                await set_address(self._operate, realm.realm, HOST, realm.port)
            mark_filled(plan.home, plan.addresses)
        except (RealmchatError, OSError) as exc:
            self._screen.say(f"The list of realms has the ports of an earlier start: {exc}")

    def _run(self, services: Sequence[Service]) -> None:
        for service in services:
            self._running[service.name] = asyncio.create_task(self._keepers[service.name].run())

    async def _until_ready(self, service: Service) -> None:
        """Raises `ServiceFailed`, with the end of its log on the screen."""
        until = asyncio.get_running_loop().time() + FIRST_START_SECONDS
        async with _health_client() as client:
            reason = await self._why_not_ready(client, service, until)
        if reason is not None:
            log_file = self._keepers[service.name].log_file
            self._screen.show_log(service.name, log_file)
            raise ServiceFailed(service=service.name, reason=reason, log=str(log_file))

    async def _why_not_ready(
        self, client: httpx.AsyncClient, service: Service, until: float
    ) -> str | None:
        """Wait for its health, up to a time of the loop's clock. None: it is ready."""
        loop = asyncio.get_running_loop()
        while not await _is_ready(client, service):
            if self._keepers[service.name].exits_in_a_row >= FAILED_STARTS:
                return "ends as soon as it is started"
            if loop.time() > until:
                return "isn't ready in time"
            await asyncio.sleep(_POLL_SECONDS)
        return None

    async def _operate(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        """`main-server ARGUMENTS… --json`; raises the error that it prints."""
        process = await self._tether.start(
            [console_script("main-server"), *arguments, "--json"],
            self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, complaint = await process.communicate(stdin.encode())
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        return read_answer((output.strip() or complaint).decode())

    def _exited(self, ended: Exit) -> None:
        self._screen.show_exit(ended, self._keepers[ended.name].log_file)

    # --- down ------------------------------------------------------------------------------------

    async def end(self) -> None:
        """Those who ask before those who answer, so that nothing in flight is dropped."""
        if not self._running:
            return
        self._screen.say("Stopping …")
        plan = self._plan
        stages = ([plan.frontend, plan.chat_cli], plan.realms, [plan.main])
        for services, seconds in zip(stages, END_SECONDS, strict=True):
            names = [service.name for service in services if service.name in self._running]
            for name in names:
                self._keepers[name].ask_to_end()
            if names:
                await asyncio.wait([self._running[name] for name in names], timeout=seconds)
        self.kill()
        await asyncio.gather(*self._running.values())

    def kill(self) -> None:
        """End all at once, whatever they do."""
        for keeper in self._keepers.values():
            keeper.kill()


def _health_client() -> httpx.AsyncClient:
    # Without a proxy that the environment may name: it is all on this machine.
    return httpx.AsyncClient(trust_env=False, timeout=2)


async def _is_ready(client: httpx.AsyncClient, service: Service) -> bool:
    try:
        return (await client.get(service.health_url)).is_success
    except httpx.HTTPError:
        return False


def console_script(program: str) -> str:
    """Where an installed program lies; raises `ProgramMissing`."""
    beside = shutil.which(program, path=sysconfig.get_path("scripts"))
    found = beside or shutil.which(program)
    if found is None:
        raise ProgramMissing(program=program)
    return found
