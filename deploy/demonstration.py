"""Whom and what a demonstration system holds, and making it: people, groups, greetings.

Every step may be repeated, so that an interrupted first start goes on where it was.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import httpx

from deploy.realm_session import RealmSession, signed_in
from realm_protocol.bodies import text_body
from realm_protocol.commands import CreateGroup, SendMessage
from realm_protocol.errors import (
    GroupExists,
    OurFault,
    RealmchatError,
    RealmExists,
    TryLater,
    rebuild,
)
from realm_protocol.names import Address, GroupAddress, print_target

_RETRY_SECONDS = 0.5
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Person:
    name: str
    password: str
    display_name: str
    country: str


def _student(name: str) -> Person:
    return Person(name, "progjar", name.capitalize(), "Indonesia")


PEOPLE = (
    Person("messi", "surabaya", "Lionel Messi", "Argentina"),
    Person("henderson", "surabaya", "Jordan Henderson", "Inggris"),
    Person("lineker", "surabaya", "Gary Lineker", "Inggris"),
    *(_student(name) for name in ("hisan", "heru", "daffa", "baihaqi", "arfi", "ulya")),
)
"""They exist in every realm."""

PASSWORDS = {person.name: person.password for person in PEOPLE}

GROUPS = {"group1": ("hisan", "heru", "daffa"), "group2": ("baihaqi", "arfi", "ulya")}
"""Members, the owner first. The first three people are in none, and start with no conversation."""

GREETINGS = (
    "Halo semua, selamat datang di {group}!",
    "Halo {owner}, terima kasih sudah membuat grupnya.",
    "Halo! Salam kenal dari {realm}.",
)
"""The n-th member of a group sends the n-th."""


class OperatorCommandFailed(OurFault):
    code = "operator_command_failed"
    text = "A command of main-server failed: {output}"


class OperatorCommand(Protocol):
    """Runs `main-server ARGUMENTS… --json` with this on its standard input."""

    async def __call__(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        """Its answer; raises the error that it printed."""


async def add_realm(operate: OperatorCommand, realm: str, host: str, port: int) -> str:
    """Make a realm, or give one that was made before a new key. Answers the key."""
    try:
        answer = await operate("realm", "add", realm, "--address", host, "--port", str(port))
    except RealmExists:
        await set_address(operate, realm, host, port)
        answer = await operate("realm", "rotate-key", realm)
    return str(answer["key"])


async def set_address(operate: OperatorCommand, realm: str, host: str, port: int) -> None:
    """Have main's directory say where a realm is now."""
    await operate("realm", "set-address", realm, host, str(port))


def save_key(key_file: Path, key: str) -> None:
    """Whole or not at all, and for the owner only."""
    key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = key_file.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(key + "\n")
    unfinished.replace(key_file)


async def add_people(operate: OperatorCommand, realms: Sequence[str]) -> None:
    """Everybody of every realm by one command: each costs the start of a process."""
    lines = [
        json.dumps(
            {
                "address": Address.of(person.name, realm),
                "password": person.password,
                "name": person.display_name,
                "country": person.country,
            }
        )
        for realm in realms
        for person in PEOPLE
    ]
    await operate("user", "import", stdin="\n".join(lines))


async def make_groups(realm: str, realm_url: str, now: Callable[[], float]) -> None:
    """The groups of one realm, each greeted by its members. `now` is in seconds since 1970."""
    for name, members in GROUPS.items():
        group = GroupAddress.of(name, realm)
        for nth in range(len(members)):
            await patiently(partial(_greet, realm_url, group, members, nth, now))


async def _greet(
    realm_url: str,
    group: GroupAddress,
    members: Sequence[str],
    nth: int,
    now: Callable[[], float],
) -> None:
    """Sign in as the n-th member and greet the group; the owner makes it first."""
    address = Address.of(members[nth], group.realm)
    async with signed_in(realm_url, address, PASSWORDS[members[nth]]) as session:
        if nth == 0:
            await _create(session, group, members[1:])
        text = GREETINGS[nth].format(group=group.name, owner=members[0], realm=group.realm)
        await session.ask(
            SendMessage,
            to=print_target(group),
            # The same at each attempt: main stores it once.
            key=f"greeting-{group}",
            kind="text",
            body=text_body(text),
            sent_at=int(now() * 1000),
        )


async def _create(session: RealmSession, group: GroupAddress, others: Sequence[str]) -> None:
    members = [Address.of(name, group.realm) for name in others]
    try:
        await session.ask(CreateGroup, group=group, members=members)
    except GroupExists:
        return


async def patiently(
    step: Callable[[], Awaitable[None]], patience_seconds: float = _PATIENCE_SECONDS
) -> None:
    """Repeat a step while what it asks can't be answered yet; the last error comes through."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_seconds
    while True:
        try:
            return await step()
        except (TryLater, OSError, httpx.TransportError) as error:
            wait = _wait_seconds(error)
            if loop.time() + wait > until:
                raise
            await asyncio.sleep(wait)


def _wait_seconds(error: Exception) -> float:
    fields = error.fields if isinstance(error, RealmchatError) else {}
    return float(fields.get("retry_after_seconds", _RETRY_SECONDS))


def read_answer(output: str) -> dict[str, Any]:
    """What an operator's command printed with `--json`; raises the error that it tells."""
    try:
        answer: dict[str, Any] = json.loads(output)
    except ValueError as exc:
        raise OperatorCommandFailed(output=output[-2000:] or "no answer") from exc
    if "error" in answer:
        error = dict(answer["error"])
        raise rebuild(error.pop("code"), {k: v for k, v in error.items() if k != "message"})
    return answer
